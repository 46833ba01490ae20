"""All streams of this process: who may feed them, who watches them, and which of them the public sees.

A stream has one id for the public and another, random one for its rehearsal: until it is put on air, its picture can
be reached under the rehearsal's id alone, and nothing of the rehearsal ends up in the recording.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

import structlog
from aiohttp import web

from app.i18n import _
from media.continuity.carried import Carried
from media.continuity.changeover import Changeover
from media.continuity.mixing import MakeMixer, MixState
from media.continuity.model import Feeding, SlateKind, Slot
from media.continuity.settings import ContinuitySettings
from media.publishing import (
    Authorise,
    Listener,
    Problem,
    PublisherPresent,
    PublishGrant,
    PublishRefused,
    StreamChange,
)
from media.stream import Publisher, Sink, Stream

__all__ = [
    "STREAMS",
    "Authorise",
    "Listener",
    "PackagerFactory",
    "Problem",
    "PublishGrant",
    "PublishRefused",
    "StreamChange",
    "Streams",
]

log = structlog.get_logger(__name__)

MAX_KEY_CHARACTERS: Final = 200
TAKEOVER_AFTER_S: Final = 4.0
"""A publisher that has been silent for so long gives way to another with the same key."""

DOUBTFUL_AFTER_S: Final = 1.0
"""While a publisher has been silent for so long, another one is kept waiting until it is clear whether it is dead:
some encoders never try again once they were refused."""

WAIT_STEP_S: Final = 0.2

SILENCE_S: Final = 10.0
"""A publisher that has been silent for so long is closed: a pulled cable is not always heard of."""

FORGET_REHEARSAL_S: Final = 120.0
"""A rehearsal without a publisher for so long is forgotten."""

TICK_S: Final = 0.1
TICKS_TO_CHECK: Final = 10

BAD_NAME: Final = "NetStream.Publish.BadName"
SECOND_ENCODER: Final = _("a second encoder at %(address)s tried to send")


PackagerFactory = Callable[[Stream, bool], Sink]
"""(stream, on air) → the sink that packages it; off air it publishes under `Streams.preview_id`."""


class Streams:
    """The registry. Lives on the event loop; `authorise` is the only thing it waits for."""

    def __init__(
        self,
        authorise: Authorise,
        *,
        clock: Callable[[], float] = time.monotonic,
        continuity: ContinuitySettings | None = None,
    ) -> None:
        self.packager_factory: PackagerFactory | None = None
        """Set by the media feature before the first publisher; without it streams are carried and not packaged."""
        self.make_mixer: MakeMixer | None = None
        """Set by the mixer's feature; without it nothing is mixed."""
        self._authorise = authorise
        self._clock = clock
        self._continuity = continuity or ContinuitySettings()
        self._entries: dict[str, Carried] = {}
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
        grant = await self._grant(key, address)
        if await self._wait_for_doubtful(grant):
            grant = await self._grant(key, address)  # in the meantime it may have been revoked
        entry = self._entry(grant.stream_id, grant.label)
        stream = entry.encoders.stream_for(grant.slot)
        self._make_room(entry, stream, address)
        if not entry.on_air:  # afterwards `show_slate` and `hide_slate` are newer than the grant
            entry.slate, entry.slate_text = grant.slate, grant.slate_text
        if grant.on_air:
            self._put_on_air(entry)
        elif entry.packager is None:
            self._package(entry)
        stream.begin(publisher)
        log.info("publisher accepted", stream=stream.id, label=entry.label, slot=grant.slot.value, address=address)
        return stream

    async def _grant(self, key: str, address: str) -> PublishGrant:
        grant = await self._authorise(key, address)
        if grant is None:
            raise PublishRefused(BAD_NAME, "the stream key is not valid, or no longer: copy the present one")
        return grant

    async def _wait_for_doubtful(self, grant: PublishGrant) -> bool:
        """Returns once it is clear whether the publisher that is there lives; True if that took time."""
        waited = False
        while True:
            entry = self._entries.get(grant.stream_id)
            stream = entry.encoders.known(grant.slot) if entry is not None else None
            if entry is None or stream is None or stream.publisher is None or entry.takeover_allowed:
                return waited
            silent_s = self._clock() - stream.last_packet_at
            if not DOUBTFUL_AFTER_S <= silent_s < TAKEOVER_AFTER_S:
                return waited
            waited = True
            await asyncio.sleep(WAIT_STEP_S)

    def allow_takeover(self, stream_id: str) -> None:
        """The next encoder with the key replaces the present one, even if that is alive. Used up by it."""
        entry = self._entries.get(stream_id)
        if entry is not None:
            entry.takeover_allowed = True

    def feeding(self, stream_id: str) -> Feeding:
        """What feeds the stream's viewers now."""
        entry = self._entries.get(stream_id)
        return entry.feeding if entry is not None else Feeding.NOTHING

    def encoders(self, stream_id: str) -> frozenset[Slot]:
        """The encoders that are connected and send."""
        entry = self._entries.get(stream_id)
        known = {} if entry is None else {slot: entry.encoders.known(slot) for slot in Slot}
        return frozenset(slot for slot, stream in known.items() if stream is not None and stream.live)

    def pin(self, stream_id: str, slot: Slot | None) -> None:
        """Prefers one encoder for as long as it sends; None: the primary one, as usual."""
        entry = self._entries.get(stream_id)
        if entry is not None:
            entry.encoders.pinned = slot

    def pinned(self, stream_id: str) -> Slot | None:
        """The encoder that was asked for."""
        entry = self._entries.get(stream_id)
        return entry.encoders.pinned if entry is not None else None

    def mix(self, stream_id: str, *, wanted: bool) -> None:
        """Both encoders in one picture with the sound of both, for as long as both send; else the primary alone."""
        entry = self._entries.get(stream_id)
        if entry is not None:
            entry.encoders.mixing.ask(wanted=wanted)

    def mixing(self, stream_id: str) -> MixState:
        """What becomes of it."""
        entry = self._entries.get(stream_id)
        return entry.encoders.mixing.state if entry is not None else MixState.OFF

    def slate(self, stream_id: str) -> SlateKind | None:
        """The slate that viewers see now instead of the source."""
        entry = self._entries.get(stream_id)
        programme = entry.programme if entry is not None else None
        return programme.slate if programme is not None else None

    def show_slate(self, stream_id: str, kind: SlateKind, text: str = "") -> None:
        """Shows a slate to viewers instead of the source and stops recording it, until `hide_slate`.

        `text` stands below its sentence, in the city's first language; asked for again it may be another.

        Encoders go on sending; the clerk's preview and the watchdog see the source, WHEP viewers nothing. It holds for
        as long as the stream exists in this process: whoever asked says it again in `PublishGrant` after a restart.
        """
        entry = self._entries.get(stream_id)
        if entry is not None:
            entry.slate, entry.slate_text = kind, text
            if entry.programme is not None:
                entry.programme.show(kind, text)
            self._tell_feeding(entry)

    def hide_slate(self, stream_id: str) -> None:
        """Back to the source, from its next key frame on (after a closed part that of some seconds later).

        One that was not shown is no error.
        """
        entry = self._entries.get(stream_id)
        if entry is not None and entry.slate is not None:
            entry.slate, entry.slate_text = None, ""
            if entry.programme is not None:
                entry.programme.hide()

    def put_on_air(self, stream_id: str, label: str = "", slate: SlateKind | None = None) -> Stream:
        """From now on the public packager has it, from the next key frame; the rehearsal ends. Twice is no error."""
        entry = self._entry(stream_id, label)
        if slate is not None and not entry.on_air:
            entry.slate = slate
        self._put_on_air(entry)
        return entry.stream

    def take_off_air(self, stream_id: str) -> None:
        """Ends the stream: packager, publisher, viewers. One that does not exist is no error."""
        entry = self._entries.pop(stream_id, None)
        if entry is not None:
            entry.encoders.end()

    def revoke(self, stream_id: str, reason: str = "the stream key was revoked", slot: Slot = Slot.PRIMARY) -> None:
        """Disconnects the publisher; a rehearsal without another is forgotten, a stream on air waits for the next."""
        entry = self._entries.get(stream_id)
        stream = entry.encoders.known(slot) if entry is not None else None
        if entry is None or stream is None:
            return
        _drop_publisher(stream, reason)
        if not entry.on_air and not any(one.publisher for one in entry.encoders.encoders):
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
        task = asyncio.create_task(self._watch(), name="streams: watch")
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
            present = [encoder for encoder in entry.encoders.encoders if encoder.publisher is not None]
            for encoder in present:
                if now - encoder.last_packet_at >= SILENCE_S:
                    log.warning("publisher is silent", stream=stream_id, label=entry.label)
                    _drop_publisher(encoder, "nothing came for 10 s")
            if present:
                entry.idle_since = None
                continue
            if entry.idle_since is None:
                entry.idle_since = now
            if not entry.on_air and now - entry.idle_since >= FORGET_REHEARSAL_S:
                self.take_off_air(stream_id)

    def tick(self) -> None:
        """Changes encoders over, begins and feeds slates. Called ten times a second."""
        for entry in tuple(self._entries.values()):
            try:
                entry.encoders.tick()
                if entry.programme is not None:
                    entry.programme.tick()
            except Exception:
                log.exception("the programme of a stream failed", stream=entry.stream.id)
                if entry.packager is not None:
                    entry.stream.detach(entry.packager)
            self._tell_feeding(entry)

    async def _watch(self) -> None:
        ticks = 0
        while True:
            await asyncio.sleep(TICK_S)
            self.tick()
            ticks += 1
            if ticks % TICKS_TO_CHECK == 0:
                self.check()

    def _tell_feeding(self, entry: Carried) -> None:
        feeding = entry.feeding
        if feeding is not entry.fed:
            entry.fed = feeding
            self._tell(entry.stream.id, StreamChange.FEEDING)

    def _entry(self, stream_id: str, label: str) -> Carried:
        entry = self._entries.get(stream_id)
        if entry is None:
            stream = Stream(stream_id, clock=self._clock)
            encoders = Changeover(stream, self._continuity, self._clock, self.make_mixer)
            entry = self._entries[stream_id] = Carried(stream, label, self._tell, encoders)
            entry.stream.attach(entry)
        return entry

    def _make_room(self, entry: Carried, stream: Stream, address: str) -> None:
        """Settles what becomes of a publisher that is there already. Raises `PublishRefused` if it stays."""
        if stream.publisher is None:
            return
        silent_s = self._clock() - stream.last_packet_at
        if silent_s < TAKEOVER_AFTER_S and not entry.takeover_allowed:
            self.report_problem(entry.stream.id, Problem(SECOND_ENCODER, {"address": address}))
            raise PublisherPresent(
                BAD_NAME, "another encoder is sending with this stream key: stop it, or allow the change on the page"
            )
        entry.takeover_allowed = False
        _drop_publisher(stream, "another encoder took over")

    def _put_on_air(self, entry: Carried) -> None:
        if entry.on_air and entry.packager is not None:
            return
        entry.on_air = True
        self._package(entry)
        self._tell(entry.stream.id, StreamChange.ON_AIR)

    def _package(self, entry: Carried) -> None:
        """Gives the stream a packager for its present state; an earlier one is told that its stream has ended."""
        if self.packager_factory is None:
            return
        earlier, entry.packager = entry.packager, None
        if earlier is not None:
            entry.stream.dismiss(earlier)
        entry.packager = self.packager_factory(entry.stream, entry.on_air)
        if entry.programme is not None and entry.slate is not None:
            entry.programme.show(entry.slate, entry.slate_text)
        entry.stream.attach(entry.packager)

    def _tell(self, stream_id: str, what: StreamChange) -> None:
        for listener in self._listeners:
            try:
                listener(stream_id, what)
            except Exception:
                log.exception("listener failed", stream=stream_id, change=what.value)


def _drop_publisher(stream: Stream, reason: str) -> None:
    publisher = stream.publisher
    if publisher is not None:
        stream.pause(publisher)
        publisher.close(reason)


STREAMS: web.AppKey[Streams] = web.AppKey("streams", Streams)
