"""Pure rules of surveys: pages, conditions, what a questionnaire lacks, what an answer lacks."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from app.i18n import _
from app.search import folded
from portals.dialog.surveys.model import Answers, Condition, Page, Question, SurveySettings

CHOICES: Final = frozenset({"single", "multiple", "ranking", "matrix"})
MOST_QUESTIONS: Final = 150
MOST_OPTIONS: Final = 60
LONGEST_TEXT: Final = 5_000
SMALL: Final = 5
NEEDED: Final = _("This is required")


def pages(questions: Sequence[Question]) -> list[Page]:
    """Questions by their pages; a first page without heading is there only if it has questions."""
    found: list[tuple[Question | None, list[Question]]] = [(None, [])]
    for one in questions:
        if one.type == "page":
            found.append((one, []))
        else:
            found[-1][1].append(one)
    kept = [(head, held) for head, held in found if head is not None or held]
    return [Page(number, head, held) for number, (head, held) in enumerate(kept, start=1)]


def asked(questions: Sequence[Question]) -> list[Question]:
    return [one for one in questions if one.type != "page"]


def holds(condition: Condition, value: Any) -> bool:
    """Whether an answer (None: there is none) meets a condition. Without an answer only `is_not` holds."""
    if condition.op == "answered":
        return value is not None
    if condition.op == "is_not":
        return not holds(Condition(condition.question, "is", condition.value), value)
    if value is None:
        return False
    if condition.op == "is":
        chosen = value if isinstance(value, list) else [value]
        return condition.value in {str(one) for one in chosen}
    number, limit = as_number(value), as_number(condition.value)
    if number is None or limit is None:
        return False
    return number >= limit if condition.op == "at_least" else number <= limit


def as_number(value: object) -> float | None:
    """A number as people write it: comma or point, spaces between thousands."""
    text = re.sub(r"[\s\u00a0]", "", str(value)).replace(",", ".")
    return float(text) if re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", text) else None


def visible(questions: Sequence[Question], answers: Mapping[str, Any]) -> set[str]:
    """Keys of pages and questions that are asked of somebody with these answers.

    A condition on a question that is hidden finds no answer; a question on a hidden page is hidden.
    """
    shown: set[str] = set()
    page_shown = True
    for one in questions:
        met = all(holds(when, answers.get(when.question) if when.question in shown else None) for when in one.when)
        if one.type == "page":
            page_shown = met
        if met and page_shown:
            shown.add(one.key)
    return shown


def kept(questions: Sequence[Question], answers: Answers) -> Answers:
    """Answers to what is asked; those to questions that have become hidden are dropped."""
    shown = visible(questions, answers)
    types = {one.key for one in questions if one.type != "page"}
    return {key: value for key, value in answers.items() if key in shown and key in types}


def shown_pages(questions: Sequence[Question], answers: Answers) -> list[Page]:
    """Pages with something to ask. Questions that hang on another one of the same page stay: the page decides as one
    fills it in.
    """
    shown = visible(questions, answers)
    found = []
    for page in pages(questions):
        if page.head is not None and page.head.key not in shown:
            continue
        here = {one.key for one in page.questions}
        held = [one for one in page.questions if one.key in shown or any(when.question in here for when in one.when)]
        if held or page.head is not None:
            found.append(Page(page.number, page.head, held))
    return found


# the questionnaire


def faults(questions: Sequence[Question]) -> dict[str, str]:
    """What is wrong with a questionnaire: question's key → message id."""
    found: dict[str, str] = {}
    by_key = {one.key: one for one in questions}
    places = {one.key: place for place, one in enumerate(questions)}
    round_about = in_cycles(questions)
    if len(questions) > MOST_QUESTIONS:
        found[questions[-1].key] = _("There are too many questions: 150 at most")
    for one in questions:
        fault = fault_of(one)
        for when in one.when:
            source = by_key.get(when.question)
            if fault:
                break
            if source is None or source.type == "page":
                fault = _("It depends on a question that is not there any more")
            elif one.key in round_about:
                fault = _("Conditions go round in a circle: each of these questions waits for the other")
            elif places[source.key] > places[one.key]:
                fault = _("It depends on a question that comes later")
            else:
                fault = condition_fault(when, source)
        if fault:
            found.setdefault(one.key, fault)
    return found


def fault_of(one: Question) -> str:
    """What is wrong with a question by itself; empty: nothing."""
    texts = [option.text for option in one.options]
    rows = [row.text for row in one.rows]
    if not one.text.strip() or len(one.text) > 500:
        return _("A question needs a text of 500 characters at most")
    if one.type in CHOICES and len(texts) < 2:
        return _("At least two options are needed, a line each")
    if one.type == "matrix" and not rows:
        return _("A matrix needs rows, a line each")
    if _twice(texts) or _twice(rows):
        return _("Two options have the same text")
    if max(len(texts), len(rows)) > MOST_OPTIONS or any(len(text) > 300 for text in [*texts, *rows]):
        return _("This is too much: 60 options of 300 characters at most")
    if one.type == "scale" and not 0 <= one.least < one.most <= 10:
        return _("A scale goes from 0 or more to 10 at most")
    if one.type != "scale" and one.most and one.least > one.most:
        return _("The least is more than the most")
    if one.type in {"multiple", "ranking"} and max(one.least, one.most) > len(texts):
        return _("There are fewer options than must be chosen")
    return ""


def _twice(texts: Sequence[str]) -> bool:
    return len({folded(text).strip() for text in texts}) < len(texts)


def condition_fault(when: Condition, source: Question) -> str:
    if when.op == "answered":
        return ""
    if when.op in {"at_least", "at_most"}:
        numeric = source.type in {"scale", "number"} and as_number(when.value) is not None
        return "" if numeric else _("Only a scale or a number can be at least or at most something")
    if source.type in {"single", "multiple"}:
        known = when.value in {option.key for option in source.options}
        return "" if known else _("It depends on an option that is not there any more")
    if source.type == "scale":
        return "" if as_number(when.value) is not None else _("Write a number")
    return _("A condition can ask about choices, scales and numbers, or whether there is an answer")


def in_cycles(questions: Sequence[Question]) -> set[str]:
    """Keys whose conditions lead back to themselves; questions of a page hang on what the page hangs on."""
    needs: dict[str, set[str]] = {}
    for page in pages(questions):
        of_page = {when.question for when in page.head.when} if page.head else set()
        for one in page.questions:
            needs[one.key] = of_page | {when.question for when in one.when}
        if page.head:
            needs[page.head.key] = of_page

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(needs[start])
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                waiting += needs.get(one, set())
        return seen

    on_cycle = {key for key in needs if key in reached(key)}
    heads = {page.head.key: page for page in pages(questions) if page.head}
    return on_cycle | {key for key, page in heads.items() if any(one.key in needs[key] for one in page.questions)}


def settings_faults(settings: SurveySettings) -> dict[str, str]:
    too_long = _("This is too long: 5,000 characters at most")
    return {name: too_long for name in ("intro", "thanks") if len(getattr(settings, name)) > LONGEST_TEXT}


def said_alike(one: str, other: str) -> bool:
    """Only letters' case, marks, spaces and punctuation differ: a slip of the pen was corrected."""
    return _bare(one) == _bare(other)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", folded(text))


def same_meaning(old: Question, new: Question) -> bool:
    """Whether answers to `old` are answers to `new`: then it keeps its key.

    The help, the order and corrected slips change no meaning; other words, options, limits do. Asking less (optional,
    no condition any more) does not either.
    """
    return (
        old.type == new.type
        and (old.type == "page" or said_alike(old.text, new.text))
        and _alike(old.options, new.options)
        and _alike(old.rows, new.rows)
        and (old.type not in {"scale", "multiple", "number"} or (old.least, old.most) == (new.least, new.most))
        and (old.type != "scale" or said_alike(old.least_label, new.least_label))
        and (old.type != "scale" or said_alike(old.most_label, new.most_label))
    )


def _alike(old: Sequence[Any], new: Sequence[Any]) -> bool:
    said = {one.key: one.text for one in new}
    return len(old) == len(new) and all(one.key in said and said_alike(one.text, said[one.key]) for one in old)


def changed_meaning(old: Sequence[Question], new: Sequence[Question]) -> bool:
    """Whether a new version is needed: a question was added, removed, or is asked of others than before."""
    before = {one.key: one for one in asked(old)}
    after = {one.key: one for one in asked(new)}
    if before.keys() != after.keys():
        return True
    conditions = _asked_when(old), _asked_when(new)
    stricter = any(after[key].required and not before[key].required for key in before)
    return conditions[0] != conditions[1] or stricter


def _asked_when(questions: Sequence[Question]) -> dict[str, frozenset[Condition]]:
    return {
        one.key: frozenset([*(page.head.when if page.head else []), *one.when])
        for page in pages(questions)
        for one in page.questions
    }


# answers


def fault_in(one: Question, value: Any) -> tuple[str, dict[str, object]] | None:
    """What is wrong with an answer to a question that is asked: message id and values. None: nothing."""
    if value is None:
        return (NEEDED, {}) if one.required else None
    match one.type:
        case "single":
            fine = value in _keys(one.options)
        case "multiple":
            return _fault_in_several(one, value)
        case "ranking":
            fine = isinstance(value, list) and sorted(map(str, value)) == sorted(_keys(one.options))
        case "scale":
            fine = isinstance(value, int) and one.least <= value <= one.most
        case "matrix":
            return _fault_in_matrix(one, value)
        case "text":
            return _fault_in_text(one, str(value))
        case "number":
            return _fault_in_number(one, value)
        case "date":
            return None if re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)) else (_("Write a date, such as 2026-11-29"), {})
        case _:
            fine = True
    return None if fine else (_("Choose one of these"), {})


def _fault_in_matrix(one: Question, value: Any) -> tuple[str, dict[str, object]] | None:
    if not isinstance(value, dict) or not (
        value.keys() <= _keys(one.rows) and set(value.values()) <= _keys(one.options)
    ):
        return _("Choose one of these"), {}
    return (_("Each row needs an answer"), {}) if one.required and len(value) < len(one.rows) else None


def _keys(options: Iterable[Any]) -> set[str]:
    return {option.key for option in options}


def _fault_in_several(one: Question, value: Any) -> tuple[str, dict[str, object]] | None:
    if not isinstance(value, list) or not set(map(str, value)) <= _keys(one.options):
        return _("Choose one of these"), {}
    if one.most and len(value) > one.most:
        return _("Too many are chosen: at most %(most)s"), {"most": one.most}
    if len(value) < one.least:
        return _("Too few are chosen: at least %(least)s"), {"least": one.least}
    return None


def _fault_in_text(one: Question, text: str) -> tuple[str, dict[str, object]] | None:
    most = min(one.most or LONGEST_TEXT, LONGEST_TEXT)
    if len(text) > most:
        return _("This is too long: %(most)s characters at most"), {"most": most}
    if len(text) < one.least:
        return _("This is too short: %(least)s characters at least"), {"least": one.least}
    return None


def _fault_in_number(one: Question, value: Any) -> tuple[str, dict[str, object]] | None:
    number = as_number(value)
    if number is None:
        return _("Write a number"), {}
    if number < one.least or (one.most and number > one.most):
        if one.most:
            return _("A number from %(least)s to %(most)s is wanted"), {"least": one.least, "most": one.most}
        return _("A number of at least %(least)s is wanted"), {"least": one.least}
    return None


def faults_in(
    questions: Sequence[Question], answers: Answers, only: Iterable[str] | None = None
) -> dict[str, tuple[str, dict[str, object]]]:
    """What is wrong with answers to what is asked, by the question's key; `only`: of these questions."""
    shown = visible(questions, answers)
    wanted = shown if only is None else shown & set(only)
    found = {}
    for one in asked(questions):
        fault = fault_in(one, answers.get(one.key)) if one.key in wanted else None
        if fault is not None:
            found[one.key] = fault
    return found
