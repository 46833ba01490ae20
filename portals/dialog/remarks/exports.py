"""The table of remarks as offices publish it (wykaz uwag): XLSX and PDF. Blocking: call them in a thread.

They are made of `RemarkRow`s, so there is in them what everybody may read: no words of hidden remarks, nobody's name
that is not shown.
"""

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import typst
import xlsxwriter

from app.i18n import Locale, _
from portals.dialog.model import Author
from portals.dialog.remarks.model import RemarkRow
from portals.dialog.remarks.rules import POSITIONS
from portals.dialog.spreadsheets import AS_WRITTEN

SOURCE: Final = Path(__file__).parent / "table.typ"
HEADS: Final = (
    _("No."),
    _("Day"),
    _("Who"),
    _("Part of the text"),
    _("Words in question"),
    _("Remark"),
    _("Proposed wording"),
    _("Position"),
    _("Reasons"),
)
_WIDTHS: Final = (6, 12, 24, 20, 30, 60, 40, 22, 60)
_KINDS: Final = {"resident": _("Resident"), "business": _("Business"), "organisation": _("Organisation")}


class Table(msgspec.Struct, frozen=True):
    """What the files are made of, in the reader's language."""

    title: str
    subtitle: str
    language: str
    office: str
    note: str
    heads: list[str]
    rows: list[list[str]]


def table(
    remarks: Sequence[RemarkRow], title: str, version: str, office: str, locale: Locale, made_at: datetime
) -> Table:
    """One row a remark, in the order given."""
    note = locale.filled(_("As of %(when)s"), {"when": made_at})
    rows = [[str(number), *_row(one, locale)] for number, one in enumerate(remarks, 1)]
    heads = [locale.gettext(head) for head in HEADS]
    return Table(locale.gettext(_("Table of remarks")), f"{title} – {version}" if version else title, locale.language,
                 office, note, heads, rows)  # fmt: skip


def _row(one: RemarkRow, locale: Locale) -> list[str]:
    day = locale.format_date(one.made_at.astimezone(locale.zone).date(), weekday=False)
    if one.state == "hidden":
        words = locale.filled(_("Hidden by the office: %(reason)s"), {"reason": one.reason})
        return [day, "", one.place, "", words, "", "", ""]
    if one.state == "withdrawn":
        return [day, "", one.place, "", locale.gettext(_("Withdrawn by its author")), "", "", ""]
    place = one.place
    if one.how == "orphan":
        place = locale.filled(_("%(place)s (not in this version any more)"), {"place": place})
    position = locale.gettext(POSITIONS[one.position]) if one.position else ""
    who = author_words(one.author, locale)
    if one.paper:
        who = f"{who} ({locale.gettext(_('on paper'))})"
    return [day, who, place, one.quote, one.text, one.proposal, position, one.answer]


def author_words(author: Author | None, locale: Locale) -> str:
    """How the public sees somebody, in words; businesses and organisations are told as such."""
    if author is None:
        return ""
    if author.shown == "anonymous":
        name = locale.gettext(_("Anonymous person"))
    elif author.shown == "erased":
        name = locale.gettext(_("Account removed"))
    else:
        name = f"{author.name}, {author.organisation}" if author.organisation else author.name
    return name if author.kind == "resident" else f"{name} – {locale.gettext(_KINDS[author.kind]).lower()}"


def xlsx(data: Table) -> bytes:
    """A workbook; every cell is text, so `=cmd()` stays what somebody wrote."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, AS_WRITTEN) as book:
        book.set_properties({"title": data.subtitle, "company": data.office})
        sheet = book.add_worksheet(data.title[:31].replace("/", "-"))
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        cell = book.add_format({"text_wrap": True, "valign": "top"})
        sheet.write_string(0, 0, data.subtitle, book.add_format({"bold": True, "font_size": 14}))
        sheet.write_string(1, 0, f"{data.office}. {data.note}")
        for column, (name, width) in enumerate(zip(data.heads, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(3, column, name, head)
        for row, values in enumerate(data.rows, 4):
            for column, value in enumerate(values):
                sheet.write_string(row, column, value[:32_000], cell)
        sheet.freeze_panes(4, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.repeat_rows(3)
        sheet.fit_to_pages(1, 0)
        if data.rows:
            sheet.autofilter(3, 0, 3 + len(data.rows), len(data.heads) - 1)
    return made.getvalue()


def pdf(data: Table, made_at: datetime) -> bytes:
    """Tagged (PDF/UA-1), A4 across. What people wrote travels as data, so that no text is taken for markup."""
    made = typst.compile(
        SOURCE.read_bytes(),
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"data": msgspec.json.encode(data).decode()},
        ignore_system_fonts=True,
        timestamp=made_at.replace(microsecond=0),
    )
    assert isinstance(made, bytes)
    return made
