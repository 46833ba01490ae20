"""The list of substitutions for the board, as PDF. `pdf` is blocking: call it in a thread."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

from app.i18n import Locale, _
from schools.timetable.substitutions.model import Board, BoardLesson

SOURCE: Final = Path(__file__).with_name("notice.typ")


class Section(msgspec.Struct, frozen=True):
    """Lessons of one teacher who is away, or changes without one."""

    heading: str
    rows: list[list[str]]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What hangs on the board. Nothing about why somebody is away."""

    title: str
    school: str
    language: str
    header: list[str]
    sections: list[Section]
    empty: str


def notice(school: str, board: Board, locale: Locale) -> Notice:
    say = locale.gettext
    grouped: dict[str, list[list[str]]] = {}
    for one in board.changed:
        kind = one.planned.kind
        heading = one.original.staff if kind in {"substitution", "joint"} else say(_("Other changes"))
        grouped.setdefault(heading, []).append(
            [str(one.planned.period), one.planned.class_name, _subject(one), what(one, locale), one.planned.note]
        )
    for duty in board.duties:
        if duty.stand_in_id is not None:
            place = locale.filled(
                _("break after lesson %(n)s, %(place)s"), {"n": duty.after_period, "place": duty.place}
            )
            grouped.setdefault(say(_("Duties on breaks")), []).append(
                [
                    str(duty.after_period),
                    "",
                    place,
                    duty.stand_in,
                    locale.filled(_("for %(name)s"), {"name": duty.staff}),
                ]
            )
    return Notice(
        title=locale.filled(_("Substitutions: %(day)s"), {"day": locale.format_date(board.on_date)}),
        school=school,
        language=locale.language,
        header=[say(_("Lesson")), say(_("Class")), say(_("School subject")), say(_("What changes")), say(_("Note"))],
        sections=[Section(heading, rows) for heading, rows in grouped.items()],
        empty=say(_("All lessons take place as planned")),
    )


def _subject(one: BoardLesson) -> str:
    if one.planned.subject == one.original.subject:
        return one.planned.subject
    return f"{one.original.subject} → {one.planned.subject}"


def what(one: BoardLesson, locale: Locale) -> str:
    """In words."""
    planned, room = one.planned, ""
    if planned.room and planned.room != one.original.room:
        room = locale.filled(_("room %(room)s"), {"room": planned.room})
    if planned.kind == "cancellation":
        return locale.gettext(_("cancelled"))
    if planned.kind == "joint":
        joined = locale.filled(_("joint lesson with %(name)s"), {"name": planned.staff})
        return ", ".join(part for part in (joined, room) if part)
    if planned.kind == "room":
        return room
    return ", ".join(part for part in (planned.staff, room) if part)


def pdf(what_hangs: Notice, made_at: datetime) -> bytes:
    """Tagged (PDF/UA-1). What people wrote travels as data, never as source."""
    made: Any = typst.compile(
        SOURCE.read_bytes(),
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"data": msgspec.json.encode(what_hangs).decode()},
        ignore_system_fonts=True,
        timestamp=made_at.replace(microsecond=0),
    )
    assert isinstance(made, bytes)
    return made
