"""When something may go. Pure.

Source: regulation of 25 August 2017 (registers: five full years; arkusz ocen, księga uczniów: fifty). Full years are
counted as calendar years after the one in which the school year ended: the longer reading. The database counts the same
(`school_kept_until`) and refuses less.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from schools.retention.model import Erasure, Holding, Keep, State, Year

ADMIN: Final = "admin"
AUDITOR: Final = "auditor"
KEEPS: Final[tuple[Keep, ...]] = ("register", "pupils")
LONGEST_GROUND: Final = 500


def goes_on(ends_on: date, years: int) -> date:
    """The first day on which what belongs to a school year may go."""
    return date(ends_on.year + years + 1, 1, 1)


def holdings(
    school_id: int,
    school: str,
    years: Sequence[Year],
    erasures: Iterable[Erasure],
    kept: dict[Keep, int],
    today: date,
) -> list[Holding]:
    """Of one school; a year after which no pupil left has no row of pupils."""
    known = {(one.keep, one.year_id): one for one in erasures}
    found = []
    for year in years:
        for keep in KEEPS:
            erasure = known.get((keep, year.id))
            if keep == "pupils" and not year.last_pupils and erasure is None:
                continue
            due = goes_on(year.ends_on, kept[keep])
            registers = [known.get(("register", one.id)) for one in years if one.ends_on <= year.ends_on]
            open_register = any(one is None or one.done_at is None for one in registers)
            found.append(
                Holding(
                    school_id=school_id,
                    school=school,
                    keep=keep,
                    year=year,
                    goes_on=due,
                    state=_state(erasure, due, today, blocked=keep == "pupils" and open_register),
                    erasure=erasure,
                )
            )
    return found


def _state(erasure: Erasure | None, due: date, today: date, *, blocked: bool) -> State:
    if erasure is not None:
        return "decided" if erasure.done_at is None else "gone"
    if today < due:
        return "waits"
    return "blocked" if blocked else "due"
