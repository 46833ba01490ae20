"""Acknowledgements: how far each account has got in rooms that ask for it.

They gather for half a second and are stored together. What a killed process had not stored yet is sent to its accounts
once more: an acknowledged event may come twice, one that is not acknowledged always comes again.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Annotated, Final

import asyncpg
import msgspec
import structlog

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Invalid, NotFound, Unavailable
from app.feature import Acknowledged
from realtime import kept_store, protocol
from realtime.directory import Directory
from realtime.kept_store import Advance
from realtime.outlet import Outlet

log = structlog.get_logger(__name__)

STORE_EVERY_S: Final = 0.5
MOST_AT_ONCE: Final = 2_000


class AckBody(msgspec.Struct, frozen=True):
    """Body of `/api/live/ack`."""

    room: protocol.RoomName
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class Acks:
    """What the sockets of one process acknowledged lately."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory
        self._new: dict[tuple[str, int], int] = {}
        self._began: dict[tuple[str, int], int] = {}
        """Where accounts began that had never acknowledged anything."""

    def began(self, outlet: Outlet, room: str, seq: int) -> None:
        """The first time that an account is in a room: what comes after `seq` will be sent until it is acknowledged."""
        if outlet.actor.account_id is not None and room in outlet.rooms:
            self._began.setdefault((room, outlet.actor.account_id), seq)
            self.told(outlet, room, seq)

    def told(self, outlet: Outlet, room: str, seq: int) -> None:
        """A client says how far it has got. Raises `NotFound`, `Invalid`."""
        opened = outlet.rooms.get(room)
        if opened is None:
            raise NotFound
        account_id = outlet.actor.account_id
        if not opened.room.acks or account_id is None:
            raise Invalid("This room asks for no acknowledgements")
        if seq > opened.seq:
            raise Invalid("Nothing with this number was sent")
        place = (room, account_id)
        self._new[place] = max(seq, self._new.get(place, 0))

    async def told_apart(self, actor: Actor, room: str, seq: int) -> None:
        """The same without a socket, from somebody who was in the room. Raises `NotFound`, `Invalid`."""
        declared, _params = self._directory.admit(actor, room)
        if not declared.acks or actor.account_id is None:
            raise Invalid("This room asks for no acknowledgements")
        async with self._database.transaction(readonly=True) as tx:
            if await kept_store.acked(tx, room, actor.account_id) is None:
                raise NotFound
        place = (room, actor.account_id)
        self._new[place] = max(seq, self._new.get(place, 0))

    async def run(self) -> None:
        """Stores them, again and again. Body of a supervised task."""
        while True:
            await asyncio.sleep(STORE_EVERY_S)
            await self.store()

    async def store(self) -> None:
        """Stores what came since the last time; keeps it for the next time where the database is away."""
        if not self._new:
            return
        taken = dict(list(self._new.items())[:MOST_AT_ONCE])
        for place in taken:
            del self._new[place]
        began = {place: self._began.pop(place) for place in taken if place in self._began}
        try:
            async with self._database.transaction() as tx:
                advances = await kept_store.advance_acks(tx, [(room, who, seq) for (room, who), seq in taken.items()])
                await self._tell(tx, advances, began)
        except (Unavailable, asyncpg.PostgresError) as problem:
            log.warning("acknowledgements could not be stored; they are tried again", problem=str(problem))
            for place, seq in taken.items():
                self._new[place] = max(seq, self._new.get(place, 0))
            self._began = {**began, **self._began}

    async def _tell(self, tx: Tx, advances: Iterable[Advance], began: Mapping[tuple[str, int], int]) -> None:
        """Lets features know, by room."""
        by_room: dict[str, list[Advance]] = {}
        for one in advances:
            by_room.setdefault(one.room, []).append(one)
        for name, found in by_room.items():
            room, params = self._directory.find(name)
            if room.acknowledged is None:
                continue
            words = []
            for one in found:
                after = began.get((name, one.account_id), one.seq) if one.before is None else one.before
                keys = await kept_store.keys_between(tx, name, after, one.seq)
                words.append(Acknowledged(one.account_id, one.seq, tuple(keys)))
            await room.acknowledged(tx, params, words)


async def accounts_that_have(tx: Tx, room: str, seq: int) -> list[int]:
    """Accounts that have acknowledged an event: for snapshots that show «delivered»."""
    return await kept_store.accounts_that_have(tx, room, seq)


async def accounts_that_had(tx: Tx, room: str, key: str, among: int = 2_000) -> list[int]:
    """The same for the newest event whose key begins so: for what is told in another way to those who had no page."""
    return await kept_store.accounts_that_had(tx, room, key, among)
