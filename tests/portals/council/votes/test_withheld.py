"""Votes of a part that is closed to the public: those who sit in it go on, the public learns of them after it."""

import pytest

from app.errors import Conflict, NotFound
from portals.council.sealing import store as sealing_store
from portals.council.sealing.model import NewClosedPart
from portals.council.votes import views
from portals.council.votes.model import desk_room, inside_room, votes_room
from portals.council.votes.paper import actions as paper
from tests.portals.council.votes.conftest import CLERK, COUNCIL, RESIDENT, applied

PART = NewClosedPart("none", "art. 61 ust. 3 Konstytucji", "dane osobowe")


class Part:
    """A closed part as `sealing` begins and ends it, without its picture."""

    def __init__(self, chamber):
        self.chamber = chamber
        self.id = 0

    async def begin(self):
        async with self.chamber.database.transaction() as tx:
            self.id = (await sealing_store.add_closed_part(tx, self.chamber.session.id, PART)).id
            await paper.part_closed(tx, self.chamber.session.id, self.id)

    async def end(self):
        async with self.chamber.database.transaction() as tx:
            await sealing_store.end_interval(tx, self.id)
            await paper.part_opened(tx, self.chamber.session.id, self.id)


async def inside(chamber, actor):
    async with chamber.database.transaction(readonly=True) as tx:
        return await views.inside_view(tx, actor, chamber.session.id)


def titles(view):
    return [named.vote.title for named in view.votes]


async def test_the_public_learns_of_it_when_the_part_ends(chamber):
    await chamber.everybody()
    part, plane = Part(chamber), chamber.plane
    await part.begin()
    starts = [await chamber.public(), await inside(chamber, COUNCIL[0]), await chamber.desk()]
    vote = await chamber.open(title="Skarga")

    async def same():
        fresh = [await chamber.public(), await inside(chamber, COUNCIL[0]), await chamber.desk()]
        for before, now, room in zip(starts, fresh, (votes_room(1), inside_room(1), desk_room(1)), strict=True):
            assert applied(before, plane.published, room) == now
        return fresh

    for place, choice in enumerate(["for", "for", "for", "against"]):
        await chamber.cast(vote, place, choice)
    closed = await chamber.close(vote)
    assert closed.outcome == "adopted"
    public, within, desk = await same()
    assert (titles(public), titles(within), titles(desk)) == ([], ["Skarga"], ["Skarga"])
    assert (desk.votes[0].withheld, len(within.votes[0].voters)) == (True, 5)
    assert not [one for one in plane.published if one.room == votes_room(1) and "Skarga" in str(one.event)]
    with pytest.raises(NotFound):
        await chamber.closed(vote)
    with pytest.raises(NotFound):
        await inside(chamber, RESIDENT)
    await part.end()
    public, _within, desk = await same()
    assert (titles(public), desk.votes[0].withheld) == (["Skarga"], False)
    assert [voter.choice for voter in (await chamber.closed(vote)).voters].count("for") == 3


async def test_a_vote_that_is_under_way_leaves_the_publics_sight(chamber):
    await chamber.everybody()
    part, start = Part(chamber), await chamber.public()
    before = await chamber.close(await chamber.open(title="Wcześniej"))
    vote = await chamber.open(title="W trakcie")
    await part.begin()
    assert titles(await chamber.public()) == ["Wcześniej"]
    assert applied(start, chamber.plane.published, votes_room(1)) == await chamber.public()
    await chamber.close(vote)
    assert titles(await chamber.public()) == ["Wcześniej"]
    await part.end()
    assert titles(await chamber.public()) == ["Wcześniej", "W trakcie"]
    assert applied(start, chamber.plane.published, votes_room(1)) == await chamber.public()
    later = await chamber.close(await chamber.open(title="Później"))
    assert (await chamber.closed(before)).vote.id < (await chamber.closed(later)).vote.id


async def test_the_clerk_may_publish_a_result_before(chamber):
    await chamber.everybody()
    part = Part(chamber)
    await part.begin()
    start = await chamber.public()
    vote, other = await chamber.open(title="Skarga"), await chamber.prepare(title="Druga")

    async def publish(one, actor=CLERK):
        return await paper.publish_vote(chamber.database, actor, chamber.session.id, one.id)

    with pytest.raises(Conflict, match="not closed"):
        await publish(vote)
    await chamber.close(vote)
    await chamber.close(await chamber.open(other))
    for actor in (RESIDENT, COUNCIL[0]):
        with pytest.raises(NotFound):
            await publish(vote, actor)
    assert (await publish(vote)).withheld is False
    assert titles(await chamber.public()) == ["Skarga"]
    assert applied(start, chamber.plane.published, votes_room(1)) == await chamber.public()
    with pytest.raises(Conflict, match="public already"):
        await publish(vote)
    await chamber.correct(vote, 0, "for")  # what is public stays so
    assert (await chamber.closed(vote)).vote.votes_for == 1
    await part.end()
    assert titles(await chamber.public()) == ["Skarga", "Druga"]
    assert (await chamber.audited()).count("vote.publish") == 1
