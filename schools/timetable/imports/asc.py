"""aSc Timetables' XML, as bytes in, lessons and faults out. Pure.

A lesson names its classes, groups, subject and teachers; its cards say when it is: `days` is a mask of weekdays
(`01000` Tuesday; older files: `day`, counted from 0), `weeks` of weeks (`10` A, `01` B). Read by expat, which knows the
line of everything; a DOCTYPE, and with it every entity, is refused before it is read.
"""

from collections.abc import Sequence
from typing import Final, Literal
from xml.parsers import expat

import msgspec

from app.i18n import _
from schools.timetable.imports.model import Fault, ReadLesson, ReadTimetable

LARGEST: Final = 200_000
"""Elements: a large school has 5,000."""
NAMED: Final = {
    "subject": _("subject"),
    "teacher": _("teacher"),
    "classroom": _("room"),
    "class": _("class"),
    "group": _("group"),
}


class Element(msgspec.Struct, frozen=True):
    tag: str
    line: int
    values: dict[str, str]

    def ids(self, *names: str) -> list[str]:
        """A list of ids: `a,b`."""
        text = next((self.values[name] for name in names if self.values.get(name)), "")
        return [one.strip() for one in text.split(",") if one.strip()]


class _Refused(Exception):
    """What must not be read on; the message is a message id."""


def read_file(name: str, content: bytes) -> ReadTimetable:
    try:
        elements = _elements(content)
    except _Refused as problem:
        return ReadTimetable(lessons=[], faults=[Fault(file=name, line=1, text=str(problem))])
    except expat.ExpatError as problem:
        text = expat.errors.messages.get(problem.code, "")
        fault = Fault(
            file=name, line=problem.lineno, text=_("This is not well-formed XML: %(why)s"), values={"why": text}
        )
        return ReadTimetable(lessons=[], faults=[fault])
    except (LookupError, ValueError):
        return ReadTimetable(lessons=[], faults=[Fault(file=name, line=1, text=_("Unknown encoding of this file"))])
    return _Reader(name, elements).read()


def _elements(content: bytes) -> list[Element]:
    found: list[Element] = []
    parser = expat.ParserCreate()
    parser.buffer_text = False

    def refuse(*_anything: object) -> int:
        raise _Refused(_("This file declares a document type or entities: such files are not taken"))

    def start(tag: str, values: dict[str, str]) -> None:
        if len(found) >= LARGEST:
            raise _Refused(_("This file holds more than any school needs"))
        found.append(Element(tag, parser.CurrentLineNumber, values))

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler = start
    parser.Parse(content, True)  # noqa: FBT003 - expat takes no names
    return found


class _Reader:
    """Puts cards and lessons together, and says of each line what is wrong with it."""

    def __init__(self, name: str, elements: Sequence[Element]) -> None:
        self.name = name
        self.faults: list[Fault] = []
        self.by_tag: dict[str, dict[str, Element]] = {}
        self.cards: list[Element] = []
        for one in elements:
            if one.tag == "card":
                self.cards.append(one)
            elif "id" in one.values:
                same = self.by_tag.setdefault(one.tag, {})
                if one.values["id"] in same and one.tag in {*NAMED, "lesson"}:
                    self._fault(one, _("Two elements of one kind have the id %(id)s"), id=one.values["id"])
                same[one.values["id"]] = one

    def read(self) -> ReadTimetable:
        if "lesson" not in self.by_tag and not self.faults:
            self.faults.append(Fault(file=self.name, line=1, text=_("There is no lesson in this file")))
        lessons = [lesson for card in self.cards for lesson in self._card(card)]
        if "lesson" in self.by_tag and not self.cards:
            self.faults.append(Fault(file=self.name, line=1, text=_("No lesson of this file is placed in the week")))
        return ReadTimetable(lessons=[] if self.faults else lessons, faults=self.faults)

    def _card(self, card: Element) -> list[ReadLesson]:
        lesson = self.by_tag.get("lesson", {}).get(card.values.get("lessonid", ""))
        if lesson is None:
            self._fault(card, _("This card belongs to no lesson: %(id)s"), id=card.values.get("lessonid", ""))
            return []
        days, week, period = self._days(card), self._week(card), self._period(card)
        subject = self._names(lesson, "subject", lesson.ids("subjectid"))
        teachers = self._names(lesson, "teacher", lesson.ids("teacherids", "teacherid"))
        classes = self._names(lesson, "class", lesson.ids("classids", "classid"))
        room_ids = card.ids("classroomids", "classroomid") or lesson.ids("classroomids")[:1]
        rooms = self._names(card, "classroom", room_ids)
        group = self._group(lesson)
        for found, missing in ((subject, "subject"), (teachers, "teacher"), (classes, "class")):
            if not found and not lesson.ids(f"{missing}ids", f"{missing}id"):
                self._fault(lesson, _("A lesson without this: %(what)s"), what=missing)
        if not (subject and teachers and classes and days) or week is None or period is None:
            return []
        length = int(lesson.values.get("periodspercard") or lesson.values.get("durationperiods") or 1)
        return [
            ReadLesson(
                weekday=day,
                period=period + offset,
                week=week,
                classes=tuple(sorted(classes)),
                group=group,
                subject=subject[0],
                teacher=teachers[0],
                second_teacher=teachers[1] if len(teachers) > 1 else "",
                room=rooms[0] if rooms else "",
                file=self.name,
                line=card.line,
            )
            for day in days
            for offset in range(min(max(length, 1), 10))
        ]

    def _names(self, element: Element, tag: str, ids: Sequence[str]) -> list[str]:
        found = []
        for one in ids:
            named = self.by_tag.get(tag, {}).get(one)
            name = "" if named is None else (named.values.get("name") or named.values.get("short") or "").strip()
            if name:
                found.append(name)
            else:
                self._fault(element, _("Unknown %(kind)s: %(id)s"), kind=NAMED[tag], id=one)
        return found

    def _group(self, lesson: Element) -> str:
        """Empty where it is whole classes."""
        names = set()
        for one in lesson.ids("groupids"):
            group = self.by_tag.get("group", {}).get(one)
            if group is None:
                self._fault(lesson, _("Unknown %(kind)s: %(id)s"), kind=NAMED["group"], id=one)
            elif group.values.get("entireclass") != "1":
                names.add((group.values.get("name") or "").strip())
        return "+".join(sorted(names - {""}))

    def _days(self, card: Element) -> list[int]:
        mask, old = card.values.get("days", ""), card.values.get("day", "")
        if mask and len(mask) <= 7 and set(mask) <= {"0", "1"} and "1" in mask:
            return [place for place, one in enumerate(mask, start=1) if one == "1"]
        if not mask and old.isdecimal() and int(old) < 7:
            return [int(old) + 1]
        self._fault(card, _("This is no mask of weekdays: %(got)s"), got=mask or old)
        return []

    def _week(self, card: Element) -> Literal["", "A", "B"] | None:
        mask = card.values.get("weeks", "")
        known: dict[str, Literal["", "A", "B"]] = {"": "", "1": "", "11": "", "10": "A", "01": "B"}
        if mask in known:
            return known[mask]
        self._fault(card, _("This is no mask of weeks A and B: %(got)s"), got=mask)
        return None

    def _period(self, card: Element) -> int | None:
        text = card.values.get("period", "")
        if text.isascii() and text.isdecimal() and int(text) <= 20:
            return int(text)
        self._fault(card, _("This is no number of a lesson: %(got)s"), got=text)
        return None

    def _fault(self, element: Element, text: str, **values: str) -> None:
        fault = Fault(file=self.name, line=element.line, text=text, values=values)
        if fault not in self.faults:
            self.faults.append(fault)
