"""A vote of the demonstration that is over: a ranking, counted by run-off. All voters are invented."""

import random
from collections.abc import Sequence
from typing import Final

from aiohttp import web

from app.actor import SYSTEM
from app.database import DATABASE, Tx
from portals.dialog import joining
from portals.dialog.access import Place, access_block_to_manage
from portals.dialog.ballots import actions, rules, store
from portals.dialog.ballots.model import Marks, OptionDraft, SecretBallot, VoteSettings
from portals.dialog.ballots.urn import URN, Urn
from portals.dialog.demo import demo_block
from portals.dialog.model import Consultation, ParticipantDraft

FIRST: Final = (
    "Agnieszka", "Tomasz", "Barbara", "Piotr", "Joanna", "Krzysztof", "Monika", "Paweł", "Elżbieta", "Michał",
    "Katarzyna", "Łukasz", "Ewelina", "Grzegorz", "Hanna", "Rafał",
)  # fmt: skip
LAST: Final = ("Zielonka", "Bąk", "Sowa", "Kruk", "Lis", "Wróbel", "Jeż", "Dąb", "Klon", "Sosna", "Brzoza")
DISTRICTS: Final = ("Śródmieście", "Zatorze", "Nadrzecze", "Niepodległości", "")
STAGES: Final = (
    OptionDraft(title="Scena pod Lipami", description="Nazwa od alei lip, które rosną przy scenie od 1905 roku."),
    OptionDraft(title="Letnia Muszla", description="Tak mówiło się o scenie, która stała tu do 1978 roku."),
    OptionDraft(title="Scena Nad Słupią", description="Rzeka płynie 60 metrów dalej."),
    OptionDraft(title="Zielona Estrada", description="Propozycja uczniów ze Szkoły Podstawowej nr 3."),
)
LIKED: Final = (9, 8, 6, 4)


async def fill(app: web.Application) -> None:
    """Adds what is missing."""
    settings = VoteSettings(method="ranked", counting="irv")
    block = await demo_block(
        app, "park-kultury", actions.KIND, title="Nazwa nowej sceny letniej", settings=settings, phase=1
    )
    if block is None:
        return
    chance = random.Random(1978)  # noqa: S311 - invented data, the same each time
    async with app[DATABASE].transaction() as tx:
        place = await access_block_to_manage(tx, SYSTEM, block.id, actions.KIND)
        for draft in STAGES:
            await store.add_option(tx, block.id, draft)
        ids = [one.id for one in await store.options(tx, block.id)]
        people = await invented(tx, place.consultation, chance, 24)
        ballots = [_ranking(chance, ids) for _person in people]
        await drop_ballots(tx, app[URN], place, settings, people, ballots)
        await actions.close(app[URN], tx, place)
        await store.set_final(tx, block.id)


def _ranking(chance: random.Random, ids: Sequence[int]) -> Marks:
    """Some number all of them, some only the first."""
    left, order = list(zip(ids, LIKED, strict=True)), []
    while left:
        chosen = chance.choices(left, [weight for _id, weight in left])[0]
        left.remove(chosen)
        order.append(chosen[0])
    return {option: place for place, option in enumerate(order[: chance.randint(1, len(order))], start=1)}


async def invented(tx: Tx, consultation: Consultation, chance: random.Random, count: int) -> list[tuple[int, str]]:
    """People who take part: id and district."""
    names = chance.sample([f"{first} {last}" for first in FIRST for last in LAST], count)
    found = []
    for name in names:
        draft = ParticipantDraft(shown_as=consultation.shown_as[0], district=chance.choice(DISTRICTS))
        person = await joining.add(tx, SYSTEM, consultation, draft, name=name, paper=True)
        found.append((person.id, person.district))
    return found


async def drop_ballots(
    tx: Tx,
    urn: Urn,
    place: Place,
    settings: VoteSettings,
    people: Sequence[tuple[int, str]],
    ballots: Sequence[Marks],
) -> None:
    """As if they had voted."""
    block_id = place.block.id
    width = rules.sealed_width(await store.options(tx, block_id))
    await store.begun_vote(tx, block_id, settings)
    for (person, district), marks in zip(people, ballots, strict=True):
        await store.take(tx, block_id, person, "resident", district, None, paper=False)
        sealed = urn.seal(block_id, SecretBallot(rules.new_receipt(), marks), width)
        await store.drop(tx, block_id, sealed)
