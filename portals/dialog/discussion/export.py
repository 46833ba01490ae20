"""Comments as CSV and XLSX: what the public may read, and the office's own table. Pure but for the reading.

Both keep to what is visible: the public table has no words of what was hidden and no name of who is anonymous or
erased; the office's has real names and states, and never a name of who was erased.
"""

import io
from collections.abc import Callable
from typing import Final

import msgspec
import xlsxwriter

from app.actor import Actor
from app.database import Tx
from app.i18n import Locale, _
from portals.dialog import participant_store
from portals.dialog.access import Place
from portals.dialog.discussion import store
from portals.dialog.discussion.model import Comment, Thread
from portals.dialog.discussion.prose import plain, with_names
from portals.dialog.discussion.views import author_of, people_of
from portals.dialog.model import Author, Participant
from portals.dialog.participation import known_names
from portals.dialog.spreadsheets import AS_WRITTEN, Cell, csv_lines

STATES: Final = {
    "shown": _("public"),
    "held": _("waits for a moderator"),
    "refused": _("not published"),
    "removed": _("removed"),
    "withdrawn": _("withdrawn by the author"),
}
SHOWN: Final = {"anonymous": _("anonymous person"), "erased": _("removed on request"), "office": _("Office")}
ALIGNMENTS: Final = {1: _("for"), 0: "", -1: _("against")}
KINDS: Final = {"resident": _("resident"), "business": _("business"), "organisation": _("organisation")}
PUBLIC: Final = (
    _("Number"), _("Answer to"), _("About"), _("When"), _("Author"), _("Kind"), _("Position"), _("Text"),
    _("Endorsements"), _("State"), _("Reason"), _("From paper"),
)  # fmt: skip
INSIDE: Final = (_("Name known to the office"), _("Organisation"), _("District"), _("Verified"), _("Held because"))


class Table(msgspec.Struct, frozen=True):
    """Rows of cells below a heading."""

    heading: list[str]
    rows: list[list[Cell]]


async def comments_table(tx: Tx, actor: Actor, place: Place, locale: Locale, *, inside: bool) -> Table:
    """`inside`: the office's; the caller has checked the actor with the loader for it."""
    found = [
        (thread, one)
        for thread, one in await store.all_comments(tx, place.block.id)
        if inside or (one.public and not thread.hidden)
    ]
    comments = [one for _thread, one in found]
    people = await people_of(tx, comments)
    names = await known_names(tx, actor, sorted(people)) if inside else {}
    persons = await participant_store.participants(tx, sorted(people)) if inside else {}
    say = locale.gettext
    heading = [say(one) for one in (*PUBLIC, *(INSIDE if inside else ()))]
    rows = []
    for thread, one in found:
        row = _public_row(thread, one, people, locale, text_shown=inside or one.state == "shown")
        if inside:
            row += _inside_row(one, names, persons.get(one.participant_id or 0), say)
        rows.append(row)
    return Table(heading, rows)


def _public_row(
    thread: Thread, one: Comment, people: dict[int, Author], locale: Locale, *, text_shown: bool
) -> list[Cell]:
    say = locale.gettext
    author = author_of(one, people)
    body = with_names(one.body, lambda who: (people[who].name, people[who].key) if who in people else ("", ""))
    return [
        one.id,
        one.parent_id or "",
        thread.title,
        locale.format_datetime(one.shown_at or one.created_at, weekday=False),
        author.name or say(SHOWN.get(author.shown, "")),
        "" if one.official else say(KINDS[author.kind]),
        say(ALIGNMENTS[one.alignment]) if one.alignment else "",
        plain(body) if text_shown else "",
        one.endorsements,
        say(STATES[one.state]),
        one.reason,
        say(_("yes")) if one.paper else "",
    ]


def _inside_row(
    one: Comment, names: dict[int, str], person: Participant | None, say: Callable[[str], str]
) -> list[Cell]:
    return [
        names.get(one.participant_id or 0, ""),
        person.organisation if person else "",
        person.district if person else "",
        say(_("yes")) if person and person.verified else "",
        ", ".join(one.held_for),
    ]


def as_csv(table: Table) -> bytes:
    return csv_lines([table.heading, *table.rows])


def as_xlsx(table: Table, title: str) -> bytes:
    """Strings stay strings whatever they begin with. Takes a while: for a thread."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, AS_WRITTEN)
    sheet = book.add_worksheet(_sheet_name(title))
    bold = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for column, name in enumerate(table.heading):
        sheet.write_string(0, column, name, bold)
    for number, row in enumerate(table.rows, start=1):
        for column, cell in enumerate(row):
            if not isinstance(cell, str):
                sheet.write_number(number, column, cell, wrapped)
            else:
                sheet.write_string(number, column, cell[:32_000], wrapped)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(table.rows)), len(table.heading) - 1)
    sheet.set_column(0, 1, 9)
    sheet.set_column(2, 6, 18)
    sheet.set_column(7, 7, 70)
    sheet.set_column(8, len(table.heading) - 1, 18)
    book.close()
    return out.getvalue()


def _sheet_name(title: str) -> str:
    kept = "".join(" " if one in "[]:*?/\\" else one for one in title).strip(" '")
    return kept[:31] or "1"
