"""Typing live, on a real database: lines reach residents once, and what a page keeps equals what it would get anew."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from app.actor import Actor, Grant
from app.config import City
from app.database import DATABASE, Database, Publication
from app.errors import Conflict, Invalid, NotFound
from app.wire import CITY
from media.hls.caption_web import LIVE_CAPTIONS
from media.hls.captions import LiveCaptions, Slice
from media.streams import STREAMS, Streams
from portals.council import actions as council
from portals.council.captions import actions, booth, editing, jobs, store, transcript
from portals.council.captions.booth import CorrectedLine, TypedLine
from portals.council.captions.model import (
    CaptionLineChanged,
    CaptionLineRemoved,
    CaptionsChanged,
    LiveLineChanged,
    LiveLineRemoved,
    TurnChanged,
)
from portals.council.model import SessionDraft

CLERK = Actor(account_id=1, name="Iwona Sadowska", login="clerk", grants=(Grant("clerk", "1"),))
MAGDA = Actor(account_id=2, name="Magda Rybicka", login="magda", grants=(Grant("captioner", "1"),))
OLGA = Actor(account_id=3, name="Olga Wilk", login="olga", grants=(Grant("captioner", "1"),))
RESIDENT = Actor(account_id=4, name="Jan Wrona", login="jan")
COUNCILLOR = Actor(account_id=5, name="Anna Kowal", login="anna", grants=(Grant("councillor", "1"),))
NOBODY = Actor()
DRAFT = SessionDraft("XXXI", "XXXI sesja", "Ratusz", datetime(2026, 11, 25, 9, 0, tzinfo=UTC), ["Otwarcie", "Budżet"])


class Backplane:
    """Keeps what was published, in order."""

    def __init__(self):
        self.published: list[Publication] = []

    async def stage(self, tx, publications):
        pass

    def dispatch(self, publications):
        self.published += publications

    def in_room(self, room):
        return [one.event for one in self.published if one.room == room]


@pytest.fixture
async def app(database: Database):
    database.backplane = Backplane()
    async with database.transaction() as tx:
        for actor in (CLERK, MAGDA, OLGA, RESIDENT, COUNCILLOR):
            await tx.execute(
                "INSERT INTO account (login, name, folded) VALUES ($1, $2, lower($2))", actor.login, actor.name
            )
    application = web.Application()
    application[DATABASE] = database
    application[CITY] = City()
    application[LIVE_CAPTIONS] = LiveCaptions()

    async def authorise(key, address):
        return await council.authorise_publish(database, key, address)

    application[STREAMS] = Streams(authorise)
    return application


@pytest.fixture
async def session(app):
    planned = await council.plan_session(app[DATABASE], CLERK, DRAFT)
    return await council.start_session(app, CLERK, planned.id)


async def look(app, read, *arguments):
    async with app[DATABASE].transaction(readonly=True) as tx:
        return await read(tx, *arguments)


def kept_public(view, events):
    """What a resident's page makes of a snapshot and what followed."""
    track, lines = view.track, {line.id: line for line in view.lines}
    for event in events:
        match event:
            case CaptionsChanged():
                track = event.track
            case CaptionLineChanged():
                known = lines.get(event.line.id)
                if known is None or known.rev < event.line.rev:
                    lines[event.line.id] = event.line
            case CaptionLineRemoved():
                lines.pop(event.line_id, None)
    return booth.LiveCaptions(view.session_id, track, [lines[key] for key in sorted(lines)])


def kept_booth(view, events):
    turn, lines = view.turn, {line.id: line for line in view.lines}
    for event in events:
        match event:
            case TurnChanged() if event.turn.rev > turn.rev:
                turn = event.turn
            case LiveLineChanged():
                known = lines.get(event.line.id)
                if known is None or known.rev < event.line.rev:
                    lines[event.line.id] = event.line
            case LiveLineRemoved():
                lines.pop(event.line_id, None)
    return turn, [lines[key] for key in sorted(lines)]


async def test_pages_keep_what_a_fresh_look_would_show(app, session):
    plane, database = app[DATABASE].backplane, app[DATABASE]
    before = await look(app, booth.live_captions, NOBODY, session.id)
    desk_before = await look(app, booth.booth, MAGDA, session.id)
    assert before.track is None
    plane.published.clear()

    async def same():
        events = plane.in_room(f"council/session/{session.id}/captions")
        fresh = await look(app, booth.live_captions, NOBODY, session.id)
        assert [(one.id, one.text, one.rev) for one in kept_public(before, events).lines] == [
            (one.id, one.text, one.rev) for one in fresh.lines
        ]
        assert kept_public(before, events) == fresh
        desk = await look(app, booth.booth, MAGDA, session.id)
        turn, lines = kept_booth(desk_before, plane.in_room(f"council/session/{session.id}/captioning"))
        assert (turn, lines) == (desk.turn, desk.lines)

    await booth.begin(app, MAGDA, session.id, "pl")
    await same()
    (first,) = await booth.type_line(app, MAGDA, session.id, TypedLine("a1", "Otwieram sesje.", "Anna Kowal", 1500))
    await same()
    await booth.type_line(app, MAGDA, session.id, TypedLine("a2", "Stwierdzam quorum.", "Anna Kowal"))
    await same()
    await booth.correct_line(
        database, MAGDA, session.id, first.id, CorrectedLine(first.rev, "Otwieram sesję.", "Anna Kowal")
    )
    await same()
    await booth.change_turn(database, MAGDA, session.id, "take")
    await booth.change_turn(database, OLGA, session.id, "ask")
    await booth.change_turn(database, MAGDA, session.id, "give")
    await same()
    (third,) = await booth.type_line(app, OLGA, session.id, TypedLine("b1", "pomyłka"))
    assert await booth.correct_line(database, OLGA, session.id, third.id, CorrectedLine(third.rev, " ")) is None
    await same()
    fresh = await look(app, booth.live_captions, NOBODY, session.id)
    assert [(line.speaker, line.text) for line in fresh.lines] == [
        ("Anna Kowal", "Otwieram sesję."),
        ("Anna Kowal", "Stwierdzam quorum."),
    ]
    assert fresh.track.live
    actions_kept = {row["action"] for row in await look(app, records, "SELECT action FROM audit_entry")}
    assert {
        "captions.begin",
        "captions.type",
        "captions.correct_line",
        "captions.take_back",
        "captions.turn_give",
    } <= actions_kept


async def records(tx, sql, *values):
    return await tx.records(sql, *values)


async def test_a_line_sent_again_is_one_line(app, session):
    typed = TypedLine("op-1", "Raz i tylko raz.")
    answers = await asyncio.gather(*(booth.type_line(app, MAGDA, session.id, typed) for _ in range(5)))
    assert {tuple(line.id for line in lines) for lines in answers} == {(answers[0][0].id,)}
    assert len((await look(app, booth.live_captions, NOBODY, session.id)).lines) == 1
    events = app[DATABASE].backplane.in_room(f"council/session/{session.id}/captions")
    assert sum(isinstance(event, CaptionLineChanged) for event in events) == 1
    long = TypedLine("op-2", "słowo " * 100)
    first = await booth.type_line(app, MAGDA, session.id, long)
    assert len(first) == 4
    assert await booth.type_line(app, MAGDA, session.id, long) == first


async def test_a_line_lies_where_its_first_letter_was_typed_and_airs_when_it_came(app, session):
    (line,) = await booth.type_line(app, MAGDA, session.id, TypedLine("x", "Głosujemy.", ago_ms=4000))
    assert line.aired_at - line.said_at == timedelta(seconds=4)
    # nothing is recorded in this test: time counts from the session's start
    expected = max((line.said_at - session.started_at).total_seconds() * 1000, 0)
    assert abs(line.begin_ms - expected) <= 1
    feed = app[LIVE_CAPTIONS].find(session.stream_id, "pl")
    assert "Głosujemy." in feed.vtt(Slice(0, 0, 90_000, line.aired_at.timestamp()))
    assert "Głosujemy." not in feed.vtt(Slice(0, 0, 90_000, line.said_at.timestamp()))


async def test_a_typed_line_is_never_refused_for_the_turn(app, session):
    database = app[DATABASE]
    await booth.change_turn(database, OLGA, session.id, "take")
    (line,) = await booth.type_line(
        app, MAGDA, session.id, TypedLine("late", "Co zostało z przerwy w sieci.", ago_ms=60_000)
    )
    assert line.changed_by == "Magda Rybicka"
    with pytest.raises(Conflict):
        await booth.change_turn(database, MAGDA, session.id, "give")
    with pytest.raises(Conflict):
        await booth.change_turn(database, OLGA, session.id, "give")
    asked = await booth.change_turn(database, MAGDA, session.id, "ask")
    assert (asked.name, asked.next_name) == ("Olga Wilk", "Magda Rybicka")
    taken = await booth.change_turn(database, MAGDA, session.id, "take")
    assert (taken.name, taken.next_name) == ("Magda Rybicka", "")
    left = await booth.change_turn(database, MAGDA, session.id, "leave")
    assert left.account_id == 0


async def test_two_who_correct_one_line_do_not_swallow_each_other(app, session):
    (line,) = await booth.type_line(app, MAGDA, session.id, TypedLine("x", "Bużdet"))
    await booth.correct_line(app[DATABASE], MAGDA, session.id, line.id, CorrectedLine(line.rev, "Budżet"))
    with pytest.raises(Conflict):
        await booth.correct_line(app[DATABASE], OLGA, session.id, line.id, CorrectedLine(line.rev, "Budzet"))


async def test_who_may_and_when(app, session):
    database = app[DATABASE]
    for actor in (NOBODY, RESIDENT, COUNCILLOR):
        with pytest.raises(NotFound):
            await booth.type_line(app, actor, session.id, TypedLine("x", "nie"))
        with pytest.raises(NotFound):
            await booth.begin(app, actor, session.id, "pl")
        with pytest.raises(NotFound):
            await booth.change_turn(database, actor, session.id, "take")
        with pytest.raises(NotFound):
            await look(app, booth.booth, actor, session.id)
    with pytest.raises(NotFound):
        await booth.type_line(app, MAGDA, 999, TypedLine("x", "nie"))
    with pytest.raises(Invalid):
        await booth.begin(app, MAGDA, session.id, "klingoński")
    with pytest.raises(Invalid):
        await booth.type_line(app, MAGDA, session.id, TypedLine("x", "  \n"))
    await council.end_session(app, CLERK, session.id)
    with pytest.raises(Conflict):
        await booth.type_line(app, MAGDA, session.id, TypedLine("x", "po wszystkim"))
    with pytest.raises(Conflict):
        await booth.begin(app, MAGDA, session.id, "pl")


async def test_nothing_is_typed_in_a_closed_part(app, session):
    async with app[DATABASE].transaction() as tx:
        await tx.execute(
            "INSERT INTO council_interval (session_id, kind, legal_basis, reason, recording) VALUES ($1, 'closed', $2, $3, 'none')",
            session.id,
            "art. 8 ust. 2 KPA",
            "dane osobowe",
        )
    with pytest.raises(Conflict):
        await booth.type_line(app, MAGDA, session.id, TypedLine("x", "Tego nikt nie powinien przeczytać."))
    assert (await look(app, booth.live_captions, NOBODY, session.id)).lines == []


async def test_after_a_restart_captions_go_on(app, session):
    await booth.type_line(app, MAGDA, session.id, TypedLine("x", "Jesteśmy."))
    app[LIVE_CAPTIONS] = LiveCaptions()
    await booth.resume(app, session)
    assert app[LIVE_CAPTIONS].renditions(session.stream_id)[0].name == "Polski"
    (line,) = (await look(app, booth.live_captions, NOBODY, session.id)).lines
    feed = app[LIVE_CAPTIONS].find(session.stream_id, "pl")
    assert "Jesteśmy." in feed.vtt(Slice(0, 0, 90_000, line.aired_at.timestamp()))


async def test_what_was_typed_becomes_the_transcript_and_then_a_version(app, session):
    database = app[DATABASE]
    await booth.type_line(app, MAGDA, session.id, TypedLine("x", "Otwieram sesję.", "Anna Kowal"))
    await council.end_session(app, CLERK, session.id)
    head = await look(app, transcript.transcript_head, NOBODY, session.id, "", 0)
    assert (head.track.live, head.count) == (True, 1)
    track = await look(app, store.live_track, session.id)
    with pytest.raises(Conflict):
        await booth.correct_line(database, MAGDA, session.id, 1, CorrectedLine(1, "x"))
    async with database.transaction() as tx:
        await jobs.settle(tx, track.id)
    settled = await look(app, store.track, track.id)
    assert settled.settled_at is not None
    cues = (await look(app, editing.cue_list, MAGDA, track.id, 0)).cues
    assert cues[0].end_ms - cues[0].begin_ms >= 500
    published = await actions.publish_track(database, MAGDA, track.id)
    assert published.state == "published"
    assert (await look(app, store.public_track, session.id)).id == track.id


async def test_nothing_that_is_typed_in_a_closed_part_is_published_later_either(app, session):
    database = app[DATABASE]
    (before,) = await booth.type_line(app, MAGDA, session.id, TypedLine("a", "Przechodzimy do punktu siódmego."))
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO council_interval (session_id, kind, legal_basis, reason, recording)"
            " VALUES ($1, 'closed', 'u.d.i.p.', 'dane stron', 'none')",
            session.id,
        )
    with pytest.raises(Conflict, match="closed to the public"):
        await booth.type_line(app, MAGDA, session.id, TypedLine("b", "Wnioskodawca choruje."))
    # other words for a line that everybody sees would be public at once; taking it back shows nobody anything
    with pytest.raises(Conflict, match="closed to the public"):
        await booth.correct_line(
            database, MAGDA, session.id, before.id, CorrectedLine(before.rev, "Wnioskodawca choruje.")
        )
    assert await booth.correct_line(database, MAGDA, session.id, before.id, CorrectedLine(before.rev, "")) is None
    async with database.transaction() as tx:
        await tx.execute("UPDATE council_interval SET ended_at = clock_timestamp() WHERE session_id = $1", session.id)
    # a page that had no connection sends what was typed then as soon as it may
    with pytest.raises(Conflict, match="begun while the session was closed"):
        await booth.type_line(app, MAGDA, session.id, TypedLine("b", "Wnioskodawca choruje.", "", 60_000))
    (after,) = await booth.type_line(app, MAGDA, session.id, TypedLine("c", "Wznawiam obrady."))
    view = await look(app, booth.live_captions, NOBODY, session.id)
    assert [line.text for line in view.lines] == ["Wznawiam obrady."] == [after.text]
