"""Many connections on few ports."""

import asyncio
import errno
import socket

import pytest
from aioice import Connection, stun

from media.webrtc.ports import MAX_PEERS, UdpPorts, user_of


def request(user):
    message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    message.attributes["USERNAME"] = user
    return bytes(message)


def test_the_user_name_of_a_request():
    assert user_of(request("ours:theirs")) == "ours"
    assert user_of(request("nobody")) == "nobody"
    assert user_of(b"\0\1" + bytes(18) + b"\0\6\0\xff") == ""
    assert user_of(b"") == ""


async def test_a_range_is_used_from_its_beginning_and_what_is_taken_is_passed_over():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        first = taken.getsockname()[1]
        ports = UdpPorts.open(first, min(first + 20, 65535), 2, ("127.0.0.1",))
        try:
            assert len(ports.numbers) == 2
            assert first not in ports.numbers
            assert all(first < number <= first + 20 for number in ports.numbers)
            assert ports.next() is not ports.next()
        finally:
            ports.close()


async def test_datagrams_find_their_connection_and_strangers_none():
    ports = UdpPorts.open(0, 0, 1, ("127.0.0.1",))
    (port,) = ports.next()
    one = Connection(ice_controlling=False, local_username="userone1")
    two = Connection(ice_controlling=False, local_username="usertwo2")
    guests = port.join(one), port.join(two)
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        peer.bind(("127.0.0.1", 0))
        peer.sendto(b"\x16\xfe\xfd early", port.address)
        await asyncio.sleep(0.05)
        assert port.dropped == 1
        peer.sendto(request("usertwo2:x"), port.address)
        await asyncio.sleep(0.05)
        peer.sendto(b"\x80hello", port.address)
        await asyncio.sleep(0.05)
        assert two._queue.get_nowait() == (b"\x80hello", 1)
        assert one._queue.empty()
        assert guests[1].heard_at > guests[0].heard_at
        port.leave(guests[1])
        peer.sendto(b"\x80again", port.address)
        await asyncio.sleep(0.05)
        assert two._queue.empty()
        assert len(port) == 1
    finally:
        peer.close()
        for connection in (one, two):
            await connection.close()
        ports.close()


async def test_one_connection_cannot_hold_more_than_a_few_addresses():
    ports = UdpPorts.open(0, 0, 1, ("127.0.0.1",))
    (port,) = ports.next()
    guest = port.join(Connection(ice_controlling=False, local_username="userone1"))
    for number in range(3 * MAX_PEERS):
        port._claim(("127.0.0.1", 1000 + number), guest)
    assert len(guest.peers) == len(port._peers) == MAX_PEERS
    ports.close()


class Unsegmented:
    """A socket of a kernel that knows no segmentation."""

    def __init__(self, sock):
        self._sock = sock

    def sendmsg(self, *_arguments):
        raise OSError(errno.EIO, "no checksum offload")

    def __getattr__(self, name):
        return getattr(self._sock, name)


@pytest.mark.parametrize("segments", [True, False])
async def test_a_run_of_datagrams_arrives_as_it_was(segments):
    ports = UdpPorts.open(0, 0, 1, ("127.0.0.1",))
    (port,) = ports.next()
    if not segments:
        port.sock = Unsegmented(port.sock)
    sizes = [300, 1200, 1200, 1200, 700, 90, *[1000] * 60, 1001, 5]
    datagrams = [bytes((number,)) * size for number, size in enumerate(sizes)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(5)
        assert port.send_run(datagrams, peer.getsockname())
        assert [peer.recv(2048) for _one in datagrams] == datagrams
    ports.close()
