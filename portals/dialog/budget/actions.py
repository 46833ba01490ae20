"""What authors and the office do with projects. Each verb checks, writes, publishes and leaves an audit line."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.files import FILES, Upload, drop_file
from app.i18n import _
from app.search import folded
from app.throttle import Charge, Limit, spend
from portals.dialog.access import (
    Place,
    access_block,
    access_block_inside,
    access_block_to_manage,
    access_block_to_take_part,
)
from portals.dialog.ballots import desk
from portals.dialog.ballots.model import OptionDraft
from portals.dialog.budget import rules, store
from portals.dialog.budget.model import (
    PUBLIC,
    BudgetSettings,
    FileKind,
    Project,
    ProjectChanged,
    ProjectDraft,
    ProjectFile,
    ProjectList,
    ProjectRow,
    State,
    room,
)
from portals.dialog.participation import authors

KIND: Final = "budget"
WRITE_LIMIT: Final = Limit("dialog.project", burst=30, every_s=10)
MOST_FILES: Final = 12


def settings_of(place: Place) -> BudgetSettings:
    return msgspec.convert(place.block.settings, BudgetSettings)


async def access_project(tx: Tx, actor: Actor, project_id: int) -> tuple[Place, Project]:
    """A project for reading: once it was sent in everybody's; a draft and one withdrawn the author's."""
    found = await store.project(tx, project_id)
    if found is None:
        raise NotFound
    place = await access_block(tx, actor, found.block_id, KIND)
    own = place.participant_id is not None and place.participant_id == found.participant_id
    if not (found.public or own):
        raise NotFound
    return place, found


async def access_own_project(tx: Tx, actor: Actor, project_id: int) -> tuple[Place, Project]:
    """The actor's own one, locked; for everybody else it is not there."""
    found = await store.project(tx, project_id, lock=True)
    if found is None:
        raise NotFound
    place = await access_block(tx, actor, found.block_id, KIND)
    if place.participant_id is None or place.participant_id != found.participant_id:
        raise NotFound
    if place.consultation.state != "published":
        raise Conflict("This consultation is over")
    return place, found


async def access_checked_project(tx: Tx, actor: Actor, project_id: int) -> tuple[Place, Project]:
    """One that the office checks, locked."""
    found = await store.project(tx, project_id, lock=True)
    if found is None or not found.public:
        raise NotFound
    return await access_block_to_manage(tx, actor, found.block_id, KIND), found


async def make_project(database: Database, actor: Actor, block_id: int, draft: ProjectDraft) -> Project:
    """A draft that only its author sees."""
    await spend(database, Charge(WRITE_LIMIT, f"account/{actor.account_id}"))
    draft = rules.cleaned(draft)
    async with database.transaction() as tx:
        place = await access_block_to_take_part(tx, actor, block_id, KIND)
        _check(rules.draft_faults(draft))
        assert place.participant_id is not None  # this kind does not do without
        project_id = await store.add_project(tx, block_id, place.participant_id, draft, _folded(draft))
        await _audit(tx, actor, place, "budget.make", project_id)
        return await _known(tx, project_id)


async def change_project(database: Database, actor: Actor, project_id: int, draft: ProjectDraft, rev: int) -> Project:
    """Raises `Conflict` for one that was changed in another tab since `rev`."""
    await spend(database, Charge(WRITE_LIMIT, f"account/{actor.account_id}"))
    draft = rules.cleaned(draft)
    async with database.transaction() as tx:
        place, known = await access_own_project(tx, actor, project_id)
        await _may_write(tx, actor, place, known)
        if known.rev != rev:
            raise Conflict("This was changed in another tab. Open it anew")
        _check(rules.draft_faults(draft))
        await store.change_project(tx, project_id, draft, _folded(draft))
        await _audit(tx, actor, place, "budget.change", project_id)
        return await _told(tx, place, project_id)


async def submit(database: Database, actor: Actor, project_id: int, districts: tuple[str, ...] = ()) -> Project:
    """Sends it in, or sends the correction. Raises `Invalid` per field that is missing."""
    async with database.transaction() as tx:
        place, known = await access_own_project(tx, actor, project_id)
        await _may_write(tx, actor, place, known)
        _check(rules.submit_faults(settings_of(place), known, districts))
        await store.hold_numbers(tx, known.block_id)
        return await _go_on(tx, actor, place, known, "submitted", "")


async def withdraw(database: Database, actor: Actor, project_id: int) -> Project:
    """By the author; it leaves the public list."""
    async with database.transaction() as tx:
        place, known = await access_own_project(tx, actor, project_id)
        if not rules.can_withdraw(known):
            raise Conflict("This project is past the check and cannot be withdrawn here. Write to the office")
        return await _go_on(tx, actor, place, known, "withdrawn", "")


async def appeal(database: Database, actor: Actor, project_id: int, words: str) -> Project:
    """Against a rejection, once."""
    words = words.strip()
    async with database.transaction() as tx:
        place, known = await access_own_project(tx, actor, project_id)
        if not rules.can_appeal(known, place.now):
            raise Conflict("The time to appeal is over")
        if not 20 <= len(words) <= 4000:
            raise Invalid(fields={"words": _("Say why, in 20 to 4,000 characters")})
        return await _go_on(tx, actor, place, known, "appealed", words)


# the office


async def check(database: Database, actor: Actor, project_id: int, checks: Mapping[str, bool], rev: int) -> Project:
    """Notes what the formal check has found so far."""
    async with database.transaction() as tx:
        place, known = await access_checked_project(tx, actor, project_id)
        if known.rev != rev:
            raise Conflict
        await store.set_checks(tx, project_id, dict(checks))
        await _audit(tx, actor, place, "budget.check", project_id)
        return await _told(tx, place, project_id)


async def decide(database: Database, actor: Actor, project_id: int, state: State, words: str, rev: int) -> Project:
    """Admits, rejects, or asks for a correction. Reasons are public; without one only an admission is possible."""
    words = words.strip()
    async with database.transaction() as tx:
        place, known = await access_checked_project(tx, actor, project_id)
        if known.rev != rev:
            raise Conflict
        if state not in {"admitted", "rejected", "correction"} or state not in rules.NEXT[known.state]:
            raise Conflict
        if len(words) > 4000 or (state != "admitted" and len(words) < 10):
            raise Invalid(fields={"words": _("Say why, in 10 to 4,000 characters: everybody can read it")})
        if state == "admitted" and known.checks and not all(known.checks.values()):
            raise Invalid(fields={"words": _("A point of the check is not met: tick it, or ask for a correction")})
        return await _go_on(tx, actor, place, known, state, words)


async def put_on_ballot(database: Database, actor: Actor, block_id: int, vote_block_id: int) -> int:
    """Puts every admitted project on the ballot of a vote in the same consultation. Returns how many are new."""
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        vote = await access_block_to_manage(tx, actor, vote_block_id, "ballots")
        if vote.consultation.id != place.consultation.id:
            raise NotFound
        drafts = [
            OptionDraft(
                title=one.title,
                description=one.summary,
                district=one.district,
                cost_pln=one.cost_pln,
                ref=f"project/{one.id}",
                path=rules.path_of(place.consultation.slug, one.id),
            )
            for one in await store.projects(tx, block_id, ["admitted"])
        ]
        added = await desk.put_options(tx, actor, vote, drafts)
        await tx.audit(
            actor, "budget.ballot", f"consultation/{place.consultation.id}", block=vote_block_id, projects=len(added)
        )
        return len(added)


# files


async def add_file(app: web.Application, actor: Actor, project_id: int, upload: Upload, what: FileKind) -> None:
    """A picture, a plan, an estimate; or the list of supporters, which only the office and the author can open."""
    async with app[DATABASE].transaction() as tx:
        place, known = await access_own_project(tx, actor, project_id)
        await _may_write(tx, actor, place, known)
        if len(await store.files(tx, project_id)) >= MOST_FILES:
            raise Conflict("A project has 12 files at most")
        kept = await app[FILES].keep(tx, upload, actor.account_id)
        await store.add_file(tx, project_id, kept.id, what, upload.name[:200] or "?")
        await _audit(tx, actor, place, "budget.file_add", project_id)
        await _told(tx, place, project_id)


async def remove_file(database: Database, actor: Actor, file_id: int) -> Project:
    async with database.transaction() as tx:
        found = await store.project_file(tx, file_id)
        if found is None:
            raise NotFound
        place, known = await access_own_project(tx, actor, found.project_id)
        await _may_write(tx, actor, place, known)
        await store.remove_file(tx, file_id, known.id)
        await drop_file(tx, found.file_id)
        await _audit(tx, actor, place, "budget.file_remove", known.id)
        return await _told(tx, place, known.id)


async def access_file(tx: Tx, actor: Actor, file_id: int) -> ProjectFile:
    """A list of supporters holds names: for its author and the office alone."""
    found = await store.project_file(tx, file_id)
    if found is None:
        raise NotFound
    known = await store.project(tx, found.project_id)
    assert known is not None  # a file belongs to one
    place = await access_block(tx, actor, known.block_id, KIND)
    own = place.participant_id == known.participant_id
    if not (own or (known.public and (found.what == "public" or place.inside))):
        raise NotFound
    return found


# lists


async def listed(tx: Tx, actor: Actor, block_id: int) -> ProjectList:
    """All that were sent in, for the room."""
    place = await access_block(tx, actor, block_id, KIND)
    return ProjectList(await rows(tx, place, await store.projects(tx, block_id, PUBLIC)))


async def inside(tx: Tx, actor: Actor, block_id: int) -> tuple[Place, list[Project]]:
    """For the office's export: what was sent in."""
    place = await access_block_inside(tx, actor, block_id, KIND)
    return place, await store.projects(tx, block_id, PUBLIC)


async def rows(tx: Tx, place: Place, projects: list[Project]) -> list[ProjectRow]:
    """As the public sees them."""
    known = await authors(tx, [one.participant_id for one in projects])
    return [rules.row_of(one, known[one.participant_id], place.consultation.slug) for one in projects]


async def _go_on(tx: Tx, actor: Actor, place: Place, known: Project, state: State, words: str) -> Project:
    if state not in rules.NEXT[known.state]:
        raise Conflict
    settings = settings_of(place)
    due = None
    if state == "correction":
        due = place.now + timedelta(days=settings.correction_days)
    elif state == "rejected" and not await store.was_appealed(tx, known.id):
        due = place.now + timedelta(days=settings.appeal_days)
    was_public = known.public
    await store.set_state(tx, known.id, state, words, actor.account_id, due)
    await _audit(tx, actor, place, f"budget.{state}", known.id)
    return await _told(tx, place, known.id, was_public=was_public)


async def _told(tx: Tx, place: Place, project_id: int, *, was_public: bool = False) -> Project:
    """Tells the room of what the public may see; of one withdrawn, that it is gone."""
    known = await _known(tx, project_id)
    if known.public or was_public:
        (row,) = await rows(tx, place, [known])
        if not known.public:
            row = msgspec.structs.replace(row, title="", summary="", place="")
        tx.publish(room(known.block_id), ProjectChanged(row))
    return known


async def _known(tx: Tx, project_id: int) -> Project:
    found = await store.project(tx, project_id)
    assert found is not None  # projects are never deleted
    return found


async def _may_write(tx: Tx, actor: Actor, place: Place, known: Project) -> None:
    if known.state == "draft":
        await access_block_to_take_part(tx, actor, place.block.id, KIND)
    elif not rules.can_change(known, place.now):
        raise Forbidden("This project was sent in; it changes only where the office asks for a correction")


async def _audit(tx: Tx, actor: Actor, place: Place, verb: str, project_id: int) -> None:
    await tx.audit(actor, verb, f"consultation/{place.consultation.id}", block=place.block.id, project=project_id)


def _check(faults: dict[str, str]) -> None:
    if faults:
        raise Invalid(fields=faults)


def _folded(draft: ProjectDraft) -> str:
    return folded(f"{draft.title} {draft.summary} {draft.district} {draft.place}")
