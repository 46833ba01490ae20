"""Believable materials on two consultations for a demonstration; files are made on the spot."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, Literal

import docx
import msgspec
import typst
from aiohttp import web

from app.actor import SYSTEM, Actor
from app.database import DATABASE
from app.files import FILES, Upload
from portals.dialog.demo import demo_actors, demo_block
from portals.dialog.materials import actions, rules, store
from portals.dialog.materials.actions import NAME
from portals.dialog.materials.model import Content, MaterialDraft

SOURCE: Final = Path(__file__).parent / "demo.typ"
SLIDES: Final = (
    ("Plac Zwycięstwa dziś i jutro", ("118 miejsc postojowych i 9 drzew", "latem do 46 °C na asfalcie"), 9),
    ("Co proponujemy", ("strefa piesza między ratuszem a ul. Szarych Szeregów", "40 lip i klonów, fontanna"), 40),
    ("Gdzie zaparkować", ("74 miejsca przy ul. Szarych Szeregów", "abonamenty na ul. Kowalskiej"), 0),
    ("Ile to kosztuje", ("6,4 mln zł, w tym 3,1 mln zł dotacji", "budowa: marzec – październik 2027"), 0),
    ("Jak zabrać głos", ("uwagi do paragrafów projektu do 15 dni od dziś", "spacer badawczy w sobotę o 11:00"), 0),
)
SCHOOL: Final = (
    ("Szkoła na Zatorzu", ("18 oddziałów, 450 miejsc", "otwarcie: wrzesień 2029"), 12),
    ("Trzy pomysły na teren", ("boisko i bieżnia", "ogród szkolny", "plac zabaw dla młodszych"), 24),
    ("Co dalej", ("opinie do końca konsultacji", "projekt budowlany: wiosna 2027"), 0),
)
FORECAST: Final = (
    ("1. Przedmiot prognozy", (("Prognoza dotyczy projektu planu miejscowego „Nadrzecze II” o powierzchni 23,4 ha nad "
     "Słupią, między ul. Orzeszkowej a linią kolejową."),)),
    ("2. Stan środowiska", (("Dolina rzeki jest korytarzem ekologicznym. Stwierdzono 31 gatunków ptaków lęgowych, w "
     "tym zimorodka. Wody powodziowe (Q 1 %) sięgają 18 m od brzegu."),)),
    ("3. Skutki ustaleń planu", (("Zabudowa terenu 1.MW zmniejszy powierzchnię biologicznie czynną o 2,1 ha; park "
     "nadrzeczny (2.ZP) zachowa 9,8 ha zieleni."), ("Zaleca się pas bez zabudowy szerokości 30 m i oświetlenie o "
     "barwie cieplejszej niż 3000 K."))),
)  # fmt: skip
QUESTIONS: Final = """## Czy wszystkie miejsca postojowe znikną?

Nie. Zostaje 8 miejsc dla osób z kartą parkingową i dojazd dla służb. **74 nowe miejsca** powstaną przy
ul. Szarych Szeregów, 150 m dalej.

## Kto będzie podlewał drzewa?

Przez trzy lata wykonawca, potem Zarząd Infrastruktury Miejskiej. Drzewa dostaną zbiorniki na deszczówkę.

## Co z jarmarkiem?

Zostaje. Prąd i woda będą doprowadzone do 24 stoisk."""


async def fill(app: web.Application) -> None:
    """Does not mind what is there."""
    clerk = (await demo_actors(app)).get("consultation_clerk", SYSTEM)
    await _square(app, clerk)
    await _plan(app, clerk)
    await _school(app, clerk)


async def _school(app: web.Application, clerk: Actor) -> None:
    """Slides for the live meeting about the new school."""
    block = await demo_block(app, "szkola-na-zatorzu", NAME, title="Materiały", phase=0)
    if block is None:
        return
    slides = {"kind": "slides", "title": "Szkoła na Zatorzu", "slides": [
        {"title": title, "lines": lines, "trees": trees} for title, lines, trees in SCHOOL
    ]}  # fmt: skip
    await _file(app, clerk, block.id, await _made(app, slides, "pdf", "Szkoła na Zatorzu.pdf"), MaterialDraft(
        summary="Trzy slajdy do spotkania na żywo.", slides=True
    ))  # fmt: skip


async def _square(app: web.Application, clerk: Actor) -> None:
    block = await demo_block(app, "plac-zwyciestwa", NAME, title="Materiały", phase=0)
    if block is None:
        return
    slides = {"kind": "slides", "title": "Koncepcja placu Zwycięstwa", "slides": [
        {"title": title, "lines": lines, "trees": trees} for title, lines, trees in SLIDES
    ]}  # fmt: skip
    await _file(app, clerk, block.id, await _made(app, slides, "pdf", "Koncepcja placu Zwycięstwa.pdf"), MaterialDraft(
        summary="Pięć slajdów projektantek: co się zmieni, gdzie zaparkować, ile to kosztuje.", slides=True
    ))  # fmt: skip
    picture = await _made(app, {"kind": "picture", "title": "Plac", "trees": 40}, "png", "plac-po-zmianach.png")
    await _file(app, clerk, block.id, picture, MaterialDraft(
        title="Plac po zmianach",
        summary="Szkic z lotu ptaka.",
        alt="Szkic placu z góry: ratusz po prawej, na środku owalna fontanna, wokół niej i przy krawędziach placu "
        "40 drzew; ulica Szarych Szeregów u góry.",
    ))  # fmt: skip
    words = MaterialDraft(title="Pytania i odpowiedzi", summary="O co pytano na spacerze badawczym.")
    await actions.add_material(app, clerk, block.id, "text", words, Content(text=QUESTIONS))
    link = MaterialDraft(title="Mapa zieleni miejskiej", summary="Gdzie dziś rosną drzewa w śródmieściu.")
    await actions.add_material(app, clerk, block.id, "link", link, Content(link="https://mapa.gryf.example/zielen"))
    async with app[DATABASE].transaction() as tx:
        await store.backdate_versions(tx, block.id, 6)


async def _plan(app: web.Application, clerk: Actor) -> None:
    block = await demo_block(app, "nadrzecze", NAME, title="Materiały do planu", phase=0)
    if block is None:
        return
    parts = [{"title": title, "lines": lines} for title, lines in FORECAST]
    plan = {"kind": "plan", "title": "Prognoza oddziaływania na środowisko", "parts": parts[:2]}
    name = "Prognoza oddziaływania na środowisko.pdf"
    draft = MaterialDraft(summary="Wymagana ustawą; skutki zabudowy dla rzeki, zieleni i zwierząt.")
    first = await _file(app, clerk, block.id, await _made(app, plan, "pdf", name), draft)
    second = await _made(app, {**plan, "parts": parts}, "pdf", name)
    note = Content(note="Dodano część 3: skutki ustaleń planu")
    await actions.add_version(app, clerk, first, note, second)
    minutes = await asyncio.to_thread(_minutes)
    draft = MaterialDraft(title="Protokół dyskusji publicznej", summary="Spotkanie w Domu Kultury, 43 osoby.")
    await _file(app, clerk, block.id, await _stored(app, minutes, "protokół dyskusji publicznej.docx"), draft)
    async with app[DATABASE].transaction() as tx:
        await store.backdate_versions(tx, block.id, 9)


async def _file(app: web.Application, clerk: Actor, block_id: int, upload: Upload, draft: MaterialDraft) -> int:
    return (await actions.add_material(app, clerk, block_id, "file", draft, Content(), upload)).id


async def _made(app: web.Application, data: dict[str, Any], form: Literal["pdf", "png"], name: str) -> Upload:
    return await _stored(app, await asyncio.to_thread(_compiled, data, form), name)


def _compiled(data: dict[str, Any], form: Literal["pdf", "png"]) -> bytes:
    """Blocking: typst works for some tenths of a second."""
    inputs = {"data": msgspec.json.encode(data).decode()}
    made = typst.compile(SOURCE.read_bytes(), format=form, ppi=110, sys_inputs=inputs, ignore_system_fonts=True)
    assert isinstance(made, bytes)  # one document; of a picture, one page
    return made


def _minutes() -> bytes:
    document = docx.Document()
    document.add_heading("Protokół dyskusji publicznej nad projektem planu „Nadrzecze II”", 1)
    for text in (
        "W dyskusji wzięły udział 43 osoby. Prowadziła ją kierowniczka Wydziału Planowania Przestrzennego.",
        "Pytano o wysokość zabudowy przy ul. Orzeszkowej, dojazd do parku i zagrożenie powodziowe.",
        "Ustalono, że wizualizacje zabudowy z poziomu ulicy zostaną dodane do materiałów.",
    ):
        document.add_paragraph(text)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


async def _stored(app: web.Application, content: bytes, name: str) -> Upload:
    async def blocks() -> AsyncIterator[bytes]:
        yield content

    return await app[FILES].receive(blocks(), limit_bytes=20_000_000, accept=rules.ACCEPTED, name=name)
