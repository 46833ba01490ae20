"""A relay between a real packager and servers of many manners."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from media.hls.muxer import Timing
from media.hls.window import Bounds, Start
from media.out import relay as relay_module
from media.out.address import parse_address
from media.out.connection import resolve, tls_context
from media.out.model import Target, TargetState
from media.out.problem import RelayProblem
from media.out.relay import Relay
from media.out.settings import OutSettings
from media.packager import Packager
from media.packet import Codec, Kind, Packet, Tracks, VideoTrack
from tests.media.hls import feed
from tests.media.out.targets import FakeTarget, self_signed

KEY = "s3cret-key"
LOCAL = OutSettings(allow_private=True, connect_timeout_s=5, stall_timeout_s=1)


class Source:
    """A packager fed by an encoder in fast time."""

    def __init__(self) -> None:
        self.tracks, self._packets = feed.both(4)
        self._endless: Iterator[Packet] = iter(())
        self.packager = Packager("sesja1", Timing(), Bounds(24, 1 << 26), Start())
        self.begin()

    def begin(self, tracks: Tracks | None = None) -> None:
        """An encoder begins; its clock starts at 0."""
        self._endless = feed.looped(self._packets, 4 * 90_000)
        self.packager.on_tracks(tracks or self.tracks)

    async def send(self, packets: int) -> list[Packet]:
        sent = [next(self._endless) for _ in range(packets)]
        for packet in sent:
            self.packager.on_packet(packet)
            await asyncio.sleep(0)
        return sent

    async def send_until(self, condition: Callable[[], object], seconds: float = 20.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await self.send(10)
                await asyncio.sleep(0.01)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(relay_module, "POLL_S", 0.02)


class Told:
    """A relay at work, and each state it told."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.states: list[TargetState] = []

    def note(self) -> None:
        self.states.append(self.relay.progress.state)

    @property
    def reason(self) -> str:
        return self.relay.progress.message % dict(self.relay.progress.values)

    def is_in(self, state: TargetState) -> bool:
        return self.relay.progress.state is state


@asynccontextmanager
async def relaying(
    source: Source, url: str, settings: OutSettings = LOCAL, find: Callable[[], Packager | None] | None = None
) -> AsyncIterator[Told]:
    target = Target(7, "sesja1", "Tube", url, b"", enabled=True, rev=1)
    relay = Relay(
        target,
        find or (lambda: source.packager),
        parse_address(url),
        KEY,
        settings,
        tls_context(settings.ca_file),
        lambda: told.note(),  # noqa: PLW0108 - `told` is made below
    )
    told = Told(relay)
    task = asyncio.create_task(relay.run())
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def check_whole(packets: list[Packet]) -> None:
    """Starts with a key frame, and time does not fall within a track."""
    assert packets[0].kind is Kind.VIDEO
    assert packets[0].key
    for kind in Kind:
        times = [packet.dts for packet in packets if packet.kind is kind]
        assert times == sorted(times)


async def test_a_target_gets_headers_then_a_key_frame_then_everything(source: Source) -> None:
    async with FakeTarget().serving() as target, relaying(source, f"rtmp://127.0.0.1:{target.port}/app") as told:
        await source.send_until(lambda: len(target.packets) > 300)
        assert target.keys == [KEY]
        assert target.tracks == [source.tracks]
        check_whole(target.packets)
        known = {packet.data for packet in source._packets}
        assert all(packet.data in known for packet in target.packets)
        assert told.states == [TargetState.CONNECTING, TargetState.LIVE]
        assert told.relay.dropped == 0
    async with asyncio.timeout(5):
        while not target.ended:
            await asyncio.sleep(0.01)
    assert source.packager.followers == ()


async def test_a_refused_key_is_told_and_tried_again(source: Source) -> None:
    fake = FakeTarget()
    fake.refuses = f"the key {KEY} is not known"
    async with fake.serving() as target, relaying(source, f"rtmp://127.0.0.1:{target.port}/app") as told:
        await source.send_until(lambda: told.is_in(TargetState.RETRYING))
        assert told.reason == "The server refuses the broadcast: the key … is not known"
        target.refuses = ""
        await source.send_until(lambda: told.is_in(TargetState.LIVE))
        assert len(target.keys) >= 2


async def test_a_cut_connection_comes_back_with_headers(source: Source) -> None:
    async with FakeTarget().serving() as target, relaying(source, f"rtmp://127.0.0.1:{target.port}/app") as told:
        await source.send_until(lambda: target.packets)
        target.drop_all()
        await source.send_until(lambda: told.is_in(TargetState.RETRYING))
        assert told.reason == "The server closed the connection"
        target.packets.clear()
        await source.send_until(lambda: len(target.packets) > 50)
        check_whole(target.packets)
        assert target.tracks == [source.tracks] * 2


async def test_a_target_that_reads_no_more_is_given_up_and_hurts_nobody(source: Source) -> None:
    fake = FakeTarget()
    fake.stalls_after = 50
    settings = OutSettings(allow_private=True, stall_timeout_s=0.5, queue_mib=1)
    async with fake.serving() as target, relaying(source, f"rtmp://127.0.0.1:{target.port}/app", settings) as told:
        parts = source.packager.parts_made
        await source.send_until(lambda: told.is_in(TargetState.RETRYING), 30)
        assert told.reason == "The connection to the server is too slow"
        assert source.packager.parts_made > parts + 10, "viewers go on"
        target.stalls_after = None
        await source.send_until(lambda: told.is_in(TargetState.LIVE))


async def test_a_target_that_is_slow_for_a_while_misses_up_to_a_key_frame(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "QUEUE_PACKETS", 300)
    fake = FakeTarget()
    fake.stalls_after = 50
    settings = OutSettings(allow_private=True, stall_timeout_s=60)
    async with fake.serving() as target, relaying(source, f"rtmp://127.0.0.1:{target.port}/app", settings) as told:
        follower: list[object] = []

        def overflowed() -> bool:
            follower[:] = source.packager.followers
            return bool(follower) and follower[0].dropped > 0

        await source.send_until(overflowed, 30)
        assert len(follower[0]._queue) <= 301, "what waits is bounded"
        target.stalls_after = None

        def after_gap() -> list[Packet]:
            pictures = [packet for packet in target.packets if packet.kind is Kind.VIDEO]
            return [other for one, other in pairwise(pictures) if other.dts - one.dts > 10_000]

        await source.send_until(after_gap, 30)
        assert all(packet.key for packet in after_gap())
        assert told.relay.dropped > 0
        assert told.states == [TargetState.CONNECTING, TargetState.LIVE]


async def test_a_server_that_says_nothing(source: Source) -> None:
    fake = FakeTarget()
    fake.silent = True
    settings = OutSettings(allow_private=True, connect_timeout_s=0.3)
    async with fake.serving() as target, relaying(source, f"rtmp://127.0.0.1:{target.port}/app", settings) as told:
        await source.send_until(lambda: told.is_in(TargetState.RETRYING))
        assert told.reason == "127.0.0.1 does not answer"


async def test_nobody_listens(source: Source) -> None:
    async with FakeTarget().serving() as target:
        port = target.port
    async with relaying(source, f"rtmp://127.0.0.1:{port}/app") as told:
        await source.send_until(lambda: told.is_in(TargetState.RETRYING))
        assert told.reason == "127.0.0.1 does not answer"


async def test_another_encoder_and_a_slate_go_on_in_the_targets_time(source: Source) -> None:
    async with FakeTarget().serving() as target, relaying(source, f"rtmp://127.0.0.1:{target.port}/app") as told:
        await source.send_until(lambda: len(target.packets) > 100)
        source.packager.on_pause()
        source.begin(Tracks(source.tracks.video, None))
        await source.send_until(lambda: len(target.packets) > 250)
        source.packager.on_pause()
        source.begin()
        await source.send_until(lambda: len(target.packets) > 400)
        check_whole(target.packets)
        times = [packet.dts for packet in target.packets]
        assert max(other - one for one, other in pairwise(times)) < 45_000
        assert told.states == [TargetState.CONNECTING, TargetState.LIVE]


async def test_the_end_of_the_stream_is_said(source: Source) -> None:
    async with FakeTarget().serving() as target, relaying(source, f"rtmp://127.0.0.1:{target.port}/app") as told:
        await source.send_until(lambda: target.packets)
        source.packager.on_end()
        async with asyncio.timeout(10):
            while not target.ended or not told.is_in(TargetState.WAITING):
                await asyncio.sleep(0.02)


async def test_a_codec_the_server_does_not_take_is_refused_clearly(source: Source) -> None:
    vp8 = Tracks(VideoTrack(Codec.VP8, b"", "vp08.00", 320, 180), None)
    async with FakeTarget().serving() as target, relaying(source, f"rtmp://127.0.0.1:{target.port}/app") as told:
        source.begin(vp8)
        async with asyncio.timeout(10):
            while not told.is_in(TargetState.RETRYING):
                await asyncio.sleep(0.02)
        assert told.reason == "This server does not take VP8: set the encoder to H.264 and AAC"
        source.begin()
        await source.send_until(lambda: told.is_in(TargetState.LIVE))


async def test_rtmps_with_a_certificate_of_ones_own(source: Source, tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path)
    settings = OutSettings(allow_private=True, ca_file=str(certificate))
    async with FakeTarget().serving(context) as target:
        async with relaying(source, f"rtmps://localhost:{target.port}/app", settings) as told:
            await source.send_until(lambda: len(target.packets) > 50)
            assert told.is_in(TargetState.LIVE)
        async with relaying(source, f"rtmps://localhost:{target.port}/app", LOCAL) as told:
            await source.send_until(lambda: told.is_in(TargetState.RETRYING))
            assert told.reason == "The certificate of localhost is not valid: self-signed certificate"
        async with relaying(source, f"rtmps://127.0.0.1:{target.port}/app", settings) as told:
            await source.send_until(lambda: told.is_in(TargetState.RETRYING))
            assert "certificate is not valid for '127.0.0.1'" in told.reason
        async with relaying(source, f"rtmp://localhost:{target.port}/app", settings) as told:
            await source.send_until(lambda: told.is_in(TargetState.RETRYING))


async def test_own_networks_are_not_reached(source: Source) -> None:
    async with FakeTarget().serving() as target:
        async with relaying(source, f"rtmp://localhost:{target.port}/app", OutSettings()) as told:
            await source.send_until(lambda: told.is_in(TargetState.RETRYING))
            assert told.reason == "This server is in a private network, which is not allowed"
        assert target.keys == []


async def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def lookup(_host: str, port: int, **_more: object) -> list[tuple]:
        return [(0, 0, 0, "", ("93.184.215.14", port)), (0, 0, 0, "", ("192.168.1.5", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lookup)
    address = parse_address("rtmp://rebind.example.org/app")
    with pytest.raises(RelayProblem, match="private network"):
        await resolve(address, allow_private=False)
    assert await resolve(address, allow_private=True) == "93.184.215.14"


async def test_nothing_is_sent_before_the_stream_is_on_air(source: Source) -> None:
    on_air: list[Packager] = []
    async with FakeTarget().serving() as target:
        url = f"rtmp://127.0.0.1:{target.port}/app"
        async with relaying(source, url, find=lambda: on_air[0] if on_air else None) as told:
            await source.send(200)
            assert told.is_in(TargetState.WAITING)
            assert target.keys == []
            on_air.append(source.packager)
            await source.send_until(lambda: told.is_in(TargetState.LIVE))
