"""Real files the whole way: looked at and converted in real processes, played back from the archive's playlist."""

import random
import re
from pathlib import Path

import av
import pytest

from app.jobs import queue_state
from media.archive.playlist import archive_media_playlist, archive_multivariant_playlist
from media.hls.boxes import box
from media.uploads import store
from media.uploads.model import UploadState
from tests.media.uploads.films import film, flashes_and_beeps, turned

STEP_S = 0.045
"""A/V may part by this much."""


async def played(bench, upload) -> bytes:
    """What a player joins from the playlist: the first take's beginning, then every range in order."""
    index = await bench.library.find(upload.stream_id)
    assert index is not None
    text = archive_media_playlist(index)
    assert text.endswith("#EXT-X-ENDLIST\n")
    folder = bench.folder / "recordings" / upload.stream_id
    out = b""
    init = re.search(r'#EXT-X-MAP:URI="(\d+\.mp4)",BYTERANGE="(\d+)@0"', text)
    out += (folder / init[1]).read_bytes()[: int(init[2])]
    for length, offset, name in re.findall(r"#EXT-X-BYTERANGE:(\d+)@(\d+)\n(\d+\.mp4)", text):
        out += (folder / name).read_bytes()[int(offset) : int(offset) + int(length)]
    return out


async def check_in_step(bench, upload, tmp_path: Path, seconds: int) -> None:
    flashes, beeps = flashes_and_beeps(await played(bench, upload), tmp_path / "played.mp4")
    assert [round(at) for at in flashes] == list(range(seconds))
    assert [round(at) for at in beeps] == list(range(seconds))
    assert max(abs(flash - beep) for flash, beep in zip(flashes, beeps, strict=True)) < STEP_S


@pytest.mark.parametrize(
    ("container", "video", "audio", "more", "encoded"),
    [
        ("mp4", "libx264", "aac", {}, False),
        ("matroska", "libx264", "aac", {}, False),
        ("webm", "libvpx-vp9", "libopus", {"options": {"deadline": "realtime", "cpu-used": "8"}}, False),
        ("mpeg", "mpeg2video", "mp2", {}, True),
        ("avi", "mpeg4", "libmp3lame", {}, True),
        ("asf", "wmv2", "libmp3lame", {}, True),
        ("mov", "prores", "pcm_s16le", {"pixels": "yuv422p10le"}, True),
        ("mpegts", "libx264", "aac", {}, True),
        ("flv", "libx264", "aac", {}, False),
        ("matroska", "libx264", "ac3", {"options": {"g": "1000"}, "seconds": 3}, True),
    ],
)
async def test_film(bench, tmp_path, container, video, audio, more, encoded):
    source = film(tmp_path / "film", container, video, audio, **more)
    upload = await bench.whole(source)
    assert (upload.state, upload.failure) == (UploadState.READY, "")
    assert (upload.width, upload.height, upload.has_sound, upload.encoded) == (160, 120, True, encoded)
    seconds = more.get("seconds", 4)
    assert abs(upload.duration_90k / 90_000 - seconds) < 0.15
    await check_in_step(bench, upload, tmp_path, seconds)


@pytest.mark.parametrize(
    ("container", "codec", "layout"),
    [
        ("wav", "pcm_s16le", "mono"),
        ("mp3", "libmp3lame", "stereo"),
        ("flac", "flac", "stereo"),
        ("ogg", "libopus", "mono"),
    ],
)
async def test_sound_alone(bench, tmp_path, container, codec, layout):
    upload = await bench.whole(film(tmp_path / "sound", container, "", codec, layout=layout))
    assert upload.state is UploadState.READY
    assert (upload.width, upload.has_sound) == (0, True)
    _flashes, beeps = flashes_and_beeps(await played(bench, upload), tmp_path / "played.mp4")
    assert [round(at) for at in beeps] == [0, 1, 2, 3]
    assert all(abs(at - round(at)) < STEP_S for at in beeps)
    index = await bench.library.find(upload.stream_id)
    assert 'CODECS="mp4a.40.2"' in archive_multivariant_playlist(index) or codec == "libopus"


async def test_picture_without_sound(bench, tmp_path):
    upload = await bench.whole(film(tmp_path / "mute", "mp4", "libx264"))
    assert upload.state is UploadState.READY
    assert not upload.has_sound
    flashes, _beeps = flashes_and_beeps(await played(bench, upload), tmp_path / "played.mp4")
    assert [round(at) for at in flashes] == [0, 1, 2, 3]


async def test_animated_picture(bench, tmp_path):
    upload = await bench.whole(film(tmp_path / "a", "gif", "gif", fps=10, pixels="rgb8"))
    assert upload.state is UploadState.READY
    assert abs(upload.duration_90k / 90_000 - 4) < 0.3


async def test_a_telephone_held_upright(bench, tmp_path):
    upright = turned(film(tmp_path / "flat", "mp4", "libx264", "aac"), tmp_path / "upright.mp4")
    upload = await bench.whole(upright)
    assert (upload.width, upload.height, upload.encoded) == (120, 160, True)
    data = await played(bench, upload)
    (tmp_path / "played.mp4").write_bytes(data)
    with av.open(str(tmp_path / "played.mp4")) as container:
        frame = list(container.decode(video=0))[30]  # the bar stands at a third of what was the width
        red = frame.reformat(format="rgb24")
        rows = [bytes(red.planes[0])[line * red.planes[0].line_size + 60 * 3] for line in range(160)]
    with av.open(str(upright)) as container:
        source = list(container.decode(video=0))[30]
        turn = source.rotation % 360
    bar = round(30 / 25 * 40) + 4
    at = rows.index(max(rows))
    # counter-clockwise by 90: what was right is up; clockwise: down
    assert abs(at - (160 - bar if turn == 90 else bar)) < 8


async def test_pace_that_varies_and_a_picture_that_stands(bench, tmp_path):
    times = [0, 0.04, 0.08, 0.5, 1.0, 1.04, 1.08, 1.5, 2.0, 2.04, 2.08, 7.0, 7.04, 7.08, 7.9]
    source = film(tmp_path / "slides", "mp4", "libx264", "aac", seconds=8, times=times)
    upload = await bench.whole(source)
    assert upload.encoded  # it stood for five seconds
    flashes, beeps = flashes_and_beeps(await played(bench, upload), tmp_path / "played.mp4")
    assert [round(at) for at in beeps] == list(range(8))
    assert [round(at, 1) for at in flashes] == [0.0, 1.0, 2.0, 7.0]


async def test_sound_that_begins_before_the_picture_is_kept(bench, tmp_path):
    upload = await bench.whole(film(tmp_path / "late", "mp4", "libx264", "aac", video_begins_s=2.0))
    flashes, beeps = flashes_and_beeps(await played(bench, upload), tmp_path / "played.mp4")
    assert [round(at) for at in beeps] == [0, 1, 2, 3]
    assert abs(flashes[1] - 3.0) < STEP_S


async def test_words_inside_become_captions(bench, tmp_path):
    source = film(
        tmp_path / "words", "matroska", "libx264", subtitles=("subrip", [(1.0, 2.0, "Dzień dobry"), (2.5, 3.5, "Głos")])
    )
    upload = await bench.whole(source)
    async with bench.database.transaction(readonly=True) as tx:
        captions = await store.captions_of(tx, upload.id)
        text = await store.captions_text(tx, upload.stream_id, captions[0].number)
    assert [one.embedded for one in captions] == [True]
    assert "00:00:01.000 --> 00:00:02.000\nDzień dobry" in text


def lying(path: Path) -> Path:
    path.write_text("To nie jest film.\n" * 100, encoding="utf-8")
    return path


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: round(len(data) * share)])
    return path


def unknown(path: Path) -> Path:
    """A picture in a codec of the year 2040."""
    path.write_bytes(path.read_bytes().replace(b"avc1\x00\x00", b"h299\x00\x00", 1))
    return path


LOCK = {
    "encryption_scheme": "cenc-aes-ctr",
    "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
    "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
}


@pytest.mark.parametrize(
    ("make", "failure"),
    [
        (lying, "no-media"),
        (lambda at: cut(film(at, "mp4", "libx264", "aac"), 0.5), "damaged"),  # its index stands at the end
        (lambda at: cut(film(at, "mp4", "libx264", "aac"), 0), "no-media"),
        (lambda at: film(at, "mp4", "libx264", seconds=0.04), "no-media"),
        (lambda at: unknown(film(at, "mp4", "libx264", "aac")), "unreadable"),
        (lambda at: film(at, "mp4", "libx264", "aac", muxer=LOCK), "encrypted"),
        (lambda at: at.write_bytes(box(b"ftyp", b"isom\0\0\0\0isom") + box(b"moov")) and at, "no-media"),
        (lambda at: at.write_bytes(b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/x.ts\n") and at, "no-media"),
        (lambda at: at.write_bytes(b"ffconcat version 1.0\nfile '/etc/passwd'\n") and at, "no-media"),
    ],
)
async def test_what_cannot_be_played_says_why(bench, tmp_path, make, failure):
    upload = await bench.whole(make(tmp_path / "file.mp4"))
    assert (upload.state, upload.failure) == (UploadState.FAILED, failure)
    assert not (bench.folder / "recordings" / upload.stream_id).exists()
    assert list((bench.folder / "recordings" / ".uploads").iterdir()) == []


async def test_index_at_the_front_and_the_end_missing(bench, tmp_path):
    source = film(tmp_path / "front.mp4", "mp4", "libx264", "aac", seconds=12, muxer={"movflags": "faststart"})
    assert (await bench.whole(source)).state is UploadState.READY
    assert (await bench.whole(cut(source, 0.5))).failure == "cut-short"


async def test_too_long_and_too_demanding(bench, tmp_path):
    source = film(tmp_path / "film", "mpeg", "mpeg2video", "mp2")
    upload = await bench.package(await bench.keep(source), bench.workshop_with(longest_h=1 / 3600))
    assert upload.failure == "too-long"
    tight = bench.workshop_with(memory_mib=256)
    big = film(tmp_path / "big", "avi", "mjpeg", pixels="yuvj420p", seconds=0.4, size=(8000, 8000))
    upload = await bench.package(await bench.keep(big), tight)
    assert upload.failure == "too-demanding"


async def test_whatever_is_in_a_file_the_worker_comes_to_an_end_with_it(bench, tmp_path):
    """Bytes changed at random: some still play, some do not, and each says which."""
    chance = random.Random(7)
    whole = film(tmp_path / "film.mp4", "mp4", "libx264", "aac", seconds=2).read_bytes()
    states = []
    for number in range(4):
        data = bytearray(whole)
        for _change in range(40):
            data[chance.randrange(len(data))] = chance.randrange(256)
        (tmp_path / f"{number}.mp4").write_bytes(data)
        upload = await bench.whole(tmp_path / f"{number}.mp4")
        states.append(upload.state)
        assert upload.failure != "ours"
    assert set(states) <= {UploadState.READY, UploadState.FAILED}


async def test_a_process_that_dies_is_a_file_that_cannot_be_played(bench, tmp_path, monkeypatch):
    """A decoder that crashes takes its own process down, and nothing else."""
    (tmp_path / "crash").mkdir()
    (tmp_path / "crash" / "python").write_text("#!/bin/sh\nkill -SEGV $$\n", encoding="ascii")
    (tmp_path / "crash" / "python").chmod(0o755)
    source = film(tmp_path / "film.mp4", "mp4", "libx264", seconds=1)
    with monkeypatch.context() as patch:
        patch.setattr("sys.executable", str(tmp_path / "crash" / "python"))
        assert (await bench.whole(source)).failure == "damaged"
        (tmp_path / "crash" / "python").write_text("#!/bin/sh\nyes x | head -c 9000000\n", encoding="ascii")
        assert (await bench.whole(source)).failure == "damaged"
        (tmp_path / "crash" / "python").write_text("#!/bin/sh\nkill -XCPU $$\n", encoding="ascii")
        assert (await bench.whole(source)).failure == "too-demanding"


async def test_one_at_a_time_and_the_next_is_called(bench, tmp_path):
    source = film(tmp_path / "film.mp4", "mp4", "libx264", seconds=1)
    first, second = await bench.keep(source), await bench.keep(source)
    async with bench.workshop.hands:
        assert (await bench.package(second)).state is UploadState.WAITING
    await bench.package(first)
    async with bench.database.transaction(readonly=True) as tx:
        queued = await queue_state(tx)
    assert sum(one.waiting for one in queued.jobs if one.name == "uploads.package") == 2
    assert (await bench.package(second)).state is UploadState.READY
