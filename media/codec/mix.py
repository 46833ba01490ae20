"""Two coded sources in, one picture with both and their mixed sound out. Runs in a worker process.

The host's and the guest's clocks have nothing in common: each packet says when it came, and a source's own times are
laid onto that clock, so picture and sound of one source stay together. What is made has a steady rate of its own and
is `DELAY_90K` late, so that a packet that comes a little later still has its place.
"""

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from functools import reduce
from typing import Final

import av
import av.audio.resampler
import av.error
import av.video.codeccontext
import msgspec
from av.codec.context import Flags
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter

from media.codec.ladder import DECODERS
from media.codec.mix_sound import FRAME_SAMPLES, RATE_HZ, SILENCE, TICKS_A_SAMPLE, SoundLane, audio_encoder, mixed
from media.headers import aac_track
from media.packet import CLOCK_HZ, AudioTrack, Codec, Kind, VideoTrack

WIDTH: Final = 1280
HEIGHT: Final = 720
FPS: Final = 25
STEP_90K: Final = CLOCK_HZ // FPS
KEY_EVERY: Final = 2 * FPS
KBIT_S: Final = 2500
GAP: Final = 8
"""Pixels between the two pictures."""

GROUND: Final = (40, 142, 116)
"""Y, U, V behind the pictures: the navy of the slates."""

DELAY_90K: Final = CLOCK_HZ * 3 // 10
FORGOTTEN_90K: Final = 3 * CLOCK_HZ
"""A picture that stands still for so long is left out, and the other one gets its place."""

LEAP_90K: Final = 2 * CLOCK_HZ
"""After such a silence of both, time goes on where they do."""

LATE_90K: Final = CLOCK_HZ // 2
"""Later than this and every other picture is left out, later than twice this three of four; sound never is."""

MOST_PICTURES: Final = 40
MOST_FAILURES: Final = 250
JUMP_90K: Final = CLOCK_HZ


class Cannot(Exception):
    """A source cannot be decoded."""


class Out(msgspec.Struct, frozen=True, gc=False):
    """One coded picture or piece of sound; picture times count from `Mix.base`."""

    kind: Kind
    pts: int
    key: bool
    data: bytes


class Box(msgspec.Struct, frozen=True, gc=False):
    """Where a picture stands, in even pixels."""

    left: int
    top: int
    width: int
    height: int


def boxes(sizes: list[tuple[int, int]]) -> list[Box]:
    """Side by side, as large as they go without being cut; a picture alone fills the whole. Upright ones of phones
    leave their room to the other.
    """
    if not sizes:
        return []
    if len(sizes) == 1:
        return [_fit(*sizes[0], 0, WIDTH)]
    room = WIDTH - GAP
    first, second = (min(HEIGHT * width / height, room) for width, height in sizes)
    if first + second > room:
        half = room / 2
        first, second = (
            (first, room - first) if first < half else (room - second, second) if second < half else (half, half)
        )
    left = (room - first - second) / 2
    return [
        _fit(*sizes[0], _even(left), _even(first)),
        _fit(*sizes[1], _even(left + first) + GAP, _even(second)),
    ]


def _fit(width: int, height: int, left: int, room: int) -> Box:
    scale = min(room / width, HEIGHT / height)
    wide, high = min(_even(width * scale), room), min(_even(height * scale), HEIGHT)
    return Box(left + _even((room - wide) / 2), _even((HEIGHT - high) / 2), wide, high)


def _even(pixels: float) -> int:
    return max(0, int(pixels + 0.5) // 2 * 2)


class SourceClock:
    """Lays a source's times onto the clock by which packets come: as early as the quickest of them."""

    def __init__(self) -> None:
        self._offset: float | None = None

    def place(self, dts: int, at: int) -> int:
        """What is added to the source's times now."""
        delta = at - dts
        if self._offset is None or delta < self._offset or delta - self._offset > JUMP_90K:
            self._offset = delta
        else:
            self._offset += (delta - self._offset) / 2000
        return round(self._offset)


class PictureLane:
    """A source's picture: decoded, scaled to its place, kept until its moment."""

    def __init__(self, track: VideoTrack) -> None:
        decoder = av.CodecContext.create(DECODERS[track.codec], "r")
        assert isinstance(decoder, av.video.codeccontext.VideoCodecContext)
        if track.config and track.codec not in {Codec.VP8, Codec.VP9}:
            decoder.extradata = track.config
        decoder.thread_count = 1
        self._decoder = decoder
        self._reformatter = VideoReformatter()
        self._failures = 0
        self._has_key = False
        self._waiting: deque[tuple[int, av.VideoFrame]] = deque(maxlen=MOST_PICTURES)
        self._shown: av.VideoFrame | None = None
        self._shown_at = 0
        self._scaled: av.VideoFrame | None = None
        self._scaled_to: Box | None = None

    def feed(self, data: bytes, pts: int, offset: int, *, key: bool) -> None:
        """Raises `Cannot` when nothing decodes any more."""
        self._has_key = self._has_key or key
        if not self._has_key:
            return
        packet = av.Packet(data)
        packet.pts, packet.time_base = pts, Fraction(1, CLOCK_HZ)
        try:
            frames = self._decoder.decode(packet)
        except av.error.FFmpegError as problem:
            self._failures += 1
            if self._failures >= MOST_FAILURES:
                raise Cannot(str(problem)) from problem
            return
        self._failures = 0
        for frame in frames:
            if frame.pts is not None:
                self._waiting.append((frame.pts + offset, frame))

    @property
    def there(self) -> bool:
        return self._shown is not None or bool(self._waiting)

    def advance(self, at: int) -> tuple[int, int] | None:
        """Goes on to this moment: the size of the picture that is shown then, None for none."""
        while self._waiting and self._waiting[0][0] <= at:
            self._shown_at, self._shown = self._waiting.popleft()
            self._scaled = None
        if self._shown is None or at - self._shown_at > FORGOTTEN_90K:
            return None
        return self._shown.width, self._shown.height

    def redraw(self) -> None:
        """Its place is another one: it is drawn anew."""
        self._scaled = None

    def paste(self, canvas: "Canvas", box: Box) -> None:
        """The shown one into its place; one that stands there already costs nothing."""
        assert self._shown is not None
        if self._scaled is None or self._scaled_to != box:
            self._scaled = self._reformatter.reformat(self._shown, box.width, box.height, "yuv420p")
            self._scaled_to = box
            canvas.paste(self._scaled, box)


class Canvas:
    """The picture that is drawn on, plane by plane. What is not drawn anew stays."""

    def __init__(self) -> None:
        self._planes = [bytearray(), bytearray(), bytearray()]
        self._boxes: list[Box] = []
        self._lay([])

    def lay(self, places: list[Box]) -> bool:
        """True where the places are others than before: everything has to be drawn."""
        if places == self._boxes:
            return False
        self._lay(places)
        return True

    def _lay(self, places: list[Box]) -> None:
        self._boxes = places
        sizes = (WIDTH * HEIGHT, WIDTH * HEIGHT // 4, WIDTH * HEIGHT // 4)
        self._planes = [bytearray([value]) * size for value, size in zip(GROUND, sizes, strict=True)]

    def paste(self, picture: av.VideoFrame, box: Box) -> None:
        for index, (plane, target) in enumerate(zip(picture.planes, self._planes, strict=True)):
            by = 1 if index == 0 else 2
            source, stride = memoryview(plane).cast("B"), plane.line_size
            wide, across = box.width // by, WIDTH // by
            at = box.top // by * across + box.left // by
            for row in range(box.height // by):
                target[at : at + wide] = source[row * stride : row * stride + wide]
                at += across

    def frame(self) -> av.VideoFrame:
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane, drawn in zip(frame.planes, self._planes, strict=True):
            plane.update(bytes(drawn))
        return frame


class Source:
    """Host or guest."""

    def __init__(self, video: VideoTrack | None, audio: AudioTrack | None) -> None:
        self.picture = PictureLane(video) if video is not None else None
        self.sound = SoundLane(audio) if audio is not None else None
        self._clock = SourceClock()
        self.heard = False

    def feed(self, kind: Kind, data: bytes, dts: int, pts: int, at: int, *, key: bool) -> None:
        offset = self._clock.place(dts, at)
        if kind is Kind.VIDEO and self.picture is not None:
            self.picture.feed(data, pts, offset, key=key)
        elif kind is Kind.AUDIO and self.sound is not None:
            self.sound.feed(data, pts + offset)
            self.heard = True

    @property
    def there(self) -> bool:
        """Something of it can be seen, or heard where it has no picture."""
        return self.picture.there if self.picture is not None else self.heard


class Mix:
    """Both. It begins when both are there."""

    def __init__(self, preset: str = "ultrafast") -> None:
        self.base: int | None = None
        """The common clock at the first picture."""
        self.left_out = 0
        self._sources: dict[int, Source] = {}
        self._pictures = 0
        self._steps = 0
        self._frames = 0
        self._video = _video_encoder(preset)
        self._audio = audio_encoder()
        self._planar = av.audio.resampler.AudioResampler(format="fltp", layout="stereo", rate=RATE_HZ)
        self._canvas = Canvas()
        config = bytes(self._video.extradata or b"")
        self.video = VideoTrack(Codec.H264, config, f"avc1.{config[1:4].hex()}", WIDTH, HEIGHT)
        self.audio = aac_track(bytes(self._audio.extradata or b""))

    def begin(self, number: int, video: VideoTrack | None, audio: AudioTrack | None) -> None:
        """A source, or what it sends from now on."""
        self._sources[number] = Source(video, audio)

    def end(self, number: int) -> None:
        self._sources.pop(number, None)

    def feed(
        self, number: int, kind: Kind, data: bytes, dts: int, pts: int, at: int, *, key: bool, late_90k: int = 0
    ) -> Iterator[Out]:
        """Takes one packet that came `at`; `late_90k`: how long ago. What is ready by it comes out."""
        source = self._sources.get(number)
        if source is None:
            return
        source.feed(kind, data, dts, pts, at, key=key)
        now = at - DELAY_90K
        if self.base is None:
            if len(self._sources) < 2 or not all(one.there for one in self._sources.values()):
                return
            self.base = now
        if now - (self.base + self._steps * STEP_90K) > LEAP_90K:
            self._leap(now)
        while (moment := self.base + self._steps * STEP_90K) <= now:
            yield from self._sounds_before(moment)
            yield from self._picture(moment, late_90k)
            self._steps += 1

    def _leap(self, now: int) -> None:
        assert self.base is not None
        self._steps = (now - self.base) // STEP_90K
        self._frames = int(self._steps * STEP_90K / TICKS_A_SAMPLE) // FRAME_SAMPLES

    def _picture(self, moment: int, late_90k: int) -> Iterator[Out]:
        assert self.base is not None
        every = 1 if late_90k <= LATE_90K else 2 if late_90k <= 2 * LATE_90K else 4
        if self._steps % every:
            self.left_out += 1
            return
        shown = []
        for _number, source in sorted(self._sources.items()):
            size = source.picture.advance(moment) if source.picture is not None else None
            if source.picture is not None and size is not None:
                shown.append((source.picture, size))
        places = boxes([size for _, size in shown])
        if self._canvas.lay(places):
            for lane, _size in shown:
                lane.redraw()
        for (lane, _size), box in zip(shown, places, strict=True):
            lane.paste(self._canvas, box)
        frame = self._canvas.frame()
        frame.pts, frame.time_base = self._steps * STEP_90K, Fraction(1, CLOCK_HZ)
        key = self._pictures % KEY_EVERY == 0
        frame.pict_type = PictureType.I if key else PictureType.NONE
        self._pictures += 1
        for packet in self._video.encode(frame):
            assert packet.pts is not None
            yield Out(Kind.VIDEO, packet.pts, packet.is_keyframe, bytes(packet))

    def _sounds_before(self, moment: int) -> Iterator[Out]:
        assert self.base is not None
        begin = round(self.base / TICKS_A_SAMPLE)
        while self.base + (self._frames + 1) * FRAME_SAMPLES * TICKS_A_SAMPLE <= moment:
            lanes = [one.sound for one in self._sources.values() if one.sound is not None]
            heard = [lane.frame(begin + self._frames * FRAME_SAMPLES) for lane in lanes]
            loud = [one for one in heard if one is not None]
            samples = reduce(mixed, loud) if loud else SILENCE
            plain = av.AudioFrame(format="s16", layout="stereo", samples=FRAME_SAMPLES)
            plain.sample_rate = RATE_HZ
            plain.planes[0].update(samples.tobytes())
            [frame] = self._planar.resample(plain)
            frame.pts, frame.time_base = self._frames * FRAME_SAMPLES, Fraction(1, RATE_HZ)
            self._frames += 1
            for packet in self._audio.encode(frame):
                if packet.pts is not None and packet.pts >= 0:
                    yield Out(Kind.AUDIO, int(packet.pts * TICKS_A_SAMPLE), key=True, data=bytes(packet))


def _video_encoder(preset: str) -> av.video.codeccontext.VideoCodecContext:
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.video.codeccontext.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    codec.time_base = Fraction(1, CLOCK_HZ)
    codec.framerate = Fraction(FPS)
    codec.thread_count = 1
    codec.flags |= Flags.global_header
    codec.color_primaries = codec.color_trc = codec.colorspace = 1  # BT.709 (ITU-T H.273)
    codec.options = {
        "preset": preset,
        "tune": "zerolatency",
        "crf": "23",
        "maxrate": f"{KBIT_S}k",
        "bufsize": f"{KBIT_S}k",
        "forced-idr": "1",
        "x264-params": "keyint=infinite:scenecut=0:annexb=0",
    }
    codec.open()
    return codec
