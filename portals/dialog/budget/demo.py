"""Participatory budgets of the demonstration: one voted on now, one that is over, one that takes projects.

All people are invented; places are those of Słupsk.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from aiohttp import web

from app.actor import SYSTEM, Actor
from app.database import DATABASE, Tx
from app.search import folded
from portals.dialog import actions as dialog
from portals.dialog import list_store, participant_store, plan
from portals.dialog import store as dialog_store
from portals.dialog.access import access_block_to_manage
from portals.dialog.ballots import paper_store
from portals.dialog.ballots import store as ballots
from portals.dialog.ballots.demo import drop_ballots, invented
from portals.dialog.ballots.model import BatchDraft, Marks, Option, OptionDraft, VoteSettings
from portals.dialog.ballots.urn import URN
from portals.dialog.blocks import BLOCKS
from portals.dialog.budget import actions, rules, store
from portals.dialog.budget.model import BudgetSettings, CostItem, ProjectDraft
from portals.dialog.budget.projects_demo import (
    GREEN,
    GREEN_PROJECTS,
    IDEAS,
    PROJECTS,
    SENDING,
    SPOTS,
    VOTING,
    DemoProject,
)
from portals.dialog.clock import tell_all
from portals.dialog.demo import demo_actors, demo_block
from portals.dialog.joining import add as join
from portals.dialog.model import Consultation, ConsultationDraft, ParticipantDraft, PhaseDraft


async def fill(app: web.Application) -> None:
    """Adds what is missing."""
    people = await demo_actors(app)
    await _fill_running(app, people)
    await _fill_ended(app)
    await _fill_sending(app, people)
    await tell_all(app[DATABASE], app[BLOCKS])


async def _fill_running(app: web.Application, people: dict[str, Actor]) -> None:
    """The city's budget: projects checked, voting under way."""
    block = await demo_block(app, "budzet-obywatelski", actions.KIND, title="Projekty", settings=SENDING, phase=1)
    vote = await demo_block(
        app, "budzet-obywatelski", "ballots", title="Głosowanie na projekty", settings=VOTING, phase=2
    )
    if block is None or vote is None:
        return
    chance = random.Random(2027)  # noqa: S311 - invented data, the same each time
    async with app[DATABASE].transaction() as tx:
        place = await access_block_to_manage(tx, SYSTEM, vote.id, "ballots")
        authors = await invented(tx, place.consultation, chance, 12)
        await _projects(tx, block.id, authors, PROJECTS, place.now - timedelta(days=52))
        await _onto_ballot(tx, block.id, vote.id, place.consultation)
        options = await ballots.options(tx, vote.id)
        voters = authors + await _more(tx, place.consultation, 40)
        marks = [_points(chance, options, home) for _person, home in voters]
        await drop_ballots(tx, app[URN], place, VOTING, voters, marks)
        clerk = people["consultation_clerk"].account_id
        await _paper(tx, vote.id, options, clerk)


async def _more(tx: Tx, consultation: Consultation, count: int) -> list[tuple[int, str]]:
    found = []
    for number in range(count):
        district = ("Śródmieście", "Zatorze", "Nadrzecze", "Niepodległości")[number % 4]
        draft = ParticipantDraft(shown_as="anonymous", district=district)
        person = await join(tx, SYSTEM, consultation, draft, name=f"Głosująca osoba {number + 1}", paper=True)
        found.append((person.id, district))
    return found


def _points(chance: random.Random, options: Sequence[Option], home: str) -> Marks:
    """Ten points between projects of the city and of one district."""
    liked = {one.title: one.liked for one in PROJECTS}
    mine = [one for one in options if one.district in {"", home or "Zatorze"}]
    marks: Marks = {}
    for _point in range(10):
        chosen = chance.choices(mine, [liked[one.title] for one in mine])[0]
        marks[chosen.id] = marks.get(chosen.id, 0) + 1
    return marks


async def _paper(tx: Tx, vote_id: int, options: Sequence[Option], clerk: int | None) -> None:
    """A polling point that was confirmed, another one that waits."""
    first, second, third = options[2].id, options[5].id, options[10].id
    lines: list[tuple[Marks, int]] = [({first: 6, third: 4}, 12), ({second: 10}, 7), ({first: 5, second: 5}, 9)]
    written = "3:6, 11:4 x 12\n6:10 x 7\n3:5, 6:5 x 9"
    for place, district in (("Biuro Obsługi Mieszkańców", ""), ("Szkoła Podstawowa nr 6", "Zatorze")):
        draft = BatchDraft(place=place, district=district, written=written, invalid=2)
        batch_id = await paper_store.add_batch(tx, vote_id, draft, lines, clerk)
        if not district:
            await paper_store.decide_batch(tx, batch_id, "confirmed", None, "")


async def _fill_ended(app: web.Application) -> None:
    """A green budget: voted on, counted, final."""
    made = await _consultation(
        app,
        ConsultationDraft(
            title="Zielony Budżet 2026",
            summary="Dwieście tysięcy złotych na zieleń: mieszkańcy zgłosili pięć projektów i wybrali, co powstanie.",
            topic="Budżet obywatelski",
            contact="Zarząd Zieleni, zielen@gryf.example",
            legal_basis="Art. 5a ust. 3 ustawy o samorządzie gminnym",
        ),
        (("Zgłaszanie projektów", -130, -100), ("Głosowanie", -60, -46)),
    )
    if made is None:
        return
    consultation, phases = made
    chance = random.Random(2026)  # noqa: S311 - the same
    async with app[DATABASE].transaction() as tx:
        block = await plan.add_block_in(
            tx, app[BLOCKS], SYSTEM, consultation, actions.KIND, phase_id=phases[0], title="Projekty"
        )
        vote = await plan.add_block_in(
            tx, app[BLOCKS], SYSTEM, consultation, "ballots", phase_id=phases[1], title="Głosowanie", settings=GREEN
        )
        people = await invented(tx, consultation, chance, 60)
        now = await tx.now()
        await _projects(tx, block.id, people[:5], GREEN_PROJECTS, now - timedelta(days=110))
        await _onto_ballot(tx, block.id, vote.id, consultation)
        options = await ballots.options(tx, vote.id)
        weights = [one.liked for one in GREEN_PROJECTS]
        marks: list[Marks] = [
            dict.fromkeys(chance.choices([one.id for one in options], weights, k=2), 1) for _ in people
        ]
        place = await access_block_to_manage(tx, SYSTEM, vote.id, "ballots")
        await drop_ballots(tx, app[URN], place, GREEN, people, marks)
        await dialog_store.publish_consultation(tx, consultation.id)
        await list_store.backdate(tx, consultation.id, now - timedelta(days=133))
    await tell_all(app[DATABASE], app[BLOCKS])
    async with app[DATABASE].transaction() as tx:
        await ballots.set_final(tx, vote.id)


async def _fill_sending(app: web.Application, people: dict[str, Actor]) -> None:
    """A budget of young people that takes projects now."""
    made = await _consultation(
        app,
        ConsultationDraft(
            title="Młodzieżowy Budżet Obywatelski 2027",
            summary="Trzydzieści tysięcy złotych na pomysły osób od 13 do 19 lat. Projekt może zgłosić każda osoba z "
            "kontem; sprawdza je urząd, głosują szkoły.",
            topic="Budżet obywatelski",
            kinds=("resident",),
            shown_as=("name", "pseudonym"),
            contact="Młodzieżowa Rada Miasta, mrm@gryf.example",
            legal_basis="Art. 5b ustawy o samorządzie gminnym",
        ),
        (("Zgłaszanie projektów", -9, 12), ("Głosowanie", 40, 54)),
    )
    if made is None:
        return
    consultation, phases = made
    async with app[DATABASE].transaction() as tx:
        settings = BudgetSettings(
            city_most_pln=30_000, checks="Autor ma od 13 do 19 lat\nKoszt jest pełny\nMiejsce jest miejskie"
        )
        block = await plan.add_block_in(
            tx,
            app[BLOCKS],
            SYSTEM,
            consultation,
            actions.KIND,
            phase_id=phases[0],
            title="Projekty młodych",
            settings=settings,
        )
        await plan.add_block_in(
            tx, app[BLOCKS], SYSTEM, consultation, "ballots", phase_id=phases[1], title="Głosowanie szkół",
            settings=VoteSettings(method="points", most=5, budget=True, city_pool=30_000, ties="lower_cost"),
        )  # fmt: skip
        resident = await participant_store.participant_of(tx, consultation.id, people["resident"].account_id or 0)
        own = resident or await join(tx, people["resident"], consultation, ParticipantDraft(shown_as="name"))
        chance = random.Random(13)  # noqa: S311 - the same
        authors = [*await invented(tx, consultation, chance, 2), (own.id, "")]
        now = await tx.now()
        await _projects(tx, block.id, authors, IDEAS, now - timedelta(days=5))
        await dialog_store.publish_consultation(tx, consultation.id)
        await list_store.backdate(tx, consultation.id, now - timedelta(days=12))


async def _consultation(
    app: web.Application, draft: ConsultationDraft, phases: Sequence[tuple[str, int, int]]
) -> tuple[Consultation, list[int]] | None:
    """A draft with phases; None where it is there already."""
    async with app[DATABASE].transaction() as tx:
        if await dialog_store.consultation_titled(tx, draft.title) is not None:
            return None
        made = await dialog.make_in(tx, SYSTEM, "budget", draft)
        now = (await tx.now()).replace(minute=0, second=0, microsecond=0)
        ids = []
        for title, first, last in phases:
            one = PhaseDraft(title=title, starts_at=now + timedelta(days=first), ends_at=now + timedelta(days=last))
            ids.append((await dialog_store.add_phase(tx, made.id, one)).id)
        return made, ids


async def _projects(
    tx: Tx, block_id: int, authors: Sequence[tuple[int, str]], projects: Sequence[DemoProject], sent_at: datetime
) -> None:
    for number, one in enumerate(projects):
        person, _district = authors[number % len(authors)]
        draft = ProjectDraft(
            title=one.title,
            summary=one.summary,
            description=f"{one.summary}\n\n**Gdzie:** {one.place}.\n\nProjekt służy wszystkim, jest dostępny bez opłat "
            "i bez barier. Utrzymanie bierze na siebie miasto; szczegóły ustalimy z sąsiadami przed budową.",
            district=one.district,
            place=one.place,
            lat=_spot(one, number)[0],
            lng=_spot(one, number)[1],
            supporters=12 + number * 3 % 30,
            items=tuple(CostItem(name, cost) for name, cost in one.items),
        )
        words = folded(f"{one.title} {one.summary} {one.district} {one.place}")
        project_id = await store.add_project(tx, block_id, person, draft, words)
        await store.set_state(tx, project_id, "submitted", "", None)
        if one.state != "submitted":
            due = sent_at + timedelta(days=12) if one.state in {"correction", "rejected"} else None
            await store.set_state(tx, project_id, one.state, one.words, None, due)
        await store.backdate(tx, project_id, sent_at + timedelta(hours=number))


async def _onto_ballot(tx: Tx, block_id: int, vote_id: int, consultation: Consultation) -> None:
    for one in await store.projects(tx, block_id, ["admitted"]):
        draft = OptionDraft(
            title=one.title,
            description=one.summary,
            district=one.district,
            cost_pln=one.cost_pln,
            ref=f"project/{one.id}",
            path=rules.path_of(consultation.slug, one.id),
        )
        await ballots.add_option(tx, vote_id, draft)


def _spot(one: DemoProject, number: int) -> tuple[float | None, float | None]:
    """Somewhere in its district; every fifth project says in words alone where it is."""
    if number % 5 == 4:
        return None, None
    lat, lng = SPOTS.get(one.district, SPOTS[""])
    return round(lat + (number * 7 % 11 - 5) * 0.0009, 5), round(lng + (number * 5 % 13 - 6) * 0.0014, 5)
