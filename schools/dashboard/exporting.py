"""The Education Department's sums as XLSX. Blocking: call in a thread. Nothing in it is run by a spreadsheet."""

import io
from collections.abc import Mapping
from typing import Any

import xlsxwriter

from app.i18n import Locale, _
from schools.dashboard.city import CityDays
from schools.dashboard.city_rules import ALL, Sum

Cell = str | float | int
Columns = list[tuple[Any, Mapping[Any, Sum | None]]]
"""Of a table: the second half of the cells' keys, and the cells."""


def grade_name(locale: Locale, grade: int) -> str:
    return locale.gettext(_("all levels")) if grade == ALL else str(max(grade, 0))


def told(locale: Locale, one: Sum | None, *, known: bool) -> Cell:
    """A share; or why there is none."""
    if one is None:
        return locale.gettext(_("hidden")) if known else locale.gettext(_("no data"))
    return one.share if one.share is not None else locale.gettext(_("no data"))


def workbook(locale: Locale, days: CityDays) -> bytes:
    """Two sheets: by school and grade, by school and day; what is hidden says so, and why stands below."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    ) as book:
        bold, share = book.add_format({"bold": True}), book.add_format({"num_format": "0.00%"})
        note = locale.gettext(_("Hidden: fewer than %(n)s pupils, or a number from which such a one could be computed"))
        names = [(one.school.id, one.school.name) for one in days.schools] + [(ALL, locale.gettext(_("All schools")))]
        grades = [*days.grades, ALL]
        tables: tuple[tuple[str, list[str], Columns], ...] = (
            (
                _("By level of classes"),
                [grade_name(locale, one) for one in grades],
                [(one, days.cells) for one in grades],
            ),
            (_("By day"), [locale.format_day(one) for one in days.days], [(one, days.by_day) for one in days.days]),
        )
        for title, header, columns in tables:
            sheet = book.add_worksheet(locale.gettext(title))
            sheet.write_row(0, 0, [locale.gettext(_("School")), *header], bold)
            for line, (school_id, name) in enumerate(names, start=1):
                sheet.write_string(line, 0, name)
                for place, (column, cells) in enumerate(columns, start=1):
                    known = (school_id, column) in cells
                    value = told(locale, cells.get((school_id, column)), known=known)
                    if isinstance(value, str):
                        sheet.write_string(line, place, value)
                    else:
                        sheet.write_number(line, place, value, share)
            sheet.write_string(len(names) + 2, 0, note % {"n": days.smallest})
            sheet.set_column(0, 0, 44)
            sheet.set_column(1, len(header), 14)
            sheet.freeze_panes(1, 1)
    return file.getvalue()
