"""Who may do what in a school; names and numbers of people. Pure."""

import unicodedata
from datetime import date, timedelta
from typing import Final

from stdnum.exceptions import ValidationError
from stdnum.pl import pesel as pesel_number

from app.actor import Actor
from schools.structure.model import ClassPlace, Member, PupilPlace

EDUCATION_DEPARTMENT: Final = "education_department"
SMALLEST_CELL: Final = 5
"""Sums over fewer pupils are not told to the Education Department unless the setting says otherwise."""

_KEYS: Final = {"ą": "a~", "ć": "c~", "ę": "e~", "ł": "l~", "ń": "n~", "ó": "o~", "ś": "s~", "ź": "z~", "ż": "z~~"}


def can_read_whole_school(member: Member) -> bool:
    """The principal (dyrektor) and the counsellor (pedagog)."""
    return member.has("principal", "counsellor")


def can_manage_people(member: Member) -> bool:
    """The secretary (sekretariat) and the principal."""
    return member.has("secretary", "principal")


def can_read_class(place: ClassPlace) -> bool:
    """The secretary knows its people, not its register: the register's loaders ask further."""
    return place.is_homeroom or place.teaches or can_read_whole_school(place.member) or can_manage_people(place.member)


def can_read_pupil(place: PupilPlace) -> bool:
    """Who may know of the pupil at all."""
    return can_read_pupil_register(place) or can_manage_people(place.member)


def can_read_pupil_register(place: PupilPlace) -> bool:
    """Attendance, grades, notes of the pupil: not for the secretary."""
    near = place.is_self or place.is_guardian or place.is_homeroom or place.teaches
    return near or can_read_whole_school(place.member)


def can_read_city(actor: Actor) -> bool:
    return actor.has(EDUCATION_DEPARTMENT)


def week_letter(week_a_on: date | None, day: date) -> str:
    """`A` or `B` for the week of a day; empty where the year has one kind of week."""
    if week_a_on is None:
        return ""
    monday, first = day - timedelta(days=day.weekday()), week_a_on - timedelta(days=week_a_on.weekday())
    return "A" if (monday - first).days // 7 % 2 == 0 else "B"


def polish_key(name: str) -> str:
    """Sorts Polish names by code points: l < ł < m, a < ą < b. The same as `polish_key` of the database."""
    return "".join(_KEYS.get(letter, letter) for letter in name.lower())


def plain_letters(text: str) -> str:
    """Lower case without diacritics, ł included: for searching in the columns `folded`."""
    spread = unicodedata.normalize("NFD", text.lower().replace("ł", "l"))
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


def born_on(pesel: str) -> date | None:
    """The birth date that a PESEL says; None where its checksum is wrong or the date is impossible."""
    try:
        pesel_number.validate(pesel)
        born: date = pesel_number.get_birth_date(pesel)
    except ValidationError:
        return None
    return born
