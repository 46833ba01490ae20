"""A meeting that was held in the Park of Culture, and one that is to come about the school in Zatorze."""

from datetime import timedelta
from typing import Final

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from media.keys import new_stream_id
from portals.dialog import participation
from portals.dialog import store as dialog_store
from portals.dialog.access import block_place
from portals.dialog.demo import demo_actors, demo_block
from portals.dialog.meeting import actions, chat_store, rules, store
from portals.dialog.meeting.actions import KIND
from portals.dialog.meeting.model import MeetingSettings
from portals.dialog.model import Block, ParticipantDraft

QUESTIONS: Final = (
    ("Czy latarnie przy głównej alei będą świecić całą noc?", 3, 12, "answered", ""),
    ("Kiedy wybieg dla psów dostanie wodę?", 7, 21, "answered", ""),
    ("Ile ławek z oparciem przybędzie nad Słupią?", 9, 34, "answered", ""),
    ("Kto podlewa nowe nasadzenia?", 15, None, "waiting", ""),
    (
        "Dlaczego sąsiad głośno słucha muzyki?",
        17,
        None,
        "dismissed",
        "Nie dotyczy parku; prosimy zgłosić straży",
    ),
)
POLLS: Final = (
    ("Do której godziny mogą trwać koncerty?", "20:00\n21:00\n22:00", False, 15, 18, ((2,), (1,), (1,))),
    ("Co jest potrzebne najpierw?", "Ławki\nOświetlenie\nToaleta\nPlac zabaw", True, 28, 32, ((0, 2), (2, 3), (1, 2))),
)
MESSAGES: Final = (
    (1, "Dzień dobry, obraz i dźwięk są."),
    (5, "Przy scenie letniej też jest ciemno."),
    (13, "Bardzo dobra odpowiedź, dziękuję."),
    (22, "Woda przy wybiegu przyda się nie tylko psom."),
    (36, "Czy nagranie zostanie na tej stronie?"),
)
PEOPLE: Final = ("resident", "resident2", "resident3")


async def fill(app: web.Application) -> None:
    """Adds what is missing."""
    actors = await demo_actors(app)
    if "consultation_clerk" not in actors:
        return
    intro = MeetingSettings(intro="Na pytania odpowiada **Wydział Edukacji**. Pytania można zadawać już teraz.")
    coming = await demo_block(app, "szkola-na-zatorzu", KIND, title="Spotkanie na żywo", settings=intro, phase=0)
    if coming is not None:
        await _coming(app, actors, coming)
    held = MeetingSettings(intro="Spotkanie odbyło się w amfiteatrze; nie było nagrywane.", questions_before=False)
    past = await demo_block(app, "park-kultury", KIND, title="Spotkanie w parku", settings=held, phase=1)
    if past is not None:
        async with app[DATABASE].transaction() as tx:
            await _held(tx, past, actors)


async def _coming(app: web.Application, actors: dict[str, Actor], block: Block) -> None:
    database, clerk, ola = app[DATABASE], actors["consultation_clerk"], actors["resident2"]
    async with database.transaction(readonly=True) as tx:
        known = await block_place(tx, ola, block)
    if known.participant is None:
        draft = ParticipantDraft(shown_as="pseudonym", pseudonym="Olcha", district="Śródmieście")
        await participation.join(database, ola, block.consultation_id, draft, (draft.district,))
    for text in ("Czy boisko będzie otwarte po lekcjach?", "Ile miejsc będzie na rowery?"):
        await actions.ask(database, actors["resident"], block.id, text)
    poll = ("Co ma powstać najpierw?", "Boisko\nOgród szkolny\nPlac zabaw")
    await actions.make_poll(database, clerk, block.id, *poll, several=False, at_close=False)


async def _held(tx: Tx, block: Block, actors: dict[str, Actor]) -> None:
    """Written with the store: its phase is over."""
    phases = await dialog_store.phases(tx, block.consultation_id)
    begin = phases[0].starts_at + timedelta(days=8, hours=9)
    people = []
    for key in PEOPLE:
        place = await block_place(tx, actors[key], block)
        if place.participant_id is not None:
            people.append(place.participant_id)
    await store.hold(tx, block.id, new_stream_id())
    for at, (text, asked, taken, state, reason) in enumerate(QUESTIONS):
        row = await store.add_question(tx, block.id, people[at % len(people)], text)
        for person in people[: 3 - at % 3]:
            await store.vote(tx, row.id, person, up=True)
        if state != "waiting":
            await store.set_question(tx, row.id, "answered" if state == "answered" else "dismissed", reason)
        taken_at = begin + timedelta(minutes=taken) if taken is not None else None
        await chat_store.backdate_question(tx, row.id, begin + timedelta(minutes=asked), taken_at)
    for text, options, several, opened, closed, answers in POLLS:
        poll = await store.add_poll(tx, block.id, text, rules.options_of(options), several=several, at_close=False)
        for person, choices in zip(people, answers, strict=False):
            await store.answer(tx, poll.id, person, choices)
        minutes = (begin + timedelta(minutes=opened), begin + timedelta(minutes=closed))
        await chat_store.backdate_poll(tx, poll.id, *minutes)
    for at, (minute, text) in enumerate(MESSAGES):
        message = await chat_store.add_message(tx, block.id, people[at % len(people)], text)
        await chat_store.backdate_message(tx, message.id, begin + timedelta(minutes=minute))
    await chat_store.backdate(tx, block.id, begin, begin + timedelta(minutes=52))
