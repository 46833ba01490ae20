import asyncio

import pytest

from media.packet import AudioTrack, Codec, Kind, Packet, Tracks, VideoTrack
from media.stream import Reader, Stream

TRACKS = Tracks(
    VideoTrack(Codec.H264, b"config", "avc1.42c01e", 640, 360),
    AudioTrack(Codec.AAC, b"\x11\x88", "mp4a.40.2", 48000, 1),
)


class Recorder:
    """A sink that writes down what it is told."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def on_tracks(self, tracks: Tracks) -> None:
        self.heard.append(tracks)

    def on_packet(self, packet: Packet) -> None:
        self.heard.append(packet)

    def on_pause(self) -> None:
        self.heard.append("pause")

    def on_end(self) -> None:
        self.heard.append("end")


class Encoder:
    """A publisher that remembers why it was closed."""

    def __init__(self) -> None:
        self.closed: list[str] = []

    def close(self, reason: str) -> None:
        self.closed.append(reason)


def picture(dts: int, *, key: bool = False, data: bytes = b"x") -> Packet:
    return Packet(Kind.VIDEO, dts, dts, key, data)


def sound(dts: int) -> Packet:
    return Packet(Kind.AUDIO, dts, dts, key=True, data=b"a")


def live(stream: Stream) -> Encoder:
    encoder = Encoder()
    stream.begin(encoder)
    stream.set_tracks(TRACKS)
    return encoder


def test_a_late_sink_gets_the_present_group_of_pictures():
    stream = Stream("s")
    live(stream)
    group = [picture(10, key=True), sound(11), picture(12)]
    for packet in [picture(0, key=True), picture(1), *group]:
        stream.push(packet)
    late = Recorder()
    stream.attach(late)
    assert late.heard == [TRACKS, *group]


def test_same_tracks_are_no_news_and_new_ones_are():
    stream, sink = Stream("s"), Recorder()
    stream.attach(sink)
    live(stream)
    stream.set_tracks(TRACKS)
    stream.push(picture(0, key=True))
    stream.set_tracks(Tracks(TRACKS.video))
    late = Recorder()
    stream.attach(late)
    assert sink.heard == [TRACKS, picture(0, key=True), Tracks(TRACKS.video)]
    assert late.heard == [Tracks(TRACKS.video)], "pictures of the earlier tracks are of no use"


def test_pause_return_and_end():
    stream, sink = Stream("s"), Recorder()
    stream.attach(sink)
    first = live(stream)
    stream.push(picture(0, key=True))
    assert stream.live
    stream.pause(first)
    stream.pause(first)
    assert not stream.live
    second = live(stream)
    stream.pause(first)
    stream.push(picture(5, key=True))
    stream.end()
    stream.end()
    assert sink.heard == [TRACKS, picture(0, key=True), "pause", TRACKS, picture(5, key=True), "end"]
    assert second.closed == ["the session has ended"]
    with pytest.raises(ValueError):
        stream.begin(Encoder())
    with pytest.raises(ValueError):
        stream.attach(Recorder())


def test_a_sink_that_fails_harms_nobody():
    class Broken(Recorder):
        def on_packet(self, packet: Packet) -> None:
            raise RuntimeError("full")

    stream, broken, sink = Stream("s"), Broken(), Recorder()
    stream.attach(broken)
    stream.attach(sink)
    live(stream)
    stream.push(picture(0, key=True))
    stream.push(picture(1))
    assert len(sink.heard) == 3
    assert not stream.carries(broken)
    stream.attach(broken)
    assert not stream.carries(broken), "it failed on the pictures that waited for it"


def test_dismissed_sinks_hear_the_end_and_nothing_more():
    stream, sink = Stream("s"), Recorder()
    stream.attach(sink)
    live(stream)
    stream.dismiss(sink)
    stream.push(picture(0, key=True))
    assert sink.heard == [TRACKS, "end"]


def test_sound_alone_keeps_little():
    stream = Stream("s")
    stream.begin(Encoder())
    stream.set_tracks(Tracks(None, TRACKS.audio))
    for dts in range(100):
        stream.push(sound(dts))
    late = Recorder()
    stream.attach(late)
    assert len(late.heard) <= 33


async def test_reader_drops_up_to_the_next_key_frame():
    stream = Stream("s")
    reader = Reader(limit_packets=3)
    stream.attach(reader)
    live(stream)
    for packet in [picture(0, key=True), picture(1), picture(2), sound(3), picture(4, key=True), sound(5)]:
        stream.push(packet)
    stream.end()
    assert [item async for item in reader] == [TRACKS, picture(4, key=True), sound(5)]
    assert reader.dropped == 4


async def test_reader_wakes_for_what_comes_later():
    stream = Stream("s")
    reader = Reader()
    stream.attach(reader)
    live(stream)
    task = asyncio.create_task(anext(aiter(reader)))
    assert await task == TRACKS


def test_a_stream_that_follows_another_gives_its_sinks_that_ones_packets():
    stream, other, sink, late = Stream("s"), Stream("s"), Recorder(), Recorder()
    stream.attach(sink)
    own, away = live(stream), live(other)
    stream.push(picture(0, key=True, data=b"own"))
    other.push(picture(500, key=True, data=b"other"))
    other.push(picture(900, data=b"other"))
    stream.follow(other)
    stream.follow(other)
    stream.push(picture(40, data=b"own"))
    stream.set_tracks(Tracks(TRACKS.video))
    other.push(picture(940, data=b"other"))
    stream.attach(late)
    told = ["pause", TRACKS, picture(500, key=True, data=b"other"), picture(900, data=b"other")]
    assert sink.heard == [TRACKS, picture(0, key=True, data=b"own"), *told, picture(940, data=b"other")]
    assert late.heard == sink.heard[3:]
    assert stream.recent() == tuple(sink.heard[4:])
    stream.push(picture(1000, key=True, data=b"own"))
    stream.follow(None)
    assert sink.heard[-3:] == ["pause", Tracks(TRACKS.video), picture(1000, key=True, data=b"own")]
    other.push(picture(980, data=b"other"))
    assert sink.heard[-1] == picture(1000, key=True, data=b"own")
    stream.follow(other)
    stream.pause(own)
    assert "pause" not in sink.heard[-2:], "the own publisher is not heard of"
    other.pause(away)
    assert sink.heard[-1] == "pause"
    other.end()
    assert stream.followed is None
    stream.end()
    stream.follow(other)
    assert sink.heard[-1] == "end"


def test_replayed_packets_say_how_old_they_are():
    class Ages(Recorder):
        def on_packet(self, packet: Packet) -> None:
            self.heard.append(round(stream.replayed_s, 3))

    stream, other = Stream("s"), Stream("s")
    for one in (stream, other):
        live(one)
        one.push(picture(0, key=True))
        one.push(picture(45_000))
    sink = Ages()
    stream.attach(sink)
    assert sink.heard == [TRACKS, 0.5, 0]
    stream.push(picture(90_000))
    stream.follow(other)
    other.push(picture(90_000))
    stream.follow(None)
    assert sink.heard[3:] == [0, "pause", TRACKS, 0.5, 0, 0, "pause", TRACKS, 1, 0.5, 0]


def test_silence_is_measured_by_what_sinks_could_have_got():
    now = [10.0]
    stream, other = Stream("s", clock=lambda: now[0]), Stream("s", clock=lambda: now[0])
    assert stream.heard_at == 0
    encoder = live(stream)
    assert stream.heard_at == 0, "connecting is no sign of a picture"
    stream.push(picture(0, key=True))
    assert stream.heard_at == 10
    now[0] = 12
    stream.pause(encoder)
    live(stream)
    assert stream.heard_at == 10
    live(other)
    other.push(picture(0, key=True))
    stream.follow(other)
    assert stream.heard_at == 12
