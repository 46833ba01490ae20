"""All relays of this process: started when a stream goes on air, stopped when it ends, in step with the table."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import structlog
from aiohttp import web
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.database import Database
from app.errors import Unavailable
from app.i18n import _
from media.hls.web import Packagers
from media.out import store
from media.out.address import AddressError, parse_address
from media.out.model import Progress, Target, TargetChanged, TargetState, TargetView, room
from media.out.relay import Relay
from media.out.settings import OutSettings
from media.packager import Packager
from media.streams import StreamChange, Streams

log = structlog.get_logger(__name__)

RETRY_S: Final = 2.0
KEY_LOST: Final = _("The stream key cannot be read any more: remove this target and add it again")

Unseal = Callable[[Target], str | None]
"""The stream key of a target; None where the installation's secret is another one than when it was sealed."""


class Relays(Collector):
    """`heard` and `refresh` say that something may have changed; `run` brings the relays in step."""

    def __init__(
        self,
        streams: Streams,
        packagers: Packagers,
        database: Database,
        settings: OutSettings,
        context: ssl.SSLContext,
        unseal: Unseal,
        translate: Callable[[str], str],
    ) -> None:
        self._streams = streams
        self._packagers = packagers
        self._database = database
        self._settings = settings
        self._context = context
        self._unseal = unseal
        self._translate = translate
        self._running: dict[int, tuple[Relay, asyncio.Task[None]]] = {}
        self._failed: dict[int, tuple[Target, Progress]] = {}
        """Enabled targets that cannot even be tried."""
        self._changed: set[str] = set()
        self._news = asyncio.Event()

    def heard(self, stream_id: str, change: StreamChange) -> None:
        """Listener of the streams."""
        if change in (StreamChange.ON_AIR, StreamChange.ENDED):
            self.refresh(stream_id)

    def refresh(self, stream_id: str) -> None:
        """The targets of this stream may be others now."""
        self._changed.add(stream_id)
        self._news.set()

    async def run(self) -> None:
        """Body of a supervised task."""
        while True:
            await self._news.wait()
            self._news.clear()
            changed, self._changed = self._changed, set()
            for stream_id in changed:
                try:
                    await self._reconcile(stream_id)
                except Unavailable:
                    log.warning("targets are looked up again: the database is away", stream=stream_id)
                    asyncio.get_running_loop().call_later(RETRY_S, self.refresh, stream_id)

    async def close(self) -> None:
        """Says goodbye to every target."""
        await self._stop(list(self._running))

    def view(self, target: Target) -> TargetView:
        """The target as the page shows it, with how it fares in this process."""
        running, failed = self._running.get(target.id), self._failed.get(target.id)
        progress = running[0].progress if running is not None else failed[1] if failed is not None else None
        if not target.enabled:
            progress = None
        state = TargetState.WAITING if target.enabled else TargetState.STOPPED
        return TargetView(
            id=target.id,
            stream_id=target.stream_id,
            name=target.name,
            url=target.url,
            enabled=target.enabled,
            rev=target.rev,
            state=progress.state if progress is not None else state,
            since=progress.since if progress is not None else None,
            reason=self._translate(progress.message) % dict(progress.values) if progress is not None else "",
            dropped=running[0].dropped if running is not None else 0,
        )

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """`gryf_media_out_targets` by state, `gryf_media_out_dropped` of the connections of now."""
        states = Counter(relay.progress.state for relay, _task in self._running.values())
        family = GaugeMetricFamily("gryf_media_out_targets", "Targets of streams on air.", labels=["state"])
        for state in TargetState:
            family.add_metric([state.value], states[state])
        yield family
        dropped = sum(relay.dropped for relay, _task in self._running.values())
        yield GaugeMetricFamily("gryf_media_out_dropped", "Packets that present targets were too slow for.", dropped)

    async def _reconcile(self, stream_id: str) -> None:
        wanted: dict[int, Target] = {}
        if self._streams.is_on_air(stream_id):
            async with self._database.transaction(readonly=True) as tx:
                wanted = {target.id: target for target in await store.targets(tx, stream_id) if target.enabled}
        here = [number for number, (relay, _task) in self._running.items() if relay.target.stream_id == stream_id]
        stopped = await self._stop([number for number in here if number not in wanted])
        if not self._streams.is_on_air(stream_id):
            for target in stopped:
                self._tell(target)
        self._failed = {number: failed for number, failed in self._failed.items() if failed[0].stream_id != stream_id}
        for target in wanted.values():
            if target.id not in self._running:
                self._start(target)

    def _start(self, target: Target) -> None:
        key = self._unseal(target)
        try:
            address = parse_address(target.url)
        except AddressError as problem:
            self._fail(target, str(problem))
            return
        if key is None:
            self._fail(target, KEY_LOST)
            return

        def find() -> Packager | None:
            return self._packagers.get(target.stream_id) if self._streams.is_on_air(target.stream_id) else None

        relay = Relay(target, find, address, key, self._settings, self._context, lambda: self._tell(target))
        task = asyncio.create_task(relay.run(), name=f"simulcast {target.id}")
        self._running[target.id] = (relay, task)
        self._tell(target)

    def _fail(self, target: Target, message: str) -> None:
        log.error("a target cannot be sent to", target=target.id, stream=target.stream_id, why=message)
        self._failed[target.id] = (target, Progress(TargetState.RETRYING, datetime.now(UTC), message))
        self._tell(target)

    async def _stop(self, numbers: list[int]) -> list[Target]:
        stopped = [self._running.pop(number) for number in numbers]
        for _relay, task in stopped:
            task.cancel()
        await asyncio.gather(*(task for _relay, task in stopped), return_exceptions=True)
        return [relay.target for relay, _task in stopped]

    def _tell(self, target: Target) -> None:
        self._database.announce(room(target.stream_id), TargetChanged(self.view(target)))


RELAYS: web.AppKey[Relays] = web.AppKey("relays", Relays)
