"""What may be written of the council's people. Pure: each answers fields with what is wrong (message ids)."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from app.i18n import _
from portals.council.members.model import ClubSpell, CommitteeDraft, CouncillorDraft, TermDraft
from portals.council.model import Term

MAX_NAME: Final = 120


def term_faults(draft: TermDraft, others: Sequence[Term]) -> dict[str, str]:
    """Terms follow each other; two at a time would be two councils."""
    fields = name_faults(draft.name)
    if draft.ends_on <= draft.began_on:
        fields["ends_on"] = _("A term ends after it has begun")
    elif any(draft.began_on <= one.ends_on and one.began_on <= draft.ends_on for one in others):
        fields["began_on"] = _("Another term runs at that time")
    return fields


def name_faults(name: str) -> dict[str, str]:
    if not name.strip():
        return {"name": _("A name is needed")}
    if len(name) > MAX_NAME:
        return {"name": _("This is too long: 120 characters at most")}
    return {}


def councillor_faults(draft: CouncillorDraft, term: Term) -> dict[str, str]:
    fields = name_faults(draft.name)
    began, ended = draft.mandate_began_on, draft.mandate_ended_on
    if began is not None and not term.began_on <= began <= term.ends_on:
        fields["mandate_began_on"] = _("This day is not in the term")
    if ended is not None and not (began or term.began_on) <= ended <= term.ends_on:
        fields["mandate_ended_on"] = _("A mandate ends after it has begun and within the term")
    if ended is None and draft.mandate_end_reason.strip():
        fields["mandate_ended_on"] = _("Say on which day the mandate ended")
    if ended is not None and not draft.mandate_end_reason.strip():
        fields["mandate_end_reason"] = _("Say why the mandate ended")
    if len(draft.mandate_end_reason) > 200:
        fields["mandate_end_reason"] = _("This is too long: 200 characters at most")
    return fields


def club_faults(
    history: Sequence[ClubSpell], club_id: int | None, since: date, term: Term, today: date
) -> dict[str, str]:
    """A change of clubs, or of leaving one, is written once it has happened and after those before it."""
    if since > today:
        return {"since": _("This day is still to come")}
    if not term.began_on <= since <= term.ends_on:
        return {"since": _("This day is not in the term")}
    newest = max(history, key=lambda spell: spell.since, default=None)
    if newest is not None and since < newest.since:
        return {"since": _("There is a later change already")}
    if newest is not None and newest.club_id == club_id:
        return {"club": _("This is the club already")}
    return {}


def committee_faults(draft: CommitteeDraft) -> dict[str, str]:
    fields = name_faults(draft.name)
    if len(draft.task) > 300:
        fields["task"] = _("This is too long: 300 characters at most")
    return fields


def seat_faults(since: date, until: date | None, term: Term) -> dict[str, str]:
    if not term.began_on <= since <= term.ends_on:
        return {"since": _("This day is not in the term")}
    if until is not None and until < since:
        return {"until": _("A seat ends after it was taken")}
    return {}
