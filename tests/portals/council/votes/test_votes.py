"""Votes on a real database: what everybody sees, what is refused, what is written down."""

import asyncio

import msgspec
import pytest

from app.database import DATABASE
from app.errors import Conflict, Invalid, NotFound
from app.identity.keys import Keys
from portals.council.votes import actions
from portals.council.votes.model import VoteChanged, VoteDraft, desk_room, own_room, votes_room
from tests.portals.council.votes.conftest import CLERK, COUNCIL, RESIDENT, applied, applied_own

CHAIR = COUNCIL[0]


async def test_a_named_vote_from_the_draft_to_its_result_as_each_room_sees_it(chamber):
    """Snapshot and events equal a fresh snapshot after each action, in all three rooms."""
    public, desk, own = await chamber.public(), await chamber.desk(), await chamber.own(1)
    room = own_room(chamber.session.id, chamber.ids[1])

    async def same():
        published = chamber.plane.published
        assert applied(public, published, votes_room(chamber.session.id)) == await chamber.public()
        assert applied(desk, published, desk_room(chamber.session.id)) == await chamber.desk()
        assert applied_own(own, published, room) == await chamber.own(1)

    await chamber.mark(0, "present")
    await same()
    await chamber.here(1)
    await same()
    await chamber.everybody()
    await same()
    await chamber.mark(4, "left")
    await same()
    vote = await chamber.prepare(title="  Budżet   miasta ")
    assert (vote.title, vote.majority, vote.state, vote.number) == ("Budżet miasta", "simple", "draft", 1)
    await same()
    vote = await actions.edit_draft(
        chamber.database, CLERK, chamber.session.id, vote.id, VoteDraft("Budżet miasta", "absolute")
    )
    await same()
    vote = await chamber.open(vote)
    await same()
    await chamber.cast(vote, 0, "for")
    await chamber.cast(vote, 1, "against")
    await same()
    await chamber.cast(vote, 1, "for")
    await chamber.enter(vote, 2, "abstain")
    await same()
    await chamber.enter(vote, 2, None)
    await same()
    await chamber.enter(vote, 2, "for")
    vote = await chamber.close(vote)
    await same()
    assert (vote.votes_for, vote.votes_against, vote.abstained, vote.absent) == (3, 0, 0, 2)
    assert (vote.outcome, vote.present, vote.entitled, vote.voted) == ("adopted", 4, 5, 3)
    assert vote.opened_at < vote.closed_at
    await chamber.correct(vote, 1, "against")
    await same()
    draft = await chamber.prepare(title="Pomyłka")
    await actions.remove_draft(chamber.database, CLERK, chamber.session.id, draft.id)
    await same()
    second = await chamber.open(await chamber.repeat(vote))
    await chamber.cast(second, 1, "for")
    await same()
    await chamber.cancel(second)
    await same()
    assert await chamber.audited() == [
        "session.plan",
        "attendance.mark",
        "attendance.confirm",
        "attendance.mark_all",
        "attendance.mark",
        "vote.prepare",
        "vote.edit",
        "vote.open",
        *["vote.cast"] * 3,
        *["vote.enter"] * 3,
        "vote.close",
        "vote.correct",
        "vote.prepare",
        "vote.remove",
        "vote.repeat",
        "vote.open",
        "vote.cast",
        "vote.cancel",
    ]


async def test_nothing_of_a_choice_leaks_before_the_close(chamber):
    for progress in ("none", "count", "names"):
        await chamber.statute(progress=progress)
        await chamber.everybody()
        vote = await chamber.open()
        before = len(chamber.plane.published)
        await chamber.cast(vote, 0, "against")
        await chamber.cast(vote, 1, "for")
        await chamber.cast(vote, 1, "abstain")
        for room in (
            votes_room(chamber.session.id),
            desk_room(chamber.session.id),
            own_room(chamber.session.id, chamber.ids[2]),
        ):
            for one in chamber.plane.published[before:]:
                if one.room == room:
                    assert b'"choice":"' not in msgspec.json.encode(one.event)
                    assert one.event.named.vote.votes_for == one.event.named.vote.votes_against == 0
        shown = (await chamber.public()).votes[-1]
        assert shown.vote.voted == {"none": 0, "count": 2, "names": 2}[progress]
        assert [voter.name for voter in shown.voters if voter.voted] == (
            ["Łukasz Ćwik", "Anna Kowal"] if progress == "names" else []
        )
        desk = (await chamber.desk()).votes[-1]
        assert sum(voter.voted for voter in desk.voters) == 2
        assert all(voter.choice is None for voter in desk.voters)
        await chamber.close(vote)
        assert [voter.choice for voter in (await chamber.public()).votes[-1].voters] == [
            "abstain",
            "against",
            None,
            None,
            None,
        ]


async def test_the_result_by_name_is_told_in_the_very_event_that_closes(chamber):
    await chamber.everybody()
    vote = await chamber.open()
    await chamber.cast(vote, 0, "for")
    await chamber.close(vote)
    last = [one.event for one in chamber.plane.published if one.room == votes_room(chamber.session.id)][-1]
    assert isinstance(last, VoteChanged)
    assert last.named.vote.outcome == "adopted"
    assert {voter.name: voter.choice for voter in last.named.voters}["Anna Kowal"] == "for"


async def test_only_one_vote_is_open(chamber):
    await chamber.everybody()
    drafts = [await chamber.prepare(title=f"Uchwała {number}") for number in range(4)]
    done = await asyncio.gather(*(chamber.open(draft) for draft in drafts), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Conflict", "Conflict", "Conflict", "Vote"]
    again = next(draft for draft, one in zip(drafts, done, strict=True) if not isinstance(one, Conflict))
    with pytest.raises(Conflict, match="open already"):
        await chamber.open(again)


async def test_a_vote_opened_twice_at_once_is_opened_once(chamber):
    """Two desks, one press each: the voters are written down once."""
    await chamber.everybody()
    draft = await chamber.prepare()
    done = await asyncio.gather(*(chamber.open(draft) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in done) == 2
    assert len((await chamber.desk()).votes[0].voters) == 5


async def test_without_a_quorum_no_vote_opens(chamber):
    await chamber.mark(0, "present")
    await chamber.mark(1, "late")
    with pytest.raises(Conflict) as refused:
        await chamber.open()
    assert refused.value.values == {"present": 2, "needed": 3}
    await chamber.mark(2, "present")
    await chamber.open((await chamber.desk()).votes[0].vote)


async def test_a_vote_that_loses_its_quorum_is_not_valid_and_is_repeated(chamber):
    await chamber.everybody()
    vote = await chamber.open()
    await chamber.cast(vote, 0, "for")
    for place in (1, 2, 3):
        await chamber.mark(place, "left")
    vote = await chamber.close(vote)
    assert (vote.outcome, vote.present, vote.quorum) == ("no_quorum", 2, 3)
    again = await chamber.repeat(vote, "Brak kworum")
    assert (again.repeats_id, again.reason, again.title, again.state) == (vote.id, "Brak kworum", vote.title, "draft")
    with pytest.raises(Conflict, match="repeated already"):
        await chamber.repeat(vote)


async def test_who_has_voted_and_then_left_counts_for_the_quorum(chamber):
    await chamber.everybody()
    vote = await chamber.open()
    for place in (0, 1, 2):
        await chamber.cast(vote, place, "for")
        await chamber.mark(place, "left")
    await chamber.mark(3, "left")
    assert (await chamber.close(vote)).outcome == "adopted"


async def test_a_cancelled_repetition_can_be_tried_again(chamber):
    await chamber.everybody()
    vote = await chamber.open()
    with pytest.raises(Conflict, match="over"):
        await chamber.repeat(vote)
    await chamber.close(vote)
    second = await chamber.open(await chamber.repeat(vote))
    second = await chamber.cancel(second, "Pożar")
    assert (second.state, second.reason, second.cancel_reason) == ("cancelled", "Pomyłka w głosowaniu", "Pożar")
    third = await chamber.repeat(vote)
    assert third.repeats_id == vote.id


async def test_of_a_cancelled_vote_no_choice_is_kept(chamber):
    await chamber.everybody()
    for secret in (False, True):
        vote = await chamber.open(secret=secret)
        await chamber.cast(vote, 0, "for")
        await chamber.cancel(vote)
        kept = (await chamber.desk()).votes[-1]
        assert [(one.voted, one.choice) for one in kept.voters] == [(False, None)] * 5
        assert kept.vote.outcome == ""
    assert await chamber.rows("SELECT * FROM council_urn") == []
    assert await chamber.rows("SELECT * FROM council_secret_ballot") == []
    assert await chamber.rows("SELECT * FROM council_voter WHERE choice IS NOT NULL") == []


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
async def test_reasons_are_needed(chamber, reason):
    await chamber.everybody()
    vote = await chamber.open()
    with pytest.raises(Invalid) as refused:
        await chamber.cancel(vote, reason)
    assert set(refused.value.fields) == {"reason"}
    await chamber.close(vote)
    for verb in (chamber.repeat, lambda vote, reason: chamber.correct(vote, 0, "for", reason)):
        with pytest.raises(Invalid) as refused:
            await verb(vote, reason)
        assert set(refused.value.fields) == {"reason"}


async def test_bad_drafts_name_their_fields(chamber):
    for draft, field in (
        (VoteDraft("  "), "title"),
        (VoteDraft("x" * 501), "title"),
        (VoteDraft("Budżet", "by_lot"), "majority"),
        (VoteDraft("Budżet", "qualified_3_4"), "majority"),  # counted, but not offered by this statute
        (VoteDraft("Budżet", item_id=999), "item_id"),
    ):
        with pytest.raises(Invalid) as refused:
            await actions.prepare_vote(chamber.database, CLERK, chamber.session.id, draft)
        assert set(refused.value.fields) == {field}


async def test_a_correction_changes_the_result_and_stays_readable(chamber):
    await chamber.everybody()
    vote = await chamber.open()
    await chamber.cast(vote, 0, "for")
    await chamber.cast(vote, 1, "against")
    await chamber.cast(vote, 2, "for")
    closed = await chamber.close(vote)
    assert closed.outcome == "adopted"
    named = await chamber.correct(vote, 2, "against")
    assert (named.vote.votes_for, named.vote.votes_against, named.vote.outcome) == (1, 2, "rejected")
    assert named.vote.closed_at == closed.closed_at
    assert [(one.choice_before, one.choice_after, one.reason) for one in named.corrections] == [
        ("for", "against", "Zły przycisk")
    ]
    named = await chamber.correct(vote, 3, "for", "Tablet nie działał")
    assert (named.vote.votes_for, named.vote.absent) == (2, 1)
    named = await chamber.correct(vote, 1, None, "Nie brał udziału")
    assert (named.vote.votes_against, named.vote.voted, named.vote.absent) == (1, 3, 2)
    with pytest.raises(Invalid):
        await chamber.correct(vote, 0, "for")
    assert (await chamber.public()).votes[0] == await chamber.closed(vote)


async def test_the_chair_decides_a_tie_where_the_statute_says_so(chamber):
    await chamber.everybody()
    for tie, outcome in (("rejected", "rejected"), ("chair", "adopted")):
        await chamber.statute(tie=tie)
        vote = await chamber.open()
        await chamber.statute(tie="rejected")  # a later statute does not change a vote that was prepared
        await chamber.cast(vote, 0, "for")
        await chamber.cast(vote, 1, "against")
        assert (await chamber.close(vote)).outcome == outcome


async def test_vacant_seats_count_where_the_statute_knows_them(chamber):
    await chamber.statute(statutory=7)
    await chamber.everybody()
    vote = await chamber.open(majority="absolute_statutory")
    for place in (0, 1, 2):
        await chamber.cast(vote, place, "for")
    vote = await chamber.close(vote)
    assert (vote.statutory, vote.quorum, vote.outcome) == (7, 4, "rejected")


async def test_states_that_do_not_allow_it(chamber):
    await chamber.everybody()
    draft = await chamber.prepare()
    database, session_id = chamber.database, chamber.session.id
    for verb in (chamber.close, chamber.cancel, chamber.repeat, lambda vote: chamber.correct(vote, 0, "for")):
        with pytest.raises(Conflict):
            await verb(draft)
    with pytest.raises(NotFound):  # to councillors a draft is not there
        await chamber.cast(draft, 0, "for")
    with pytest.raises(NotFound):
        await chamber.closed(draft)
    assert (await chamber.public()).votes == []
    vote = await chamber.open(draft)
    for verb in (
        lambda: actions.edit_draft(database, CLERK, session_id, vote.id, VoteDraft("Inny")),
        lambda: actions.remove_draft(database, CLERK, session_id, vote.id),
        lambda: chamber.correct(vote, 0, "for"),
    ):
        with pytest.raises(Conflict):
            await verb()
    await chamber.close(vote)
    for verb in (chamber.close, chamber.cancel, chamber.open):
        with pytest.raises(Conflict):
            await verb(vote)
    for verb in (chamber.close, chamber.cancel, chamber.open, chamber.repeat):
        with pytest.raises(NotFound):
            await verb(msgspec.structs.replace(vote, id=999))


async def test_a_vote_of_another_session_is_not_there(chamber):
    await chamber.everybody()
    vote = await chamber.open()
    other = chamber.session.id + 1
    with pytest.raises(NotFound):
        await actions.close_vote(chamber.database, Keys(b"x" * 40), CLERK, other, vote.id)


async def test_who_may_do_what(chamber):
    """Residents and councillors have no desk; the chair has one where the statute says so; nobody marks but the clerk."""
    await chamber.everybody()
    draft = await chamber.prepare()
    verbs = [
        lambda actor: chamber.prepare(actor=actor),
        lambda actor: chamber.open(draft, actor=actor),
        lambda actor: chamber.close(draft, actor=actor),
        lambda actor: chamber.cancel(draft, actor=actor),
        lambda actor: chamber.repeat(draft, actor=actor),
        chamber.desk,
        lambda actor: chamber.mark(0, "present", actor=actor),
        lambda actor: chamber.enter(draft, 0, "for", actor=actor),
        lambda actor: chamber.correct(draft, 0, "for", actor=actor),
    ]
    for actor in (RESIDENT, COUNCIL[1], CHAIR):
        for verb in verbs:
            with pytest.raises(NotFound):
                await verb(actor)
    await chamber.statute(openers=("clerk", "chair"))
    vote = await chamber.open(draft, actor=CHAIR)
    await chamber.close(vote, actor=CHAIR)
    assert (await chamber.desk(CHAIR)).votes[0].vote.state == "closed"
    for verb in verbs[6:]:
        with pytest.raises(NotFound):
            await verb(CHAIR)
    await chamber.statute(openers=("chair",))
    third = await chamber.prepare()
    with pytest.raises(NotFound):
        await chamber.open(third)  # this statute leaves it to the chair


async def test_a_session_does_not_end_over_an_open_vote(chamber):
    from portals.council.votes.pages import refuse_open_vote

    await chamber.everybody()
    vote = await chamber.open()
    async with chamber.app[DATABASE].transaction() as tx:
        with pytest.raises(Conflict, match="close it or cancel it"):
            await refuse_open_vote(tx, CLERK, chamber.session)
    await chamber.close(vote)
    async with chamber.app[DATABASE].transaction() as tx:
        await refuse_open_vote(tx, CLERK, chamber.session)


async def test_a_vote_opens_on_air_only(chamber):
    await chamber.everybody()
    draft = await chamber.prepare()
    await chamber.rows("UPDATE council_session SET state = 'ended', ended_at = now() RETURNING id")
    with pytest.raises(Conflict, match="not on air"):
        await chamber.open(draft)
    with pytest.raises(Conflict, match="ended"):
        await chamber.prepare()
