"""A file of tickets from another system: what each line says. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, cast
from zoneinfo import ZoneInfo

import msgspec

from app.i18n import _
from app.identity.rules import is_email
from app.tables import Column, Fault, Row, Table, formula_fault, plain, rows_of, tidy
from portals.equipment.rules import label_from
from portals.helpdesk import rules
from portals.helpdesk.finding.model import Choice, ImportLine
from portals.helpdesk.finding.syntax import code_of
from portals.helpdesk.model import MOST_TEXT, Priority, State

MOST_BYTES: Final = 16 * 1024 * 1024
MOST_ROWS: Final = 20_000
COLUMNS: Final = (
    Column(
        key="external_id", headings=("Numer", "id", "nr", "numer zgłoszenia", "ticket", "number", "key"), required=True,
        filled=True,
    ),
    Column(key="subject", headings=("Temat", "tytuł", "subject", "title", "summary"), required=True, filled=True),
    Column(key="text", headings=("Opis", "treść", "text", "description", "body")),
    Column(key="requester_name", headings=("Zgłaszający", "osoba", "imię i nazwisko", "requester", "reporter")),
    Column(key="requester_email", headings=("E-mail", "mail", "adres e-mail", "email", "requester email")),
    Column(key="requester_phone", headings=("Telefon", "phone")),
    Column(key="unit", headings=("Jednostka", "szkoła", "wydział", "unit", "department")),
    Column(key="room", headings=("Sala", "pokój", "room", "location")),
    Column(key="device", headings=("Etykieta urządzenia", "etykieta", "numer inwentarzowy", "device", "asset")),
    Column(key="category", headings=("Kategoria", "category", "typ")),
    Column(key="queue", headings=("Kolejka", "queue", "grupa")),
    Column(key="assignee", headings=("Prowadzi", "przypisany", "agent", "assignee", "owner")),
    Column(key="priority", headings=("Priorytet", "priority")),
    Column(key="state", headings=("Stan", "status", "state")),
    Column(
        key="sent_at", headings=("Zgłoszono", "data zgłoszenia", "utworzono", "created", "sent"), required=True,
        filled=True,
    ),
    Column(key="done_at", headings=("Rozwiązano", "zamknięto", "data zamknięcia", "closed", "resolved", "solved")),
    Column(key="answer", headings=("Odpowiedź", "rozwiązanie", "answer", "resolution", "solution")),
    Column(key="note", headings=("Notatka", "uwagi wewnętrzne", "note", "internal note", "comment")),
)  # fmt: skip
HEADINGS: Final = {column.key: column.headings[0] for column in COLUMNS}
STATES: Final[Mapping[str, State]] = {
    **dict.fromkeys(("nowe", "nowy", "new", "otwarte", "otwarty", "open", "wtoku", "wpracy", "przyjete"), "open"),
    **dict.fromkeys(("inprogress", "czeka", "oczekujace", "oczekuje", "pending", "waiting", "onhold"), "open"),
    **dict.fromkeys(("rozwiazane", "rozwiazany", "solved", "resolved", "zamkniete", "zamkniety", "closed"), "closed"),
    **dict.fromkeys(("done", "zakonczone", "zakonczony", "odrzucone", "rejected"), "closed"),
}  # fmt: skip
PRIORITIES: Final = {"pilny": "4", "pilne": "4", "urgent": "4", "sredni": "2", "medium": "2", "najnizszy": "1"}
LATEST: Final = timedelta(hours=1, minutes=1)
"""Nothing that came is younger, so that nothing of it rings or is written to anybody: what is older than an hour is
history everywhere in the helpdesk.
"""
_FREE: Final = frozenset({"text", "answer", "note", "subject"})
_MOMENT: Final = re.compile(
    r"(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[./](\d{1,2})[./](\d{4}))"
    r"(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(?:Z|\+00:00)?"
)
_MOST: Final = {
    "external_id": 100, "subject": 200, "room": 80, "requester_name": 200, "requester_phone": 40, "text": MOST_TEXT,
    "answer": MOST_TEXT, "note": MOST_TEXT,
}  # fmt: skip


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the helpdesk has of what a file names; keys as `plain` writes them, e-mail addresses in small letters."""

    units: Mapping[str, int]
    categories: Mapping[str, int]
    queues: Mapping[str, int]
    first_queue: int
    agents: Mapping[str, int]
    accounts: Mapping[str, int]
    devices: Mapping[str, int]


class Checked(msgspec.Struct, frozen=True):
    """All of a file. Lines with a fault are not among `lines`."""

    lines: list[ImportLine]
    faults: list[Fault]


def lines_kept(cell: str) -> str:
    """A cell with its line breaks: what people wrote about a problem has paragraphs."""
    return "\n".join(tidy(line) for line in cell.splitlines()).strip()


def names_of(known: Sequence[Choice]) -> dict[str, int]:
    """By both names."""
    return {plain(name): one.id for one in known for name in (one.name, one.short) if plain(name)}


def rows_in(table: Table) -> tuple[list[Row], list[Fault]]:
    """Cells by column. A sentence may begin with a dash or a sign of equality. Raises `Refused`."""
    rows, faults = rows_of(table, COLUMNS, _cell_fault)
    free = {HEADINGS[key] for key in _FREE}
    formula = formula_fault("=")
    return rows, [one for one in faults if not (one.column in free and one.text == formula)]


def _cell_fault(key: str, value: str) -> str:
    if key in _MOST and len(value) > _MOST[key]:
        return rules.TOO_LONG.get(_MOST[key], _("This is too long"))
    if key == "requester_email" and not is_email(value.lower()):
        return _("This is not an e-mail address")
    if key == "state" and plain(value) not in STATES:
        return _("This state is not known. Write: nowe, w toku, czeka, rozwiązane or zamknięte")
    if key == "priority" and _priority(value) is None:
        return _("This priority is not known. Write: niski, zwykły, wysoki or krytyczny")
    if key in {"sent_at", "done_at"} and moment_of(value, ZoneInfo("UTC")) is None:
        return _("This is not a moment. Write 2024-03-25 10:15 or 25.03.2024 10:15")
    return ""


def _priority(value: str) -> Priority | None:
    code = PRIORITIES.get(plain(value)) or code_of("priority", value)
    return None if code is None else cast("Priority", int(code))


def moment_of(text: str, zone: ZoneInfo) -> datetime | None:
    """A moment of the city's clocks; a day alone is its noon. `Z`: of UTC."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    in_utc = text.strip().endswith(("Z", "+00:00"))
    try:
        return datetime(
            int(year), int(month), int(day), int(found[7] or 12), int(found[8] or 0), int(found[9] or 0),
            tzinfo=ZoneInfo("UTC") if in_utc else zone,
        )  # fmt: skip
    except ValueError:
        return None


def checked(rows: Sequence[Row], faults: Sequence[Fault], known: Known, zone: ZoneInfo, now: datetime) -> Checked:
    """Every line is judged, whatever is wrong with others."""
    bad = {one.line for one in faults}
    found, lines = list(faults), []
    seen: dict[str, int] = {}
    for row in rows:
        if row.line in bad:
            continue
        external_id = " ".join(row.cells["external_id"].split())
        first = seen.setdefault(external_id, row.line)
        wrong = []
        if first != row.line:
            wrong.append(_fault(row, "external_id", _("The same stands in line %(line)s already"), line=str(first)))
        line, more = _line(row, external_id, known, zone, now)
        wrong += more
        found += wrong
        if line is not None and not wrong:
            lines.append(line)
    return Checked(lines, sorted(found, key=lambda one: one.line))


def _fault(row: Row, key: str, text: str, **values: str) -> Fault:
    return Fault(line=row.line, column=HEADINGS[key], text=text, values=values)


def _line(
    row: Row, external_id: str, known: Known, zone: ZoneInfo, now: datetime
) -> tuple[ImportLine | None, list[Fault]]:
    cells = {key: value for key, value in row.cells.items() if value.strip()}
    ids, wrong = _named(row, cells, known)
    email = cells.get("requester_email", "").lower() or None
    name = rules.one_line(cells.get("requester_name", "")) or email
    if name is None:
        wrong.append(_fault(row, "requester_name", _("Say who sent it: a name or an e-mail address")))
    sent_at, done_at = (moment_of(cells[key], zone) if key in cells else None for key in ("sent_at", "done_at"))
    state = STATES[plain(cells["state"])] if "state" in cells else "closed" if done_at else "open"
    wrong += _order(row, sent_at, done_at, now)
    if wrong or sent_at is None or name is None:
        return None, wrong
    latest = now - LATEST
    sent_at = min(sent_at, latest)
    done_at = None if state == "open" else min(done_at or sent_at, latest)
    return ImportLine(
        line=row.line,
        external_id=external_id,
        subject=rules.one_line(cells["subject"]),
        text=rules.clean(cells.get("text", "")) or rules.one_line(cells["subject"]),
        answer=rules.clean(cells.get("answer", "")),
        note=rules.clean(cells.get("note", "")),
        requester_id=known.accounts.get(email) if email else None,
        requester_name=name,
        requester_email=email,
        requester_phone=rules.one_line(cells.get("requester_phone", "")),
        unit_id=ids["unit"],
        room=rules.one_line(cells.get("room", "")),
        device_id=ids["device"],
        category_id=ids["category"],
        queue_id=ids["queue"] or known.first_queue,
        assignee_id=known.agents.get(plain(cells.get("assignee", ""))),
        answered_by=rules.one_line(cells.get("assignee", ""))[:200],
        priority=(_priority(cells["priority"]) if "priority" in cells else None) or 2,
        state=state,
        sent_at=sent_at,
        done_at=done_at,
    ), []


def _named(row: Row, cells: Mapping[str, str], known: Known) -> tuple[dict[str, int | None], list[Fault]]:
    """Ids of what a line names, and what of it is not there."""
    wrong: list[Fault] = []
    ids: dict[str, int | None] = {}
    for key, places, text in (
        ("unit", known.units, _("There is no unit «%(name)s»")),
        ("category", known.categories, _("There is no category «%(name)s»")),
        ("queue", known.queues, _("There is no queue «%(name)s»")),
    ):
        ids[key] = places.get(plain(cells[key])) if key in cells else None
        if key in cells and ids[key] is None:
            wrong.append(_fault(row, key, text, name=cells[key]))
    label = label_from(cells["device"]) if "device" in cells else None
    ids["device"] = known.devices.get(label) if label else None
    if "device" in cells and ids["device"] is None:
        wrong.append(_fault(row, "device", _("No device has this label")))
    return ids, wrong


def _order(row: Row, sent_at: datetime | None, done_at: datetime | None, now: datetime) -> list[Fault]:
    if sent_at is not None and sent_at > now:
        return [_fault(row, "sent_at", _("This lies ahead"))]
    if done_at is not None and done_at > now:
        return [_fault(row, "done_at", _("This lies ahead"))]
    if sent_at is not None and done_at is not None and done_at < sent_at:
        return [_fault(row, "done_at", _("This lies before the ticket was sent"))]
    return []
