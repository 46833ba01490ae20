"""Asking for documents, and reading them."""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec
from aiohttp import web

from app.actor import SYSTEM, Actor
from app.database import DATABASE, Tx
from app.errors import Conflict, NotFound
from app.files import FILES, StoredFile, drop_file, stored_file
from app.i18n import LOCALES, _
from app.wire import CITY
from portals.council.model import Session
from portals.council.records.documents import store
from portals.council.records.documents.composing import CHOICES, OUTCOMES, Writer
from portals.council.records.documents.jobs import LARGEST, MAKE
from portals.council.records.documents.making import TYPES, bytes_of, csv_text, digest_of, now, set_document
from portals.council.records.documents.model import (
    Composition,
    Document,
    DocumentChanged,
    DocumentList,
    Format,
    Kind,
    Make,
    Package,
    documents_room,
)
from portals.council.records.facts import store as facts_store
from portals.council.records.facts.model import SessionFact, SessionFacts
from portals.council.rules import DESK_ROLES, can_run

FORMATS: Final[dict[Kind, tuple[Format, ...]]] = {
    "minutes": ("pdf", "docx"),
    "votes": ("pdf", "docx"),
    "attendance": ("pdf", "docx"),
    "package": ("zip",),
}
PUBLIC: Final[frozenset[Kind]] = frozenset({"votes", "attendance"})
FILE_NAMES: Final = {
    "minutes": _("minutes"),
    "votes": _("named-votes"),
    "attendance": _("attendance"),
    "package": _("bulletin"),
}

Exported = Callable[[SessionFacts], dict[str, str]]
"""Facts → files of open data by name; given by whoever knows its form."""

EXPORTED: web.AppKey[Exported] = web.AppKey("session_export")


class Setting:
    """One document at a time is set for visitors, so that a crowd costs one core."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()


SETTING: web.AppKey[Setting] = web.AppKey("document_setting", Setting)


async def access_session(tx: Tx, _actor: Actor, slug: str) -> SessionFact:
    """A session that was held or goes on: of one that is planned there is nothing to tell."""
    session = await facts_store.session_by_slug(tx, slug)
    if session is None or session.state == "planned":
        raise NotFound
    return session


async def access_office(tx: Tx, actor: Actor, session_id: int) -> SessionFact:
    """The session for those who keep its documents; for others it has none."""
    session = await facts_store.session_by_id(tx, session_id)
    if session is None or (not can_run(actor) and actor != SYSTEM):
        raise NotFound
    return session


class DocumentsPanel(msgspec.Struct, frozen=True):
    """What there is to download beside a session, and which roles make documents of it."""

    votes: bool
    attendance: bool
    office: frozenset[str]


async def panel(tx: Tx, _actor: Actor, session: Session) -> DocumentsPanel:
    votes, attendance = await store.has_lists(tx, session.id)
    return DocumentsPanel(votes, attendance, frozenset(DESK_ROLES))


async def document_list(tx: Tx, actor: Actor, session_id: int) -> DocumentList:
    await access_office(tx, actor, session_id)
    return DocumentList(await store.documents(tx, session_id))


def compose(app: web.Application, facts: SessionFacts, kind: Kind) -> Composition:
    """In the city's language."""
    writer = Writer(app[LOCALES].default, app[CITY].office)
    if kind == "minutes":
        return writer.minutes(facts)
    return writer.votes(facts) if kind == "votes" else writer.attendance(facts)


async def content_of(app: web.Application, tx: Tx, session: SessionFact, kind: Kind) -> Composition | Package:
    """What a document of now would hold."""
    facts = await facts_store.facts(tx, session)
    if kind != "package":
        return compose(app, facts, kind)
    documents = {f"{name_of(app, session, one)}.pdf": compose(app, facts, one) for one in ("votes", "attendance")}
    about = {
        "session": session.title,
        "number": session.number,
        "held_at": session.held_at.isoformat(timespec="seconds"),
        "office": app[CITY].office,
        "city": app[CITY].name,
    }
    return Package(documents, app[EXPORTED](facts), await store.papers(tx, session.id), about)


def name_of(app: web.Application, session: SessionFact, kind: Kind) -> str:
    """«imienne-glosowania-xxxi-2026-11-25»"""
    return f"{app[LOCALES].default.gettext(FILE_NAMES[kind])}-{session.slug}"


async def order(app: web.Application, actor: Actor, session_id: int, kind: Kind, form: Format) -> Document:
    """Asks for a document of what is known now; the worker makes it."""
    async with app[DATABASE].transaction() as tx:
        session = await access_office(tx, actor, session_id)
        if form not in FORMATS[kind]:
            raise NotFound
        if session.state == "planned":
            raise Conflict("The session has not begun: there is nothing to write down yet")
        content = await content_of(app, tx, session, kind)
        digest = digest_of(content, form)
        document = await store.ask(tx, session_id, kind, form, digest)
        name = f"{name_of(app, session, kind)}.{form}"
        await tx.enqueue(MAKE, Make(session_id, kind, form, digest, content, name))
        tx.publish(documents_room(session_id), DocumentChanged(document))
        await tx.audit(actor, "document.order", f"session/{session_id}", kind=kind, format=form)
        return document


async def current_digests(app: web.Application, tx: Tx, session: SessionFact) -> dict[str, str]:
    """Digest of each document as it would be now, by its name: what differs is out of date."""
    found: dict[str, str] = {}
    for kind, formats in FORMATS.items():
        content = await content_of(app, tx, session, kind)
        found |= {f"{kind}.{form}": digest_of(content, form) for form in formats}
    return found


async def access_made(tx: Tx, actor: Actor, session_id: int, kind: Kind, form: Format) -> StoredFile:
    """The file of a document, for the office."""
    await access_office(tx, actor, session_id)
    document = await store.document(tx, session_id, kind, form)
    if document is None or document.file_id is None:
        raise NotFound
    return await stored_file(tx, document.file_id)


async def public_document(app: web.Application, actor: Actor, slug: str, kind: Kind) -> StoredFile:
    """The named votes or the attendance list as PDF, set anew where something has changed since."""
    if kind not in PUBLIC:
        raise NotFound
    async with app[SETTING].turn:
        async with app[DATABASE].transaction(readonly=True) as tx:
            session = await access_session(tx, actor, slug)
            content = await content_of(app, tx, session, kind)
            document = await store.document(tx, session.id, kind, "pdf")
            digest = digest_of(content, "pdf")
            if document is not None and document.made_for == digest and document.file_id is not None:
                return await stored_file(tx, document.file_id)
        assert isinstance(content, Composition)
        raw = await set_document(content, "pdf", now())
        upload = await app[FILES].receive(
            bytes_of(raw),
            limit_bytes=LARGEST,
            accept=frozenset({TYPES["pdf"]}),
            name=f"{name_of(app, session, kind)}.pdf",
        )
        async with app[DATABASE].transaction() as tx:
            await store.ask(tx, session.id, kind, "pdf", digest)
            stored = await app[FILES].keep(tx, upload, None)
            done = await store.finish(tx, session.id, kind, "pdf", digest, stored.id)
            assert done is not None  # asked for in this very transaction
            if done[1] is not None:
                await drop_file(tx, done[1])
            tx.publish(documents_room(session.id), DocumentChanged(done[0]))
            await tx.audit(SYSTEM, "document.made", f"session/{session.id}", name=stored.name, bytes=stored.bytes)
        return stored


def votes_csv(writer: Writer, facts: SessionFacts, *, bom: bool) -> str:
    """One line a ballot."""
    header = [
        writer.say(one)
        for one in (_("Vote"), _("Title"), _("Closed"), _("Result"), _("Name and surname"), _("Club"), _("Choice"))
    ]
    rows: list[list[object]] = []
    for vote in facts.votes:
        closed = vote.closed_at.astimezone(writer.locale.zone).isoformat(timespec="seconds")
        outcome = writer.say(OUTCOMES[vote.outcome])
        for ballot in vote.ballots:
            choice = writer.say(CHOICES[ballot.choice]) if not vote.secret else writer.say(_("secret vote"))
            rows.append([vote.number, vote.title, closed, outcome, ballot.name, ballot.club or "", choice])
        if vote.paper:
            rows.append([vote.number, vote.title, closed, outcome, "", "", writer.say(_("secret vote"))])
    return csv_text(header, rows, bom=bom)
