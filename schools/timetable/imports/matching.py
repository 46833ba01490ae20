"""What names of another program mean here: what was settled before, then what can mean one thing only. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from schools.structure.rules import plain_letters
from schools.timetable.drafts.model import EntryDraft
from schools.timetable.imports.model import Known, NameKind, ReadLesson, Settled

KINDS: Final[tuple[NameKind, ...]] = ("teacher", "class", "subject", "group", "room")
_SHORTENED: Final = {
    "j": "jezyk",
    "jez": "jezyk",
    "wych": "wychowanie",
    "zaj": "zajecia",
    "ed": "edukacja",
    "fiz": "fizyczne",
}
_ROMAN: Final = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8"}
_IN_BRACKETS: Final = re.compile(r"\(([^()]{1,8})\)\s*$")


def names(lessons: Iterable[ReadLesson]) -> dict[NameKind, Counter[str]]:
    """All names that stand in the lessons, and in how many."""
    found: dict[NameKind, Counter[str]] = {kind: Counter() for kind in KINDS}
    for one in lessons:
        found["teacher"].update(filter(None, [one.teacher, one.second_teacher]))
        found["subject"].update([one.subject])
        found["class"].update(one.classes)
        found["room"].update(filter(None, [one.room]))
        found["group"].update(filter(None, [one.group_name]))
    return found


def settle(
    lessons: Sequence[ReadLesson],
    known: Mapping[NameKind, Sequence[Known]],
    remembered: Mapping[tuple[NameKind, str], int | None],
) -> list[Settled]:
    """Each name with its meaning, open ones too. What was settled before holds while its target exists."""
    found: list[Settled] = []
    for kind, counted in names(lessons).items():
        there = {one.id for one in known[kind]}
        for name, count in sorted(counted.items()):
            key = (kind, name)
            settled = Settled(kind=kind, name=name, target_id=None, lessons=count)
            if key in remembered and (remembered[key] is None or remembered[key] in there):
                target = remembered[key]
                settled = Settled(kind=kind, name=name, target_id=target, is_left_out=target is None, lessons=count)
            else:
                target = guess(kind, name, known[kind])
                if target is not None:
                    settled = Settled(kind=kind, name=name, target_id=target, lessons=count)
            found.append(settled)
    return found


def guess(kind: NameKind, name: str, known: Sequence[Known]) -> int | None:
    """The only one it can be; None where it may be several or none."""
    wanted = keys_of(kind, name)
    fitting = {one.id for one in known if not wanted.isdisjoint(keys_of_known(kind, one))}
    return fitting.pop() if len(fitting) == 1 else None


def keys_of(kind: NameKind, name: str) -> set[str]:
    """Ways in which a name may be compared."""
    if kind != "teacher":
        return {_key(kind, name)}
    brackets = _IN_BRACKETS.search(name)
    bare = name[: brackets.start()] if brackets else name
    words = re.split(r"[\s.]+", plain_letters(bare).strip())
    found = {" ".join(sorted(filter(None, words)))}
    if len(words) == 1:
        found.add(f"={words[0]}")  # initials, as they stand
    if brackets:
        found.add(f"={plain_letters(brackets[1])}")
    return found - {""}


def keys_of_known(kind: NameKind, one: Known) -> set[str]:
    if kind != "teacher":
        return {_key(kind, text) for text in (one.name, one.short) if text}
    first, last = plain_letters(one.first_name), plain_letters(one.last_name)
    found = {" ".join(sorted([*first.split(), *last.split()])), " ".join(sorted([first[:1], *last.split()]))}
    if one.short:
        found.add(f"={plain_letters(one.short)}")
    return found


def _key(kind: NameKind, name: str) -> str:
    words = [one for one in re.split(r"[\s./_-]+", plain_letters(name)) if one]
    if kind == "subject":
        words = [_SHORTENED.get(one, one) for one in words]
    if kind == "class":
        joined = "".join(words)
        roman = re.match(r"^([iv]+)(?=[a-z]?$)", joined)
        if roman and roman[1] in _ROMAN and len(joined) > len(roman[1]):
            joined = _ROMAN[roman[1]] + joined[len(roman[1]) :]
        return joined
    if kind == "room":
        words = [one for one in words if one not in {"s", "sala"}]
    return " ".join(words)


def entries(lessons: Sequence[ReadLesson], settled: Iterable[Settled]) -> tuple[list[EntryDraft], int]:
    """Entries of a draft, and how many lessons are left out because of what was settled. No name may be open."""
    meaning = {(one.kind, one.name): one.target_id for one in settled}
    made: list[EntryDraft] = []
    left = 0
    for one in lessons:
        subject = meaning[("subject", one.subject)]
        staff = meaning[("teacher", one.teacher)]
        group = meaning[("group", one.group_name)] if one.group_name else None
        target = None if one.group_name else meaning[("class", one.classes[0])]
        if subject is None or staff is None or (group is None and target is None):
            left += 1
            continue
        second = meaning[("teacher", one.second_teacher)] if one.second_teacher else None
        draft = EntryDraft(
            weekday=one.weekday,
            period=one.period,
            week=one.week,
            class_id=target,
            group_id=group,
            subject_id=subject,
            staff_id=staff,
            second_staff_id=second if second != staff else None,
            room_id=meaning[("room", one.room)] if one.room else None,
        )
        if draft not in made[-400:]:  # an inter-class group stands on the page of each of its classes
            made.append(draft)
    return made, left
