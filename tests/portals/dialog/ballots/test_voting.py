"""Voting, the count, paper: real rows, the database's clock."""

import asyncio
from zoneinfo import ZoneInfo

import msgspec
import pytest
from babel.support import NullTranslations

from app.actor import Actor, Grant
from app.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from app.i18n import Locale
from portals.dialog import participation
from portals.dialog.ballots import actions, desk, paper_store, store, urn, views
from portals.dialog.ballots.actions import VotedAlready
from portals.dialog.ballots.model import BatchDraft, OptionDraft, ResultsCounted, TurnoutChanged, VoteSettings
from portals.dialog.refusals import Closed, VerificationNeeded
from tests.portals.dialog.ballots.box import Hall
from tests.portals.dialog.stage import AUDITOR, CLERK, EWA, HOUR, JAN, MODERATOR, NOBODY, OLA, OTHERS

ENGLISH = Locale("en", NullTranslations(), ZoneInfo("Europe/Warsaw"))
SECOND = Actor(account_id=2, name="Igor Maj", login="mod", grants=(Grant("consultation_clerk", "1"),))
NAMED = VoteSettings(method="single", secret=False, changeable=True, results="live")


async def result_of(hall, actor=NOBODY):
    async with hall.stage.database.transaction(readonly=True) as tx:
        return (await actions.results(tx, actor, hall.block.id))[3]


def totals(result):
    return {row.option_id: row.votes for row in result.options}


async def test_a_secret_vote_from_ballots_to_receipts(database):
    hall = await Hall.open(database)
    park, pool, path = hall.ids
    given = {}
    for actor, marks in ((JAN, {park: 1, pool: 1}), (OLA, {pool: 1}), (EWA, {pool: 1, path: 1})):
        await hall.stage.joins(actor)
        given[(await actions.cast(database, hall.urn, actor, hall.block.id, marks)).receipt] = marks
    with pytest.raises(VotedAlready):
        await actions.cast(database, hall.urn, JAN, hall.block.id, {park: 1})
    assert hall.urn.changed == {hall.block.id}
    assert (await actions.tell_turnout(database, hall.block.id)).voted == 3
    for who in (CLERK, AUDITOR, JAN):
        with pytest.raises(NotFound):  # nobody sees totals before the close, the office neither
            await result_of(hall, who)
    await hall.stage.end()
    result = await result_of(hall)
    assert totals(result) == {park: 1, pool: 3, path: 1}
    assert (result.online, result.voted) == (3, 3)
    async with database.transaction() as tx:
        assert {one.receipt: one.marks for one in await store.counted(tx, hall.block.id)} == given
        assert not await store.urn_is_used(tx)
        assert await tx.value("SELECT count(*) FROM ballot_taken WHERE voter_key IS NOT NULL") == 0
        fresh = await actions.turnout(tx, NOBODY, hall.block.id)
    told = hall.stage.backplane.of(f"dialog/ballots/{hall.block.id}")
    assert [type(one) for one in told] == [TurnoutChanged, ResultsCounted]
    assert told[-1].turnout == fresh
    assert told[-1].result == result
    with pytest.raises(Closed):
        await actions.cast(database, hall.urn, CLERK, hall.block.id, {park: 1})
    assert (await hall.stage.audited()).count("ballot.cast") == 3


async def test_what_cannot_be_taken_leaves_nothing(database):
    hall = await Hall.open(database, open_to="verified")
    await hall.stage.joins(JAN)
    with pytest.raises(VerificationNeeded):
        await actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[0]: 1})
    await database.pool.execute("UPDATE consultation SET open_to = 'signed_in'")
    for marks in ({}, {999: 1}, dict.fromkeys(hall.ids, 1) | {999: 1}):
        with pytest.raises(Invalid):
            await actions.cast(database, hall.urn, JAN, hall.block.id, marks)
    async with database.transaction() as tx:
        assert await store.count_taken(tx, hall.block.id) == 0
        assert not await store.urn_is_used(tx)


async def test_one_person_with_many_tabs_has_one_ballot(database):
    hall = await Hall.open(database)
    await hall.stage.joins(JAN)
    tries = [actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[n % 3]: 1}) for n in range(8)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    taken = [one for one in found if isinstance(one, actions.Cast)]
    assert len(taken) == 1
    assert sum(isinstance(one, VotedAlready) for one in found) == 7
    await hall.stage.end()
    async with database.transaction() as tx:
        (counted,) = await store.counted(tx, hall.block.id)
    assert counted.receipt == taken[0].receipt


async def test_whoever_is_erased_and_comes_back_does_not_vote_again(database):
    hall = await Hall.open(database)
    jan = await hall.stage.joins(JAN, district="")
    await actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[0]: 1})
    await participation.erase(database, hall.stage.blocks, JAN, jan.id)
    await hall.stage.joins(JAN)
    with pytest.raises(VotedAlready):
        await actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[0]: 1})
    await hall.stage.end()
    assert (await result_of(hall)).online == 1


async def test_an_open_vote_may_be_changed_and_shows_totals(database):
    hall = await Hall.open(database, NAMED)
    await hall.stage.joins(JAN)
    first = await actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[0]: 1})
    assert (first.receipt, first.changed) == ("", False)
    assert totals(await result_of(hall))[hall.ids[0]] == 1
    before = await actions.tell_turnout(database, hall.block.id)
    assert (await actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[1]: 1})).changed
    after = await actions.tell_turnout(database, hall.block.id)
    assert (after.voted, after.rev > before.rev) == (before.voted, True)  # pages that show totals hear of a change too
    assert totals(await result_of(hall)) == {hall.ids[0]: 0, hall.ids[1]: 1, hall.ids[2]: 0}
    async with database.transaction(readonly=True) as tx:
        place = await actions.access_block(tx, CLERK, hall.block.id, "ballots")
        assert (await views.desk_view(tx, CLERK, place)).named == [("Jan Wrona", ["Basen"])]
    await hall.stage.end()
    assert (await result_of(hall)).online == 1
    assert "ballot.change" in await hall.stage.audited()


async def test_rules_and_options_stand_once_voting_has_begun(database):
    hall = await Hall.open(database, VoteSettings(method="single"))
    await database.pool.execute("""UPDATE consultation_block SET settings = settings || '{"method": "ranked"}'""")
    await hall.stage.joins(JAN)
    with pytest.raises(Invalid):
        await actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[0]: 1, hall.ids[1]: 2})
    for act in (
        desk.add_option(database, CLERK, hall.block.id, OptionDraft(title="Spóźniony")),
        desk.remove_option(database, CLERK, hall.ids[0]),
        desk.move_option(database, CLERK, hall.ids[0], 1),
        desk.change_option(database, CLERK, hall.ids[0], OptionDraft(title="X"), 1),
    ):
        with pytest.raises(Conflict):
            await act


async def test_an_urn_that_does_not_open_is_kept_and_counted_later(database):
    hall = await Hall.open(database)
    await hall.stage.joins(JAN)
    await actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[0]: 1})
    right, hall.urn._keys = hall.urn._keys, type(hall.urn._keys)(b"other" * 8)
    await hall.stage.end()
    async with database.transaction() as tx:
        vote = await store.vote(tx, hall.block.id)
        assert (vote.fault, vote.result) == ("unreadable", None)
    hall.urn._keys = right
    for who in OTHERS:
        with pytest.raises(NotFound):
            await actions.count_again(database, hall.urn, who, hall.block.id)
    assert (await actions.count_again(database, hall.urn, CLERK, hall.block.id)).fault == ""
    assert totals(await result_of(hall))[hall.ids[0]] == 1


async def test_paper_is_entered_by_one_and_confirmed_by_another(database):
    hall = await Hall.open(database, VoteSettings(most=2))
    draft = BatchDraft(place="SP nr 3", district="Zatorze", written="1, 2 x 10\n3", invalid=2)
    batch = await desk.enter_batch(database, CLERK, hall.block.id, draft, ENGLISH)
    with pytest.raises(Forbidden):
        await desk.confirm_batch(database, CLERK, batch.id, batch.rev)
    for who in OTHERS:
        for act in (
            desk.enter_batch(database, who, hall.block.id, draft, ENGLISH),
            desk.confirm_batch(database, who, batch.id, batch.rev),
            desk.reject_batch(database, who, batch.id, batch.rev, "nie zgadza się"),
        ):
            with pytest.raises(NotFound):
                await act
    await hall.stage.joins(JAN)
    await actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[2]: 1})
    await hall.stage.end()
    result = await result_of(hall)
    assert (result.waiting, totals(result)) == (1, {hall.ids[0]: 0, hall.ids[1]: 0, hall.ids[2]: 1})
    with pytest.raises(Conflict):
        await actions.declare(database, CLERK, hall.block.id)
    assert (await desk.confirm_batch(database, SECOND, batch.id, batch.rev)).state == "confirmed"
    result = await result_of(hall)
    assert totals(result) == {hall.ids[0]: 10, hall.ids[1]: 10, hall.ids[2]: 2}
    assert (result.online, result.paper, result.invalid, result.voted) == (1, 11, 2, 14)
    assert {(line.district, line.online, line.paper) for line in result.turnout} == {("", 1, 0), ("Zatorze", 0, 13)}
    with pytest.raises(Conflict):
        await desk.reject_batch(database, SECOND, batch.id, batch.rev + 1, "za późno")
    await actions.declare(database, CLERK, hall.block.id)
    with pytest.raises(Conflict):
        await desk.enter_batch(database, CLERK, hall.block.id, draft, ENGLISH)
    refused = desk.enter_batch(database, CLERK, hall.block.id, msgspec.structs.replace(draft, place=""), ENGLISH)
    with pytest.raises(Conflict):
        await refused
    verbs = [one for one in await hall.stage.audited() if one.startswith("ballot.") and "option" not in one]
    assert verbs == ["ballot.paper_enter", "ballot.cast", "ballot.count", "ballot.paper_confirmed", "ballot.declare"]


async def test_whoever_has_voted_on_paper_does_not_vote_on_the_screen(database):
    hall = await Hall.open(database)
    jan, ola = await hall.stage.joins(JAN), await hall.stage.joins(OLA)
    await desk.mark_paper_voter(database, hall.urn, CLERK, hall.block.id, jan.id)
    assert hall.urn.changed == {hall.block.id}  # the counter on the pages moves
    with pytest.raises(VotedAlready):
        await actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[0]: 1})
    await actions.cast(database, hall.urn, OLA, hall.block.id, {hall.ids[0]: 1})
    with pytest.raises(Conflict):
        await desk.mark_paper_voter(database, hall.urn, CLERK, hall.block.id, ola.id)
    for who in OTHERS:
        for act in (desk.mark_paper_voter, desk.unmark_paper_voter):
            with pytest.raises(NotFound):
                await act(database, hall.urn, who, hall.block.id, jan.id)
    await participation.erase(database, hall.stage.blocks, JAN, jan.id)
    await hall.stage.joins(JAN)  # erased and back: the ballot on paper is still theirs
    with pytest.raises(VotedAlready):
        await actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[0]: 1})
    await hall.stage.end()
    assert (await result_of(hall)).online == 1


async def test_a_paper_voter_who_was_somebody_else_votes_after_all(database):
    hall = await Hall.open(database)
    jan, ola = await hall.stage.joins(JAN), await hall.stage.joins(OLA)
    await desk.mark_paper_voter(database, hall.urn, CLERK, hall.block.id, jan.id)
    await actions.cast(database, hall.urn, OLA, hall.block.id, {hall.ids[0]: 1})
    async with database.transaction() as tx:
        marked = await paper_store.marked_voters(tx, hall.stage.consultation.id, hall.block.id)
        named = await paper_store.voters_named(tx, hall.stage.consultation.id, hall.block.id, "a", 20)
    assert [one.name for one in marked] == ["Jan Wrona"]
    assert {one.name: one.voted for one in named} == {"Jan Wrona": "paper", "Aleksandra Bielska": "screen"}
    await desk.unmark_paper_voter(database, hall.urn, CLERK, hall.block.id, jan.id)
    with pytest.raises(NotFound):  # a ballot on the screen is taken back by nobody
        await desk.unmark_paper_voter(database, hall.urn, CLERK, hall.block.id, ola.id)
    await actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[0]: 1})
    await hall.stage.end()
    assert (await result_of(hall)).online == 2
    assert [one for one in await hall.stage.audited() if "voter" in one] == [
        "ballot.paper_voter", "ballot.paper_voter_undo",
    ]  # fmt: skip


async def test_what_was_decided_about_paper_is_taken_back_until_the_result_is_final(database):
    hall = await Hall.open(database, VoteSettings(method="single"))
    draft = BatchDraft(place="SP nr 3", written="1 x 10")
    batch = await desk.enter_batch(database, CLERK, hall.block.id, draft, ENGLISH)
    await hall.stage.end()
    batch = await desk.confirm_batch(database, SECOND, batch.id, batch.rev)
    assert totals(await result_of(hall))[hall.ids[0]] == 10
    for who in OTHERS:
        with pytest.raises(NotFound):
            await desk.reopen_batch(database, who, batch.id, batch.rev)
    with pytest.raises(Conflict):
        await desk.reopen_batch(database, CLERK, batch.id, batch.rev - 1)
    batch = await desk.reopen_batch(database, CLERK, batch.id, batch.rev)
    result = await result_of(hall)
    assert (batch.state, result.waiting, totals(result)[hall.ids[0]]) == ("entered", 1, 0)
    assert hall.stage.backplane.of(f"dialog/ballots/{hall.block.id}")[-1].result == result
    with pytest.raises(Conflict):
        await desk.reopen_batch(database, CLERK, batch.id, batch.rev)  # there is nothing to take back
    batch = await desk.reject_batch(database, CLERK, batch.id, batch.rev, "Brakuje karty")
    batch = await desk.reopen_batch(database, SECOND, batch.id, batch.rev)
    assert (batch.state, batch.reason) == ("entered", "")
    batch = await desk.confirm_batch(database, SECOND, batch.id, batch.rev)
    await actions.declare(database, CLERK, hall.block.id)
    with pytest.raises(Conflict):
        await desk.reopen_batch(database, CLERK, batch.id, batch.rev)
    verbs = [one for one in await hall.stage.audited() if one.startswith("ballot.") and "option" not in one]
    assert verbs == [
        "ballot.paper_enter", "ballot.count", "ballot.paper_confirmed", "ballot.paper_reopened",
        "ballot.paper_rejected", "ballot.paper_reopened", "ballot.paper_confirmed", "ballot.declare",
    ]  # fmt: skip


async def test_an_option_taken_off_the_ballot_comes_back_where_it_stood(database):
    hall = await Hall.open(database)
    coming = await hall.stage.block("ballots", VoteSettings(), await hall.stage.phase(HOUR, 2 * HOUR, "Druga"))
    ids = [
        (await desk.add_option(database, CLERK, coming.id, OptionDraft(title=title))).id for title in ("A", "B", "C")
    ]

    async def titles():
        async with database.transaction() as tx:
            return [one.title for one in await store.options(tx, coming.id)]

    await desk.remove_option(database, CLERK, ids[1])
    assert await titles() == ["A", "C"]
    for who in OTHERS:
        with pytest.raises(NotFound):
            await desk.restore_option(database, who, ids[1])
    await desk.restore_option(database, CLERK, ids[1])
    assert await titles() == ["A", "B", "C"]
    with pytest.raises(NotFound):
        await desk.restore_option(database, CLERK, ids[1])
    assert (await hall.stage.audited())[-2:] == ["ballot.option_remove", "ballot.option_restore"]
    await desk.remove_option(database, CLERK, ids[1])
    await database.pool.execute("UPDATE consultation_phase SET starts_at = clock_timestamp() WHERE title = 'Druga'")
    with pytest.raises(Conflict):
        await desk.restore_option(database, CLERK, ids[1])


async def test_lots_are_drawn_with_a_reason(database):
    hall = await Hall.open(database, VoteSettings(method="single", ties="committee"))
    for actor, option in ((JAN, hall.ids[0]), (OLA, hall.ids[1])):
        await hall.stage.joins(actor)
        await actions.cast(database, hall.urn, actor, hall.block.id, {option: 1})
    await hall.stage.end()
    assert (await result_of(hall)).undecided == hall.ids[:2]
    for order, reason in (([hall.ids[1]], "Losowanie 12 grudnia"), ([*hall.ids[:2]], "")):
        with pytest.raises(Invalid):
            await actions.decide_tie(database, CLERK, hall.block.id, order, reason)
    for who in (JAN, MODERATOR, AUDITOR):
        with pytest.raises(NotFound):
            await actions.decide_tie(database, who, hall.block.id, hall.ids[1::-1], "Losowanie 12 grudnia")
    await actions.decide_tie(database, CLERK, hall.block.id, hall.ids[1::-1], "Losowanie 12 grudnia")
    result = await result_of(hall)
    assert (result.options[0].option_id, result.options[0].outcome, result.undecided) == (hall.ids[1], "won", [])


async def test_the_office_sees_a_vote_as_the_public_does(database):
    hall = await Hall.open(database, open_to="everyone")
    await hall.stage.joins(JAN)
    await actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[0]: 1})
    async with database.transaction(readonly=True) as tx:
        place = await actions.access_block(tx, CLERK, hall.block.id, "ballots")
        view = await views.desk_view(tx, CLERK, place)
    assert (view.view.result, view.view.turnout, view.named, view.view.own) == (None, 1, [], None)


async def test_shuffling_keeps_every_ballot_and_changes_every_envelope(database):
    hall = await Hall.open(database)
    for actor in (JAN, OLA, EWA):
        await hall.stage.joins(actor)
        await actions.cast(database, hall.urn, actor, hall.block.id, {hall.ids[0]: 1})
    before = {row["sealed"] for row in await database.pool.fetch("SELECT sealed FROM ballot_urn")}
    assert await urn.shuffle(database, hall.urn) == 3
    rows = await database.pool.fetch("SELECT sealed, xmin::text AS written FROM ballot_urn")
    assert len({row["written"] for row in rows}) == 1
    assert not before & {row["sealed"] for row in rows}
    await hall.stage.end()
    assert totals(await result_of(hall))[hall.ids[0]] == 3


async def test_whoever_tries_again_and_again_is_slowed_down(database):
    hall = await Hall.open(database)
    await hall.stage.joins(JAN)
    await actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[0]: 1})
    for _try in range(actions.CAST_LIMIT.burst):
        with pytest.raises(VotedAlready):
            await actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[0]: 1})
    with pytest.raises(TooMany):
        await actions.cast(database, hall.urn, JAN, hall.block.id, {hall.ids[0]: 1})
