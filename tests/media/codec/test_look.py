"""Looking at real pictures in the real thread; the time of their frames is the test's own."""

import time
from collections.abc import Iterator

import pytest
from PIL import Image

from media.codec.look import MAX_FAILURES, MOVED_FROM, Look, LookTap, PictureLooks, difference, small_picture
from media.packet import Codec, Kind, Packet, Tracks, VideoTrack
from media.stream import Stream
from tests.media.test_stream import Encoder
from tests.media.watchdog import scenes


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def looks(clock: Clock) -> Iterator[PictureLooks]:
    looks = PictureLooks(clock=clock)
    yield looks
    looks.close()


def wait_for(condition, seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    assert condition()


def watch(looks: PictureLooks, clock: Clock, scene: str, seconds: int = 10) -> list[Look]:
    """Every look at a scene."""
    track, packets = scenes.video(scene, seconds)
    stream = Stream("s")
    tap = looks.follow(stream)
    tap.interval_s = 0
    stream.begin(Encoder())
    stream.set_tracks(Tracks(track, None))
    found: list[Look] = []
    for packet in packets:
        clock.now_s = 100 + packet.dts / 90_000
        stream.push(packet)
        if packet.key:
            wait_for(lambda: tap.look is not None and tap.look.at_s == clock.now_s)
            found.append(tap.look)
    tap.stop()
    return found


def test_black_is_all_dark_and_a_dim_room_is_not(looks, clock):
    assert watch(looks, clock, "black")[-1] == Look(at_s=108.0, dark_share=1.0, spread=0, still_s=8.0)
    dim = watch(looks, clock, "dim")
    assert all(look.dark_share < 0.97 and look.spread > 100 and look.still_s == 0 for look in dim)


def test_one_colour_has_no_spread(looks, clock):
    look = watch(looks, clock, "one colour")[-1]
    assert (look.dark_share, look.spread) == (0.0, 0)


@pytest.mark.parametrize("scene", ["frozen", "grain"])
def test_a_still_picture_is_still_for_as_long_as_it_is_whatever_the_coder_and_the_sensor_add(looks, clock, scene):
    assert [look.still_s for look in watch(looks, clock, scene)] == [0.0, 2.0, 4.0, 6.0, 8.0]


def test_what_moves_is_not_still(looks, clock):
    assert [look.still_s for look in watch(looks, clock, "moving")] == [0.0] * 5


def test_what_creeps_is_seen_to_move_in_the_end(looks, clock):
    """It is compared with the picture at which it last moved, not with the one before."""
    track, packets = scenes.video("moving", 10)
    keys = [packet.data for packet in packets if packet.key]
    first, second = (small_picture(track, data) for data in keys[:2])
    assert first is not None
    assert second is not None
    blends = [Image.blend(first, second, share / 200) for share in range(4)]
    assert difference(blends[0], blends[1]) < MOVED_FROM <= difference(blends[0], blends[3])


def test_at_most_one_look_in_the_interval(looks, clock):
    track, packets = scenes.video("moving", 10)
    stream, offered = Stream("s"), []
    tap = LookTap(stream, lambda tap: offered.append(tap.waiting.at_s), clock)
    stream.attach(tap)
    stream.begin(Encoder())
    stream.set_tracks(Tracks(track, None))
    for packet in packets:
        clock.now_s = packet.dts / 90_000
        stream.push(packet)
    assert offered == [0.0, 6.0]


def test_a_newer_key_frame_takes_the_place_of_one_that_waits(clock):
    looks = PictureLooks(clock=clock)
    tap = LookTap(Stream("s"), looks._offer, clock)
    tap.interval_s = 0
    tap.on_tracks(Tracks(VideoTrack(Codec.H264, b"c", "avc1", 1, 1), None))
    for number in range(5):
        clock.now_s += 1
        tap.on_packet(Packet(Kind.VIDEO, number, number, key=True, data=bytes([number])))
    assert list(looks._turn) == [tap]
    assert tap.waiting.data == bytes([4])


def test_a_picture_that_cannot_be_decoded_ends_the_looks_until_the_encoder_comes_back(looks, clock):
    good, packets = scenes.video("black", 10)
    stream = Stream("s")
    tap = looks.follow(stream)
    tap.interval_s = 0
    encoder = Encoder()
    stream.begin(encoder)
    stream.set_tracks(Tracks(good, None))
    for number in range(MAX_FAILURES):
        clock.now_s += 1
        stream.push(Packet(Kind.VIDEO, number, number, key=True, data=b"\x00\x00\x00\x02\x65\xff"))
        wait_for(lambda: tap.waiting is None)
    wait_for(lambda: tap.failed)
    assert tap.look is None
    stream.pause(encoder)
    stream.begin(Encoder())
    stream.set_tracks(Tracks(good, None))
    stream.push(packets[0])
    wait_for(lambda: tap.look is not None)
    assert not tap.failed


def test_a_header_no_decoder_takes_ends_nothing_else(looks, clock):
    stream = Stream("s")
    tap = looks.follow(stream)
    stream.begin(Encoder())
    stream.set_tracks(Tracks(VideoTrack(Codec.HEVC, b"junk", "hvc1", 1, 1), None))
    stream.push(Packet(Kind.VIDEO, 0, 0, key=True, data=b"junk"))
    wait_for(lambda: tap.waiting is None)
    assert watch(looks, clock, "black")[-1].dark_share == 1.0
