"""One target's connection for as long as the stream is on air: connect, send, and come back when it fails.

It follows the packager of the stream on air, so a target gets what viewers get: slates while the encoder is away, and
nothing of a part that is closed to the public.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Final

import msgspec
import structlog

from app.i18n import _
from media.out.address import Address
from media.out.connection import NO_ANSWER, TargetSocket, open_socket
from media.out.model import Progress, Target, TargetState
from media.out.problem import RelayProblem
from media.out.settings import OutSettings
from media.out.tags import missing_codec
from media.packager import Packager
from media.packet import Packet, Tracks
from media.stream import Reader

log = structlog.get_logger(__name__)

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
STEADY_AFTER_S: Final = 30.0
"""A target that took the stream for so long before it failed is tried again as soon as at first."""

IDLE_S: Final = 15.0
"""Without a packet for so long the target is left until there is something to show."""

POLL_S: Final = 0.25
QUEUE_PACKETS: Final = 4096

UNSUPPORTED: Final = _("This server does not take %(codec)s: set the encoder to H.264 and AAC")
FAULT: Final = _("Something failed on our side")


class NothingToSend(Exception):
    """The stream has ended, or has nothing to show now."""


class Relay:
    """Sends one stream to one target until `run` is cancelled."""

    def __init__(
        self,
        target: Target,
        find: Callable[[], Packager | None],
        address: Address,
        key: str,
        settings: OutSettings,
        context: ssl.SSLContext,
        tell: Callable[[], None],
    ) -> None:
        """`find` gives the packager of the stream while it is on air; `tell` is called when `progress` has changed."""
        self.target = target
        self.progress = _progress(TargetState.WAITING)
        self.dropped = 0
        """Packets left out since it was connected, because the target was too slow."""
        self._find = find
        self._address = address
        self._key = key
        self._settings = settings
        self._context = context
        self._tell = tell

    def __repr__(self) -> str:
        """Without the key."""
        return f"Relay({self.target.id}, {self.progress.state.value})"

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        pause_s = FIRST_PAUSE_S
        while True:
            source = await self._wait_for_source()
            self._show(TargetState.CONNECTING)
            began = loop.time()
            try:
                await self._send_once(source)
            except NothingToSend:
                pause_s = FIRST_PAUSE_S
                self._show(TargetState.WAITING)
                await asyncio.sleep(POLL_S)
                continue
            except RelayProblem as problem:
                log.warning("simulcast failed", target=self.target.id, stream=source.id, why=str(problem))
                self._show(TargetState.RETRYING, problem)
            except Exception as problem:  # noqa: BLE001 - a connection loop: whatever it was, it is tried again
                # Without a traceback: formatters that print local variables would print the key.
                log.error("simulcast failed", target=self.target.id, stream=source.id, problem=repr(problem))  # noqa: TRY400 - see above
                self._show(TargetState.RETRYING, RelayProblem(FAULT))
            if loop.time() - began > STEADY_AFTER_S:
                pause_s = FIRST_PAUSE_S
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _wait_for_source(self) -> Packager:
        while (source := self._find()) is None or source.paused:
            self._show(TargetState.WAITING)
            await asyncio.sleep(POLL_S)
        return source

    async def _send_once(self, source: Packager) -> None:
        """One connection, from its beginning to its end. Raises `RelayProblem` or `NothingToSend`."""
        settings = self._settings
        target = None
        reader = Reader(QUEUE_PACKETS, settings.queue_mib * 1024 * 1024)
        self.dropped = 0
        try:
            try:
                async with asyncio.timeout(settings.connect_timeout_s):
                    target = await open_socket(
                        self._address,
                        self._key,
                        self._context,
                        allow_private=settings.allow_private,
                        stall_timeout_s=settings.stall_timeout_s,
                    )
                    await target.start()
            except TimeoutError:
                raise RelayProblem(NO_ANSWER, {"host": self._address.host}) from None
            source.follow(reader)
            await self._while_both_run(target, reader)
        except (NothingToSend, asyncio.CancelledError):
            if target is not None:
                await target.say_goodbye()
            raise
        finally:
            source.leave(reader)
            if target is not None:
                target.abort()

    async def _while_both_run(self, target: TargetSocket, reader: Reader) -> None:
        """Sends until there is nothing more to send, or until the server says that it ends."""
        name = f"simulcast {self.target.id}"
        sending = asyncio.create_task(self._send_all(target, reader), name=f"{name}: send")
        listening = asyncio.create_task(target.listen(), name=f"{name}: listen")
        try:
            done, _rest = await asyncio.wait((sending, listening), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            listening.cancel()
            await asyncio.gather(sending, listening, return_exceptions=True)
        # A server that refuses says so and closes: its words come first, the failure to send is their consequence.
        for task in (listening, sending):
            if task in done:
                task.result()

    async def _send_all(self, target: TargetSocket, reader: Reader) -> None:
        protocol = target.protocol
        live = False
        async for item in _until_idle(reader):
            self.dropped = reader.dropped
            if isinstance(item, Tracks):
                codec = missing_codec(item, protocol.fourccs)
                if codec is not None:
                    raise RelayProblem(UNSUPPORTED, {"codec": codec.name})
                protocol.send_tracks(item)
                continue
            if protocol.send(item) and not live:
                live = True
                log.info("simulcast is live", target=self.target.id, stream=self.target.stream_id)
                self._show(TargetState.LIVE)
            await target.flush()
        raise NothingToSend

    def _show(self, state: TargetState, problem: RelayProblem | None = None) -> None:
        progress = _progress(state, problem)
        if msgspec.structs.replace(progress, since=self.progress.since) == self.progress:
            return
        self.progress = progress
        self._tell()


def _progress(state: TargetState, problem: RelayProblem | None = None) -> Progress:
    now = datetime.now(UTC)
    return Progress(state, now, problem.message, problem.values) if problem is not None else Progress(state, now)


async def _until_idle(reader: Reader) -> AsyncIterator[Tracks | Packet]:
    """All that the reader gives; raises `NothingToSend` when that is nothing for `IDLE_S`."""
    items = aiter(reader)
    while True:
        try:
            async with asyncio.timeout(IDLE_S):
                item = await anext(items)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise NothingToSend from None
        yield item
