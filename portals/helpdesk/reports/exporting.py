"""A report as XLSX. Blocking: call in a thread. Nothing in it is run by a spreadsheet."""

import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

import msgspec
import xlsxwriter

from app.i18n import Locale, _
from portals.equipment.rules import KIND_TITLES
from portals.helpdesk import words
from portals.helpdesk.reports.model import Group, Report

Cell = str | int | float | date | None
SHARE: Final = "share"
WIDE: Final = 34
NARROW: Final = 14


class Sheet(msgspec.Struct, frozen=True):
    """A table: its name, its columns with the kind of number in each, its rows."""

    title: str
    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[Cell]]


def workbook(locale: Locale, report: Report) -> bytes:
    """A sheet for each part of the report, in the reader's language."""
    file = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, plain) as book:
        formats = {
            "": book.add_format(),
            "date": book.add_format({"num_format": "dd.mm.yyyy"}),
            SHARE: book.add_format({"num_format": "0.0%"}),
            "number": book.add_format({"num_format": "0.0"}),
        }
        bold = book.add_format({"bold": True})
        for sheet in sheets(locale, report):
            _write(book.add_worksheet(locale.gettext(sheet.title)[:31]), locale, sheet, formats, bold)
    return file.getvalue()


def _write(page: Any, locale: Locale, sheet: Sheet, formats: dict[str, Any], bold: Any) -> None:
    page.write_row(0, 0, [locale.gettext(title) for title, _kind in sheet.columns], bold)
    for line, row in enumerate(sheet.rows, start=1):
        for place, (value, (_title, kind)) in enumerate(zip(row, sheet.columns, strict=True)):
            if isinstance(value, date):
                page.write_datetime(line, place, value, formats["date"])
            elif isinstance(value, str):
                page.write_string(line, place, value)
            elif value is not None:
                page.write_number(line, place, value, formats[kind])
    page.set_column(0, 0, WIDE)
    page.set_column(1, len(sheet.columns) - 1, NARROW)
    page.freeze_panes(1, 1)


def sheets(locale: Locale, report: Report) -> list[Sheet]:
    """In the order of the page."""
    return [
        Sheet(
            _("Over time"),
            [(_("Up to day"), "date"), (_("Came in"), ""), (_("Solved"), ""), (_("Open at the end"), "")],
            [(one.day, one.sent, one.solved, one.open) for one in report.days],
        ),
        _promises(locale, report),
        Sheet(_("Categories"), _group_columns(_("Category")), _group_rows(locale, report.categories)),
        Sheet(_("Units"), _group_columns(_("Unit")), _group_rows(locale, report.units)),
        _models(locale, report),
        _agents(locale, report),
    ]


def _promises(locale: Locale, report: Report) -> Sheet:
    measures = {"response": _("First answer"), "solution": _("Solution")}
    columns = [
        (_("Promise"), ""),
        (_("Priority"), ""),
        (_("In time"), ""),
        (_("Too late"), ""),
        (_("Share in time"), SHARE),
    ]
    rows = [
        (
            locale.gettext(measures[one.measure]),
            locale.gettext(words.PRIORITIES[one.priority]),
            one.kept,
            one.missed,
            one.share,
        )
        for one in report.kept
    ]
    return Sheet(_("Promises"), columns, rows)


def _models(locale: Locale, report: Report) -> Sheet:
    columns = [
        *((_("Model"), ""), (_("Kind"), ""), (_("Tickets"), ""), (_("Devices with a ticket"), "")),
        *((_("Devices"), ""), (_("Tickets for 100 devices"), "number")),
    ]
    titles = {str(kind): title for kind, title in KIND_TITLES.items()}
    rows = [
        (one.name, locale.gettext(titles[one.kind]), one.tickets, one.broken, one.devices, one.rate)
        for one in report.models
    ]
    return Sheet(_("Models"), columns, rows)


def _agents(locale: Locale, report: Report) -> Sheet:
    columns = [
        *((_("Agent"), ""), (_("Open now"), ""), (_("Late now"), ""), (_("Solved"), "")),
        (_("Hours written down"), "number"),
    ]
    rows = [
        (one.name or locale.gettext(_("Nobody yet")), one.open, one.late, one.solved, one.spent_minutes / 60)
        for one in report.agents
    ]
    return Sheet(_("Agents"), columns, rows)


def _group_columns(name: str) -> list[tuple[str, str]]:
    return [
        *((name, ""), (_("Came in"), ""), (_("Solved"), "")),
        *((_("Share in time"), SHARE), (_("Half of them within working hours"), "number")),
    ]


def _group_rows(locale: Locale, groups: Iterable[Group]) -> list[tuple[Cell, ...]]:
    return [
        (
            one.name or locale.gettext(_("None")),
            one.sent,
            one.solved,
            one.kept / one.promised if one.promised else None,
            None if one.median_min is None else one.median_min / 60,
        )
        for one in groups
    ]
