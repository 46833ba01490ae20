"""A question in writing: `drukarka stan:otwarte jednostka:"SP 4" od:7d`, with names in Polish and English. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from app.i18n import _
from app.search import Query, folded
from app.tables import day_of, plain
from portals.equipment.rules import label_from
from portals.helpdesk.finding.model import Choice, Choices, Question, Wanted
from portals.helpdesk.numbers import id_of

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "state": ("stan", "state", "status"),
    "queue": ("kolejka", "queue"),
    "category": ("kategoria", "category"),
    "unit": ("jednostka", "unit", "szkola"),
    "model": ("model",),
    "assignee": ("osoba", "assignee", "prowadzi", "agent"),
    "priority": ("priorytet", "priority"),
    "since": ("od", "since", "from"),
    "until": ("do", "until", "to"),
    "sla": ("sla",),
    "sort": ("kolejnosc", "sort"),
}
"""Field → how it is written, without marks; the first is Polish, the second (or only) one English."""
_FIELD_OF: Final = {name: field for field, names in NAMES.items() for name in names}
STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "any_open": ("new", "open", "pending"),
    "new": ("new",),
    "working": ("open",),
    "pending": ("pending",),
    "solved": ("solved",),
    "closed": ("closed",),
    "done": ("solved", "closed"),
    "merged": ("merged",),
}
_VALUES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "state": {
        "any_open": ("otwarte", "open", "otwarty", "nierozwiazane", "unsolved", "any_open", "anyopen"),
        "new": ("nowe", "new", "nowy"),
        "working": ("wpracy", "working", "wtoku"),
        "pending": ("czeka", "pending", "waiting", "czekajace", "oczekujace"),
        "solved": ("rozwiazane", "solved", "rozwiazany"),
        "closed": ("zamkniete", "closed", "zamkniety"),
        "done": ("zakonczone", "done"),
        "merged": ("polaczone", "merged", "scalone"),
    },
    "priority": {
        "4": ("krytyczny", "critical", "4"),
        "3": ("wysoki", "high", "3"),
        "2": ("zwykly", "normal", "2", "normalny"),
        "1": ("niski", "low", "1"),
    },
    "sla": {"late": ("zlamane", "broken", "late", "spoznione", "przekroczone", "missed")},
    "sort": {"best": ("trafnosc", "best", "fit"), "newest": ("najnowsze", "newest", "new", "nowe")},
}
"""Field → code → how it is written, as `plain` has it; the first is Polish, the second English."""
YEARS: Final = (1990, 2200)
ME: Final = ("ja", "me", "moje")
NOBODY: Final = ("nikt", "nobody", "none", "brak")
UNKNOWN: Final = _("«%(value)s» is not known here. Known are: %(names)s")
SEVERAL: Final = _("«%(value)s» fits several: %(names)s")
NO_DAY: Final = _("Write a day (2026-11-30 or 30.11.2026), today, yesterday or 7d for the last seven days")
BACKWARDS: Final = _("This day lies before the first one")
COMMON: Final = _("These words stand nearly everywhere: add a rarer one")
_SAID: Final = re.compile(r'(?<!\S)(?P<name>[^\W\d_]+):(?:"(?P<quoted>[^"]*)"?|(?P<bare>\S+))')
_NUMBER: Final = re.compile(
    r"(?<!\S)(?:T-?|\#|№|nr\.?\s*|no\.?\s*)(?P<marked>\d[\d\s.]{0,22}\s?[-–/]?\s?\d)(?!\S)"  # people type dashes
    r"|(?<!\S)(?P<dashed>\d[\d\u202f\u00a0 .]{0,22}?[-–/]\d)(?!\S)",  # the same
    re.IGNORECASE,
)
_AGO: Final = re.compile(r"(\d{1,4})\s*(?:d|dni)")
_AFTER: Final = re.compile(r"(\d{1,17}(?:\.\d{1,12})?(?:e-\d{1,2})?)_(\d{1,18})")


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a field: a message id and its values."""

    text: str
    values: dict[str, str] = {}


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A question taken apart. `fields`: what is to be chosen, as it was typed or picked; `words`: the rest of `q`."""

    words: str
    fields: dict[str, str]
    wanted: Wanted
    faults: dict[str, Fault]


def taken_apart(question: Question) -> tuple[str, dict[str, str]]:
    """Words, and the fields; what stands in `q` goes before a field of the form. An unknown name is a word."""
    fields = {name: value.strip() for name in NAMES if (value := getattr(question, name)).strip()}

    def take(found: re.Match[str]) -> str:
        field = _FIELD_OF.get(folded(found["name"]))
        value = (found["quoted"] if found["quoted"] is not None else found["bare"]).strip()
        if field is None or not value or value.startswith("//"):
            return found[0]
        fields[field] = value[:200]
        return " "

    words = _SAID.sub(take, question.q)
    return " ".join(words.split()), fields


def number_in(words: str) -> int | None:
    """The ticket that is asked for where all that was typed is its number, in any spelling."""
    typed = re.sub(r"^T-?(?=\d)", "", words.strip(), flags=re.IGNORECASE)
    return id_of(typed)


def searched(words: str) -> str:
    """With numbers of tickets in one piece, as the index has them: `druk #123 456` → `druk 123456`. A number alone
    stays as it is: it is looked for in texts too (`tsquery_of`).
    """
    if number_in(words) is not None:
        return words

    def whole(found: re.Match[str]) -> str:
        typed = found["marked"] or found["dashed"]
        return re.sub(r"\D", "", typed) if id_of(typed) is not None else found[0]

    return _NUMBER.sub(whole, words)


def tsquery_of(words: str, query: Query) -> str:
    """The literal, with the number or the label in one piece beside it where all that was typed is one."""
    ticket_id, label = number_in(words), label_from(words)
    literals = [query.tsquery] if query.tsquery else []
    if ticket_id is not None:
        literals.append("'" + re.sub(r"\D", "", words) + "'")
    if label is not None:
        literals.append(f"'{label}'")
    return " | ".join(f"({one})" for one in literals) if len(literals) > 1 else "".join(literals)


class Reader(msgspec.Struct, frozen=True):
    """Who asks, and which day it is there."""

    account_id: int
    today: date
    zone: ZoneInfo


def understood(question: Question, query_of: Callable[[str], Query], choices: Choices, reader: Reader) -> Said:
    """Every field that cannot be understood is named; the rest holds."""
    words, fields = taken_apart(question)
    query = query_of(searched(words))
    found = _Fields(fields, choices, reader)
    tsquery = tsquery_of(words, query)
    faults = dict(found.faults)
    if words and not tsquery:
        faults["q"] = Fault(COMMON)
    best = found.values.pop("sort", "best") == "best"
    wanted = Wanted(
        tsquery=tsquery,
        ticket_id=number_in(words),
        best_first=best and bool(tsquery),
        after=after_of(question.after),
        **found.values,
    )
    return Said(words=words, fields=fields, wanted=wanted, faults=faults)


def after_of(text: str) -> tuple[float, int] | None:
    """What `next` said; what nobody has said is the first page."""
    found = _AFTER.fullmatch(text)
    return None if found is None else (float(found[1]), int(found[2]))


class _Fields:
    """Resolves what was typed or picked."""

    def __init__(self, fields: Mapping[str, str], choices: Choices, reader: Reader) -> None:
        self.faults: dict[str, Fault] = {}
        self.values: dict[str, Any] = {}
        self._reader = reader
        for name, value in fields.items():
            self._take(name, value, choices)
        self._days(fields)

    def _take(self, name: str, value: str, choices: Choices) -> None:
        if name in _VALUES:
            self._code(name, value)
        elif name == "queue":
            self._one("queue", "queue_id", value, choices.queues)
        elif name == "category":
            self._one("category", "category_id", value, choices.categories)
        elif name == "unit":
            unit = self._chosen("unit", value, choices.units)
            if unit is not None:
                self.values["unit_ids"] = [
                    one.id for one in choices.units if one.id == unit.id or one.path.startswith(f"{unit.path}.")
                ]
        elif name == "model":
            self._models(value, choices.models)
        elif name == "assignee":
            self._assignee(value, choices.agents)

    def _code(self, name: str, value: str) -> None:
        code = code_of(name, value)
        if code is None:
            names = ", ".join(names[0] for names in _VALUES[name].values())
            self.faults[name] = Fault(UNKNOWN, {"value": value, "names": names})
        elif name == "state":
            self.values["states"] = STATES[code]
        elif name == "sla":
            self.values["late"] = True
        elif name == "sort":
            self.values["sort"] = code
        else:
            self.values[name] = int(code)

    def _one(self, name: str, key: str, value: str, known: Sequence[Choice]) -> None:
        found = self._chosen(name, value, known)
        if found is not None:
            self.values[key] = found.id

    def _chosen(self, name: str, value: str, known: Sequence[Choice]) -> Choice | None:
        found = fitting(value, known)
        if len(found) == 1:
            return found[0]
        text = SEVERAL if found else UNKNOWN
        names = ", ".join(one.short or one.name for one in (found or known)[:8])
        self.faults[name] = Fault(text, {"value": value, "names": names})
        return None

    def _models(self, value: str, known: Sequence[Choice]) -> None:
        wanted = plain(value)
        found = [one.id for one in known if wanted and wanted in plain(one.name)]
        if found:
            self.values["model_ids"] = found
        else:
            names = ", ".join(one.name for one in known[:8])
            self.faults["model"] = Fault(UNKNOWN, {"value": value, "names": names})

    def _assignee(self, value: str, known: Sequence[Choice]) -> None:
        if plain(value) in ME:
            self.values["assignee_id"] = self._reader.account_id
        elif plain(value) in NOBODY or value == "0":
            self.values["assignee_id"] = 0
        else:
            self._one("assignee", "assignee_id", value, known)

    def _days(self, fields: Mapping[str, str]) -> None:
        days = {}
        for name in ("since", "until"):
            if name not in fields:
                continue
            day = day_in(fields[name], self._reader.today)
            if day is None:
                self.faults[name] = Fault(NO_DAY)
            else:
                days[name] = day
        if "since" in days and "until" in days and days["until"] < days["since"]:
            self.faults["until"] = Fault(BACKWARDS)
            return
        if "since" in days:
            self.values["since"] = _midnight(days["since"], self._reader.zone)
        if "until" in days:
            self.values["until"] = _midnight(days["until"] + timedelta(days=1), self._reader.zone)


def code_of(name: str, value: str) -> str | None:
    """`otwarte` → `any_open`; a code stays one."""
    typed = plain(value)
    for code, names in _VALUES[name].items():
        if value == code or typed in names:
            return code
    return None


def fitting(value: str, known: Sequence[Choice]) -> list[Choice]:
    """By id, by name, then by how a name begins, then by a part of it: the first way that finds something."""
    if value.isascii() and value.isdigit():
        by_id = [one for one in known if str(one.id) == value]
        if by_id:
            return by_id
    typed = plain(value)
    if not typed:
        return []
    names = [(one, (plain(one.name), plain(one.short))) for one in known]
    for fits in (
        lambda name: name == typed,
        lambda name: name.startswith(typed),
        lambda name: typed in name,
    ):
        found = [one for one, both in names if any(name and fits(name) for name in both)]
        if found:
            return found
    return []


def day_in(text: str, today: date) -> date | None:
    """A day as people write it; `7d` is the first of the last seven."""
    typed = folded(text.strip())
    if typed in {"dzis", "dzisiaj", "today"}:
        return today
    if typed in {"wczoraj", "yesterday"}:
        return today - timedelta(days=1)
    ago = _AGO.fullmatch(typed)
    if ago:
        return today - timedelta(days=max(0, int(ago[1]) - 1))
    day = day_of(text.strip())
    return day if day is not None and YEARS[0] <= day.year <= YEARS[1] else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def picked(said: Said, choices: Choices) -> dict[str, str]:
    """The fields as the form's selects name them: ids and codes; what was not understood as it was typed."""
    out = dict(said.fields)
    wanted = said.wanted
    for name in _VALUES:
        if name in out and (code := code_of(name, out[name])) is not None:
            out[name] = code
    for name, value in (("queue", wanted.queue_id), ("category", wanted.category_id)):
        if name in out and value is not None:
            out[name] = str(value)
    if "unit" in out and len(found := fitting(out["unit"], choices.units)) == 1:
        out["unit"] = str(found[0].id)
    if "assignee" in out and wanted.assignee_id is not None:
        typed = plain(out["assignee"])
        out["assignee"] = "me" if typed in ME else "nobody" if wanted.assignee_id == 0 else str(wanted.assignee_id)
    return out


def written(said: Said, choices: Choices, *, polish: bool) -> str:
    """The whole question in one line, to be typed, sent to somebody or saved."""
    pieces = [said.words] if said.words else []
    chosen = picked(said, choices)
    for name, names in NAMES.items():
        if name in chosen and name not in said.faults:
            key = names[0] if polish or len(names) == 1 else names[1]
            pieces.append(f"{key}:{_quoted(_spoken(name, chosen[name], choices, polish=polish))}")
    return " ".join(pieces)


def _spoken(name: str, value: str, choices: Choices, *, polish: bool) -> str:
    if name in _VALUES:
        return _VALUES[name][value][0 if polish else 1] if value in _VALUES[name] else value
    if name == "assignee" and value in {"me", "nobody"}:
        return (ME if value == "me" else NOBODY)[0 if polish else 1]
    lists = {
        "queue": choices.queues, "category": choices.categories, "unit": choices.units, "assignee": choices.agents,
    }  # fmt: skip
    found = next((one for one in lists.get(name, ()) if str(one.id) == value), None)
    return (found.short or found.name) if found else value


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value
