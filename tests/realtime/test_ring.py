"""Sending by the kernel's ring to real sockets: everything arrives whole, in order, and what does not is told."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from realtime import ring as ring_module
from realtime.ring import ENTRIES, MOST_BYTES, Ring, open_ring
from tests.realtime.sockets import Connect, Pair, connecting


@pytest.fixture
def ring() -> Iterator[Ring]:
    made = open_ring()
    if made is None:
        pytest.skip("this kernel gives no ring")
    yield made
    made.close()


@pytest.fixture
async def connect(ring: Ring) -> AsyncIterator[Connect]:
    async with connecting(ring) as connect:
        yield connect


def entries(pairs: list[Pair]) -> bytes:
    return b"".join(pair.outlet.entry for pair in pairs)


@pytest.mark.parametrize("count", [1, ENTRIES - 1, ENTRIES, ENTRIES + 1, 3 * ENTRIES + 7])
async def test_everybody_gets_everything_in_order(ring: Ring, connect: Connect, count: int) -> None:
    pairs = await connect(count)
    for number in range(300):  # round the ring many times, at every offset
        assert ring.send(entries(pairs), b"%06d " % number) == []
    wanted = b"".join(b"%06d " % number for number in range(300))
    assert all(pair.read() == wanted for pair in pairs)


async def test_nobody_is_nothing(ring: Ring) -> None:
    assert ring.send(b"", b"said to nobody") == []


async def test_what_a_socket_does_not_take_is_told(ring: Ring, connect: Connect) -> None:
    pairs = await connect(5)
    for slow in await connect(2, 4096):
        pairs.insert(3, slow)  # at places 3 and 4, among the quick
    block = os.urandom(MOST_BYTES)
    left = ring.send(entries(pairs), block)
    assert [place for place, _ in left] == [3, 4]
    assert all(0 < sent < len(block) for _, sent in left)
    for place, sent in left:
        await asyncio.sleep(0.05)
        assert pairs[place].read() == block[:sent]
    for pair in pairs[:3] + pairs[5:]:
        assert pair.read() == block


async def test_what_the_kernel_does_not_take_is_told(
    ring: Ring, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = await connect(6)
    call, calls = ring._call, []

    def short(number: int, file: int, count: int, *rest: Any) -> int:
        calls.append(count)
        return int(call(number, file, 2 if len(calls) == 1 else count, *rest))  # of six it reads two

    monkeypatch.setattr(ring, "_call", short)
    assert ring.send(entries(pairs), b"0") == [(2, 0), (3, 0), (4, 0), (5, 0)]
    assert ring.send(entries(pairs), b"1") == []
    assert calls == [6, 6]
    assert [pair.read() for pair in pairs] == [b"01", b"01", b"1", b"1", b"1", b"1"]


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
