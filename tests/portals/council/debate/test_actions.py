"""What people do in a debate, on a real database."""

import asyncio

import msgspec
import pytest

from app.database import DATABASE
from app.errors import Conflict, Invalid, NotFound, TooMany
from portals.council import actions as council
from portals.council.debate import actions, store
from portals.council.debate.model import DebateView, QueueOrdered, SpeakerDraft, SpeechChanged, debate_room, inside_room
from portals.council.debate.settings import DebateSettings
from tests.portals.council.debate.conftest import CHAIR, CLERK, DRAFT, LUCJA, MAREK, NOBODY, RESIDENT, STRANGER

SETTINGS = DebateSettings()
GUEST = SpeakerDraft("guest", speaker="  Renata   Bilska ", role="skarbnik miasta")


async def view(app, session_id) -> DebateView:
    async with app[DATABASE].transaction(readonly=True) as tx:
        return await actions.debate_view(tx, NOBODY, session_id)


async def ask(app, session, actor, kind="speech"):
    return await actions.ask_to_speak(app[DATABASE], SETTINGS, actor, session.id, kind)


async def names(app, session_id) -> list[str]:
    return [one.speaker for one in (await view(app, session_id)).speeches]


def applied(before: DebateView, events) -> list:
    """What a live page makes of a snapshot and the events after it."""
    rows = {one.id: one for one in before.speeches}
    for event in events:
        changed = event.speeches if isinstance(event, QueueOrdered) else [event.speech]
        for row in changed:
            if row.id not in rows or row.rev > rows[row.id].rev:
                rows[row.id] = row
    shown = [one for one in rows.values() if one.state in {"speaking", "waiting"}]
    return sorted(shown, key=lambda one: (one.state != "speaking", one.place, one.id))


async def test_a_whole_debate_as_its_page_sees_it(app, session):
    """Snapshot and events equal a fresh snapshot, after each action; each leaves one audit line."""
    database, plane = app[DATABASE], app[DATABASE].backplane
    start = await view(app, session.id)

    async def same():
        events = [one for one in plane.events(debate_room(session.id)) if not hasattr(one, "guess")]
        assert applied(start, events) == (await view(app, session.id)).speeches

    first = await ask(app, session, MAREK)
    await same()
    guest = await actions.add_speaker(database, SETTINGS, CLERK, session.id, GUEST)
    await same()
    reply = await ask(app, session, LUCJA, "reply")
    await same()
    assert await names(app, session.id) == ["Łucja Żółć", "Marek Lis", "Renata Bilska"]
    await actions.order_queue(database, CHAIR, session.id, [guest.id, reply.id, first.id])
    await same()
    await actions.give_floor(database, CHAIR, session.id, guest.id)
    await same()
    await actions.extend_speech(database, CLERK, session.id, guest.id, 60)
    await same()
    for _ in range(2):  # pressed twice, by two people, it is one stop
        await actions.pause_speech(database, CHAIR, session.id, guest.id)
        await same()
    for _ in range(2):
        await actions.resume_speech(database, CLERK, session.id, guest.id)
        await same()
    await actions.give_floor(database, CHAIR, session.id, reply.id)
    await same()
    await actions.end_speech(database, CHAIR, session.id, reply.id)
    await same()
    await actions.withdraw_speech(database, CLERK, session.id, first.id)
    await same()
    await actions.restore_speech(database, CLERK, session.id, first.id)
    await same()
    await actions.withdraw_own(database, MAREK, session.id)
    await same()
    assert (await view(app, session.id)).speeches == []
    async with database.transaction() as tx:
        lines = [
            row["action"]
            for row in await tx.records("SELECT action FROM audit_entry WHERE action LIKE 'debate.%' ORDER BY id")
        ]
    asked = ["debate.ask"] * 3 + ["debate.order", "debate.floor", "debate.extend", "debate.pause", "debate.resume"]
    assert lines == [
        *asked,
        "debate.end",
        "debate.floor",
        "debate.end",
        "debate.withdraw",
        "debate.restore",
        "debate.withdraw",
    ]


async def test_speeches_are_kept_with_exact_moments(app, session):
    database = app[DATABASE]
    items = (await _items(app, session)).items
    await council.set_current_item(database, CLERK, session.id, items[0].id)
    asked = await ask(app, session, MAREK)
    assert (asked.item_id, asked.began_at, asked.limit_s, asked.club) == (items[0].id, None, 300, "")
    other = await ask(app, session, LUCJA)
    assert other.club == "Klub A"
    # asked in the first item, given in the second
    await council.set_current_item(database, CLERK, session.id, items[1].id)
    began = await actions.give_floor(database, CHAIR, session.id, asked.id)
    assert began.item_id == items[1].id
    after = await actions.give_floor(database, CHAIR, session.id, other.id)
    ended = await actions.end_speech(database, CHAIR, session.id, other.id)
    async with database.transaction(readonly=True) as tx:
        found = await actions.spoken(tx, NOBODY, session.id)
    assert [(one.speaker, one.state) for one in found.speeches] == [("Marek Lis", "spoken"), ("Łucja Żółć", "spoken")]
    # whoever gets the floor begins at the very moment at which the one before has ended
    assert found.speeches[0].ended_at == after.began_at == found.speeches[1].began_at
    assert found.speeches[0].began_at < found.speeches[0].ended_at < ended.ended_at
    assert {one.speaker for one in found.totals} == {"Marek Lis", "Łucja Żółć"}


async def test_stops_of_the_timer_add_up_and_end_with_the_speech(app, session):
    database = app[DATABASE]
    speech = await ask(app, session, MAREK)
    for work in (actions.pause_speech, actions.resume_speech):
        with pytest.raises(Conflict):
            await work(database, CHAIR, session.id, speech.id)
    await actions.give_floor(database, CHAIR, session.id, speech.id)
    stops = []
    for _ in range(2):
        paused = await actions.pause_speech(database, CHAIR, session.id, speech.id)
        assert paused.paused_at is not None
        resumed = await actions.resume_speech(database, CHAIR, session.id, speech.id)
        assert resumed.paused_at is None
        stops.append(resumed.paused_s)
    assert 0 < stops[0] < stops[1] < 60
    await actions.pause_speech(database, CHAIR, session.id, speech.id)
    ended = await actions.end_speech(database, CHAIR, session.id, speech.id)
    assert (ended.state, ended.paused_at, ended.paused_s) == ("spoken", None, stops[1])


async def _items(app, session):
    async with app[DATABASE].transaction(readonly=True) as tx:
        return await council.session_view(tx, NOBODY, session.id)


async def test_only_councillors_of_this_council_ask(app, session):
    for actor in (NOBODY, RESIDENT, CLERK, STRANGER):
        with pytest.raises(NotFound):
            await ask(app, session, actor)
        with pytest.raises(NotFound):
            await actions.withdraw_own(app[DATABASE], actor, session.id)


async def test_only_the_clerk_and_whoever_presides_run_the_queue(app, session):
    database = app[DATABASE]
    speech = await ask(app, session, MAREK)
    for actor in (NOBODY, RESIDENT, LUCJA, MAREK, STRANGER):
        for attempt in (
            actions.add_speaker(database, SETTINGS, actor, session.id, GUEST),
            actions.give_floor(database, actor, session.id, speech.id),
            actions.extend_speech(database, actor, session.id, speech.id, 60),
            actions.pause_speech(database, actor, session.id, speech.id),
            actions.resume_speech(database, actor, session.id, speech.id),
            actions.end_speech(database, actor, session.id, speech.id),
            actions.withdraw_speech(database, actor, session.id, speech.id),
            actions.restore_speech(database, actor, session.id, speech.id),
            actions.order_queue(database, actor, session.id, [speech.id]),
        ):
            with pytest.raises(NotFound):
                await attempt
    assert (await actions.give_floor(database, CHAIR, session.id, speech.id)).state == "speaking"


async def test_a_councillor_whose_mandate_has_ended_asks_no_more(app, session):
    async with app[DATABASE].transaction() as tx:
        await tx.execute("UPDATE councillor SET mandate_ended_on = '2026-11-24' WHERE name = $1", MAREK.name)
    with pytest.raises(NotFound):
        await ask(app, session, MAREK)
    with pytest.raises(Invalid):
        councillor_id = await _seat(app, MAREK)
        await actions.add_speaker(app[DATABASE], SETTINGS, CLERK, session.id, SpeakerDraft("speech", councillor_id))


async def _seat(app, actor) -> int:
    async with app[DATABASE].transaction() as tx:
        return await tx.value("SELECT id FROM councillor WHERE name = $1", actor.name)


async def test_asking_twice_is_asking_once(app, session):
    """A phone that got no answer sends again; a phone that died comes back."""
    first = await ask(app, session, MAREK)
    assert await ask(app, session, MAREK) == first
    changed = await ask(app, session, MAREK, "motion")
    assert (changed.id, changed.kind, changed.limit_s) == (first.id, "motion", 120)
    assert [one.id for one in (await view(app, session.id)).speeches] == [first.id]
    assert await actions.withdraw_own(app[DATABASE], MAREK, session.id) is not None
    assert await actions.withdraw_own(app[DATABASE], MAREK, session.id) is None
    # who is called up by the desk as well stands in the queue once
    await ask(app, session, MAREK)
    again = await actions.add_speaker(
        app[DATABASE], SETTINGS, CLERK, session.id, SpeakerDraft("speech", await _seat(app, MAREK))
    )
    assert [one.id for one in (await view(app, session.id)).speeches] == [again.id]


async def test_a_key_that_is_stuck_is_slowed_down(app, session):
    with pytest.raises(TooMany):
        for kind in ["speech", "motion"] * 10:
            await ask(app, session, MAREK, kind)


async def test_a_formal_motion_goes_before_all(app, session):
    await ask(app, session, MAREK)
    await actions.add_speaker(app[DATABASE], SETTINGS, CLERK, session.id, GUEST)
    await ask(app, session, LUCJA, "motion")
    assert await names(app, session.id) == ["Łucja Żółć", "Marek Lis", "Renata Bilska"]
    assert [one.place for one in (await view(app, session.id)).speeches] == [1, 2, 3]


async def test_places_are_ruled_by_settings(app, session):
    plain = DebateSettings(first=(), motion_s=45)
    await ask(app, session, MAREK)
    motion = await actions.ask_to_speak(app[DATABASE], plain, LUCJA, session.id, "motion")
    assert await names(app, session.id) == ["Marek Lis", "Łucja Żółć"]
    assert motion.limit_s == 45


async def test_pressed_twice_by_two_people_is_once(app, session):
    database = app[DATABASE]
    first, second = await ask(app, session, MAREK), await ask(app, session, LUCJA)
    both = await asyncio.gather(*(actions.give_floor(database, who, session.id, first.id) for who in (CLERK, CHAIR)))
    assert both[0] == both[1]
    other, ended = await asyncio.gather(
        actions.give_floor(database, CHAIR, session.id, second.id),
        actions.end_speech(database, CLERK, session.id, first.id),
    )
    assert (other.state, ended.state) == ("speaking", "spoken")
    assert [one.id for one in (await view(app, session.id)).speeches] == [second.id]
    assert await actions.end_speech(database, CLERK, session.id, first.id) == ended


async def test_what_is_over_cannot_be_done_again(app, session):
    database = app[DATABASE]
    speech = await ask(app, session, MAREK)
    with pytest.raises(Conflict):
        await actions.end_speech(database, CLERK, session.id, speech.id)
    with pytest.raises(Conflict):
        await actions.extend_speech(database, CLERK, session.id, speech.id, 60)
    await actions.give_floor(database, CLERK, session.id, speech.id)
    with pytest.raises(Conflict):
        await actions.withdraw_speech(database, CLERK, session.id, speech.id)
    with pytest.raises(Invalid):
        await actions.extend_speech(database, CLERK, session.id, speech.id, 24 * 3600)
    await actions.end_speech(database, CLERK, session.id, speech.id)
    with pytest.raises(Conflict):
        await actions.give_floor(database, CLERK, session.id, speech.id)
    with pytest.raises(Conflict):
        await actions.restore_speech(database, CLERK, session.id, speech.id)
    with pytest.raises(NotFound):
        await actions.give_floor(database, CLERK, session.id, speech.id + 1000)


async def test_taking_out_is_undone_at_its_place(app, session):
    database = app[DATABASE]
    await ask(app, session, MAREK)
    guest = await actions.add_speaker(database, SETTINGS, CLERK, session.id, GUEST)
    lucja = await ask(app, session, LUCJA)
    await actions.withdraw_speech(database, CLERK, session.id, guest.id)
    await actions.restore_speech(database, CLERK, session.id, guest.id)
    assert await names(app, session.id) == ["Marek Lis", "Renata Bilska", "Łucja Żółć"]
    # who has asked anew meanwhile is not put in twice
    await actions.withdraw_speech(database, CLERK, session.id, lucja.id)
    await ask(app, session, LUCJA)
    with pytest.raises(Conflict):
        await actions.restore_speech(database, CLERK, session.id, lucja.id)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (SpeakerDraft("guest"), "speaker"),
        (SpeakerDraft("guest", speaker=" \u202e "), "speaker"),
        (SpeakerDraft("guest", speaker="x" * 121), "speaker"),
        (SpeakerDraft("guest", speaker="Jan", role="x" * 121), "role"),
        (SpeakerDraft("speech", councillor_id=999_999), "speaker"),
        (SpeakerDraft("guest", councillor_id=1), "kind"),
    ],
)
async def test_bad_speakers_are_named_beside_their_field(app, session, draft, field):
    with pytest.raises(Invalid) as problem:
        await actions.add_speaker(app[DATABASE], SETTINGS, CLERK, session.id, draft)
    assert list(problem.value.fields) == [field]


async def test_nobody_speaks_before_or_after_the_session(app):
    database = app[DATABASE]
    planned = await council.plan_session(database, CLERK, DRAFT)
    for attempt in (
        actions.ask_to_speak(database, SETTINGS, MAREK, planned.id, "speech"),
        actions.add_speaker(database, SETTINGS, CLERK, planned.id, GUEST),
    ):
        with pytest.raises(Conflict):
            await attempt
    await council.start_session(app, CLERK, planned.id)
    first = await actions.ask_to_speak(database, SETTINGS, MAREK, planned.id, "speech")
    waiting = await actions.ask_to_speak(database, SETTINGS, LUCJA, planned.id, "speech")
    await actions.give_floor(database, CLERK, planned.id, first.id)
    ended = await council.end_session(app, CLERK, planned.id)
    async with database.transaction(readonly=True) as tx:
        first, waiting = await store.speech(tx, planned.id, first.id), await store.speech(tx, planned.id, waiting.id)
    assert (first.state, waiting.state) == ("spoken", "withdrawn")
    assert first.began_at < first.ended_at
    assert abs((first.ended_at - ended.ended_at).total_seconds()) < 1
    states = [
        one.speech.state for one in database.backplane.events(debate_room(planned.id)) if isinstance(one, SpeechChanged)
    ]
    assert states[-2:] == ["spoken", "withdrawn"]
    assert (await view(app, planned.id)).speeches == []
    for attempt in (
        actions.ask_to_speak(database, SETTINGS, MAREK, planned.id, "speech"),
        actions.give_floor(database, CLERK, planned.id, waiting.id),
        actions.restore_speech(database, CLERK, planned.id, waiting.id),
    ):
        with pytest.raises(Conflict):
            await attempt


async def test_a_closed_part_is_not_for_the_public(app, session):
    """Inside, the debate goes on; outside, nothing is told of who asks and speaks, neither then nor afterwards."""
    database, plane = app[DATABASE], app[DATABASE].backplane
    outside_start, inside_start = await view(app, session.id), await inside(app, LUCJA, session.id)

    async def same():
        told = [one for one in plane.events(debate_room(session.id)) if not hasattr(one, "guess")]
        assert applied(outside_start, told) == (await view(app, session.id)).speeches
        told = [one for one in plane.events(inside_room(session.id)) if not hasattr(one, "guess")]
        assert applied(inside_start, told) == (await inside(app, CLERK, session.id)).speeches

    before = await ask(app, session, MAREK)
    await close_to_the_public(app, session)
    hidden = await actions.add_speaker(database, SETTINGS, CLERK, session.id, GUEST)
    await same()
    assert await names(app, session.id) == ["Marek Lis"]
    assert [one.speaker for one in (await inside(app, CLERK, session.id)).speeches] == ["Marek Lis", "Renata Bilska"]
    await actions.give_floor(database, CHAIR, session.id, before.id)
    await same()
    assert await names(app, session.id) == []
    await actions.extend_speech(database, CHAIR, session.id, before.id, 60)
    await actions.end_speech(database, CHAIR, session.id, before.id)
    await same()
    async with database.transaction() as tx:
        await tx.execute("UPDATE council_interval SET ended_at = clock_timestamp()")
    # who asked in there and speaks in public is told when the floor is given
    assert await names(app, session.id) == []
    await actions.give_floor(database, CHAIR, session.id, hidden.id)
    await same()
    assert await names(app, session.id) == ["Renata Bilska"]
    public = [one.speech for one in plane.events(debate_room(session.id)) if isinstance(one, SpeechChanged)]
    assert all(one.state != "spoken" for one in public if one.speaker == "Marek Lis")
    assert all(one.began_at is None for one in public if one.speaker == "Marek Lis")
    async with database.transaction(readonly=True) as tx:
        found = await actions.spoken(tx, CLERK, session.id)
    assert [one.speaker for one in found.speeches] == ["Renata Bilska"]
    for actor in (NOBODY, RESIDENT, STRANGER):
        with pytest.raises(NotFound):
            await inside(app, actor, session.id)


async def inside(app, actor, session_id) -> DebateView:
    async with app[DATABASE].transaction(readonly=True) as tx:
        return await actions.inside_view(tx, actor, session_id)


async def close_to_the_public(app, session):
    async with app[DATABASE].transaction() as tx:
        await tx.execute(
            "INSERT INTO council_interval (session_id, kind, legal_basis, reason, recording)"
            " VALUES ($1, 'closed', 'art. 61 ust. 3 Konstytucji', 'dane osobowe', 'none')",
            session.id,
        )


async def test_in_a_committee_its_own_chair_presides(app):
    async with app[DATABASE].transaction() as tx:
        term_id = await tx.value("SELECT id FROM council_term")
        committee_id = await tx.value(
            "INSERT INTO council_committee (term_id, name) VALUES ($1, 'Komisja Budżetu') RETURNING id", term_id
        )
        await tx.execute(
            "INSERT INTO council_committee_member (committee_id, councillor_id, role, since)"
            " SELECT $1, id, CASE WHEN name = $2 THEN 'chair' ELSE 'member' END, '2024-06-01' FROM councillor",
            committee_id,
            MAREK.name,
        )
        session = await council.plan_in(tx, CLERK, DRAFT)
        await tx.execute("UPDATE council_session SET committee_id = $2 WHERE id = $1", session.id, committee_id)
    await council.start_session(app, CLERK, session.id)
    speech = await actions.ask_to_speak(app[DATABASE], SETTINGS, LUCJA, session.id, "speech")
    with pytest.raises(NotFound):
        await actions.give_floor(app[DATABASE], CHAIR, session.id, speech.id)
    assert (await actions.give_floor(app[DATABASE], MAREK, session.id, speech.id)).state == "speaking"


async def test_an_agenda_that_is_reordered_leaves_the_queue_and_moves_the_guesses(app, session):
    database = app[DATABASE]
    items = (await _items(app, session)).items
    await council.set_current_item(database, CLERK, session.id, items[0].id)
    speech = await ask(app, session, MAREK)
    agenda = ["Otwarcie", "Interpelacje", "Budżet"]
    await council.edit_session(database, CLERK, session.id, msgspec.structs.replace(DRAFT, agenda=agenda))
    after = await view(app, session.id)
    assert after.speeches == [speech]
    assert [one.item_id for one in after.guess.times] == [items[2].id, items[1].id]
