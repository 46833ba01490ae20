import struct

import pytest

from media.packet import Packet, Tracks
from media.rtmp import amf0
from media.rtmp.events import Connected, Faulted, Metadata, PublishRequested, Refused, Unpublished
from media.rtmp.protocol import ServerConnection, State
from tests.media.rtmp.client import (
    AUDIO,
    HELLO,
    HELLO_AGAIN,
    IDR,
    VIDEO,
    aac_frame,
    avc_frame,
    avc_header,
    chunked,
    command,
    commands,
    connect,
    headers,
    messages,
    metadata,
    opening,
    publish,
    publishing,
    statuses,
    video,
)

AFTER_HANDSHAKE = 1 + 2 * 1536


def connected() -> ServerConnection:
    connection = ServerConnection()
    connection.feed(HELLO + HELLO_AGAIN + connect())
    connection.data_to_send()
    return connection


def test_connect_is_answered():
    connection = ServerConnection()
    events = connection.feed(HELLO + HELLO_AGAIN + connect("live/KEY", "rtmp://host/live/KEY"))
    assert events == [Connected("live", "FMLE/3.0 (test)")]
    sent = connection.data_to_send()[AFTER_HANDSHAKE:]
    assert [message.kind for message in messages(sent)] == [5, 6, 1, 20]
    (result,) = commands(sent)
    assert result[:2] == ["_result", 1.0]
    assert result[3]["code"] == "NetConnection.Connect.Success"
    assert result[3]["fourCcList"] == ["avc1", "hvc1", "av01", "vp09", "mp4a", "Opus"]


def test_publish_waits_for_a_decision_and_keeps_what_follows():
    connection = ServerConnection()
    events = connection.feed(opening() + headers() + avc_frame(0, IDR))
    assert events[-1] == PublishRequested("live", "KEY")
    sent = connection.data_to_send()[AFTER_HANDSHAKE:]
    assert [said[:2] for said in commands(sent)] == [["_result", n] for n in (1.0, 2.0, 3.0, 4.0)]
    assert connection.feed(aac_frame(0)) == []
    events = connection.accept_publish()
    assert [type(event) for event in events] == [Metadata, Tracks, Packet, Packet]
    assert statuses(connection.data_to_send()) == [("NetStream.Publish.Start", "publishing; the picture is on its way")]


def test_publish_request_does_not_show_its_key():
    assert "KEY" not in repr(PublishRequested("live", "KEY"))
    assert "KEY" not in str([PublishRequested("live", "KEY")])


def test_refusal_reaches_the_encoder():
    connection = ServerConnection()
    connection.feed(opening("wrong"))
    connection.data_to_send()
    connection.refuse_publish("NetStream.Publish.BadName", "no such key")
    sent = connection.data_to_send()
    assert statuses(sent) == [("NetStream.Publish.BadName", "no such key")]
    assert messages(sent)[0].stream == 1
    assert connection.closing
    assert connection.feed(headers()) == []


@pytest.mark.parametrize(
    "goodbye",
    [
        command("FCUnpublish", 6, None, "KEY"),
        command("closeStream", 0, None, stream=1),
        command("deleteStream", 7, None, 1),
    ],
)
def test_unpublish_and_publish_again(goodbye):
    connection = publishing()
    connection.feed(headers() + avc_frame(0, IDR))
    assert connection.feed(goodbye) == [Unpublished()]
    assert statuses(connection.data_to_send())[0][0] == "NetStream.Unpublish.Success"
    assert connection.feed(command("publish", 8, None, "OTHER", "live", stream=1)) == [
        PublishRequested("live", "OTHER")
    ]
    connection.accept_publish()
    events = connection.feed(headers() + avc_frame(90_000, IDR) + aac_frame(90_000))
    assert [event.dts for event in events if isinstance(event, Packet)] == [90_000, 90_000], "its clock starts anew"


def test_packets_that_wait_for_sound_are_not_lost_at_the_end():
    connection = publishing()
    assert connection.feed(avc_header() + avc_frame(0, IDR)) == []
    events = connection.feed(command("FCUnpublish", 6, None, "KEY"))
    assert [type(event) for event in events] == [Tracks, Packet, Unpublished]


def test_deleting_another_stream_changes_nothing():
    connection = publishing()
    assert connection.feed(command("deleteStream", 0, None, 2)) == []
    assert connection.state is State.PUBLISHING


def test_play_is_refused_politely():
    connection = connected()
    (refused,) = connection.feed(command("createStream", 2, None) + command("play", 3, None, "x", stream=1))
    assert refused.code == "NetStream.Play.Failed"
    assert statuses(connection.data_to_send()) == [
        ("NetStream.Play.Failed", "this server takes streams in; open the session's page to watch")
    ]
    assert connection.closing


def test_unknown_commands_get_an_error_and_nothing_else():
    connection = connected()
    assert connection.feed(command("getStreamLength", 9, None, "x") + command("silent", 0, None)) == []
    assert [said[:2] for said in commands(connection.data_to_send())] == [["_error", 9.0]]


def test_amf3_commands_and_data():
    connection = connected()
    said = b"\x00" + amf0.encode("publish", 5, None, "KEY", "live")
    assert connection.feed(chunked(17, said, stream=1)) == [PublishRequested("live", "KEY")]
    connection.accept_publish()
    assert connection.feed(chunked(15, b"\x00" + amf0.encode("onMetaData", {"encoder": "x\n"}))) == [Metadata("x")]


def test_metadata_is_shown_and_not_trusted():
    connection = publishing()
    (said,) = connection.feed(
        metadata(width="wide", height=float("nan"), framerate=25, videodatarate=1e300, audiodatarate=-1)
    )
    assert said == Metadata("test", 0, 0, 25.0, 0.0, 0.0)
    assert (
        connection.feed(chunked(18, amf0.encode("onMetaData", "text")) + chunked(18, amf0.encode("onCuePoint", {})))
        == []
    )


def test_unplayable_media_ends_with_a_sentence():
    connection = publishing()
    (refused,) = connection.feed(chunked(AUDIO, b"\x2fmp3-frame"))
    assert isinstance(refused, Refused)
    assert refused.code == "NetStream.Publish.Failed"
    assert refused.values == {"codec": "MP3"}
    assert statuses(connection.data_to_send()) == [(refused.code, refused.description)]
    assert "set the encoder's sound to AAC" in refused.description


def test_publishing_twice_on_a_connection():
    (refused,) = publishing().feed(command("publish", 5, None, "KEY", "live", stream=1))
    assert refused.code == "NetStream.Publish.BadName"


def test_control_messages():
    connection = publishing()
    ping = chunked(4, struct.pack(">HI", 6, 12345), lane=2)
    connection.feed(ping + chunked(6, struct.pack(">IB", 5000, 2), lane=2) + chunked(3, bytes(4), lane=2))
    pong, window = messages(connection.data_to_send())
    assert (pong.kind, pong.body) == (4, struct.pack(">HI", 7, 12345))
    assert window.kind == 5
    connection.feed(chunked(1, struct.pack(">I", 5000), lane=2) + headers())
    events = connection.feed(chunked(VIDEO, b"\x17\x01\x00\x00\x00" + IDR + bytes(3000), lane=6, stream=1, size=5000))
    assert connection.state is State.PUBLISHING
    events += connection.feed(aac_frame(0))
    assert [len(event.data) for event in events if isinstance(event, Packet)][0] == len(IDR) + 3000


def test_abort_discards_half_a_message():
    connection = publishing()
    connection.feed(headers())
    half = video(b"\x17\x01\x00\x00\x00" + bytes(500))[: 12 + 128]
    connection.feed(half + chunked(2, struct.pack(">I", 6), lane=2))
    events = connection.feed(avc_frame(0, IDR) + aac_frame(0))
    assert [event.data for event in events if isinstance(event, Packet)][0] == IDR


def test_bytes_are_acknowledged():
    connection = publishing()
    connection.feed(chunked(5, struct.pack(">I", 1), lane=2))
    connection.data_to_send()
    connection.feed(chunked(18, bytes((5,)) * 2000))
    (acknowledged,) = messages(connection.data_to_send())
    assert acknowledged.kind == 3
    assert struct.unpack(">I", acknowledged.body)[0] > 2000


def test_aggregate():
    connection = publishing()
    connection.feed(headers())
    body = b""
    for kind, ms, data in ((VIDEO, 5000, b"\x17\x01\x00\x00\x00" + IDR), (AUDIO, 5021, b"\xaf\x01\x01\x18\x20\x07")):
        body += bytes((kind,)) + len(data).to_bytes(3, "big") + ms.to_bytes(3, "big") + bytes(4) + data + bytes(4)
    events = connection.feed(chunked(22, body, time_ms=200, lane=6, stream=1))
    assert [event.dts for event in events if isinstance(event, Packet)] == [200 * 90, 221 * 90]


def test_an_end_from_our_side_says_why():
    connection = publishing()
    connection.end("the session has ended")
    assert statuses(connection.data_to_send()) == [("NetStream.Unpublish.Success", "the session has ended")]
    assert connection.closing


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GET / HTTP/1.1\r\n", "not RTMP"),
        (HELLO + HELLO_AGAIN + publish(), "before connect"),
        (HELLO + HELLO_AGAIN + connect() + connect(), "connect twice"),
        (HELLO + HELLO_AGAIN + chunked(20, amf0.encode(1.0)), "without a name"),
        (HELLO + HELLO_AGAIN + chunked(20, b"\x02\x00\x09cut"), "cut short"),
        (HELLO + HELLO_AGAIN + chunked(20, b"\x0c\x80\x00\x00\x00"), "cut short"),
        (HELLO + HELLO_AGAIN + connect() + command("createStream", 1, None) * 9, "too many message streams"),
        (HELLO + HELLO_AGAIN + chunked(1, b"\x80\x00\x00\x00", lane=2), "chunk size"),
        (HELLO + HELLO_AGAIN + chunked(1, b"\x01", lane=2), "cut short"),
        (HELLO + HELLO_AGAIN + b"\x03\x00\x00\x00\xff\xff\xff\x14\x00\x00\x00\x00", "message of 16777215 bytes"),
        (HELLO + HELLO_AGAIN + chunked(9, bytes(40_000), size=128) * 8, "too many bytes before a publication"),
    ],
)
def test_faults_end_the_connection(data, reason):
    connection = ServerConnection()
    *_, fault = connection.feed(data)
    assert isinstance(fault, Faulted)
    assert reason in fault.reason
    assert connection.closing
    assert connection.feed(b"more") == []


def test_a_chunk_of_2_gb_is_one_message_of_its_own_length():
    connection = publishing()
    connection.feed(chunked(1, struct.pack(">I", 0x7FFFFFFF), lane=2))
    (fault,) = connection.feed(b"\x06\x00\x00\x00\xff\xff\xff\x09\x01\x00\x00\x00" + bytes(1000))
    assert fault == Faulted("message of 16777215 bytes")
    assert statuses(connection.data_to_send()) == [("NetStream.Publish.Failed", "message of 16777215 bytes")]


def test_media_before_a_publication_is_passed_over():
    connection = connected()
    assert connection.feed(headers() + avc_frame(0, IDR)) == []
    assert connection.state is State.OPEN


def test_flooding_while_the_decision_is_taken_is_bounded():
    connection = ServerConnection()
    connection.feed(opening())
    events = [event for _ in range(40) for event in connection.feed(bytes(64 * 1024))]
    assert events == [Faulted("media before the publication was accepted")]
