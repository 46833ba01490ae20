"""What goes wrong without anybody's fault: clocks, restarts, two tabs; and what must not be mixed up."""

import ast
import asyncio
import random
import time
from pathlib import Path

import pytest

from app.feature import SessionEnded
from realtime.hub import MAX_LINGERING
from tests.realtime.conftest import Client, Note, NoteWritten, Site, SiteMaker, sockets_open
from tests.realtime.test_socket import until

REALTIME = Path(__file__).parents[2] / "realtime"


@pytest.mark.parametrize(("length", "passes"), [(65_536, True), (65_537, False)])
async def test_the_largest_message(site: Site, length: int, passes: bool) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        await socket.send('{"op":"ping","ref":1}'.ljust(length))
        if passes:
            assert await client.hear() == {"op": "pong", "ref": 1}
        else:
            assert await client.close_code() == 1009


async def test_an_empty_message_is_refused_and_harms_nothing(site: Site) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        for empty in ("", ["", ""], b""):
            await socket.send(empty)
            assert (await client.hear("refused"))["status"] == 422
        await client.say(op="ping", ref=2)
        assert (await client.hear())["op"] == "pong"


async def test_joining_and_leaving_for_ever_leaves_little(make_site: SiteMaker) -> None:
    limits = {"messages_per_s": 100_000, "messages_at_once": 100_000}
    async with make_site(**limits) as site, site.connect() as socket:
        client = Client(socket)
        for number in range(400):
            await client.join(f"board/{number}", number)
            await client.say(op="leave", room=f"board/{number}", ref=number)
        await client.say(op="ping", ref=1)
        await client.hear("pong")
        assert site.hub.rooms == {}, "rooms in which nothing was said are not remembered"
        for number in range(MAX_LINGERING // 20):
            await client.join(f"board/{number}", number)
            site.database.announce(f"board/{number}", NoteWritten(Note(1, "", 1)))
            await client.say(op="leave", room=f"board/{number}", ref=number)
        await client.say(op="ping", ref=1)
        await client.hear("pong")
        assert len(site.hub.rooms) == MAX_LINGERING // 20
        site.hub._linger_s = 0
        site.hub.look_around()
        assert site.hub.rooms == {}


async def test_a_clock_that_steps_changes_nothing(make_site: SiteMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of day jumps by a year and back: nobody is closed, nobody waits."""
    async with make_site(heartbeat_s=0.3, recheck_s=0.3) as site, site.connect("1 s1", ping_interval=None) as socket:
        client = Client(socket)
        await client.join("board/a")
        real = time.time
        for step_s in (365 * 86_400, -365 * 86_400):
            monkeypatch.setattr(time, "time", lambda step_s=step_s: real() + step_s)
            await asyncio.sleep(0.8)
            await site.write(1)
            assert (await client.hear("event"))["data"]["note"]["id"] == 1
        assert sockets_open(site) == 1


def test_no_decision_is_made_by_the_time_of_day() -> None:
    found = []
    for path in REALTIME.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                said = f"{node.value.id}.{node.attr}"
                # the page of administrators shows when a measure was taken
                if said in {"time.time", "datetime.now", "datetime.utcnow"} and path.name not in SHOW_TIMES:
                    found.append(f"{path.name}:{node.lineno} {said}")
    assert found == []


SHOW_TIMES = {"overview.py", "pages.py"}


async def test_two_tabs_of_one_person(site: Site) -> None:
    async with site.connect("7 same") as first, site.connect("7 same") as second, site.connect("7 phone") as third:
        clients = [Client(socket) for socket in (first, second, third)]
        for client in clients:
            joined = await client.join("board/a")
        assert joined["presence"] == {"sockets": 3, "accounts": 1}
        await site.write(1)
        for client in clients:
            assert (await client.hear("event"))["seq"] == 1
        async with site.database.transaction() as tx:
            tx.publish("session/same", SessionEnded())
        for client in clients[:2]:
            assert await client.close_code() == 4401
        await clients[2].say(op="ping", ref=1)
        assert (await clients[2].hear("pong"))["ref"] == 1
        assert site.hub.rooms["board/a"].presence().accounts == 1


@pytest.mark.parametrize("room", ["board/a", "ledger/a"])
async def test_a_restart_between_commit_and_telling(make_site: SiteMaker, room: str) -> None:
    """The change is in the database and was told to nobody: whoever comes back has it."""
    async with make_site() as site:
        async with site.connect() as socket:
            joined = await Client(socket).join(room)
        async with site.database.transaction() as tx:
            await tx.execute("INSERT INTO note VALUES (1, 'told to nobody', 1)")
            tx.publish(room, NoteWritten(Note(1, "told to nobody", 1)))
            await site.database.backplane.stage(tx, tx.outbox)
            tx.outbox.clear()
    async with make_site() as site, site.connect() as socket:
        client = Client(socket)
        again = await client.join(room, since={"epoch": joined["epoch"], "seq": joined["seq"]})
        rows = again["snapshot"]["notes"] if "snapshot" in again else [(await client.hear("event"))["data"]["note"]]
        assert [row["text"] for row in rows] == ["told to nobody"]


async def test_nothing_leaks_from_room_to_room(site: Site) -> None:
    """Sockets come and go between rooms of all kinds while all of them are told something."""
    dice = random.Random(4)
    rooms = [f"{kind}/{board}" for kind in ("board", "meter", "typing", "ledger") for board in "abc"]
    stop = asyncio.Event()

    async def write() -> None:
        while not stop.is_set():
            room = dice.choice(rooms)
            await site.write(dice.randrange(5), room, room=room)

    async def wander(number: int) -> int:
        heard = 0
        async with site.connect(f"{number} s{number}") as socket:
            client = Client(socket)
            inside: set[str] = set()
            for ref in range(40):
                room = dice.choice(rooms)
                if room in inside:
                    inside.discard(room)
                    await client.say(op="leave", room=room, ref=ref)
                    answer = "left"
                else:
                    await client.say(op="join", room=room, ref=ref)
                    answer = "joined"
                while (frame := await client.hear())["op"] != answer:
                    if frame["op"] == "event":
                        assert frame["room"] in inside or (answer == "left" and frame["room"] == room)
                        assert frame["data"]["note"]["text"] == frame["room"]
                        heard += 1
                if answer == "joined":
                    inside.add(room)
        return heard

    writers = [asyncio.create_task(write()) for _ in range(2)]
    heard = await asyncio.gather(*(wander(number) for number in range(1, 7)))
    stop.set()
    await asyncio.gather(*writers)
    assert sum(heard) > 20
    await until(lambda: sockets_open(site) == 0)
