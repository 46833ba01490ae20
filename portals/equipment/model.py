"""Devices, what becomes of them, and what is asked of the inventory."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec

from app.feature import Event

Kind = Literal[
    "laptop",
    "computer",
    "monitor",
    "projector",
    "board",
    "tablet",
    "printer",
    "access_point",
    "switch",
    "phone",
    "other",
]
State = Literal["in_use", "spare", "in_repair", "scrapped", "lost"]
Cause = Literal["made", "edit", "import", "move", "undo", "report"]


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A device as lists, pages and programs get it. `inventory_number` is what its label says."""

    id: int
    rev: int
    inventory_number: str
    asset_number: str
    kind: Kind
    model_id: int
    maker: str
    model: str
    serial: str
    unit_id: int
    unit_name: str
    unit_path: str
    room: str
    state: State
    assigned_to: str
    account_id: int | None
    bought: date | None
    warranty_until: date | None
    note: str
    mac: str | None
    channel: int | None
    seen_at: datetime | None

    @property
    def path(self) -> str:
        return f"/equipment/{self.id}"

    @property
    def title(self) -> str:
        """Maker and model."""
        return f"{self.maker} {self.model}".strip()


class DeviceModel(msgspec.Struct, frozen=True, kw_only=True):
    """What is bought many times over. `devices`: how many there are of it, scrapped and lost ones left out."""

    id: int
    kind: Kind
    maker: str
    name: str
    devices: int


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a device's history. `changes`: field → [was, is] as they are stored."""

    id: int
    cause: Cause
    changes: dict[str, list[Any]]
    rev: int
    batch_id: int | None
    by_name: str
    at: datetime


class Told(msgspec.Struct, frozen=True):
    """A field's change in words: `was` and `now` are empty for nothing; units and models stand by name."""

    field: str
    was: str
    now: str


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to a device, by whom and when."""

    id: int
    cause: Cause
    by_name: str
    at: datetime
    told: list[Told]


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    """A device with its history, newest line first, and whether the reader may change it."""

    device: Device
    history: list[HistoryLine]
    may_change: bool = False


class DeviceDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a device."""

    kind: Kind
    model: str
    unit_id: int
    maker: str = ""
    serial: str = ""
    asset_number: str = ""
    room: str = ""
    state: State = "in_use"
    assigned_to: str = ""
    """The name of one member of the unit, written as the account has it, makes it one of their own devices."""
    bought: date | None = None
    warranty_until: date | None = None
    note: str = ""
    mac: str = ""
    channel: int | None = None


class DeviceChange(DeviceDraft, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`rev`: of the device that was changed."""

    rev: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Filters of the list. `text` is looked for in labels, serial numbers, models, rooms and names."""

    text: Annotated[str, msgspec.Meta(max_length=200)] = ""
    unit_id: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0
    kind: Kind | Literal[""] = ""
    state: State | Literal["", "gone", "all"] = ""
    """Empty: what is there, without what is scrapped or lost; `gone`: those; `all`: everything."""
    model_id: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0
    warranty: Literal["", "over", "soon"] = ""
    """`soon`: it ends within 90 days."""
    page: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1


class DevicePage(msgspec.Struct, frozen=True, kw_only=True):
    """Fifty devices of a list, and how many it has."""

    devices: list[Device]
    total: int
    page: int
    pages: int


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Devices by state."""

    in_use: int = 0
    spare: int = 0
    in_repair: int = 0
    scrapped: int = 0
    lost: int = 0


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """Where the inventory as a whole stands; `rev` grows with each change of any device."""

    counts: Counts
    rev: int


class Move(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Many devices at once. What is None stays as it is."""

    ids: Annotated[list[Annotated[int, msgspec.Meta(ge=0, le=2**62)]], msgspec.Meta(min_length=1, max_length=2000)]
    unit_id: int | None = None
    room: str | None = None
    state: State | None = None
    assigned_to: str | None = None


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """`batch_id` takes it back; None where all stood so before. `kept`: devices that were as wanted already."""

    batch_id: int | None
    count: int
    kept: int = 0


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """`kept`: devices that somebody has changed since; they stay."""

    count: int
    kept: int


class DeviceChanged(Event, frozen=True, tag=True):
    """A device is new or has changed."""

    device: Device

    @property
    def key(self) -> str:
        return f"device/{self.device.id}"


class DeviceTold(Event, frozen=True, tag=True):
    """The same for those who look at the device: with the lines that are new in its history."""

    device: Device
    lines: list[HistoryLine]


class StockChanged(Event, frozen=True, tag=True):
    """Devices have changed, too many to tell of each: whoever looks at a list asks for it again."""

    stock: Stock


STOCK_ROOM = "equipment/stock"


def device_room(device_id: int) -> str:
    return f"equipment/device/{device_id}"


class AccessPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What changes of an access point by itself."""

    id: int
    rev: int
    channel: int | None
    seen_at: datetime | None


class AccessPointList(msgspec.Struct, frozen=True, kw_only=True):
    points: list[AccessPoint]


class AccessPointSeen(Event, frozen=True, tag=True):
    """A controller has reported it."""

    point: AccessPoint

    @property
    def key(self) -> str:
        return f"point/{self.point.id}"


class SeenPoint(msgspec.Struct, frozen=True, kw_only=True):
    """An access point by its MAC address; `channel` where the controller tells it."""

    mac: Annotated[str, msgspec.Meta(max_length=40)]
    channel: int | None = None


class SeenReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a Wi-Fi controller sees."""

    points: Annotated[list[SeenPoint], msgspec.Meta(max_length=2000)]


class SeenReply(msgspec.Struct, frozen=True, kw_only=True):
    """How many are in the inventory, and which are not, or are no address or channel at all."""

    known: int
    unknown: list[str]


class WifiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A controller's key, without the key."""

    id: int
    label: str
    made_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


WIFI_ROOM = "equipment/wifi"
