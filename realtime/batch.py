"""What waits to be written, and what was: pure containers with the rules of each kind of room."""

from collections import OrderedDict
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from app.feature import RoomKind

MAX_BACKLOG_EVENTS: Final = 500
MAX_BACKLOG_BYTES: Final = 256 * 1024


class Item(NamedTuple):
    """An event of a room, encoded: `frame` is what is written to every socket."""

    seq: int
    key: str
    frame: bytes
    rev: int = 0
    """Of the row it carries; 0: it has none."""


class Verdict(StrEnum):
    """What became of an item that was to wait."""

    KEPT = "kept"
    MERGED = "merged"
    """LATEST: it took the place of an older value of its key."""
    DROPPED = "dropped"
    """EPHEMERAL: there was no room."""
    FULL = "full"
    """LOG, or LATEST with too many keys: nothing may be lost, so the reader must be closed and resume."""


class Batch:
    """Items that wait for one writing: in order of `seq`, and in a LATEST room one for each key."""

    __slots__ = ("bytes", "items", "kind", "presence")

    def __init__(self, kind: RoomKind) -> None:
        self.kind = kind
        self.items: dict[str | int, Item] = {}
        self.bytes = 0
        self.presence = b""
        """The newest presence frame, if one waits: it has no place in the order."""

    def __bool__(self) -> bool:
        return bool(self.items or self.presence)

    def add(self, item: Item, free_bytes: float = float("inf")) -> Verdict:
        """Takes an item if it fits into `free_bytes`; says what became of it."""
        place: str | int = item.key if self.kind is RoomKind.LATEST else item.seq
        older = self.items.get(place)
        grows = len(item.frame) - (len(older.frame) if older else 0)
        if grows > free_bytes:
            return Verdict.DROPPED if self.kind is RoomKind.EPHEMERAL else Verdict.FULL
        if older is not None:
            del self.items[place]  # the newer one stands at the end: seq only grows
        self.items[place] = item
        self.bytes += grows
        return Verdict.KEPT if older is None else Verdict.MERGED

    def forget_until(self, seq: int) -> int:
        """Drops items that a snapshot holds already; returns their bytes."""
        older = [place for place, item in self.items.items() if item.seq <= seq]
        freed = sum(len(self.items.pop(place).frame) for place in older)
        self.bytes -= freed
        return freed

    def take(self) -> tuple[list[Item], bytes]:
        """All items and the presence frame; the batch is empty afterwards."""
        items, presence = list(self.items.values()), self.presence
        self.items, self.bytes, self.presence = {}, 0, b""
        return items, presence


def joined_frames(items: Iterable[Item], presence: bytes = b"") -> bytes:
    """One buffer of all frames: a single write."""
    frames = [item.frame for item in items]
    if presence:
        frames.append(presence)
    return frames[0] if len(frames) == 1 else b"".join(frames)


class Cut(NamedTuple):
    """What somebody has not been written yet: one buffer, and how many events are in it."""

    buffer: bytes
    events: int


class Tape:
    """What a room said that not everybody has been written yet.

    A mark counts whatever is said, events and presence alike; a member stands at the mark up to which it was written.
    Members who stand at the same mark share one buffer, however many they are. In a LATEST room a newer value of a key
    takes the place of the older one; of presence only the newest is told.
    """

    __slots__ = ("_cuts", "_kind", "_said", "mark")

    def __init__(self, kind: RoomKind) -> None:
        self.mark = 0
        self._kind = kind
        self._said: dict[str | int | None, tuple[int, Item | None, bytes]] = {}
        """By key, `seq`, or None for presence: mark, event and frame, in the order of marks."""
        self._cuts: dict[int, Cut] = {}

    def say(self, item: Item) -> None:
        self._add(item.key if self._kind is RoomKind.LATEST else item.seq, item, item.frame)

    def say_presence(self, frame: bytes) -> None:
        self._add(None, None, frame)

    def _add(self, place: str | int | None, item: Item | None, frame: bytes) -> None:
        self.mark += 1
        self._said.pop(place, None)  # the newer one stands at the end
        self._said[place] = (self.mark, item, frame)
        self._cuts.clear()

    def since(self, mark: int) -> Cut:
        """Everything after `mark`, in order."""
        cut = self._cuts.get(mark)
        if cut is None:
            items, presence = self.after(mark)
            cut = self._cuts[mark] = Cut(joined_frames(items, presence), len(items))
        return cut

    def after(self, mark: int) -> tuple[list[Item], bytes]:
        """The same as events, and the newest presence frame; presence goes last, for it has no place in the order."""
        items: list[Item] = []
        presence = b""
        for at, item, frame in reversed(self._said.values()):
            if at <= mark:
                break
            if item is None:
                presence = frame
            else:
                items.append(item)
        items.reverse()
        return items, presence

    def forget(self, mark: int) -> None:
        """Everybody stands at `mark` or after it."""
        while self._said:
            place = next(iter(self._said))
            if self._said[place][0] > mark:
                break
            del self._said[place]
        self._cuts.clear()


class Backlog:
    """What a room said lately, for clients who come back.

    LOG: the last events. LATEST: the newest of each key. EPHEMERAL: nothing. `floor` is the highest `seq` that can no
    longer be told: who stands below it needs a snapshot.
    """

    def __init__(
        self, kind: RoomKind, max_events: int = MAX_BACKLOG_EVENTS, max_bytes: int = MAX_BACKLOG_BYTES
    ) -> None:
        self.kind = kind
        self.floor = 0
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._items: OrderedDict[str | int, Item] = OrderedDict()
        self._bytes = 0

    def add(self, item: Item) -> None:
        if self.kind is RoomKind.EPHEMERAL:
            self.floor = item.seq
            return
        place: str | int = item.key if self.kind is RoomKind.LATEST else item.seq
        older = self._items.pop(place, None)
        if older is not None:
            self._bytes -= len(older.frame)
        self._items[place] = item
        self._bytes += len(item.frame)
        while len(self._items) > self._max_events or self._bytes > self._max_bytes:
            _, gone = self._items.popitem(last=False)
            self._bytes -= len(gone.frame)
            self.floor = gone.seq

    def has_newer(self, key: str, rev: int) -> bool:
        """LATEST: whether a newer row of this key was told already."""
        known = self._items.get(key) if self.kind is RoomKind.LATEST else None
        return known is not None and known.rev > rev

    def since(self, seq: int, until: int) -> list[Item] | None:
        """Items after `seq` up to `until`; None when some of them are no longer known.

        In a LATEST room a value that was replaced after `until` is missing here: the newer one comes with the queue.
        """
        if seq < self.floor or seq > until:
            return None
        found: list[Item] = []
        for item in reversed(self._items.values()):
            if item.seq <= seq:
                break
            if item.seq <= until:
                found.append(item)
        found.reverse()
        return found
