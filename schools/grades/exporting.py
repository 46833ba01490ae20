"""A grade book as a workbook. Every cell is text: `=cmd()` and `+4` stay as written. Blocking: use a thread."""

import io
from collections.abc import Sequence

import xlsxwriter

from schools.grades import rules
from schools.grades.model import BookPupil, Column, Entry, GradeBook


def xlsx(book: GradeBook, title: str, words: dict[str, str]) -> bytes:
    """`words`: heads «number», «pupil», «average» with {n} for the semester, and names of kinds."""
    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(made, options) as workbook:
        sheet = workbook.add_worksheet(title[:31].translate(str.maketrans("/\\?*[]:", "-------")))
        head = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        sheet.write_string(0, 0, title, workbook.add_format({"bold": True, "font_size": 14}))
        heads = [words["number"], words["pupil"], *(_head(one, words) for one in book.columns)]
        heads += [words["average"].replace("{n}", str(semester)) for semester in (1, 2)]
        for place, text in enumerate(heads):
            sheet.write_string(2, place, text, head)
        for line, pupil in enumerate(book.pupils, start=3):
            for place, text in enumerate(_cells(book, pupil)):
                sheet.write_string(line, place, text[:32_000])
        sheet.set_column(1, 1, 28)
        sheet.freeze_panes(3, 2)
    return made.getvalue()


def _head(column: Column, words: dict[str, str]) -> str:
    title = column.title or words[column.kind]
    return f"{title} ({column.semester}; {column.weight.normalize():f})" if column.kind == "mark" else title


def _cells(book: GradeBook, pupil: BookPupil) -> list[str]:
    mine = rules.by_column(one for one in book.entries if one.pupil_id == pupil.pupil_id)
    cells = [str(pupil.number or ""), pupil.name]
    cells += [joined(mine.get(one.id, []), book) for one in book.columns]
    for semester in (1, 2):
        chosen = [one for one in book.columns if one.semester == semester]
        cells.append(rules.shown_average(rules.pupil_average(chosen, mine, book.settings)))
    return cells


def joined(entries: Sequence[Entry], book: GradeBook) -> str:
    """An entry and its re-sits: «2 → 4»."""
    return " → ".join(rules.shown(one.text, book.settings) for one in entries if one.text)
