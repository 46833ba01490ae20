"""Packets in, CMAF parts out. Pure: no clock, no I/O; feed it packets and the time, get bytes.

How it cuts (RFC 8216bis §4.4.3.7, §4.4.4.9, Appendix B):

- A segment begins at an IDR once the last one is `segment_s` long; sound alone is cut by time.
- The target duration is a constant, `target_s`. IDRs further apart would make it a lie, so such a segment is cut at a
  part without an IDR: it is still played in order, the archive joins it to the one before, and `independent` says so.
  Encoders with an IDR at least every `target_s` never see this.
- A part is cut at the first frame at or after `part_ms`; PART-TARGET is a tenth longer, so that the last part of a
  second of 25 frames is not a splinter. A picture so slow that no frame ends between 85 % and 100 % of PART-TARGET is
  cut in the middle of a frame: the part's time is exact, the frame lies in the part in which it begins.
- Composition offsets stand as the encoder sent them; an edit list takes the first one off, so that the first frame is
  shown at 0 of its take in a browser and in a file player alike (signed offsets alone would shift ffmpeg's picture).
- A picture that stops while sound goes on is held: its last IDR again, so that players do not stall.
"""

from collections import deque
from typing import Final

import msgspec

from media.hls.boxes import init_section
from media.hls.cuts import Cuts, Lead, LedCuts, OwnCuts
from media.hls.fragment import DELTA_FLAGS, KEY_FLAGS, PARTS_IN_SEGMENT, build_part, part_header
from media.hls.sound import Sound
from media.hls.timeline import Lane, Placed, Timeline
from media.packet import CLOCK_HZ, Kind, Packet, Tracks

PATIENCE: Final = CLOCK_HZ
"""How long one track is waited for while the other goes on, in 1/90000 s."""

STILL_AFTER: Final = 3 * CLOCK_HZ
"""A picture that lags behind the sound by this much is held by its last IDR."""

VIDEO_LATE: Final = 5 * CLOCK_HZ
"""Sound alone begins when no IDR has come for this long."""

NOTHING: Final[tuple["Init | Part", ...]] = ()


class Timing(msgspec.Struct, frozen=True, gc=False):
    """What a stream's playlist promises for all its life."""

    part_ms: int = 500
    segment_s: float = 2.0
    target_s: int = 6

    @property
    def part_target_90k(self) -> int:
        return self.part_ms * 99

    @property
    def part_target_s(self) -> float:
        return self.part_target_90k / CLOCK_HZ


class Init(msgspec.Struct, frozen=True, gc=False):
    """A take begins: an initialisation section, and a timeline that starts at 0."""

    take: int
    data: bytes
    tracks: Tracks
    began_at_s: float
    """Unix time in seconds."""


class Part(msgspec.Struct, frozen=True, gc=False):
    """One part. `dts_90k` counts on its take's timeline; `began_at_s` is Unix time; `last` closes the segment.

    `frames` counts its pictures.
    """

    take: int
    msn: int
    index: int
    dts_90k: int
    duration_90k: int
    independent: bool
    last: bool
    began_at_s: float
    frames: int
    data: bytes


class Muxer:
    """One stream's packets, take after take, segment after segment.

    With `leads` it follows another muxer: its packets stand on that one's timeline already (dts is the position), and
    each take begins with the first of the leads that wait.
    """

    def __init__(self, timing: Timing, next_msn: int = 1, next_take: int = 0, leads: deque[Lead] | None = None) -> None:
        self.timing = timing
        self.leads = leads
        self.next_msn = next_msn
        self.next_take = next_take
        self.still_frames = 0
        self.ended_at_s = 0.0
        """Unix time at which the last part ends: no take begins before it, whatever becomes of the system's clock."""
        self._tracks = Tracks()
        self._early: deque[Packet] = deque(maxlen=128)
        self._lone_sound_since: int | None = None
        self._take: _Take | None = None

    @property
    def sound(self) -> Sound | None:
        """The clock of the present take's sound, for figures."""
        return self._take.sound if self._take is not None else None

    @property
    def jumps(self) -> int:
        return self._take.timeline.jumps if self._take is not None else 0

    @property
    def standing(self) -> Lead | None:
        """The segment that is open now, for muxers that follow; None between takes."""
        take = self._take
        if take is None:
            return None
        at = take.cuts.segment_at
        return Lead(take.number, self.next_msn, at, take.cuts.anchor_s + at / CLOCK_HZ)

    def placed(self, kind: Kind) -> Lane | None:
        """The lane on which packets of that kind are put now; None where they are not muxed."""
        take = self._take
        if take is None or not (take.has_video if kind is Kind.VIDEO else take.sound is not None):
            return None
        return take.timeline.video if kind is Kind.VIDEO else take.timeline.audio

    def begin(self, tracks: Tracks) -> tuple[Init | Part, ...]:
        """Other tracks, or the same from another clock: what is open is closed; the take starts with its first IDR."""
        out = self.pause()
        self._tracks = tracks
        return out

    def pause(self) -> tuple[Init | Part, ...]:
        """The publisher is gone: what waits becomes the segment's last part."""
        out = self._take.finish() if self._take is not None else NOTHING
        self._leave_take()
        return out

    def push(self, packet: Packet, now_s: float) -> tuple[Init | Part, ...]:
        """One more packet, arrived at `now_s` (Unix time): what is complete by it."""
        take = self._take
        if take is None:
            return self._push_early(packet, now_s)
        if packet.kind is Kind.AUDIO:
            return take.push_audio(packet, now_s) if take.sound is not None else NOTHING
        if take.has_video:
            return take.push_video(packet, now_s)
        if self._tracks.video is None or not packet.key:
            return NOTHING
        # The picture came after all: sound alone ends here.
        out = self.pause()
        return out + self._begin_take(packet, self._tracks, now_s)

    def pass_time(self, at_90k: int) -> tuple[Init | Part, ...]:
        """Sound alone that follows: none came until then, and none is waited for."""
        return self._take.pass_time(at_90k) if self._take is not None else NOTHING

    def _push_early(self, packet: Packet, now_s: float) -> tuple[Init | Part, ...]:
        tracks = self._tracks
        if packet.kind is Kind.VIDEO:
            if tracks.video is None or not packet.key:
                return NOTHING
            return self._begin_take(packet, tracks, now_s)
        if tracks.audio is None:
            return NOTHING
        if tracks.video is None:
            return self._begin_take(packet, tracks, now_s)
        self._early.append(packet)
        if self._lone_sound_since is None:
            self._lone_sound_since = packet.dts
        if packet.dts - self._lone_sound_since < VIDEO_LATE:
            return NOTHING
        return self._begin_take(packet, Tracks(audio=tracks.audio), now_s)

    def _begin_take(self, first: Packet, tracks: Tracks, now_s: float) -> tuple[Init | Part, ...]:
        cuts: Cuts
        timeline: Timeline | Placed
        if self.leads is not None:
            if not self.leads:
                return NOTHING
            self.next_take, self.next_msn = self.leads[0].take, self.leads[0].msn
            cuts, timeline = LedCuts(self.leads), Placed()
        else:
            timing = self.timing
            began_at_s = max(now_s, self.ended_at_s)
            cuts = OwnCuts(timing.segment_s, timing.target_s, timing.part_target_90k, began_at_s)
            timeline = Timeline(first.pts)
        init = Init(
            take=self.next_take,
            data=init_section(tracks, max(0, first.pts - first.dts)),
            tracks=tracks,
            began_at_s=cuts.anchor_s + cuts.segment_at / CLOCK_HZ,
        )
        self.next_take += 1
        take = self._take = _Take(self, init, max(0, first.pts - first.dts), timeline, cuts)
        out: tuple[Init | Part, ...] = (init,)
        early = [packet for packet in self._early if packet.dts >= first.pts]
        self._early.clear()
        self._lone_sound_since = None
        if first.kind is Kind.VIDEO:
            out += take.push_video(first, now_s)
            for packet in early:
                out += take.push_audio(packet, now_s)
        else:
            out += take.push_audio(first, now_s)
        return out

    def _leave_take(self) -> None:
        self._take = None
        self._early.clear()
        self._lone_sound_since = None


class _Take:
    """From one initialisation section to the next: the timeline, what waits for the next cut, and the cuts."""

    def __init__(self, muxer: Muxer, init: Init, delay: int, timeline: Timeline | Placed, cuts: Cuts) -> None:
        """`delay`: how much later than decoded the first frame is shown, in 1/90000 s."""
        timing, tracks = muxer.timing, init.tracks
        self.number = init.take
        self.timeline = timeline
        self.cuts = cuts
        self.sound = Sound(tracks.audio, cuts.segment_at) if tracks.audio is not None else None
        self.has_video = tracks.video is not None
        self._muxer = muxer
        self._delay = delay
        self._goal = timing.part_ms * 90
        self._most = timing.part_target_90k
        self._least = self._most * 85 // 100 + 1
        self._dts: list[int] = []
        self._fields: list[int] = []
        self._data: list[bytes] = []
        self._still = b""
        self._needs_key = False
        self._index = 0
        self._part_at = cuts.segment_at

    def push_video(self, packet: Packet, now_s: float) -> tuple[Init | Part, ...]:
        key = packet.key
        if self._needs_key and not key:
            return NOTHING
        at = self.timeline.place_video(packet.dts + self._delay)
        self.cuts.notice(at, now_s)
        if key:
            self._needs_key = False
            self._still = packet.data
        return self._add_frame(at, packet.pts + self._delay + self.timeline.video.offset - at, packet.data, key=key)

    def push_audio(self, packet: Packet, now_s: float) -> tuple[Init | Part, ...]:
        sound = self.sound
        assert sound is not None
        at = self.timeline.place_audio(packet.pts)
        if not self.has_video:
            self.cuts.notice(at, now_s)
            may_cut = at - self._part_at >= self._goal or self.cuts.is_due(sound.end_90k)
            out = self._cut_sound(sound) if may_cut else NOTHING
            sound.push(at, packet.data)
            return out
        sound.push(at, packet.data)
        if at - self._part_at <= self._most + PATIENCE:
            return NOTHING
        if at - self._dts[-1] > (PATIENCE + self._goal if self._needs_key else STILL_AFTER):
            return self._hold_picture(at)
        return (self._cut_goal(None),)

    def pass_time(self, at: int) -> tuple[Init | Part, ...]:
        """Silence until `at`, and what is complete by it."""
        sound = self.sound
        if sound is None or self.has_video or sound.end_90k >= at:
            return NOTHING
        sound.fill_to(at)
        return self._cut_sound(sound)

    def finish(self) -> tuple[Init | Part, ...]:
        """All that waits, as the last part. Nothing where nothing waits."""
        end = self._part_at
        if self._dts:
            end = max(end + 1, self._dts[-1] + self._last_step())
        elif self.sound is not None and self.sound.frames and not self.has_video:
            end = max(end + 1, self.sound.end_90k)
        if end == self._part_at:
            # Its last part is out already: the segment ends as it stands.
            self._muxer.next_msn += self._index > 0
            return NOTHING
        out: tuple[Init | Part, ...] = NOTHING
        while end - self._part_at > self._most:
            out += (self._cut_goal(end),)
        return (*out, self._cut(end, new_segment=True, next_dts=end, everything=True))

    def _add_frame(self, at: int, offset: int, data: bytes, *, key: bool) -> tuple[Init | Part, ...]:
        out: tuple[Init | Part, ...] = NOTHING
        while (elapsed := at - self._part_at) > self._most:
            # The frame lies beyond this part: cut where the last frame began, or inside that frame.
            last = self._dts[-1] if self._dts else self._part_at
            if self._least <= last - self._part_at <= self._most:
                out += (self._cut(last, new_segment=self.cuts.is_full(last), next_dts=at),)
            else:
                out += (self._cut_goal(at),)
        if elapsed > 0 and self.cuts.begins(at, key=key):
            out += (self._cut(at, new_segment=True, next_dts=at),)
        elif elapsed >= self._goal - 90:
            out += (self._cut(at, new_segment=self.cuts.is_full(at), next_dts=at),)
        self._dts.append(at)
        self._fields += (0, len(data), KEY_FLAGS if key else DELTA_FLAGS, offset & 0xFFFFFFFF)
        self._data.append(data)
        return out

    def _cut_sound(self, sound: Sound) -> tuple[Init | Part, ...]:
        """Sound alone: cut before this frame."""
        boundary = max(sound.end_90k, self._part_at + 1)
        out: tuple[Init | Part, ...] = NOTHING
        while boundary - self._part_at > self._most or self.cuts.is_due(boundary):
            out += (self._cut_goal(None),)
        if boundary - self._part_at < min(self._least, self._goal - 90):
            return out
        new_segment = self.cuts.begins(boundary, key=True)
        return (*out, self._cut(boundary, new_segment=new_segment, next_dts=None))

    def _hold_picture(self, at: int) -> tuple[Init | Part, ...]:
        """Writes the last IDR once more; what refers to frames that were lost is left out until the next one."""
        self._needs_key = True
        self._muxer.still_frames += 1
        shown = max(at - PATIENCE, self._dts[-1] + 1)
        self.timeline.video.last = shown
        return self._add_frame(shown, self._delay, self._still, key=True)

    def _cut_goal(self, next_dts: int | None) -> Part:
        """Cuts at the exact length of a part, or where a cut is due before, whatever is shown then."""
        at = self.cuts.part_end(self._part_at, self._goal)
        return self._cut(at, new_segment=self.cuts.is_full(at), next_dts=next_dts)

    def _last_step(self) -> int:
        return self._dts[-1] - self._dts[-2] if len(self._dts) > 1 else self.timeline.video.step or CLOCK_HZ // 25

    def _cut(self, at: int, *, new_segment: bool, next_dts: int | None, everything: bool = False) -> Part:
        """Ends the part at `at`. `next_dts`: where the frame after the waiting ones begins, None while unknown."""
        fields, data, video_dts = self._take_frames(at, next_dts, everything=everything)
        sound_at, frame, frames = 0, 0, list[bytes]()
        if (sound := self.sound) is not None:
            if self.has_video:
                sound.fill_to(at if everything else at - PATIENCE)
            sound_at, frames = sound.take_before(at + CLOCK_HZ if everything else at)
            frame = sound.frame
        began_at_s = self.cuts.anchor_s + self._part_at / CLOCK_HZ
        msn = self._muxer.next_msn
        prft, sequence = part_header(msn * PARTS_IN_SEGMENT + self._index, began_at_s, self._part_at)
        part = Part(
            take=self.number,
            msn=msn,
            index=self._index,
            dts_90k=self._part_at,
            duration_90k=at - self._part_at,
            independent=fields[2] == KEY_FLAGS if fields else not self.has_video,
            last=new_segment,
            began_at_s=began_at_s,
            frames=len(data),
            data=build_part(prft, sequence, video_dts, fields, data, sound_at, frame, frames),
        )
        self._part_at = at
        self._muxer.ended_at_s = began_at_s + part.duration_90k / CLOCK_HZ
        self._index += 1
        if new_segment:
            self._begin_segment(at)
        return part

    def _take_frames(self, at: int, next_dts: int | None, *, everything: bool) -> tuple[list[int], list[bytes], int]:
        """Removes frames that begin before `at` and whose duration is known: fields, data, the first's dts."""
        dts = self._dts
        if not dts:
            return [], [], self._part_at
        ends = [*dts[1:], next_dts if next_dts is not None else dts[-1]]
        count = len(dts) if next_dts is not None else len(dts) - 1
        if not everything:
            while count and dts[count - 1] >= at:
                count -= 1
        fields, data = self._fields[: 4 * count], self._data[:count]
        fields[0::4] = [end - begin for begin, end in zip(dts[:count], ends, strict=False)]
        first = dts[0]
        del self._dts[:count], self._fields[: 4 * count], self._data[:count]
        return fields, data, first

    def _begin_segment(self, at: int) -> None:
        self._muxer.next_msn += 1
        self._index = 0
        self.cuts.begin_segment(at)
