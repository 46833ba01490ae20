"""Pages of the register as tables of texts, and these as PDF and XLSX. `pdf` and `xlsx` block: use a thread."""

import io
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import typst
import xlsxwriter

from app.i18n import Locale, _
from schools.register.rules import percent_present, shown_percent, tally
from schools.reports.model import ClassLesson, ClassMark, ClassPupil, Sheet

SOURCE: Final = Path(__file__).with_name("sheet.typ")
UNCHECKED: Final = ""


class Page(msgspec.Struct, frozen=True):
    """Whose page it is, of which days, in which language."""

    school: str
    class_name: str
    first: date
    last: date
    locale: Locale

    @property
    def month(self) -> str:
        return f"{self.first:%m.%Y}"


def class_list(on: Page, pupils: Sequence[ClassPupil]) -> Sheet:
    say, day = on.locale.gettext, on.locale.format_day
    return Sheet(
        title=on.locale.filled(_("Class %(name)s: pupils"), {"name": on.class_name}),
        school=on.school,
        language=on.locale.language,
        header=[say(_("No.")), say(_("Pupil")), say(_("Born")), say(_("In the class since"))],
        widths=[0, 3, 2, 2],
        rows=[
            [str(one.number or ""), one.name, *(day(date_) if date_ else "" for date_ in (one.born_on, one.since))]
            for one in pupils
        ],
        empty=say(_("Nobody is in this class.")),
    )


def topics(on: Page, lessons: Sequence[ClassLesson]) -> Sheet:
    say = on.locale.gettext
    return Sheet(
        title=on.locale.filled(_("Class %(name)s: lessons, %(month)s"), {"name": on.class_name, "month": on.month}),
        school=on.school,
        language=on.locale.language,
        header=[
            say(one) for one in (_("Day"), _("Lesson"), _("School subject"), _("Topic"), _("Teacher"), _("Attendance"))
        ],
        widths=[0, 0, 2, 4, 2, 0],
        rows=[
            [
                f"{one.on_date:%d.%m}",
                str(one.period),
                " ".join(part for part in (one.subject, one.group) if part),
                f"{one.topic_number}. {one.topic}" if one.topic_number else one.topic,
                _teacher(on, one),
                say(_("taken")) if one.taken else say(_("not taken")),
            ]
            for one in lessons
        ],
        empty=say(_("No lesson was held in this month.")),
    )


def _teacher(on: Page, lesson: ClassLesson) -> str:
    if not lesson.away:
        return lesson.staff
    return on.locale.filled(_("%(name)s (for %(away)s)"), {"name": lesson.staff, "away": lesson.away})


def attendance(on: Page, pupils: Sequence[ClassPupil], marks: Sequence[ClassMark]) -> Sheet:
    """Days across, with the signs of their lessons in order; a day without a sign is unchecked."""
    say = on.locale.gettext
    signs: dict[tuple[int, date], list[str]] = defaultdict(list)
    for one in marks:
        signs[one.pupil_id, one.on_date].append(one.code)
    days = sorted({one.on_date for one in marks})
    rows, known = [], set()
    for pupil in pupils:
        if pupil.pupil_id in known:
            continue  # left and came back: one line
        known.add(pupil.pupil_id)
        own = [one for one in marks if one.pupil_id == pupil.pupil_id]
        counts = tally((one.category, one.excused) for one in own)  # type: ignore[misc]  # categories as the table allows them
        unexcused = sum(one.category == "absent" and not one.excused for one in own)
        rows.append(
            [
                str(pupil.number or ""),
                pupil.name,
                *(" ".join(signs.get((pupil.pupil_id, day), [UNCHECKED])) for day in days),
                str(counts.absent),
                str(unexcused),
                str(counts.late),
                shown_percent(percent_present(counts)),
            ]
        )
    return Sheet(
        title=on.locale.filled(_("Class %(name)s: attendance, %(month)s"), {"name": on.class_name, "month": on.month}),
        school=on.school,
        language=on.locale.language,
        header=[
            say(_("No.")), say(_("Pupil")), *(f"{day.day}" for day in days),
            say(_("Absences")), say(_("Unexcused")), say(_("Late")), "%",
        ],
        widths=[0, 3, *([1] * len(days)), 0, 0, 0, 0],
        rows=rows if days else [],
        empty=say(_("Attendance was not taken in this month.")),
        note=say(_("Signs stand in the order of the day's lessons; an empty place: attendance was not taken.")),
        wide=True,
    )  # fmt: skip


def pdf(sheet: Sheet, made_at: datetime) -> bytes:
    """Tagged (PDF/UA-1). What people wrote travels as data, never as source."""
    made: Any = typst.compile(
        SOURCE.read_bytes(),
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"data": msgspec.json.encode(sheet).decode()},
        ignore_system_fonts=True,
        timestamp=made_at.replace(microsecond=0),
    )
    assert isinstance(made, bytes)
    return made


def xlsx(sheet: Sheet) -> bytes:
    """Every cell is text: «=cmd()» stays as it was written, and nothing is counted when the file is opened."""
    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(made, options) as workbook:
        page = workbook.add_worksheet()
        head = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        page.write_string(0, 0, f"{sheet.school}: {sheet.title}", workbook.add_format({"bold": True, "font_size": 14}))
        for place, text in enumerate(sheet.header):
            page.write_string(2, place, text, head)
        for line, row in enumerate(sheet.rows or [[sheet.empty]], start=3):
            for place, text in enumerate(row):
                page.write_string(line, place, text[:32_000])
        page.write_string(4 + max(1, len(sheet.rows)), 0, sheet.note)
        page.set_column(1, 1, 28)
        page.freeze_panes(3, 2)
    return made.getvalue()


def months(starts_on: date, today: date) -> list[date]:
    """First days of the months of a year until today, newest first."""
    found: list[date] = []
    one = today.replace(day=1)
    while one >= starts_on.replace(day=1) and len(found) < 12:
        found.append(one)
        one = (one - timedelta(days=1)).replace(day=1)
    return found
