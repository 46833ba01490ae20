"""Reading what councillors did. Everybody may: all of it is public."""

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from portals.council.records.councillors import rules, store
from portals.council.records.councillors.model import CouncillorRow, Matrix, Pair, Profile

VOTES_SHOWN = 30
SPEECHES_SHOWN = 20


async def access_councillor(tx: Tx, _actor: Actor, councillor_id: int) -> CouncillorRow:
    found = await store.councillor(tx, councillor_id)
    if found is None:
        raise NotFound
    return found


async def profile(tx: Tx, actor: Actor, councillor_id: int, page: int = 1) -> Profile:
    """A page of votes, the newest speeches, and agreement with everybody of the same term."""
    councillor = await access_councillor(tx, actor, councillor_id)
    people = await store.councillors(tx, councillor.term_id)
    return Profile(
        councillor=councillor,
        figures=await store.figures(tx, councillor_id),
        agreement=rules.agreements(councillor_id, people, await store.pairs(tx, councillor.term_id, councillor_id)),
        votes=await store.cast_votes(tx, councillor_id, VOTES_SHOWN, (page - 1) * VOTES_SHOWN),
        speeches=await store.speeches(tx, councillor_id, SPEECHES_SHOWN),
    )


async def agreement(tx: Tx, _actor: Actor) -> tuple[Matrix, list[Pair]]:
    """Of the newest term. Who never voted in it by name is left out: the row would be empty."""
    term = await store.newest_term(tx)
    if term is None:
        return Matrix("", 0, []), []
    pairs = await store.pairs(tx, term[0])
    active = {pair.one_id for pair in pairs}
    people = [one for one in await store.councillors(tx, term[0]) if one.id in active]
    return rules.matrix(term[1], await store.named_votes(tx, term[0]), people, pairs), pairs
