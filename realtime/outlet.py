"""One socket as rooms see it, and what waits for it in one."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import msgspec

from app.actor import Actor
from realtime.batch import Batch

if TYPE_CHECKING:
    from realtime.open_room import OpenRoom


class Transport(Protocol):
    """What the hub needs of an asyncio transport."""

    def write(self, data: bytes) -> None: ...
    def is_closing(self) -> bool: ...
    def get_write_buffer_size(self) -> int: ...


class Limits(msgspec.Struct, frozen=True):
    """Bytes a socket may leave unread, and bytes kept for it beyond them."""

    unsent_bytes: int = 64 * 1024
    held_bytes: int = 512 * 1024


class Outlet:
    """One socket as rooms see it. `close` ends it (WebSocket close code, short English reason) and returns at once."""

    __slots__ = ("actor", "close", "closed", "entry", "held_bytes", "look", "rooms", "transport")

    def __init__(self, transport: Transport, actor: Actor, close: Callable[[int, str], None]) -> None:
        self.transport = transport
        self.actor = actor
        self.close = close
        self.closed = False
        self.look = True
        """Whether its transport is asked how it is before each write; not while nothing waits in it, which it tells."""
        self.entry = b""
        """How it stands in the kernel's ring (`Ring.entry`); empty: it is written by its transport alone."""
        self.held_bytes = 0
        """Bytes that wait for this socket in all its rooms."""
        self.rooms: dict[str, OpenRoom] = {}

    def send(self, data: bytes) -> None:
        """Writes frames now, past all queues."""
        if not self.closed and not self.transport.is_closing():
            self.transport.write(data)

    def fill(self, *, full: bool) -> None:
        """Its transport tells that something waits in it, or nothing any more."""
        self.look = full
        if full:
            for room in self.rooms.values():
                room.crowd.loosen(self)

    def unsent_bytes(self) -> int:
        return self.transport.get_write_buffer_size()


class Held:
    """What waits for one member that is served apart: because it is slow, or has no snapshot yet."""

    __slots__ = ("batch", "from_seq", "ready")

    def __init__(self, batch: Batch, from_seq: int, *, ready: bool) -> None:
        self.batch = batch
        self.from_seq = from_seq
        """`seq` of the room when the member came: later events are in `batch`."""
        self.ready = ready
