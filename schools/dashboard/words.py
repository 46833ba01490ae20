"""Words that pages and scripts both fill in: «{n}» and the like are their places."""

from collections.abc import Callable
from typing import Final

from app.i18n import _

WORDS: Final = {
    "unchecked": _("unchecked"),
    "minutes": _("{n} min"),
    "of": _("{n} of {all}"),
    "partial": _("incomplete"),
    "absent": _("absent: {n}"),
    "complete": _("everybody"),
    "later": _("later"),
    "away": _("trip"),
    "cancelled": _("cancelled"),
    "alert_unchecked": _("{class}, {subject}: lesson {period} is unchecked since {time} ({staff})"),
    "alert_missing": _("{pupil}, {class}: there in the lesson before, missing in lesson {period} ({subject}, {staff})"),
    "settle": _("Alert settled"),
    "reopen": _("Open again"),
    "settled_by": _("settled: {name}"),
    "gone_unchecked": _("checked by now"),
    "gone_missing": _("corrected by now"),
    "seen_by": _("seen by: {names}"),
    "said_checked": _("{class}, {subject}: checked, absent: {n}"),
    "said_changed": _("{class}, {subject}: attendance corrected, absent: {n}"),
    "said_substitution": _("{class}, {subject}: substitution, {staff}"),
    "said_cancellation": _("{class}, {subject}: cancelled"),
    "nobody": _("Nobody is absent or late."),
    "not_taken": _("Attendance is not taken yet."),
    "late": _("late"),
    "late_minutes": _("late {n} min"),
    "absent_one": _("absent"),
    "excused": _("with an excuse"),
    "new_day": _("Lessons of today are being checked"),
    "loading": _("Looking…"),
}


def words(say: Callable[[str], str]) -> dict[str, str]:
    """In the reader's language."""
    return {key: say(text) for key, text in WORDS.items()}
