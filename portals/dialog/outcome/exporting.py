"""The report as open data (JSON, CSV) and as a PDF. Blocking: call in a thread.

All of it is made of `Report`, so there is in it what everybody may read: nothing hidden, no name that is not shown.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import typst
from markdown_it import MarkdownIt

from app.i18n import Locale, _
from portals.dialog.model import Author, Consultation
from portals.dialog.outcome.model import (
    Count,
    Entry,
    OpenBlock,
    OpenConsultation,
    OpenContribution,
    OpenCount,
    OpenReport,
    Report,
)
from portals.dialog.outcome.rules import STATUSES
from portals.dialog.spreadsheets import csv_lines

SOURCE: Final = Path(__file__).with_name("report.typ")
SCHEMA_PATH: Final = "/api/dialog/outcome/schema"
COLUMNS: Final = (
    "block", "kind", "ref", "at", "address", "author", "author_shown", "author_kind", "text", "status", "answer",
    "answered_at",
)  # fmt: skip
_KINDS: Final = {"resident": _("Resident"), "business": _("Business"), "organisation": _("Organisation")}
_PEOPLE: Final = {"anonymous": _("Anonymous person"), "erased": _("Account removed")}
NOT_TOLD: Final = _("not told")


class Line(msgspec.Struct, frozen=True):
    """A paragraph of the conclusions: `kind` is heading, item or text."""

    kind: str
    text: str


class Table(msgspec.Struct, frozen=True):
    """Names and numbers."""

    title: str
    header: list[str]
    rows: list[list[str]]


class Said(msgspec.Struct, frozen=True):
    """A contribution with its answer."""

    who: str
    text: str
    status: str
    answer: list[Line]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What the PDF says."""

    title: str
    subtitle: str
    office: str
    language: str
    note: str
    conclusions_title: str
    conclusions: list[Line]
    tables: list[Table]
    said_title: str
    said: list[Said]


def open_report(consultation: Consultation, report: Report, origin: str, locale: Locale, now: datetime) -> OpenReport:
    """Open data."""
    newest = report.versions[0] if report.versions else None
    return OpenReport(
        schema=origin + SCHEMA_PATH,
        consultation=OpenConsultation(
            id=consultation.id,
            title=consultation.title,
            address=origin + consultation.path,
            topic=consultation.topic,
            districts=consultation.districts,
            state=consultation.state,
        ),
        made_at=now,
        people=report.turnout.people,
        contributors=report.turnout.contributors,
        kinds=[OpenCount(one.name, one.count) for one in report.turnout.kinds],
        districts=[OpenCount(one.name, one.count) for one in report.turnout.districts],
        statuses={str(name): count for name, count in report.statuses.items()},
        blocks=[
            OpenBlock(
                one.block_id,
                one.kind,
                locale.gettext(one.title),
                [OpenCount(locale.gettext(figure.name), figure.count) for figure in one.figures],
            )
            for one in report.blocks
        ],
        contributions=[_open_contribution(one, origin) for one in report.entries],
        conclusions=newest.text if newest else "",
        conclusions_version=newest.number if newest else 0,
    )


def _open_contribution(one: Entry, origin: str) -> OpenContribution:
    return OpenContribution(
        block=one.block_id,
        kind=one.kind,
        ref=one.ref,
        at=one.at,
        address=origin + one.path,
        author=one.author.name if one.author else "",
        author_shown=one.author.shown if one.author else "none",
        author_kind=one.author.kind if one.author else None,
        text=one.text,
        status=one.status,
        answer=one.answer.answer if one.answer else "",
        answered_at=one.answer.answered_at if one.answer else None,
    )


def json_of(made: OpenReport) -> bytes:
    return msgspec.json.format(msgspec.json.encode(made), indent=1)


def schema() -> dict[str, Any]:
    """JSON Schema of the open data."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(OpenReport)}


def csv_of(made: OpenReport) -> bytes:
    """Contributions and answers; see `portals.dialog.spreadsheets`."""
    rows = (msgspec.to_builtins(one) for one in made.contributions)
    lines = (["" if row[name] is None else str(row[name]) for name in COLUMNS] for row in rows)
    return csv_lines([COLUMNS, *lines])


def document(consultation: Consultation, report: Report, office: str, locale: Locale, now: datetime) -> Document:
    """The PDF's words, in the reader's language."""
    turnout = report.turnout
    newest = report.versions[0] if report.versions else None
    number = locale.gettext(_("How many"))
    facts = [
        Count(_("People who take part"), turnout.people),
        Count(_("Of them wrote something"), turnout.contributors),
    ]
    kinds = [Count(_KINDS.get(one.name, one.name), one.count) for one in turnout.kinds]
    districts = [Count(one.name or _("without a district"), one.count) for one in turnout.districts]
    statuses = [Count(STATUSES[status], count) for status, count in report.statuses.items()]
    tables = [
        _table(locale, _("Turnout"), _("Who"), number, facts),
        _table(locale, _("By kind"), _("Who"), number, kinds),
        _table(locale, _("By district"), _("District"), number, districts),
        *(_table(locale, one.title, _("What"), number, one.figures) for one in report.blocks if one.figures),
        _table(locale, _("Answers by status"), _("Status"), number, statuses),
    ]
    return Document(
        title=locale.gettext(_("Report of the consultation")),
        subtitle=consultation.title,
        office=office,
        language=locale.language,
        note=f"{consultation.title} · {locale.format_datetime(now, weekday=False)}",
        conclusions_title=locale.gettext(_("Conclusions of the office")),
        conclusions=plain_lines(newest.text) if newest else [],
        tables=[one for one in tables if one.rows],
        said_title=locale.gettext(_("What people wrote, and what became of it")),
        said=[_said(one, locale) for one in report.entries],
    )


def _table(locale: Locale, title: str, name: str, number: str, counts: Sequence[Count]) -> Table:
    rows = [[locale.gettext(one.name), shown_count(one.count, locale)] for one in counts]
    return Table(locale.gettext(title), [locale.gettext(name), number], rows)


def shown_count(count: int | None, locale: Locale) -> str:
    return locale.gettext(NOT_TOLD) if count is None else locale.format_number(count)


def _said(one: Entry, locale: Locale) -> Said:
    day = locale.format_date(one.at.astimezone(locale.zone).date(), weekday=False)
    who = f"{day} · {author_words(one.author, locale)} · {locale.gettext(one.block_title)}"
    answer = plain_lines(one.answer.answer) if one.answer else []
    return Said(who, one.text, locale.gettext(STATUSES[one.status]), answer)


def author_words(author: Author | None, locale: Locale) -> str:
    """How the public sees somebody, in words."""
    if author is None:
        return locale.gettext(_("without an account"))
    if author.shown in _PEOPLE:
        return locale.gettext(_PEOPLE[author.shown])
    return f"{author.name}, {author.organisation}" if author.organisation else author.name


def plain_lines(text: str) -> list[Line]:
    """Markdown as paragraphs: what people wrote travels as data, never as source."""
    lines, inside = [], "text"
    for token in MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).parse(text):
        if token.type == "heading_open":
            inside = "heading"
        elif token.type == "list_item_open":
            inside = "item"
        elif token.type in {"heading_close", "list_item_close"}:
            inside = "text"
        elif token.type in {"fence", "code_block"}:
            lines.append(Line("text", token.content.rstrip()))
        elif token.type == "inline":
            words = "".join(
                " " if child.type in {"softbreak", "hardbreak"} else child.content for child in token.children or ()
            )
            lines.append(Line(inside, words))
    return [line for line in lines if line.text.strip()]


def pdf_of(made: Document, now: datetime) -> bytes:
    """Tagged (PDF/UA-1)."""
    content: Any = typst.compile(
        SOURCE.read_bytes(),
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"data": msgspec.json.encode(made).decode()},
        ignore_system_fonts=True,
        timestamp=now.replace(microsecond=0),
    )
    assert isinstance(content, bytes)
    return content
