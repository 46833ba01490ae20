"""The fields of a ticket as an agent's page shows and sends them: value, what it was, its rev as it was seen. Pure.

For each field three values come back: `queue_id`, `was_queue_id`, `seen_queue_id`. Only what differs from what was
shown is wanted, so two agents who save different fields do not meet; `keep_queue_id` is the answer where they did.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from app.errors import Invalid
from app.i18n import _
from portals.helpdesk.drafts import TicketChange, Wanted
from portals.helpdesk.forms import number
from portals.helpdesk.model import CategoryField, Clash, Ticket, Value

PLAIN: Final = ("subject", "room")
IDS: Final = ("category_id", "service_id", "unit_id", "queue_id", "team_id", "assignee_id")
LEVELS: Final = ("impact", "urgency", "priority")
STATE: Final = "state"
UNTIL: Final = "pending_until"
DEVICE: Final = "device_label"
NEEDED_IDS: Final = frozenset({"queue_id"})
MORNING: Final = time(7, 30)
"""When a ticket that waits for a day comes back."""


class FieldsShown(msgspec.Struct, frozen=True, kw_only=True):
    """What a page draws: values as text, revs as seen, what is wrong, and where somebody else was faster."""

    values: dict[str, str]
    was: dict[str, str]
    seen: dict[str, int]
    errors: dict[str, str] = {}
    clashes: list[Clash] = []
    message: str = ""

    def clash(self, field: str) -> Clash | None:
        return next((one for one in self.clashes if one.field == field), None)


def rev_name(field: str) -> str:
    """Which field's rev stands for what the form shows."""
    return {UNTIL: STATE, DEVICE: "device_id"}.get(field, field)


def values_of(ticket: Ticket, fields: Sequence[CategoryField], zone: ZoneInfo) -> dict[str, str]:
    """As they are now."""
    values = {name: getattr(ticket, name) for name in PLAIN}
    values |= {name: _text(getattr(ticket, name)) for name in IDS}
    values |= {"impact": str(ticket.impact), "urgency": str(ticket.urgency)}
    values["priority"] = str(ticket.priority) if ticket.priority_set else ""
    values[STATE] = f"pending:{ticket.pending_reason}" if ticket.pending_reason else ticket.state
    values[UNTIL] = ticket.pending_until.astimezone(zone).date().isoformat() if ticket.pending_until else ""
    values[DEVICE] = ticket.device_label
    return values | {f"details.{one.key}": _value(ticket.details.get(one.key)) for one in fields}


def shown(ticket: Ticket, fields: Sequence[CategoryField], zone: ZoneInfo) -> FieldsShown:
    """For a page that is opened."""
    values = values_of(ticket, fields, zone)
    return FieldsShown(values=values, was=values, seen={name: ticket.rev_of(rev_name(name)) for name in values})


def shown_again(
    ticket: Ticket,
    fields: Sequence[CategoryField],
    zone: ZoneInfo,
    posted: Mapping[str, str],
    *,
    errors: Mapping[str, str] | None = None,
    clashes: Sequence[Clash] = (),
    message: str = "",
) -> FieldsShown:
    """After a refusal: what was touched stays as it was typed, all else is as it is now."""
    now = shown(ticket, fields, zone)
    mine = {name: posted[name] for name in touched(posted) if name in now.values}
    renamed = {
        {"device_id": DEVICE, "pending_reason": STATE}.get(name, name): text for name, text in (errors or {}).items()
    }
    return FieldsShown(
        values=now.values | mine, was=now.was, seen=now.seen, errors=renamed, clashes=list(clashes), message=message
    )


def touched(posted: Mapping[str, str]) -> list[str]:
    """Fields that differ from what was shown, without those where somebody else's value is to stay."""
    return [
        name.removeprefix("was_")
        for name, was in posted.items()
        if name.startswith("was_")
        and (field := name.removeprefix("was_")) in posted
        and posted[field].strip() != was.strip()
        and posted.get(f"keep_{rev_name(field)}") != "theirs"
    ]


def change_of(posted: Mapping[str, str], rev: int, zone: ZoneInfo, device_id: int | None) -> TicketChange:
    """What is wanted. `device_id`: of the label that was typed; None: no label. Raises `Invalid` by field."""
    names = touched(posted)
    wanted: dict[str, Any] = {}
    for name in names:
        text = posted[name].strip()
        if name in PLAIN:
            wanted[name] = text
        elif name in IDS:
            wanted[name] = _id(name, text)
        elif name in LEVELS:
            wanted[name] = _level(name, text)
        elif name == DEVICE:
            wanted["device_id"] = device_id
    wanted |= _state(posted, zone)
    details = {name.removeprefix("details."): posted[name].strip() or None for name in names if _is_detail(name)}
    if details:
        wanted["details"] = details
    seen = {rev_name(name): found for name in names if (found := number(posted.get(f"seen_{name}"))) is not None}
    return TicketChange(wanted=Wanted(**wanted), rev=rev, seen=seen)


def _is_detail(name: str) -> bool:
    return name.startswith("details.")


def _id(name: str, text: str) -> int | None:
    found = number(text)
    if found is None and name in NEEDED_IDS:
        raise Invalid(fields={name: _("Choose one of what is offered")})
    return found


def _state(posted: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """State, reason and day belong together."""
    if not {STATE, UNTIL} & set(touched(posted)):
        return {}
    state, _colon, reason = posted.get(STATE, "").partition(":")
    if state not in {"open", "pending", "solved", "closed"}:
        if state == "new" and STATE not in touched(posted):
            return {}
        raise Invalid(fields={STATE: _("Choose one of what is offered")})
    wanted: dict[str, Any] = {"state": state, "pending_reason": reason or None}
    day = posted.get(UNTIL, "").strip()
    if day and state == "pending":
        try:
            wanted[UNTIL] = datetime.combine(date.fromisoformat(day), MORNING, zone)
        except ValueError:
            raise Invalid(fields={UNTIL: _("Write a date such as 2026-11-25")}) from None
    elif state == "pending":
        wanted[UNTIL] = None
    return wanted


def _level(name: str, text: str) -> int | None:
    if name == "priority" and not text:
        return None
    if text not in ({"1", "2", "3", "4"} if name == "priority" else {"1", "2", "3"}):
        raise Invalid(fields={name: _("Choose one of what is offered")})
    return int(text)


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def _value(value: Value | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
