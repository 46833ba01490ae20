"""Messages in the demonstration: an announcement to be confirmed, talks, a note to the whole staff."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from app.database import DATABASE, Tx
from schools.diary import store as diary
from schools.messages import people_store, store
from schools.messages.model import Person
from schools.messages.rules import Address
from schools.structure import store as structure
from schools.structure.demo import FULL, HOME_CLASS, PEOPLE
from schools.structure.tenancy import enter_school

TRIP: Final = (
    "Dzień dobry,\n\n"
    "w przyszły czwartek 7a jedzie do Muzeum Pomorza Środkowego. Zbiórka o 8:30 przed szkołą, powrót około 13:00. "
    "Proszę o potwierdzenie, że wiadomość dotarła, i o pisemną zgodę (formularz ma każde dziecko).\n\n"
    "Marcin Wolny"
)
QUESTION: Final = "Dzień dobry, czy Hania może poprawić kartkówkę z ułamków? Była wtedy chora."
ANSWER: Final = "Dzień dobry, oczywiście. Zapraszam w środę po szóstej lekcji, sala 14."
MEETING: Final = "Rada pedagogiczna w czwartek o 15:30 w pokoju nauczycielskim. Porządek obrad wysłałam pocztą."
PUPIL: Final = "Dzień dobry, czy na jutrzejszy sprawdzian możemy mieć kalkulator?"


async def fill(app: web.Application) -> None:
    """Once."""
    async with app[DATABASE].transaction() as tx:
        for school in await structure.schools(tx):
            if school.name == FULL:
                await enter_school(tx, school.id)
                await _messages(tx, school.id)
        await structure.leave_tenant(tx)


async def _messages(tx: Tx, school_id: int) -> None:
    ids = {role: await diary.account_of_login(tx, login) for role, (login, _first, _last) in PEOPLE.items()}
    if ids["homeroom"] is None or await store.threads_of(tx, ids["homeroom"]):
        return
    people = {role: await _person(tx, school_id, account_id) for role, account_id in ids.items() if account_id}
    year = await structure.year_on(tx, school_id, await diary.today(tx))
    if year is None or any(
        people.get(role) is None for role in ("homeroom", "teacher", "parent", "principal", "pupil")
    ):
        return
    home = next(one for one in await structure.classes(tx, year.id) if one.name == HOME_CLASS)
    parents = await people_store.people_at(tx, Address("class", home.id, "guardians"))
    thread_id = await store.add_thread(
        tx, "broadcast", "Wycieczka do muzeum", f"guardians|{HOME_CLASS}", to_confirm=True
    )
    await _said(tx, thread_id, people["homeroom"], parents, TRIP)
    for number, one in enumerate(await store.readers(tx, thread_id)):
        if not one.is_author and one.account_id is None and number % 3:
            await store.mark_read(tx, one.id, (await store.messages(tx, thread_id))[-1].id)
            if number % 2:
                await store.confirm(tx, one.id)
    thread_id = await store.add_thread(tx, "talk", "Poprawa kartkówki", "", to_confirm=False)
    await _said(tx, thread_id, people["parent"], [people["teacher"]], QUESTION)
    other = next(one for one in await store.readers(tx, thread_id) if not one.is_author)
    await store.add_message(tx, thread_id, other.id, ANSWER, [])
    staff = await people_store.people_at(tx, Address("school", 0, "staff"))
    thread_id = await store.add_thread(tx, "broadcast", "Rada pedagogiczna", "staff|", to_confirm=False)
    await _said(tx, thread_id, people["principal"], staff, MEETING)
    thread_id = await store.add_thread(tx, "talk", "Sprawdzian z matematyki", "", to_confirm=False)
    await _said(tx, thread_id, people["pupil"], [people["teacher"]], PUPIL)


async def _said(tx: Tx, thread_id: int, author: Person | None, people: Sequence[Person | None], text: str) -> None:
    assert author is not None
    member_id = await store.add_members(tx, thread_id, [one for one in people if one is not None], author)
    await store.add_message(tx, thread_id, member_id, text, [])


async def _person(tx: Tx, school_id: int, account_id: int) -> Person | None:
    member = await structure.member(tx, school_id, account_id)
    if member is None:
        return None
    if member.staff_id is not None:
        return Person(kind="staff", id=member.staff_id, name="", account_id=account_id)
    if member.guardian_id is not None:
        pupils = await people_store.own_pupils(tx, member.guardian_id)
        return Person(kind="guardian", id=member.guardian_id, name="", account_id=account_id, through=pupils)
    assert member.pupil_id is not None
    return Person(kind="pupil", id=member.pupil_id, name="", account_id=account_id)
