"""A believable opinion map about a park of Słupsk: 44 invented people in three camps, 18 statements."""

import random
from typing import Final

from aiohttp import web

from app.database import DATABASE, Tx
from portals.dialog import participant_store, rules
from portals.dialog.access import block_place
from portals.dialog.demo import demo_actors, demo_block
from portals.dialog.model import Block, ParticipantDraft
from portals.dialog.opinions import actions, store
from portals.dialog.opinions.actions import KIND
from portals.dialog.opinions.model import OpinionSettings

STATEMENTS: Final = (
    ("W parku przydałoby się więcej ławek z oparciem.", (0.9, 0.9, 0.85)),
    ("Ścieżki główne powinny być oświetlone całą noc.", (0.85, 0.3, 0.8)),
    ("Latarnie trzeba przygaszać po 23:00, żeby nie płoszyć nietoperzy.", (0.2, 0.92, 0.4)),
    ("Część trawników lepiej zamienić w łąki koszone dwa razy w roku.", (0.25, 0.95, 0.35)),
    ("Scena letnia powinna grać co weekend.", (0.3, 0.2, 0.93)),
    ("Koncerty w parku muszą kończyć się przed 22:00.", (0.9, 0.8, 0.3)),
    ("Wybieg dla psów jest potrzebny, choćby kosztem jednej alejki.", (0.7, 0.4, 0.75)),
    ("Hulajnogi elektryczne nie powinny wjeżdżać do parku.", (0.93, 0.75, 0.25)),
    ("Przez park powinna prowadzić droga rowerowa od ul. Szczecińskiej.", (0.2, 0.6, 0.9)),
    ("Toaleta publiczna jest ważniejsza niż fontanna.", (0.92, 0.9, 0.88)),
    ("Starych drzew nie wolno wycinać nawet pod nowe alejki.", (0.6, 0.97, 0.5)),
    ("Kiosk z kawą ożywiłby park także zimą.", (0.4, 0.35, 0.93)),
    ("Nad Słupią trzeba zostawić dzikie brzegi bez umocnień.", (0.3, 0.95, 0.45)),
    ("Plac zabaw powinien mieć cień i ogrodzenie.", (0.9, 0.85, 0.9)),
    ("Miasto powinno zamykać park na noc.", (0.75, 0.3, 0.08)),
    ("Straż miejska powinna częściej zaglądać do parku wieczorem.", (0.95, 0.45, 0.4)),
    ("Park jest dziś wystarczająco czysty.", (0.3, 0.5, 0.55)),
    ("Pieniądze lepiej wydać na park niż na kolejny parking.", (0.7, 0.96, 0.9)),
)
CAMPS: Final = (17, 15, 12)


async def fill(app: web.Application) -> None:
    """Adds what is missing: the map that has ended, and one that people vote on now."""
    actors = await demo_actors(app)
    clerk = actors.get("consultation_clerk")
    if clerk is None:
        return
    settings = OpinionSettings(intro="Jedno zdanie naraz: **zgoda**, **brak zgody** albo **pomiń**.")
    block = await demo_block(app, "park-kultury", KIND, title="Mapa opinii o parku", settings=settings, phase=1)
    if block is not None:
        await _voted(app, block)
    block = await demo_block(app, "plac-zwyciestwa", KIND, title="Mapa opinii o placu", settings=settings, phase=1)
    if block is not None:
        text = "\n".join(SQUARE)
        await actions.add_statements(app[DATABASE], clerk, block.id, text)
        for key, choices in (("resident", (1, -1, 1, 0)), ("resident2", (1, 1, -1, 1))):
            async with app[DATABASE].transaction(readonly=True) as tx:
                found = await store.statements(tx, block.id)
            for one, choice in zip(found, choices, strict=False):
                await actions.vote(app[DATABASE], actors[key], block.id, one.id, choice)
        await actions.suggest(app[DATABASE], actors["resident3"], block.id, "Na placu powinien zostać postój taksówek.")


SQUARE: Final = (
    "Plac przed ratuszem powinien być bez samochodów.",
    "Miejsca postojowe dla osób z niepełnosprawnościami muszą zostać przy ratuszu.",
    "Fontanna posadzkowa jest lepsza niż pomnik.",
    "Targ w soboty powinien wrócić na plac.",
    "Dostawy do sklepów wystarczą do godziny 10:00.",
    "Drzewa w donicach to za mało cienia.",
    "Przystanek autobusowy powinien być bliżej ratusza.",
    "Ogródki kawiarni mogą stać na placu do 23:00.",
)


async def _voted(app: web.Application, block: Block) -> None:
    chance = random.Random(7)  # noqa: S311 - the same demonstration each time
    async with app[DATABASE].transaction() as tx:
        made = [
            await store.add_statement(tx, block.id, text, None, "shown", by_office=at % 3 != 2)
            for at, (text, _shares) in enumerate(STATEMENTS)
        ]
        for camp, size in enumerate(CAMPS):
            for _number in range(size):
                person = await _person(tx, block)
                for one, (_text, shares) in zip(made, STATEMENTS, strict=True):
                    if chance.random() < 0.12:
                        continue
                    agrees = chance.random() < shares[camp]
                    choice = 0 if chance.random() < 0.08 else 1 if agrees else -1
                    await store.put_vote(tx, one.id, person, choice)
    await actions.compute(app[DATABASE], block.id)
    async with app[DATABASE].transaction() as tx:
        await actions.ended(tx, await block_place(tx, (await demo_actors(app))["consultation_clerk"], block))


async def _person(tx: Tx, block: Block) -> int:
    """Somebody who is anonymous to the public; there is no account behind."""
    while True:
        draft = ParticipantDraft(shown_as="anonymous", pseudonym=rules.new_pseudonym())
        found = await participant_store.add_participant(tx, block.consultation_id, None, "Osoba z demonstracji", draft)
        if found is not None:
            return found
