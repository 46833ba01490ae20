"""A curriculum plan, topics, homework, two tests next week and a trip in the demonstration's full school."""

from datetime import timedelta
from typing import Final

from aiohttp import web

from app.database import DATABASE
from schools.lessons import demo_store, rules, store
from schools.lessons.model import PlannedTopic
from schools.structure import store as structure
from schools.structure.demo import FULL, HOME_CLASS
from schools.structure.tenancy import enter_school

TOPICS: Final = (
    "Potęga o wykładniku naturalnym",
    "Iloczyn i iloraz potęg",
    "Potęgowanie potęgi",
    "Notacja wykładnicza",
    "Pierwiastek kwadratowy",
    "Pierwiastek sześcienny",
    "Działania na pierwiastkach",
    "Procenty: obniżki i podwyżki",
    "Lokaty i odsetki",
    "Wyrażenia algebraiczne",
    "Mnożenie sum algebraicznych",
    "Równania z jedną niewiadomą",
)


async def fill(app: web.Application) -> None:
    """Once: where there is a plan, all is there."""
    async with app[DATABASE].transaction() as tx:
        school = next((one for one in await structure.schools(tx) if one.name == FULL), None)
        if school is None:
            return
        await enter_school(tx, school.id)
        if not await store.plans(tx):
            subjects = {name: id_ for id_, name in await store.subjects_of(tx, None)}
            maths = subjects["Matematyka"]
            for level in (7, 8):
                topics = [
                    PlannedTopic(number=number, topic=topic, point=f"I.{number}", hours=2)
                    for number, topic in enumerate(TOPICS, start=1)
                ]
                await store.replace_plan(tx, maths, level, "Matematyka z plusem", None, topics)
            day = rules.monday_of(await demo_store.today(tx)) + timedelta(days=7)
            await demo_store.announce(
                tx, HOME_CLASS, "Matematyka", day + timedelta(days=1), "test", "Potęgi i pierwiastki"
            )
            await demo_store.announce(
                tx, HOME_CLASS, "Język polski", day + timedelta(days=3), "test", "„Kamienie na szaniec”"
            )
            await demo_store.announce(tx, HOME_CLASS, "Historia", day, "quiz", "Rozbiory")
        await demo_store.write_topics(tx, "Matematyka", list(TOPICS))
        await demo_store.set_homework(tx, "Matematyka", "Zbiór zadań, zadania 4–7")
        await structure.leave_tenant(tx)
