"""All that a feature may declare. `app.wire` mounts it; a house test reads it.

A feature is one folder with one `FEATURE = Feature(…)` in its feature.py: the visible place where its routes, rooms,
jobs, roles and settings stand.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec
from aiohttp import web

from app.actor import Actor

if TYPE_CHECKING:
    from app.database import Database, Tx

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Service = Callable[[web.Application], AsyncIterator[None]]


Shortcut = Callable[[web.BaseRequest], Awaitable[web.StreamResponse | None]]
"""Answers a public GET before router, session and middleware, or leaves it to the routes (None). See app.shortcuts."""


class Allow(msgspec.Struct, frozen=True):
    """Who may use a route or a room. Object permission comes after it, in the loader."""

    anonymous: bool = False
    roles: frozenset[str] = frozenset()
    """Empty with `anonymous` False: everyone who is signed in."""

    def admits(self, actor: Actor) -> bool:
        if self.anonymous:
            return True
        return actor.signed_in and (not self.roles or bool(self.roles & actor.roles))


ANYONE = Allow(anonymous=True)
SIGNED_IN = Allow()


def having(*roles: str) -> Allow:
    """Those who hold at least one of the roles, anywhere."""
    return Allow(roles=frozenset(roles))


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One address and method.

    Routes under `/api/` are described in OpenAPI from `summary`, `query`, `body`, `reply` and `status`; their handlers
    get the decoded `body` from `app.api.body(request)`. `foreign_origin` lets pages of other sites call it (media,
    embeds); everywhere else a request that changes something must come from our own pages or from no page at all.
    """

    method: str
    path: str
    handler: Handler
    allow: Allow
    name: str = ""
    summary: str = ""
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    reply: Any = None
    status: int = 200
    max_bytes: int = 1024 * 1024
    """Most bytes of a request body; uploads that stream name their own limit."""
    foreign_origin: bool = False
    embeddable: bool = False
    """The page may stand in another site's frame."""
    on_media: bool = False
    """It touches what lives in the process that carries streams; a web node hands the request on. See app.nodes."""
    files: int = 0
    """Most files that may come with the body: a form then, with the JSON in its part `data` (app.files.api_form)."""
    media: str = ""
    """Media type of its answer where that is no JSON, for the description."""
    problems: Mapping[int, type[msgspec.Struct]] = {}
    """Status → problem details that say more than the usual ones, for the description."""


class RoomKind(StrEnum):
    """What a room promises, and so what it does with a slow reader."""

    LOG = "log"
    """Every event in order; a reader that is too slow is closed and resumes."""
    LATEST = "latest"
    """Only the newest value of each key matters; a slow reader skips."""
    EPHEMERAL = "ephemeral"
    """Typing, reactions: dropped for a slow reader."""


class Event(msgspec.Struct, frozen=True, tag_field="type"):
    """Base of what happened. Subclass with `tag=True` and a name in the past tense; carry whole rows with `rev`."""

    erases: ClassVar[bool] = False
    """Older events with the same key must not be told any more (a message that was hidden): in a kept room's log this
    one stands in their place."""
    removes: ClassVar[bool] = False
    """The row with this key is no more, or is not to be seen: nothing older is told after it. It carries the `rev` from
    which on the row may be told again; without one it never is."""

    @property
    def key(self) -> str:
        """In a LATEST room, events with the same key replace each other; the type by default."""
        return type(self).__name__

    @property
    def rev(self) -> int:
        """Revision of the row it carries, 0 where it has none: in a LATEST room an older one replaces no newer one."""
        carried = (getattr(self, name) for name in self.__struct_fields__)
        return max((one.rev for one in carried if isinstance(one, msgspec.Struct) and hasattr(one, "rev")), default=0)


class Acknowledged(msgspec.Struct, frozen=True):
    """An account has every event of a room up to `seq`. `keys`: of the events that are new in this word."""

    account_id: int
    seq: int
    keys: tuple[str, ...]


class SessionEnded(Event, frozen=True, tag=True):
    """Published in the room `session/{handle}`: whoever acts through this web session stops at once.

    Its sockets close; a page that comes back signs in again, or goes on with a session that took this one's place.
    """


Params = Mapping[str, str]
"""Values of the places in a room's pattern."""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of room, for instance `council/session/{session_id}`.

    `snapshot` returns what a client needs to start (a Struct); it is also the room's access loader: it raises NotFound
    or Forbidden for an actor who may not know of the object. `presence` counts who is there, at most once a second.
    `events` lists what may be published in it, for docs and tests.

    `kept` (LOG): events stay in the database for a while and are numbered there, so that a client goes on over restarts
    and from one process to another. `acks` (kept, not for ANYONE): clients say how far they have got, and what an
    account has not acknowledged is sent to it again; `acknowledged` is told in the transaction that stores it.
    """

    pattern: str
    allow: Allow
    kind: RoomKind
    snapshot: "Callable[[Tx, Actor, Params], Awaitable[msgspec.Struct]]"
    events: tuple[type[Event], ...]
    presence: bool = False
    looked_at_again: bool = False
    """Who may be in it is decided by more than roles (a guardianship that ends): its snapshot is asked again for each
    member with every look at the session, and whoever is refused then is put out."""
    summary: str = ""
    kept: bool = False
    acks: bool = False
    acknowledged: "Callable[[Tx, Params, Sequence[Acknowledged]], Awaitable[None]] | None" = None


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Background work, run in the worker process. `payload` travels as JSON.

    The handler may run twice (the worker died after the work and before the mark): it must not mind.
    """

    name: str
    payload: type[msgspec.Struct]
    run: "Callable[[Database, Any], Awaitable[None]]"
    attempts: int = 5
    cron: str = ""
    """Five fields in UTC for a job that starts by itself, with an empty payload."""


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """A role that may be granted. `title` is a message id."""

    name: str
    title: str
    staff: bool = True


class NavItem(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the header's menu; `label` is a message id."""

    label: str
    path: str
    allow: Allow
    order: int = 50
    icon: str = ""
    """Name of a symbol in static/icons.svg."""
    shown: "Callable[[Tx, Actor], Awaitable[bool]] | None" = None
    """Asked besides `allow` with each page, for what no role says (who works in a unit): one quick look, one statement.
    Entries that name the same function ask once."""


Bar = Callable[[web.Request, Actor], Awaitable[tuple[NavItem, ...]]]
"""What this person does most, four at most, for the bar on a phone; nothing where the feature knows nothing of them."""


class PagePart(msgspec.Struct, frozen=True, kw_only=True):
    """A part that stands on every page with the shell, for those whom `allow` admits: a bell, a line of notices."""

    template: str
    """Such as `helpdesk_outages/_everywhere.html`; it knows what every page knows, and brings its script along. It is
    drawn with each page, so it reads nothing from the database."""
    allow: Allow
    place: Literal["header", "banners"] = "header"
    """In the header before its end, or among the lines below it."""
    order: int = 50


class OutgoingEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent to other programs as a webhook; for the description of the API."""

    name: str
    summary: str
    body: type[msgspec.Struct]


class Probe(msgspec.Struct, frozen=True):
    """What a part answers to `/readyz`: fine or not, and a short English reason."""

    ok: bool
    detail: str = ""


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """One feature: a folder, and everything it adds to the application."""

    name: str
    folder: Path
    needs: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    rooms: tuple[Room, ...] = ()
    jobs: tuple[Job, ...] = ()
    roles: tuple[Role, ...] = ()
    nav: tuple[NavItem, ...] = ()
    page_parts: tuple[PagePart, ...] = ()
    bar: Bar | None = None
    """The first feature that names something is heard; where none does, the menu's first entries stand there."""
    outgoing: tuple[OutgoingEvent, ...] = ()
    settings: type[msgspec.Struct] | None = None
    services: tuple[Service, ...] = ()
    """Cleanup contexts, started in order and stopped in reverse."""
    probes: Mapping[str, Callable[[web.Application], Awaitable[Probe]]] = {}
    shortcuts: Mapping[str, Callable[[web.Application], Shortcut]] = {}
    """By the first folder of the path (`/hls/`): makes the shortcut once the services have started."""
    on_media: bool = False
    """Its services, probes, shortcuts and routes belong to the process that carries streams. See app.nodes."""
    web_services: tuple[Service, ...] = ()
    """What a web node runs in place of `services` where `on_media` is said."""
    demo: "Callable[[web.Application], Awaitable[None]] | None" = None
    """Fills believable data into an empty database; must not mind data that is there."""
    template_globals: Mapping[str, Any] = {}
