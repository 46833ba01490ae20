"""Writing by the kernel's ring against real sockets: everything arrives whole, in order, and nowhere else."""

import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest

from realtime import ring as ring_module
from realtime.ring import ENTRIES, MOST_BYTES, Ring, open_ring


class Seat:
    def __init__(self, transport: asyncio.Transport, ring: Ring) -> None:
        self.transport = transport
        self.entry = ring.entry(transport)


class Pair:
    """A transport of ours and the client's end of its connection."""

    def __init__(self, seat: Seat, client: socket.socket) -> None:
        self.seat = seat
        self.client = client

    def read(self, limit: int = 1 << 20) -> bytes:
        """What has arrived."""
        found = b""
        while len(found) < limit:
            try:
                part = self.client.recv(limit - len(found))
            except BlockingIOError:
                break
            if not part:
                break
            found += part
        return found


@pytest.fixture
async def ring() -> AsyncIterator[Ring]:
    made = open_ring()
    if made is None:
        pytest.skip("this kernel gives no ring")
    yield made
    made.close()


@pytest.fixture
async def connect(ring: Ring) -> AsyncIterator[Any]:
    made: list[Pair] = []
    loop = asyncio.get_running_loop()
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    listener.settimeout(0)

    async def open_pairs(count: int, buffer_bytes: int = 0) -> list[Pair]:
        for _ in range(count):
            client = socket.socket()
            if buffer_bytes:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
            client.settimeout(0)
            await loop.sock_connect(client, listener.getsockname())
            taken, _ = await loop.sock_accept(listener)
            if buffer_bytes:
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
            transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, taken)
            made.append(Pair(Seat(transport, ring), client))
        return made[-count:]

    yield open_pairs
    for pair in made:
        pair.seat.transport.abort()
        pair.client.close()
    listener.close()


@pytest.mark.parametrize("count", [1, ENTRIES - 1, ENTRIES, ENTRIES + 1, 3 * ENTRIES + 7])
async def test_everybody_gets_everything_in_order(ring: Ring, connect: Any, count: int) -> None:
    pairs = await connect(count)
    for number in range(300):  # round the ring many times, at every offset
        ring.write([pair.seat for pair in pairs], b"%06d " % number)
    wanted = b"".join(b"%06d " % number for number in range(300))
    assert all(pair.read() == wanted for pair in pairs)


async def test_a_socket_that_takes_a_part_gets_the_rest_once(ring: Ring, connect: Any) -> None:
    slow, quick = await connect(2, 4096)
    block, told = os.urandom(MOST_BYTES), b""
    for _ in range(20):
        told += block
        for pair in (slow, quick):  # as rooms do it: what waits in a transport goes first
            if pair.seat.transport.get_write_buffer_size():
                pair.seat.transport.write(block)
            else:
                ring.write([pair.seat], block)
        await asyncio.sleep(0)
    assert slow.seat.transport.get_write_buffer_size() > 0
    got: dict[Pair, bytes] = {slow: b"", quick: b""}
    while any(len(found) < len(told) for found in got.values()):
        await asyncio.sleep(0.001)
        for pair in got:
            got[pair] += pair.read()
    assert got[slow] == told
    assert got[quick] == told


async def test_one_that_is_gone_costs_nobody_else(ring: Ring, connect: Any) -> None:
    pairs = await connect(5)
    pairs[2].client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    pairs[2].client.close()  # a reset: the first write already fails
    pairs[3].seat.transport.abort()  # closing, and not told yet
    for _ in range(3):
        ring.write([pair.seat for pair in pairs], b"x" * 1000)
        await asyncio.sleep(0.01)
    assert [len(pair.read()) for pair in (pairs[0], pairs[1], pairs[4])] == [3000] * 3
    assert pairs[2].seat.transport.is_closing()


async def test_a_number_that_somebody_else_has_now_is_not_written_to(ring: Ring, connect: Any) -> None:
    """The worst that a list of file numbers could do: a stranger reads what was meant for one who has left."""
    (left,) = await connect(1)
    number = left.seat.transport.get_extra_info("socket").fileno()
    left.seat.transport.close()
    await asyncio.sleep(0.01)
    mine, strangers = socket.socketpair()
    strangers.settimeout(0)
    if number not in {mine.fileno(), strangers.fileno()}:
        os.dup2(mine.fileno(), number)
        mine.close()
        mine = socket.socket(fileno=number)
    try:
        ring.write([left.seat], b"a secret")
        with pytest.raises(BlockingIOError):
            strangers.recv(100)
    finally:
        mine.close()
        strangers.close()


async def test_long_buffers_go_by_the_transports(ring: Ring, connect: Any) -> None:
    pairs = await connect(3)
    block = os.urandom(MOST_BYTES + 1)
    ring.write([pair.seat for pair in pairs], block)
    for pair in pairs:
        found = b""
        while len(found) < len(block):
            await asyncio.sleep(0.001)
            found += pair.read()
        assert found == block


async def test_what_the_kernel_does_not_take_goes_by_the_transports(
    ring: Ring, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = await connect(6)
    call, calls = ring._call, []

    def short(number: int, file: int, count: int, *rest: Any) -> int:
        calls.append(count)
        return int(call(number, file, 2 if len(calls) == 1 else count, *rest))  # of six it reads two

    monkeypatch.setattr(ring, "_call", short)
    for number in range(3):
        ring.write([pair.seat for pair in pairs], b"%d" % number)
        await asyncio.sleep(0.01)
    assert calls == [6, 6, 6]
    assert [pair.read() for pair in pairs] == [b"012"] * 6


async def test_a_transport_with_tls_or_without_a_socket_has_no_entry(ring: Ring) -> None:
    class Other:
        def __init__(self, **extra: object) -> None:
            self.extra = extra

        def get_extra_info(self, name: str) -> object:
            return self.extra.get(name)

    with socket.socket() as plain:
        assert ring.entry(Other(socket=plain))
        assert ring.entry(Other(socket=plain, sslcontext=object())) == b""
    assert ring.entry(Other(socket=plain)) == b""  # closed
    assert ring.entry(Other()) == b""


def test_a_kernel_without_a_ring_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_module, "_SETUP", 100_000)  # no such call
    assert open_ring() is None
