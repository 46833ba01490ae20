"""What somebody says who joins a consultation: checked, cleaned, kept."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from app.actor import Actor
from app.database import Tx
from app.errors import Conflict, Invalid
from app.i18n import _
from portals.dialog import participant_store, rules
from portals.dialog.model import Consultation, Participant, ParticipantDraft
from portals.dialog.numbers import is_nip, is_pesel, is_regon

NEEDED: Final = _("This is needed here")
_PHONE: Final = re.compile(r"\+?[0-9 ()/-]{7,20}")
_KRS: Final = re.compile(r"[0-9]{10}")


async def join_unasked(tx: Tx, actor: Actor, consultation: Consultation) -> Participant | None:
    """Joins where there is nothing to say: one way to be shown, residents alone, no question. Else None."""
    if actor.account_id is None or not rules.asks_nothing(consultation):
        return None
    draft = await with_verified(tx, actor.account_id, ParticipantDraft(shown_as=consultation.shown_as[0]))
    return await add(tx, actor, consultation, draft)


def checked(
    consultation: Consultation, draft: ParticipantDraft, districts: Sequence[str], now: datetime
) -> ParticipantDraft:
    """The draft as it is kept. Raises `Invalid` that names each field that is wrong."""
    draft = msgspec.structs.replace(
        draft,
        organisation=clean(draft.organisation) if draft.kind != "resident" else "",
        district=clean(draft.district),
        pseudonym=clean(draft.pseudonym) or rules.new_pseudonym(),
        details={name: clean(draft.details.get(name, "")) for name in wanted_details(consultation, draft.kind)},
    )
    fields: dict[str, str] = {}
    if draft.kind not in consultation.kinds:
        fields["kind"] = rules.NOT_FOR[draft.kind].message
    if draft.shown_as not in consultation.shown_as:
        fields["shown_as"] = _("Choose one of these")
    if draft.kind != "resident" and not draft.organisation:
        fields["organisation"] = NEEDED
    if len(draft.organisation) > 200:
        fields["organisation"] = _("This is too long: 200 characters at most")
    choices = consultation.only_districts or districts
    if (draft.district and draft.district not in choices) or (consultation.only_districts and not draft.district):
        fields["district"] = _("Choose one of these")
    if not 2 <= len(draft.pseudonym) <= 40:
        fields["pseudonym"] = _("A pseudonym has 2 to 40 characters")
    fields |= {name: problem for name, text in draft.details.items() if (problem := _detail_fault(name, text, now))}
    if fields:
        raise Invalid(fields=fields)
    return draft


def wanted_details(consultation: Consultation, kind: str) -> list[str]:
    """What this person is asked for; a register number is asked of firms and organisations alone."""
    return [name for name in consultation.asked if name != "register_number" or kind != "resident"]


def _detail_fault(name: str, text: str, now: datetime) -> str:
    if not text:
        return NEEDED
    if len(text) > 300:
        return _("This is too long: 300 characters at most")
    match name:
        case "birth_year":
            good = text.isascii() and text.isdigit() and now.year - 120 <= int(text[:4]) <= now.year and len(text) == 4
            return "" if good else _("A year has four digits, such as 1984")
        case "phone":
            return "" if _PHONE.fullmatch(text) else _("A telephone number has digits, and may begin with +")
        case "pesel":
            return "" if is_pesel(text) else _("This is not a PESEL number: look at each digit again")
        case "register_number":
            good = is_nip(text) or is_regon(text) or _KRS.fullmatch(text) is not None
            return "" if good else _("This is not a NIP, REGON or KRS number")
    return ""


def clean(text: str) -> str:
    """One line without control and direction characters."""
    kept = "".join(
        one if one.isprintable() or one.isspace() else ""
        for one in unicodedata.normalize("NFC", text)
        if unicodedata.category(one) != "Cf"
    )
    return " ".join(kept.split())


async def with_verified(tx: Tx, account_id: int, draft: ParticipantDraft) -> ParticipantDraft:
    """What the office has checked goes before what is said: the district."""
    known = await participant_store.verification_of(tx, account_id)
    if known is None or known.state != "verified" or known.kind != draft.kind:
        return draft
    return msgspec.structs.replace(draft, district=known.district, organisation=known.organisation)


async def add(
    tx: Tx, actor: Actor, consultation: Consultation, draft: ParticipantDraft, *, name: str = "", paper: bool = False
) -> Participant:
    account_id = None if paper else actor.account_id
    name = name or draft.details.get("full_name", "") or actor.name
    added = None
    for _attempt in range(20):
        pseudonym = draft.pseudonym or rules.new_pseudonym()
        kept = msgspec.structs.replace(draft, pseudonym=pseudonym)
        added = await participant_store.add_participant(tx, consultation.id, account_id, name, kept, paper=paper)
        if added is not None or not await participant_store.pseudonym_taken(tx, consultation.id, pseudonym, 0):
            break
        if draft.pseudonym:
            raise Invalid(fields={"pseudonym": "Somebody has this pseudonym here already"})
    if added is None:
        raise Conflict("This account takes part already")
    await tx.audit(
        actor, "consultation.join", f"consultation/{consultation.id}", participant=added, kind=draft.kind, paper=paper
    )
    found = await participant_store.participant(tx, added)
    assert found is not None
    return found
