"""Believable consultations of Słupsk for a demonstration: running, to come, ended, cancelled. All people are invented.

`PLACES` names them for the parts: `demo_block(app, "plac-zwyciestwa", …)`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from app.actor import SYSTEM, Actor, Grant
from app.database import DATABASE, Tx
from app.wire import CITY
from portals.dialog import actions, joining, list_store, participant_store, plan, store
from portals.dialog.access import access_managed
from portals.dialog.blocks import BLOCKS
from portals.dialog.clock import tell_all
from portals.dialog.model import (
    Block,
    Consultation,
    ConsultationDraft,
    ParticipantDraft,
    PhaseDraft,
    Template,
    VerificationDraft,
)

CONTACT: Final = "Wydział Dialogu i Komunikacji Społecznej, tel. 59 000 00 00, konsultacje@gryf.example"
SELF_GOVERNMENT: Final = "Art. 5a ustawy o samorządzie gminnym; uchwała w sprawie zasad konsultacji"


class DemoPhase(msgspec.Struct, frozen=True):
    """Days from today at which it begins and ends (its last day), at 8:00 and 20:00."""

    title: str
    first_day: int
    last_day: int
    summary: str = ""


class DemoPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A consultation of the demonstration."""

    template: Template
    draft: ConsultationDraft
    phases: tuple[DemoPhase, ...]
    text: str
    cancelled: str = ""
    joined: tuple[str, ...] = ()


PLACES: Final[dict[str, DemoPlace]] = {
    # running, signed in: materials, discussion, remarks to a draft resolution; second phase to come
    "plac-zwyciestwa": DemoPlace(
        template="resolution",
        draft=ConsultationDraft(
            title="Plac Zwycięstwa: mniej aut, więcej zieleni",
            summary="Projekt uchwały o zmianie organizacji placu przed ratuszem: strefa piesza, 40 drzew, nowe miejsca "
            "postojowe przy ul. Szarych Szeregów. Uwagi do każdego paragrafu dostaną odpowiedź urzędu.",
            topic="Transport",
            districts=("Śródmieście",),
            contact=CONTACT,
            legal_basis=SELF_GOVERNMENT,
        ),
        phases=(
            DemoPhase("Uwagi i dyskusja", -6, 15, "Uwagi do projektu uchwały i rozmowa z projektantkami placu."),
            DemoPhase("Odpowiedzi urzędu", 16, 30, "Na każdą uwagę odpowiada właściwy wydział."),
            DemoPhase("Co z tego wynikło", 31, 90),
        ),
        text="# O czym rozmawiamy\n\nPlac przed ratuszem ma dziś **118 miejsc postojowych** i 9 drzew. Projekt zakłada "
        "strefę pieszą między ratuszem a ul. Szarych Szeregów, 40 lip i klonów oraz fontannę posadzkową.\n\n"
        "## Jak zabrać głos\n\n- dopisać uwagę do paragrafu projektu,\n- wziąć udział w dyskusji,\n"
        "- przyjść na spacer badawczy w sobotę o 11:00 pod ratusz.\n\nUwagi na papierze przyjmuje Biuro Obsługi "
        "Mieszkańców, parter, stanowisko 4.",
        joined=("resident", "resident2", "resident3"),
    ),
    # running, for legal persons too, anonymous allowed: map, remarks on paper
    "nadrzecze": DemoPlace(
        template="plan",
        draft=ConsultationDraft(
            title="Plan miejscowy „Nadrzecze II”",
            summary="Przeznaczenie terenów nad Słupią między ul. Orzeszkowej a torami: mieszkania, park nadrzeczny "
            "i linia zabudowy. Uwagi mogą wnosić mieszkańcy, firmy i organizacje.",
            topic="Planowanie",
            districts=("Nadrzecze", "Zatorze"),
            shown_as=("name", "pseudonym", "anonymous"),
            asked=("full_name", "address"),
            contact="Wydział Planowania Przestrzennego, pok. 305, planowanie@gryf.example",
            legal_basis="Art. 8i i 8j ustawy o planowaniu i zagospodarowaniu przestrzennym",
        ),
        phases=(
            DemoPhase("Uwagi do projektu planu", -10, 18),
            DemoPhase("Rozpatrzenie uwag", 19, 40),
        ),
        text="# Projekt planu\n\nPlan obejmuje **23,4 ha**. Rysunek planu i prognoza oddziaływania na środowisko leżą "
        "niżej w materiałach.\n\n| Symbol | Przeznaczenie | Powierzchnia |\n|---|---|---|\n"
        "| 1.MW | zabudowa wielorodzinna, do 4 kondygnacji | 6,1 ha |\n| 2.ZP | park nadrzeczny | 9,8 ha |\n"
        "| 3.KDD | drogi dojazdowe i ścieżka rowerowa | 3,2 ha |",
        joined=("resident2",),
    ),
    # running, verified residents: participatory budget in its voting phase (second of three)
    "budzet-obywatelski": DemoPlace(
        template="budget",
        draft=ConsultationDraft(
            title="Słupski Budżet Obywatelski 2027",
            summary="Dwa miliony złotych na projekty mieszkańców: 800 tys. zł ogólnomiejskie, reszta w dzielnicach. "
            "Głosują osoby, których dane sprawdził urząd.",
            topic="Budżet obywatelski",
            open_to="verified",
            kinds=("resident",),
            shown_as=("name", "pseudonym", "anonymous"),
            contact="Zespół ds. Budżetu Obywatelskiego, sbo@gryf.example",
            legal_basis="Art. 5a ust. 3–7 ustawy o samorządzie gminnym",
        ),
        phases=(
            DemoPhase("Zgłaszanie projektów", -75, -40),
            DemoPhase("Głosowanie", -3, 11, "Każda osoba rozdziela punkty między projekty miejskie i dzielnicowe."),
            DemoPhase("Wyniki i realizacja", 12, 200),
        ),
        text="# Zasady w skrócie\n\n1. Głosować może każda osoba mieszkająca w mieście, bez względu na wiek.\n"
        "2. Głos oddaje się **raz**, przez internet albo na papierze.\n3. Wygrywają projekty z największą liczbą "
        "punktów, aż do wyczerpania puli.\n\nKto nie ma jeszcze sprawdzonego konta, składa prośbę na stronie "
        "„Gdzie biorę udział”.",
        joined=("resident3",),
    ),
    # running, everyone without an account: survey that ends tomorrow
    "komunikacja-nocna": DemoPlace(
        template="survey",
        draft=ConsultationDraft(
            title="Nocne autobusy: o której i dokąd?",
            summary="Krótka ankieta o liniach nocnych w piątki i soboty. Bez konta, trzy minuty.",
            topic="Transport",
            open_to="everyone",
            contact="Zarząd Infrastruktury Miejskiej, transport@gryf.example",
            legal_basis=SELF_GOVERNMENT,
        ),
        phases=(DemoPhase("Ankieta", -13, 1), DemoPhase("Co z tego wynikło", 2, 60)),
        text="Od wiosny mają wrócić autobusy nocne. Pytamy, **kiedy** i **dokąd** są najbardziej potrzebne. Wyniki "
        "będą tu dzień po zakończeniu ankiety.",
    ),
    # coming: live consultation in five days; questions beforehand run now
    "szkola-na-zatorzu": DemoPlace(
        template="meeting",
        draft=ConsultationDraft(
            title="Nowa szkoła na Zatorzu: spotkanie na żywo",
            summary="Koncepcja szkoły dla 450 uczniów, z salą gimnastyczną otwartą po lekcjach. Pytania można zadawać "
            "wcześniej i na żywo.",
            topic="Edukacja",
            districts=("Zatorze",),
            shown_as=("name", "pseudonym"),
            contact="Wydział Edukacji, edukacja@gryf.example",
            legal_basis=SELF_GOVERNMENT,
        ),
        phases=(
            DemoPhase("Pytania przed spotkaniem", -2, 4),
            DemoPhase("Spotkanie na żywo", 5, 5, "Aula II LO i transmisja na tej stronie."),
            DemoPhase("Odpowiedzi i podsumowanie", 6, 40),
        ),
        text="# Porządek spotkania\n\n- przedstawienie koncepcji (20 min),\n- pytania z sali i z internetu,\n"
        "- sondy na żywo: boisko czy ogród, parking rowerowy, godziny otwarcia sali.\n\nNagranie zostanie tutaj.",
        joined=("resident",),
    ),
    # ended with a report: opinion map and outcome
    "park-kultury": DemoPlace(
        template="empty",
        draft=ConsultationDraft(
            title="Park Kultury i Wypoczynku: co zmienić?",
            summary="Zbieraliśmy opinie o ścieżkach, wybiegu dla psów, scenie letniej i oświetleniu parku.",
            topic="Zieleń",
            districts=("Śródmieście", "Nadrzecze"),
            shown_as=("name", "pseudonym", "anonymous"),
            contact=CONTACT,
            legal_basis=SELF_GOVERNMENT,
        ),
        phases=(DemoPhase("Opinie", -70, -45), DemoPhase("Raport", -44, -20)),
        text="Konsultacje zakończone. Wzięło w nich udział kilkaset osób; raport i odpowiedzi urzędu są poniżej.",
        joined=("resident", "resident2", "resident3"),
    ),
    # to come: nothing has begun
    "strategia-kultury": DemoPlace(
        template="resolution",
        draft=ConsultationDraft(
            title="Strategia kultury 2027–2033",
            summary="Projekt strategii: stypendia, biblioteki w dzielnicach, sceny plenerowe, dostępność.",
            topic="Kultura",
            contact="Wydział Kultury, kultura@gryf.example",
            legal_basis=SELF_GOVERNMENT,
        ),
        phases=(DemoPhase("Uwagi i dyskusja", 9, 37), DemoPhase("Odpowiedzi urzędu", 38, 52)),
        text="Projekt strategii pojawi się tu w dniu rozpoczęcia konsultacji.",
    ),
    # cancelled while it ran
    "strefa-parkowania": DemoPlace(
        template="survey",
        draft=ConsultationDraft(
            title="Rozszerzenie strefy płatnego parkowania",
            summary="Ankieta o przesunięciu granic strefy do ul. Kołłątaja i Lutosławskiego.",
            topic="Transport",
            districts=("Śródmieście",),
            contact="Zarząd Infrastruktury Miejskiej, transport@gryf.example",
            legal_basis=SELF_GOVERNMENT,
        ),
        phases=(DemoPhase("Ankieta", -8, 12),),
        text="Konsultacje dotyczyły granic strefy płatnego parkowania.",
        cancelled="Projekt uchwały wycofano; nowy, po analizie ruchu, trafi do konsultacji wiosną.",
        joined=("resident2",),
    ),
}

_LOGINS: Final = {
    "resident": ("jan.mieszkaniec", "Jan Wrona", "", "Zatorze"),
    "resident2": ("ola.mieszkanka", "Aleksandra Bielska", "", "Śródmieście"),
    "resident3": ("ewa.mieszkanka", "Ewa Jankowska", "", "Nadrzecze"),
    "consultation_clerk": ("konsultacje", "Beata Lipska", "consultation_clerk", ""),
    "consultation_moderator": ("moderator.konsultacji", "Igor Stolarz", "consultation_moderator", ""),
}
_SHOWN: Final = {
    "resident": ParticipantDraft(shown_as="name", district="Zatorze"),
    "resident2": ParticipantDraft(shown_as="pseudonym", pseudonym="Olcha", district="Śródmieście"),
    "resident3": ParticipantDraft(shown_as="name", district="Nadrzecze"),
}
_DETAILS: Final = {"full_name": "", "address": "ul. Orzeszkowej 11/4"}


async def fill(app: web.Application) -> None:
    """Adds what is missing."""
    actors = await demo_actors(app)
    async with app[DATABASE].transaction() as tx:
        for key in ("resident2", "resident3"):
            await _verify(tx, actors[key], key)
        await _asks(tx, actors["resident"])
    for place in PLACES.values():
        await _fill_place(app, actors, place)
    await tell_all(app[DATABASE], app[BLOCKS])


async def demo_actors(app: web.Application) -> dict[str, Actor]:
    """The demonstration's people of consultations: `resident`, `resident2`, `resident3` (the last two verified),
    `consultation_clerk`, `consultation_moderator`.
    """
    async with app[DATABASE].transaction(readonly=True) as tx:
        ids = await list_store.demo_accounts(tx, [login for login, *_rest in _LOGINS.values()])
    return {
        key: Actor(account_id=ids[login], name=name, login=login, grants=(Grant(role, "1"),) if role else ())
        for key, (login, name, role, _district) in _LOGINS.items()
        if login in ids
    }


async def demo_consultation(app: web.Application, place: str) -> Consultation:
    """A consultation of `PLACES`; NotFound where the demo was not filled."""
    async with app[DATABASE].transaction(readonly=True) as tx:
        found = await store.consultation_titled(tx, PLACES[place].draft.title)
    assert found is not None  # the core's demo data come first
    return found


async def demo_block(
    app: web.Application,
    place: str,
    kind: str,
    *,
    title: str = "",
    settings: Mapping[str, Any] | msgspec.Struct | None = None,
    phase: int = 1,
) -> Block | None:
    """Adds a block to a consultation; None where a block of this kind and title is there. `phase`: from 1, 0: none."""
    consultation = await demo_consultation(app, place)
    async with app[DATABASE].transaction() as tx:
        consultation = await access_managed(tx, SYSTEM, consultation.id)
        known = await store.blocks(tx, consultation.id, removed=True)
        if any(one.kind == kind and one.title == title for one in known):
            return None
        phases = await store.phases(tx, consultation.id)
        phase_id = phases[phase - 1].id if phase else None
        return await plan.add_block_in(
            tx, app[BLOCKS], SYSTEM, consultation, kind, phase_id=phase_id, title=title, settings=settings
        )


async def _fill_place(app: web.Application, actors: Mapping[str, Actor], place: DemoPlace) -> None:
    zone = ZoneInfo(app[CITY].time_zone)
    async with app[DATABASE].transaction() as tx:
        if await store.consultation_titled(tx, place.draft.title) is not None:
            return
        clerk = actors.get("consultation_clerk", SYSTEM)
        consultation = await actions.make_in(tx, clerk, place.template, place.draft)
        now = await tx.now()
        for one in place.phases:
            draft = PhaseDraft(
                title=one.title,
                summary=one.summary,
                starts_at=_at(now, one.first_day, 8, zone),
                ends_at=_at(now, one.last_day, 20, zone),
            )
            await store.add_phase(tx, consultation.id, draft)
        await plan.add_block_in(tx, app[BLOCKS], clerk, consultation, "information", settings={"text": place.text})
        for key in place.joined:
            await _join(tx, actors[key], consultation, _SHOWN[key])
        await store.publish_consultation(tx, consultation.id)
        await list_store.backdate(tx, consultation.id, _at(now, place.phases[0].first_day - 3, 10, zone))
    if place.cancelled:
        await tell_all(app[DATABASE], app[BLOCKS])
        await actions.cancel_consultation(app[DATABASE], app[BLOCKS], clerk, consultation.id, place.cancelled)


async def _join(tx: Tx, actor: Actor, consultation: Consultation, draft: ParticipantDraft) -> None:
    shown_as = draft.shown_as if draft.shown_as in consultation.shown_as else consultation.shown_as[0]
    details = {name: text or actor.name for name, text in _DETAILS.items() if name in consultation.asked}
    await joining.add(tx, actor, consultation, msgspec.structs.replace(draft, shown_as=shown_as, details=details))


async def _verify(tx: Tx, actor: Actor, key: str) -> None:
    if await participant_store.verification_of(tx, actor.account_id or 0) is None:
        draft = VerificationDraft(full_name=actor.name, district=_LOGINS[key][3], address="ul. Kopernika 7/3")
        row = await participant_store.ask_verification(tx, actor.account_id or 0, draft)
        await participant_store.decide_verification(tx, row.id, "verified", "", None)


async def _asks(tx: Tx, actor: Actor) -> None:
    if await participant_store.verification_of(tx, actor.account_id or 0) is None:
        draft = VerificationDraft(
            full_name=actor.name,
            district="Zatorze",
            address="ul. Hubalczyków 2/18",
            note="Mogę pokazać dowód w Biurze Obsługi Mieszkańców w czwartek.",
        )
        await participant_store.ask_verification(tx, actor.account_id or 0, draft)


def _at(now: datetime, days: int, hour: int, zone: ZoneInfo) -> datetime:
    """An hour of a day around today on the city's clocks."""
    day = now.astimezone(zone).date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, tzinfo=zone)
