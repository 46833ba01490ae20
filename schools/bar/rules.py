"""What somebody of a school does most: four entries at most. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from app.i18n import _
from schools.structure.model import Membership


class Wanted(msgspec.Struct, frozen=True):
    """An entry. Its route needs the school, and of families the pupil."""

    route: str
    label: str
    icon: str
    of_pupil: bool = False


class Child(msgspec.Struct, frozen=True):
    """Whom a family reads of: a guardian's pupil, or oneself."""

    school_id: int
    pupil_id: int


_TODAY: Final = Wanted("dashboard.dashboard", _("School today"), "wallboard")
_LESSONS: Final = Wanted("register.school", _("Lessons"), "school")
_PEOPLE: Final = Wanted("secretariat.pupils", _("Pupils"), "users")
_TIMETABLE: Final = Wanted("timetable_weeks.contents", _("Timetable"), "calendar")
_SUBSTITUTIONS: Final = Wanted("substitutions.board", _("Substitutions"), "clock")
_GRADES: Final = Wanted("grades.contents", _("Grades"), "edit")
_MESSAGES: Final = Wanted("messages.inbox", _("Messages"), "mail")
FAMILY: Final = (
    Wanted("diary.today", _("Today"), "home", of_pupil=True),
    Wanted("grades.pupil", _("Grades"), "edit", of_pupil=True),
    Wanted("diary.tasks", _("Tasks"), "document", of_pupil=True),
    _MESSAGES,
)


def chosen(memberships: Sequence[Membership], school_id: int | None) -> Membership | None:
    """The school that the page is of; outside of schools the one where the person works, then any."""
    here = [one for one in memberships if one.school_id == school_id]
    working = [one for one in memberships if one.roles]
    return next(iter([*here, *working, *memberships]), None)


def chosen_child(children: Sequence[Child], school_id: int | None, pupil_id: int | None) -> Child | None:
    """The one that the page is of, else the first in the page's school, else the first."""
    named = [one for one in children if (one.school_id, one.pupil_id) == (school_id, pupil_id)]
    here = [one for one in children if one.school_id == school_id]
    return next(iter([*named, *here, *children]), None)


def most_used(member: Membership) -> tuple[Wanted, ...]:
    """Of whoever works there."""
    if "principal" in member.roles:
        return (_TODAY, _SUBSTITUTIONS, _LESSONS, _MESSAGES)
    if "secretary" in member.roles:
        return (_PEOPLE, _SUBSTITUTIONS, _TIMETABLE, _MESSAGES)
    if "counsellor" in member.roles:
        return (_TODAY, _LESSONS, _GRADES, _MESSAGES)
    return (_LESSONS, _TIMETABLE, _GRADES, _MESSAGES)
