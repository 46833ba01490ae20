"""Pages of grades and of notes on behaviour as tables of texts."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from app.i18n import _
from schools.grades.sheets import ClassSheet, Row
from schools.reports.model import ClassGrade, ClassNote, Sheet
from schools.reports.sheets import Page

PERIOD_KINDS: Final = frozenset({"proposed", "settled"})
KINDS: Final = {"praise": _("praise"), "remark": _("remark")}


def grades(on: Page, sheet: ClassSheet, entries: Sequence[ClassGrade]) -> Sheet:
    """A line for each pupil and subject, at the end of a pupil one for behaviour. A re-sit stands in brackets."""
    say = on.locale.gettext
    written: dict[tuple[int, int], list[str]] = defaultdict(list)
    for one in entries:
        if one.kind not in PERIOD_KINDS and one.subject_id is not None:
            written[one.pupil_id, one.subject_id].append(one.text if one.attempt == 1 else f"[{one.text}]")
    rows = []
    for row in sheet.rows:
        who = [str(row.pupil.number or ""), row.pupil.name]
        for subject in sheet.subjects:
            held = row.standings[subject.subject_id]
            texts = written.get((row.pupil.pupil_id, subject.subject_id), [])
            mean = held.shown if held.average is not None else ""
            rows.append([*who, subject.subject, "  ".join(texts), mean, held.proposed or "", held.settled or ""])
        rows.append([*who, say(_("Behaviour")), *_behaviour(on, row)])
    last = say(_("Mid-year grade")) if sheet.semester == 1 else say(_("Final grade"))
    return Sheet(
        title=on.locale.filled(
            _("Class %(name)s: grades, semester %(n)s"), {"name": on.class_name, "n": sheet.semester}
        ),
        school=on.school,
        language=on.locale.language,
        header=[
            say(_("No.")), say(_("Pupil")), say(_("School subject")), say(_("Grades")), say(_("Average")),
            say(_("Proposed")), last,
        ],
        widths=[0, 3, 3, 4, 0, 0, 0],
        rows=rows,
        empty=say(_("Nobody is in this class.")),
        note=say(_("Grades stand in the order of their dates; a re-sit in square brackets after what it corrects.")),
    )  # fmt: skip


def _behaviour(on: Page, row: Row) -> list[str]:
    points = on.locale.filled(_("points: %(n)s"), {"n": row.points})
    return [points, "", row.behaviour_proposed or "", row.behaviour_settled or ""]


def notes(on: Page, found: Sequence[ClassNote]) -> Sheet:
    say = on.locale.gettext
    return Sheet(
        title=on.locale.filled(_("Class %(name)s: notes on behaviour"), {"name": on.class_name}),
        school=on.school,
        language=on.locale.language,
        header=[
            say(_("Day")), say(_("No.")), say(_("Pupil")), say(_("Kind")), say(_("Words of the note")),
            say(_("Points")), say(_("Author")), say(_("Withdrawn by, why")),
        ],
        widths=[0, 0, 2, 0, 4, 0, 2, 2],
        rows=[
            [
                f"{one.on_date:%d.%m.%Y}", str(one.number or ""), one.name, say(KINDS[one.kind]), one.text,
                f"{one.points:+d}" if one.points else "0", one.author, one.withdrawn,
            ]
            for one in found
        ],
        empty=say(_("There is no note in this year.")),
        wide=True,
    )  # fmt: skip
