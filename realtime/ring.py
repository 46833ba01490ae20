"""The same bytes to many sockets in one call of the kernel (io_uring, Linux 5.18 and later).

A write by a transport is one call of the kernel a socket, with what Python and uvloop put around it. Here the sends of
a whole step stand in a ring that the kernel reads, and one call carries them all out, in turn and without waiting. What
a socket does not take goes the usual way, by its transport. Where the kernel has no ring (or its administrator allows
none) everything does.

The layout is the kernel's (include/uapi/linux/io_uring.h); sends are marked so that they never wait and never signal,
hence all of them are over when the call returns, and nothing of ours is read later.
"""

import ctypes
import mmap
import os
import struct
from collections.abc import Sequence
from typing import Any, Final, Protocol

import structlog

log = structlog.get_logger(__name__)

ENTRIES: Final = 64
MOST_BYTES: Final = 64 * 1024
"""Longer buffers go by the transports: then the calls are not what costs."""

_SETUP, _ENTER = 425, 426  # system calls, the same on every processor since 5.1
_SUBMIT_ALL: Final = 1 << 7
_GET_EVENTS: Final = 1
_SQ_RING, _ENTRIES_AT = 0, 0x10000000
_ENTRY: Final = struct.Struct("<BBHiQQIIQ24x")
"""An entry: opcode, flags, priority, file, offset, address, bytes, flags of the message, what the answer bears."""
_ENTRY_BYTES: Final = 64
_SEND: Final = 26
_DONT_WAIT, _NO_SIGNAL = 0x40, 0x4000
_PARAMETERS: Final = 30
"""Words that the kernel fills in: ten, then ten about each of the two rings."""


class Receiver(Protocol):
    """What is needed of a transport."""

    def write(self, data: bytes) -> None: ...
    def is_closing(self) -> bool: ...


class Addressee(Protocol):
    """Whoever is written to."""

    @property
    def transport(self) -> Receiver: ...
    @property
    def entry(self) -> bytes:
        """Of `Ring.entry`; empty: by its transport only."""


def write_each(members: Sequence[Addressee], buffer: bytes) -> None:
    """The usual way."""
    for member in members:
        member.transport.write(buffer)


class Ring:
    """`write` is to be called by one thread. Raises `OSError` where the kernel gives no ring."""

    def __init__(self) -> None:
        # PyDLL: the call takes microseconds and keeps the interpreter, as the transports' own writing does
        self._call = ctypes.PyDLL(None, use_errno=True).syscall
        self._call.restype = ctypes.c_long
        words = (ctypes.c_uint32 * _PARAMETERS)()
        words[2] = _SUBMIT_ALL
        self._file = self._call(_SETUP, ENTRIES, words)
        if self._file < 0:
            raise OSError(ctypes.get_errno(), "the kernel gives no ring")
        self._size = words[0]
        ours, answers = words[10:20], words[20:30]
        length = max(ours[6] + 4 * self._size, answers[5] + 16 * words[1])
        options: dict[str, Any] = {"flags": mmap.MAP_SHARED | mmap.MAP_POPULATE}
        ring = memoryview(mmap.mmap(self._file, length, offset=_SQ_RING, **options))
        entries = mmap.mmap(self._file, _ENTRY_BYTES * self._size, offset=_ENTRIES_AT, **options)
        self._entries = memoryview(entries)
        self._lengths = self._entries.cast("I")
        self._head, self._tail = _word(ring, ours[0]), _word(ring, ours[1])
        self._answers_head, self._answers_tail = _word(ring, answers[0]), _word(ring, answers[1])
        self._answers_size = words[1]
        self._answers = ring[answers[5] : answers[5] + 16 * words[1]].cast("i")
        order = ring[ours[6] : ours[6] + 4 * self._size].cast("I")
        for place in range(self._size):
            order[place] = place
        self._buffer = mmap.mmap(-1, MOST_BYTES)
        self._address = ctypes.addressof(ctypes.c_char.from_buffer(self._buffer))

    def close(self) -> None:
        os.close(self._file)

    def entry(self, transport: Any) -> bytes:
        """What stands for a transport in the ring; empty for one that does more than write to its socket."""
        socket = transport.get_extra_info("socket")
        if socket is None or transport.get_extra_info("sslcontext") is not None:
            return b""
        file = socket.fileno()
        return b"" if file < 0 else _ENTRY.pack(_SEND, 0, 0, file, 0, self._address, 0, _DONT_WAIT | _NO_SIGNAL, file)

    def write(self, members: Sequence[Addressee], buffer: bytes) -> None:
        """Writes `buffer` to each. Nothing waits in their transports: it would have to go out first."""
        if len(buffer) > MOST_BYTES:
            write_each(members, buffer)
            return
        # the file of a transport that is not closing is still its own
        ready = [member for member in members if member.entry and not member.transport.is_closing()]
        if len(ready) < len(members):
            write_each([member for member in members if not member.entry or member.transport.is_closing()], buffer)
        self._buffer[: len(buffer)] = buffer
        while ready:
            room = self._size - self._tail[0] % self._size
            self._send(ready[:room], buffer)
            del ready[:room]

    def _send(self, members: Sequence[Addressee], buffer: bytes) -> None:
        count, tail, size = len(members), self._tail[0], len(buffer)
        place = tail % self._size
        self._entries[place * _ENTRY_BYTES : (place + count) * _ENTRY_BYTES] = b"".join(
            [member.entry for member in members]
        )
        lengths = self._lengths[place * 16 + 6 : (place + count) * 16 : 16]
        lengths[:] = memoryview(struct.pack("<I", size) * count).cast("I")
        self._tail[0] = (tail + count) & 0xFFFFFFFF
        self._call(_ENTER, self._file, count, 0, 0, None, 0)
        taken = (self._head[0] - tail) & 0xFFFFFFFF
        if taken < count:
            # the kernel was short of something: it has read nothing behind its head
            log.warning("ring refused", taken=taken, of=count, problem=os.strerror(ctypes.get_errno()))
            self._tail[0] = self._head[0]
            write_each(members[taken:], buffer)
        self._settle(members[:taken], buffer)

    def _settle(self, members: Sequence[Addressee], buffer: bytes) -> None:
        """Reads the answers: what was not sent whole goes on by the transport, which also finds out what is broken."""
        count, head = len(members), self._answers_head[0]
        while (self._answers_tail[0] - head) & 0xFFFFFFFF < count:
            self._call(_ENTER, self._file, 0, count, _GET_EVENTS, None, 0)  # none is ever seen to need it
        place = head % self._answers_size
        sent = self._answers[place * 4 + 2 : (place + count) * 4 : 4]
        if sent.tobytes() != struct.pack("<i", len(buffer)) * count:
            files = self._answers[place * 4 : (place + count) * 4 : 4].tolist()
            done = dict(zip(files, sent.tolist(), strict=True))
            for member in members:
                result = max(0, done[_ENTRY.unpack(member.entry)[3]])
                if result < len(buffer):
                    member.transport.write(buffer[result:])
        self._answers_head[0] = (head + count) & 0xFFFFFFFF


def _word(ring: memoryview, at: int) -> memoryview:
    return ring[at : at + 4].cast("I")


def open_ring() -> Ring | None:
    """None where the kernel has none, which costs speed and nothing else."""
    try:
        return Ring()
    except OSError as problem:
        log.info("no ring of the kernel", problem=problem.strerror)
        return None
