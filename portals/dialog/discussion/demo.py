"""Believable discussions for a demonstration: one long, one moderated before, one that is over."""

from collections.abc import Iterator
from typing import Final

from aiohttp import web

from app.actor import SYSTEM, Actor
from app.database import DATABASE, Tx
from portals.dialog import participant_store
from portals.dialog.access import own_participant
from portals.dialog.demo import demo_actors, demo_block
from portals.dialog.discussion import (
    actions,
    demo_words,
    follow_store,
    following,
    moderation,
    person_store,
    queue_store,
    store,
)
from portals.dialog.discussion.access import Spot, access_thread, access_thread_to_manage
from portals.dialog.discussion.demo_words import PEOPLE, Said
from portals.dialog.discussion.model import KIND_NAME, Comment, CommentDraft, DiscussionSettings, Word
from portals.dialog.model import ParticipantDraft, ShownAs

OFFICE: Final = "Wydział Dialogu i Komunikacji Społecznej"
APART_MIN: Final = 97
"""Minutes between two comments."""


async def fill(app: web.Application) -> None:
    """Adds what is missing."""
    await _square(app)
    await _school(app)
    await _park(app)


async def _square(app: web.Application) -> None:
    block = await demo_block(app, "plac-zwyciestwa", KIND_NAME, title="Rozmowa o placu", phase=1)
    if block is None:
        return
    actors = await demo_actors(app)
    async with app[DATABASE].transaction() as tx:
        room = await _room(app, tx, block.id)
        await queue_store.set_words(tx, block.consultation_id, [Word(word, what) for word, what in demo_words.WORDS])  # type: ignore[arg-type]  # constants
        await room.say_all(tx, demo_words.SQUARE, 8000)
        note = await room.say(tx, Said("office", demo_words.OFFICE_NOTE), None)
        await queue_store.backdate(tx, note.id, 180)
        rude = await room.say(tx, Said("student", demo_words.RUDE[0]), None)
        for who, text, held_for in demo_words.HELD:
            await room.say(tx, Said(who, text), None, held_for)
        reported = await room.say(tx, Said("tomasz", "Projektantka mieszka na Lutosławskiego 8, idźcie do niej."), None)
    await _followed(app, block.id, actors)
    clerk = actors.get("consultation_clerk", SYSTEM)
    await moderation.refuse(app[DATABASE], clerk, rude.id, demo_words.RUDE[1])
    if "resident2" in actors:
        await actions.report_comment(
            app[DATABASE], actors["resident2"], reported.id, "personal_data", "Podaje adres prywatny"
        )


async def _followed(app: web.Application, block_id: int, actors: dict[str, Actor]) -> None:
    """The resident follows the talk about the square and has not seen its last entry."""
    resident = actors.get("resident")
    if resident is None or resident.account_id is None:
        return
    await following.set_follow(app[DATABASE], resident, block_id, "", "daily")
    async with app[DATABASE].transaction() as tx:
        spot = await access_thread(tx, resident, block_id)
        await follow_store.backdate_seen(tx, resident.account_id, spot.thread.id, 5)


async def _school(app: web.Application) -> None:
    settings = DiscussionSettings(moderation="before", alignment=False, sort="endorsed")
    block = await demo_block(app, "szkola-na-zatorzu", KIND_NAME, title="Pytania", settings=settings, phase=1)
    if block is None:
        return
    async with app[DATABASE].transaction() as tx:
        room = await _room(app, tx, block.id)
        await room.say_all(tx, demo_words.SCHOOL, 1500)
        await room.say(tx, Said("krystyna", "Czy stare boisko zostanie otwarte w czasie budowy?"), None, ("before",))


async def _park(app: web.Application) -> None:
    block = await demo_block(app, "park-kultury", KIND_NAME, title="Rozmowa o parku", phase=1)
    if block is None:
        return
    async with app[DATABASE].transaction() as tx:
        room = await _room(app, tx, block.id)
        await room.say_all(tx, demo_words.PARK, 80_000)
        note = await room.say(tx, Said("office", demo_words.PARK_NOTE), None)
        await queue_store.backdate(tx, note.id, 60_000)


class DemoRoom:
    """A thread and its people. Writes past the clock: the phase may be over."""

    def __init__(self, spot: Spot, people: dict[str, int]) -> None:
        self.spot = spot
        self.people = people

    async def say_all(self, tx: Tx, said: tuple[Said, ...], began_min: int) -> None:
        """The first one `began_min` minutes ago, the others after it."""
        ago = iter(range(began_min, 0, -APART_MIN))
        for one in said:
            await self._branch(tx, one, None, ago)

    async def _branch(self, tx: Tx, said: Said, parent: Comment | None, ago: Iterator[int]) -> None:
        comment = await self.say(tx, said, parent)
        await queue_store.backdate(tx, comment.id, next(ago, APART_MIN))
        for reply in said.replies:
            await self._branch(tx, reply, comment, ago)

    async def say(self, tx: Tx, said: Said, parent: Comment | None, held_for: tuple[str, ...] = ()) -> Comment:
        office = OFFICE if said.who == "office" else ""
        text, body = await actions.with_people(tx, self.spot, said.text)
        draft = CommentDraft(text=text, alignment=said.alignment)  # type: ignore[arg-type]  # -1, 0 or 1
        comment, _root, thread = await actions.add_in(
            tx,
            self.spot,
            draft,
            text,
            body,
            parent,
            participant_id=None if office else self.people[said.who],
            office=office,
            held_for=held_for,
        )
        fans = [one for key, one in self.people.items() if key != said.who][: said.endorsed]
        given = [one for one in fans if await person_store.set_endorsement(tx, comment.id, one, given=True)]
        if given:
            comment = await store.touch_comment(tx, comment.id, thread.rev, endorsements=len(given))
        return comment


async def _room(app: web.Application, tx: Tx, block_id: int) -> DemoRoom:
    spot = await access_thread_to_manage(tx, SYSTEM, block_id)
    consultation = spot.place.consultation
    people: dict[str, int] = {}
    for key, actor in (await demo_actors(app)).items():
        known = await own_participant(tx, actor, consultation.id)
        if known is not None:
            people[key] = known.id
    for key, (name, shown, district, organisation) in PEOPLE.items():
        how, _sep, pseudonym = shown.partition(":")
        shown_as: ShownAs = "pseudonym" if how == "pseudonym" else "name"
        person = ParticipantDraft(
            kind="organisation" if organisation else "resident",
            shown_as=shown_as,
            pseudonym=pseudonym or f"mieszk-{key}",
            district=district,
            organisation=organisation,
        )
        added = await participant_store.add_participant(tx, consultation.id, None, name, person)
        if added is not None:
            people[key] = added
    return DemoRoom(spot, people)
