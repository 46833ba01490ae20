from itertools import pairwise
from pathlib import Path

import pytest

from media.continuity.model import SlateKind
from media.hls.playlist import Segment
from media.hls.window import Start
from media.packet import Kind, Packet, Tracks
from media.stream import Stream
from tests import hls_playlists, hls_rules
from tests.media.continuity.rig import WALL_S, Encoder, Station
from tests.media.hls import feed, reading

DROP_S = 10


def playlist(station: Station) -> hls_playlists.Playlist:
    found = hls_playlists.parse_media(station.packager.playlist()[0].decode())
    assert hls_rules.media_problems(found) == []
    return found


def after(station: Station, second: float) -> list[float]:
    """How far ahead of the wall clock parts reach, whenever one was made from that second on."""
    return [
        part.began_at_s + part.duration_90k / 90_000 - WALL_S for part in station.shown if part.began_at_s >= second
    ]


def steady(station: Station, tracks: Tracks, packets: list[Packet], seconds: float = 6) -> None:
    station.connect(tracks)
    station.run(seconds, packets)


@pytest.fixture(scope="module")
def source() -> tuple[Tracks, list[Packet]]:
    return feed.both(8)


def test_a_drop_is_bridged_and_the_recorder_gets_the_source_alone(source, tmp_path: Path):
    tracks, packets = source
    station = Station()
    steady(station, tracks, packets)
    station.stream.pause(station.stream.publisher)
    station.run(1.0)
    assert station.programme.slate is None
    station.run(DROP_S - 1.0)
    assert station.programme.slate is SlateKind.BACK_SOON
    steady(station, tracks, packets)
    assert station.programme.slate is None
    station.stream.end()

    # viewers: one line without a hole, three takes, every number once
    for earlier, later in pairwise(station.shown):
        assert later.began_at_s == pytest.approx(earlier.began_at_s + earlier.duration_90k / 90_000, abs=0.35)
        assert later.msn in (earlier.msn, earlier.msn + 1)
    shown_s = sum(part.duration_90k for part in station.shown) / 90_000
    assert shown_s == pytest.approx(station.now, abs=0.5)
    assert sorted({part.take for part in station.shown}) == [0, 1, 2]
    playlist(station)

    # the archive: two takes, the slate's number left out, no frame of it
    assert [init.take for init, _ in station.tape.takes] == [0, 2]
    recorded = sum(part.frames for part in station.tape.parts)
    assert recorded == 2 * sum(p.kind is Kind.VIDEO and p.dts <= 6 * 90_000 for p in packets)
    gap_s = station.tape.takes[1][1][0].began_at_s - (
        station.tape.takes[0][1][-1].began_at_s + station.tape.takes[0][1][-1].duration_90k / 90_000
    )
    assert gap_s == pytest.approx(DROP_S, abs=0.35)
    for init, parts in station.tape.takes:
        reading.decode(reading.file_of(init, parts), tmp_path)


def test_the_slate_itself_can_be_decoded_and_is_as_long_as_it_says(source, tmp_path: Path):
    tracks, packets = source
    station = Station()
    inits = []
    add_init = station.packager.window.add_init
    station.packager.window.add_init = lambda init: (inits.append(init), add_init(init))
    steady(station, tracks, packets)
    station.stream.pause(station.stream.publisher)
    station.run(9)
    parts = [part for part in station.shown if part.take == 1]
    reading.check_parts(parts, station.packager.window.timing.part_target_90k)
    data = reading.file_of(inits[1], parts)
    reading.decode(data, tmp_path)
    seen = reading.read(data)
    assert all(b[0] - a[0] == pytest.approx(0.1, abs=1e-4) for a, b in pairwise(seen.video))
    assert all(b[0] - a[0] == pytest.approx(1024 / 48_000, abs=1e-4) for a, b in pairwise(seen.audio))
    assert abs(seen.audio[-1][0] - seen.video[-1][0]) < 0.15
    assert inits[1].tracks.audio == tracks.audio, "the sound stays what the player has a decoder for"
    assert (inits[1].tracks.video.width, inits[1].tracks.video.height) == (320, 180)


@pytest.mark.parametrize("silence_s", [0.5, 1.0])
def test_a_short_hiccup_shows_nothing(source, silence_s):
    tracks, packets = source
    station = Station()
    steady(station, tracks, packets, 4)
    station.run(silence_s)
    station.run(4, feed.shifted([p for p in packets if p.dts >= 4 * 90_000], -4 * 90_000))
    assert station.programme.slate is None
    assert {part.take for part in station.shown} == {0}


def test_a_stall_of_five_seconds_on_one_connection(source):
    """What the encoder could not send comes in one rush; viewers are not pushed behind by it."""
    tracks, _ = source
    packets = feed.both(20)[1]
    station = Station()
    station.connect(tracks)
    station.run(6, [p for p in packets if p.dts < 6 * 90_000])
    station.run(5)
    assert station.programme.slate is SlateKind.BACK_SOON
    rush = [p for p in packets if 6 * 90_000 <= p.dts < 11 * 90_000]
    for packet in rush:
        station.stream.push(packet)
    station.run(6, feed.shifted([p for p in packets if p.dts >= 11 * 90_000], -11 * 90_000))
    assert station.programme.slate is None
    shown_s = sum(part.duration_90k for part in station.shown) / 90_000
    assert shown_s - station.now < 1.5, "at most the group of pictures that runs is shown beyond real time"
    assert station.tape.takes[1][1][0].independent
    playlist(station)


def test_a_stalled_encoder_that_left_out_what_it_missed_waits_for_its_key_frame(source):
    tracks, packets = source
    station = Station()
    station.connect(tracks)
    station.run(3, [p for p in packets if p.dts < 3 * 90_000])
    station.run(5)
    rest = [p for p in packets if p.dts >= 3 * 90_000]
    station.run(0.9, feed.shifted(rest, -3 * 90_000))
    assert station.programme.slate is SlateKind.BACK_SOON, "what comes refers to pictures of before the stall"
    station.run(1.0, feed.shifted([p for p in rest if p.dts >= 3.9 * 90_000], round(-3.9 * 90_000)))
    assert station.programme.slate is None
    first = station.tape.takes[1][1][0]
    assert first.independent


def test_before_the_first_encoder(source):
    tracks, packets = source
    station = Station()
    station.run(2.8)
    assert station.shown == []
    station.run(2)
    assert station.programme.slate is SlateKind.STARTS_SOON
    assert station.packager.window.next_msn > 1, "a whole segment is there at once: players can begin"
    assert station.tape.takes == []
    steady(station, tracks, packets)
    assert station.programme.slate is None
    assert len(station.tape.takes) == 1
    station.stream.pause(station.stream.publisher)
    station.run(3)
    assert station.programme.slate is SlateKind.BACK_SOON
    playlist(station)


def test_after_a_restart_the_numbers_go_on(source):
    tracks, _ = source
    segment = Segment(41, 3, 3, opens_take=False, began_at_s=WALL_S - 8, duration_90k=180_000)
    station = Station(Start(next_msn=42, next_take=4, segments=(segment,), tracks=tracks))
    station.run(2)
    assert station.programme.slate is SlateKind.BACK_SOON
    assert station.shown[0].msn == 42
    assert station.shown[0].take == 4
    assert station.tape.skipped[0] == (44, 5), "one number ahead: a killed process may have shown it"
    assert [one.msn for one in playlist(station).segments][:2] == [41, 42]


@pytest.mark.parametrize(("kind", "seen_from_s"), [(SlateKind.BREAK, 12), (SlateKind.CLOSED, 16)])
def test_a_slate_that_is_asked_for_hides_a_source_that_goes_on(source, kind, seen_from_s):
    tracks, _ = source
    packets = feed.both(20)[1]
    station = Station()
    station.connect(tracks)
    station.run(5, [p for p in packets if p.dts < 5 * 90_000])
    hidden = [p for p in packets if 5 * 90_000 <= p.dts < 11.5 * 90_000]
    station.programme.show(kind)
    before = sum(part.frames for part in station.tape.parts)
    assert before == 125, "up to this moment it is recorded"
    station.run(6.5, feed.shifted(hidden, -5 * 90_000))
    assert station.programme.slate is kind
    assert sum(part.frames for part in station.tape.parts) == before
    station.programme.hide()
    rest = [p for p in packets if p.dts >= 11.5 * 90_000]
    station.run(seen_from_s - 9, feed.shifted(rest, round(-11.5 * 90_000)))
    assert station.programme.slate is None
    # the next key frame after 11.5 s is that of 12 s, after four seconds more that of 16 s: nothing older is kept
    (init, parts) = station.tape.takes[1]
    first = reading.read(reading.file_of(init, parts))
    data = {p.data: p.dts / 90_000 for p in packets if p.kind is Kind.AUDIO}
    assert min(data[one] for one in first.audio_data if one in data) >= seen_from_s - 0.05


def test_what_a_backup_sent_before_the_closed_part_ended_is_not_shown_when_it_takes_over(source):
    """A change-over hands out the group of pictures that runs: it may have begun while nobody might look."""
    tracks, _ = source
    packets = feed.both(20, gop=250)[1]
    station = Station()
    other = Stream("s", clock=lambda: station.now)
    other.begin(Encoder())
    other.set_tracks(tracks)
    station.connect(tracks)
    station.run(3, [p for p in packets if p.dts < 3 * 90_000])
    station.programme.show(SlateKind.CLOSED)
    for packet in packets:
        if packet.dts < 9 * 90_000:
            station.now = 3 + packet.dts / 90_000
            if packet.dts >= 4 * 90_000 and station.programme._held is not None:
                station.programme.hide()
            other.push(packet)
    assert station.now > 11.9
    station.stream.follow(other)
    station.programme.tick()
    station.now += 0.5
    station.programme.tick()
    assert station.programme.slate is SlateKind.CLOSED, "its only key frame came four seconds before the end"
    assert len(station.tape.takes) == 1


def test_sound_alone_begins_behind_the_closed_part(source):
    tracks, _ = source
    alone = Tracks(audio=tracks.audio)
    sound = [p for p in feed.both(20)[1] if p.kind is Kind.AUDIO]
    station = Station()
    station.connect(alone)
    station.run(3, [p for p in sound if p.dts < 3 * 90_000])
    station.programme.show(SlateKind.CLOSED)
    station.run(2, feed.shifted([p for p in sound if 3 * 90_000 <= p.dts < 5 * 90_000], -3 * 90_000))
    station.programme.hide()
    station.run(7, feed.shifted([p for p in sound if p.dts >= 5 * 90_000], -5 * 90_000))
    assert station.programme.slate is None
    (init, parts) = station.tape.takes[1]
    heard = reading.read(reading.file_of(init, parts))
    data = {p.data: p.dts / 90_000 for p in sound}
    assert min(data[one] for one in heard.audio_data if one in data) >= 8.97, "what came four seconds later"


def test_a_break_is_announced_anew_on_its_slate(source):
    tracks, packets = source
    station = Station()
    steady(station, tracks, packets, 3)
    station.programme.show(SlateKind.BREAK, "Wznowienie o 12:30")
    station.run(2)
    station.programme.show(SlateKind.BREAK, "Wznowienie o 12:45")
    station.run(2)
    assert [text for text in dict.fromkeys(station.slates.texts) if text] == [
        "Wznowienie o 12:30",
        "Wznowienie o 12:45",
    ]
    assert [part.take for part in station.shown[-1:]] == [2], "another slate, on the same timeline"
    assert len(station.tape.takes) == 1


def test_a_break_without_an_encoder_ends_in_the_slate_for_that(source):
    tracks, packets = source
    station = Station()
    steady(station, tracks, packets)
    station.programme.show(SlateKind.BREAK)
    station.stream.pause(station.stream.publisher)
    station.run(5)
    assert station.programme.slate is SlateKind.BREAK
    station.programme.hide()
    station.run(2)
    assert station.programme.slate is SlateKind.BACK_SOON
    shown_s = sum(part.duration_90k for part in station.shown) / 90_000
    assert shown_s == pytest.approx(station.now, abs=0.6)


def test_without_the_automatic_slate(source):
    tracks, packets = source
    station = Station(slate=False)
    steady(station, tracks, packets)
    station.stream.pause(station.stream.publisher)
    station.run(10)
    assert station.programme.slate is None
    assert station.packager.paused
    station.programme.show(SlateKind.BREAK)
    station.run(3)
    assert station.shown[-1].take == 1
    station.programme.hide()
    station.run(1)
    assert station.programme.slate is None
    assert station.packager.paused


def test_a_slate_that_is_not_drawn_yet(source):
    tracks, packets = source
    station = Station()
    steady(station, tracks, packets)
    station.slates.ready = False
    station.stream.pause(station.stream.publisher)
    station.run(2)
    assert station.programme.slate is None
    station.slates.ready = True
    station.run(1)
    shown_s = sum(part.duration_90k for part in station.shown) / 90_000
    assert shown_s == pytest.approx(station.now, abs=0.6), "the time it took is filled"


def test_a_loop_that_was_held_up_does_not_take_it_for_silence(source):
    tracks, packets = source
    station = Station()
    steady(station, tracks, packets, 4)
    station.now += 3
    station.programme.tick()
    assert station.programme.slate is None
    station.run(3, feed.shifted([p for p in packets if p.dts >= 4 * 90_000], -4 * 90_000))
    assert station.programme.slate is None


@pytest.mark.parametrize("kind", [Kind.VIDEO, Kind.AUDIO])
def test_a_source_with_one_track_has_a_slate_with_one(source, kind):
    tracks, packets = source
    alone = Tracks(tracks.video) if kind is Kind.VIDEO else Tracks(audio=tracks.audio)
    station = Station()
    steady(station, alone, [p for p in packets if p.kind is kind])
    station.stream.pause(station.stream.publisher)
    station.run(5)
    assert station.packager.window.tracks.video is None or kind is Kind.VIDEO
    assert station.packager.window.tracks.audio is None or kind is Kind.AUDIO
    steady(station, alone, [p for p in packets if p.kind is kind], 4)
    assert station.programme.slate is None
    assert len(station.tape.takes) == 2


def test_what_was_not_recorded_is_a_gap_for_a_successor(source):
    tracks, packets = source
    station = Station()
    steady(station, tracks, packets)
    station.stream.pause(station.stream.publisher)
    station.run(6)
    found = station.packager.successor()
    assert {one.gap for one in found.segments if one.take == 0} == {False}
    assert {one.gap for one in found.segments if one.take == 1} == {True}
