"""The bar of one request: from the schools that the account belongs to, which are looked up once a minute."""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from time import monotonic
from typing import Final

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE
from app.errors import Unavailable
from app.feature import SIGNED_IN, NavItem
from schools.bar import rules
from schools.bar.rules import Child, Wanted
from schools.structure.access import own_children, own_memberships
from schools.structure.model import Membership

KEPT_S: Final = 60.0
MOST: Final = 5_000
_PLACE: Final = re.compile(r"/schools/(\d{1,18})(?:/(?:diary|pupils|timetable/pupil)/(\d{1,18}))?(?:/|$)")


class Belonging(msgspec.Struct, frozen=True):
    """Where an account belongs. Nothing is permitted by it: loaders ask anew."""

    memberships: list[Membership] = []
    children: list[Child] = []


class Known:
    """Belongings as of a minute ago at most."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._found: dict[int, tuple[float, Belonging]] = {}

    def get(self, account_id: int) -> Belonging | None:
        since, found = self._found.get(account_id, (-KEPT_S, Belonging()))
        return found if self._clock() - since < KEPT_S else None

    def put(self, account_id: int, found: Belonging) -> None:
        self._found.pop(account_id, None)
        self._found[account_id] = (self._clock(), found)
        if len(self._found) > MOST:
            del self._found[next(iter(self._found))]


KNOWN: Final = web.AppKey("school_belongings", Known)


async def belonging_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context."""
    app[KNOWN] = Known()
    yield


async def bar_of(request: web.Request, actor: Actor) -> tuple[NavItem, ...]:
    """Empty for people of no school, and outside of schools for those who hold an office of the city."""
    if actor.account_id is None or (actor.grants and not request.path.startswith("/schools")):
        return ()
    known = request.app[KNOWN].get(actor.account_id)
    if known is None:
        try:
            known = await _belonging(request.app, actor)
        except Unavailable:
            return ()
        request.app[KNOWN].put(actor.account_id, known)
    found = _PLACE.match(request.path)
    school_id = int(found[1]) if found else None
    member = rules.chosen(known.memberships, school_id)
    if member is None:
        return ()
    if member.roles:
        return _entries(request.app, rules.most_used(member), school_id=str(member.school_id))
    child = rules.chosen_child(known.children, school_id, int(found[2]) if found and found[2] else None)
    if child is None:
        return ()
    return _entries(request.app, rules.FAMILY, school_id=str(child.school_id), pupil_id=str(child.pupil_id))


async def _belonging(app: web.Application, actor: Actor) -> Belonging:
    async with app[DATABASE].transaction(readonly=True) as tx:
        memberships = await own_memberships(tx, actor)
        children = [Child(member.school_id, pupil.id) for member, pupil in await own_children(tx, actor)]
    children += [Child(one.school_id, one.pupil_id) for one in memberships if one.pupil_id is not None]
    return Belonging(memberships, children)


def _entries(
    app: web.Application, wanted: Sequence[Wanted], *, school_id: str, pupil_id: str = ""
) -> tuple[NavItem, ...]:
    entries = []
    for one in wanted:
        if one.route in app.router:
            places = {"school_id": school_id, **({"pupil_id": pupil_id} if one.of_pupil else {})}
            path = str(app.router[one.route].url_for(**places))
            entries.append(NavItem(label=one.label, path=path, allow=SIGNED_IN, icon=one.icon))
    return tuple(entries)
