"""Rules of keeping, school years with what becomes of them, decisions."""

from datetime import date, datetime
from typing import Final, Literal

import msgspec

from app.feature import Event

Keep = Literal["register", "pupils"]
State = Literal["waits", "due", "blocked", "decided", "gone"]
"""Not yet; may be decided; may be once the registers before have gone; goes tonight; has gone."""

ROOM: Final = "schools/retention"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A table and how long its rows are kept; one that is part register, part record of pupils has two."""

    name: str
    keep: Literal["register", "pupils", "stays"]


class Year(msgspec.Struct, frozen=True, kw_only=True):
    """A school year and how many it is about. `last_pupils`: who were there for the last time."""

    id: int
    name: str
    ends_on: date
    classes: int
    pupils: int
    last_pupils: int


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """A decision. `counts`: table → rows that went, once they have."""

    id: int
    school_id: int
    keep: Keep
    year_id: int
    kept_years: int
    ground: str
    decided_by: str
    decided_at: datetime
    done_at: datetime | None
    counts: dict[str, int]
    rev: int

    @property
    def rows(self) -> int:
        return sum(self.counts.values())


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """A year's register, or the pupils whose last year it was, of one school; and what becomes of it."""

    school_id: int
    school: str
    keep: Keep
    year: Year
    goes_on: date
    state: State
    erasure: Erasure | None = None

    @property
    def key(self) -> str:
        """As a form sends it."""
        return f"{self.keep}-{self.school_id}-{self.year.id}"

    @property
    def people(self) -> int:
        return self.year.pupils if self.keep == "register" else self.year.last_pupils


class RetentionView(msgspec.Struct, frozen=True):
    """All decisions, newest first, as the room's members need them."""

    erasures: list[Erasure]


class ErasureChanged(Event, frozen=True, tag=True):
    """A decision was made, or carried out."""

    erasure: Erasure

    @property
    def key(self) -> str:
        return f"{self.erasure.school_id}-{self.erasure.keep}-{self.erasure.year_id}"


class ErasureTakenBack(Event, frozen=True, tag=True):
    """A decision was taken back before anything went."""

    school_id: int
    keep: Keep
    year_id: int

    @property
    def key(self) -> str:
        return f"{self.school_id}-{self.keep}-{self.year_id}"


class EraseDecided(msgspec.Struct, frozen=True):
    """Payload of the job: what was decided says the rest."""
