"""Believable attendance and votes for a demonstration: of past sessions, and of the one on air."""

import random
from datetime import datetime, timedelta
from typing import Final

import msgspec
from aiohttp import web

from app.actor import SYSTEM
from app.database import DATABASE, Tx
from app.identity.identity import IDENTITY
from app.identity.keys import Keys
from portals.council import store as council_store
from portals.council.model import AgendaItem, Session
from portals.council.votes import actions, store, urn, views
from portals.council.votes.model import Attendance, Choice, Member, VoteDraft
from portals.council.votes.roll import store as roll_store


class Planned(msgspec.Struct, frozen=True):
    """A vote as it went. `item`: place on the agenda, from 1; `moods`: how much each club was for it, 0 to 1."""

    item: int
    minute: int
    title: str
    moods: tuple[float, float, float, float] = (0.98, 0.95, 0.95, 0.9)
    majority: str = "simple"
    secret: bool = False
    repeat_reason: str = ""


PAST: Final[dict[str, tuple[Planned, ...]]] = {
    "XXX": (
        Planned(2, 27, "Przyjęcie porządku obrad"),
        Planned(2, 33, "Wniosek o zdjęcie z porządku punktu o dotacjach na zabytki", (0.05, 0.85, 0.4, 0.5)),
        Planned(3, 58, "Poprawka: Rondo Kaszubskie zamiast Ronda Rybackiego", (0.3, 0.9, 0.5, 0.5)),
        Planned(3, 71, "Uchwała w sprawie nazwy ronda u zbiegu ulic Szczecińskiej i Poznańskiej", (1, 0.45, 0.9, 1)),
        Planned(4, 84, "Uchwała w sprawie dotacji na prace konserwatorskie przy zabytkach", (1, 0.25, 0.8, 0.6)),
        Planned(4, 92, "Wybór przewodniczącej komisji konkursowej", (0.9, 0.35, 0.7, 0.5), "absolute", secret=True),
        Planned(
            5,
            118,
            "Uznanie skargi na Zarząd Infrastruktury Miejskiej za bezzasadną",
            (0.9, 0.1, 0.5, 0.5),
        ),
    ),
    "XXIX": (
        Planned(2, 26, "Przyjęcie porządku obrad"),
        Planned(2, 30, "Przyjęcie protokołu z XXVIII sesji Rady Miejskiej"),
        Planned(3, 57, "Uchwała w sprawie zmian w Statucie Miasta", (0.95, 0.6, 0.8, 0.5), "absolute_statutory"),
        Planned(3, 66, "Poprawka: pierwsze 30 minut parkowania bez opłaty", (0.5, 0.55, 0.45, 0.5)),
        Planned(
            3,
            74,
            "Poprawka: pierwsze 30 minut parkowania bez opłaty",
            (0.35, 0.95, 0.8, 1),
            repeat_reason="Dwoje radnych zgłosiło, że tablety nie przyjęły głosu",
        ),
        Planned(4, 95, "Uchwała w sprawie opłat za parkowanie w strefie śródmiejskiej", (0.95, 0.3, 0.75, 0.5)),
        Planned(4, 104, "Uchwała w sprawie rezolucji do Sejmu RP o finansowanie dróg", (1, 0.98, 0.98, 1)),
        Planned(5, 126, "Apel o bezpieczne przejście przy ulicy Kaszubskiej"),
    ),
}
LIVE: Final = Planned(2, 6, "Przyjęcie porządku obrad")
LIVE_DRAFT: Final = "Skierowanie projektu budżetu na 2027 rok do komisji Rady Miejskiej"
AWAY: Final = {
    "XXX": ("Halina Mróz", "Rafał Gajda"),
    "XXIX": ("Tomasz Lis",),
    "live": ("Danuta Orłowska", "Jacek Ćwik"),
}
LATE: Final = {"XXX": "Grzegorz Bąk", "XXIX": "Monika Wróbel", "live": "Piotr Malinowski"}


async def fill(app: web.Application) -> None:
    """Fills sessions that have no attendance list yet."""
    keys = app[IDENTITY].keys
    async with app[DATABASE].transaction() as tx:
        for session in await council_store.past_sessions(tx, 100, 0):
            if session.number in PAST and session.started_at and await roll_store.roll(tx, session.id) is None:
                await _attend(tx, session, session.number, session.started_at)
                await _hold_all(tx, keys, session, PAST[session.number])
    async with app[DATABASE].transaction() as tx:
        for session in await council_store.live_sessions(tx):
            if session.started_at and await roll_store.roll(tx, session.id) is None:
                await _attend(tx, session, "live", session.started_at)
                items = await council_store.agenda(tx, session.id)
                await _hold(tx, keys, session, items, LIVE, session.started_at)
                if len(items) >= 7:
                    await _draft(tx, session, VoteDraft(LIVE_DRAFT, item_id=items[6].id))


async def _attend(tx: Tx, session: Session, key: str, began: datetime) -> None:
    statute = await roll_store.statute(tx)
    councillors = await roll_store.councillors_of(tx, session)
    if not councillors:
        return
    seats = await views.seats_of(tx, session, statute, len(councillors))
    await roll_store.draw_up_roll(tx, session.id, seats, councillors)
    for one in councillors:
        if one.name in AWAY[key]:
            continue
        state: Attendance = "late" if one.name == LATE[key] else "present"
        await roll_store.set_attendance(tx, session.id, one.id, state, None, by_councillor=state == "present")
    await roll_store.backdate_attendance(tx, session.id, began)


async def _hold_all(tx: Tx, keys: Keys, session: Session, votes: tuple[Planned, ...]) -> None:
    items = await council_store.agenda(tx, session.id)
    assert session.started_at is not None
    for planned in votes:
        await _hold(tx, keys, session, items, planned, session.started_at + timedelta(minutes=planned.minute))


async def _draft(tx: Tx, session: Session, draft: VoteDraft, repeats_id: int | None = None, reason: str = "") -> int:
    statute = await roll_store.statute(tx)
    vote = await store.add_vote(
        tx,
        session.id,
        title=draft.title,
        item_id=draft.item_id,
        secret=draft.secret,
        majority=draft.majority or statute.majorities[0],
        abstentions_count=statute.abstentions_count,
        tie=statute.tie,
        repeats_id=repeats_id,
        reason=reason,
    )
    return vote.id


async def _hold(
    tx: Tx, keys: Keys, session: Session, items: list[AgendaItem], planned: Planned, opened_at: datetime
) -> None:
    """Holds a vote as the real ones are held, and dates it back."""
    statute = await roll_store.statute(tx)
    quorum, members = await views.attendance_of(tx, session, statute)
    if not members:
        return
    item = next((one for one in items if one.position == planned.item), None)
    before = [vote for vote in await store.votes(tx, session.id) if vote.title == planned.title]
    repeats_id = before[-1].id if planned.repeat_reason and before else None
    draft = VoteDraft(planned.title, planned.majority, planned.secret, item.id if item else None)
    vote_id = await _draft(tx, session, draft, repeats_id, planned.repeat_reason if repeats_id else "")
    vote = await store.vote(tx, session.id, vote_id)
    assert vote is not None
    vote = await store.begin_vote(
        tx,
        vote,
        entitled=len(members),
        present=quorum.present,
        statutory=quorum.statutory,
        quorum=quorum.needed,
    )
    chance = random.Random(f"{session.number}/{planned.title}/{planned.minute}")  # noqa: S311  # invented data
    seats = [member.club or "" for member in members]
    clubs = sorted(set(seats), key=lambda club: (club == "", -seats.count(club)))
    for member in members:
        choice = _choice(chance, member, planned, clubs)
        if choice is None or not member.in_room:
            continue
        if planned.secret:
            await urn.drop(tx, keys, vote, member.councillor_id, choice)
        else:
            await store.set_choice(tx, vote_id, member.councillor_id, choice, by_clerk=False)
        vote = await store.count_one(tx, vote_id, 1)
    await actions.count_in(tx, keys, vote)
    await store.backdate_vote(tx, vote_id, opened_at, opened_at + timedelta(seconds=48))
    await tx.audit(SYSTEM, "vote.demo", f"vote/{vote_id}", session=session.id)


def _choice(chance: random.Random, member: Member, planned: Planned, clubs: list[str]) -> Choice | None:
    mood = planned.moods[min(clubs.index(member.club or ""), 3)]
    if chance.random() < 0.03:
        return None
    if chance.random() < 0.12 * (1 - abs(2 * mood - 1)) + 0.02:
        return "abstain"
    return "for" if chance.random() < mood else "against"
