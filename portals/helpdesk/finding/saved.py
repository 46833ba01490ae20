"""Saved views: own ones, and those that a lead shares with a team."""

from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import msgspec
from aiohttp import web
from yarl import URL

from app.actor import Actor
from app.database import DATABASE, Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.feature import Event, Params
from app.i18n import LOCALES, _
from app.search import ANALYSER
from app.wire import current_actor
from portals.helpdesk import rules
from portals.helpdesk.access import room_number
from portals.helpdesk.finding import actions, saved_store, store, syntax
from portals.helpdesk.finding.model import (
    MOST_COUNTED,
    Question,
    View,
    ViewCount,
    ViewCounts,
    ViewDraft,
    Views,
)
from portals.helpdesk.finding.saved_store import SavedRow

MOST_NAME: Final = 60
MOST_VIEWS: Final = 30
"""Of one person, and of one team."""
KEPT: Final = frozenset(Question.__struct_fields__) - {"after"}


class ViewClash(Conflict):
    """Somebody else has changed a view since it was seen: `theirs` is how it is now."""

    def __init__(self, theirs: View) -> None:
        super().__init__("Somebody has changed this view in the meantime")
        self.theirs = theirs


class ViewSaved(Event, frozen=True, tag=True):
    """A view was made, changed or brought back; as its reader sees it."""

    view: View

    @property
    def key(self) -> str:
        return f"view/{self.view.id}"


class ViewRemoved(Event, frozen=True, tag=True):
    """A view is gone, or is not shared with the reader any more."""

    removes: ClassVar[bool] = True
    view: View

    @property
    def key(self) -> str:
        return f"view/{self.view.id}"


def views_room(account_id: int) -> str:
    return f"helpdesk/views/{account_id}"


def _shown(row: SavedRow, actor: Actor | None) -> View:
    return View(
        id=row.id,
        name=row.name,
        question=row.question,
        team_id=row.team_id,
        team_name=row.team_name,
        place=row.place,
        default=row.default,
        may_change=actor is not None and (row.team_id is None or rules.can_set_up(actor)),
        path=str(URL("/pomoc/szukaj").with_query({**row.question, "view": str(row.id)})),
        rev=row.rev,
    )


def access_views(actor: Actor) -> int:
    """The account whose views they are. Raises NotFound for whoever does not work at the helpdesk or audit it."""
    if actor.account_id is None or not (rules.is_desk(actor) or rules.can_read_all(actor)):
        raise NotFound
    return actor.account_id


async def access_view(tx: Tx, actor: Actor, view_id: int, *, change: bool = False) -> SavedRow:
    """A view that the actor sees; locked. `change`: own ones, and a team's for leads."""
    account_id = access_views(actor)
    found = await saved_store.view(tx, account_id, view_id, every_team=rules.can_set_up(actor))
    if found is None:
        raise NotFound
    if change and not rules.is_desk(actor):
        raise Forbidden("Auditors read and change nothing")
    if change and found.team_id is not None and not rules.can_set_up(actor):
        raise Forbidden("Views of a team are changed by leads")
    return found


async def list_in(tx: Tx, actor: Actor) -> Views:
    rows = await saved_store.views(tx, access_views(actor), every_team=rules.can_set_up(actor))
    return Views([_shown(one, actor) for one in rows])


async def list_views(database: Database, actor: Actor) -> Views:
    access_views(actor)
    async with database.glance() as tx:
        return await list_in(tx, actor)


async def default_view(database: Database, actor: Actor) -> View | None:
    async with database.glance() as tx:
        row = await saved_store.default_of(tx, access_views(actor), every_team=rules.can_set_up(actor))
    return None if row is None else _shown(row, actor)


async def views_snapshot(tx: Tx, actor: Actor, params: Params) -> Views:
    if room_number(params, "account_id") != actor.account_id:
        raise NotFound
    return await list_in(tx, actor)


async def count_views(request: web.Request) -> ViewCounts:
    """How many tickets each view shows to whoever asks."""
    actor, analyser = await current_actor(request), request.app[ANALYSER]
    counts = []
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        views = (await list_in(tx, actor)).views
        reach = await actions.reach_of(tx, actor)
        choices = await store.choices(tx, reach) if views else None
        for one in views:
            assert choices is not None  # there are views
            question = msgspec.convert(one.question, Question)
            said = syntax.understood(
                question, analyser.query, choices, actions.reader_of(actor, request.app[LOCALES].default.zone)
            )
            number = 0 if said.faults else await store.count(tx, reach, said.wanted, datetime.now(UTC))
            counts.append(ViewCount(one.id, min(number, MOST_COUNTED), number > MOST_COUNTED))
    return ViewCounts(counts)


def _checked(actor: Actor, draft: ViewDraft) -> tuple[str, dict[str, str]]:
    """Name and question. Raises `Invalid` by field."""
    name = rules.one_line(draft.name)
    faults = {}
    if not name:
        faults["name"] = rules.NEEDED
    elif len(name) > MOST_NAME:
        faults["name"] = _("This is too long: 60 characters at most")
    question = {key: text for key, value in draft.question.items() if key in KEPT and (text := rules.one_line(value))}
    try:
        msgspec.convert(question, Question)
    except msgspec.ValidationError:
        faults["question"] = _("This is too long")
    if not question:
        faults["question"] = _("Search for something first: an empty view shows nothing")
    if draft.team_id is not None and not rules.can_set_up(actor):
        faults["team_id"] = _("Views are shared with a team by leads")
    if faults:
        raise Invalid(fields=faults)
    return name, question


async def _check_team(tx: Tx, team_id: int | None) -> None:
    if team_id is not None and all(one.id != team_id for one in await saved_store.teams(tx)):
        raise Invalid(fields={"team_id": _("There is no such team any more")})


async def add_view(database: Database, actor: Actor, draft: ViewDraft) -> View:
    """Raises `Invalid` by field."""
    account_id = access_views(actor)
    if not rules.is_desk(actor):
        raise Forbidden("Auditors read and change nothing")
    name, question = _checked(actor, draft)
    async with database.transaction() as tx:
        await _check_team(tx, draft.team_id)
        owner = account_id if draft.team_id is None else None
        if await saved_store.count(tx, owner, draft.team_id) >= MOST_VIEWS:
            raise Invalid(fields={"name": _("There are 30 views already: remove one that is not used")})
        await saved_store.forget_removed(tx)
        view_id = await saved_store.add(tx, owner, draft.team_id, name, question, draft.place)
        if draft.default:
            await saved_store.set_default(tx, account_id, view_id, default=True)
        return await _told(tx, actor, view_id, "add")


async def change_view(database: Database, actor: Actor, view_id: int, draft: ViewDraft) -> View:
    """Raises `Invalid` by field, `ViewClash` where somebody has changed it since `draft.rev`."""
    account_id = access_views(actor)
    name, question = _checked(actor, draft)
    async with database.transaction() as tx:
        row = await access_view(tx, actor, view_id, change=True)
        if row.removed:
            raise NotFound
        if row.rev != draft.rev:
            raise ViewClash(_shown(row, actor))
        await _check_team(tx, draft.team_id)
        owner = account_id if draft.team_id is None else None
        now = msgspec.structs.replace(
            row,
            owner_id=row.owner_id if row.team_id is None and draft.team_id is None else owner,
            team_id=draft.team_id,
            name=name,
            question=question,
            place=draft.place,
        )
        lost = set(await saved_store.readers(tx, row)) - set(await saved_store.readers(tx, now))
        await saved_store.change(tx, now, _before(row))
        await saved_store.set_default(tx, account_id, view_id, default=draft.default)
        for account in sorted(lost):
            tx.publish(views_room(account), ViewRemoved(_shown(_later(row), None)))
        return await _told(tx, actor, view_id, "change")


async def set_default(database: Database, actor: Actor, view_id: int, *, default: bool) -> View:
    """What the actor's search opens with; for others nothing changes."""
    account_id = access_views(actor)
    async with database.transaction() as tx:
        row = await access_view(tx, actor, view_id)
        if row.removed:
            raise NotFound
        await saved_store.set_default(tx, account_id, view_id, default=default)
        await tx.audit(actor, "helpdesk_view.default", f"helpdesk-view/{view_id}", default=default)
        shown = _shown(msgspec.structs.replace(row, default=default), actor)
        tx.publish(views_room(account_id), ViewSaved(shown))
        return shown


async def remove_view(database: Database, actor: Actor, view_id: int) -> View:
    """Gone at once; `undo_view` with the rev of what is returned brings it back for a day."""
    async with database.transaction() as tx:
        row = await access_view(tx, actor, view_id, change=True)
        if row.removed:
            raise NotFound
        gone = msgspec.structs.replace(row, removed=True)
        await saved_store.change(tx, gone, _before(row))
        for account in await saved_store.readers(tx, row):
            tx.publish(views_room(account), ViewRemoved(_shown(_later(row), None)))
        await tx.audit(actor, "helpdesk_view.remove", f"helpdesk-view/{view_id}", name=row.name)
        return _shown(_later(row), actor)


async def undo_view(database: Database, actor: Actor, view_id: int, rev: int) -> View:
    """Puts back what the last change has changed. Raises `Conflict` where there was another one since."""
    async with database.transaction() as tx:
        row = await access_view(tx, actor, view_id, change=True)
        if row.before is None or row.rev != rev:
            raise Conflict("Somebody has changed this view in the meantime")
        back = msgspec.structs.replace(row, **row.before)
        await _check_team(tx, back.team_id)
        lost = set(await saved_store.readers(tx, row)) - set(await saved_store.readers(tx, back))
        await saved_store.change(tx, back, None)
        for account in sorted(lost):
            tx.publish(views_room(account), ViewRemoved(_shown(_later(row), None)))
        return await _told(tx, actor, view_id, "undo")


def _before(row: SavedRow) -> dict[str, Any]:
    return {
        "owner_id": row.owner_id,
        "team_id": row.team_id,
        "name": row.name,
        "question": row.question,
        "place": row.place,
        "removed": row.removed,
    }


def _later(row: SavedRow) -> SavedRow:
    return msgspec.structs.replace(row, rev=row.rev + 1)


async def _told(tx: Tx, actor: Actor, view_id: int, verb: str) -> View:
    """Audit and rooms; the row as the actor sees it. Others get it without what is the actor's own."""
    row = await access_view(tx, actor, view_id)
    for account in await saved_store.readers(tx, row):
        if account != actor.account_id:
            theirs = await saved_store.view(tx, account, view_id, every_team=True)
            if theirs is not None:
                tx.publish(views_room(account), ViewSaved(_shown(theirs, None)))
    shown = _shown(row, actor)
    tx.publish(views_room(actor.account_id or 0), ViewSaved(shown))
    await tx.audit(actor, f"helpdesk_view.{verb}", f"helpdesk-view/{view_id}", name=row.name, team=row.team_name)
    return shown
