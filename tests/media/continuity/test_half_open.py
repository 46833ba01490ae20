"""A cable that is pulled tells nobody: the encoder's connection stays open and silent."""

import asyncio
import struct
import time

import pytest

from media.rtmp import server as server_module
from media.rtmp.control import PING_REQUEST
from media.streams import StreamChange
from tests.flows.cable import cable
from tests.media.rtmp.client import IDR, avc_frame, headers, messages, opening, publishing
from tests.media.rtmp.test_server import AFTER_HANDSHAKE, Port, until

USER_CONTROL = 4


async def publish(number: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", number)
    writer.write(opening())
    return reader, writer


async def test_the_encoder_comes_back_by_another_way_and_takes_over():
    async with Port() as port, cable(port.number) as wire:
        _, writer = await publish(wire.port)
        await until(lambda: port.streams.get("s1") and port.streams.get("s1").publisher)
        stream = port.streams.get("s1")
        writer.write(headers() + avc_frame(0, IDR))
        await until(lambda: stream.packets_in == 1)
        dead = stream.publisher
        wire.pull()
        port.ahead_s += 1.5
        _, again = await publish(port.number)
        await asyncio.sleep(0.3)
        assert stream.publisher is dead, "it may be a hiccup"
        port.ahead_s += 3
        await until(lambda: stream.publisher is not dead)
        again.write(headers() + avc_frame(0, IDR))
        await until(lambda: stream.packets_in == 2)
        assert port.changes.count(StreamChange.LIVE) == 2
        assert StreamChange.PROBLEM not in port.changes
        writer.close()
        again.close()


async def test_a_stall_of_five_seconds_keeps_the_connection():
    async with Port() as port, cable(port.number) as wire:
        _, writer = await publish(wire.port)
        await until(lambda: port.streams.get("s1") and port.streams.get("s1").publisher)
        stream = port.streams.get("s1")
        writer.write(headers() + avc_frame(0, IDR))
        await until(lambda: stream.packets_in == 1)
        publisher = stream.publisher
        wire.pull()
        writer.write(avc_frame(40) + avc_frame(80))
        port.ahead_s += 5
        port.streams.check()
        wire.plug()
        await until(lambda: stream.packets_in == 3)
        assert stream.publisher is publisher
        writer.close()


async def test_a_silent_encoder_is_pinged_and_one_that_sends_is_not(monkeypatch):
    monkeypatch.setattr(server_module, "PING_INTERVAL_S", 0.1)
    async with Port() as port:
        reader, writer = await port.publishing()
        answer = await asyncio.wait_for(reader.readexactly(AFTER_HANDSHAKE), 10)
        sent = b""
        deadline = time.monotonic() + 10
        while not pings(sent):
            assert time.monotonic() < deadline
            sent += await asyncio.wait_for(reader.read(65_536), 10)
        assert answer
        writer.close()


def pings(sent: bytes) -> list[bytes]:
    asked = struct.pack(">H", PING_REQUEST)
    return [one.body for one in messages(sent) if one.kind == USER_CONTROL and one.body.startswith(asked)]


def test_a_ping_is_for_publishers():
    connection = publishing()
    connection.ping()
    (body,) = pings(connection.data_to_send())
    assert len(body) == 6


@pytest.mark.parametrize("heard", [True, False])
def test_only_silence_is_pinged(heard):
    asked = []

    class Silent(server_module._EncoderSocket):
        def __init__(self) -> None:
            self._heard = heard
            self._rtmp = self

        def ping(self) -> None:
            asked.append(True)

        def _flush(self) -> None:
            pass

    Silent().ping_if_silent()
    assert bool(asked) is not heard
