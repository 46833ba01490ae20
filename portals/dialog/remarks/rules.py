"""What may be done with remarks, and what is wrong with their words. Pure."""

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Final, Literal
from zoneinfo import ZoneInfo

from app.i18n import _
from portals.dialog.access import Place
from portals.dialog.blocks import Given
from portals.dialog.model import Author
from portals.dialog.remarks.model import MOST_REASON, MOST_TEXT, Answer, Position, Remark, RemarkRow

POSITIONS: Final[Mapping[Position, str]] = {
    "accepted": _("Taken into account"),
    "partly": _("Taken into account in part"),
    "rejected": _("Not taken into account"),
    "explained": _("Explanation"),
}
STATUSES: Final[Mapping[Position, Literal["accepted", "partly", "rejected", "considered"]]] = {
    "accepted": "accepted",
    "partly": "partly",
    "rejected": "rejected",
    "explained": "considered",
}
"""What the report calls a position."""
TOO_LONG: Final = _("This is too long: 4,000 characters at most")


_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn the direction of everything that follows."""


def tidy(text: str) -> str:
    """In NFC, without control characters; line ends as they are."""
    plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    kept = (sign for sign in plain if sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cs"})
    return "".join(sign for sign in kept if sign not in _TURNING).strip()


def faults(text: str, proposal: str) -> dict[str, str]:
    """Field → message id."""
    found = {}
    if not text:
        found["text"] = _("Write your remark")
    if len(text) > MOST_TEXT:
        found["text"] = TOO_LONG
    if len(proposal) > MOST_TEXT:
        found["proposal"] = TOO_LONG
    return found


def reason_faults(reason: str) -> dict[str, str]:
    if not reason:
        return {"reason": _("Say why: it stands in place of the remark")}
    return {"reason": _("This is too long: 500 characters at most")} if len(reason) > MOST_REASON else {}


def answer_faults(answer: Answer) -> dict[str, str]:
    """A refusal and an explanation need words; so the person knows why."""
    if len(answer.answer) > MOST_TEXT:
        return {"answer": TOO_LONG}
    if answer.position == "" and answer.answer:
        return {"position": _("Choose the position too")}
    if answer.position in {"rejected", "partly", "explained"} and not answer.answer:
        return {"answer": _("Say why, in words for the person who wrote it")}
    return {}


def received_fault(place: Place, received: date, zone: ZoneInfo) -> str:
    """A remark on paper counts if it came while the phase ran; it may be entered later. A message id, or empty."""
    if received > place.now.astimezone(zone).date():
        return _("This day is yet to come")
    if place.phase is None:
        return ""
    first, last = place.phase.starts_at.astimezone(zone).date(), place.phase.ends_at.astimezone(zone).date()
    if not first <= received <= last:
        return _("On this day remarks were not taken: the phase did not run")
    return ""


def is_own(remark: Remark, place: Place) -> bool:
    return place.participant_id is not None and remark.participant_id == place.participant_id and not remark.paper


def row(remark: Remark, author: Author | None) -> RemarkRow:
    """What everybody may know. The one way in which a remark leaves the inside."""
    shown = remark.state == "shown"
    return RemarkRow(
        id=remark.id,
        version=remark.version,
        paragraph_id=remark.paragraph_id,
        ordinal=remark.ordinal or 0,
        starts=remark.starts,
        ends=remark.ends,
        how=remark.how,
        place=remark.place,
        quote=remark.quote if shown else "",
        author=author if shown else None,
        text=remark.text if shown else "",
        proposal=remark.proposal if shown else "",
        paper=remark.paper,
        made_at=remark.made_at,
        edited_at=remark.edited_at if shown else None,
        state=remark.state,
        reason=remark.reason if remark.state == "hidden" else "",
        position=remark.position if shown else "",
        answer=remark.answer if shown else "",
        answered_at=remark.answered_at if shown else None,
        rev=remark.rev,
    )


def given(remark: Remark) -> Given | None:
    """The office's position, for the report of the whole consultation."""
    if not remark.position or remark.answered_at is None or remark.state != "shown":
        return None
    return Given(STATUSES[remark.position], remark.answer, remark.answered_at)
