"""Which streams get smaller pictures now: every one on air has a ladder, the policy says which of them work."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge

from app.i18n import _
from media.hls.window import Bounds
from media.ladder.figures import Figures
from media.ladder.ladder import Ladder
from media.ladder.process import worker_command
from media.ladder.rungs import chosen
from media.ladder.settings import LadderSettings, Policy
from media.packager import Packager
from media.streams import Problem, StreamChange, Streams

log = structlog.get_logger(__name__)

TICK_S: Final = 1.0
AVERAGED_TICKS: Final = 10
KEPT_TICKS: Final = 60
"""A worker is kept for so many ticks after the viewers have become too few."""

ViewersOf = Callable[[str], int]
"""Stream id → how many watch it now."""


def waiting_players(packager: Packager) -> int:
    """Players whose reload is held now, of the source and its renditions.

    A low-latency player always has one such request under way, but for the moment of an answer. Players that poll are
    not seen, and a caching proxy sends one for all.
    """
    return packager.waiting + sum(rendition.waiting for rendition in packager.renditions.values())


class Audience:
    """Viewers of one stream, averaged; says whether they are enough, and not at once when they are no more. Pure."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._samples: deque[int] = deque(maxlen=AVERAGED_TICKS)
        self._left_ticks = 0

    def note(self, viewers: int) -> bool:
        """Once a tick: whether smaller pictures are wanted."""
        self._samples.append(viewers)
        if sum(self._samples) >= self._wanted * AVERAGED_TICKS:
            self._left_ticks = KEPT_TICKS
        elif self._left_ticks:
            self._left_ticks -= 1
        return self._left_ticks > 0


class Overseer:
    """Lives on the loop. `heard` is a listener of `Streams`; `run` is the body of a supervised task."""

    def __init__(
        self,
        settings: LadderSettings,
        streams: Streams,
        packagers: Mapping[str, Packager],
        bounds: Bounds,
        registry: CollectorRegistry,
        viewers_of: ViewersOf | None = None,
    ) -> None:
        """Raises `app.errors.ConfigurationError` for a rendition that does not exist."""
        self.ladders: dict[str, Ladder] = {}
        self._settings = settings
        self._choice = chosen(settings.renditions)
        self._command = worker_command(settings)
        self._streams = streams
        self._packagers = packagers
        self._bounds = bounds
        self._viewers_of = viewers_of or self._count_waiting
        self._audiences: dict[str, Audience] = {}
        self._figures = Figures(registry)
        self._closing: set[asyncio.Task[None]] = set()
        Gauge("gryf_ladder_workers", "Processes that make smaller pictures.", registry=registry).set_function(
            lambda: sum(ladder.worker is not None for ladder in self.ladders.values())
        )
        Gauge(
            "gryf_ladder_lag_s", "Seconds by which smaller pictures are late, at most.", registry=registry
        ).set_function(lambda: max((ladder.lag_s for ladder in self.ladders.values()), default=0.0))

    async def run(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.tick()

    def heard(self, stream_id: str, change: StreamChange) -> None:
        if change in {StreamChange.ON_AIR, StreamChange.LIVE}:
            self._attach(stream_id)
            self._apply(stream_id)

    def tick(self) -> None:
        """Once a second."""
        for stream_id in self._streams.ids():
            self._attach(stream_id)
        for stream_id, ladder in list(self.ladders.items()):
            if ladder.source.window.ended and not ladder.is_working:
                self._let_go(stream_id)
                continue
            if self._settings.policy is Policy.VIEWERS:
                audience = self._audiences.setdefault(stream_id, Audience(self._settings.from_viewers))
                if not audience.note(self._viewers_of(stream_id)):
                    ladder.stop()
                    continue
            self._apply(stream_id, wanted=True)
            ladder.check()

    async def close(self) -> None:
        """Ends all processes; the streams go on."""
        for stream_id in list(self.ladders):
            self._let_go(stream_id)
        await asyncio.gather(*self._closing)

    def _attach(self, stream_id: str) -> None:
        """Follows the packager that the stream has now, which may be another one than before."""
        if self._settings.policy is Policy.NEVER or not self._streams.is_on_air(stream_id):
            return
        packager = self._packagers.get(stream_id)
        known = self.ladders.get(stream_id)
        if packager is None or packager.window.ended or (known is not None and known.source is packager):
            return
        if known is not None:
            self._let_go(stream_id)
        self.ladders[stream_id] = Ladder(
            packager, self._choice, self._bounds, self._command, self._figures, lambda: self._report(stream_id)
        )

    def _apply(self, stream_id: str, *, wanted: bool = False) -> None:
        """Lets a ladder work where the policy says so and there is room."""
        ladder = self.ladders.get(stream_id)
        if ladder is None or ladder.is_working or not (wanted or self._settings.policy is Policy.ALWAYS):
            return
        if sum(one.is_working for one in self.ladders.values()) < self._settings.streams:
            ladder.start()

    def _let_go(self, stream_id: str) -> None:
        ladder = self.ladders.pop(stream_id)
        self._audiences.pop(stream_id, None)
        ladder.leave()
        task = asyncio.create_task(ladder.close(), name=f"ladder: close {stream_id}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _count_waiting(self, stream_id: str) -> int:
        packager = self._packagers.get(stream_id)
        return waiting_players(packager) if packager is not None else 0

    def _report(self, stream_id: str) -> None:
        log.error("smaller pictures are off for a while", stream=stream_id)
        self._streams.report_problem(
            stream_id,
            Problem(
                _("smaller picture sizes are off for some minutes, as their encoder keeps failing; full size goes on")
            ),
        )


LADDERS: web.AppKey[Overseer] = web.AppKey("ladders", Overseer)
