"""Schools of Słupsk for a demonstration: two with people and timetables, the others by name. All invented."""

import os
import secrets
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from app.database import DATABASE, Tx
from app.identity import commands as accounts
from app.identity.model import NewAccount
from app.wire import CITY, data_folder
from schools.invented.school import Built, SchoolPlan, build_school
from schools.structure import bulk_store, rules, store

FULL: Final = "Szkoła Podstawowa nr 5 im. Gryfa Pomorskiego"
SMALL: Final = "Szkoła Podstawowa nr 11"
PRIMARY: Final = (1, 2, 3, 4, 6, 8, 9, 10)
OTHERS: Final = (
    ("I Liceum Ogólnokształcące", "I LO", "general"),
    ("II Liceum Ogólnokształcące", "II LO", "general"),
    ("III Liceum Ogólnokształcące", "III LO", "general"),
    ("IV Liceum Ogólnokształcące", "IV LO", "general"),
    ("V Liceum Ogólnokształcące", "V LO", "general"),
    ("Zespół Szkół Ekonomicznych i Technicznych", "ZSEiT", "technical"),
    ("Zespół Szkół Technicznych", "ZST", "technical"),
    ("Zespół Szkół Mechanicznych i Logistycznych", "ZSMiL", "technical"),
    ("Zespół Szkół Budowlanych i Kształcenia Ustawicznego", "ZSBiKU", "technical"),
    ("Zespół Szkół Agrotechnicznych", "ZSA", "technical"),
    ("Specjalny Ośrodek Szkolno-Wychowawczy", "SOSW", "special"),
    ("Branżowa Szkoła I stopnia nr 2", "BS 2", "vocational"),
    ("Miejskie Przedszkole nr 2", "MP 2", "preschool"),
    ("Miejskie Przedszkole nr 3", "MP 3", "preschool"),
    ("Miejskie Przedszkole nr 6", "MP 6", "preschool"),
    ("Miejskie Przedszkole nr 12", "MP 12", "preschool"),
    ("Miejskie Przedszkole nr 19", "MP 19", "preschool"),
    ("Miejskie Przedszkole nr 31", "MP 31", "preschool"),
)
PEOPLE: Final = {
    "teacher": ("nauczyciel", "Katarzyna", "Lewandowska"),
    "homeroom": ("wychowawca", "Marcin", "Wolny"),
    "principal": ("dyrektor", "Hanna", "Stępień"),
    "secretary": ("sekretariat", "Bożena", "Cieślak"),
    "counsellor": ("pedagog", "Łucja", "Sadowa"),
    "parent": ("rodzic", "Tomasz", "Zawada"),
    "pupil": ("uczen", "Hania", "Zawada"),
    "education_department": ("wydzial.edukacji", "Renata", "Morska"),
}
"""Who signs in: login and name. The teacher teaches mathematics; the homeroom teacher has class 7a, and in it the
parent's daughter, who is the pupil; the parent's son is in the second school."""
HOME_CLASS: Final = "7a"


class Kept(msgspec.Struct):
    """What a second start must know again; passwords lie in the database as hashes only."""

    passwords: dict[str, str] = {}


async def fill(app: web.Application) -> None:
    """Fills what is missing."""
    path = data_folder(app) / "demo-schools.json"
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Kept)
    except (FileNotFoundError, msgspec.DecodeError):
        kept = Kept()
    ids: dict[str, int] = {}
    for role, (login, first, last) in PEOPLE.items():
        password = kept.passwords.setdefault(role, f"{secrets.token_hex(3)}-{secrets.token_hex(4)}")
        new = NewAccount(login=login, name=f"{first} {last}", password=password, email=f"{login}@gryf.example")
        granted = (rules.EDUCATION_DEPARTMENT,) if role == "education_department" else ()
        ids[role] = (await accounts.ensure_user(app, new, granted)).id
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(kept)))
    zone = app[CITY].time_zone
    async with app[DATABASE].transaction() as tx:
        if not await store.schools(tx):
            await _schools(tx, ids, zone)


async def logins(app: web.Application) -> dict[str, tuple[str, str]]:
    """Sign-ins for the ready line; empty without a demonstration."""
    try:
        kept = msgspec.json.decode((data_folder(app) / "demo-schools.json").read_bytes(), type=Kept)
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
    return {role: (PEOPLE[role][0], word) for role, word in kept.passwords.items() if role in PEOPLE}


def school_year(today: date) -> int:
    """In which the school year of a day begins."""
    return today.year if today.month >= 9 else today.year - 1


async def _schools(tx: Tx, ids: dict[str, int], zone: str) -> None:
    year = school_year(datetime.now(ZoneInfo(zone)).date())
    for number in PRIMARY:
        await bulk_store.add_school(
            tx, f"Szkoła Podstawowa nr {number}", f"SP {number}", "primary", number=number, rspo=None, time_zone=zone
        )
    for name, short, kind in OTHERS:
        await bulk_store.add_school(tx, name, short, kind, number=None, rspo=None, time_zone=zone)
    classes = tuple(f"{level}{letter}" for level in range(1, 9) for letter in "ab")
    full = SchoolPlan(
        name=FULL, short_name="SP 5", number=5, classes=classes, pupils=24, year=year, small=False, time_zone=zone
    )
    built = await build_school(tx, full)
    await _people(tx, built, ids)
    await store.leave_tenant(tx)
    small = SchoolPlan(
        name=SMALL,
        short_name="SP 11",
        number=11,
        classes=("1a", "4a", "4b", "5a", "6a"),
        pupils=18,
        year=year,
        seed=2,
        time_zone=zone,
    )
    second = await build_school(tx, small)
    son = second.classes["4a"].pupils[4]
    await bulk_store.rename(tx, "pupil", son, "Jaś", "Zawada")
    await bulk_store.bind_account(tx, "guardian", second.guardians[son], ids["parent"])
    await bulk_store.rename(tx, "guardian", second.guardians[son], *PEOPLE["parent"][1:])
    await store.leave_tenant(tx)

    await bulk_store.count_anew(tx)


async def _people(tx: Tx, built: Built, ids: dict[str, int]) -> None:
    """Accounts of the full school."""
    home = built.classes[HOME_CLASS]
    daughter = home.pupils[7]
    for role, kind, person_id in (
        ("teacher", "staff", built.mathematicians[0]),
        ("homeroom", "staff", home.homeroom_id),
        ("principal", "staff", built.principal_id),
        ("secretary", "staff", built.secretary_id),
        ("counsellor", "staff", built.counsellor_id),
        ("parent", "guardian", built.guardians[daughter]),
        ("pupil", "pupil", daughter),
    ):
        await bulk_store.bind_account(tx, kind, person_id, ids[role])
        await bulk_store.rename(tx, kind, person_id, *PEOPLE[role][1:])
