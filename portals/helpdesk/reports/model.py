"""What is counted, over some days."""

from datetime import date
from typing import Annotated

import msgspec

from portals.helpdesk.model import Id, Priority
from portals.helpdesk.sla.model import Measure


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Days, inclusive, on the city's clocks; empty: the last thirty. `queue`: of one queue; `kind`: of devices."""

    first: date | None = None
    last: date | None = None
    queue: Id | None = None
    kind: Annotated[str, msgspec.Meta(max_length=40)] = ""


class DayCount(msgspec.Struct, frozen=True, kw_only=True):
    """Of a day, or of the days up to it where several are drawn as one. `open`: at its end."""

    day: date
    sent: int
    solved: int
    open: int


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Promises that came to an end in these days."""

    measure: Measure
    priority: Priority
    kept: int
    missed: int

    @property
    def count(self) -> int:
        return self.kept + self.missed

    @property
    def share(self) -> float:
        return self.kept / self.count if self.count else 1.0


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Tickets of a category or unit: sent and solved in these days. `id` None: those without one.

    `kept` of `promised` solutions were in time. `median_min`: working minutes that half of the solutions took at most,
    where solutions are promised.
    """

    id: int | None
    name: str
    sent: int
    solved: int
    kept: int
    promised: int
    median_min: float | None


class ModelCount(msgspec.Struct, frozen=True, kw_only=True):
    """Tickets about devices of a model. `devices`: how many there are; `broken`: how many had a ticket."""

    id: int
    kind: str
    name: str
    tickets: int
    broken: int
    devices: int

    @property
    def rate(self) -> float:
        """Tickets for a hundred devices."""
        return 100 * self.tickets / max(self.devices, 1)


class AgentLoad(msgspec.Struct, frozen=True, kw_only=True):
    """`open` and `late` are now, the rest in these days. `account_id` None: tickets nobody has taken."""

    account_id: int | None
    name: str
    open: int
    late: int
    solved: int
    spent_minutes: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `step_days`: of how many days each of `days` is."""

    first: date
    last: date
    queue_id: int | None
    step_days: int
    days: list[DayCount]
    kept: list[Kept]
    categories: list[Group]
    units: list[Group]
    models: list[ModelCount]
    agents: list[AgentLoad]
