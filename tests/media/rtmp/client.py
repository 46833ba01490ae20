"""An encoder's side of RTMP, as bytes: what the tests feed to the server."""

import struct

from media.rtmp import amf0
from media.rtmp.chunk import ChunkReader, Limits, Message
from media.rtmp.protocol import OUR_CHUNK_BYTES, ServerConnection
from tests.media.headers_samples import ASC_48000_MONO, AVCC_360P

COMMAND, DATA, AUDIO, VIDEO = 20, 18, 8, 9

HELLO = b"\x03" + bytes(1536)
HELLO_AGAIN = bytes(1536)

IDR = b"\x00\x00\x00\x05\x65\x88\x84\x00\x33"
SLICE = b"\x00\x00\x00\x05\x41\x9a\x24\x6c\x41"
AAC_FRAME = b"\x01\x18\x20\x07"


def chunked(kind: int, body: bytes, *, time_ms: int = 0, lane: int = 3, stream: int = 0, size: int = 128) -> bytes:
    """A message with a full header."""
    field = min(time_ms, 0xFFFFFF)
    extended = struct.pack(">I", time_ms) if time_ms >= 0xFFFFFF else b""
    head = bytes((lane,)) + field.to_bytes(3, "big") + len(body).to_bytes(3, "big") + bytes((kind,))
    out = head + stream.to_bytes(4, "little") + extended + body[:size]
    for at in range(size, len(body), size):
        out += bytes((0xC0 | lane,)) + extended + body[at : at + size]
    return out


def command(*values: object, stream: int = 0) -> bytes:
    return chunked(COMMAND, amf0.encode(*values), stream=stream)


def connect(app: str = "live", url: str = "rtmp://host/live", **more: object) -> bytes:
    return command("connect", 1, {"app": app, "tcUrl": url, "flashVer": "FMLE/3.0 (test)", **more})


def publish(name: str = "KEY") -> bytes:
    """What FMLE and its imitators say between connect and media."""
    return (
        command("releaseStream", 2, None, name)
        + command("FCPublish", 3, None, name)
        + command("createStream", 4, None)
        + command("publish", 5, None, name, "live", stream=1)
    )


def opening(name: str = "KEY", app: str = "live", url: str = "rtmp://host/live") -> bytes:
    return HELLO + HELLO_AGAIN + connect(app, url) + publish(name)


def metadata(**values: object) -> bytes:
    said = {"videocodecid": 7, "audiocodecid": 10, "width": 640, "height": 360, "encoder": "test", **values}
    return chunked(DATA, amf0.encode("@setDataFrame", "onMetaData", said), stream=1, lane=4)


def video(body: bytes, time_ms: int = 0) -> bytes:
    return chunked(VIDEO, body, time_ms=time_ms, lane=6, stream=1)


def audio(body: bytes, time_ms: int = 0) -> bytes:
    return chunked(AUDIO, body, time_ms=time_ms, lane=5, stream=1)


def avc_header(config: bytes = AVCC_360P) -> bytes:
    return video(b"\x17\x00\x00\x00\x00" + config)


def avc_frame(time_ms: int, nal: bytes = SLICE, composition_ms: int = 0) -> bytes:
    first = b"\x17\x01" if nal is IDR else b"\x27\x01"
    return video(first + composition_ms.to_bytes(3, "big", signed=True) + nal, time_ms)


def aac_header(config: bytes = ASC_48000_MONO) -> bytes:
    return audio(b"\xaf\x00" + config)


def aac_frame(time_ms: int, data: bytes = AAC_FRAME) -> bytes:
    return audio(b"\xaf\x01" + data, time_ms)


def headers() -> bytes:
    return metadata() + avc_header() + aac_header()


def messages(sent: bytes) -> list[Message]:
    """What the server sent after its handshake."""
    reader = ChunkReader(Limits(message_bytes=1 << 20, buffered_bytes=1 << 20))
    reader.set_chunk_bytes(OUR_CHUNK_BYTES)
    reader.feed(sent)
    return list(iter(reader.next_message, None))


def commands(sent: bytes) -> list[list[amf0.Value]]:
    return [amf0.decode(message.body) for message in messages(sent) if message.kind == COMMAND]


def statuses(sent: bytes) -> list[tuple[str, str]]:
    """(code, description) of every onStatus."""
    told = [said[3] for said in commands(sent) if said[0] == "onStatus"]
    return [(str(status["code"]), str(status["description"])) for status in told if isinstance(status, dict)]


def publishing() -> ServerConnection:
    """A connection that may publish, with nothing to send."""
    connection = ServerConnection()
    connection.feed(opening())
    connection.accept_publish()
    connection.data_to_send()
    return connection
