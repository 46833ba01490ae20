"""The index of a progressive MP4, box by box."""

import struct

import pytest

from media.archive.fragments import Run, TrackInit, read_init, read_moof
from media.archive.mp4 import Movie
from media.hls.muxer import Init, Muxer, Part, Timing
from media.record.scan import boxes
from tests.media.hls import feed


def made(seconds: float = 6, **options) -> tuple[bytes, list[Part]]:
    """A take's initialisation section and its parts."""
    tracks, packets = feed.both(seconds, **options)
    muxer = Muxer(Timing())
    out = [*muxer.begin(tracks)]
    for packet in packets:
        out += muxer.push(packet, 1_700_000_000 + packet.dts / 90_000)
    out += muxer.pause()
    (init,) = [item for item in out if isinstance(item, Init)]
    return init.data, [item for item in out if isinstance(item, Part)]


def moof_of(part: Part) -> tuple[bytes, int]:
    """Its `moof`, and where that begins in the part."""
    for name, at, end in boxes(part.data, 0, len(part.data)):
        if name == b"moof":
            return part.data[at - 8 : end], at - 8
    raise AssertionError("no moof")


def movie_of(init: bytes, *takes: list[Part], gap_90k: int = 0) -> tuple[Movie, bytes]:
    """Takes joined at once, and their bytes; parts are taken whole as media data."""
    tracks = read_init(init)
    movie, media, position = Movie(tracks), b"", 0
    for parts in takes:
        movie.begin_span(parts[0].dts_90k, position, {track.track_id: track.delay for track in tracks})
        for part in parts:
            moof, at = moof_of(part)
            for run in read_moof(moof):
                movie.add(run, len(media) + at + run.data_offset)
            media += part.data
        position += parts[-1].dts_90k + parts[-1].duration_90k - parts[0].dts_90k + gap_90k
    return movie, media


def tree(data: bytes, *path: bytes) -> list[bytes]:
    """Bodies of the boxes at this path; what follows `moov` is left alone."""
    found = [data[: 28 + int.from_bytes(data[28:32], "big")]]
    for wanted in path:
        found = [body[at:end] for body in found for name, at, end in boxes(body, 0, len(body)) if name == wanted]
    return found


def test_tracks_are_read_from_an_initialisation_section():
    init, _ = made(b_frames=2)
    video, audio = read_init(init)
    assert (video.track_id, video.timescale, video.is_video) == (1, 90_000, True)
    assert video.delay == 2 * 3600, "the first frame is shown two frames after it is decoded"
    assert struct.unpack(">II", video.size) == (320 << 16, 180 << 16)
    assert (audio.track_id, audio.timescale, audio.is_video, audio.delay) == (2, 48_000, False, 0)
    assert video.stsd[4:8] == audio.stsd[4:8] == b"stsd"
    for torn in (b"", init[:100], b"\x00\x00\x00\x08ftyp"):
        with pytest.raises(ValueError, match="not an initialisation section"):
            read_init(torn)


def test_samples_are_read_from_a_part():
    _, parts = made()
    runs = {run.track_id: run for run in read_moof(moof_of(parts[0])[0])}
    video, audio = runs[1], runs[2]
    assert (video.decode_time, list(video.durations)) == (0, [3600] * len(video.durations))
    assert video.flags[0] == 0x02000000
    assert set(video.flags[1:]) == {0x01010000}
    assert set(audio.durations) == {1024}
    body = parts[0].data
    assert len(body) == moof_of(parts[0])[1] + video.data_offset + sum(video.sizes) + sum(audio.sizes)


def test_defaults_of_a_fragment_count():
    """What other muxers write: a first flag, and durations and sizes said once (ISO/IEC 14496-12 §8.8.7, §8.8.8)."""
    tfhd = struct.pack(">I4sIIIII", 28, b"tfhd", 0x020038, 7, 3000, 100, 0x01010000)
    tfdt = struct.pack(">I4sII", 16, b"tfdt", 0, 9000)
    trun = struct.pack(">I4sIIiI", 24, b"trun", 0x000005, 3, 60, 0x02000000)
    traf = struct.pack(">I4s", 8 + len(tfhd + tfdt + trun), b"traf") + tfhd + tfdt + trun
    (run,) = read_moof(struct.pack(">I4s", 8 + len(traf), b"moof") + traf)
    assert (run.track_id, run.decode_time, run.data_offset) == (7, 9000, 60)
    assert (list(run.durations), list(run.sizes)) == ([3000] * 3, [100] * 3)
    assert list(run.flags) == [0x02000000, 0x01010000, 0x01010000]


def test_the_index_stands_first_and_points_at_the_samples():
    init, parts = made()
    movie, media = movie_of(init, parts)
    header = movie.header(len(media))
    assert [name for name, _, _ in boxes(header + media, 0, len(header + media))] == [b"ftyp", b"moov", b"mdat"]
    stco = tree(header, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stco")[0]
    first = struct.unpack_from(">I", stco, 8)[0]
    run = read_moof(moof_of(parts[0])[0])[0]
    at = moof_of(parts[0])[1] + run.data_offset
    assert (header + media)[first : first + 200] == parts[0].data[at : at + 200]
    stss = tree(header, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stss")
    assert [struct.unpack(">5I", body)[2:] for body in stss] == [(1, 51, 101)], "each IDR; sound has no such list"
    assert movie.seconds == pytest.approx(6, abs=0.03)


def test_a_file_beyond_four_gigabytes_has_wide_places():
    init, parts = made()
    movie, _ = movie_of(init, parts)
    header = movie.header(5 * 1024**3)
    assert struct.unpack(">I4sQ", header[-16:]) == (1, b"mdat", 5 * 1024**3 + 16)
    assert not tree(header, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stco")
    co64 = tree(header, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"co64")[0]
    narrow = tree(movie.header(1000), b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stco")[0]
    assert len(co64) - 8 == 2 * (len(narrow) - 8)


def test_a_take_begins_at_its_position_in_each_track():
    """Sound that was short is stretched by its last frame; sound that is too long loses frames."""
    init, parts = made(4)
    exact, _ = movie_of(init, parts, parts)
    assert exact.seconds == pytest.approx(8, abs=0.03)
    later, _ = movie_of(init, parts, parts, gap_90k=9000)
    for movie, video_step in ((exact, [(200, 3600)]), (later, [(99, 3600), (1, 12_600), (100, 3600)])):
        stts = tree(movie.header(1), b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stts")
        assert pairs(stts[0]) == video_step
        samples = [count for count, _ in pairs(stts[1])]
        assert sum(samples) in {374, 375, 376}
    early = Movie([AUDIO])
    early.begin_span(0, 0, {})
    early.add(run(0, 100), 0)
    early.begin_span(0, 90_000, {})
    early.add(run(0, 47), 10_000)
    header = early.header(1)
    assert pairs(tree(header, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stts")[0]) == [
        (46, 1024),
        (1, 896),
        (47, 1024),
    ]
    assert early.seconds == pytest.approx(1 + 47 * 1024 / 48_000)


def test_sound_that_starts_late_is_preceded_by_an_empty_edit():
    movie = Movie([AUDIO])
    movie.begin_span(0, 0, {})
    movie.add(run(24_000, 10), 0)
    elst = tree(movie.header(1), b"moov", b"trak", b"edts", b"elst")[0]
    assert struct.unpack_from(">IIiI", elst, 4) == (2, 500, -1, 0x10000)
    assert movie.seconds == pytest.approx(0.5 + 10_240 / 48_000)


def test_composition_times_of_joined_takes_agree():
    init, parts = made(2, b_frames=2)
    tracks = read_init(init)
    movie = Movie(tracks[:1])
    for position, delay in ((0, tracks[0].delay), (180_000, tracks[0].delay - 3600)):
        movie.begin_span(0, position, {1: delay})
        for part in parts:
            for one in read_moof(moof_of(part)[0]):
                if one.track_id == 1:
                    movie.add(one, 0)
    ctts = tree(movie.header(1), b"moov", b"trak", b"mdia", b"minf", b"stbl", b"ctts")[0]
    offsets = [value for count, value in pairs(ctts) for _ in range(count)]
    assert offsets[50:] == [offset + 3600 for offset in offsets[:50]], "one edit list serves both"


def pairs(body: bytes) -> list[tuple[int, int]]:
    count = struct.unpack_from(">I", body, 4)[0]
    return [struct.unpack_from(">II", body, 8 + 8 * n) for n in range(count)]


def run(at: int, count: int) -> Run:
    from array import array

    column = array("I", [1024]) * count
    sizes, flags = array("I", [300]) * count, array("I", [0x02000000]) * count
    return Run(2, at, column, sizes, flags, array("i", bytes(4 * count)), 0)


AUDIO = TrackInit(
    track_id=2,
    timescale=48_000,
    size=bytes(8),
    delay=0,
    hdlr=struct.pack(">I4sI4s4s12xc", 33, b"hdlr", 0, bytes(4), b"soun", b"\x00"),
    media_header=struct.pack(">I4sII", 16, b"smhd", 0, 0),
    dinf=struct.pack(">I4s", 8, b"dinf"),
    stsd=struct.pack(">I4sII", 16, b"stsd", 0, 0),
)
