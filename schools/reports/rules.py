"""Who may take what out of the register, which days a month has, when a year must be saved. Pure."""

from datetime import date, timedelta
from typing import Final

from app.errors import Invalid
from schools.reports.model import Form
from schools.structure.model import ClassPlace, Member
from schools.structure.rules import can_read_whole_school

SAVE_WITHIN: Final = timedelta(days=10)
"""§ 22 of the regulation of 25 August 2017: within ten days of the school year's end."""
LEFT_OUT: Final = frozenset(
    {
        *(
            "wallboard",
            "timetable_feed",
            "timetable_import",
            "timetable_import_match",
            "people_import",
            "year_rollover",
        ),
        *("message_thread", "message_member", "message", "message_file", "message_choice"),
        *("seating_plan", "school_archive"),
    }
)
"""No part of the register: letters, secret addresses, what was only a draft, how somebody arranges seats."""


def can_archive(member: Member) -> bool:
    return member.has("principal")


def can_export(place: ClassPlace, form: Form) -> bool:
    """The office knows who is in a class, and nothing of its attendance."""
    return form == "list" or place.is_homeroom or place.teaches or can_read_whole_school(place.member)


def month_of(text: str, today: date) -> tuple[date, date]:
    """First and last day of `2026-11`, or of today's month where nothing is said."""
    try:
        first = date.fromisoformat(f"{text}-01") if text else today.replace(day=1)
    except ValueError:
        raise Invalid(fields={"month": "Choose a month"}) from None
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first, following - timedelta(days=1)


def save_until(ends_on: date) -> date:
    """Last day on which the year's state may be saved."""
    return ends_on + SAVE_WITHIN
