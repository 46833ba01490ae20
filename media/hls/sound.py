"""Sound on a sample clock. Pure.

RTMP's times are whole milliseconds and shake; a player wants every frame of sound to begin where the last one ended.
So frames are counted, not timed: their times only steer. Where sound is missing, silence is written; where there is too
much, a frame is left out; each time a whole frame, and only when sound has drifted from the picture by more than
`tolerance`. Reordering, gaps, late starts and sound that stops all come down to this one rule.
"""

from typing import Final

from media.packet import CLOCK_HZ, AudioTrack, Codec

MOST_DRIFT: Final = CLOCK_HZ * 40 // 1000
"""Sound and picture may part by 40 ms (EBU R37 allows 40 ms of sound early, 60 ms late)."""

MOST_LATE: Final = 3 * CLOCK_HZ
"""Sound that lags behind its picture for longer than can be waited for would never be heard: after so much of it was
left out it is moved to where it can be heard. Out of step is better than silent."""

LATE_MARGIN: Final = CLOCK_HZ // 2
"""It is moved by so much more than it was late just now, in 1/90000 s: it waits for a part to be cut, too."""

_LATE_SHARE: Final = 8
"""It counts as late while more than one frame in so many is left out."""

_SMOOTHING: Final = 16
"""Drift is averaged over this many frames, so that shaking times alone never cost a frame."""

_AAC_ELEMENTS: Final = {1: "s", 2: "p", 3: "sp", 4: "sps", 5: "spp", 6: "sppl"}
"""ISO 14496-3 Table 1.19: single channel, pair, low frequency elements of each channel configuration."""
_PLAIN_AAC: Final = {2, 5, 29}
"""Audio object types whose core is AAC LC: itself, with SBR, with SBR and parametric stereo."""
_RATE_ESCAPE: Final = 15


class Sound:
    """The frames that wait for the next part, and the clock they stand on."""

    __slots__ = (
        "_begin",
        "_drift",
        "_filler",
        "_guesses",
        "_late",
        "_shift",
        "dropped",
        "filled",
        "frame",
        "frames",
        "next_at",
        "rate",
        "started",
        "tolerance",
    )

    def __init__(self, track: AudioTrack, begin_90k: int = 0) -> None:
        """`begin_90k`: where on the timeline sound is wanted from."""
        self.rate = track.sample_rate
        self.frame = track.frame_samples
        self.frames: list[bytes] = []
        self._begin = begin_90k
        self.next_at = begin_90k * self.rate // CLOCK_HZ
        """Where the next frame begins, in samples."""
        self.started = False
        self.filled = 0
        self.dropped = 0
        frame_90k = self.frame * CLOCK_HZ // self.rate
        self.tolerance = max(frame_90k * 6 // 10, min(frame_90k * 3 // 2, MOST_DRIFT))
        self._drift = 0.0
        self._late = 0
        """How much sound was left out lately because it came too late, in 1/90000 s."""
        self._shift = 0
        """What is added to the times of sound that is always late."""
        self._filler = silent_frame(track)
        self._guesses = not self._filler

    @property
    def end_90k(self) -> int:
        """Where the sound so far ends, in 1/90000 s."""
        return self.next_at * CLOCK_HZ // self.rate

    def push(self, at_90k: int, data: bytes) -> None:
        """Takes a frame whose time says `at_90k`."""
        if not self.started and not self._start(at_90k):
            return
        at_90k += self._shift
        away = at_90k - self.next_at * CLOCK_HZ / self.rate
        tolerance = self.tolerance
        if -2 * tolerance < away < 2 * tolerance:
            self._drift += (away - self._drift) / _SMOOTHING
        else:
            self._drift = away
        if self._drift > tolerance:
            self._fill(round(self._drift * self.rate / CLOCK_HZ / self.frame) or 1)
        elif self._drift < -tolerance:
            self.dropped += 1
            self._late += self.frame * CLOCK_HZ // self.rate
            if self._late < MOST_LATE:
                self._drift += self.frame * CLOCK_HZ / self.rate
                return
            self._move_late()
        elif self._late:
            self._late -= min(self._late, self.frame * CLOCK_HZ // self.rate // _LATE_SHARE)
        self._append(data)

    def fill_to(self, at_90k: int) -> None:
        """Writes silence up to `at_90k`: no sound has come for that time and none is waited for."""
        missing = (at_90k * self.rate // CLOCK_HZ - self.next_at) // self.frame
        if missing > 0:
            self.started = True
            self._fill(missing)
            self._drift = 0.0

    def take_before(self, at_90k: int) -> tuple[int, list[bytes]]:
        """Removes the frames that begin before `at_90k`: where they begin, in samples, and the frames."""
        frames = self.frames
        begin = self.next_at - len(frames) * self.frame
        # A frame that begins at the cut, give or take rounding to whole ticks, belongs after it.
        count = -((begin - at_90k * self.rate // CLOCK_HZ) // self.frame)
        if count >= len(frames):
            self.frames = []
            return begin, frames
        self.frames = frames[max(count, 0) :]
        return begin, frames[: max(count, 0)]

    def _start(self, at_90k: int) -> bool:
        """Sound that starts with the picture starts where its time says; later sound is preceded by silence."""
        late = at_90k - self._begin
        if late < -(self.frame * CLOCK_HZ // self.rate) // 2:
            return False
        self.started = True
        if late <= self.tolerance:
            self.next_at = max(self.next_at, round(at_90k * self.rate / CLOCK_HZ))
        return True

    def _move_late(self) -> None:
        """Sound is always late: from here on it lies a little behind what can be waited for."""
        count = LATE_MARGIN * self.rate // CLOCK_HZ // self.frame
        self._shift += count * self.frame * CLOCK_HZ // self.rate - round(self._drift)
        self._fill(count)
        self._drift = 0.0
        self._late = 0

    def _fill(self, count: int) -> None:
        self.filled += count
        self._drift -= count * self.frame * CLOCK_HZ / self.rate
        if self._filler:
            self.frames += [self._filler] * count
        # Without a filler nothing was heard yet, so no frame waits and the clock may simply go on.
        self.next_at += count * self.frame

    def _append(self, data: bytes) -> None:
        if self._guesses and (not self._filler or len(data) < len(self._filler)):
            # No frame of silence is known for this configuration: the smallest frame heard is the nearest to it.
            self._filler = data
        self.frames.append(data)
        self.next_at += self.frame


def silent_frame(track: AudioTrack) -> bytes:
    """A frame of silence for this track, or `b""` where none can be written."""
    if track.codec is Codec.OPUS:
        # RFC 6716 §3.1: CELT, full band, 20 ms, one frame; then a frame of silence.
        return b"\xfc\xff\xfe" if track.channels == 2 else b"\xf8\xff\xfe"
    if track.codec is not Codec.AAC or len(track.config) < 2:
        return b""
    first, second = track.config[0], track.config[1]
    if first >> 3 not in _PLAIN_AAC or (first << 1 & 0x0E | second >> 7) == _RATE_ESCAPE:
        return b""
    elements = _AAC_ELEMENTS.get(second >> 3 & 0x0F)
    return b"" if elements is None else _silent_aac(elements)


def _silent_aac(elements: str) -> bytes:
    """A raw_data_block (ISO 14496-3 Table 4.3) whose channels have no scale factor bands, so nothing sounds."""
    bits = ""
    tags = {"s": 0, "p": 0, "l": 0}
    window = "0" + "00" + "0" + "000000" + "0"  # reserved, long window, sine shape, max_sfb 0, no prediction
    no_tools = "000"  # pulse, TNS, gain control
    gain = "00000000"
    for element in elements:
        tag = f"{tags[element]:04b}"
        tags[element] += 1
        if element == "p":
            bits += "001" + tag + "1" + window + "00" + (gain + no_tools) * 2
        else:
            bits += ("000" if element == "s" else "011") + tag + gain + window + no_tools
    bits += "111"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")
