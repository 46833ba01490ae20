"""Members of a room that keep up: who stands where on its tape, and the writing to all of them."""

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Final, NamedTuple

from realtime.batch import Tape
from realtime.outlet import Outlet
from realtime.ring import ENTRIES, MOST_BYTES, Ring

GONE: Final = sys.maxsize
"""A mark that nothing comes after."""
BLOCK: Final = ENTRIES
"""Members that are written at once."""
MORE_BLOCKS: Final = 8
"""So many more than needed are put together anew."""


class Seat:
    """A member that keeps up. Loose, it stands at a mark of its own; in a block, at the block's."""

    __slots__ = ("at", "block", "entry", "outlet", "transport")

    def __init__(self, outlet: Outlet, at: int) -> None:
        self.outlet = outlet
        self.transport = outlet.transport
        self.entry = outlet.entry
        self.at = at
        """`GONE` once it is no member any more."""
        self.block: Block | None = None


class Block:
    """Members that were written the same up to one mark, and in whose transports nothing waits.

    They are written without a look at any of them: what it takes stands ready, until somebody comes or goes.
    """

    __slots__ = ("_closing", "_entries", "_prepared", "at", "ringed", "seats")

    def __init__(self, at: int, *, ringed: bool) -> None:
        self.at = at
        self.ringed = ringed
        """All of them stand in the kernel's ring, or none."""
        self.seats: list[Seat] = []
        self._prepared = False
        self._entries = b""
        self._closing: list[Callable[[], bool]] = []

    def take(self, seat: Seat) -> None:
        seat.block = self
        self.seats.append(seat)
        self._prepared = False

    def release(self, seat: Seat) -> None:
        """It stands alone from now on, where the block stood."""
        seat.block, seat.at = None, self.at
        self.seats.remove(seat)
        self._prepared = False

    @property
    def entries(self) -> bytes:
        """How all of them stand in the ring."""
        self._prepare()
        return self._entries

    def has_closing(self) -> bool:
        """Whether somebody's transport ends: the number of its file may be somebody else's already."""
        self._prepare()
        return True in [closing() for closing in self._closing]

    def _prepare(self) -> None:
        if not self._prepared:
            self._prepared = True
            self._entries = b"".join([seat.entry for seat in self.seats])
            self._closing = [seat.transport.is_closing for seat in self.seats]


class Written(NamedTuple):
    """What a round did: writes, and events that reached somebody by them."""

    writes: int
    events: int


class Crowd:
    """Gives each member whatever was said until its turn, in steps.

    Whoever comes is loose, and so is a member in whose transport something waits (`loosen`): these are looked at one by
    one, and one that does not read is `set_apart`. The others stand in blocks.
    """

    def __init__(self, ring: Ring | None, unsent_bytes: int, set_apart: Callable[[Seat], None]) -> None:
        self.members: dict[Outlet, Seat] = {}
        self._ring = ring
        self._unsent_bytes = unsent_bytes
        self._set_apart = set_apart
        self._blocks: list[Block] = []
        self._loose: dict[Outlet, Seat] = {}

    def join(self, outlet: Outlet, at: int) -> None:
        self.members[outlet] = self._loose[outlet] = Seat(outlet, at)

    def leave(self, outlet: Outlet) -> int | None:
        """The mark up to which it was written; None: it was not here."""
        seat = self.members.pop(outlet, None)
        if seat is None:
            return None
        self.loosen(outlet, seat)
        del self._loose[outlet]
        at, seat.at = seat.at, GONE
        return at

    def loosen(self, outlet: Outlet, seat: Seat | None = None) -> None:
        """Something waits in its transport: it is looked at before it is written again."""
        seat = seat or self.members.get(outlet)
        if seat is not None and seat.block is not None:
            seat.block.release(seat)
            self._loose[outlet] = seat

    def write(self, tape: Tape) -> Generator[None, None, Written]:
        """One round. Members come, go, and events are said between the steps, and within none."""
        writes = events = 0
        for block in self._blocks.copy():
            if block.at < tape.mark and block.seats:
                count, cut = len(block.seats), tape.since(block.at)
                block.at = tape.mark
                self._write_block(block, cut.buffer)
                writes += count
                events += count * cut.events
            yield
        for step in _steps(list(self._loose.values())):
            for seat in step:
                if seat.at < tape.mark and self._is_fit(seat):
                    cut = tape.since(seat.at)
                    seat.at = tape.mark
                    seat.transport.write(cut.buffer)
                    writes += 1
                    events += cut.events
            yield
        self._settle()
        return Written(writes, events)

    def _write_block(self, block: Block, buffer: bytes) -> None:
        if block.has_closing():
            for seat in [one for one in block.seats if one.transport.is_closing()]:
                self.loosen(seat.outlet, seat)
        if self._ring is None or not block.ringed or len(buffer) > MOST_BYTES:
            for transport in [seat.transport for seat in block.seats]:
                transport.write(buffer)
            return
        left = self._ring.send(block.entries, buffer)
        # what a socket does not take goes on by its transport, which also finds out what is broken
        for transport, sent in [(block.seats[place].transport, sent) for place, sent in left]:
            transport.write(buffer[sent:])

    def _is_fit(self, seat: Seat) -> bool:
        """Whether a loose member may be written; one that does not read goes its own way."""
        if seat.transport.is_closing():
            return False
        if seat.transport.get_write_buffer_size() > self._unsent_bytes:
            self._set_apart(seat)
            return False
        return True

    def _settle(self) -> None:
        """Puts the loose who need no look into blocks, and blocks that have become few into fewer."""
        self._blocks = [block for block in self._blocks if block.seats]
        if len(self._blocks) > len(self.members) // BLOCK + MORE_BLOCKS:
            for seat in [seat for block in self._blocks for seat in block.seats]:
                self.loosen(seat.outlet, seat)
            self._blocks = []
            return  # the next round brings them to the same marks
        open_blocks = {(block.at, block.ringed): block for block in self._blocks if len(block.seats) < BLOCK}
        for outlet, seat in list(self._loose.items()):
            if outlet.look or seat.transport.is_closing():
                continue
            place = seat.at, bool(seat.entry)
            block = open_blocks.get(place)
            if block is None or len(block.seats) == BLOCK:
                block = open_blocks[place] = Block(seat.at, ringed=bool(seat.entry))
                self._blocks.append(block)
            block.take(seat)
            del self._loose[outlet]


def _steps(seats: Sequence[Seat]) -> Iterator[Sequence[Seat]]:
    for start in range(0, len(seats), BLOCK):
        yield seats[start : start + BLOCK]
