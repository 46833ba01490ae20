"""Packets of one RTP source in their order, put together to frames; what is missing is asked for. Pure.

A frame ends at its marker or where the timestamp changes, so it leaves with its last packet, not with the next frame's
first one. A gap is waited for; when that takes too long, what stands around it is given up.
"""

from typing import Final

import msgspec

MAX_WAITING: Final = 1024
"""Packets held behind a gap."""

ASK_AGAIN_S: Final = 0.06
MAX_ASKED: Final = 5
MAX_GAP: Final = 256
"""A jump of the sequence by more is a new start, not a loss."""


class Arrived(msgspec.Struct, frozen=True, gc=False):
    """One packet, without its header."""

    timestamp: int
    marker: bool
    payload: bytes
    at_s: float


class RtpFrame(msgspec.Struct, frozen=True):
    """Payloads of one frame. `timestamp` is unwrapped; `after_loss`: something before it is missing."""

    timestamp: int
    payloads: list[bytes]
    after_loss: bool


class _Missing(msgspec.Struct):
    asked: int = 0
    asked_at_s: float = 0.0


class Unwrapped:
    """A number of `bits` that wraps, made one that does not."""

    def __init__(self, bits: int) -> None:
        self._size = 1 << bits
        self._last: int | None = None

    def add(self, value: int) -> int:
        """The value nearest to the last one; what lies behind it does not move the mark."""
        last = self._last
        if last is None:
            self._last = value
            return value
        step = (value - last) % self._size
        if step >= self._size // 2:
            return last + step - self._size
        self._last = last + step
        return self._last


class Reorder:
    """One source. `by_marker` False: every packet is a frame (Opus)."""

    def __init__(self, wait_s: float, *, by_marker: bool) -> None:
        self.lost = 0
        """Packets given up."""
        self._wait_s = wait_s
        self._by_marker = by_marker
        self._sequence = Unwrapped(16)
        self._time = Unwrapped(32)
        self._next: int | None = None
        self._waiting: dict[int, Arrived] = {}
        self._missing: dict[int, _Missing] = {}
        self._payloads: list[bytes] = []
        self._timestamp = 0
        self._after_loss = False

    def push(self, sequence: int, timestamp: int, payload: bytes, now_s: float, *, marker: bool) -> list[RtpFrame]:
        """Takes a packet; returns the frames it completes."""
        number = self._sequence.add(sequence)
        if self._next is None:
            self._next = number
        if number < self._next or number in self._waiting:
            if self._next - number <= MAX_GAP:
                return []  # late, or twice
            self._restart(number)
        elif number - self._next > MAX_WAITING:
            self._restart(number)
        self._waiting[number] = Arrived(self._time.add(timestamp), marker, payload, now_s)
        self._missing.pop(number, None)
        if number != self._next:
            for absent in range(max(self._next, number - MAX_GAP), number):
                if absent not in self._waiting:
                    self._missing.setdefault(absent, _Missing())
        return self.advance(now_s)

    def advance(self, now_s: float) -> list[RtpFrame]:
        """Frames that are whole now, or that have waited long enough. Call it from time to time too."""
        frames: list[RtpFrame] = []
        while self._waiting:
            assert self._next is not None
            packet = self._waiting.pop(self._next, None)
            if packet is None:
                first = min(self._waiting)
                if now_s - self._waiting[first].at_s < self._wait_s and len(self._waiting) < MAX_WAITING:
                    break
                self._give_up_until(first)
                continue
            self._next += 1
            self._add(packet, frames)
        return frames

    def unwrapped(self, timestamp: int) -> int | None:
        """A time that a sender report names, as the frames count it; None before the first packet."""
        return None if self._next is None else self._time.add(timestamp)

    def asks(self, now_s: float) -> list[int]:
        """Sequence numbers to ask for now (RTCP generic NACK); each a few times."""
        wanted: list[int] = []
        for number, missing in self._missing.items():
            if missing.asked < MAX_ASKED and now_s - missing.asked_at_s >= ASK_AGAIN_S:
                missing.asked += 1
                missing.asked_at_s = now_s
                wanted.append(number & 0xFFFF)
        return wanted

    def _add(self, packet: Arrived, frames: list[RtpFrame]) -> None:
        if self._payloads and packet.timestamp != self._timestamp:
            self._finish(frames)
        self._timestamp = packet.timestamp
        self._payloads.append(packet.payload)
        if packet.marker or not self._by_marker:
            self._finish(frames)

    def _finish(self, frames: list[RtpFrame]) -> None:
        frames.append(RtpFrame(self._timestamp, self._payloads, self._after_loss))
        self._payloads = []
        self._after_loss = False

    def _give_up_until(self, number: int) -> None:
        assert self._next is not None
        self.lost += number - self._next
        for absent in range(self._next, number):
            self._missing.pop(absent, None)
        self._next = number
        self._payloads = []
        self._after_loss = True

    def _restart(self, number: int) -> None:
        self._waiting.clear()
        self._missing.clear()
        self._payloads = []
        self._after_loss = True
        self._next = number
