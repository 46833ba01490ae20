"""Those who keep up, over real sockets, with a ring of the kernel and without: everything once, in order, to nobody else."""

import asyncio
import os
import random
import socket
import struct
from collections.abc import AsyncIterator, Iterator

import pytest

from app.feature import RoomKind
from realtime.batch import Item, Tape
from realtime.crowd import BLOCK, MORE_BLOCKS, Crowd, Seat, Written
from realtime.outlet import Outlet
from realtime.ring import MOST_BYTES, Ring, open_ring
from tests.realtime.sockets import Connect, Pair, connecting

UNSENT = 64 * 1024


@pytest.fixture(params=["ring", "transports"])
def ring(request: pytest.FixtureRequest) -> Iterator[Ring | None]:
    made = open_ring() if request.param == "ring" else None
    if made is None and request.param == "ring":
        pytest.skip("this kernel gives no ring")
    yield made
    if made is not None:
        made.close()


@pytest.fixture
async def connect(ring: Ring | None) -> AsyncIterator[Connect]:
    async with connecting(ring) as connect:
        yield connect


class Room:
    """A crowd with its tape."""

    def __init__(self, ring: Ring | None) -> None:
        self.tape = Tape(RoomKind.LOG)
        self.apart: list[Outlet] = []
        self.crowd = Crowd(ring, UNSENT, self._set_apart)
        self.seq = 0

    def _set_apart(self, seat: Seat) -> None:
        self.crowd.leave(seat.outlet)
        self.apart.append(seat.outlet)

    def join(self, pairs: list[Pair]) -> None:
        for pair in pairs:
            pair.outlet.rooms["room"] = self  # type: ignore[assignment]
            self.crowd.join(pair.outlet, self.tape.mark)

    def say(self, frame: bytes) -> None:
        self.seq += 1
        self.tape.say(Item(self.seq, "", frame))

    def round(self) -> Written:
        steps = self.crowd.write(self.tape)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                written: Written = end.value
                return written

    @property
    def blocks(self) -> list[int]:
        return [len(block.seats) for block in self.crowd._blocks]


async def test_whoever_keeps_up_stands_in_a_block_after_a_round(ring: Ring | None, connect: Connect) -> None:
    room, pairs = Room(ring), await connect(BLOCK + 6)
    room.join(pairs)
    room.say(b"one ")
    assert room.round() == (BLOCK + 6, BLOCK + 6)
    assert room.blocks == [BLOCK, 6]
    room.say(b"two ")
    room.say(b"three ")
    assert room.round() == (BLOCK + 6, 2 * (BLOCK + 6))
    assert room.round() == (0, 0)
    await asyncio.sleep(0.01)
    assert all(pair.read() == b"one two three " for pair in pairs)


async def test_who_comes_later_is_told_only_what_comes_then(ring: Ring | None, connect: Connect) -> None:
    room, (early, late, later) = Room(ring), await connect(3)
    room.join([early])
    room.say(b"one ")
    room.join([late])
    room.round()
    room.say(b"two ")
    room.round()
    room.join([later])
    room.say(b"three ")
    room.round()
    await asyncio.sleep(0.01)
    assert [pair.read() for pair in (early, late, later)] == [b"one two three ", b"two three ", b"three "]
    assert room.blocks == [3]


async def test_people_come_go_and_talk_at_chance_and_everybody_reads_what_was_theirs(
    ring: Ring | None, connect: Connect
) -> None:
    chance, room = random.Random(41), Room(ring)
    pairs = await connect(4 * BLOCK)
    inside: set[Pair] = set()
    outside = list(pairs)
    number = 0

    def something_happens() -> None:
        nonlocal number
        what = chance.random()
        if what < 0.45 and outside:
            pair = outside.pop(chance.randrange(len(outside)))
            room.join([pair])
            inside.add(pair)
        elif what < 0.7 and inside:
            pair = chance.choice(sorted(inside, key=pairs.index))
            inside.discard(pair)
            room.crowd.leave(pair.outlet)
            outside.append(pair)
        elif what < 0.75 and inside:
            pair = chance.choice(sorted(inside, key=pairs.index))
            pair.outlet.look = True
            room.crowd.loosen(pair.outlet)
        elif what < 0.8 and inside:
            chance.choice(sorted(inside, key=pairs.index)).outlet.look = False
        else:
            number += 1
            room.say(b"%d " % number)

    for _ in range(400):
        steps = room.crowd.write(room.tape)
        for _ in steps:
            for _ in range(chance.randrange(3)):
                something_happens()
        for _ in range(chance.randrange(6)):
            something_happens()
        assert sum(room.blocks) + len(room.crowd._loose) == len(room.crowd.members) == len(inside)
    room.say(b"end ")
    for _ in range(3):
        room.round()
    got = dict.fromkeys(pairs, b"")
    for _ in range(500):
        for pair in pairs:
            got[pair] += pair.read()
        if all(got[pair].endswith(b"end ") for pair in inside):
            break
        await asyncio.sleep(0.01)
    for pair in pairs:
        words = got[pair].split()
        numbers = [int(word) for word in words if word != b"end"]
        assert numbers == sorted(set(numbers)), "told twice, or out of order"
        assert (words[-1:] == [b"end"]) == (pair in inside)
    assert len(room.blocks) <= len(room.crowd.members) // BLOCK + MORE_BLOCKS


async def test_nothing_is_missed_between_coming_and_going(ring: Ring | None, connect: Connect) -> None:
    """What everybody was told is compared with what was said while they were in, step by step."""
    chance, room = random.Random(7), Room(ring)
    pairs = await connect(3 * BLOCK)
    heard: dict[Pair, list[bytes]] = {pair: [] for pair in pairs}
    room.join(pairs[:BLOCK])
    inside = set(pairs[:BLOCK])
    for number in range(120):
        frame = b"%d " % number
        room.say(frame)
        for pair in inside:
            heard[pair].append(frame)
        steps = room.crowd.write(room.tape)
        for step, _ in enumerate(steps):
            if step == 0 and chance.random() < 0.5:  # somebody comes in the middle of a round: told the next only
                newcomer = chance.choice(pairs)
                if newcomer not in inside:
                    room.join([newcomer])
                    inside.add(newcomer)
        if chance.random() < 0.3:
            leaver = chance.choice(sorted(inside, key=pairs.index))
            room.crowd.leave(leaver.outlet)
            inside.discard(leaver)
    wanted = {pairs.index(pair): b"".join(frames) for pair, frames in heard.items()}
    got = dict.fromkeys(wanted, b"")
    for _ in range(500):
        for number, pair in enumerate(pairs):
            got[number] += pair.read()
        if got == wanted:
            break
        await asyncio.sleep(0.01)
    assert got == wanted


async def test_many_small_blocks_are_put_together(ring: Ring | None, connect: Connect) -> None:
    room, pairs = Room(ring), await connect(2 * BLOCK)
    for number, pair in enumerate(pairs):
        room.join([pair])
        steps = room.crowd.write(room.tape)
        room.say(b"%d " % number)
        for _ in steps:
            room.say(b"- ")  # said in the middle of each round: nobody stands where another stands
        assert len(room.blocks) <= len(room.crowd.members) // BLOCK + MORE_BLOCKS + 1
    room.round()
    room.say(b"end")
    assert room.round().writes == 2 * BLOCK
    await asyncio.sleep(0.02)
    assert all(pair.read().endswith(b"end") for pair in pairs)


async def test_one_that_takes_a_part_gets_the_rest_once(ring: Ring | None, connect: Connect) -> None:
    room = Room(ring)
    slow, quick = await connect(1, 4096) + await connect(1)
    room.join([slow, quick])
    told = b""
    for size in (5, MOST_BYTES - 100, 30_000):  # the second in part, the third behind it
        frame = os.urandom(size)
        told += frame
        room.say(frame)
        assert room.round().writes == 2
    assert slow.outlet.look
    assert room.blocks == [1]  # the quick one's
    got = {slow: b"", quick: b""}
    while any(len(found) < len(told) for found in got.values()):
        await asyncio.sleep(0.001)
        for pair in got:
            got[pair] += pair.read()
    assert got == {slow: told, quick: told}
    while slow.outlet.look:
        await asyncio.sleep(0.001)
    room.say(b"again")
    room.round()
    assert room.blocks == [2]
    assert room.apart == []


async def test_one_that_does_not_read_is_set_apart_and_holds_nobody_up(ring: Ring | None, connect: Connect) -> None:
    room = Room(ring)
    (slow,) = await connect(1, 4096)
    quick = await connect(3)
    room.join([slow, *quick])
    for _ in range(60):
        room.say(b"x" * 8000)
        room.round()
        await asyncio.sleep(0)
    assert room.apart == [slow.outlet]
    assert slow.outlet not in room.crowd.members
    await asyncio.sleep(0.05)
    assert [len(pair.read()) for pair in quick] == [480_000] * 3


async def test_one_that_is_gone_costs_nobody_else(ring: Ring | None, connect: Connect) -> None:
    room, pairs = Room(ring), await connect(5)
    room.join(pairs)
    room.round()
    pairs[2].client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    pairs[2].client.close()  # a reset: the first write already fails
    pairs[3].transport.abort()  # closing, and not told yet
    for _ in range(3):
        room.say(b"x" * 1000)
        room.round()
        await asyncio.sleep(0.01)
    assert [len(pair.read()) for pair in (pairs[0], pairs[1], pairs[4])] == [3000] * 3
    assert pairs[2].transport.is_closing()


async def test_a_number_that_somebody_else_has_now_is_not_written_to(ring: Ring | None, connect: Connect) -> None:
    """The worst that a list of file numbers could do: a stranger reads what was meant for one who has left."""
    room, (left, stays) = Room(ring), await connect(2)
    room.join([left, stays])
    room.say(b"hello ")
    room.round()  # both stand in a block now
    number = left.transport.get_extra_info("socket").fileno()
    left.transport.close()  # and nobody told the room
    await asyncio.sleep(0.01)
    mine, strangers = socket.socketpair()
    strangers.settimeout(0)
    if number not in {mine.fileno(), strangers.fileno()}:
        os.dup2(mine.fileno(), number)
        mine.close()
        mine = socket.socket(fileno=number)
    try:
        room.say(b"a secret")
        room.round()
        await asyncio.sleep(0.01)
        with pytest.raises(BlockingIOError):
            strangers.recv(100)
        assert stays.read() == b"hello a secret"
    finally:
        mine.close()
        strangers.close()


async def test_long_frames_go_by_the_transports(ring: Ring | None, connect: Connect) -> None:
    room, pairs = Room(ring), await connect(3)
    room.join(pairs)
    room.say(b"-")
    room.round()
    block = os.urandom(MOST_BYTES + 1)
    room.say(block)
    room.round()
    for pair in pairs:
        found = b""
        while len(found) < len(block) + 1:
            await asyncio.sleep(0.001)
            found += pair.read()
        assert found == b"-" + block
