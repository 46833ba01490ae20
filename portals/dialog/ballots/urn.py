"""The urn of a secret vote (głosowanie tajne).

Who has voted stands in `ballot_taken`; what was chosen, in the urn: encrypted with a key that the database does not
hold, without a name, a number or a moment, and every ballot of a vote with the same length. PostgreSQL marks rows with
the transaction that wrote them (xmin) and the place where they lie (ctid), so the urn is written anew while the vote
goes on: shuffled and sealed again, all by one transaction, into a new file. At the close it is emptied in the same way.

A copy of the database links nobody with a choice, whenever it was taken. Whoever has a copy from before a shuffle *and*
the server's secret could link the ballots cast between the last shuffle and the copy (docs/konsultacje.md).
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Final

import msgspec
import structlog
from aiohttp import web

from app.database import DATABASE, Database, Tx
from app.errors import Unavailable
from app.identity.identity import IDENTITY
from app.identity.keys import Keys
from app.supervise import SUPERVISOR
from portals.dialog.ballots import store
from portals.dialog.ballots.model import SecretBallot

log = structlog.get_logger(__name__)

PURPOSE: Final = "ballot of a consultation"
VOTER: Final = "voter of a consultation"
SHUFFLE_EVERY_S: Final = 300.0


class Urn:
    """The keys of this installation, and whose turnout has changed in this process."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self.changed: set[int] = set()

    def seal(self, block_id: int, ballot: SecretBallot, width: int) -> bytes:
        plain = msgspec.json.encode(ballot)
        assert len(plain) <= width  # rules.sealed_width leaves room for every mark a ballot may have
        return self._keys.seal(plain.ljust(width), block_id, PURPOSE)

    def open(self, block_id: int, sealed: bytes) -> SecretBallot | None:
        """None where the secret of the installation is another one."""
        plain = self._keys.unseal(sealed, block_id, PURPOSE)
        return None if plain is None else msgspec.json.decode(plain.rstrip(), type=SecretBallot)

    def voter_key(self, block_id: int, account_id: int) -> bytes:
        """Tells an account that has voted, whatever became of its participation; it cannot be turned back."""
        return self._keys.sign(VOTER, str(block_id), str(account_id)).encode()[:32]

    def again(self, block_id: int, sealed: bytes) -> bytes:
        """The same ballot in another envelope; one that cannot be opened stays as it is."""
        plain = self._keys.unseal(sealed, block_id, PURPOSE)
        return sealed if plain is None else self._keys.seal(plain, block_id, PURPOSE)


URN: web.AppKey[Urn] = web.AppKey("urn", Urn)


async def shuffle(database: Database, urn: Urn) -> int:
    """Writes the urn anew, so that no row of it names the transaction in which somebody voted. Returns how many."""
    async with database.transaction() as tx:
        rows = await store.take_all(tx)
        secrets.SystemRandom().shuffle(rows)
        fresh = await asyncio.to_thread(lambda: [(block_id, urn.again(block_id, sealed)) for block_id, sealed in rows])
        await store.fill_urn(tx, fresh)
    return len(rows)


async def take_out(tx: Tx, urn: Urn, block_id: int) -> list[SecretBallot] | None:
    """Empties the urn of one vote, shuffled; ballots of others go into the new file, in new envelopes.

    None where one does not open: then all of them are put back.
    """
    rows = await store.take_all(tx)
    secrets.SystemRandom().shuffle(rows)
    mine = [sealed for found, sealed in rows if found == block_id]
    opened = await asyncio.to_thread(lambda: [urn.open(block_id, sealed) for sealed in mine])
    whole = [ballot for ballot in opened if ballot is not None]
    fine = len(whole) == len(mine)
    kept = [(found, sealed) for found, sealed in rows if found != block_id or not fine]
    fresh = await asyncio.to_thread(lambda: [(found, urn.again(found, sealed)) for found, sealed in kept])
    await store.fill_urn(tx, fresh)
    return whole if fine else None


async def urn_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: shuffles while there are ballots."""
    app[URN] = Urn(app[IDENTITY].keys)
    database = app[DATABASE]

    async def go_on() -> None:
        while True:
            await asyncio.sleep(SHUFFLE_EVERY_S)
            try:
                async with database.transaction(readonly=True) as tx:
                    waiting = await store.urn_is_used(tx)
                if waiting:
                    await shuffle(database, app[URN])
            except Unavailable:
                log.info("the urn was not shuffled: the database is away")

    task = app[SUPERVISOR].run("shuffling of ballots", go_on)
    yield
    task.cancel()
