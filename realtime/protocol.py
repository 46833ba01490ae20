"""The frames of `/live`: what a client may say, what the server says, and how it lies on the wire. No I/O.

docs/live.md is the contract for people; its schema is `schema()`, and a test keeps the two equal.
"""

from typing import Annotated, Any, Final

import msgspec

from app.errors import AppError, Invalid

MAX_ROOM_CHARS: Final = 200
MAX_FRAME_BYTES: Final = 64 * 1024
"""Largest message a client may send; a longer one closes the socket with 1009."""

RoomName = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ROOM_CHARS)]
Ref = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class Since(msgspec.Struct, frozen=True):
    """Where a client stands: the last `seq` it has, of which `epoch`."""

    epoch: Annotated[str, msgspec.Meta(max_length=64)]
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class Join(msgspec.Struct, frozen=True, tag_field="op", tag="join"):
    """Asks to be in a room; with `since`, for what was missed in place of a snapshot."""

    room: RoomName
    ref: Ref = 0
    since: Since | None = None


class Leave(msgspec.Struct, frozen=True, tag_field="op", tag="leave"):
    """Asks to be in a room no more."""

    room: RoomName
    ref: Ref = 0


class Ack(msgspec.Struct, frozen=True, tag_field="op", tag="ack"):
    """Has every event of a room up to `seq`: where `joined` asked for it. Not answered unless it is refused."""

    room: RoomName
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
    ref: Ref = 0


class Ping(msgspec.Struct, frozen=True, tag_field="op", tag="ping"):
    """Asks for a sign of life: pages cannot see the pings of WebSocket itself."""

    ref: Ref = 0


ClientFrame = Join | Leave | Ack | Ping


class Presence(msgspec.Struct, frozen=True):
    """Who is in a room: open sockets, and different accounts among them."""

    sockets: int
    accounts: int


class Joined(msgspec.Struct, frozen=True, tag_field="op", tag="joined", omit_defaults=True):
    """The client is in. Either `snapshot` is there, or `resumed` is true and what was missed follows as events.

    `acks`: the room wants to be told how far one has got; what the account has not acknowledged follows as events.
    """

    ref: int
    room: str
    epoch: str
    seq: int
    resumed: bool = False
    acks: bool = False
    snapshot: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    presence: Presence | None = None


class EventFrame(msgspec.Struct, frozen=True, tag_field="op", tag="event"):
    """Something happened; `data` is the event with its `type`."""

    room: str
    seq: int
    data: msgspec.Raw


class PresenceFrame(msgspec.Struct, frozen=True, tag_field="op", tag="presence"):
    """Who is in a room now, at most once a second."""

    room: str
    sockets: int
    accounts: int


class Refused(msgspec.Struct, frozen=True, tag_field="op", tag="refused", omit_defaults=True):
    """A frame was not followed; `status`, `code` and `title` as in problem details (RFC 9457)."""

    ref: int | None
    status: int
    code: str
    title: str
    room: str = ""
    detail: str = ""
    retry_after_s: int = 0


class Left(msgspec.Struct, frozen=True, tag_field="op", tag="left", omit_defaults=True):
    """The client is out of a room: it asked, or (with `status` and `code`) may not be there any more."""

    room: str
    ref: int | None = None
    status: int = 0
    code: str = ""
    title: str = ""


class Pong(msgspec.Struct, frozen=True, tag_field="op", tag="pong"):
    """The answer to `ping`."""

    ref: int


class Bye(msgspec.Struct, frozen=True, tag_field="op", tag="bye"):
    """The server closes this socket; come back after so many seconds."""

    why: str
    retry_after_s: float


RoomFrame = Joined | EventFrame | PresenceFrame | Refused | Left
ServerFrame = RoomFrame | Pong | Bye

_decoder: Final[msgspec.json.Decoder[ClientFrame]] = msgspec.json.Decoder(ClientFrame)
_encoder: Final = msgspec.json.Encoder()


def decode(text: str | bytes) -> ClientFrame:
    """One client frame. Raises `Invalid` for what is no JSON or no frame of this protocol."""
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Invalid("This is not a message that /live knows") from None


def encode_value(value: object) -> bytes:
    """JSON of an event or of a snapshot."""
    return _encoder.encode(value)


def encode(frame: ServerFrame) -> bytes:
    """A server frame as it lies on the wire, ready to be written to a transport."""
    return text_frame(_encoder.encode(frame))


def text_frame(payload: bytes) -> bytes:
    """One unmasked, final text frame (RFC 6455 §5.2)."""
    length = len(payload)
    if length < 126:
        return b"\x81" + length.to_bytes(1, "big") + payload
    if length < 65536:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload


def refusal(problem: AppError, ref: int | None, room: str = "", title: str = "", detail: str = "") -> Refused:
    """An expected failure as a frame; `title` and `detail` in the reader's language where they are known."""
    return Refused(
        ref=ref,
        room=room,
        status=int(problem.status),
        code=problem.code,
        title=title or problem.title,
        detail=detail or (problem.detail % problem.values if problem.detail else ""),
        retry_after_s=getattr(problem, "retry_after_s", 0),
    )


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of all frames, client's and server's."""
    (client, server), components = msgspec.json.schema_components(
        [ClientFrame, ServerFrame], ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Frames of /live",
        "$defs": {"ClientFrame": client, "ServerFrame": server, **dict(sorted(components.items()))},
    }
