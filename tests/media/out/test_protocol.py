"""The client against our own server, both without sockets; and against what other servers say."""

import pytest

from media.headers import av1_track, hevc_track, opus_track
from media.out.address import parse_address
from media.out.protocol import Broken, ClientConnection, OutClock, Rejected, Started, State
from media.out.tags import audio_frame, audio_header, missing_codec, video_frame, video_header
from media.packet import AudioTrack, Codec, Kind, Packet, Tracks, VideoTrack
from media.rtmp import amf0
from media.rtmp.chunk import ChunkReader, Limits, Message, write_message
from media.rtmp.events import Metadata, PublishRequested, Unpublished
from media.rtmp.protocol import ServerConnection
from tests.media.headers_samples import ASC_48000_MONO, AV1C_642X362, AVCC_360P, HVCC_1922X1082, OPUS_HEAD_STEREO
from tests.media.hls import feed

ADDRESS = parse_address("rtmp://live.example.org/app")
KEY = "s3cret-key"


class Pair:
    """A client and a server that hear each other at once."""

    def __init__(self, key: str = KEY) -> None:
        self.client = ClientConnection(ADDRESS, key)
        self.server = ServerConnection()
        self.heard: list[object] = []
        self.told: list[object] = []

    def talk(self) -> None:
        for _ in range(20):
            self.heard += self.server.feed(self.client.data_to_send())
            if (
                any(isinstance(event, PublishRequested) for event in self.heard)
                and self.server.state.name == "DECIDING"
            ):
                self.heard += self.server.accept_publish()
            answer = self.server.data_to_send()
            if not answer:
                return
            for at in range(0, len(answer), 700):
                self.told += self.client.feed(answer[at : at + 700])

    def packets(self) -> list[Packet]:
        return [event for event in self.heard if isinstance(event, Packet)]


def in_ms(packets: list[Packet], from_ms: int = 0) -> list[tuple]:
    return [(p.kind, p.dts // 90 + from_ms, round((p.pts - p.dts) / 90), p.key, p.data) for p in packets]


def test_a_stream_arrives_as_it_was_sent():
    pair = Pair()
    pair.talk()
    assert [type(event) for event in pair.told] == [Started]
    request = next(event for event in pair.heard if isinstance(event, PublishRequested))
    assert (request.app, request.key) == ("app", KEY)
    tracks, packets = feed.both(4, b_frames=2)
    pair.client.send_tracks(tracks)
    for packet in packets:
        pair.client.send(packet)
    pair.talk()
    assert next(event for event in pair.heard if isinstance(event, Tracks)) == tracks
    first = next(number for number, packet in enumerate(packets) if packet.kind is Kind.VIDEO)
    assert in_ms(pair.packets()) == in_ms(packets[first:], -packets[first].dts // 90)
    metadata = next(event for event in pair.heard if isinstance(event, Metadata))
    assert (metadata.width, metadata.height) == (320, 180)
    pair.client.end()
    pair.talk()
    assert isinstance(pair.heard[-1], Unpublished)


@pytest.mark.parametrize(
    "tracks",
    [
        Tracks(VideoTrack(Codec.HEVC, b"", "", 0, 0), None),
        Tracks(VideoTrack(Codec.AV1, b"", "", 0, 0), None),
        Tracks(VideoTrack(Codec.H264, b"", "", 0, 0), AudioTrack(Codec.OPUS, b"", "Opus", 48000, 2)),
    ],
)
def test_codecs_beyond_flv_need_the_servers_word(tracks):
    pair = Pair()
    pair.talk()
    assert missing_codec(tracks, pair.told[0].fourccs) is None
    assert missing_codec(tracks, frozenset({"*"})) is None
    assert missing_codec(tracks, frozenset()) is (
        tracks.audio.codec if tracks.audio is not None else tracks.video.codec
    )


def test_h264_and_aac_go_everywhere():
    tracks = Tracks(
        VideoTrack(Codec.H264, AVCC_360P, "avc1", 1, 1), AudioTrack(Codec.AAC, ASC_48000_MONO, "mp4a", 48000, 1)
    )
    assert missing_codec(tracks, frozenset()) is None


@pytest.mark.parametrize(
    ("codec", "body"),
    [
        (Codec.HEVC, bytes((0x80 | 1 << 4 | 1,)) + b"hvc1" + b"\x00\x00\x28" + b"frame"),
        (Codec.AV1, bytes((0x80 | 1 << 4 | 1,)) + b"av01" + b"frame"),
    ],
)
def test_enhanced_frames(codec, body):
    track = VideoTrack(codec, b"config", "", 640, 360)
    assert video_header(track) == b"\x90" + codec.value.encode() + b"config"
    assert video_frame(track, Packet(Kind.VIDEO, 0, 3600, key=True, data=b"frame")) == body
    inter = video_frame(track, Packet(Kind.VIDEO, 3600, 3600, key=False, data=b"frame"))
    assert inter[0] == (0xA3 if codec is Codec.HEVC else 0xA1)
    assert inter[1:] == codec.value.encode() + b"frame"


def test_opus_says_its_head():
    head = b"OpusHead" + bytes.fromhex("0102380180bb0000000000")
    track = opus_track(head)
    assert audio_header(track) == b"\x90Opus" + head
    assert audio_frame(track, Packet(Kind.AUDIO, 0, 0, key=True, data=b"x")) == b"\x91Opusx"


@pytest.mark.parametrize(
    ("track", "frame"),
    [
        (hevc_track(HVCC_1922X1082), b"\x00\x00\x00\x04\x26\x01\xaf\x10"),
        (av1_track(AV1C_642X362), b"\x0a\x0c\x20\x00\x0d\x26\x28\x1b\x48\x05\xf0\x00\x80\x00"),
    ],
    ids=["HEVC", "AV1"],
)
def test_enhanced_tracks_arrive_as_they_were_sent(track, frame):
    pair = Pair()
    pair.talk()
    tracks = Tracks(track, opus_track(OPUS_HEAD_STEREO))
    sent = [
        Packet(Kind.VIDEO, 0, 7200 if track.codec is Codec.HEVC else 0, key=True, data=frame),
        Packet(Kind.AUDIO, 1800, 1800, key=True, data=b"\xfc\x01"),
        Packet(Kind.VIDEO, 3600, 3600, key=False, data=b"\x00\x00\x00\x03\x02\x01\xd0"),
    ]
    pair.client.send_tracks(tracks)
    for packet in sent:
        pair.client.send(packet)
    pair.talk()
    assert next(event for event in pair.heard if isinstance(event, Tracks)) == tracks
    assert in_ms(pair.packets()) == in_ms(sent)


def test_nothing_goes_out_before_a_key_frame():
    pair = Pair()
    pair.talk()
    tracks, packets = feed.both(4)
    pair.client.send_tracks(tracks)
    second = next(number for number, p in enumerate(packets) if p.key and p.kind is Kind.VIDEO and p.dts)
    for packet in packets[5:]:
        pair.client.send(packet)
    pair.talk()
    assert in_ms(pair.packets()) == in_ms(packets[second:], -packets[second].dts // 90)


def refusing(code: str, description: str) -> list[object]:
    """What a client hears of a server that says no."""
    pair = Pair()
    client, server = pair.client, pair.server
    while server.state.name != "DECIDING":
        server.feed(client.data_to_send())
        client.feed(server.data_to_send())
    server.refuse_publish(code, description)
    pair.told += client.feed(server.data_to_send())
    assert client.state is State.CLOSED
    return pair.told


def test_a_refusal_is_told_in_the_servers_words_and_without_the_key():
    told = refusing("NetStream.Publish.BadName", f"no stream {KEY} here")
    assert told == [Rejected("no stream … here")]
    assert KEY not in repr(told)
    assert KEY not in repr(ClientConnection(ADDRESS, KEY))


def server_says(*messages: bytes) -> list[object]:
    """What a client makes of a server's messages after the handshake."""
    client = ClientConnection(ADDRESS, KEY)
    return client.feed(b"\x03" + bytes(2 * 1536) + b"".join(messages))


def command(*values: object) -> bytes:
    return write_message(20, amf0.encode(*values), chunk_stream=3, chunk_bytes=128)


def test_connect_that_is_rejected():
    info = {"level": "error", "code": "NetConnection.Connect.Rejected", "description": "app is not known"}
    assert server_says(command("_error", 1, None, info)) == [Rejected("app is not known")]


def test_nonsense_is_broken():
    assert isinstance(ClientConnection(ADDRESS, KEY).feed(b"HTTP/1.1 400 Bad Request\r\n")[0], Broken)
    assert isinstance(server_says(command("_result", 1, None, {}), command("_result", 4, None, "x"))[0], Broken)
    assert server_says(command("onBWDone", 0, None)) == []
    assert isinstance(server_says(write_message(1, b"\x00", chunk_stream=2, chunk_bytes=128))[0], Broken)


def test_a_ping_is_answered_and_the_window_acknowledged():
    client = ClientConnection(ADDRESS, KEY)
    client.feed(b"\x03" + bytes(2 * 1536))
    client.data_to_send()
    client.feed(
        write_message(5, (2048).to_bytes(4, "big"), chunk_stream=2, chunk_bytes=128)
        + write_message(4, b"\x00\x06\x00\x00\x12\x34", chunk_stream=2, chunk_bytes=128)
        + command("onBWDone", 0, "x" * 3000)
    )
    sent = messages(client.data_to_send())
    assert Message(4, 0, 0, b"\x00\x07\x00\x00\x12\x34") in sent
    assert [message.kind for message in sent] == [4, 3]


def messages(data: bytes) -> list[Message]:
    reader = ChunkReader(Limits(1 << 20, 1 << 20))
    reader.set_chunk_bytes(4096)
    reader.feed(data)
    return list(iter(reader.next_message, None))


@pytest.mark.parametrize("time_ms", [0, 0xFFFFFE, 0xFFFFFF, 0x1000000, 0xFFFFFFFF, 0x1_0000_0005])
def test_time_stamps_of_any_size_are_read_back(time_ms):
    body = bytes(range(256)) * 40
    data = write_message(9, body, chunk_stream=6, stream=1, time_ms=time_ms, chunk_bytes=4096)
    assert messages(data + data) == [Message(9, 1, time_ms & 0xFFFFFFFF, body)] * 2


def test_time_goes_on_whatever_encoders_come_and_go():
    clock = OutClock()
    assert [clock.time_ms(at * 90) for at in (5000, 5040, 5020, 5080)] == [0, 40, 20, 80]
    clock.may_change()
    assert [clock.time_ms(at * 90) for at in (0, 40)] == [120, 160], "a new clock that began anew"
    clock.may_change()
    assert clock.time_ms(90 * 90) == 210, "other tracks on the same clock"
    clock.may_change()
    assert clock.time_ms(900_000 * 90) == 250, "a clock far ahead"
