"""Optivum's pages of classes (`plany/o1.html`), as bytes in, lessons and faults out. Pure.

A table `tabela`: rows with `td.nr` (hour), `td.g` (from–to), five or more `td.l` (days). In a cell each `span.p` begins
a lesson (subject, `-1/2` its group), followed by `a.n` (teacher) and `a.s` (room). Teachers' full names stand in the
titles of `n1.html`.
"""

import codecs
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Final

import msgspec

from app.i18n import _
from schools.timetable.imports.model import Fault, ReadLesson, ReadTimetable

ENCODINGS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "iso-8859-2": "iso8859-2",
    "iso8859-2": "iso8859-2",
    "latin2": "iso8859-2",
    "windows-1250": "cp1250",
    "cp1250": "cp1250",
}
_DECLARED: Final = re.compile(rb"""<meta[^>]*charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_CLASS_FILE: Final = re.compile(r"(?:^|/)o\d+\.html?$", re.IGNORECASE)
_TEACHER_FILE: Final = re.compile(r"(?:^|/)(n\d+\.html?)$", re.IGNORECASE)
_GROUP: Final = re.compile(r"-\s*(\d+/\d+|[\w.]{1,12})$")
_HOUR: Final = re.compile(r"^\d{1,2}$")


class _Lesson(msgspec.Struct):
    """While a cell is read."""

    subject: str
    line: int
    teachers: list[str] = []
    room: str = ""


def read_files(files: Mapping[str, bytes]) -> ReadTimetable:
    """All pages of classes among the files; other pages are passed over."""
    faults: list[Fault] = []
    texts: dict[str, str] = {}
    for name, content in files.items():
        if _CLASS_FILE.search(name) or _TEACHER_FILE.search(name):
            text = _decoded(name, content, faults)
            if text is not None:
                texts[name] = text
    teachers: dict[str, str] = {}
    for name, text in texts.items():
        teacher = _TEACHER_FILE.search(name)
        if teacher:
            page = _read(name, text, {})
            teachers[teacher[1].lower()] = page.title
    lessons: list[ReadLesson] = []
    pages = sorted(name for name in texts if _CLASS_FILE.search(name))
    for name in pages:
        page = _read(name, texts[name], teachers)
        lessons += page.lessons
        faults += page.faults
    if not pages and not faults:
        faults.append(Fault(file="", line=0, text=_("There is no page of a class here: plany/o1.html and so on")))
    elif not lessons and not faults:
        faults.append(Fault(file="", line=0, text=_("There is no lesson in these pages")))
    return ReadTimetable(lessons=lessons, faults=faults)


def _decoded(name: str, content: bytes, faults: list[Fault]) -> str | None:
    """As the file says of itself; UTF-8 where it says nothing."""
    declared = _DECLARED.search(content[:4096])
    said = declared[1].decode("ascii", "replace").lower() if declared else "utf-8"
    if content.startswith(codecs.BOM_UTF8):
        said = "utf-8"
    encoding = ENCODINGS.get(said)
    if encoding is None:
        faults.append(Fault(file=name, line=1, text=_("Unknown encoding: %(name)s"), values={"name": said}))
        return None
    try:
        return content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        faults.append(Fault(file=name, line=line, text=_("This is not written in %(name)s"), values={"name": said}))
        return None


def _read(name: str, text: str, teachers: Mapping[str, str]) -> "_Page":
    page = _Page(name, teachers)
    page.feed(text)
    page.close()
    page.finish()
    return page


class _Page(HTMLParser):
    """One page: `title`, `lessons`, `faults`."""

    def __init__(self, name: str, teachers: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self.name = name
        self.teachers = teachers
        self.title = ""
        self.lessons: list[ReadLesson] = []
        self.faults: list[Fault] = []
        self._in: list[tuple[str, str]] = []
        self._hour: int | None = None
        self._day = 0
        self._cell: list[_Lesson] | None = None
        self._text = ""
        self._href = ""
        self._seen_table = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = (dict(attrs).get("class") or "").split(" ")[0]
        if tag == "table" and kind == "tabela":
            self._seen_table = True
        if tag == "tr":
            self._hour, self._day = None, 0
        if tag == "td" and kind == "l":
            self._end_cell()
            self._day += 1
            self._cell = []
        elif tag == "td":
            self._end_cell()
        if tag == "br" or tag in {"img", "meta", "link", "input", "hr"}:
            return
        self._in.append((tag, kind))
        if (tag, kind) in _READ_TEXT:
            self._text, self._href = "", dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag not in {one for one, _kind in self._in}:
            return
        while self._in:
            opened, kind = self._in.pop()
            if opened == tag:
                self._ended(opened, kind)
                break
            self._ended(opened, kind)

    def handle_data(self, data: str) -> None:
        if any(one in _READ_TEXT for one in self._in):
            self._text += data
        elif self._cell and data.strip().startswith("-") and not self._cell[-1].teachers:
            self._cell[-1].subject += data.strip()  # the group stands behind the subject's span

    def _ended(self, tag: str, kind: str) -> None:
        text = " ".join(self._text.split())
        if kind == "tytulnapis":
            self.title = text
        elif (tag, kind) == ("td", "nr"):
            if _HOUR.match(text):
                self._hour = int(text)
            else:
                self._fault(_("This is no number of a lesson: %(got)s"), got=text)
        elif self._cell is not None and kind == "p" and tag == "span":
            self._cell.append(_Lesson(subject=text, line=self.getpos()[0]))
        elif self._cell is not None and tag == "a" and kind in {"n", "s"}:
            if not self._cell:
                self._fault(_("A teacher or room without a subject: %(got)s"), got=text)
            elif kind == "s":
                self._cell[-1].room = text
            else:
                full = self.teachers.get(self._href.rsplit("/", 1)[-1].lower())
                self._cell[-1].teachers.append(full or text)
        elif tag == "td" and kind == "l":
            self._end_cell()
        if (tag, kind) in _READ_TEXT:
            self._text = ""

    def _end_cell(self) -> None:
        cell, self._cell = self._cell, None
        if not cell:
            return
        if self._hour is None:
            self._fault(_("A lesson in a row without its number: %(got)s"), got=cell[0].subject)
            return
        for one in cell:
            self._take(one, self._hour)

    def _take(self, one: _Lesson, hour: int) -> None:
        group = _GROUP.search(one.subject)
        subject = one.subject[: group.start()].strip() if group else one.subject
        if not subject:
            self._fault(_("A lesson without a subject"), one.line)
        elif not one.teachers:
            self._fault(_("A lesson without a teacher: %(got)s"), one.line, got=one.subject)
        elif self._day > 7:
            self._fault(_("A week has seven days"), one.line)
        else:
            self.lessons.append(
                ReadLesson(
                    weekday=self._day,
                    period=hour,
                    classes=(self.title,),
                    group=group[1] if group else "",
                    subject=subject,
                    teacher=one.teachers[0],
                    second_teacher=one.teachers[1] if len(one.teachers) > 1 else "",
                    room=one.room,
                    file=self.name,
                    line=one.line,
                )
            )

    def finish(self) -> None:
        """What the page as a whole lacks."""
        if not self.title:
            self._fault(_("The page does not say whose timetable it is"), 1)
            self.lessons = []
        elif not self._seen_table:
            self._fault(_("There is no table of lessons on this page"), 1)

    def _fault(self, text: str, line: int = 0, **values: str) -> None:
        self.faults.append(Fault(file=self.name, line=line or self.getpos()[0], text=text, values=values))


_READ_TEXT: Final = frozenset(
    {("span", "tytulnapis"), ("td", "nr"), ("td", "g"), ("span", "p"), ("a", "n"), ("a", "s"), ("a", "o")}
)


def is_class_file(name: str) -> bool:
    return _CLASS_FILE.search(name) is not None
