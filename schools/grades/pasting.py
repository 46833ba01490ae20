"""A column that comes from a spreadsheet: who is meant by each line, and what is wrong with it. Pure."""

from collections.abc import Sequence
from typing import Final

from app.i18n import _
from schools.grades import rules
from schools.grades.model import BookPupil, Column, GradeSettings, PastedLine
from schools.structure.rules import plain_letters

MOST_LINES: Final = 60
UNKNOWN: Final = _("Nobody in the class has this name or number")
AMBIGUOUS: Final = _("Several pupils have this name: write first and last name")
TWICE: Final = _("This pupil stands here twice")
TOO_MANY: Final = _("There are more lines than pupils")
NO_VALUE: Final = _("There is no grade in this line")


def read_pasted(
    content: str, pupils: Sequence[BookPupil], column: Column, settings: GradeSettings, level: int
) -> list[PastedLine]:
    """Line after line. One value in each line: pupils in the order of the list, an empty line skips one.

    Two or more cells, as spreadsheets copy them: the last is the grade, what stands before is a number or a name.
    """
    lines = content.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")[:MOST_LINES]
    named = any("\t" in line.strip() or ";" in line.strip() for line in lines)
    found: list[PastedLine] = []
    met: set[int] = set()
    for place, line in enumerate(lines):
        if named and not line.strip():
            continue
        if named:
            pupil, value, problem = _named(line, pupils)
        else:
            pupil, value = (pupils[place] if place < len(pupils) else None), line
            problem = "" if pupil else TOO_MANY
        text: str | None = None
        if pupil is not None and not problem:
            problem = TWICE if pupil.pupil_id in met else ""
            met.add(pupil.pupil_id)
        if not problem:
            try:
                text = rules.read_entry(value, column, settings, level=level)
            except rules.Fault as fault:
                problem = str(fault)
        found.append(
            PastedLine(
                line=place + 1,
                said=line.replace("\t", "  ").strip(),
                pupil_id=pupil.pupil_id if pupil else None,
                name=pupil.name if pupil else "",
                text=text,
                problem=problem,
            )
        )
    return found


def _named(line: str, pupils: Sequence[BookPupil]) -> tuple[BookPupil | None, str, str]:
    cells = [cell.strip() for cell in line.replace(";", "\t").split("\t")]
    *who, value = cells
    who = [cell for cell in who if cell]
    if not who:
        return None, value, UNKNOWN
    for cell in who:
        if cell.rstrip(".").isdecimal():
            for one in pupils:
                if one.number == int(cell.rstrip(".")):
                    return one, value, ""
    words = set(plain_letters(" ".join(cell for cell in who if not cell.rstrip(".").isdecimal())).split())
    fitting = [one for one in pupils if words and words <= set(plain_letters(one.name).split())]
    if len(fitting) == 1:
        return fitting[0], value, ""
    return None, value, AMBIGUOUS if fitting else UNKNOWN
