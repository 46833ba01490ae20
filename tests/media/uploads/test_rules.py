"""What is made of a file, decided over facts alone."""

import msgspec
import pytest

from app.actor import Actor, Grant
from media.packet import CLOCK_HZ
from media.uploads.facts import AudioPlan, Probe, StreamFacts
from media.uploads.rules import SENTENCES, Failure, Limits, can_see_upload, decide, fitted_size, processor_seconds

SPS = bytes.fromhex("67640020acd940a02ff9701100000303e90000ea60f1831960")
AVCC = bytes([1, 0x64, 0, 0x20, 0xFF, 0xE1, 0, len(SPS)]) + SPS + bytes([1, 0, 4]) + bytes.fromhex("68ebecb2")
VIDEO = StreamFacts(
    index=0,
    kind="video",
    codec="h264",
    config=AVCC,
    width=640,
    height=360,
    packets=100,
    frames=3,
    keys=2,
    end_90k=4 * CLOCK_HZ,
    longest_gap_90k=3600,
    longest_key_gap_90k=2 * CLOCK_HZ,
)
AUDIO = StreamFacts(
    index=1,
    kind="audio",
    codec="aac",
    config=b"\x11\x90",
    rate_hz=48_000,
    channels=2,
    packets=200,
    frames=3,
    end_90k=4 * CLOCK_HZ,
)


def plan(*streams: StreamFacts, form: str = "mov,mp4,m4a", claimed: int = 0):
    return decide(Probe(form, streams, claimed), Limits())


def but(facts: StreamFacts, **changes: object) -> StreamFacts:
    return msgspec.structs.replace(facts, **changes)


def test_what_browsers_play_is_copied():
    made = plan(VIDEO, AUDIO)
    assert made.video.copied
    assert made.audio == AudioPlan(1, copied=True, channels=2)
    assert not made.encodes


@pytest.mark.parametrize(
    "change",
    [
        {"codec": "mpeg2video", "config": b""},
        {"codec": "hevc"},
        {"codec": "prores"},
        {"config": b"\x00\x00\x00\x01\x67"},
        {"rotation": 90},
        {"interlaced": True},
        {"pixel_shape": 16 / 15},
        {"untimed": 1},
        {"keys": 0},
        {"longest_key_gap_90k": 60 * CLOCK_HZ},
        {"longest_gap_90k": 10 * CLOCK_HZ},
        {"begin_90k": CLOCK_HZ},
        {"width": 3840, "height": 2160},
    ],
)
def test_what_they_do_not_is_encoded(change):
    made = plan(but(VIDEO, **change), AUDIO)
    assert not made.video.copied
    assert made.audio.copied


@pytest.mark.parametrize("codec", ["mp3", "wmav2", "flac", "pcm_s16le", "ac3", "vorbis"])
def test_other_sound_becomes_aac(codec):
    assert plan(VIDEO, but(AUDIO, codec=codec)).audio == AudioPlan(1, copied=False, channels=2)
    assert plan(but(AUDIO, codec=codec, channels=1)).audio == AudioPlan(1, copied=False, channels=1)
    assert plan(but(AUDIO, codec=codec, channels=6)).audio.channels == 2


def test_opus_is_copied_when_its_frames_are_equally_long():
    head = b"OpusHead" + bytes([1, 2, 56, 1, 0x80, 0xBB, 0, 0, 0, 0, 0])
    opus = but(AUDIO, codec="opus", config=head, even=True, frame_samples=960)
    assert plan(opus, form="matroska,webm").audio.copied
    assert not plan(but(opus, even=False), form="matroska,webm").audio.copied


def test_the_marked_track_is_taken_and_else_the_first():
    commentary = but(AUDIO, index=2, default=True)
    assert plan(VIDEO, AUDIO, commentary).audio.index == 2
    assert plan(VIDEO, AUDIO, but(commentary, default=False)).audio.index == 1


def test_a_cover_is_no_picture():
    cover = but(VIDEO, codec="mjpeg", cover=True, packets=1)
    made = plan(cover, AUDIO)
    assert made.video is None
    assert made.audio.copied


def test_one_picture_beside_sound_is_left_out():
    assert plan(but(VIDEO, packets=1), AUDIO).video is None


@pytest.mark.parametrize(
    ("streams", "failure"),
    [
        ((), Failure.NO_MEDIA),
        ((but(VIDEO, kind="subtitle"),), Failure.NO_MEDIA),
        ((but(VIDEO, packets=1, config=b""),), Failure.NO_MEDIA),
        ((but(VIDEO, encrypted=True), AUDIO), Failure.ENCRYPTED),
        ((but(VIDEO, packets=0, frames=0, end_90k=0),), Failure.EMPTY),
        ((but(AUDIO, end_90k=CLOCK_HZ // 20),), Failure.EMPTY),
        ((but(VIDEO, frames=0), but(AUDIO, frames=0)), Failure.DAMAGED),
        ((but(VIDEO, end_90k=13 * 3600 * CLOCK_HZ),), Failure.TOO_LONG),
        ((but(VIDEO, width=20000),), Failure.TOO_DEMANDING),
    ],
)
def test_failures(streams, failure):
    assert plan(*streams) is failure


def test_a_file_with_half_of_what_it_promises_is_cut_short():
    long = [but(VIDEO, end_90k=60 * CLOCK_HZ), but(AUDIO, end_90k=60 * CLOCK_HZ)]
    assert plan(*long, claimed=120 * CLOCK_HZ) is Failure.CUT_SHORT
    assert plan(*long, claimed=61 * CLOCK_HZ).video is not None
    # these only estimate their length
    assert plan(long[1], form="mp3", claimed=120 * CLOCK_HZ).audio is not None


@pytest.mark.parametrize(
    ("facts", "size"),
    [
        ({"width": 3840, "height": 2160}, (1920, 1080)),
        ({"width": 2160, "height": 3840}, (1080, 1920)),
        ({"width": 1920, "height": 1080, "rotation": 90}, (1080, 1920)),
        ({"width": 720, "height": 576, "pixel_shape": 16 / 15}, (768, 576)),
        ({"width": 101, "height": 77}, (100, 76)),
        ({"width": 16000, "height": 200}, (4096, 52)),
        ({"width": 1, "height": 1}, (2, 2)),
    ],
)
def test_size(facts, size):
    assert fitted_size(but(VIDEO, **facts), 1080) == size


def test_text_tracks_become_captions_and_pictures_of_text_do_not():
    words = but(AUDIO, index=2, kind="subtitle", codec="mov_text")
    drawn = but(AUDIO, index=3, kind="subtitle", codec="dvd_subtitle")
    assert plan(VIDEO, AUDIO, words, drawn).subtitles == (2,)


def test_encoding_may_cost_more_than_copying():
    probe = Probe("mov,mp4", (VIDEO, AUDIO))
    copied = processor_seconds(probe, plan(VIDEO, AUDIO))
    encoded = processor_seconds(probe, plan(but(VIDEO, codec="hevc"), AUDIO))
    assert copied < encoded


def test_whose_uploads():
    owner = Actor(account_id=3)
    assert can_see_upload(owner, 3)
    assert not can_see_upload(owner, 4)
    assert not can_see_upload(Actor(), None)
    assert can_see_upload(Actor(account_id=9, grants=(Grant("admin", "1"),)), 3)


def test_every_failure_has_a_sentence():
    assert set(SENTENCES) == set(Failure)
