"""What waits for a worker, bounded in bytes and in seconds of the stream. Pure."""

from collections import deque
from typing import Final

from media.packet import CLOCK_HZ

LONGEST_STEP: Final = CLOCK_HZ
"""A gap between two pictures counts as no more than this: it is no work."""


class Backlog:
    """Messages in order. One that does not fit is refused: the caller gives up the run and says `clear`."""

    def __init__(self, most_bytes: int, most_s: float) -> None:
        self.bytes = 0
        self._most_bytes = most_bytes
        self._most_90k = round(most_s * CLOCK_HZ)
        self._waiting: deque[tuple[bytes, int | None]] = deque()
        """Messages, pictures each with the length of the stream up to it."""
        self._last_at = 0
        self._length = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: bytes, at_90k: int | None = None) -> bool:
        """False where it is full. Without a position, a message is always taken: those are few and short."""
        if at_90k is None:
            self._waiting.append((message, None))
        else:
            length = self._length + min(max(0, at_90k - self._last_at), LONGEST_STEP)
            oldest = next((known for _, known in self._waiting if known is not None), length)
            if self.bytes + len(message) > self._most_bytes or length - oldest > self._most_90k:
                return False
            self._last_at, self._length = at_90k, length
            self._waiting.append((message, length))
        self.bytes += len(message)
        return True

    def pop(self) -> bytes | None:
        """The oldest message; None where nothing waits."""
        if not self._waiting:
            return None
        message, _ = self._waiting.popleft()
        self.bytes -= len(message)
        return message

    def clear(self) -> int:
        """Drops everything: how many pictures that were."""
        dropped = sum(length is not None for _, length in self._waiting)
        self._waiting.clear()
        self.bytes = 0
        return dropped
