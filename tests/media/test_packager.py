import asyncio
import gzip

import pytest

from media.hls.muxer import Init, Part, Timing
from media.hls.window import Bounds, Start
from media.packager import Packager
from tests.media.hls import feed, rules


class Tape:
    """A recorder that remembers."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.data = b""

    def begin_take(self, init: Init) -> None:
        self.heard.append(f"take {init.take}")
        self.data += init.data

    def add_part(self, part: Part) -> None:
        self.data += part.data

    def skip(self, next_msn: int, next_take: int) -> None:
        self.heard.append(f"skip {next_msn} {next_take}")

    def end_take(self) -> None:
        self.heard.append("pause")

    def close(self) -> None:
        self.heard.append("close")


def fed(seconds: float = 5.3, tape: Tape | None = None) -> Packager:
    clock = [1_700_000_000.0]
    packager = Packager("s", Timing(), Bounds(), Start(), tape, clock=lambda: clock[0])
    tracks, packets = feed.both(8)
    packager.on_tracks(tracks)
    for packet in packets:
        if packet.dts < seconds * 90_000:
            clock[0] = 1_700_000_000.0 + packet.dts / 90_000
            packager.on_packet(packet)
    return packager


def push_more(packager: Packager, begin_s: float, end_s: float) -> None:
    for packet in feed.both(8)[1]:
        if begin_s * 90_000 <= packet.dts < end_s * 90_000:
            packager.on_packet(packet)


async def test_a_reload_is_held_until_its_part_is_there():
    packager = fed()
    held = asyncio.ensure_future(packager.wait_for_playlist(3, 2, 60))
    part = asyncio.ensure_future(packager.part(3, 2, 60))
    await asyncio.sleep(0)
    assert not held.done()
    push_more(packager, 5.3, 5.7)
    await held
    data = await part
    assert data is not None
    assert data == packager.window.part(3, 2)
    assert rules.check_media(packager.playlist()[0].decode()).hint == "3.3.m4s"


async def test_what_is_there_is_not_held():
    packager = fed()
    await packager.wait_for_playlist(3, 1, 0)
    assert await packager.part(3, 0, 0) is not None
    assert await packager.part(3, 5, 60) is None, "only the hinted part is waited for"
    assert await packager.part(99, 0, 60) is None


async def test_waiting_ends_at_the_time_limit():
    packager = fed()
    await packager.wait_for_playlist(3, 2, 0.01)
    assert await packager.part(3, 2, 0.01) is None


async def test_the_end_releases_everybody_at_once():
    packager = fed()
    waiting = [asyncio.ensure_future(packager.wait_for_playlist(4, 0, 60)) for _ in range(50)]
    parts = [asyncio.ensure_future(packager.part(3, 2, 60))]
    await asyncio.sleep(0)
    packager.on_end()
    await asyncio.wait_for(asyncio.gather(*waiting), 5)
    assert (await parts[0]) is not None, "what was waiting became the last part"
    assert packager.playlist()[0].endswith(b"#EXT-X-ENDLIST\n")


async def test_a_viewer_that_leaves_disturbs_nobody():
    packager = fed()
    staying = asyncio.ensure_future(packager.wait_for_playlist(3, 2, 60))
    leaving = asyncio.ensure_future(packager.wait_for_playlist(3, 2, 60))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.sleep(0)
    assert packager.window.part(3, 2) is None
    push_more(packager, 5.3, 5.7)
    await asyncio.wait_for(staying, 5)
    assert packager.window.part(3, 2) is not None
    assert leaving.cancelled()


async def test_an_encoder_that_returns_goes_on_behind_a_discontinuity():
    now = [1_700_000_000.0]
    tape = Tape()
    packager = Packager("s", Timing(), Bounds(), Start(), tape, clock=lambda: now[0])
    tracks, packets = feed.both(4)
    known: list[rules.Playlist] = []
    for turn in range(3):
        packager.on_tracks(tracks)
        began = 1_700_000_000.0 + 100 * turn
        for packet in packets:
            now[0] = began + packet.dts / 90_000
            packager.on_packet(packet)
            found = rules.check_media(packager.playlist()[0].decode())
            if known:
                rules.check_update(known[-1], found)
            known.append(found)
        packager.on_pause()
        assert packager.paused
    found = rules.check_media(packager.playlist()[0].decode())
    assert [s.discontinuity for s in found.segments] == [0, 0, 1, 1, 2, 2]
    assert [round(s.moment.timestamp() - 1_700_000_000) for s in found.segments if s.moment] == [
        0,
        2,
        100,
        102,
        200,
        202,
    ]
    assert found.hint == "7.0.m4s"
    assert tape.heard == ["pause", "take 0", "pause", "pause", "take 1", "pause", "pause", "take 2", "pause"]


async def test_the_recorder_gets_the_bytes_that_viewers_get():
    tape = Tape()
    packager = fed(8, tape)
    packager.on_end()
    assert tape.data == packager.window.init(0) + b"".join(packager.window.segment(n) or b"" for n in range(1, 5))
    assert tape.heard[-1] == "close"


async def test_a_playlist_is_packed_once_for_all():
    packager = fed(8)
    plain, packed = packager.playlist()
    assert packed is not None
    assert gzip.decompress(packed) == plain
    assert packager.playlist()[0] is plain


async def test_a_successor_goes_on_with_the_numbers():
    packager = fed(5.3, Tape())
    start = packager.successor()
    assert (start.next_msn, start.next_take) == (4, 1)
    assert [segment.msn for segment in start.segments] == [1, 2, 3]
    assert [segment.parts for segment in start.segments] == [()] * 3, "a successor has no bytes of parts"
    later = Packager("s", Timing(), Bounds(), start, Tape(), clock=lambda: 1_700_000_100.0)
    later.on_tracks(feed.both(8)[0])
    push_more(later, 0, 3)
    before, after = (rules.check_media(one.playlist()[0].decode()) for one in (packager, later))
    rules.check_update(before, after)
    assert [segment.discontinuity for segment in after.segments] == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("msn", "part", "far"), [(3, 7, False), (3, 8, True), (5, 0, False), (5, None, False), (6, None, True)]
)
async def test_the_far_future_is_not_waited_for(msn: int, part: int | None, far: bool):
    assert fed().is_far(msn, part) is far
