"""Secret votes: who voted is written down, how is counted, and nothing in the database joins the two."""

import itertools
import random

import pytest

from app.errors import Conflict
from app.identity.keys import Keys
from portals.council.votes.model import desk_room, own_room, votes_room
from tests.portals.council.votes.conftest import COUNCIL

CHOICES = ["for", "against", "abstain", "against", "for"]


async def everything(chamber):
    """Each row of each table as text, with the system columns that tell of order and of transactions."""
    names = await chamber.rows(
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relkind = 'r' AND nspname = 'public' ORDER BY relname"
    )
    found = {}
    for (name,) in names:
        found[name] = await chamber.rows(
            f'SELECT xmin::text AS x, ctid::text AS c, t::text AS row FROM "{name}" t ORDER BY ctid'
        )
    return found


async def vote_secretly(chamber, order, choices):
    vote = await chamber.open(secret=True)
    for place in order:
        await chamber.cast(vote, place, choices[place])
    return vote


async def test_a_secret_vote_is_counted_and_tells_nobody_how(chamber):
    await chamber.everybody()
    vote = await vote_secretly(chamber, [0, 1, 2, 3], CHOICES)
    assert (await chamber.own(0)).ballots[0].voted
    assert (await chamber.own(0)).ballots[0].choice is None
    closed = await chamber.close(vote)
    assert (closed.votes_for, closed.votes_against, closed.abstained, closed.absent) == (1, 2, 1, 1)
    named = await chamber.closed(vote)
    assert sum(voter.voted for voter in named.voters) == 4
    assert all(voter.choice is None and voter.cast_at is None for voter in named.voters)
    for one in chamber.plane.published:
        if one.room in {desk_room(1), votes_room(1), *(own_room(1, number) for number in chamber.ids)}:
            assert '"choice":"' not in str(one.event)


async def test_a_secret_ballot_is_final(chamber):
    await chamber.everybody()
    vote = await chamber.open(secret=True)
    await chamber.cast(vote, 0, "for", op="first-request")
    with pytest.raises(Conflict, match="urn"):
        await chamber.cast(vote, 0, "against")
    assert (await chamber.cast(vote, 0, "for", op="first-request")).voted
    assert (await chamber.cast(vote, 1, None)).voted is False
    await chamber.close(vote)
    with pytest.raises(Conflict, match="nobody knows"):
        await chamber.correct(vote, 0, "against")


async def test_no_row_of_the_database_holds_a_voter_and_a_choice(chamber):
    """The whole database, during the vote and after it: the words «for» and «against» stand in no row with a person."""
    await chamber.everybody()
    vote = await vote_secretly(chamber, [3, 0, 4, 1, 2], CHOICES)
    during = await everything(chamber)
    words = [f"({vote.id},{choice})" for choice in ("for", "against", "abstain")]
    for name, rows in during.items():
        for row in rows:
            if name not in {"council_statute", "audit_entry", "council_vote"}:
                assert not any(f",{choice}" in row["row"] for choice in ("for", "against", "abstain")), (
                    name,
                    row["row"],
                )
    assert len(during["council_urn"]) == 5
    assert len({len(row["row"]) for row in during["council_urn"]}) == 1, "every sealed ballot is as long as the others"
    await chamber.close(vote)
    after = await everything(chamber)
    assert after["council_urn"] == []
    assert [row["row"] for row in after["council_secret_ballot"]] == sorted(
        row["row"] for row in after["council_secret_ballot"]
    )
    assert {row["row"] for row in after["council_secret_ballot"]} == set(words)
    for name, rows in after.items():
        if name == "council_secret_ballot":
            continue
        for row in rows:
            if f",{vote.id}," in row["row"] or f"vote/{vote.id}" in row["row"]:
                assert "against" not in row["row"] or name == "council_vote", (name, row["row"])


async def test_neither_order_nor_transactions_link_voters_and_ballots(chamber):
    """An attacker with a copy of the database guesses by every order there is, and does no better than chance."""
    await chamber.everybody()
    draw = random.Random(7)
    rounds, hits, expected = 30, {}, 0.0
    for _ in range(rounds):
        order = draw.sample(range(5), 5)
        choices = draw.choices(["for", "against", "abstain"], k=5)
        vote = await vote_secretly(chamber, order, choices)
        await chamber.close(vote)
        # chance: whoever knows only the result guesses right so often
        expected += sum((choices.count(choice) / 5) ** 2 for choice in set(choices)) * 5
        for name, guess in (await guesses(chamber, vote, order)).items():
            right = sum(guess[place] == choices[place] for place in range(5))
            hits[name] = hits.get(name, 0) + right
    slack = 3.5 * (rounds * 5 * 0.25) ** 0.5
    for name, right in hits.items():
        assert abs(right - expected) < slack, (name, right, expected)
    assert rounds * 5 - expected > slack, "who knew the order would find more than chance allows"


async def guesses(chamber, vote, order):
    """For each way to lay voters and ballots side by side: place → choice."""
    ballots = await chamber.rows(
        "SELECT choice, ctid, xmin::text::bigint AS x FROM council_secret_ballot WHERE vote_id = $1 ORDER BY ctid",
        vote.id,
    )
    voters = await chamber.rows(
        "SELECT councillor_id, ctid, xmin::text::bigint AS x FROM council_voter WHERE vote_id = $1 ORDER BY ctid",
        vote.id,
    )
    casts = await chamber.rows(
        "SELECT councillor_id, xmin::text::bigint AS x FROM council_cast WHERE vote_id = $1 ORDER BY ctid", vote.id
    )
    audit = await chamber.rows(
        "SELECT account_id FROM audit_entry WHERE action = 'vote.cast' AND subject = $1 ORDER BY id", f"vote/{vote.id}"
    )
    assert len({row["x"] for row in ballots}) == 1, "all ballots were written by one transaction"
    assert len({row["x"] for row in voters}) == 1, "all voters were written anew by the close"
    assert not {row["x"] for row in ballots} & {row["x"] for row in casts}
    place_of = {number: place for place, number in enumerate(chamber.ids)}
    account = {actor.account_id: place for place, actor in enumerate(COUNCIL)}
    orders = {
        "voters by ctid": [place_of[row["councillor_id"]] for row in voters],
        "requests by ctid": [place_of[row["councillor_id"]] for row in casts],
        "audit by id": [account[row["account_id"]] for row in audit],
        "who came first": order,
    }
    found = {}
    for (name, people), backwards in itertools.product(orders.items(), (False, True)):
        choices = [row["choice"] for row in ballots]
        assert len(people) == len(choices) == 5
        found[f"{name}{', reversed' if backwards else ''}"] = dict(
            zip(people, choices[::-1] if backwards else choices, strict=True)
        )
    return found


async def test_an_urn_that_does_not_open_is_never_counted(chamber):
    await chamber.everybody()
    vote = await vote_secretly(chamber, [0, 1], CHOICES)
    with pytest.raises(Conflict, match="secret has changed"):
        await chamber.close(vote, keys=Keys(b"another secret of forty characters or more"))
    assert (await chamber.desk()).votes[0].vote.state == "open"
    assert len(await chamber.rows("SELECT * FROM council_urn")) == 2, "nothing was lost"
    assert (await chamber.close(vote)).votes_for == 1


async def test_closing_one_urn_keeps_the_ballots_of_another(chamber):
    """Two sessions at once (a committee sits beside the council): emptying one urn loses nothing of the other."""
    await chamber.everybody()
    vote = await vote_secretly(chamber, [0, 1], CHOICES)
    await chamber.rows("INSERT INTO council_urn VALUES (999, 'x'), (999, 'y') RETURNING 1")
    assert (await chamber.close(vote)).voted == 2
    left = await chamber.rows("SELECT vote_id, sealed FROM council_urn ORDER BY sealed")
    assert [(row["vote_id"], row["sealed"]) for row in left] == [(999, b"x"), (999, b"y")]
