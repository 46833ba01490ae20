import pytest

from media.archive.fragments import read_init
from media.archive.redaction.parameter_sets import covers, free_id, read_sets, with_sets
from media.hls.boxes import init_section
from media.packet import Tracks, VideoTrack
from tests.media.hls import feed


def test_another_pair_stands_beside_the_first():
    config = feed.video(1)[0].config
    (sps,), (pps,), rest = read_sets(config)
    assert free_id(config) == 1
    other_sps, other_pps = sps[:3] + bytes((60,)) + b"\x40" + sps[5:], b"\x68\x40" + pps[2:]
    both = with_sets(config, other_sps, other_pps)
    assert read_sets(both) == ([sps, other_sps], [pps, other_pps], rest)
    assert both[3] == 60, "the level of the higher one"
    assert with_sets(both, other_sps, other_pps) == both, "twice is once"
    assert free_id(both) == 2


def test_what_declares_more_stands_in_for_what_declares_less():
    track = feed.video(1)[0]
    (sps,), _, _ = read_sets(track.config)
    fuller = VideoTrack(track.codec, with_sets(track.config, sps[:4] + b"\x40\x00", b"\x68\x60"), track.name, 320, 180)
    wider = VideoTrack(track.codec, fuller.config, track.name, 640, 180)
    plain, full, wide = (read_init(init_section(Tracks(one)))[0].stsd for one in (track, fuller, wider))
    assert covers(full, plain)
    assert covers(plain, plain)
    assert not covers(plain, full)
    assert not covers(wide, plain), "of another size"
    sound = read_init(init_section(Tracks(audio=feed.audio(1)[0])))[0].stsd
    assert not covers(full, sound)
    assert not covers(sound, plain)
    assert covers(sound, sound)


def test_damaged_records_are_refused():
    config = feed.video(1)[0].config
    for length in (0, 3, 7, 12, len(config) - 8):
        with pytest.raises(ValueError, match="short"):
            read_sets(config[:length])
