"""The urn of a secret vote (głosowanie tajne).

Who has voted stands in `council_voter`; how, in the urn, encrypted with a key that the database does not hold and
without a name, a number or a moment. Only the two writings' transaction joins them, so at the close the urn is
emptied, shuffled, counted, and its file thrown away. A copy of the database, taken while the vote was open or after
it, links nobody with a choice; whoever holds both the key and a copy taken during the vote could (docs/operate.md).
"""

from typing import Final, get_args

from app.database import Tx
from app.errors import Conflict
from app.identity.keys import Keys
from portals.council.votes import store
from portals.council.votes.model import Choice, Vote, Voter

PURPOSE: Final = "secret ballot"
_WIDTH: Final = max(len(choice) for choice in get_args(Choice))


async def drop(tx: Tx, keys: Keys, vote: Vote, councillor_id: int, choice: Choice) -> Voter:
    """Takes a ballot. Each sealed ballot has the same length, whatever it says."""
    sealed = keys.seal(choice.ljust(_WIDTH).encode(), vote.id, PURPOSE)
    return await store.drop_into_urn(tx, vote.id, councillor_id, sealed)


async def count(tx: Tx, keys: Keys, vote: Vote) -> list[Choice]:
    """Empties the urn and keeps the ballots as they are counted. Raises `Conflict` for an urn that does not open."""
    choices: list[Choice] = []
    for sealed in await store.empty_urn(tx, vote.id):
        plain = keys.unseal(sealed, vote.id, PURPOSE)
        choices += [choice for choice in get_args(Choice) if plain is not None and plain.decode().strip() == choice]
    if len(choices) != vote.voted:
        raise Conflict("The ballots cannot be read: the server's secret has changed. Cancel the vote and repeat it")
    await store.keep_secret_ballots(tx, vote.id, choices)
    return choices
