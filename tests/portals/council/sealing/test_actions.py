"""Breaks and closed parts: who may, what is told, what stands before the picture, and that a restart changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from app.actor import Actor, Grant
from app.config import City
from app.database import DATABASE, Database
from app.errors import Conflict, Invalid, NotFound
from app.i18n import LOCALES, Locales
from app.wire import CITY, ROOT
from media.continuity.model import SlateKind
from media.sealed.recorder import SEALED, SealedRecordings
from media.streams import STREAMS, Streams
from portals.council import actions as council
from portals.council import store as council_store
from portals.council.feature import resume_live_sessions
from portals.council.model import SessionDraft
from portals.council.sealing import actions, store
from portals.council.sealing.model import IntervalsView, NewBreak, NewClosedPart, sealing_room
from portals.council.sealing.slates import resume_intervals
from tests.portals.council.test_actions import Backplane

CLERK = Actor(account_id=1, name="Iwona Sadowska", login="clerk", grants=(Grant("clerk", "1"),))
KEEPER = Actor(account_id=2, name="Dorota Wilk", login="dorota", grants=(Grant("keeper", "1"),))
RESIDENT = Actor(account_id=3, name="Jan Wrona", login="jan")
ADMIN = Actor(account_id=4, name="Robert Kania", login="robert", grants=(Grant("admin", "1"),))
DRAFT = SessionDraft("XXXI", "XXXI sesja", "Ratusz", datetime(2026, 11, 25, 9, 0, tzinfo=UTC), ["Otwarcie", "Budżet"])
CLOSED = NewClosedPart("none", "art. 5 ust. 2 u.d.i.p.", "dane stron")


class Watched(Streams):
    """Streams without encoders: what was asked for is kept."""

    def __init__(self, database):
        async def authorise(key, address):
            return await council.authorise_publish(database, key, address)

        super().__init__(authorise)
        self.asked: list[tuple[str, str]] = []

    def show_slate(self, stream_id, kind, text=""):
        self.asked.append((kind.value, text))
        super().show_slate(stream_id, kind, text)

    def hide_slate(self, stream_id):
        self.asked.append(("hidden", ""))
        super().hide_slate(stream_id)

    def standing(self, stream_id) -> SlateKind | None:
        return self._entries[stream_id].slate


def application(database: Database, folder) -> web.Application:
    app = web.Application()
    app[DATABASE], app[STREAMS], app[CITY] = database, Watched(database), City()
    app[LOCALES] = Locales.read(ROOT, app[CITY])
    app[SEALED] = SealedRecordings(folder, lambda: bytes(32))
    return app


@pytest.fixture
async def app(database: Database, tmp_path):
    database.backplane = Backplane()
    async with database.transaction() as tx:
        for actor in (CLERK, KEEPER, RESIDENT, ADMIN):
            await tx.execute(
                "INSERT INTO account (login, name, folded) VALUES ($1, $2, lower($2))", actor.login, actor.name
            )
    found = application(database, tmp_path)
    await found[SEALED].load()
    return found


@pytest.fixture
async def session(app):
    planned = await council.plan_session(app[DATABASE], CLERK, DRAFT)
    async with app[DATABASE].transaction() as tx:
        started = await council_store.start_session(tx, planned.id)
    app[STREAMS].put_on_air(started.stream_id)
    return started


async def view(app, session_id) -> IntervalsView:
    async with app[DATABASE].transaction() as tx:
        return await actions.intervals_view(tx, RESIDENT, session_id)


def apply(before: IntervalsView, published, room: str) -> list:
    rows = {one.id: one for one in before.intervals}
    for one in published:
        if one.room == room and (
            one.event.interval.id not in rows or rows[one.event.interval.id].rev < one.event.interval.rev
        ):
            rows[one.event.interval.id] = one.event.interval
    return sorted(rows.values(), key=lambda one: (one.began_at, one.id))


async def audited(app) -> list[str]:
    async with app[DATABASE].transaction() as tx:
        return [row["action"] for row in await tx.records("SELECT action FROM audit_entry ORDER BY id")]


async def test_snapshot_and_events_are_a_fresh_snapshot_after_each_action(app, session):
    start, plane, room = await view(app, session.id), app[DATABASE].backplane, sealing_room(session.id)

    async def same():
        assert apply(start, plane.published, room) == (await view(app, session.id)).intervals

    noon = datetime.now(UTC) + timedelta(minutes=40)
    pause = await actions.start_break(app, CLERK, session.id, NewBreak(resumes_at=noon, note="obiad"))
    await same()
    assert (pause.kind, pause.resumes_at, pause.note, pause.ended_at) == ("break", noon, "obiad", None)
    later = await actions.announce_break(app, CLERK, session.id, pause.id, NewBreak(minutes=90))
    await same()
    assert later.resumes_at > noon
    closed = await actions.close_part(app, CLERK, session.id, CLOSED)
    await same()
    found = (await view(app, session.id)).intervals
    assert [(one.kind, one.ended_at is None) for one in found] == [("break", False), ("closed", True)]
    assert "dane stron" not in str(found), "the reason is for the record, not for everybody"
    await actions.end_interval(app, CLERK, session.id, closed.id)
    await same()
    locale = app[LOCALES].get(app[CITY].languages[0])
    at = [f"Wznowienie o {locale.format_time(one)}" for one in (noon, later.resumes_at)]
    assert app[STREAMS].asked == [("break", at[0]), ("break", at[1]), ("closed", ""), ("hidden", "")]
    assert (await audited(app))[-4:] == [
        "session.break",
        "session.break_until",
        "session.close_part",
        "session.open_part",
    ]


async def test_who_may_not_changes_nothing(app, session):
    for actor in (RESIDENT, KEEPER, Actor()):
        with pytest.raises(NotFound):
            await actions.start_break(app, actor, session.id, NewBreak(minutes=5))
        with pytest.raises(NotFound):
            await actions.close_part(app, actor, session.id, CLOSED)
    closed = await actions.close_part(app, ADMIN, session.id, CLOSED)
    for actor in (RESIDENT, KEEPER):
        with pytest.raises(NotFound):
            await actions.end_interval(app, actor, session.id, closed.id)
    assert app[STREAMS].standing(session.stream_id) is SlateKind.CLOSED
    assert app[STREAMS].asked == [("closed", "")]


async def test_orders_that_make_no_sense_are_refused(app, session):
    begin, at = actions.start_break, datetime.now(UTC)
    for new, field in (
        (NewBreak(resumes_at=at - timedelta(minutes=1)), "resumes_at"),
        (NewBreak(resumes_at=at + timedelta(days=15)), "resumes_at"),
        (NewBreak(resumes_at=datetime(2030, 1, 1)), "resumes_at"),  # noqa: DTZ001  # no zone is what is refused
    ):
        with pytest.raises(Invalid) as problem:
            await begin(app, CLERK, session.id, new)
        assert list(problem.value.fields) == [field]
    for new, fields in (
        (NewClosedPart("none", " ", "dane stron"), ["legal_basis"]),
        (NewClosedPart("sealed", "art. 5", "x"), ["reason"]),
        (NewClosedPart("sealed", "", ""), ["legal_basis", "reason"]),
    ):
        with pytest.raises(Invalid) as problem:
            await actions.close_part(app, CLERK, session.id, new)
        assert list(problem.value.fields) == fields
    assert app[STREAMS].asked == []
    pause = await begin(app, CLERK, session.id, NewBreak())
    assert pause.resumes_at is None
    with pytest.raises(Conflict):
        await begin(app, CLERK, session.id, NewBreak(minutes=5))
    await actions.end_interval(app, CLERK, session.id, pause.id)
    with pytest.raises(Conflict):
        await actions.end_interval(app, CLERK, session.id, pause.id)
    closed = await actions.close_part(app, CLERK, session.id, CLOSED)
    for refused in (begin(app, CLERK, session.id, NewBreak()), actions.close_part(app, CLERK, session.id, CLOSED)):
        with pytest.raises(Conflict):
            await refused
    with pytest.raises(Conflict):
        await actions.announce_break(app, CLERK, session.id, closed.id, NewBreak(minutes=5))
    planned = await council.plan_session(app[DATABASE], CLERK, DRAFT)
    with pytest.raises(Conflict):
        await actions.close_part(app, CLERK, planned.id, CLOSED)


async def test_the_picture_stays_hidden_when_the_decision_cannot_be_written(app, session, monkeypatch):
    """Whoever pressed meant it: what fails afterwards must not show the room again."""

    async def broken(*_, **__):
        raise OSError("the disk of the database is full")

    monkeypatch.setattr("app.database.Tx.audit", broken)
    with pytest.raises(OSError, match="full"):
        await actions.close_part(app, CLERK, session.id, CLOSED)
    assert app[STREAMS].standing(session.stream_id) is SlateKind.CLOSED
    assert (await view(app, session.id)).intervals == []
    monkeypatch.undo()
    await actions.close_part(app, CLERK, session.id, CLOSED)


@pytest.mark.parametrize("encoder_first", [True, False])
async def test_after_a_restart_it_is_still_closed(app, session, tmp_path, encoder_first):
    """Whoever comes first, the encoder or the session: there is no moment without the slate."""
    key = await council.create_stream_key(app[DATABASE], CLERK, session.id, "Kamera")
    closed = await actions.close_part(app, CLERK, session.id, CLOSED)
    again = application(app[DATABASE], tmp_path)
    if encoder_first:
        await again[STREAMS].claim(key.key, "127.0.0.1", Encoder())
        assert again[STREAMS].standing(session.stream_id) is SlateKind.CLOSED
    resumed = resume_live_sessions(again)
    await anext(resumed)
    assert again[STREAMS].standing(session.stream_id) is SlateKind.CLOSED
    if not encoder_first:
        await again[STREAMS].claim(key.key, "127.0.0.1", Encoder())
        assert again[STREAMS].standing(session.stream_id) is SlateKind.CLOSED
    worded = resume_intervals(again)
    await anext(worded)
    assert again[STREAMS].asked == [("closed", "")]
    await actions.end_interval(again, CLERK, session.id, closed.id)
    assert again[STREAMS].standing(session.stream_id) is None


class Encoder:
    def close(self, reason: str) -> None:
        pass


async def test_a_session_that_ends_in_a_closed_part_ends_it(app, session):
    closed = await actions.close_part(app, CLERK, session.id, CLOSED)
    async with app[DATABASE].transaction() as tx:
        ended = await council_store.end_session(tx, session.id)
        await actions.session_ended(tx, CLERK, ended)
    (row,) = (await view(app, session.id)).intervals
    assert row.ended_at is not None
    assert row.id == closed.id
    async with app[DATABASE].transaction() as tx:
        assert await council_store.standing_slates(tx) == {}
        assert await store.all_standing(tx) == []


async def test_nothing_that_was_said_in_a_closed_part_is_marked(app, session):
    closed = await actions.close_part(app, CLERK, session.id, CLOSED)
    insert = (
        "INSERT INTO council_speech (session_id, speaker, club, kind, state, limit_s, began_at, ended_at)"
        " VALUES ($1, $2, 'Klub', 'speech', 'spoken', 300, $3, $3)"
    )
    async with app[DATABASE].transaction() as tx:
        before = closed.began_at - timedelta(minutes=3)
        await tx.execute(insert, session.id, "Anna Kowal", before)
        await tx.execute(insert, session.id, "Świadek", datetime.now(UTC))
        found = await store.moments(tx, session.id)
    assert [(one.kind, one.title) for one in found] == [("speech", "Anna Kowal"), ("closed", "art. 5 ust. 2 u.d.i.p.")]
    assert (found[0].detail, found[0].began_at, found[1].ended_at) == ("Klub", before, None)


async def test_only_the_keeper_opens_and_says_why(app, session):
    sealed = await actions.close_part(app, CLERK, session.id, NewClosedPart("sealed", "art. 5", "dane stron"))
    for actor in (RESIDENT, CLERK, ADMIN, Actor()):
        with pytest.raises(NotFound):
            await actions.open_sealed(app, actor, sealed.id, 1, "sprawdzenie protokołu")
    with pytest.raises(Invalid):
        await actions.open_sealed(app, KEEPER, sealed.id, 1, "  ")
    part = await actions.open_sealed(app, KEEPER, sealed.id, 1, "sprawdzenie  protokołu")
    assert (part.stream_id, part.reason) == (session.stream_id, "dane stron")
    async with app[DATABASE].transaction() as tx:
        row = await tx.record("SELECT * FROM audit_entry ORDER BY id DESC LIMIT 1")
    assert (row["action"], row["details"]["reason"], row["details"]["file"]) == (
        "sealed.open",
        "sprawdzenie protokołu",
        1,
    )
    await actions.end_interval(app, CLERK, session.id, sealed.id)
    plain = await actions.close_part(app, CLERK, session.id, CLOSED)
    with pytest.raises(NotFound):
        await actions.open_sealed(app, KEEPER, plain.id, 1, "sprawdzenie protokołu")
