"""Believable drafts with remarks for a demonstration: a resolution in two versions, a plan. All people are invented."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from app.actor import SYSTEM, Actor
from app.database import DATABASE
from app.wire import CITY
from portals.dialog.demo import demo_actors, demo_block
from portals.dialog.remarks import actions, drafting, store, version_store
from portals.dialog.remarks.model import Answer, NewRemark, PaperRemark, Paragraph, Position, RemarkRow, Version

RESOLUTION: Final = """# Uchwała Rady Miejskiej w Słupsku w sprawie organizacji placu Zwycięstwa (projekt)

Na podstawie art. 18 ust. 2 pkt 15 ustawy z dnia 8 marca 1990 r. o samorządzie gminnym oraz art. 10
ust. 6 ustawy – Prawo o ruchu drogowym uchwala się, co następuje:

§ 1. Na placu Zwycięstwa ustala się strefę pieszą w granicach określonych na mapie stanowiącej załącznik nr 1.

§ 2. 1. W strefie pieszej zakazuje się postoju pojazdów z wyjątkiem:

1) pojazdów osób z kartą parkingową, na 8 wyznaczonych miejscach;

2) pojazdów zaopatrzenia w godzinach 6:00–9:00;

3) pojazdów służb miejskich i ratowniczych.

2. Przejazd rowerem przez strefę jest dozwolony z prędkością nie większą niż 10 km/h.

§ 3. 1. W strefie sadzi się 40 drzew: lip drobnolistnych i klonów polnych, o obwodzie pnia nie mniejszym niż 20 cm.

2. Nawierzchnię wykonuje się z materiałów przepuszczających wodę na co najmniej 30 % powierzchni placu.

3. Na placu ustawia się fontannę posadzkową, czynną od maja do września.

§ 4. 1. W zamian za likwidowane miejsca postojowe wyznacza się 74 miejsca przy ul. Szarych Szeregów.

2. Opłata za postój w miejscach, o których mowa w ust. 1, wynosi:

a) za pierwszą godzinę – 2,00 zł;

b) za każdą następną godzinę – 3,00 zł.

§ 5. Ogródki gastronomiczne mogą zajmować nie więcej niż 15 % powierzchni strefy i działać do godziny 22:00.

§ 6. Imprezy na placu organizuje się nie częściej niż 12 razy w roku.

§ 7. Wykonanie uchwały powierza się Prezydent Miasta Słupska.

§ 8. Uchwała wchodzi w życie po upływie 14 dni od dnia ogłoszenia w Dzienniku Urzędowym Województwa Pomorskiego."""
CHANGES: Final = (
    ("na 8 wyznaczonych miejscach", "na 12 wyznaczonych miejscach, w tym 2 przy wejściu do ratusza"),
    ("w godzinach 6:00–9:00", "w godzinach 5:00–10:00"),
    ("sadzi się 40 drzew: lip drobnolistnych i klonów polnych",
     "sadzi się co najmniej 46 drzew: lip drobnolistnych, klonów polnych i głogów"),
    ("§ 6. Imprezy na placu organizuje się nie częściej niż 12 razy w roku.\n\n", ""),
    ("§ 7. Wykonanie", "§ 6. Wykonanie"),
    ("§ 8. Uchwała", "§ 7. Uchwała"),
    ("czynną od maja do września.",
     "czynną od maja do września.\n\n4. Przy fontannie ustawia się poidło z wodą pitną i ławki w cieniu drzew."),
)  # fmt: skip
PLAN: Final = """# Projekt planu miejscowego „Nadrzecze II” – ustalenia szczegółowe

§ 1. Plan obejmuje teren 23,4 ha między ul. Orzeszkowej, rzeką Słupią i linią kolejową.

§ 2. Dla terenu 1.MW ustala się zabudowę mieszkaniową wielorodzinną:

1) wysokość do 4 kondygnacji i nie więcej niż 15 m;

2) powierzchnia biologicznie czynna nie mniejsza niż 35 %;

3) co najmniej 1,2 miejsca postojowego na mieszkanie.

§ 3. Dla terenu 2.ZP ustala się park nadrzeczny z ogólnodostępną ścieżką pieszo-rowerową.

§ 4. Zakazuje się zabudowy w odległości mniejszej niż 30 m od brzegu rzeki."""


class DemoRemark(msgspec.Struct, frozen=True, kw_only=True):
    """Who says what of which words, how many days ago; what the office says to it."""

    who: str
    place: str
    text: str
    days: float
    quote: str = ""
    proposal: str = ""
    position: Position = ""
    answer: str = ""


REMARKS: Final = (
    DemoRemark(
        who="resident",
        place="§ 2 ust. 1 pkt 1",
        quote="na 8 wyznaczonych miejscach",
        text="Osiem miejsc to za mało: dziś jest ich jedenaście i rano wszystkie są zajęte. Proszę o co najmniej dwa "
        "miejsca przy samym wejściu do ratusza.",
        proposal="na 12 wyznaczonych miejscach, w tym 2 przy wejściu do ratusza;",
        days=5,
        position="accepted",
        answer="Liczbę miejsc zwiększono do 12, w tym 2 przy wejściu do ratusza.",
    ),
    DemoRemark(
        who="resident2",
        place="§ 3 ust. 1",
        quote="40 drzew",
        text="Na planie widać miejsce na więcej. Proszę o gatunki, które znoszą sól i suszę, na przykład głóg.",
        days=4.5,
        position="partly",
        answer="Posadzimy co najmniej 46 drzew, dodano głogi. Więcej nie pozwala przebieg sieci ciepłowniczej.",
    ),
    DemoRemark(
        who="resident3",
        place="§ 2 ust. 1 pkt 2",
        text="Piekarnia i sklepy przyjmują towar od piątej. Dostawy po dziewiątej też się zdarzają.",
        proposal="w godzinach 5:00–10:00;",
        days=4,
        position="accepted",
        answer="Godziny zaopatrzenia zmieniono zgodnie z uwagą.",
    ),
    DemoRemark(
        who="resident2",
        place="§ 6",
        quote="nie częściej niż 12 razy w roku",
        text="Nie rozumiem, po co ten limit. Jarmark i koncerty to jedyne, co dziś ożywia plac.",
        days=3.5,
        position="accepted",
        answer="Paragraf skreślono; liczbę imprez określi regulamin placu.",
    ),
    DemoRemark(
        who="resident",
        place="§ 4 ust. 1",
        quote="74 miejsca przy ul. Szarych Szeregów",
        text="To o 44 miejsca mniej niż dziś. Gdzie mają parkować mieszkańcy kamienic przy placu?",
        days=3,
        position="rejected",
        answer="Mieszkańcy placu dostaną abonamenty na parking przy ul. Kowalskiej (120 miejsc, 350 m).",
    ),
    DemoRemark(
        who="resident3",
        place="§ 3 ust. 3",
        text="Przy fontannie potrzebne jest poidło i ławki w cieniu, inaczej dzieci nie będzie jak przypilnować.",
        days=2.5,
    ),
    DemoRemark(
        who="resident2",
        place="§ 5",
        quote="do godziny 22:00",
        text="W piątki i soboty latem proszę o 23:00, w pozostałe dni 22:00 jest w porządku.",
        days=1,
    ),
)


async def fill(app: web.Application) -> None:
    """Does not mind what is there."""
    actors = await demo_actors(app)
    await _resolution(app, actors)
    await _plan(app, actors)


async def _resolution(app: web.Application, actors: dict[str, Actor]) -> None:
    intro = (
        "Do każdego paragrafu można dopisać uwagę. **Na każdą odpowiemy** najpóźniej 14 dni po zakończeniu zbierania."
    )
    block = await demo_block(
        app, "plac-zwyciestwa", "remarks", title="Projekt uchwały: uwagi", settings={"intro": intro}
    )
    if block is None:
        return
    await demo_block(app, "plac-zwyciestwa", "remarks", title="Odpowiedzi na uwagi", phase=2)
    database = app[DATABASE]
    clerk = actors.get("consultation_clerk", SYSTEM)
    first = await drafting.make_version(database, clerk, block.id, 0, RESOLUTION, title="Projekt z 20 listopada")
    made = [await _remark(app, actors, first, one) for one in REMARKS]
    await _paper(app, clerk, first, "§ 4 ust. 2 lit. b", "Stanisław Kępiński")
    second_text = RESOLUTION
    for before, after in CHANGES:
        assert before in second_text
        second_text = second_text.replace(before, after)
    note = "Więcej miejsc dla osób z kartą parkingową, dłuższe godziny zaopatrzenia, 46 drzew, bez limitu imprez."
    second = await drafting.make_version(
        database, clerk, block.id, 1, second_text, title="Projekt po pierwszych uwagach", note=note
    )
    for row, one in zip(made, REMARKS, strict=True):
        if one.position:
            await actions.answer_remark(database, clerk, row.id, Answer(one.position, one.answer, row.rev + 1))
    async with database.transaction() as tx:
        await version_store.backdate_version(tx, first.id, 6)
        await version_store.backdate_version(tx, second.id, 1.5)
        for row, one in zip(made, REMARKS, strict=True):
            await store.backdate_remark(tx, row.id, one.days)


async def _plan(app: web.Application, actors: dict[str, Actor]) -> None:
    block = await demo_block(app, "nadrzecze", "remarks", title="Ustalenia planu: uwagi")
    if block is None:
        return
    clerk = actors.get("consultation_clerk", SYSTEM)
    version = await drafting.make_version(app[DATABASE], clerk, block.id, 0, PLAN, title="Projekt do wyłożenia")
    text = "Cztery kondygnacje przy domach jednorodzinnych na ul. Orzeszkowej to za wysoko. Wnoszę o trzy."
    who, place = "resident2", "§ 2 pkt 1"
    await _remark(app, actors, version, DemoRemark(who=who, place=place, quote="do 4 kondygnacji", text=text, days=2))
    await _paper(app, clerk, version, "§ 4", "Krystyna Zielińska", "Koło Łowieckie i Wędkarskie „Słupia”")


async def _remark(app: web.Application, actors: dict[str, Actor], version: Version, one: DemoRemark) -> RemarkRow:
    paragraph = await _paragraph(app, version, one.place)
    new = NewRemark(
        paragraph_id=paragraph.paragraph_id,
        version=version.number,
        text=one.text,
        proposal=one.proposal,
        quote=one.quote,
        starts=max(0, paragraph.text.find(one.quote)),
    )
    return await actions.add_remark(app[DATABASE], actors[one.who], version.block_id, new)


async def _paper(
    app: web.Application, clerk: Actor, version: Version, place: str, name: str, organisation: str = ""
) -> None:
    zone = ZoneInfo(app[CITY].time_zone)
    paragraph = await _paragraph(app, version, place)
    paper = PaperRemark(
        paragraph_id=paragraph.paragraph_id,
        text="Trzydzieści metrów to za mało przy wysokiej wodzie. Proszę o 50 m, jak w poprzednim planie."
        if organisation
        else "Trzy złote za godzinę to dużo dla emeryta. Proszę o jedną stawkę przez cały dzień.",
        name=name,
        kind="organisation" if organisation else "resident",
        organisation=organisation,
        received=(version.created_at.astimezone(zone) - timedelta(days=1)).date(),
    )
    await actions.add_paper_remark(app[DATABASE], clerk, version.block_id, paper, zone)


async def _paragraph(app: web.Application, version: Version, place: str) -> Paragraph:
    async with app[DATABASE].transaction(readonly=True) as tx:
        paragraphs = await version_store.paragraphs(tx, version.id)
    return next(one for one in paragraphs if one.place == place)
