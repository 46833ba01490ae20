"""A stream on air with a packager behind it, on a clock that is set by hand."""

from functools import cache

from media.codec.slate import SlateDesign, encode_slate
from media.continuity.model import CodedSlate, Size, SlateKind
from media.continuity.programme import Programme
from media.continuity.settings import ContinuitySettings
from media.continuity.slates import slate_size
from media.hls.muxer import Init, Part, Timing
from media.hls.window import Bounds, Start
from media.packager import Packager
from media.packet import Packet, Tracks
from media.stream import Stream

WALL_S = 1_700_000_000.0
"""Unix time at which the rig's clock says 0."""


@cache
def coded(kind: SlateKind, size: Size, text: str = "") -> CodedSlate:
    return encode_slate(SlateDesign(kind.value, "Miasto", size, "#0b2545", "#e0b13b", detail=text))


class Slates:
    """Slates that are ready at once, or not at all."""

    def __init__(self) -> None:
        self.ready = True
        self.asked: list[SlateKind] = []
        self.texts: list[str] = []

    def get(self, kind: SlateKind, source: Tracks | None, text: str = "") -> CodedSlate | None:
        self.asked.append(kind)
        self.texts.append(text)
        return coded(kind, slate_size(source), text) if self.ready else None


class Tape:
    """A recorder that keeps what it was given."""

    def __init__(self) -> None:
        self.takes: list[tuple[Init, list[Part]]] = []
        self.skipped: list[tuple[int, int]] = []

    def begin_take(self, init: Init) -> None:
        self.takes.append((init, []))

    def add_part(self, part: Part) -> None:
        assert part.take == self.takes[-1][0].take
        self.takes[-1][1].append(part)

    def skip(self, next_msn: int, next_take: int) -> None:
        self.skipped.append((next_msn, next_take))

    def end_take(self) -> None:
        pass

    def close(self) -> None:
        pass

    @property
    def parts(self) -> list[Part]:
        return [part for _, parts in self.takes for part in parts]


class Encoder:
    def close(self, reason: str) -> None:
        pass


class Station:
    """Runs in steps of 20 ms: packets come when they are due, the programme ticks ten times a second."""

    def __init__(self, start: Start | None = None, **settings: object) -> None:
        self.now = 0.0
        self.tape = Tape()
        self.slates = Slates()
        self.stream = Stream("s", clock=lambda: self.now)
        self.shown: list[Part] = []
        self.packager = Packager("s", Timing(), Bounds(), start or Start(), self.tape, clock=self.wall)
        window, add_part = self.packager.window, self.packager.window.add_part

        def keep(part: Part) -> None:
            self.shown.append(part)
            add_part(part)

        window.add_part = keep
        self.programme = Programme(
            self.stream,
            self.packager,
            self.slates,
            ContinuitySettings(**settings),
            clock=lambda: self.now,
            wall=self.wall,
        )
        self.stream.attach(self.programme)
        self._ticked = 0

    def wall(self) -> float:
        return WALL_S + self.now

    def connect(self, tracks: Tracks) -> Encoder:
        encoder = Encoder()
        self.stream.begin(encoder)
        self.stream.set_tracks(tracks)
        return encoder

    def run(self, seconds: float, packets: list[Packet] = (), behind_s: float = 0.0) -> None:
        """Each packet comes at the moment its dts says, counted from now, `behind_s` later."""
        began, waiting, at = self.now, list(packets), 0
        while self.now < began + seconds - 1e-9:
            self.now = round(self.now + 0.02, 6)
            while at < len(waiting) and began + behind_s + waiting[at].dts / 90_000 <= self.now:
                self.stream.push(waiting[at])
                at += 1
            if int(self.now * 10 + 1e-6) > self._ticked:
                self._ticked = int(self.now * 10 + 1e-6)
                self.programme.tick()
