"""A file of devices against the inventory: what each line would do. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, Literal

import msgspec

from app.i18n import _
from app.tables import Column, Fault, Row, day_of, plain
from portals.equipment import rules
from portals.equipment.model import Device, DeviceDraft, Kind, State, Told

COLUMNS: Final = (
    Column(key="label", headings=("Etykieta", "numer etykiety", "label")),
    Column(key="kind", headings=("Rodzaj", "typ", "rodzaj sprzętu", "typ urządzenia", "kind", "type")),
    Column(key="maker", headings=("Producent", "marka", "maker", "manufacturer")),
    Column(key="model", headings=("Model", "nazwa", "nazwa modelu")),
    Column(key="serial", headings=("Numer seryjny", "nr seryjny", "sn", "s/n", "serial", "serial number")),
    Column(key="asset_number", headings=("Numer księgowy", "nr inwentarzowy", "numer inwentarzowy", "asset number")),
    Column(key="unit_id", headings=("Jednostka", "skrót jednostki", "szkoła", "wydział", "unit")),
    Column(key="room", headings=("Sala", "pokój", "pomieszczenie", "miejsce", "room")),
    Column(key="state", headings=("Stan", "status", "state")),
    Column(key="assigned_to", headings=("Użytkownik", "przypisany do", "osoba", "user", "assigned to")),
    Column(key="bought", headings=("Kupiono", "data zakupu", "zakup", "bought")),
    Column(key="warranty_until", headings=("Gwarancja do", "koniec gwarancji", "gwarancja", "warranty until")),
    Column(key="mac", headings=("MAC", "adres MAC")),
    Column(key="channel", headings=("Kanał", "kanał Wi-Fi", "channel")),
    Column(key="note", headings=("Uwagi", "opis", "notatka", "note")),
)
HEADINGS: Final = {column.key: column.headings[0] for column in COLUMNS}
KINDS: Final[dict[str, Kind]] = {
    "laptop": "laptop",
    "notebook": "laptop",
    "komputerprzenosny": "laptop",
    "komputer": "computer",
    "komputerstacjonarny": "computer",
    "pc": "computer",
    "desktopcomputer": "computer",
    "monitor": "monitor",
    "projektor": "projector",
    "projector": "projector",
    "rzutnik": "projector",
    "tablica": "board",
    "tablicainteraktywna": "board",
    "monitorinteraktywny": "board",
    "interactiveboard": "board",
    "tablet": "tablet",
    "drukarka": "printer",
    "urzadzeniewielofunkcyjne": "printer",
    "printer": "printer",
    "accesspoint": "access_point",
    "punktdostepowy": "access_point",
    "ap": "access_point",
    "switch": "switch",
    "przelacznik": "switch",
    "przelaczniksieciowy": "switch",
    "networkswitch": "switch",
    "telefon": "phone",
    "phone": "phone",
    "inne": "other",
    "inny": "other",
    "inneurzadzenie": "other",
    "otherdevice": "other",
}
STATES: Final[dict[str, State]] = {
    "wuzyciu": "in_use",
    "uzywany": "in_use",
    "inuse": "in_use",
    "zapas": "spare",
    "zapasowy": "spare",
    "wmagazynie": "spare",
    "spare": "spare",
    "wnaprawie": "in_repair",
    "naprawa": "in_repair",
    "serwis": "in_repair",
    "inrepair": "in_repair",
    "zlikwidowany": "scrapped",
    "wycofany": "scrapped",
    "kasacja": "scrapped",
    "scrapped": "scrapped",
    "zaginiony": "lost",
    "zgubiony": "lost",
    "skradziony": "lost",
    "lost": "lost",
}
EMPTY: Final = frozenset({"", "-", "–", "—"})
"""A cell without a word: it leaves what is there."""
_TEXTS: Final = ("maker", "model", "serial", "asset_number", "room", "assigned_to", "note", "mac")


class Place(msgspec.Struct, frozen=True):
    """A unit that a file may name. `keeps`: whoever imports may put devices there."""

    id: int
    name: str
    keeps: bool


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the inventory has of what a file names. `places`: by short and by full name, as `plain` writes them."""

    places: Mapping[str, Place]
    by_label: Mapping[str, Device]
    by_serial: Mapping[str, Device]
    by_mac: Mapping[str, Device]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one line would do. `row` is what is written, with `model` (kind, maker, name) in place of its id."""

    line: int
    sort: Literal["new", "changed", "same"]
    title: str
    unit: str
    device_id: int | None = None
    rev: int = 0
    told: list[Told] = []
    row: dict[str, Any] = {}
    model: tuple[Kind, str, str] = ("other", "", "")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All of a file. Lines with a fault have no step."""

    steps: list[Step]
    faults: list[Fault]
    encoding: str = ""
    delimiter: str = ""

    def count(self, sort: str) -> int:
        return sum(1 for one in self.steps if one.sort == sort)

    @property
    def changes(self) -> int:
        return sum(1 for one in self.steps if one.sort != "same")

    @property
    def faulty_lines(self) -> int:
        return len({one.line for one in self.faults})


def cell_fault(key: str, value: str) -> str:
    """What is wrong with a cell; empty where nothing is."""
    if value in EMPTY:
        return ""
    if key == "label" and rules.label_from(value) is None:
        return _("This label is not right: a digit is mistyped or two have changed places")
    if key == "kind" and plain(value) not in KINDS:
        return _("This kind is not known. Write for instance laptop, projektor, drukarka, access point, inne")
    if key == "state" and plain(value) not in STATES:
        return _("This state is not known. Write: w użyciu, zapas, w naprawie, zlikwidowany or zaginiony")
    if key in {"bought", "warranty_until"} and day_of(value) is None:
        return _("This is not a date. Write 2014-03-25 or 25.03.2014")
    if key == "channel" and not (value.isascii() and value.isdecimal() and len(value) <= 3):
        return _("There is no such Wi-Fi channel")
    return ""


def named(rows: Sequence[Row], key: str) -> list[str]:
    """What the lines say in a column, as the inventory writes it."""
    found = []
    for row in rows:
        text = row.cells.get(key, "")
        if text in EMPTY:
            continue
        value = {"label": rules.label_from, "mac": rules.mac_of}.get(key, str.upper)(text)
        if value is not None:
            found.append(value)
    return found


def plan_of(rows: Sequence[Row], faults: Sequence[Fault], known: Known, today: date) -> Plan:
    """Every line is judged, whatever is wrong with others."""
    found, steps = list(faults), []
    bad = {one.line for one in faults}
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.line in bad:
            continue
        wrong = list(_repeated(row, seen))
        device, problems = _matched(row, known)
        wrong += problems
        if not wrong:
            step, problems = _step(row, device, known, today)
            wrong += problems
            if step is not None:
                steps.append(step)
        found += wrong
    order = {heading: place for place, heading in enumerate(HEADINGS.values())}
    return Plan(steps=steps, faults=sorted(found, key=lambda one: (one.line, order.get(one.column, -1))))


def _fault(row: Row, key: str, text: str, **values: str) -> Fault:
    return Fault(line=row.line, column=HEADINGS[key], text=text, values=values)


def _repeated(row: Row, seen: dict[tuple[str, str], int]) -> Iterator[Fault]:
    """Numbers that stand in two lines of one file."""
    for key in ("label", "serial", "mac"):
        for value in named([row], key):
            first = seen.setdefault((key, value), row.line)
            if first != row.line:
                yield _fault(row, key, _("The same stands in line %(line)s already"), line=str(first))


def _matched(row: Row, known: Known) -> tuple[Device | None, list[Fault]]:
    """The device that a line is about: by its label, else by its serial number."""
    labels, serials = named([row], "label"), named([row], "serial")
    labelled = known.by_label.get(labels[0]) if labels else None
    holder = known.by_serial.get(serials[0]) if serials else None
    if labels and labelled is None:
        return None, [_fault(row, "label", _("No device has this label. Leave the cell empty: labels are given here"))]
    if labelled is not None and holder is not None and holder.id != labelled.id:
        text = _("The device %(label)s has this serial number")
        return None, [_fault(row, "serial", text, label=rules.spoken(holder.inventory_number))]
    return labelled or holder, []


def _step(row: Row, device: Device | None, known: Known, today: date) -> tuple[Step | None, list[Fault]]:
    cells = {key: value for key, value in row.cells.items() if value not in EMPTY}
    missing = [key for key in ("kind", "model", "unit_id") if device is None and key not in cells]
    if missing:
        return None, [_fault(row, key, _("Nothing stands here")) for key in missing]
    place, problem = _place(row, cells, device, known)
    if place is None:
        return None, [problem] if problem else []
    draft = _draft(cells, device, place.id)
    texts = rules.tidied(draft)
    wrong = [_fault(row, key, text) for key, text in rules.faults(draft, texts, today).items()]
    mac = rules.mac_of(draft.mac) if draft.mac else None
    holder = known.by_mac.get(mac) if mac else None
    if holder is not None and (device is None or holder.id != device.id):
        text = _("The device %(label)s has this MAC address")
        wrong.append(_fault(row, "mac", text, label=rules.spoken(holder.inventory_number)))
    if wrong:
        return None, wrong
    plain_texts = {name: texts[name] for name in ("serial", "asset_number", "room", "assigned_to", "note")}
    values = {
        **plain_texts,
        "unit_id": place.id,
        "state": draft.state,
        "bought": draft.bought,
        "warranty_until": draft.warranty_until,
        "mac": mac,
        "channel": draft.channel,
    }
    model = (draft.kind, texts["maker"], texts["model"])
    title = f"{texts['maker']} {texts['model']}".strip()
    step = Step(line=row.line, sort="new", title=title, unit=place.name, row=values, model=model)
    return (step if device is None else _against(step, device)), []


def _place(
    row: Row, cells: Mapping[str, str], device: Device | None, known: Known
) -> tuple[Place | None, Fault | None]:
    """Where the device shall be; the actor must keep the place where it is as well."""
    if device is not None:
        here = known.places.get(plain(device.unit_name))
        if here is None or not here.keeps:
            return None, _fault(row, "label", _("The equipment of %(unit)s is kept by others"), unit=device.unit_name)
    if "unit_id" not in cells:
        return here, None
    place = known.places.get(plain(cells["unit_id"]))
    if place is None:
        return None, _fault(row, "unit_id", _("There is no unit «%(name)s»"), name=cells["unit_id"])
    if not place.keeps:
        return None, _fault(row, "unit_id", _("The equipment of %(unit)s is kept by others"), unit=place.name)
    return place, None


def _draft(cells: Mapping[str, str], device: Device | None, unit_id: int) -> DeviceDraft:
    """The line's words; what it leaves out is as it was."""
    was = {} if device is None else {name: getattr(device, name) or "" for name in _TEXTS}
    texts = {name: cells.get(name, was.get(name, "")) for name in _TEXTS}
    return DeviceDraft(
        kind=KINDS[plain(cells["kind"])] if "kind" in cells else (device.kind if device else "other"),
        state=STATES[plain(cells["state"])] if "state" in cells else (device.state if device else "in_use"),
        unit_id=unit_id,
        bought=day_of(cells["bought"]) if "bought" in cells else (device.bought if device else None),
        warranty_until=day_of(cells["warranty_until"])
        if "warranty_until" in cells
        else (device.warranty_until if device else None),
        channel=int(cells["channel"]) if "channel" in cells else (device.channel if device else None),
        **texts,
    )


def _against(step: Step, device: Device) -> Step:
    """What of a device that is known would change."""
    told = []
    for name, value in step.row.items():
        was = getattr(device, name)
        if was != value:
            told.append(_told(name, was, value, step.unit, device))
    old = (device.kind, device.maker, device.model)
    if [one.casefold() for one in old] != [one.casefold() for one in step.model]:
        told.insert(0, Told("model_id", device.title, step.title))
    sort: Literal["changed", "same"] = "changed" if told else "same"
    return msgspec.structs.replace(step, sort=sort, device_id=device.id, rev=device.rev, told=told)


def _told(name: str, was: object, value: Any, unit: str, device: Device) -> Told:
    if name == "unit_id":
        return Told(name, device.unit_name, unit)
    if name == "state":
        return Told(name, rules.STATE_TITLES[device.state], rules.STATE_TITLES[value])
    return Told(name, "" if was is None else str(was), "" if value is None else str(value))
