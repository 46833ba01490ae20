"""What the clerk does with a consultation. Each verb checks, writes, publishes and leaves an audit line."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid
from app.i18n import Locale, _
from app.search import folded
from portals.dialog import rules, store
from portals.dialog.access import access_consultation, access_managed, place_of
from portals.dialog.blocks import Blocks
from portals.dialog.clock import PLANNED, end_now
from portals.dialog.joining import clean
from portals.dialog.kits import KITS, draft_of, phase_draft
from portals.dialog.model import (
    Consultation,
    ConsultationChanged,
    ConsultationDraft,
    ConsultationView,
    PhaseDraft,
    Template,
    consultation_room,
)
from portals.dialog.notices import tell_participants
from portals.dialog.plan import add_block_in


class Check(msgspec.Struct, frozen=True):
    """A line of the list before publishing. `message`: a message id; `needed`: nothing is published without it."""

    message: str
    fine: bool
    needed: bool = True


async def consultation_view(tx: Tx, actor: Actor, consultation_id: int) -> ConsultationView:
    """A consultation with its phases and blocks: what its room starts with."""
    consultation = await access_consultation(tx, actor, consultation_id)
    phases = await store.phases(tx, consultation.id)
    rows = [block.row for block in await store.blocks(tx, consultation.id)]
    return ConsultationView(consultation, phases, rows, await tx.now())


async def make_consultation(
    database: Database,
    blocks: Blocks,
    actor: Actor,
    template: Template,
    title: str,
    *,
    locale: Locale,
    contact: str = "",
) -> Consultation:
    """A draft with the template's phases and blocks, in the words of `locale`."""
    kit = KITS[template]
    async with database.transaction() as tx:
        draft = draft_of(kit, title, contact, locale)
        consultation = await make_in(tx, actor, template, draft)
        for kind in kit.always:
            if blocks.find(kind) is not None:
                await add_block_in(tx, blocks, actor, consultation, kind)
        now = await tx.now()
        for one in kit.phases:
            phase = await store.add_phase(tx, consultation.id, phase_draft(one, now, locale.zone, locale))
            for kind in one.kinds:
                if blocks.find(kind) is not None:
                    await add_block_in(tx, blocks, actor, consultation, kind, phase_id=phase.id)
        return consultation


async def make_in(tx: Tx, actor: Actor, template: Template, draft: ConsultationDraft) -> Consultation:
    """An empty draft, within a transaction."""
    if not rules.can_manage(actor):
        raise Forbidden
    draft = checked(draft)
    slug = await _free_slug(tx, draft.title, await tx.now())
    consultation = await store.add_consultation(tx, slug, template, draft, _folded(draft), actor.account_id)
    await tx.audit(actor, "consultation.make", f"consultation/{consultation.id}", title=draft.title, template=template)
    return consultation


async def change_consultation(
    database: Database, actor: Actor, consultation_id: int, draft: ConsultationDraft, rev: int
) -> Consultation:
    """Other words, another audience; who may take part does not change once people do."""
    async with database.transaction() as tx:
        before = await access_managed(tx, actor, consultation_id)
        if before.rev != rev:
            raise Conflict
        draft = checked(draft)
        if before.state != "draft":
            await _check_promise(tx, before, draft)
        consultation = await store.change_consultation(tx, before.id, draft, _folded(draft))
        tx.publish(consultation_room(consultation.id), ConsultationChanged(consultation))
        await tx.audit(actor, "consultation.change", f"consultation/{consultation.id}", title=consultation.title)
        return consultation


async def checklist(tx: Tx, blocks: Blocks, actor: Actor, consultation: Consultation) -> list[Check]:
    """What is there and what is missing before it is published."""
    phases = await store.phases(tx, consultation.id)
    found = await store.blocks(tx, consultation.id)
    now = await tx.now()
    filled = {block.phase_id for block in found}
    lines = [
        Check(_("It says in a few sentences what it is about"), bool(consultation.summary)),
        Check(_("It says whom to ask"), bool(consultation.contact)),
        Check(_("It has a phase"), bool(phases)),
        Check(_("Its last phase ends in the future"), any(phase.ends_at > now for phase in phases)),
        Check(_("It has a block"), bool(found)),
        Check(_("Each phase has a block"), all(phase.id in filled for phase in phases), needed=False),
        Check(_("It names its legal basis"), bool(consultation.legal_basis), needed=False),
    ]
    for block in found:
        kind = blocks.find(block.kind)
        if kind is not None and kind.ready is not None:
            place = place_of(consultation, phases, block, actor, None, now)
            lines += [Check(message, fine=False) for message in await kind.ready(tx, place)]
    return lines


async def publish_consultation(database: Database, blocks: Blocks, actor: Actor, consultation_id: int) -> Consultation:
    """From this moment on everybody can read it. Raises `Invalid` while something needed is missing."""
    async with database.transaction() as tx:
        consultation = await access_managed(tx, actor, consultation_id)
        if consultation.state != "draft":
            raise Conflict("This consultation was published already")
        missing = [line for line in await checklist(tx, blocks, actor, consultation) if line.needed and not line.fine]
        if missing:
            raise Invalid("Something is still missing: look at the list")
        consultation = await store.publish_consultation(tx, consultation.id)
        tx.publish(consultation_room(consultation.id), ConsultationChanged(consultation))
        tx.wake(PLANNED)
        await tx.audit(actor, "consultation.publish", f"consultation/{consultation.id}", title=consultation.title)
        return consultation


async def cancel_consultation(
    database: Database, blocks: Blocks, actor: Actor, consultation_id: int, reason: str
) -> Consultation:
    """Ends it for good before its time; its page stays and says why, and everybody who takes part is told."""
    reason = clean(reason)
    if not reason:
        raise Invalid(fields={"reason": "Say why: everybody who takes part is told"})
    if len(reason) > 1000:
        raise Invalid(fields={"reason": "This is too long: 1,000 characters at most"})
    async with database.transaction() as tx:
        consultation = await access_managed(tx, actor, consultation_id)
        if consultation.state != "published":
            raise Conflict("Only a published consultation is cancelled")
        consultation = await store.cancel_consultation(tx, consultation.id, reason)
        for phase in await store.phases(tx, consultation.id):
            await end_now(tx, blocks, phase)
        tx.publish(consultation_room(consultation.id), ConsultationChanged(consultation))
        await tell_participants(tx, actor, consultation, "cancelled", reason)
        await tx.audit(actor, "consultation.cancel", f"consultation/{consultation.id}", reason=reason)
        return consultation


async def remove_draft(database: Database, blocks: Blocks, actor: Actor, consultation_id: int) -> None:
    """Throws a draft away that was never published, with its files."""
    async with database.transaction() as tx:
        consultation = await access_managed(tx, actor, consultation_id)
        if consultation.state != "draft":
            raise Conflict("A published consultation stays; it can be cancelled")
        for block in await store.blocks(tx, consultation.id, removed=True):
            await blocks.discarded(tx, actor, block)
        await store.remove_draft(tx, consultation.id)
        await tx.audit(actor, "consultation.remove", f"consultation/{consultation.id}", title=consultation.title)


async def copy_consultation(
    database: Database, blocks: Blocks, actor: Actor, consultation_id: int, zone: ZoneInfo
) -> Consultation:
    """A new draft with the same words, phases and blocks; it begins in a week. Nothing of people is in it."""
    async with database.transaction() as tx:
        old = await access_managed(tx, actor, consultation_id)
        fields = {name: getattr(old, name) for name in ConsultationDraft.__struct_fields__}
        new = await make_in(tx, actor, old.template, msgspec.convert(fields, ConsultationDraft))
        phases = await store.phases(tx, old.id)
        days = await _days_to_next_week(tx, phases[0].starts_at if phases else None, zone)
        phase_of: dict[int | None, int | None] = {None: None}
        for phase in phases:
            draft = PhaseDraft(
                title=phase.title,
                summary=phase.summary,
                starts_at=later(phase.starts_at, days, zone),
                ends_at=later(phase.ends_at, days, zone),
            )
            phase_of[phase.id] = (await store.add_phase(tx, new.id, draft)).id
        for block in await store.blocks(tx, old.id):
            if block.phase_id in phase_of:
                place = phase_of[block.phase_id]
                made = await store.add_block(tx, new.id, place, block.kind, block.title, block.settings)
                await blocks.copied(tx, actor, block, made)
        await tx.audit(actor, "consultation.copy", f"consultation/{new.id}", of=old.id)
        return new


def later(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same time of day on the city's clocks, so many days later; over a clock change too."""
    local = moment.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    found = rules.moments(local, zone) or rules.moments(local + timedelta(hours=1), zone)
    return found[0]


def checked(draft: ConsultationDraft) -> ConsultationDraft:
    """The draft as it is kept. Raises `Invalid` per field."""
    draft = msgspec.structs.replace(
        draft,
        title=clean(draft.title),
        summary=draft.summary.strip(),
        topic=clean(draft.topic),
        contact=clean(draft.contact),
        legal_basis=clean(draft.legal_basis),
    )
    fields: dict[str, str] = {}
    if not draft.title:
        fields["title"] = _("A consultation needs a title")
    if len(draft.title) > 200:
        fields["title"] = _("This is too long: 200 characters at most")
    if len(draft.summary) > 1000:
        fields["summary"] = _("This is too long: 1,000 characters at most")
    if len(draft.topic) > 80:
        fields["topic"] = _("This is too long: 80 characters at most")
    if len(draft.contact) > 300:
        fields["contact"] = _("This is too long: 300 characters at most")
    if len(draft.legal_basis) > 1000:
        fields["legal_basis"] = _("This is too long: 1,000 characters at most")
    if not draft.kinds:
        fields["kinds"] = _("Choose at least one")
    if not draft.shown_as:
        fields["shown_as"] = _("Choose at least one")
    if fields:
        raise Invalid(fields=fields)
    return draft


async def _check_promise(tx: Tx, before: Consultation, draft: ConsultationDraft) -> None:
    """What people could rely on when they joined stays: who may take part, how they are shown, what they are asked."""
    now = await tx.now()
    if rules.stage(await store.phases(tx, before.id), now) == "coming":
        return
    names = ("open_to", "kinds", "only_districts", "shown_as", "asked")
    fields = {
        name: _("People take part already: this does not change any more")
        for name in names
        if _as_set(getattr(before, name)) != _as_set(getattr(draft, name))
    }
    if fields:
        raise Invalid(fields=fields)


def _as_set(value: object) -> object:
    return frozenset(value) if isinstance(value, list | tuple) else value


async def _days_to_next_week(tx: Tx, first: datetime | None, zone: ZoneInfo) -> int:
    if first is None:
        return 0
    now = await tx.now()
    return (now.astimezone(zone).date() - first.astimezone(zone).date()).days + 7


async def _free_slug(tx: Tx, title: str, now: datetime) -> str:
    """The title's words and the year; so no consultation is ever called as another page under /dialog is."""
    wanted = f"{rules.slug_of(title)[:80].strip('-')}-{now.year}".strip("-")
    slug, number = wanted, 1
    while await store.slug_taken(tx, slug):
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def _folded(draft: ConsultationDraft) -> str:
    return folded(f"{draft.title} {draft.topic} {draft.summary} {' '.join(draft.districts)}")
