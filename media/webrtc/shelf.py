"""Packed once, sent to many: a shelf of RTP payloads, and each viewer's place at it. Pure.

A payload is made once a frame. What differs between viewers is the header alone: sequence number, timestamp, SSRC and
payload type, written as it leaves. The shelf reaches back to the last key frame, so that a viewer who comes finds a
picture at once, and far enough for packets that are asked for again.
"""

from typing import Final

import msgspec

from media.webrtc.rtp import HEADER, MARKER, VERSION

KEPT: Final = 1024
"""Payloads that can be asked for again, at least."""

MAX_KEPT: Final = 8192
"""Payloads kept at most; a group of pictures that is longer is not kept whole."""

SENT: Final = 1024
"""Packets of one viewer that can be sent again."""


class Payload(msgspec.Struct, frozen=True, gc=False):
    """One RTP payload. `time` counts in the track's RTP clock; `last` of its frame: it gets the marker."""

    data: bytes
    time: int
    last: bool
    frame: int


class Shelf:
    """Payloads of one track. Indices count from 0 without end."""

    def __init__(self) -> None:
        self.first = 0
        """Index of the oldest payload kept."""
        self.key: int | None = None
        """Index at which the last key frame begins."""
        self.frames = 0
        """Frames so far."""
        self.time = 0
        """Time of the newest frame."""
        self._payloads: list[Payload] = []

    @property
    def end(self) -> int:
        """Index of the next payload."""
        return self.first + len(self._payloads)

    def add(self, payloads: list[bytes], time: int, *, key: bool) -> None:
        """One frame."""
        if not payloads:
            return
        if key:
            self.key = self.end
        last = len(payloads) - 1
        number = self.frames
        self._payloads += [Payload(data, time, index == last, number) for index, data in enumerate(payloads)]
        self.frames += 1
        self.time = time
        if len(self._payloads) > 2 * KEPT:
            self._trim()

    def at(self, index: int) -> Payload | None:
        """What stands there; None if it is gone or not there yet."""
        place = index - self.first
        return self._payloads[place] if 0 <= place < len(self._payloads) else None

    def run(self, index: int, most: int) -> list[Payload]:
        """Up to `most` payloads from `index` on, which is not before `first`."""
        place = index - self.first
        return self._payloads[place : place + most]

    def clear_key(self) -> None:
        """What was packed before now cannot be started from."""
        self.key = None

    def _trim(self) -> None:
        keep_from = self.end - KEPT
        if self.key is not None:
            keep_from = min(keep_from, self.key)
        keep_from = max(keep_from, self.end - MAX_KEPT)
        if self.key is not None and self.key < keep_from:
            self.key = None
        if keep_from - self.first >= KEPT:
            del self._payloads[: keep_from - self.first]
            self.first = keep_from


class Place:
    """One viewer's place at a shelf. `next` is None while it waits for a key frame."""

    def __init__(
        self, shelf: Shelf, *, ssrc: int, payload_type: int, sequence: int, time_offset: int, step: int
    ) -> None:
        self.ssrc = ssrc
        self.next: int | None = None
        self.packets = 0
        self.octets = 0
        self.dropped = 0
        self.time_offset = time_offset
        self._shelf = shelf
        self._payload_type = payload_type
        self._sequence = sequence
        self._step = step
        self._frame = -1
        self._time: int | None = None
        self._sent: list[tuple[int, int, int]] = [(-1, 0, 0)] * SENT

    @property
    def behind(self) -> int:
        """Payloads that wait for this viewer."""
        return 0 if self.next is None else self._shelf.end - self.next

    def begin(self) -> bool:
        """Goes to the last key frame, or waits for one. Its pictures up to now follow each other in single steps.

        A receiver that got them with their true times would think that they came early, and stay behind for ever.
        """
        shelf = self._shelf
        self.next = shelf.key
        if shelf.key is None:
            return False
        first = shelf.at(shelf.key)
        assert first is not None
        if self._time is None:
            self._time = shelf.time - self._step * (shelf.frames - first.frame)
        return True

    def skip(self) -> None:
        """Too slow: forget what waits, up to a key frame that has not been begun, or until the next one comes."""
        shelf = self._shelf
        at = self.next if self.next is not None else shelf.end
        key = shelf.key
        goal = key if key is not None and key > at else None
        self.dropped += (goal if goal is not None else shelf.end) - at
        self.next = goal

    def skip_to_end(self) -> None:
        """The same for sound, every frame of which can be begun with."""
        shelf = self._shelf
        if self.next is not None:
            self.dropped += shelf.end - self.next
        self.next = shelf.end

    def take(self, most: int) -> list[bytes]:
        """The next packets, header and payload. They count as sent: what the socket does not take is a loss like any
        other on the way, and can be asked for again.
        """
        index, shelf = self.next, self._shelf
        if index is None:
            return []
        if index < shelf.first:
            self.skip()
            return []
        sequence, frame, time, sent = self._sequence, self._frame, self._time, self._sent
        packets: list[bytes] = []
        for payload in shelf.run(index, most):
            if payload.frame != frame:
                frame = payload.frame
                time = payload.time if time is None else max(payload.time, time + self._step)
            assert time is not None
            sent[sequence % SENT] = (sequence, index, time)
            packets.append(self._packet(payload, sequence, time))
            self.octets += len(payload.data)
            sequence = (sequence + 1) & 0xFFFF
            index += 1
        self.packets += len(packets)
        self.next, self._sequence, self._frame, self._time = index, sequence, frame, time
        return packets

    def again(self, sequence: int) -> bytes | None:
        """A packet that was sent, as it was; None if it is too old."""
        known, index, time = self._sent[sequence % SENT]
        payload = self._shelf.at(index)
        if known != sequence or payload is None:
            return None
        return self._packet(payload, sequence, time)

    def _packet(self, payload: Payload, sequence: int, time: int) -> bytes:
        kind = self._payload_type | MARKER if payload.last else self._payload_type
        return HEADER.pack(VERSION, kind, sequence, (time + self.time_offset) & 0xFFFFFFFF, self.ssrc) + payload.data
