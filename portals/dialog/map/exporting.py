"""A map's entries as GeoJSON, XLSX and CSV. Made of `EntryRow`s: there is in them what everybody may read. Blocking."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import xlsxwriter

from app.i18n import Locale, _
from portals.dialog.discussion.prose import plain
from portals.dialog.map.model import Category, EntryRow
from portals.dialog.map.rules import ALIGNMENTS
from portals.dialog.model import Author
from portals.dialog.spreadsheets import AS_WRITTEN

HEADS: Final = (
    _("No."),
    _("Day"),
    _("Who"),
    _("Category"),
    _("Place"),
    _("Longitude and latitude"),
    _("About what is planned"),
    _("Comment"),
    _("Endorsements"),
    _("On paper"),
)
_WIDTHS: Final = (8, 12, 26, 22, 40, 30, 14, 70, 12, 10)
_KINDS: Final = {"resident": _("Resident"), "business": _("Business"), "organisation": _("Organisation")}


def table(rows: Sequence[EntryRow], categories: Sequence[Category], locale: Locale) -> list[list[str]]:
    """Heads and one line an entry; of hidden and withdrawn ones only that they were there."""
    names = {one.id: one.name for one in categories}
    return [[locale.gettext(one) for one in HEADS], *(_line(one, names, locale) for one in rows)]


def _line(one: EntryRow, names: Mapping[int, str], locale: Locale) -> list[str]:
    day = locale.format_date(one.made_at.astimezone(locale.zone).date(), weekday=False)
    head = [str(one.id), day]
    if one.state == "hidden":
        said = locale.filled(_("Hidden by the office: %(reason)s"), {"reason": one.reason})
        return [*head, "", "", "", "", "", said, "", ""]
    if one.state == "withdrawn":
        return [*head, "", "", "", "", "", locale.gettext(_("Withdrawn by its author")), "", ""]
    return [
        *head,
        author_words(one.author, locale),
        names.get(one.category_id, ""),
        one.place,
        msgspec.json.encode(one.geometry.coordinates).decode() if one.geometry else "",
        locale.gettext(ALIGNMENTS[one.alignment]),
        plain(one.body),
        str(one.endorsements),
        locale.gettext(_("yes")) if one.paper else "",
    ]


def author_words(author: Author | None, locale: Locale) -> str:
    """How the public sees somebody, in words."""
    if author is None:
        return ""
    if author.shown == "anonymous":
        name = locale.gettext(_("Anonymous person"))
    elif author.shown == "erased":
        name = locale.gettext(_("Account removed"))
    else:
        name = f"{author.name}, {author.organisation}" if author.organisation else author.name
    return name if author.kind == "resident" else f"{name} – {locale.gettext(_KINDS[author.kind]).lower()}"


def xlsx(lines: Sequence[Sequence[str]], title: str) -> bytes:
    """A workbook; every cell is text, so `=cmd()` stays what somebody wrote."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, AS_WRITTEN) as book:
        book.set_properties({"title": title})
        sheet = book.add_worksheet()
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        cell = book.add_format({"text_wrap": True, "valign": "top"})
        sheet.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        for row, line in enumerate(lines, 2):
            for column, value in enumerate(line):
                sheet.write_string(row, column, value[:32_000], cell if row > 2 else head)  # heads
        sheet.freeze_panes(3, 0)
        if len(lines) > 1:
            sheet.autofilter(2, 0, 1 + len(lines), len(HEADS) - 1)
    return made.getvalue()


def geojson(rows: Sequence[EntryRow], categories: Sequence[Category], locale: Locale, path: str) -> bytes:
    """A FeatureCollection (RFC 7946) of what can be seen. `path`: address of an entry without its number."""
    names = {one.id: one.name for one in categories}
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "id": one.id,
            "geometry": msgspec.to_builtins(one.geometry),
            "properties": {
                "category": names.get(one.category_id, ""),
                "alignment": one.alignment,
                "text": plain(one.body),
                "place": one.place,
                "author": author_words(one.author, locale),
                "endorsements": one.endorsements,
                "paper": one.paper,
                "at": one.made_at.isoformat(),
                "path": f"{path}{one.id}",
            },
        }
        for one in rows
        if one.state == "shown"
    ]
    return msgspec.json.encode({"type": "FeatureCollection", "features": features})
