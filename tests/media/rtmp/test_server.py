import asyncio
import socket
import sys
import time

import pytest
import structlog
from prometheus_client import CollectorRegistry

from app.errors import ConfigurationError
from media.packet import Kind
from media.rtmp import server as server_module
from media.rtmp.server import RtmpServer
from media.rtmp.settings import RtmpSettings
from media.streams import PublishGrant, StreamChange, Streams
from tests.media.rtmp.client import (
    HELLO,
    HELLO_AGAIN,
    IDR,
    aac_frame,
    avc_frame,
    chunked,
    command,
    connect,
    headers,
    opening,
    publish,
    statuses,
)
from tests.media.test_stream import Recorder

AFTER_HANDSHAKE = 1 + 2 * 1536


class Port:
    """A server on a free port, with a clock for silence and everything it did written down."""

    def __init__(self, **settings: float) -> None:
        self.ahead_s = 0.0
        self.on_air = True
        self.broken = False
        self.streams = Streams(self._authorise, clock=lambda: time.monotonic() + self.ahead_s)
        self.sinks: list[Recorder] = []
        self.streams.packager_factory = self._package
        self.changes: list[StreamChange] = []
        self.streams.subscribe(lambda _, what: self.changes.append(what))
        self.registry = CollectorRegistry()
        self.server = RtmpServer(self.streams, RtmpSettings(**settings), registry=self.registry)
        self.number = 0

    async def _authorise(self, key: str, address: str) -> PublishGrant | None:
        if self.broken:
            raise OSError("no database")
        return PublishGrant("s1", self.on_air, "x") if key == "KEY" else None

    def _package(self, stream, on_air):
        self.sinks.append(Recorder())
        return self.sinks[-1]

    async def __aenter__(self):
        self.number = await self.server.start("127.0.0.1", 0)
        return self

    async def __aexit__(self, *_):
        await self.server.stop()

    def count(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"gryf_rtmp_{name}", labels) or 0.0

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.number)

    async def say(self, data: bytes) -> bytes:
        """All that the server answers until it closes."""
        reader, writer = await self.connect()
        writer.write(data)
        try:
            return await asyncio.wait_for(reader.read(), 20)
        except ConnectionResetError:
            return b""
        finally:
            writer.close()

    async def publishing(self):
        """A connection that has sent a picture."""
        reader, writer = await self.connect()
        writer.write(opening())
        before = len(self.server.streams.ids()) and self.server.streams.get("s1").packets_in
        await until(lambda: self.server.streams.get("s1") and self.server.streams.get("s1").publisher)
        writer.write(headers() + avc_frame(0, IDR) + aac_frame(0))
        await until(lambda: self.server.streams.get("s1").packets_in > before)
        return reader, writer


async def until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


def refusals(sent: bytes) -> list[tuple[str, str]]:
    return statuses(sent[AFTER_HANDSHAKE:])


async def test_what_is_published_arrives_in_the_stream():
    async with Port() as port:
        _, writer = await port.publishing()
        tracks, picture, sound = port.sinks[0].heard
        assert (tracks.video.width, tracks.audio.sample_rate) == (640, 48000)
        assert (picture.kind, picture.key, sound.kind) == (Kind.VIDEO, True, Kind.AUDIO)
        assert port.count("connections") == 1
        assert port.count("publications_total", outcome="accepted") == 1
        await until(lambda: port.count("received_bytes_total") > 3000)
        writer.write(command("FCUnpublish", 6, None, "KEY"))
        await until(lambda: port.sinks[0].heard[-1] == "pause")
        writer.close()
        await until(lambda: port.count("connections") == 0)


@pytest.mark.parametrize(
    ("name", "why"),
    [("wrong", "not valid"), ("", "is missing"), ("x" * 300, "is too long"), ("?key=wrong", "not valid")],
)
async def test_keys_that_open_nothing(name, why):
    async with Port() as port:
        ((code, description),) = refusals(await port.say(opening(name)))
        assert code == "NetStream.Publish.BadName"
        assert why in description
        assert port.streams.ids() == ()
        assert port.count("publications_total", outcome="refused") == 1


async def test_a_key_never_stands_in_the_log(capsys, monkeypatch):
    monkeypatch.setattr(server_module, "log", structlog.wrap_logger(structlog.PrintLogger(sys.stdout)))
    async with Port() as port:
        port.broken = True
        await port.say(opening("SECRET-1"))
        port.broken = False
        await port.say(opening("SECRET-2"))
        await port.say(opening("x?key=SECRET-3", "live?key=SECRET-4", "rtmp://h/live?key=SECRET-5"))
        await port.say(opening("", "live/SECRET-6", "rtmp://h/live/SECRET-6"))
    logged = capsys.readouterr().out
    assert "could not decide on a publisher" in logged
    assert "publisher refused" in logged
    assert "SECRET" not in logged


async def test_when_keys_cannot_be_checked_the_encoder_is_told_to_try_again():
    async with Port() as port:
        port.broken = True
        assert refusals(await port.say(opening())) == [
            ("NetStream.Publish.Failed", "the server cannot check the stream key now; try again")
        ]
        assert port.server.throttle.delay_s("127.0.0.1") == 0


async def test_failures_slow_an_address_down_and_a_right_key_still_opens():
    async with Port() as port:
        for _ in range(4):
            await port.say(opening("wrong"))
        assert port.server.throttle.delay_s("127.0.0.1") == 0.5
        _, writer = await port.publishing()
        assert port.server.throttle.delay_s("127.0.0.1") == 0
        writer.close()


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"\x06" + bytes(1536)]
)
async def test_garbage_is_closed_at_once(garbage):
    async with Port() as port:
        assert await port.say(garbage) == b""
        assert port.count("faults_total") == 1


async def test_a_length_of_2_gb_is_refused_at_once():
    async with Port() as port:
        huge = chunked(1, b"\x7f\xff\xff\xff", lane=2) + b"\x06\x00\x00\x00\xff\xff\xff\x09\x01\x00\x00\x00"
        sent = await port.say(HELLO + HELLO_AGAIN + connect() + huge)
        assert refusals(sent) == []
        _, writer = await port.publishing()
        writer.write(huge)
        await until(lambda: port.count("faults_total") == 2)
        await until(lambda: port.sinks[0].heard[-1] == "pause")
        writer.close()


@pytest.mark.parametrize("half", [b"", HELLO[:700], HELLO, HELLO + HELLO_AGAIN + connect()])
async def test_who_does_not_begin_is_closed_in_time(half):
    async with Port(begin_timeout_s=0.2) as port:
        await port.say(half)
        assert port.count("turned_away_total", limit="deadline") == 1
        await until(lambda: port.count("connections") == 0)


async def test_a_publisher_is_not_closed_by_that_deadline():
    async with Port(begin_timeout_s=2) as port:
        _, writer = await port.publishing()
        await asyncio.sleep(2.2)
        assert port.count("connections") == 1
        writer.close()


async def test_two_encoders_on_one_key():
    async with Port() as port:
        _, first = await port.publishing()
        ((code, description),) = refusals(await port.say(opening()))
        assert code == "NetStream.Publish.BadName"
        assert "another encoder is sending with this stream key" in description
        assert port.changes[-1] is StreamChange.PROBLEM
        assert not first.is_closing()
        first.close()


async def test_a_silent_publisher_is_taken_over():
    async with Port() as port:
        reader, first = await port.publishing()
        port.ahead_s = 5.0
        _, second = await port.publishing()
        assert refusals(await reader.read()) == [
            ("NetStream.Publish.Start", "publishing; the picture is on its way"),
            ("NetStream.Unpublish.Success", "another encoder took over"),
        ]
        assert port.sinks[0].heard.count("pause") == 1
        first.close()
        second.close()


async def test_a_silent_publisher_is_closed():
    async with Port() as port:
        reader, writer = await port.publishing()
        port.ahead_s = 10.0
        port.streams.check()
        assert port.sinks[0].heard[-1] == "pause"
        assert refusals(await reader.read())[-1] == ("NetStream.Unpublish.Success", "nothing came for 10 s")
        writer.close()


async def test_a_cable_that_is_pulled_and_an_encoder_that_returns():
    async with Port() as port:
        _, writer = await port.publishing()
        writer.transport.abort()
        await until(lambda: port.sinks[0].heard[-1] == "pause")
        _, again = await port.publishing()
        assert len(port.sinks) == 1, "the same packager goes on"
        assert [heard for heard in port.sinks[0].heard if heard == port.sinks[0].heard[0]] == [
            port.sinks[0].heard[0]
        ] * 2
        again.close()


async def test_what_browsers_cannot_play_reaches_the_clerk():
    async with Port() as port:
        reader, writer = await port.publishing()
        writer.write(chunked(8, b"\x2fmp3", lane=5, stream=1))
        assert "set the encoder's sound to AAC" in refusals(await reader.read())[-1][1]
        assert port.streams.problem("s1").values == {"codec": "MP3"}
        writer.close()


async def test_the_end_of_the_session_is_told_to_the_encoder():
    async with Port() as port:
        reader, writer = await port.publishing()
        port.streams.take_off_air("s1")
        assert refusals(await reader.read())[-1] == ("NetStream.Unpublish.Success", "the session has ended")
        writer.close()


async def test_connections_are_limited():
    async with Port(connections_per_address=2) as port:
        first, second = await port.connect(), await port.connect()
        await until(lambda: port.count("connections") == 2)
        assert await port.say(HELLO) == b""
        assert port.count("turned_away_total", limit="address") == 1
        first[1].close()
        second[1].close()
        await until(lambda: port.count("connections") == 0)
    async with Port(connections=0) as port:
        assert await port.say(HELLO) == b""
        assert port.count("turned_away_total", limit="total") == 1


async def test_stopping_says_goodbye():
    async with Port() as port:
        reader, writer = await port.publishing()
        idle = await port.connect()
        stopping = asyncio.create_task(port.server.stop())
        assert refusals(await reader.read())[-1] == ("NetStream.Unpublish.Success", "the server is stopping")
        writer.close()
        idle[1].close()
        await stopping
        with pytest.raises(OSError):
            await port.connect()


async def test_a_peer_that_never_reads_is_cut_off():
    async with Port() as port:
        _, writer = await port.publishing()
        pings = chunked(4, b"\x00\x06" + bytes(4), lane=2) * 20_000
        writer.transport.pause_reading()
        with pytest.raises((ConnectionError, TimeoutError)):
            for _ in range(200):
                writer.write(pings)
                await asyncio.wait_for(writer.drain(), 20)
        await until(lambda: port.count("connections") == 0)


async def test_a_port_that_is_taken_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"RTMP: port {number} on 127.0.0.1 is in use by another program"):
            await Port().server.start("127.0.0.1", number)


async def test_publish_sent_in_one_piece_with_the_media():
    async with Port() as port:
        _, writer = await port.connect()
        writer.write(
            HELLO + HELLO_AGAIN + connect() + publish("x?key=KEY") + headers() + avc_frame(0, IDR) + aac_frame(0)
        )
        await until(lambda: port.sinks and len(port.sinks[0].heard) == 3)
        tracks, picture, sound = port.sinks[0].heard
        assert (tracks.video.width, tracks.audio.sample_rate) == (640, 48000)
        assert (picture.kind, picture.key, sound.kind) == (Kind.VIDEO, True, Kind.AUDIO)
        writer.close()
