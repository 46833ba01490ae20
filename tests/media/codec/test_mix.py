"""Host and guest in one picture: real coded pictures and tones in, what is seen and heard of both out."""

from array import array

import pytest

from media.codec.mix import GROUND, HEIGHT, STEP_90K, WIDTH, Box, Cannot, Mix, SourceClock, boxes
from media.codec.mix_sound import mixed
from media.packet import Kind, VideoTrack
from tests.media.mixer.coded import alike, colour_at, decoded, loudness, pictures, tone

SAND, BLUE = (180, 100, 150), (90, 160, 100)
HOST, GUEST = 0, 1


def test_pictures_stand_side_by_side_uncut_and_inside():
    assert boxes([(1920, 1080)]) == [Box(0, 0, 1280, 720)]
    assert boxes([(1280, 720), (640, 360)]) == [Box(0, 180, 636, 358), Box(644, 180, 636, 358)]
    wide, upright = boxes([(1280, 720), (720, 1280)])  # a phone leaves its room to the other
    assert (upright.height, wide.width) == (718, 866)
    for sizes in ([(1280, 720), (720, 1280)], [(4000, 100), (100, 4000)], [(2, 2), (640, 480)], [(90, 160), (90, 160)]):
        first, second = boxes(sizes)
        assert first.left + first.width <= second.left
        for box, (width, height) in zip((first, second), sizes, strict=True):
            assert box.left + box.width <= WIDTH
            assert box.top + box.height <= HEIGHT
            assert not any(value % 2 for value in (box.left, box.top, box.width, box.height))
            assert min(box.width, box.height) < 40 or box.width / box.height == pytest.approx(width / height, rel=0.05)


def test_a_sources_time_follows_its_quickest_packet_and_a_jump():
    clock = SourceClock()
    assert clock.place(0, 5000) == 5000
    assert clock.place(3600, 8000) == 4400
    assert 4400 <= clock.place(7200, 16_000) <= 4410  # late: that is the network, not the source
    assert clock.place(0, 900_000) == 900_000  # it began anew


def test_what_is_too_loud_is_cut():
    assert list(mixed(array("h", [1000, 30_000, -30_000]), array("h", [-400, 9000, -9000]))) == [600, 32_767, -32_768]


@pytest.fixture(scope="module")
def sources():
    return pictures(1280, 720, SAND, 4), tone(440, 4), pictures(640, 360, BLUE, 4), tone(1000, 4)


def run(sources, *, guest_ends_90k=None, late_90k=0):
    (host_video, shown), (host_audio, said), (guest_video, beside), (guest_audio, answered) = sources
    mix = Mix()
    mix.begin(HOST, host_video, host_audio)
    mix.begin(GUEST, guest_video, guest_audio)
    # the guest's clock has nothing to do with the host's, and its packets come a little later
    feeds = [(one.dts, HOST, one, 0) for one in shown + said] + [
        (one.dts + 700, GUEST, one, 77_000_000) for one in beside + answered
    ]
    made = []
    for at, number, one, clock in sorted(feeds, key=lambda feed: feed[:2]):
        if guest_ends_90k is not None and at > guest_ends_90k:
            mix.end(GUEST)
        made += mix.feed(
            *(number, one.kind, one.data, one.dts + clock, one.pts + clock, 1_000_000 + at),
            key=one.key,
            late_90k=late_90k,
        )
    return mix, made


def test_both_are_seen_and_heard_at_a_steady_rate(sources):
    mix, made = run(sources)
    seen = [one for one in made if one.kind is Kind.VIDEO]
    heard = [one for one in made if one.kind is Kind.AUDIO]
    assert [one.pts for one in seen] == [STEP_90K * index for index in range(len(seen))]
    assert [one.pts for one in heard] == [1920 * index for index in range(len(heard))]
    assert 88 <= len(seen) <= 100
    assert [index for index, one in enumerate(seen) if one.key] == [0, 50]
    picture = decoded(mix.video, seen)[-1]
    assert (picture.width, picture.height) == (1280, 720)
    assert alike(colour_at(picture, 300, 360), SAND)
    assert alike(colour_at(picture, 960, 360), BLUE)
    assert alike(colour_at(picture, 640, 60), GROUND)
    samples = decoded(mix.audio, heard)[48_000:96_000]
    assert loudness(samples, 440) == pytest.approx(0.183, abs=0.02)
    assert loudness(samples, 1000) == pytest.approx(0.183, abs=0.02)
    assert loudness(samples, 700) < 0.01


def test_a_guest_who_leaves_gives_the_picture_back(sources):
    mix, made = run(sources, guest_ends_90k=180_000)
    picture = decoded(mix.video, [one for one in made if one.kind is Kind.VIDEO])[-1]
    assert alike(colour_at(picture, 960, 360), SAND)
    assert alike(colour_at(picture, 640, 60), SAND)


def test_a_machine_that_is_late_gets_half_the_pictures_and_all_the_sound(sources):
    mix, made = run(sources, late_90k=60_000)
    assert sum(one.kind is Kind.VIDEO for one in made) <= 50
    assert mix.left_out >= 40
    assert sum(one.kind is Kind.AUDIO for one in made) >= 165


def test_it_begins_when_both_are_there_and_gives_up_what_cannot_be_decoded(sources):
    (track, shown), (sound, _), *_rest = sources
    mix = Mix()
    mix.begin(HOST, track, sound)
    for one in shown[:30]:
        assert not list(mix.feed(HOST, one.kind, one.data, one.dts, one.pts, one.dts, key=one.key))
    broken = VideoTrack(track.codec, track.config, track.name, 640, 360)
    mix.begin(GUEST, broken, None)
    with pytest.raises(Cannot):
        for index in range(400):
            list(mix.feed(GUEST, Kind.VIDEO, b"\0\0\0\5\x65bad!", index, index, index, key=True))
