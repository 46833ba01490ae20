"""Excuses in the demonstration's class: of the parent's daughter one that was accepted, one refused, one that waits."""

from datetime import date, timedelta
from typing import Final

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from schools.diary import store
from schools.diary.model import NewExcuse
from schools.structure import store as structure
from schools.structure.demo import FULL, HOME_CLASS, PEOPLE
from schools.structure.tenancy import enter_school
from schools.timetable import store as timetable

PARENT: Final = " ".join(PEOPLE["parent"][1:])
OTHERS: Final = (("Gorączka, zostaje w domu pod opieką babci", 0), ("Kontrola u ortodonty", 1), ("Wyjazd rodzinny", 3))
"""Reasons, and how many taught days ago."""
LONGEST: Final = 4


async def fill(app: web.Application) -> None:
    """Once; dates are counted from the day of the first start."""
    async with app[DATABASE].transaction() as tx:
        for school in await structure.schools(tx):
            if school.name == FULL:
                await enter_school(tx, school.id)
                await _excuses(tx, school.id)
        await structure.leave_tenant(tx)


async def _excuses(tx: Tx, school_id: int) -> None:
    daughter = await store.pupil_of_login(tx, PEOPLE["pupil"][0])
    if daughter is None or await store.excuses_of(tx, daughter):
        return
    today = await store.today(tx)
    year = await structure.year_on(tx, school_id, today)
    if year is None:
        return
    home = next(one for one in await structure.classes(tx, year.id) if one.name == HOME_CLASS)
    parent = Actor(account_id=await store.account_of_login(tx, PEOPLE["parent"][0]), name=PARENT)
    taught = await _taught(tx, daughter, today)
    if len(taught) < LONGEST:
        return
    for day, reason, verdict, word in (
        (taught[3], "Grypa, byliśmy u lekarza", "accepted", "Zdrowia!"),
        (taught[2], "Zaspała", "refused", "Proszę o wcześniejszą wiadomość, to czwarty raz w tym miesiącu"),
    ):
        excuse = NewExcuse(first_on=day, last_on=day, reason=reason)
        excuse_id = await store.add_excuse(tx, daughter, excuse, parent, "guardian")
        await store.decide(tx, excuse_id, "accepted" if verdict == "accepted" else "refused", word, home.homeroom_id)
    ahead = today + timedelta(days=3)
    known = NewExcuse(first_on=ahead, last_on=ahead, reason="Konkurs recytatorski", from_period=1, to_period=4)
    await store.add_excuse(tx, daughter, known, parent, "guardian")
    pupils = [one.id for one in await structure.pupils_of_class(tx, home.id, today) if one.id != daughter]
    for (reason, days), pupil_id in zip(OTHERS, pupils[2::5], strict=False):
        first = taught[days]
        excuse = NewExcuse(first_on=first, last_on=first, reason=reason)
        await store.add_excuse(tx, pupil_id, excuse, Actor(name=await store.guardian_name(tx, pupil_id)), "guardian")


async def _taught(tx: Tx, pupil_id: int, today: date) -> list[date]:
    """The last days with lessons before today, newest first; in holidays those before these."""
    last = await timetable.nearest_taught_day(tx, today - timedelta(days=1)) or today
    days = [last - timedelta(days=past) for past in range(12)]
    return [day for day in days if day < today and await timetable.planned_for_pupil(tx, pupil_id, day)]
