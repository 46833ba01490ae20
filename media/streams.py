"""All streams of this process: who may feed them, who watches them, and which of them the public sees.

A stream has one id for the public and another, random one for its rehearsal: until it is put on air, its picture can
be reached under the rehearsal's id alone, and nothing of the rehearsal ends up in the recording.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Final

import msgspec
import structlog
from aiohttp import web

from app.i18n import _
from media.packet import Packet, Tracks
from media.stream import Publisher, Sink, Stream

log = structlog.get_logger(__name__)

MAX_KEY_CHARACTERS: Final = 200
TAKEOVER_AFTER_S: Final = 4.0
"""A publisher that has been silent for so long gives way to another with the same key."""

SILENCE_S: Final = 10.0
"""A publisher that has been silent for so long is closed: a pulled cable is not always heard of."""

FORGET_REHEARSAL_S: Final = 120.0
"""A rehearsal without a publisher for so long is forgotten."""

WATCH_INTERVAL_S: Final = 1.0

BAD_NAME: Final = "NetStream.Publish.BadName"


class PublishGrant(msgspec.Struct, frozen=True):
    """What a stream key opens. `label` names the stream in logs."""

    stream_id: str
    on_air: bool
    label: str


Authorise = Callable[[str, str], Awaitable[PublishGrant | None]]
"""(key, peer address) → grant, or None for a key that opens nothing."""

PackagerFactory = Callable[[Stream, bool], Sink]
"""(stream, on air) → the sink that packages it; off air it publishes under `Streams.preview_id`."""


class PublishRefused(Exception):
    """A publisher is turned away. `code` is an RTMP status code, the description a sentence for its operator."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class StreamChange(StrEnum):
    """What listeners are told of."""

    LIVE = "live"
    """The first packet of a publisher arrived, or the tracks changed."""
    PAUSED = "paused"
    ON_AIR = "on_air"
    ENDED = "ended"
    PROBLEM = "problem"
    """`Streams.problem` has something for the clerk."""


Listener = Callable[[str, StreamChange], None]


class Problem(msgspec.Struct, frozen=True):
    """Why an encoder was turned away: a message id, and what fills its `%(name)s` places."""

    message: str
    values: Mapping[str, str] = {}


class _Entry:
    """One stream and what stands around it. It is a sink of its stream too: that is how changes are heard of."""

    def __init__(self, stream: Stream, label: str, tell: Listener) -> None:
        self.stream = stream
        self.label = label
        self.on_air = False
        self.preview_id = secrets.token_urlsafe(12)
        self.packager: Sink | None = None
        self.takeover_allowed = False
        self.problem: Problem | None = None
        self.idle_since: float | None = None
        self._tell = tell
        self._news = False

    def on_tracks(self, tracks: Tracks) -> None:
        del tracks
        self._news = True

    def on_packet(self, packet: Packet) -> None:
        del packet
        if self._news:
            self._news = False
            self.problem = None
            self._tell(self.stream.id, StreamChange.LIVE)

    def on_pause(self) -> None:
        self._tell(self.stream.id, StreamChange.PAUSED)

    def on_end(self) -> None:
        self._tell(self.stream.id, StreamChange.ENDED)


class Streams:
    """The registry. Lives on the event loop; `authorise` is the only thing it waits for."""

    def __init__(self, authorise: Authorise, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.packager_factory: PackagerFactory | None = None
        """Set by the media feature before the first publisher; without it streams are carried and not packaged."""
        self._authorise = authorise
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._listeners: tuple[Listener, ...] = ()

    def get(self, stream_id: str) -> Stream | None:
        """The stream, publishing or waiting; None if there is none."""
        entry = self._entries.get(stream_id)
        return entry.stream if entry else None

    def ids(self) -> tuple[str, ...]:
        """All streams that exist now."""
        return tuple(self._entries)

    def is_on_air(self, stream_id: str) -> bool:
        """Whether the public sees it."""
        entry = self._entries.get(stream_id)
        return entry is not None and entry.on_air

    def preview_id(self, stream_id: str) -> str | None:
        """The rehearsal's id, a secret of the clerk's page; None once the stream is on air, or if it does not exist."""
        entry = self._entries.get(stream_id)
        return entry.preview_id if entry and not entry.on_air else None

    def problem(self, stream_id: str) -> Problem | None:
        """Why the last encoder was turned away; None again as soon as one is heard."""
        entry = self._entries.get(stream_id)
        return entry.problem if entry else None

    async def claim(self, key: str, address: str, publisher: Publisher) -> Stream:
        """The stream that `key` opens, now fed by `publisher`. Raises `PublishRefused`."""
        if not key:
            raise PublishRefused(BAD_NAME, "the stream key is missing: copy it from the session's control page")
        if len(key) > MAX_KEY_CHARACTERS:
            raise PublishRefused(BAD_NAME, "the stream key is too long: copy it again from the session's control page")
        grant = await self._authorise(key, address)
        if grant is None:
            raise PublishRefused(BAD_NAME, "the stream key is not valid, or no longer: copy the present one")
        entry = self._entry(grant.stream_id, grant.label)
        self._make_room(entry, address)
        if grant.on_air:
            self._put_on_air(entry)
        elif entry.packager is None:
            self._package(entry)
        entry.stream.begin(publisher)
        log.info("publisher accepted", stream=entry.stream.id, label=entry.label, address=address)
        return entry.stream

    def allow_takeover(self, stream_id: str) -> None:
        """The next encoder with the key replaces the present one, even if that is alive. Used up by it."""
        entry = self._entries.get(stream_id)
        if entry is not None:
            entry.takeover_allowed = True

    def put_on_air(self, stream_id: str, label: str = "") -> Stream:
        """From now on the public packager has it, from the next key frame; the rehearsal ends. Twice is no error."""
        entry = self._entry(stream_id, label)
        self._put_on_air(entry)
        return entry.stream

    def take_off_air(self, stream_id: str) -> None:
        """Ends the stream: packager, publisher, viewers. One that does not exist is no error."""
        entry = self._entries.pop(stream_id, None)
        if entry is not None:
            entry.stream.end()

    def revoke(self, stream_id: str, reason: str = "the stream key was revoked") -> None:
        """Disconnects the publisher; a rehearsal is forgotten, a stream on air waits for the next one."""
        entry = self._entries.get(stream_id)
        if entry is None:
            return
        self._drop_publisher(entry, reason)
        if not entry.on_air:
            self.take_off_air(stream_id)

    def report_problem(self, stream_id: str, problem: Problem) -> None:
        """Keeps a sentence for the clerk and tells the listeners."""
        entry = self._entries.get(stream_id)
        if entry is not None:
            entry.problem = problem
            self._tell(stream_id, StreamChange.PROBLEM)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """`listener(stream_id, what)` is called on the loop and must return at once. Returns what ends it."""
        self._listeners = (*self._listeners, listener)

        def unsubscribe() -> None:
            self._listeners = tuple(known for known in self._listeners if known is not listener)

        return unsubscribe

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """While entered, dead publishers are found; on leaving, all streams end."""
        task = asyncio.create_task(self._watch(), name="streams: watch for silence")
        try:
            yield
        finally:
            task.cancel()
            for stream_id in self.ids():
                self.take_off_air(stream_id)

    def check(self) -> None:
        """Closes silent publishers and forgets abandoned rehearsals. Called once a second."""
        now = self._clock()
        for stream_id, entry in list(self._entries.items()):
            stream = entry.stream
            if entry.packager is not None and not stream.carries(entry.packager):
                log.error("packager failed; a new one begins", stream=stream_id, label=entry.label)
                entry.packager = None
                self._package(entry)
            if stream.publisher is not None:
                entry.idle_since = None
                if now - stream.last_packet_at >= SILENCE_S:
                    log.warning("publisher is silent", stream=stream_id, label=entry.label)
                    self._drop_publisher(entry, "nothing came for 10 s")
                continue
            if entry.idle_since is None:
                entry.idle_since = now
            if not entry.on_air and now - entry.idle_since >= FORGET_REHEARSAL_S:
                self.take_off_air(stream_id)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_INTERVAL_S)
            self.check()

    def _entry(self, stream_id: str, label: str) -> _Entry:
        entry = self._entries.get(stream_id)
        if entry is None:
            entry = self._entries[stream_id] = _Entry(Stream(stream_id, clock=self._clock), label, self._tell)
            entry.stream.attach(entry)
        return entry

    def _make_room(self, entry: _Entry, address: str) -> None:
        """Settles what becomes of a publisher that is there already. Raises `PublishRefused` if it stays."""
        present = entry.stream.publisher
        if present is None:
            return
        silent_s = self._clock() - entry.stream.last_packet_at
        if silent_s < TAKEOVER_AFTER_S and not entry.takeover_allowed:
            self.report_problem(
                entry.stream.id, Problem(_("a second encoder at %(address)s tried to send"), {"address": address})
            )
            raise PublishRefused(
                BAD_NAME, "another encoder is sending with this stream key: stop it, or allow the change on the page"
            )
        entry.takeover_allowed = False
        self._drop_publisher(entry, "another encoder took over")

    def _drop_publisher(self, entry: _Entry, reason: str) -> None:
        publisher = entry.stream.publisher
        if publisher is not None:
            entry.stream.pause(publisher)
            publisher.close(reason)

    def _put_on_air(self, entry: _Entry) -> None:
        if entry.on_air and entry.packager is not None:
            return
        entry.on_air = True
        self._package(entry)
        self._tell(entry.stream.id, StreamChange.ON_AIR)

    def _package(self, entry: _Entry) -> None:
        """Gives the stream a packager for its present state; an earlier one is told that its stream has ended."""
        if self.packager_factory is None:
            return
        earlier, entry.packager = entry.packager, None
        if earlier is not None:
            entry.stream.dismiss(earlier)
        entry.packager = self.packager_factory(entry.stream, entry.on_air)
        entry.stream.attach(entry.packager)

    def _tell(self, stream_id: str, what: StreamChange) -> None:
        for listener in self._listeners:
            try:
                listener(stream_id, what)
            except Exception:
                log.exception("listener failed", stream=stream_id, change=what.value)


STREAMS: web.AppKey[Streams] = web.AppKey("streams", Streams)
