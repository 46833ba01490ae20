"""Units as the intranet knows them, their members, and what happens to them."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from app.feature import Event

Kind = Literal["department", "school", "other"]
"""Of a department (wydział, biuro), of a school (szkoła, przedszkole), of anything else the city runs."""


class OrganisationUnit(msgspec.Struct, frozen=True, kw_only=True):
    """A unit with its card. `id` and `path` are those of the organisation's tree, on which roles are granted."""

    id: int
    name: str
    short_name: str
    kind: Kind
    parent_id: int | None
    path: str
    address: str
    room: str
    phone: str
    email: str
    active: bool
    rev: int


class UnitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A unit in the list: what changes there, its `rev` tells."""

    id: int
    rev: int
    name: str
    short_name: str
    kind: Kind
    parent_id: int | None
    address: str
    room: str
    phone: str
    email: str
    active: bool
    heads: list[str]
    """Names of those who lead it."""
    members: int

    @property
    def path(self) -> str:
        return f"/intranet/units/{self.id}"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who works in a unit. Login and e-mail address are for those who look after accounts."""

    account_id: int
    name: str
    head: bool
    since: datetime


class UnitView(msgspec.Struct, frozen=True, kw_only=True):
    """A unit with its people, and what the reader may do with it."""

    unit: UnitRow
    members: list[Member]
    may_change: bool = False
    may_add_members: bool = False


class UnitList(msgspec.Struct, frozen=True, kw_only=True):
    """All units, closed ones too."""

    units: list[UnitRow]


class UnitDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is written on a card."""

    name: str
    short_name: str
    kind: Kind
    address: str = ""
    room: str = ""
    phone: str = ""
    email: str = ""
    active: bool = True


class NewUnit(UnitDraft, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A unit that is added; where it stands does not change later."""

    parent_id: Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class UnitChange(UnitDraft, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`rev`: of the card that was changed."""

    rev: int


class NewMember(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`who`: login or e-mail address."""

    who: str
    head: bool = False


class MemberChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    head: bool


class UnitChanged(Event, frozen=True, tag=True):
    """A unit is new, or its card or people have changed."""

    unit: UnitRow

    @property
    def key(self) -> str:
        return f"unit/{self.unit.id}"


class UnitMembersChanged(Event, frozen=True, tag=True):
    """The same for those who look at the unit: with all of its people."""

    unit: UnitRow
    members: list[Member]


UNITS_ROOM = "intranet/units"


def unit_room(unit_id: int) -> str:
    return f"intranet/units/{unit_id}"
