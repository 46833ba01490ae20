"""The encoder's side of an RTMP connection without I/O: the counterpart of `media.rtmp.protocol`.

    connection = ClientConnection(address, key)
    transport.write(connection.data_to_send())
    events = connection.feed(data)          # never raises; a fault is an event

After `Started`, `send_tracks` and then `send` what the stream gives.
"""

import secrets
import struct
from enum import Enum, auto
from typing import Final

import msgspec

from media.out import tags
from media.out.address import Address
from media.packet import Kind as MediaKind
from media.packet import Packet, Tracks
from media.rtmp import amf0
from media.rtmp.chunk import DEFAULT_CHUNK_BYTES, ChunkReader, Message, write_message
from media.rtmp.control import Control, Kind
from media.rtmp.errors import RtmpError
from media.rtmp.events import short_text
from media.rtmp.flv import AUDIO_FOURCC, VIDEO_FOURCC
from media.rtmp.handshake import SIZE, VERSION

PROGRAM: Final = "FMLE/3.0 (compatible; Gryf)"
"""Servers expect an encoder of the old family; this is how all others introduce themselves too."""

CHUNK_BYTES: Final = 4096
CONTROL_LANE, COMMAND_LANE, AUDIO_LANE, VIDEO_LANE = 2, 3, 4, 6
CONNECT, RELEASE, ANNOUNCE, CREATE, PUBLISH = 1, 2, 3, 4, 5
"""Transaction numbers."""

START_MS: Final = 0
STEP_MS: Final = 40
LONGEST_GAP_MS: Final = 10_000
LONGEST_STEP_BACK_MS: Final = 500
"""Other tracks whose time runs on by more than the one, or back by more than the other, come from another clock."""


class Started(msgspec.Struct, frozen=True):
    """The server takes the stream. `fourccs`: what Enhanced RTMP calls the codecs it knows."""

    fourccs: frozenset[str]


class Rejected(msgspec.Struct, frozen=True):
    """The server does not take the stream, or no longer; `said` is its own sentence, without the key."""

    said: str


class Broken(msgspec.Struct, frozen=True):
    """The server broke the protocol."""

    reason: str


ClientEvent = Started | Rejected | Broken


class State(Enum):
    """How far a connection is."""

    HANDSHAKE = auto()
    CONNECTING = auto()
    CREATING = auto()
    ASKING = auto()
    PUBLISHING = auto()
    CLOSED = auto()


class ClientConnection:
    """One publication at a server."""

    def __init__(self, address: Address, key: str) -> None:
        self.state = State.HANDSHAKE
        self.fourccs: frozenset[str] = frozenset()
        self._address = address
        self._key = key
        self._chunks = ChunkReader()
        self._hello = b""
        self._out: list[bytes] = [bytes((VERSION,)), bytes(8) + secrets.token_bytes(SIZE - 8)]
        self._chunk_bytes = DEFAULT_CHUNK_BYTES
        self._stream = 0
        self._keeping = Control(self._control)
        self._tracks = Tracks()
        self._clock = OutClock()
        self._waits_for_key = True

    def __repr__(self) -> str:
        """Without the key."""
        return f"ClientConnection({self.state.name})"

    def feed(self, data: bytes) -> list[ClientEvent]:
        """Takes bytes and returns what happened."""
        if self.state is State.CLOSED:
            return []
        events: list[ClientEvent] = []
        try:
            if self.state is State.HANDSHAKE:
                data = self._shake_hands(data)
            self._keeping.bytes_in += len(data)
            self._chunks.feed(data)
            while self.state not in (State.HANDSHAKE, State.CLOSED):
                message = self._chunks.next_message()
                if message is None:
                    break
                event = self._on_message(message)
                if event is not None:
                    events.append(event)
            self._keeping.acknowledge()
        except RtmpError as problem:
            self.state = State.CLOSED
            events.append(Broken(str(problem)))
        return events

    def data_to_send(self) -> bytes:
        """What the server must be sent now; fetch it after every call of the others."""
        data = b"".join(self._out)
        self._out = []
        return data

    def send_tracks(self, tracks: Tracks) -> None:
        """What follows is this; the next thing sent is a key frame."""
        self._tracks = tracks
        self._waits_for_key = True

    def send(self, packet: Packet) -> bool:
        """One packet; whether it goes out. Nothing does before the first key frame, then the headers go ahead of it."""
        if self.state is not State.PUBLISHING:
            return False
        video, audio = self._tracks.video, self._tracks.audio
        if self._waits_for_key:
            if video is not None and not (packet.key and packet.kind is MediaKind.VIDEO):
                return False
            self._waits_for_key = False
            self._clock.may_change()
            time_ms = self._clock.time_ms(packet.dts)
            self._send_headers(time_ms)
        else:
            time_ms = self._clock.time_ms(packet.dts)
        if packet.kind is MediaKind.VIDEO and video is not None:
            self._media(Kind.VIDEO, VIDEO_LANE, tags.video_frame(video, packet), time_ms)
        elif packet.kind is MediaKind.AUDIO and audio is not None:
            self._media(Kind.AUDIO, AUDIO_LANE, tags.audio_frame(audio, packet), time_ms)
        else:
            return False
        return True

    def end(self) -> None:
        """Says goodbye; send what there is and close."""
        if self._stream:
            self._command("FCUnpublish", 0, None, self._key)
            self._command("deleteStream", 0, None, float(self._stream))
        self.state = State.CLOSED

    # --- reading -----------------------------------------------------------------------------------------------

    def _shake_hands(self, data: bytes) -> bytes:
        """The simple handshake (RTMP §5.2); returns what follows it."""
        held = self._hello + data
        if held and held[0] != VERSION:
            raise RtmpError(f"not RTMP: first byte is {held[0]}")
        if len(self._hello) < 1 + SIZE <= len(held):
            self._out.append(held[1 : 1 + SIZE])
        if len(held) < 1 + 2 * SIZE:
            self._hello = held
            return b""
        self._hello = b""
        self.state = State.CONNECTING
        self._control(Kind.SET_CHUNK_SIZE, struct.pack(">I", CHUNK_BYTES))
        self._chunk_bytes = CHUNK_BYTES
        self._command(
            "connect",
            CONNECT,
            {
                "app": self._address.app,
                "type": "nonprivate",
                "flashVer": PROGRAM,
                "tcUrl": self._address.tc_url,
                "fourCcList": [code.decode() for code in (*VIDEO_FOURCC, *AUDIO_FOURCC)],
            },
        )
        return held[1 + 2 * SIZE :]

    def _on_message(self, message: Message) -> ClientEvent | None:
        kind, body = message.kind, message.body
        if kind in (Kind.COMMAND, Kind.COMMAND_AMF3):
            return self._on_command(amf0.decode(body[1:] if kind == Kind.COMMAND_AMF3 else body))
        if kind <= Kind.PEER_BANDWIDTH:
            self._keeping.follow(kind, body, self._chunks)
        return None

    def _on_command(self, values: list[amf0.Value]) -> ClientEvent | None:
        name = values[0] if values else None
        transaction = values[1] if len(values) > 1 else None
        if name == "_result":
            return self._on_result(transaction, values[2:])
        if name == "_error" and transaction in (CONNECT, CREATE):
            return self._rejected(values[3] if len(values) > 3 else None)
        if name == "onStatus":
            return self._on_status(values[3] if len(values) > 3 else None)
        if name == "close":
            return self._rejected(None)
        return None

    def _on_result(self, transaction: amf0.Value, values: list[amf0.Value]) -> ClientEvent | None:
        if transaction == CONNECT and self.state is State.CONNECTING:
            self.state = State.CREATING
            self.fourccs = _fourccs(values)
            self._command("releaseStream", RELEASE, None, self._key)
            self._command("FCPublish", ANNOUNCE, None, self._key)
            self._command("createStream", CREATE, None)
        elif transaction == CREATE and self.state is State.CREATING:
            number = values[1] if len(values) > 1 else None
            if not isinstance(number, float) or not 0 < number < 2**31:
                raise RtmpError("the server made no stream")
            self.state = State.ASKING
            self._stream = int(number)
            self._command("publish", PUBLISH, None, self._key, "live", stream=self._stream)
        return None

    def _on_status(self, status: amf0.Value) -> ClientEvent | None:
        said = status if isinstance(status, dict) else {}
        code = said.get("code")
        if code == "NetStream.Publish.Start" and self.state is State.ASKING:
            self.state = State.PUBLISHING
            return Started(self.fourccs)
        if said.get("level") == "error" or code in ("NetStream.Unpublish.Success", "NetConnection.Connect.Closed"):
            return self._rejected(status)
        return None

    def _rejected(self, status: amf0.Value) -> Rejected:
        self.state = State.CLOSED
        said = status if isinstance(status, dict) else {}
        text = short_text(said.get("description"), 200) or short_text(said.get("code"), 80)
        return Rejected(text.replace(self._key, "…") if self._key else text)

    # --- sending -----------------------------------------------------------------------------------------------

    def _send_headers(self, time_ms: int) -> None:
        video, audio = self._tracks.video, self._tracks.audio
        body = amf0.encode("@setDataFrame", "onMetaData", tags.metadata(self._tracks, PROGRAM))
        self._media(Kind.DATA, AUDIO_LANE, body, time_ms)
        if video is not None:
            self._media(Kind.VIDEO, VIDEO_LANE, tags.video_header(video), time_ms)
        if audio is not None:
            self._media(Kind.AUDIO, AUDIO_LANE, tags.audio_header(audio), time_ms)

    def _media(self, kind: int, lane: int, body: bytes, time_ms: int) -> None:
        self._out.append(
            write_message(
                kind, body, chunk_stream=lane, stream=self._stream, time_ms=time_ms, chunk_bytes=self._chunk_bytes
            )
        )

    def _command(self, name: str, transaction: int, *values: object, stream: int = 0) -> None:
        body = amf0.encode(name, transaction, *values)
        self._out.append(
            write_message(Kind.COMMAND, body, chunk_stream=COMMAND_LANE, stream=stream, chunk_bytes=self._chunk_bytes)
        )

    def _control(self, kind: int, body: bytes) -> None:
        self._out.append(write_message(kind, body, chunk_stream=CONTROL_LANE, chunk_bytes=self._chunk_bytes))


class OutClock:
    """The stream's time as milliseconds that start at 0 and never fall, whatever encoders come and go."""

    def __init__(self) -> None:
        self._offset_ms: int | None = None
        self._last_ms = START_MS
        self._may_change = False

    def may_change(self) -> None:
        """The next packet may be another encoder's."""
        self._may_change = True

    def time_ms(self, dts: int) -> int:
        """Where a packet of the stream's time `dts` (1/90000 s) goes."""
        at = dts // 90
        if self._offset_ms is None:
            self._offset_ms = START_MS - at
        elif self._may_change and not (-LONGEST_STEP_BACK_MS <= at + self._offset_ms - self._last_ms <= LONGEST_GAP_MS):
            self._offset_ms = self._last_ms + STEP_MS - at
        self._may_change = False
        self._last_ms = max(self._last_ms, at + self._offset_ms)
        return max(START_MS, at + self._offset_ms)


def _fourccs(values: list[amf0.Value]) -> frozenset[str]:
    """What the server's answer to `connect` says in `fourCcList` or, in the newer form, in its two maps."""
    found: set[str] = set()
    for said in values:
        if not isinstance(said, dict):
            continue
        listed = said.get("fourCcList")
        if isinstance(listed, list):
            found.update(code for code in listed if isinstance(code, str))
        for name in ("videoFourCcInfoMap", "audioFourCcInfoMap"):
            known = said.get(name)
            if isinstance(known, dict):
                found.update(known)
    return frozenset(found)
