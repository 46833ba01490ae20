"""A live meeting: questions, polls, hands, chat, keys and their moments; real rows, the database's clock."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from app.database import DATABASE
from app.errors import Conflict, Forbidden, Invalid, NotFound
from media.continuity.model import Slot
from media.streams import STREAMS
from portals.dialog import participation
from portals.dialog.meeting import actions, air, rules, store, views
from portals.dialog.meeting.feature import KIND
from portals.dialog.meeting.model import (
    HandChanged,
    MeetingSettings,
    MessageChanged,
    MessageSent,
    PollChanged,
    QuestionChanged,
    Span,
)
from portals.dialog.refusals import Closed, JoinNeeded
from tests.portals.dialog.stage import AUDITOR, CLERK, EWA, JAN, MODERATOR, NOBODY, OLA, Stage

NO_HOSTS = (NOBODY, JAN, AUDITOR)
BEGAN = datetime(2026, 11, 28, 17, 0, tzinfo=UTC)


class Streams:
    """What the actions ask of the streams, in order."""

    def __init__(self):
        self.asked = []
        self.sending = frozenset({Slot.PRIMARY})

    def put_on_air(self, stream_id, _title=""):
        self.asked.append(("on air", stream_id))

    def take_off_air(self, stream_id):
        self.asked.append(("off air", stream_id))

    def pin(self, _stream_id, slot):
        self.asked.append(("pin", slot))

    def mix(self, _stream_id, *, wanted):
        self.asked.append(("mix", wanted))

    def revoke(self, _stream_id, _reason="", slot=Slot.PRIMARY):
        self.asked.append(("revoke", slot))

    def encoders(self, _stream_id):
        return self.sending


async def running(database, settings=None, people=(JAN, OLA), *, live=True):
    stage = await Stage.set(database, KIND)
    block = await stage.running(KIND.name, settings)
    for actor in people:
        await stage.joins(actor)
    app = {DATABASE: database, STREAMS: Streams()}
    if live:
        await air.start(app, CLERK, block.id)
    return stage, block.id, app


async def test_questions_are_voted_on_once_each_and_taken_in_turn(database):
    stage, block, _app = await running(database)
    with pytest.raises(JoinNeeded):
        await actions.ask(database, EWA, block, "Czy będą ławki?")
    first = await actions.ask(database, JAN, block, "  Czy  będą\x00 ławki? ")
    assert (first.text, first.author.name, first.state, first.votes) == ("Czy będą ławki?", "Jan Wrona", "waiting", 0)
    second = await actions.ask(database, OLA, block, "Kiedy początek prac?")
    # two people, many tabs at once: a vote each
    presses = [actions.vote(database, actor, block, second.id, up=True) for actor in (JAN, OLA, JAN, OLA)]
    await asyncio.gather(*presses)
    async with database.transaction() as tx:
        assert [(one.id, one.votes) for one in await store.questions(tx, block)] == [(second.id, 2), (first.id, 0)]
    assert (await actions.vote(database, OLA, block, second.id, up=False)).votes == 1
    for actor in NO_HOSTS:
        with pytest.raises((NotFound, Forbidden)):
            await actions.take(database, actor, block, first.id)
    assert (await actions.take(database, MODERATOR, block, first.id)).state == "current"
    taken = await actions.take(database, MODERATOR, block, second.id)
    told = [one.question for one in stage.backplane.of(f"dialog/meeting/{block}") if isinstance(one, QuestionChanged)]
    assert [(one.id, one.state) for one in told[-2:]] == [(first.id, "answered"), (second.id, "current")]
    assert taken.taken_at is not None
    with pytest.raises(Conflict):  # answered: its votes stand
        await actions.vote(database, JAN, block, first.id, up=True)
    with pytest.raises(Invalid):
        await actions.settle(database, CLERK, block, second.id, "dismissed", " ")
    gone = await actions.settle(database, CLERK, block, second.id, "dismissed", "To było już pytane")
    assert (gone.text, gone.author.name, gone.reason) == ("", "", "To było już pytane")
    for bad in ("", " \n", "x" * 501):
        with pytest.raises(Invalid):
            await actions.ask(database, JAN, block, bad)
    assert {"meeting.start", "meeting.ask", "meeting.vote", "meeting.take", "meeting.dismissed"} <= set(
        await stage.audited()
    )


async def test_questions_come_before_the_start_where_it_is_so_and_nothing_comes_after(database):
    stage, block, app = await running(database, live=False)
    early = await actions.ask(database, JAN, block, "Czy to będzie nagrane?")
    for act in (
        actions.raise_hand(database, JAN, block, ""),
        actions.say(database, JAN, block, "Halo"),
        actions.take(database, CLERK, block, early.id),
    ):
        with pytest.raises(Conflict):
            await act
    await air.start(app, CLERK, block)
    with pytest.raises(Conflict):
        await air.start(app, CLERK, block)
    poll = await actions.make_poll(database, CLERK, block, "Kiedy?", "Rano\nWieczorem", several=False, at_close=True)
    await actions.open_poll(database, CLERK, block, poll.id)
    await actions.answer(database, JAN, block, poll.id, [1])
    hand = await actions.raise_hand(database, JAN, block, "o placu")
    await stage.end()
    async with database.transaction() as tx:
        [closed] = await views.shown_polls(tx, await store.polls(tx, block))
        assert (closed.state, closed.counts) == ("closed", [0, 1])
        assert await store.hands(tx, block) == []
        assert (await store.meeting(tx, block)).state == "live"  # the picture goes on until the host ends it
    assert stage.backplane.of(f"dialog/meeting/{block}")[-1].hand.id == hand.id
    with pytest.raises(Closed):
        await actions.ask(database, JAN, block, "Jeszcze jedno?")
    ended = await air.end(app, CLERK, block)
    assert app[STREAMS].asked == [("on air", ended.stream_id), ("off air", ended.stream_id)]

    settings = MeetingSettings(questions_before=False, chat=False, hands=False)
    block = (await stage.block(KIND.name, settings, await stage.phase())).id
    for act in (actions.ask(database, JAN, block, "Czy można?"),):
        with pytest.raises(Conflict):
            await act
    await air.start(app, CLERK, block)
    for act in (actions.raise_hand(database, JAN, block, ""), actions.say(database, JAN, block, "Halo")):
        with pytest.raises(Conflict):
            await act


async def test_a_poll_takes_one_answer_a_person_and_tells_when_it_may(database):
    stage, block, _app = await running(database)
    for text, options, field in (
        ("", "A\nB", "text"),
        ("Co?", "A", "options"),
        ("Co?", "a\nA", "options"),
        ("Co?", "\n".join(map(str, range(13))), "options"),
    ):
        with pytest.raises(Invalid) as wrong:
            await actions.make_poll(database, CLERK, block, text, options, several=False, at_close=False)
        assert field in wrong.value.fields
    for actor in NO_HOSTS:
        with pytest.raises((NotFound, Forbidden)):
            await actions.make_poll(database, actor, block, "Co?", "A\nB", several=False, at_close=False)
    one = await actions.make_poll(database, CLERK, block, "Co?", "Drzewa\nŁawki\nWoda", several=False, at_close=False)
    many = await actions.make_poll(database, CLERK, block, "Co jeszcze?", "A\nB\nC", several=True, at_close=True)
    async with database.transaction() as tx:
        assert (await views.room_view(tx, block)).polls == []  # nobody knows of drafts
    with pytest.raises(Conflict):
        await actions.answer(database, JAN, block, one.id, [0])
    for poll in (one, many):
        await actions.open_poll(database, CLERK, block, poll.id)
    for wrong in ([], [0, 1], [3], [-1], [1, 1]):
        with pytest.raises(Invalid):
            await actions.answer(database, JAN, block, one.id, wrong)
    await asyncio.gather(*(actions.answer(database, JAN, block, one.id, [choice]) for choice in (0, 1, 2)))
    told = await actions.answer(database, JAN, block, one.id, [1])
    assert (told.voters, told.counts) == (1, [0, 1, 0])
    assert (await actions.answer(database, OLA, block, one.id, [1])).counts == [0, 2, 0]
    hidden = await actions.answer(database, OLA, block, many.id, [2, 0])
    assert (hidden.voters, hidden.counts) == (1, None)
    closed = await actions.close_poll(database, CLERK, block, many.id)
    assert (closed.voters, closed.counts) == (1, [1, 0, 1])
    with pytest.raises(Conflict):
        await actions.answer(database, JAN, block, many.id, [0])
    with pytest.raises(Conflict):
        await actions.drop_poll(database, CLERK, block, many.id)
    events = [event.poll for event in stage.backplane.of(f"dialog/meeting/{block}") if isinstance(event, PollChanged)]
    assert [poll.counts for poll in events if poll.id == many.id] == [None, None, [1, 0, 1]]
    async with database.transaction() as tx:  # the table itself knows one row a person
        [person] = [row.id for row in [await stage_person(tx, stage)]]
        with pytest.raises(asyncpg.UniqueViolationError):
            await tx.execute(
                "INSERT INTO meeting_answer (poll_id, participant_id, choices) VALUES ($1, $2, '{0}')", one.id, person
            )


async def stage_person(tx, stage):
    from portals.dialog import participant_store

    return await participant_store.participant_of(tx, stage.consultation.id, JAN.account_id)


async def test_a_guest_is_invited_sends_and_is_put_on_air(database):
    stage, block, app = await running(database)
    hand = await actions.raise_hand(database, JAN, block, "o drzewach")
    again = await actions.raise_hand(database, JAN, block, "o lipach")
    assert (again.id, again.about) == (hand.id, "o lipach")
    other = await actions.raise_hand(database, OLA, block, "")
    with pytest.raises(Conflict):
        await air.make_guest_key(database, JAN, block)
    for actor in NO_HOSTS:
        with pytest.raises((NotFound, Forbidden)):
            await air.invite(app, actor, block, hand.id)
    await air.invite(app, CLERK, block, hand.id)
    key = await air.make_guest_key(database, JAN, block)
    host = await air.make_key(database, CLERK, block, "Kamera")
    grants = [await air.authorise_publish(database, one.key) for one in (key, host)]
    assert [(grant.slot, grant.on_air) for grant in grants] == [(Slot.BACKUP, True), (Slot.PRIMARY, True)]
    assert grants[0].stream_id == grants[1].stream_id
    assert await air.authorise_publish(database, "nic-takiego") is None
    with pytest.raises(Conflict):  # sends nothing yet
        await air.put_guest_on_air(app, CLERK, block, hand.id, on_air=True)
    app[STREAMS].sending = frozenset(Slot)
    shown = await air.put_guest_on_air(app, CLERK, block, hand.id, on_air=True)
    assert (shown.state, app[STREAMS].asked[-2:]) == ("on_air", [("mix", True), ("pin", None)])
    await air.put_guest_on_air(app, CLERK, block, hand.id, on_air=True, alone=True)
    assert app[STREAMS].asked[-2:] == [("mix", False), ("pin", Slot.BACKUP)]
    # another one is invited: the first is cut and their key dies
    await air.invite(app, MODERATOR, block, other.id)
    assert app[STREAMS].asked[-3:] == [("mix", False), ("pin", None), ("revoke", Slot.BACKUP)]
    assert await air.authorise_publish(database, key.key) is None
    with pytest.raises(Conflict):
        await air.make_guest_key(database, JAN, block)
    events = [event.hand for event in stage.backplane.of(f"dialog/meeting/{block}") if isinstance(event, HandChanged)]
    assert [(one.id, one.state) for one in events[-2:]] == [(hand.id, "down"), (other.id, "invited")]
    await air.revoke_key(app, CLERK, block, host.id)
    assert await air.authorise_publish(database, host.key) is None
    async with database.transaction() as tx:
        assert [one.ref for one in await views.moments(tx, block) if one.kind == "guest"] == [f"hand/{hand.id}"]
    with pytest.raises((NotFound, Forbidden)):  # a moderator leads, the office alone has keys
        await air.make_key(database, MODERATOR, block, "")


async def test_the_chat_is_moderated_and_forgets_who_was_erased(database):
    stage, block, _app = await running(database)
    said = await actions.say(database, JAN, block, "To jest zły pomysł")
    kept = await actions.say(database, JAN, block, "Dziękuję")
    for actor in NO_HOSTS:
        with pytest.raises((NotFound, Forbidden)):
            await actions.hide(database, actor, block, said.id, hidden=True)
    gone = await actions.hide(database, MODERATOR, block, said.id, hidden=True)
    assert (gone.author, gone.body, gone.hidden) == (None, "", True)
    async with database.transaction() as tx:
        assert [one.ref for one in await views.moments(tx, block)] == [f"message/{kept.id}"]
        person = await stage_person(tx, stage)
    await participation.erase(database, stage.blocks, JAN, person.id)
    told = stage.backplane.of(f"dialog/meeting/{block}/chat")
    assert [type(one) for one in told] == [MessageSent, MessageSent, MessageChanged, MessageChanged]
    assert (told[-1].message.id, told[-1].message.author.name, told[-1].message.rev) == (kept.id, "", 2)
    async with database.transaction() as tx:
        names = [one.author.name for one in (await views.chat_view(tx, block)).messages if one.author]
    assert names == [""]


@pytest.mark.parametrize(
    ("after_s", "position_s"),
    [(-1, None), (0, 0.0), (12.5, 12.5), (60, 60.0), (75, 60.0), (100, 70.0), (131, None)],
)
def test_a_moment_lies_where_the_recording_shows_it(after_s, position_s):
    spans = [Span(0.0, BEGAN, 60.0), Span(60.0, BEGAN + timedelta(seconds=90), 40.0)]
    assert rules.position_of(spans, BEGAN + timedelta(seconds=after_s)) == position_s
