"""What an entry is worth, averages, what becomes of a batch of changes. Pure.

Averages are exact fractions of Decimals: Σ(v·w)/Σw; they are rounded for display alone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import msgspec

from app.i18n import _
from schools.grades.model import BehaviourNote, Column, ColumnKind, Entry, GradeSettings, Outcome, Patch, Resit
from schools.structure.model import ClassPlace, Member

BEHAVIOUR_GRADES: Final = ("wzorowe", "bardzo dobre", "dobre", "poprawne", "nieodpowiednie", "naganne")
"""Names of the law; they are stored as they are."""
SHORT_BEHAVIOUR: Final[dict[str, str]] = {
    "wz": "wzorowe",
    "bdb": "bardzo dobre",
    "db": "dobre",
    "pop": "poprawne",
    "ndp": "nieodpowiednie",
    "ng": "naganne",
}
WORDS: Final = (
    _("unsatisfactory (1)"),
    _("acceptable (2)"),
    _("satisfactory (3)"),
    _("good (4)"),
    _("very good (5)"),
    _("excellent (6)"),
)
"""Names of the grades 1-6."""
PERIOD_EXTRA: Final = ("nk", "zw", "uczęszczał", "uczęszczała")
"""What a settled grade may be beside 1-6: not classified, released, attended."""

_GRADE: Final = re.compile(r"([+\-=]{0,2})([1-6])([+\-=]{0,2})")
_POINTS: Final = re.compile(r"\d{1,5}(?:\.\d{1,2})?")

NOT_A_GRADE: Final = _("Grades are 1 to 6 with the school's signs, for instance 4+ or 3-")
SIGN_UNKNOWN: Final = _("The school does not use this sign")
NOT_POINTS: Final = _("Points are a number, for instance 17,5")
TOO_MANY_POINTS: Final = _("These are more points than could be had")
NOT_A_PERIOD_GRADE: Final = _("Here a grade from 1 to 6 is written without a sign, or nk, zw")
NOT_BEHAVIOUR: Final = _("Choose one of: wzorowe, bardzo dobre, dobre, poprawne, nieodpowiednie, naganne")
TOO_LONG: Final = _("This is longer than an entry may be")
NOT_HERE: Final = _("This pupil is not in the class")
NO_EARLIER: Final = _("A re-sit needs an entry before it")
NO_RESIT: Final = _("Grades of a semester have no re-sits: correct them with a reason")


class Fault(Exception):
    """What was written is no entry; `args[0]` is a message id."""


def plain(text: str) -> str:
    """As a keyboard writes it: no spaces around, hyphen for every minus."""
    return text.strip().replace("−", "-").replace("–", "-")


def worth(text: str | None, settings: GradeSettings) -> Decimal | None:
    """What an entry counts for; None for a blank or one that is not graded."""
    found = _GRADE.fullmatch(plain(text)) if text else None
    if found is None or (found[1] and found[3]):
        return None
    sign = found[1] or found[3]
    if sign and sign not in settings.modifiers:
        return Decimal(found[2])  # the school stopped using the sign: the grade itself stays
    return Decimal(found[2]) + settings.modifiers.get(sign, Decimal(0))


def read_entry(said: str, column: Column, settings: GradeSettings, *, level: int) -> str | None:
    """What is stored for what was written; None for a blank. Raises `Fault`."""
    text = plain(said)
    if text == "":
        return None
    in_words = column.kind in {"proposed", "settled"} and level <= settings.descriptive_to_level
    if column.kind == "descriptive" or in_words:
        if len(text) > 4000:
            raise Fault(TOO_LONG)
        return said.strip()
    if column.subject_id is None:
        return _behaviour(text)
    if text.lower() in (one.lower() for one in settings.non_graded) and column.kind in {"mark", "points"}:
        return text.lower()
    if column.kind == "points":
        return _points(text, column.points_max)
    if column.kind == "mark":
        return _mark(text, settings)
    if re.fullmatch("[1-6]", text) or text.lower() in PERIOD_EXTRA:
        return text.lower()
    raise Fault(NOT_A_PERIOD_GRADE)


def _behaviour(text: str) -> str:
    lower = text.lower()
    found = SHORT_BEHAVIOUR.get(lower, lower)
    if found not in BEHAVIOUR_GRADES:
        raise Fault(NOT_BEHAVIOUR)
    return found


def _points(text: str, most: Decimal | None) -> str:
    text = text.replace(",", ".")
    if not _POINTS.fullmatch(text):
        raise Fault(NOT_POINTS)
    points = Decimal(text)
    if most is not None and points > most:
        raise Fault(TOO_MANY_POINTS)
    return str(points)


def _mark(text: str, settings: GradeSettings) -> str:
    found = _GRADE.fullmatch(text)
    if found is None or (found[1] and found[3]):
        raise Fault(NOT_A_GRADE)
    sign = found[1] or found[3]
    if sign and sign not in settings.modifiers:
        raise Fault(SIGN_UNKNOWN)
    return found[2] + sign


def shown(text: str | None, settings: GradeSettings) -> str:
    """An entry as the school shows it: signs before or behind, a real minus, a decimal comma."""
    if text is None:
        return ""
    found = _GRADE.fullmatch(text)
    if found is None:
        return text.replace(".", ",") if _POINTS.fullmatch(text) else text
    sign = (found[1] or found[3]).replace("-", "−")
    return sign + found[2] if settings.prefix else found[2] + sign


def average(marks: Iterable[tuple[Decimal, Decimal]]) -> Decimal | None:
    """Σ(v·w)/Σw of (value, weight); the plain mean only where all weights are 0; None where there is nothing."""
    listed = list(marks)
    if not listed:
        return None
    total = sum((weight for _value, weight in listed), Decimal(0))
    if total == 0:
        return sum((value for value, _weight in listed), Decimal(0)) / len(listed)
    return sum((value * weight for value, weight in listed), Decimal(0)) / total


def counting(attempts: Sequence[str | None], settings: GradeSettings) -> list[Decimal]:
    """Values that count of one column's entries, in their order: blanks and non-graded ones are left out first."""
    values = [value for text in attempts if (value := worth(text, settings)) is not None]
    return values if settings.resit == "both" else _chosen(values, settings.resit)


def _chosen(values: list[Decimal], resit: Resit) -> list[Decimal]:
    if not values:
        return []
    return [values[-1]] if resit == "last" else [max(values)]


def pupil_average(
    columns: Iterable[Column], entries: Mapping[int, Sequence[Entry]], settings: GradeSettings
) -> Decimal | None:
    """A pupil's average. `entries`: by column, in the order of attempts. Points and words are no part of it."""
    return average(
        (value, column.weight)
        for column in columns
        if column.kind == "mark"
        for value in counting([one.text for one in entries.get(column.id, ())], settings)
    )


def points_percent(
    columns: Iterable[Column], entries: Mapping[int, Sequence[Entry]], settings: GradeSettings
) -> Decimal | None:
    """Σ points / Σ points that could be had · 100, of the columns in which the pupil has points."""
    got = most = Decimal(0)
    for column in columns:
        if column.kind != "points" or column.points_max is None:
            continue
        said = [Decimal(one.text) for one in entries.get(column.id, ()) if one.text and _POINTS.fullmatch(one.text)]
        if said:
            chosen = said if settings.resit == "both" else _chosen(said, settings.resit)
            got += sum(chosen, Decimal(0))
            most += column.points_max * len(chosen)
    return Decimal(100) * got / most if most else None


def shown_average(value: Decimal | None, places: int = 2) -> str:
    """Rounded for display alone: half up; «—» where there is none."""
    if value is None:
        return "—"
    return str(value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)).replace(".", ",")


def by_column(entries: Iterable[Entry]) -> dict[int, list[Entry]]:
    """One pupil's entries, by column, in the order of attempts."""
    found: dict[int, list[Entry]] = {}
    for one in sorted(entries, key=lambda entry: entry.attempt):
        found.setdefault(one.column_id, []).append(one)
    return found


def is_threatened(proposed: str | None, mean: Decimal | None, settings: GradeSettings) -> bool:
    """Threatened with an unsatisfactory grade: it is proposed, or nothing is and the average is too low."""
    if proposed:
        return proposed in {"1", "nk"}
    return mean is not None and mean < settings.threatened_below


def is_unclassifiable(absent: int, counted: int, settings: GradeSettings) -> bool:
    """Absence over the named share of the subject's time (art. 44k): `>` leaves exactly half to pass, `≥` does not."""
    if counted == 0:
        return False
    share, limit = Decimal(100) * absent, settings.absence_percent * counted
    return share > limit if settings.absence_comparison == ">" else share >= limit


def distribution(texts: Iterable[str | None]) -> dict[str, int]:
    """How often each grade 1-6 stands, signs left aside."""
    counts = dict.fromkeys("654321", 0)
    for text in texts:
        found = _GRADE.fullmatch(text) if text else None
        if found:
            counts[found[2]] += 1
    return counts


def can_read_book(place: ClassPlace) -> bool:
    """Who teaches the class, has it as homeroom, reads the whole school: not the secretary."""
    return place.is_homeroom or place.teaches or place.member.has("principal", "counsellor")


def can_write_book(place: ClassPlace, *, is_behaviour: bool, teaches_subject: bool) -> bool:
    """Teachers of the subject; the homeroom teacher writes behaviour; the principal corrects both."""
    if place.member.has("principal"):
        return True
    return place.is_homeroom if is_behaviour else teaches_subject


def can_set_rules(member: Member) -> bool:
    return member.has("principal")


def is_weight(weight: Decimal) -> bool:
    """From 0 to 100, of two places."""
    return weight.is_finite() and 0 <= weight <= 100 and weight == round(weight, 2)


def is_points_max(points: Decimal) -> bool:
    """More than none, of two places."""
    return points.is_finite() and 0 < points <= 10_000 and points == round(points, 2)


def is_period(kind: ColumnKind) -> bool:
    """Proposed and settled grades: once a semester, hidden until they are published."""
    return kind in {"proposed", "settled"}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a patch: `before` stood, `after` stands."""

    patch: Patch
    outcome: Outcome
    before: Entry | None
    after: Entry | None
    wanted: str | None = None
    problem: str = ""


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch is written with. `template`: the writer's initials, the time and the rev that new entries get."""

    column: Column
    settings: GradeSettings
    level: int
    pupils: frozenset[int]
    done: frozenset[tuple[int, int, str]]
    """(pupil, attempt, op_id) that were written before."""
    template: Entry


def apply_patches(patches: Sequence[Patch], standing: Mapping[tuple[int, int], Entry], writing: Writing) -> list[Step]:
    """Patch after patch. `standing`: entries by (pupil, attempt)."""
    current = dict(standing)
    done = set(writing.done)
    own: set[tuple[int, int]] = set()
    steps: list[Step] = []
    for patch in patches:
        place = (patch.pupil_id, patch.attempt)
        before = current.get(place)
        outcome, text, problem = _judged(patch, before, current, done, writing, is_own=place in own)
        if outcome == "saved":
            current[place] = msgspec.structs.replace(
                writing.template, pupil_id=patch.pupil_id, attempt=patch.attempt, text=text
            )
            done.add((*place, patch.op_id))
            own.add(place)  # a second change of one cell in one batch builds upon the first
        steps.append(
            Step(
                patch=patch,
                outcome=outcome,
                before=before,
                after=current.get(place),
                wanted=text if outcome == "conflict" else None,
                problem=problem,
            )
        )
    return steps


def _judged(
    patch: Patch,
    before: Entry | None,
    current: Mapping[tuple[int, int], Entry],
    done: set[tuple[int, int, str]],
    writing: Writing,
    *,
    is_own: bool,
) -> tuple[Outcome, str | None, str]:
    column = writing.column
    try:
        text = read_entry(patch.text or "", column, writing.settings, level=writing.level)
        if patch.pupil_id not in writing.pupils:
            raise Fault(NOT_HERE)
        if patch.attempt > 1 and text is not None:
            _check_resit(patch, column, current)
    except Fault as fault:
        return "refused", None, str(fault)
    if (patch.pupil_id, patch.attempt, patch.op_id) in done:
        return "repeated", text, ""
    standing = before.text if before else None
    if text == standing:
        return "same", text, ""
    if patch.base_rev != (before.rev if before else 0) and not is_own:
        return "conflict", text, ""
    seen = is_period(column.kind) and column.published_at is not None
    if seen and standing is not None and not patch.reason.strip():
        return "reason_needed", text, ""
    return "saved", text, ""


def _check_resit(patch: Patch, column: Column, current: Mapping[tuple[int, int], Entry]) -> None:
    if is_period(column.kind):
        raise Fault(NO_RESIT)
    earlier = current.get((patch.pupil_id, patch.attempt - 1))
    if earlier is None or earlier.text is None:
        raise Fault(NO_EARLIER)


def behaviour_points(notes: Iterable[BehaviourNote], settings: GradeSettings) -> int:
    """What the year began with, and the points of notes that were not withdrawn."""
    return settings.behaviour_start + sum(one.points for one in notes if one.withdrawn_at is None)
