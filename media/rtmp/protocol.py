"""The server side of an RTMP connection without I/O, in the manner of h11 and websockets.

    connection = ServerConnection()
    events = connection.feed(data)          # never raises; a fault is an event
    transport.write(connection.data_to_send())
    if connection.closing: transport.close()

After `PublishRequested` call `accept_publish()` (it returns the events that waited) or `refuse_publish(…)`.
"""

import struct
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final

from media.rtmp import amf0
from media.rtmp.assembly import Assembler
from media.rtmp.chunk import ChunkReader, Limits, Message, write_message
from media.rtmp.control import PING_REQUEST, STREAM_BEGIN, Control, Kind
from media.rtmp.errors import RtmpError
from media.rtmp.events import Connected, Event, Faulted, Metadata, PublishRequested, Refused, Unpublished, short_text
from media.rtmp.flv import AUDIO_FOURCC, VIDEO_FOURCC, Unplayable
from media.rtmp.handshake import Handshake
from media.rtmp.stream_key import stream_key


class State(Enum):
    """How far a connection is."""

    HANDSHAKE = auto()
    OPEN = auto()
    """Commands are answered; no media is taken."""
    DECIDING = auto()
    """A publish request waits for its decision; nothing is read."""
    PUBLISHING = auto()
    CLOSED = auto()


MEDIA: Final = frozenset({8, 9})
"""`Kind.AUDIO` and `Kind.VIDEO` as plain numbers: the test of the hot path."""

OUR_CHUNK_BYTES: Final = 131_072
"""Announced to the peer. ffmpeg takes it over for what it sends: a whole frame is then one chunk."""

WINDOW_BYTES: Final = 2_500_000
BEFORE_PUBLISH_BYTES: Final = 256 * 1024
"""All messages of a peer that does not publish, headers counted in."""

PUBLISHING_LIMITS: Final = Limits(message_bytes=8 * 1024 * 1024, buffered_bytes=16 * 1024 * 1024)
MAX_COMMAND_BYTES: Final = 64 * 1024
MAX_MESSAGE_STREAMS: Final = 8
MAX_WAITING_BYTES: Final = 1024 * 1024
"""What may arrive while a publication is being decided on; the shell should stop reading meanwhile."""

BAD_NAME: Final = "NetStream.Publish.BadName"
FAILED: Final = "NetStream.Publish.Failed"
NO_PLAY: Final = "NetStream.Play.Failed"

Arguments = list[amf0.Value]


class ServerConnection:
    """One connection from an encoder: `feed` it, send what `data_to_send` returns, close it when `closing`."""

    def __init__(self) -> None:
        self.state = State.HANDSHAKE
        self.closing = False
        """Nothing more will come of this connection: send what is there and close."""
        self.encoder = ""
        self._handshake = Handshake()
        self._chunks = ChunkReader()
        self._out: list[bytes] = []
        self._events: list[Event] = []
        self._assembler = Assembler()
        self._app = ""
        self._tc_url = ""
        self._connected = False
        self._streams = 0
        self._publish_stream = 0
        self._control = Control(self._send_message, WINDOW_BYTES, WINDOW_BYTES)
        self._early_bytes = 0
        self._commands: Mapping[str, Callable[[float, int, Arguments], None]] = {
            "connect": self._on_connect,
            "releaseStream": self._on_courtesy,
            "FCPublish": self._on_courtesy,
            "_checkbw": self._on_courtesy,
            "createStream": self._on_create_stream,
            "publish": self._on_publish,
            "FCUnpublish": self._on_unpublish,
            "closeStream": self._on_unpublish,
            "deleteStream": self._on_delete_stream,
            "play": self._on_play,
            "play2": self._on_play,
        }

    def feed(self, data: bytes) -> list[Event]:
        """Takes bytes and returns what happened. After `Faulted` and after `closing` bytes are ignored."""
        if self.state is State.CLOSED:
            return []
        self._control.bytes_in += len(data)
        try:
            if self.state is State.HANDSHAKE:
                answer, data = self._handshake.feed(data)
                self._send(answer)
                if not self._handshake.done:
                    return []
                self.state = State.OPEN
            if data:
                self._chunks.feed(data)
                self._control.acknowledge()
            self._read()
            if self.state is State.DECIDING and self._chunks.waiting_bytes > MAX_WAITING_BYTES:
                raise RtmpError("media before the publication was accepted")
        except RtmpError as problem:
            self._fault(str(problem))
        return self._take_events()

    def data_to_send(self) -> bytes:
        """What the peer must be sent now; fetch it after every call of the others."""
        data = b"".join(self._out)
        self._out = []
        return data

    def accept_publish(self) -> list[Event]:
        """Lets the peer publish; returns the events of what it had sent already."""
        if self.state is not State.DECIDING:
            return []
        self.state = State.PUBLISHING
        self._chunks.limits = PUBLISHING_LIMITS
        self._assembler = Assembler()
        self._send_control(STREAM_BEGIN, self._publish_stream)
        self._send_status("status", "NetStream.Publish.Start", "publishing; the picture is on its way")
        try:
            self._read()
        except RtmpError as problem:
            self._fault(str(problem))
        return self._take_events()

    def refuse_publish(self, code: str, description: str) -> None:
        """Tells the peer why it may not publish, and ends."""
        if self.state is State.DECIDING:
            self._send_status("error", code, description)
            self._close()

    def end(self, description: str) -> None:
        """Ends a publication from our side, with a sentence for the encoder's log."""
        if self.state in (State.PUBLISHING, State.DECIDING):
            self._send_status("status", "NetStream.Unpublish.Success", description)
        self._close()

    # --- reading -----------------------------------------------------------------------------------------------

    def _read(self) -> None:
        chunks = self._chunks
        while self.state is State.OPEN or self.state is State.PUBLISHING:
            message = chunks.next_message()
            if message is None:
                return
            if self.state is State.OPEN:
                self._early_bytes += len(message.body) + 12
                if self._early_bytes > BEFORE_PUBLISH_BYTES:
                    raise RtmpError("too many bytes before a publication")
            self._on_message(message)

    def _on_message(self, message: Message) -> None:
        kind = message.kind
        if kind in MEDIA:
            self._on_media(kind, message.time_ms, message.body)
        elif kind in (Kind.COMMAND, Kind.COMMAND_AMF3):
            self._on_command(message, skip=kind == Kind.COMMAND_AMF3)
        elif kind in (Kind.DATA, Kind.DATA_AMF3):
            self._on_data(message.body, skip=kind == Kind.DATA_AMF3)
        elif kind == Kind.AGGREGATE:
            self._on_aggregate(message)
        elif kind <= Kind.PEER_BANDWIDTH:
            self._control.follow(kind, message.body, self._chunks)

    def _on_media(self, kind: int, time_ms: int, body: bytes) -> None:
        if self.state is not State.PUBLISHING:
            return
        assembler = self._assembler
        try:
            self._events += assembler.video(time_ms, body) if kind == Kind.VIDEO else assembler.audio(time_ms, body)
        except Unplayable as verdict:
            self._refuse(FAILED, verdict.message, verdict.values)

    def _on_aggregate(self, message: Message) -> None:
        """FLV tags in one message (§7.1.6); their times keep their distances, the first has the message's time."""
        body, at = message.body, 0
        shift: int | None = None
        while at + 11 <= len(body) and self.state is State.PUBLISHING:
            kind, size = body[at], int.from_bytes(body[at + 1 : at + 4], "big")
            time_ms = body[at + 7] << 24 | int.from_bytes(body[at + 4 : at + 7], "big")
            shift = message.time_ms - time_ms if shift is None else shift
            at += 11
            if kind in (Kind.AUDIO, Kind.VIDEO) and at + size <= len(body):
                self._on_media(kind, time_ms + shift & 0xFFFFFFFF, body[at : at + size])
            at += size + 4

    def ping(self) -> None:
        """Asks a publisher for a sign of life. What matters is that its host answers: one that is gone resets TCP."""
        if self.state is State.PUBLISHING:
            self._send_control(PING_REQUEST, self._control.bytes_in & 0x7FFFFFFF)

    def _on_data(self, body: bytes, *, skip: bool) -> None:
        values = self._decode(body, skip=skip)
        if values and values[0] == "@setDataFrame":
            values = values[1:]
        if self.state is not State.PUBLISHING or len(values) < 2 or values[0] != "onMetaData":
            return
        said = values[1]
        if not isinstance(said, dict):
            return
        self._assembler.expect(video=bool(said.get("videocodecid")), audio=bool(said.get("audiocodecid")))
        self._events.append(Metadata.read(said))

    def _decode(self, body: bytes, *, skip: bool) -> Arguments:
        if len(body) > MAX_COMMAND_BYTES:
            raise RtmpError(f"command or metadata of {len(body)} bytes")
        return amf0.decode(body[1:] if skip and body[:1] == b"\x00" else body)

    # --- commands ----------------------------------------------------------------------------------------------

    def _on_command(self, message: Message, *, skip: bool) -> None:
        values = self._decode(message.body, skip=skip)
        if not values or not isinstance(values[0], str):
            raise RtmpError("command without a name")
        name = values[0]
        transaction = values[1] if len(values) > 1 and isinstance(values[1], float) else 0.0
        if name != "connect" and not self._connected:
            raise RtmpError("command before connect")
        answer = self._commands.get(name)
        if answer is not None:
            answer(transaction, message.stream, values[2:])
        elif transaction:
            reason = _status("error", "NetConnection.Call.Failed", "this server does not know the command")
            self._send_command("_error", transaction, None, reason)

    def _on_connect(self, transaction: float, _stream: int, arguments: Arguments) -> None:
        if self._connected:
            raise RtmpError("connect twice")
        said = arguments[0] if arguments and isinstance(arguments[0], dict) else {}
        self._app, self._tc_url = short_text(said.get("app"), 1024), short_text(said.get("tcUrl"), 2048)
        self.encoder = short_text(said.get("flashVer"), 80)
        self._connected = True
        self._send_message(Kind.WINDOW_SIZE, struct.pack(">I", WINDOW_BYTES))
        self._send_message(Kind.PEER_BANDWIDTH, struct.pack(">IB", WINDOW_BYTES, 2))
        self._send_message(Kind.SET_CHUNK_SIZE, struct.pack(">I", OUR_CHUNK_BYTES))
        fourccs = [code.decode() for code in (*VIDEO_FOURCC, *AUDIO_FOURCC)]
        can_decode = 1
        self._send_command(
            "_result",
            transaction,
            {"fmsVer": "FMS/3,0,1,123", "capabilities": 31, "mode": 1},
            _status("status", "NetConnection.Connect.Success", "welcome")
            | {
                "objectEncoding": 0,
                "fourCcList": fourccs,
                "videoFourCcInfoMap": {code.decode(): can_decode for code in VIDEO_FOURCC},
                "audioFourCcInfoMap": {code.decode(): can_decode for code in AUDIO_FOURCC},
                "capsEx": 4,
            },
        )
        self._events.append(Connected(self._app.split("?", 1)[0].split("/", 1)[0], self.encoder))

    def _on_courtesy(self, transaction: float, _stream: int, _arguments: Arguments) -> None:
        """FMLE's releaseStream and FCPublish, and bandwidth checks: encoders wait for an answer, nothing else."""
        if transaction:
            self._send_command("_result", transaction, None, None)

    def _on_create_stream(self, transaction: float, _stream: int, _arguments: Arguments) -> None:
        self._streams += 1
        if self._streams > MAX_MESSAGE_STREAMS:
            raise RtmpError("too many message streams")
        self._send_command("_result", transaction, None, float(self._streams))

    def _on_publish(self, _transaction: float, stream: int, arguments: Arguments) -> None:
        if self.state is State.PUBLISHING:
            self._refuse(BAD_NAME, "this connection publishes already")
            return
        self._publish_stream = stream or 1
        name = arguments[1] if len(arguments) > 1 and isinstance(arguments[1], str) else ""
        self.state = State.DECIDING
        self._events.append(PublishRequested(self._app.split("?", 1)[0], stream_key(name, self._app, self._tc_url)))

    def _on_unpublish(self, transaction: float, _stream: int, _arguments: Arguments) -> None:
        if self.state is State.PUBLISHING:
            self._events += self._assembler.flush()
            self._send_status("status", "NetStream.Unpublish.Success", "the publication has ended")
            self._events.append(Unpublished())
            self.state = State.OPEN
            self._early_bytes = 0
            self._chunks.limits = Limits()
        elif transaction:
            self._send_command("_result", transaction, None, None)

    def _on_delete_stream(self, transaction: float, stream: int, arguments: Arguments) -> None:
        if arguments[1:2] in ([float(self._publish_stream)], []):
            self._on_unpublish(transaction, stream, arguments)

    def _on_play(self, _transaction: float, stream: int, _arguments: Arguments) -> None:
        self._publish_stream = stream or 1
        self._refuse(NO_PLAY, "this server takes streams in; open the session's page to watch")

    # --- sending -----------------------------------------------------------------------------------------------

    def _refuse(self, code: str, message: str, values: Mapping[str, str] | None = None) -> None:
        refused = Refused(code, message, values or {})
        self._send_status("error", code, refused.description)
        self._events.append(refused)
        self._close()

    def _fault(self, reason: str) -> None:
        if self.state is State.PUBLISHING:
            self._send_status("error", FAILED, reason)
        self._events.append(Faulted(reason))
        self._close()

    def _close(self) -> None:
        self.state = State.CLOSED
        self.closing = True
        self._chunks = ChunkReader()  # lets go of what was buffered

    def _take_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _send(self, data: bytes) -> None:
        if data:
            self._out.append(data)

    def _message(self, kind: int, body: bytes, chunk_stream: int = 2, stream: int = 0) -> bytes:
        # Set Chunk Size goes out before anything longer than the default, so one size fits all that is written.
        size = OUR_CHUNK_BYTES if self._connected else 128
        return write_message(kind, body, chunk_stream=chunk_stream, stream=stream, chunk_bytes=size)

    def _send_command(self, name: str, transaction: float, *values: object, stream: int = 0) -> None:
        body = amf0.encode(name, transaction, *values)
        self._send(self._message(Kind.COMMAND, body, chunk_stream=3, stream=stream))

    def _send_status(self, level: str, code: str, description: str) -> None:
        self._send_command("onStatus", 0, None, _status(level, code, description), stream=self._publish_stream)

    def _send_message(self, kind: Kind, body: bytes) -> None:
        self._send(self._message(kind, body))

    def _send_control(self, kind: int, value: int) -> None:
        self._send_message(Kind.USER_CONTROL, struct.pack(">HI", kind, value))


def _status(level: str, code: str, description: str) -> dict[str, object]:
    return {"level": level, "code": code, "description": description}
