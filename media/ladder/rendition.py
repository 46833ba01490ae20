"""A smaller version of a stream: a packager that cuts where its source's packager was cut."""

from collections import deque
from collections.abc import Callable, Iterator

from media.hls.cuts import Lead
from media.hls.muxer import Muxer
from media.hls.window import Bounds, Start
from media.packager import Packager
from media.packet import Packet, Tracks


class Rendition(Packager):
    """Its packets carry positions on the source's timeline. Not recorded: what is archived is the source."""

    def __init__(self, name: str, source: Packager, bounds: Bounds, lead: Lead) -> None:
        timing = source.window.timing
        super().__init__(f"{source.id}/{name}", timing, bounds, Start(lead.msn, lead.take))
        self.name = name
        self.muxer = Muxer(timing, lead.msn, lead.take, leads=deque())
        self._source = source
        self._withdrawn = False

    def can_go_on(self, lead: Lead) -> bool:
        """Whether a run that begins with `lead` follows what is here: players count segments without a gap."""
        return self.paused and not self.window.ended and self.window.next_msn == lead.msn

    def begin_run(self, tracks: Tracks, leads: deque[Lead]) -> None:
        """What follows belongs to these tracks and to the segments in `leads`, which the caller goes on to fill."""
        self.muxer.leads = leads
        self.on_tracks(tracks)

    def pass_time(self, at_90k: int) -> None:
        """Sound alone: none came until then."""
        self._take(self.muxer.pass_time(at_90k))

    @property
    def is_offered(self) -> bool:
        return self._source.renditions.get(self.name) is self

    def offer(self) -> None:
        """Players may choose it, once it holds a segment."""
        if not self.window.is_empty:
            self._source.renditions[self.name] = self
            self._withdrawn = False

    def withdraw(self) -> None:
        """Players go back to the source: those that wait are answered, and their next question finds nothing."""
        if self.is_offered:
            del self._source.renditions[self.name]
            self._withdrawn = True
            self._announce()

    async def _wait(self, ready: Callable[[], bool], timeout_s: float) -> None:
        await super()._wait(lambda: self._withdrawn or ready(), timeout_s)


class Output:
    """One rendition in one run: what waits for the worker's pictures, and where they go."""

    def __init__(self, name: str, lead: Lead) -> None:
        self.name = name
        self.first = lead
        self.leads = deque([lead])
        self.sound: deque[Packet] = deque()
        self.rendition: Rendition | None = None
        self.reached = lead.at_90k
        """Position of the newest picture that came back."""

    def sound_until(self, at_90k: int | None) -> Iterator[Packet]:
        """Removes sound up to a position; None: all."""
        while self.sound and (at_90k is None or self.sound[0].dts <= at_90k):
            yield self.sound.popleft()
