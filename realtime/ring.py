"""The same bytes to many sockets in one call of the kernel (io_uring, Linux 5.18 and later).

A write by a transport is one call of the kernel a socket, with what Python and uvloop put around it. Here the sends of
a whole step stand in a ring that the kernel reads, and one call carries them all out, in turn and without waiting. What
a socket does not take is told: it goes the usual way, by its transport. Where the kernel has no ring (or its
administrator allows none) everything does.

The layout is the kernel's (include/uapi/linux/io_uring.h); sends are marked so that they never wait and never signal,
hence all of them are over when the call returns, and nothing of ours is read later.
"""

import ctypes
import mmap
import os
import struct
from typing import Any, Final

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


class Ring:
    """`send` is to be called by one thread. Raises `OSError` where the kernel gives no ring."""

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

    def send(self, entries: bytes, buffer: bytes) -> list[tuple[int, int]]:
        """Sends `buffer` (at most `MOST_BYTES`) to the sockets of `entries`: those of `entry`, one after another.

        The files behind them must be open, and nothing may wait in their transports: it would have to go out first.
        Returns the places of those that did not take all, with the bytes that they took.
        """
        self._buffer[: len(buffer)] = buffer
        left: list[tuple[int, int]] = []
        place, count = 0, len(entries) // _ENTRY_BYTES
        while place < count:
            room = min(count - place, self._size - self._tail[0] % self._size)
            part = entries[place * _ENTRY_BYTES : (place + room) * _ENTRY_BYTES]
            left += [(place + behind, sent) for behind, sent in self._send(part, room, len(buffer))]
            place += room
        return left

    def _send(self, entries: bytes, count: int, size: int) -> list[tuple[int, int]]:
        tail = self._tail[0]
        place = tail % self._size
        self._entries[place * _ENTRY_BYTES : (place + count) * _ENTRY_BYTES] = entries
        lengths = self._lengths[place * 16 + 6 : (place + count) * 16 : 16]
        lengths[:] = memoryview(struct.pack("<I", size) * count).cast("I")
        self._tail[0] = (tail + count) & 0xFFFFFFFF
        self._call(_ENTER, self._file, count, 0, 0, None, 0)
        taken = (self._head[0] - tail) & 0xFFFFFFFF
        left = self._settle(entries, taken, size)
        if taken < count:
            # the kernel was short of something: it has read nothing behind its head
            log.warning("ring refused", taken=taken, of=count, problem=os.strerror(ctypes.get_errno()))
            self._tail[0] = self._head[0]
            left += [(behind, 0) for behind in range(taken, count)]
        return left

    def _settle(self, entries: bytes, count: int, size: int) -> list[tuple[int, int]]:
        """Reads the answers to the first `count` entries; those that were not sent whole."""
        head = self._answers_head[0]
        while (self._answers_tail[0] - head) & 0xFFFFFFFF < count:
            self._call(_ENTER, self._file, 0, count, _GET_EVENTS, None, 0)  # none is ever seen to need it
        place = head % self._answers_size
        sent = self._answers[place * 4 + 2 : (place + count) * 4 : 4]
        left: list[tuple[int, int]] = []
        if sent.tobytes() != struct.pack("<i", size) * count:
            files = self._answers[place * 4 : (place + count) * 4 : 4].tolist()
            done = dict(zip(files, sent.tolist(), strict=True))
            for behind, entry in enumerate(_ENTRY.iter_unpack(entries[: count * _ENTRY_BYTES])):
                taken = max(0, done[entry[3]])
                if taken < size:
                    left.append((behind, taken))
        self._answers_head[0] = (head + count) & 0xFFFFFFFF
        return left


def _word(ring: memoryview, at: int) -> memoryview:
    return ring[at : at + 4].cast("I")


def open_ring() -> Ring | None:
    """None where the kernel has none, which costs speed and nothing else."""
    try:
        return Ring()
    except OSError as problem:
        log.info("no ring of the kernel", problem=problem.strerror)
        return None
