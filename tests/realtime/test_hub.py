"""The hub without sockets: order, sharing, slow readers by kind of room, presence, memory of empty rooms."""

import asyncio
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from app.actor import Actor
from app.database import Publication
from app.feature import ANYONE, Event, Params, Room, RoomKind
from realtime import protocol
from realtime.figures import Figures
from realtime.hub import Hub
from realtime.outlet import Limits, Outlet


class Rang(Event, frozen=True, tag=True):
    n: int
    pad: str = ""

    @property
    def key(self) -> str:
        return f"bell {self.n % 2}"


async def no_snapshot(_tx: Any, _actor: Actor, _params: Params) -> msgspec.Struct:
    raise AssertionError


def bells(kind: RoomKind, *, presence: bool = False) -> Room:
    return Room(pattern="bells/{x}", allow=ANYONE, kind=kind, snapshot=no_snapshot, events=(Rang,), presence=presence)


class Wire:
    """A transport that keeps what is written; `unread` is what the other side left in the buffer."""

    def __init__(self) -> None:
        self.data = b""
        self.writes = 0
        self.unread = 0
        self.closing = False

    def write(self, data: bytes) -> None:
        self.data += data
        self.writes += 1

    def is_closing(self) -> bool:
        return self.closing

    def get_write_buffer_size(self) -> int:
        return self.unread


def frames(data: bytes) -> list[dict[str, Any]]:
    """What a client reads (an independent reading of RFC 6455)."""
    found = []
    while data:
        assert data[0] == 0x81
        length, start = data[1], 2
        if length == 126:
            length, start = int.from_bytes(data[2:4], "big"), 4
        elif length == 127:
            length, start = int.from_bytes(data[2:10], "big"), 10
        found.append(msgspec.json.decode(data[start : start + length]))
        data = data[start + length :]
    return found


class Member:
    """A socket of a test."""

    def __init__(self, hub: Hub, account_id: int | None = None) -> None:
        self.hub = hub
        self.wire = Wire()
        self.closed_with: list[int] = []
        self.outlet = Outlet(self.wire, Actor(account_id), self.close)

    def close(self, code: int, _why: str) -> None:
        self.closed_with.append(code)
        self.hub.remove(self.outlet)

    def join(self, room: Room, name: str = "bells/1", since: protocol.Since | None = None) -> bool:
        return self.hub.enter(self.outlet, name, room).admit(self.outlet, 1, since, b"{}")

    def heard(self) -> list[int]:
        """The `n` of all events."""
        return [frame["data"]["n"] for frame in frames(self.wire.data) if frame["op"] == "event"]

    def of(self, op: str) -> list[dict[str, Any]]:
        return [frame for frame in frames(self.wire.data) if frame["op"] == op]


class Bench:
    def __init__(self, **options: Any) -> None:
        self.registry = CollectorRegistry()
        self.now_s = 1000.0
        self.hub = Hub(Figures(self.registry), clock=lambda: self.now_s, **options)

    def ring(self, *numbers: int, pad: str = "", name: str = "bells/1") -> None:
        self.hub.dispatch([Publication(name, Rang(number, pad)) for number in numbers])

    def drops(self, rule: str) -> float:
        return self.registry.get_sample_value("gryf_live_drops_total", {"rule": rule}) or 0

    def count(self, name: str) -> float:
        return self.registry.get_sample_value(f"gryf_live_{name}") or 0


async def settle() -> None:
    """Lets all writing end, retries of slow readers too."""
    await asyncio.sleep(0.12)


@pytest.fixture
async def bench() -> Bench:
    return Bench(limits=Limits(unsent_bytes=1000, held_bytes=2000))


@pytest.mark.parametrize("kind", list(RoomKind))
async def test_everybody_hears_everything_once_and_in_order(bench: Bench, kind: RoomKind) -> None:
    members = [Member(bench.hub) for _ in range(5)]
    for number, member in enumerate(members):
        member.join(bells(kind))
        bench.ring(number)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    await settle()
    for number, member in enumerate(members):
        assert member.heard() == list(range(number, 5))
        assert [frame["seq"] for frame in member.of("event")] == list(range(number + 1, 6))


async def test_events_of_one_turn_leave_in_one_write(bench: Bench) -> None:
    member = Member(bench.hub)
    member.join(bells(RoomKind.LOG))
    bench.ring(0)
    await settle()
    before = member.wire.writes
    bench.ring(1, 2, 3)
    bench.ring(4)
    await settle()
    assert member.wire.writes == before + 1
    assert member.heard() == [0, 1, 2, 3, 4]
    assert bench.count("deliveries_total") == 5


async def test_what_happens_between_enter_and_admit_follows_the_snapshot(bench: Bench) -> None:
    other, member = Member(bench.hub), Member(bench.hub)
    other.join(bells(RoomKind.LOG))
    bench.ring(1)
    room = bench.hub.enter(member.outlet, "bells/1", bells(RoomKind.LOG))
    bench.ring(2)
    await settle()
    bench.ring(3)
    assert member.wire.data == b"", "nothing before the snapshot"
    room.admit(member.outlet, 1, None, b'{"bells":[]}')
    bench.ring(4)
    await settle()
    joined, *events = frames(member.wire.data)
    assert joined["op"] == "joined"
    assert joined["seq"] == 1
    assert [event["seq"] for event in events] == [2, 3, 4]
    assert other.heard() == [1, 2, 3, 4]


async def test_a_member_that_left_hears_nothing(bench: Bench) -> None:
    member, other = Member(bench.hub), Member(bench.hub)
    member.join(bells(RoomKind.LOG))
    other.join(bells(RoomKind.LOG))
    bench.ring(1)
    await settle()
    bench.ring(2)
    bench.hub.leave(member.outlet, "bells/1")
    await settle()
    assert member.heard() == [1]
    assert other.heard() == [1, 2]


async def test_slow_reader_of_a_log_is_closed_and_the_others_are_not(bench: Bench) -> None:
    slow, quick = Member(bench.hub), Member(bench.hub)
    slow.join(bells(RoomKind.LOG))
    quick.join(bells(RoomKind.LOG))
    bench.ring(0)
    await settle()
    slow.wire.unread = 1001
    for number in range(1, 6):
        bench.ring(number, pad="x" * 400)
        await settle()
    assert slow.closed_with == [1013]
    assert slow.heard() == [0]
    assert slow.outlet.held_bytes == 0
    assert quick.heard() == [0, 1, 2, 3, 4, 5]
    assert bench.drops("log-full") == 1


async def test_slow_reader_of_a_log_that_reads_again_has_missed_nothing(bench: Bench) -> None:
    slow = Member(bench.hub)
    slow.join(bells(RoomKind.LOG))
    bench.ring(0)
    await settle()
    slow.wire.unread = 1001
    bench.ring(1)
    await settle()
    bench.ring(2)
    await settle()
    assert slow.heard() == [0]
    slow.wire.unread = 0
    await settle()
    assert slow.heard() == [0, 1, 2], "it is looked at again although nothing new happens"
    bench.ring(3)
    await settle()
    assert slow.heard() == [0, 1, 2, 3]
    assert not slow.closed_with


async def test_a_transport_that_tells_when_it_is_full_is_asked_only_then(bench: Bench) -> None:
    slow = Member(bench.hub)
    slow.join(bells(RoomKind.LOG))
    slow.outlet.fill(full=False)
    bench.ring(0)
    await settle()
    slow.wire.unread = 1001
    bench.ring(1)
    await settle()
    assert slow.heard() == [0, 1]
    slow.outlet.fill(full=True)
    bench.ring(2)
    await settle()
    assert slow.heard() == [0, 1]
    slow.wire.unread = 0
    slow.outlet.fill(full=False)
    bench.ring(3)
    await settle()
    assert slow.heard() == [0, 1, 2, 3]
    assert not slow.closed_with


async def test_slow_reader_of_latest_gets_the_newest_of_each_key(bench: Bench) -> None:
    slow = Member(bench.hub)
    slow.join(bells(RoomKind.LATEST))
    bench.ring(0)
    await settle()
    slow.wire.unread = 1001
    for number in range(1, 51):
        bench.ring(number, pad="x" * 300)
        await settle() if number % 25 == 0 else await asyncio.sleep(0)
    slow.wire.unread = 0
    await settle()
    assert slow.heard() == [0, 49, 50]
    assert bench.drops("latest-merged") > 0
    assert not slow.closed_with


async def test_slow_reader_of_ephemeral_misses_some(bench: Bench) -> None:
    slow = Member(bench.hub)
    slow.join(bells(RoomKind.EPHEMERAL))
    bench.ring(0)
    await settle()
    slow.wire.unread = 1001
    for number in range(1, 8):
        bench.ring(number, pad="x" * 400)
        await asyncio.sleep(0.03)
    slow.wire.unread = 0
    await settle()
    heard = slow.heard()
    assert heard[:3] == [0, 1, 2]
    assert len(heard) < 8
    assert bench.drops("ephemeral-dropped") == 8 - len(heard)
    assert not slow.closed_with


async def test_bytes_are_capped_over_all_rooms_of_a_socket(bench: Bench) -> None:
    slow = Member(bench.hub)
    for place in range(10):
        slow.join(bells(RoomKind.LOG), f"bells/{place}")
        bench.ring(0, name=f"bells/{place}")
    await settle()
    slow.wire.unread = 1001
    for place in range(10):
        bench.ring(1, pad="x" * 300, name=f"bells/{place}")
    await settle()
    assert slow.closed_with == [1013]
    assert slow.outlet.rooms == {}


async def test_resume(bench: Bench) -> None:
    first, again, late, stranger = (Member(bench.hub) for _ in range(4))
    first.join(bells(RoomKind.LOG))
    epoch = first.of("joined")[0]["epoch"]
    bench.ring(1, 2, 3)
    await settle()
    bench.hub.remove(first.outlet)
    bench.ring(4)
    assert again.join(bells(RoomKind.LOG), since=protocol.Since(epoch, 2))
    joined = again.of("joined")[0]
    assert joined["resumed"] is True
    assert joined["seq"] == 2
    assert "snapshot" not in joined
    assert again.heard() == [3, 4]
    for number in range(600):
        bench.ring(number)
    assert not late.join(bells(RoomKind.LOG), since=protocol.Since(epoch, 4)), "too old"
    assert late.of("joined")[0]["seq"] == 604
    assert not stranger.join(bells(RoomKind.LOG), since=protocol.Since("another", 604))


async def test_an_empty_room_is_remembered_for_a_while(bench: Bench) -> None:
    member = Member(bench.hub)
    member.join(bells(RoomKind.LOG))
    bench.ring(1)
    bench.hub.remove(member.outlet)
    bench.hub.look_around()
    assert list(bench.hub.rooms) == ["bells/1"]
    bench.now_s += 121
    bench.hub.look_around()
    assert bench.hub.rooms == {}
    bench.ring(2)
    assert bench.hub.rooms == {}, "events of rooms where nobody is cost nothing"


async def test_a_refused_join_leaves_no_trace(bench: Bench) -> None:
    member = Member(bench.hub)
    for number in range(100):
        bench.hub.enter(member.outlet, f"bells/{number}", bells(RoomKind.LOG))
        bench.hub.leave(member.outlet, f"bells/{number}")
    assert bench.hub.rooms == {}
    assert member.outlet.rooms == {}


async def test_only_so_many_empty_rooms_linger(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.hub.MAX_LINGERING", 3)
    member = Member(bench.hub)
    for number in range(6):
        member.join(bells(RoomKind.LOG), f"bells/{number}")
        bench.ring(1, name=f"bells/{number}")
        bench.now_s += 1
        bench.hub.leave(member.outlet, f"bells/{number}")
    bench.hub.look_around()
    assert sorted(bench.hub.rooms) == ["bells/3", "bells/4", "bells/5"]


async def test_forgetting_makes_everybody_start_again(bench: Bench) -> None:
    member, again = Member(bench.hub), Member(bench.hub)
    member.join(bells(RoomKind.LOG))
    epoch = member.of("joined")[0]["epoch"]
    bench.ring(1)
    bench.hub.forget()
    assert not again.join(bells(RoomKind.LOG), since=protocol.Since(epoch, 1))
    assert again.of("joined")[0]["epoch"] != epoch


async def test_presence_is_merged_and_counts_accounts(bench: Bench) -> None:
    watcher = Member(bench.hub)
    watcher.join(bells(RoomKind.LOG, presence=True))
    assert watcher.of("joined")[0]["presence"] == {"sockets": 1, "accounts": 0}
    others = [Member(bench.hub, account) for account in (7, 7, 8, None)]
    for other in others:
        other.join(bells(RoomKind.LOG, presence=True))
    waiting = Member(bench.hub, 9)
    bench.hub.enter(waiting.outlet, "bells/1", bells(RoomKind.LOG, presence=True))
    await settle()
    assert watcher.of("presence") == [], "not before the beat"
    bench.hub.look_around()
    bench.hub.look_around()
    await settle()
    assert watcher.of("presence") == [{"op": "presence", "room": "bells/1", "sockets": 5, "accounts": 2}]
    bench.hub.remove(others[0].outlet)
    bench.hub.remove(others[2].outlet)
    bench.hub.look_around()
    await settle()
    assert watcher.of("presence")[-1] == {"op": "presence", "room": "bells/1", "sockets": 3, "accounts": 1}


async def test_rooms_do_not_leak_into_each_other(bench: Bench) -> None:
    one, two = Member(bench.hub), Member(bench.hub)
    one.join(bells(RoomKind.LOG), "bells/1")
    two.join(bells(RoomKind.LOG), "bells/2")
    bench.ring(1, name="bells/1")
    bench.ring(2, name="bells/2")
    await settle()
    assert one.heard() == [1]
    assert two.heard() == [2]


async def test_watchers_inside_the_process(bench: Bench) -> None:
    seen: list[str] = []
    stop = bench.hub.watch("bells/9", lambda what: seen.append(what.type))
    bench.ring(1, name="bells/9")
    stop()
    stop()
    bench.ring(2, name="bells/9")
    assert seen == ["Rang"]


async def test_members_come_and_go_while_a_big_room_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model: each member hears every event from its admission to its leaving, once, in order."""
    monkeypatch.setattr("realtime.open_room.WRITES_A_STEP", 2)
    bench = Bench()
    bench.hub.pump._slice_s = 0  # one step a turn: writing is interrupted as often as can be
    members: list[tuple[Member, int]] = []
    left: list[tuple[Member, int, int]] = []
    for number in range(1, 241):
        member = Member(bench.hub)
        member.join(bells(RoomKind.LOG))
        members.append((member, number))
        bench.ring(number)
        if number % 3 == 0:
            await asyncio.sleep(0)
        if number % 5 == 0:
            await asyncio.sleep(0.001)
        if number % 7 == 0:
            gone, since = members.pop(number % len(members))
            bench.hub.remove(gone.outlet)
            left.append((gone, since, number))
    async with asyncio.timeout(20):
        while any(member.heard()[-1:] != [240] for member, _ in members):
            await asyncio.sleep(0.02)
    for member, since in members:
        assert member.heard() == list(range(since, 241))
    for member, since, until in left:
        heard = member.heard()
        assert heard == list(range(since, since + len(heard)))
        assert not heard or heard[-1] <= until
