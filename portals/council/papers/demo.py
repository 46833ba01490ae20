"""Believable papers, committees and invitations for a demonstration. All people and numbers are invented."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from xml.sax.saxutils import escape

import typst
from aiohttp import web

from app.actor import SYSTEM
from app.database import DATABASE, Tx
from app.files import DOCUMENTS, FILES, Upload
from portals.council import actions as council
from portals.council import store as council_store
from portals.council.members import store as members_store
from portals.council.members.model import CommitteeDraft
from portals.council.model import AgendaItem, ItemDraft, Session, SessionDraft
from portals.council.papers import actions, store
from portals.council.papers.model import PaperDraft
from portals.council.planning import actions as planning
from portals.council.rules import plain_letters

COMMITTEES: Final = (
    (
        CommitteeDraft("Komisja Finansów", "budżet miasta, podatki i opłaty, spółki miejskie"),
        ("Marek Wiśniewski", "Małgorzata Sowa", "Barbara Zielonka", "Łukasz Rutkowski", "Jacek Ćwik"),
        ("Opinia o projekcie budżetu na 2027 rok", "Stawki opłaty targowej", "Sprawy różne"),
    ),
    (
        CommitteeDraft("Komisja Gospodarki Komunalnej i Środowiska", "drogi, zieleń, czystość, mieszkania"),
        ("Katarzyna Śliwa", "Krzysztof Żurek", "Agnieszka Dąb", "Halina Mróz", "Stanisław Kępa"),
        ("Zimowe utrzymanie dróg i ścieżek rowerowych", "Plan „Nadrzecze II” – uwagi mieszkańców", "Sprawy różne"),
    ),
)
COMING: Final = (
    ItemDraft("Otwarcie sesji i stwierdzenie quorum", minutes=10),
    ItemDraft("Przyjęcie porządku obrad", minutes=10),
    ItemDraft("Podjęcie uchwał w sprawie budżetu", minutes=5),
    ItemDraft("Podjęcie uchwały budżetowej na 2027 rok", 1, minutes=120),
    ItemDraft("Podjęcie uchwały w sprawie wieloletniej prognozy finansowej", 1, minutes=25),
    ItemDraft("Podjęcie uchwały w sprawie planu pracy Rady Miejskiej na 2027 rok", minutes=20),
    ItemDraft("Interpelacje i zapytania radnych", minutes=30),
    ItemDraft("Zamknięcie sesji", minutes=5),
)
TYPST: Final = """
#set document(title: "{title}")
#set page(margin: 2.5cm, numbering: "1 / 1")
#set text(lang: "pl", size: 11pt)
#set par(justify: true)
= {title}
{body}
"""
BUDGET: Final = """
Na podstawie art. 18 ust. 2 pkt 4 ustawy o samorządzie gminnym Rada Miejska uchwala, co następuje:

*§ 1.* Ustala się dochody budżetu miasta w kwocie 812 450 000 zł.

*§ 2.* Ustala się wydatki budżetu miasta w kwocie {spending} zł, w tym na oświatę i wychowanie 301 200 000 zł, na drogi,
chodniki i ścieżki rowerowe 64 800 000 zł, na zieleń i ochronę środowiska 21 350 000 zł.

*§ 3.* Różnicę pokryją przychody z wolnych środków z lat ubiegłych.

*§ 4.* Wykonanie uchwały powierza się Prezydent Miasta.
"""
FORECAST: Final = """
Wieloletnia prognoza finansowa obejmuje lata 2027–2040. Wskaźnik zadłużenia maleje z 38 % do 21 %; żaden rok nie
przekracza granicy z art. 243 ustawy o finansach publicznych.
"""
PLAN: Final = ("Plan pracy Rady Miejskiej na 2027 rok", "I kwartał: strategia mieszkaniowa, zieleń w śródmieściu.",
               "II kwartał: sprawozdanie z wykonania budżetu, absolutorium.", "III kwartał: szkoły i przedszkola.",
               "IV kwartał: budżet na 2028 rok, plan pracy.")  # fmt: skip


async def fill(app: web.Application) -> None:
    """Does not mind what is there."""
    async with app[DATABASE].transaction() as tx:
        term = await council_store.newest_term(tx)
        coming = [one for one in await council_store.coming_sessions(tx, 20) if one.called_off_at is None]
        live = await council_store.live_sessions(tx)
        if term is None or await members_store.committees(tx, term.id):
            return
        await _addresses(tx, term.id)
        await _committees(tx, term.id, term.began_on)
    session = next((one for one in coming if one.committee_id is None), None)
    if session is not None:
        await planning.rewrite_agenda(app[DATABASE], SYSTEM, session.id, COMING, session.agenda_rev)
        await _papers(app, session)
    if live:
        await _live_papers(app, live[0])


async def _addresses(tx: Tx, term_id: int) -> None:
    """Where invitations go; one person has no address yet."""
    for one in (await members_store.councillors(tx, term_id))[:-1]:
        if not one.address:
            first, _space, last = one.name.partition(" ")
            await members_store.set_email(tx, one.id, f"{plain_letters(first)}.{plain_letters(last)}@gryf.example")


async def _committees(tx: Tx, term_id: int, since: date) -> None:
    known = {one.name: one.id for one in await members_store.councillors(tx, term_id)}
    for number, (draft, people, titles) in enumerate(COMMITTEES):
        committee = await members_store.add_committee(tx, term_id, draft)
        for place, name in enumerate(people):
            role = ("chair", "vice_chair")[place] if place < 2 else "member"
            if name in known:
                await members_store.take_seat(tx, committee.id, known[name], role, since)
        begins = (datetime.now(UTC) + timedelta(days=9 + number)).replace(hour=13, minute=0, second=0, microsecond=0)
        await council.plan_in(
            tx,
            SYSTEM,
            SessionDraft(
                number="",
                title=f"Posiedzenie: {draft.name}",
                place="Ratusz, sala 212, pl. Zwycięstwa 3",
                planned_at=begins,
                agenda=list(titles),
                committee_id=committee.id,
            ),
        )


async def _papers(app: web.Application, session: Session) -> None:
    items = await _items(app, session)
    first = await _pdf(app, "Projekt uchwały budżetowej na 2027 rok", BUDGET.format(spending="845 900 000"))
    second = await _pdf(app, "Projekt uchwały budżetowej na 2027 rok", BUDGET.format(spending="848 300 000"))
    title = "Projekt uchwały budżetowej na 2027 rok"
    (budget,) = await actions.add_papers(
        app, SYSTEM, session.id, [first], PaperDraft(title, "resolution", item_id=items[3].id)
    )
    await actions.add_version(app, SYSTEM, budget.id, second, "autopoprawka: 2,4 mln zł więcej na ścieżki rowerowe")
    async with app[DATABASE].transaction() as tx:
        await store.backdate_version(tx, budget.id, 1, datetime.now(UTC) - timedelta(days=6))
    forecast = await _pdf(app, "Prognoza finansowa – objaśnienia", FORECAST)
    await actions.add_papers(
        app,
        SYSTEM,
        session.id,
        [forecast],
        PaperDraft("Wieloletnia prognoza finansowa – objaśnienia", "justification", item_id=items[4].id),
    )
    plan = await _upload(app, await asyncio.to_thread(_docx, PLAN), "Plan pracy Rady Miejskiej – projekt.docx")
    await actions.add_papers(
        app,
        SYSTEM,
        session.id,
        [plan],
        PaperDraft(
            "Plan pracy – wersja robocza do uwag radnych",
            "other",
            "councillors",
            session.planned_at - timedelta(days=3),
            items[5].id,
        ),
    )


async def _live_papers(app: web.Application, session: Session) -> None:
    item = next((one for one in await _items(app, session) if "budżet" in one.title.lower()), None)
    if item is None:
        return
    upload = await _pdf(app, "Uzasadnienie zmian w budżecie", FORECAST)
    draft = PaperDraft("Uzasadnienie zmian w budżecie na 2026 rok", "justification", item_id=item.id)
    await actions.add_papers(app, SYSTEM, session.id, [upload], draft)


async def _items(app: web.Application, session: Session) -> list[AgendaItem]:
    async with app[DATABASE].transaction(readonly=True) as tx:
        return await council_store.agenda(tx, session.id)


async def _pdf(app: web.Application, title: str, body: str) -> Upload:
    source = TYPST.format(title=title, body=body).encode()
    return await _upload(app, await asyncio.to_thread(_compiled, source), f"{title}.pdf")


def _compiled(source: bytes) -> bytes:
    """Blocking: typst works for some tenths of a second."""
    made = typst.compile(source)
    assert isinstance(made, bytes)  # one document, no pages apart
    return made


async def _upload(app: web.Application, content: bytes, name: str) -> Upload:
    async def blocks() -> AsyncIterator[bytes]:
        yield content

    return await app[FILES].receive(blocks(), limit_bytes=10_000_000, accept=DOCUMENTS, name=name)


def _docx(paragraphs: tuple[str, ...]) -> bytes:
    """The smallest document that word processors open (ECMA-376)."""
    text = "".join(f"<w:p><w:r><w:t>{escape(one)}</w:t></w:r></w:p>" for one in paragraphs)
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{relation}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{word}"><w:body>{text}</w:body></w:document>',
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{content}')
    return made.getvalue()
