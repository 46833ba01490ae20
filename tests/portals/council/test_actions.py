"""What people do with a session, on a real database and with real streams."""

import asyncio
from datetime import UTC, datetime

import pytest
from aiohttp import web

from app.actor import SYSTEM, Actor, Grant
from app.database import DATABASE, Database, Publication
from app.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded, TooMany
from media.continuity.model import Slot
from media.streams import STREAMS, PublishRefused, Streams
from portals.council import actions, store
from portals.council.model import (
    AgendaItemChanged,
    AgendaReplaced,
    ChatMessageHidden,
    ChatMessageSent,
    ChatView,
    SessionChanged,
    SessionDraft,
    SessionView,
)

CLERK = Actor(account_id=1, name="Iwona Sadowska", login="clerk", grants=(Grant("clerk", "1"),))
RESIDENT = Actor(account_id=2, name="Jan Wrona", login="jan")
MODERATOR = Actor(account_id=3, name="Adam Piekarski", login="adam", grants=(Grant("moderator", "1"),))
NOBODY = Actor()
DRAFT = SessionDraft(
    number="XXXI",
    title="XXXI sesja Rady Miejskiej",
    place="Ratusz",
    planned_at=datetime(2026, 11, 25, 9, 0, tzinfo=UTC),
    agenda=["Otwarcie", "Budżet", "Interpelacje"],
)


class Backplane:
    """Keeps what was published, in order."""

    def __init__(self):
        self.published: list[Publication] = []

    async def stage(self, tx, publications):
        pass

    def dispatch(self, publications):
        self.published += publications

    def types(self):
        return [type(one.event) for one in self.published]


class Encoder:
    def __init__(self):
        self.closed = ""

    def close(self, reason):
        self.closed = reason


@pytest.fixture
async def app(database: Database):
    database.backplane = Backplane()
    async with database.transaction() as tx:
        for actor in (CLERK, RESIDENT, MODERATOR):
            await tx.execute(
                "INSERT INTO account (login, name, folded) VALUES ($1, $2, lower($2))", actor.login, actor.name
            )
        ids = dict(await tx.records("SELECT login, id FROM account"))
    assert ids == {"clerk": 1, "jan": 2, "adam": 3}
    application = web.Application()
    application[DATABASE] = database

    async def authorise(key, address):
        return await actions.authorise_publish(database, key, address)

    application[STREAMS] = Streams(authorise)
    return application


@pytest.fixture
async def session(app):
    return await actions.plan_session(app[DATABASE], CLERK, DRAFT)


async def view(app, session_id) -> SessionView:
    async with app[DATABASE].transaction() as tx:
        return await actions.session_view(tx, NOBODY, session_id)


async def chat(app, session_id) -> ChatView:
    async with app[DATABASE].transaction() as tx:
        return await actions.chat_view(tx, NOBODY, session_id)


def apply(before: SessionView, published: list[Publication], room: str) -> SessionView:
    """What a live page makes of a snapshot and the events after it."""
    session, items = before.session, {item.id: item for item in before.items}
    for one in published:
        if one.room != room:
            continue
        if isinstance(one.event, SessionChanged) and one.event.session.rev > session.rev:
            session = one.event.session
        if isinstance(one.event, AgendaReplaced):
            items = {item.id: item for item in one.event.items}
        if isinstance(one.event, AgendaItemChanged):
            known = items.get(one.event.item.id)
            if known is None or one.event.item.rev > known.rev:
                items[one.event.item.id] = one.event.item
    return SessionView(session, sorted(items.values(), key=lambda item: item.position))


async def test_a_whole_session_as_its_page_sees_it(app, session):
    """Snapshot and events equal a fresh snapshot, after each action."""
    room = f"council/session/{session.id}"
    start = await view(app, session.id)
    plane = app[DATABASE].backplane
    first, second, _third = start.items

    async def same():
        assert apply(start, plane.published, room) == await view(app, session.id)

    await actions.start_session(app, CLERK, session.id)
    await same()
    await actions.set_current_item(app[DATABASE], CLERK, session.id, first.id)
    await same()
    await actions.set_current_item(app[DATABASE], CLERK, session.id, second.id)
    await same()
    await actions.edit_session(
        app[DATABASE],
        CLERK,
        session.id,
        SessionDraft("XXXI", "XXXI sesja", "Ratusz", DRAFT.planned_at, ["Otwarcie", "Nowy punkt", "Budżet"]),
    )
    await same()
    await actions.set_current_item(app[DATABASE], CLERK, session.id, first.id)
    await same()
    await actions.open_chat(app[DATABASE], CLERK, session.id, is_open=False)
    await same()
    await actions.end_session(app, CLERK, session.id)
    await same()
    end = await view(app, session.id)
    assert end.session.state == "ended"
    assert [(item.number, item.title, item.state) for item in end.items] == [
        ("1", "Otwarcie", "done"),
        ("2", "Nowy punkt", "waiting"),
        ("3", "Budżet", "done"),
    ]
    async with app[DATABASE].transaction() as tx:
        marks = await store.marks(tx, session.id)
    assert [mark.item_id for mark in marks] == [first.id, second.id, first.id]
    assert [mark.marked_at for mark in marks] == sorted(mark.marked_at for mark in marks)


async def test_chat_events_equal_a_fresh_snapshot(app, session):
    await actions.start_session(app, CLERK, session.id)
    await actions.open_chat(app[DATABASE], CLERK, session.id, is_open=True)
    plane = app[DATABASE].backplane
    plane.published.clear()
    first = await actions.send_message(app[DATABASE], RESIDENT, session.id, "  Dzień dobry  ")
    await actions.send_message(app[DATABASE], CLERK, session.id, "Dzień dobry Państwu")
    await actions.hide_message(app[DATABASE], MODERATOR, session.id, first.id)
    rows = {}
    for one in plane.published:
        if one.room == f"council/session/{session.id}/chat":
            rows[one.event.message.id] = one.event.message
    fresh = await chat(app, session.id)
    assert list(rows.values()) == fresh.messages
    assert plane.types()[-3:] == [ChatMessageSent, ChatMessageSent, ChatMessageHidden]
    hidden = fresh.messages[0]
    assert (hidden.hidden, hidden.body, hidden.author) == (True, "", "")
    restored = await actions.restore_message(app[DATABASE], MODERATOR, session.id, first.id)
    assert (restored.body, restored.author, restored.rev) == ("Dzień dobry", "Jan Wrona", 3)


async def test_only_those_who_run_sessions_run_them(app, session):
    with pytest.raises(Forbidden):
        await actions.plan_session(app[DATABASE], RESIDENT, DRAFT)
    for actor in (NOBODY, RESIDENT, MODERATOR):
        with pytest.raises(NotFound):
            await actions.start_session(app, actor, session.id)
        with pytest.raises(NotFound):
            await actions.create_stream_key(app[DATABASE], actor, session.id, "Kamera")
        with pytest.raises(NotFound):
            await actions.open_chat(app[DATABASE], actor, session.id, is_open=False)
    await actions.start_session(app, CLERK, session.id)
    await actions.open_chat(app[DATABASE], CLERK, session.id, is_open=True)
    message = await actions.send_message(app[DATABASE], RESIDENT, session.id, "Dzień dobry")
    with pytest.raises(NotFound):
        await actions.hide_message(app[DATABASE], RESIDENT, session.id, message.id)
    with pytest.raises(SignInNeeded):
        await actions.send_message(app[DATABASE], NOBODY, session.id, "Dzień dobry")


async def test_order_of_things_is_kept(app, session):
    item = (await view(app, session.id)).items[0]
    with pytest.raises(Conflict):
        await actions.set_current_item(app[DATABASE], CLERK, session.id, item.id)
    with pytest.raises(Conflict):
        await actions.end_session(app, CLERK, session.id)
    with pytest.raises(Conflict):
        await actions.send_message(app[DATABASE], RESIDENT, session.id, "Za wcześnie")
    await actions.start_session(app, CLERK, session.id)
    with pytest.raises(Conflict):
        await actions.start_session(app, CLERK, session.id)
    with pytest.raises(NotFound):
        await actions.set_current_item(app[DATABASE], CLERK, session.id, item.id + 999)
    await actions.end_session(app, CLERK, session.id)
    with pytest.raises(Conflict):
        await actions.edit_session(app[DATABASE], CLERK, session.id, DRAFT)
    with pytest.raises(Conflict):
        await actions.create_stream_key(app[DATABASE], CLERK, session.id, "Za późno")


async def test_two_presses_at_once_make_one_current_item(app, session):
    await actions.start_session(app, CLERK, session.id)
    items = (await view(app, session.id)).items
    await asyncio.gather(*(actions.set_current_item(app[DATABASE], CLERK, session.id, item.id) for item in items * 3))
    states = [item.state for item in (await view(app, session.id)).items]
    assert sorted(states) == ["current", "done", "done"]


async def test_two_starts_at_once_are_one_start(app, session):
    results = await asyncio.gather(
        *(actions.start_session(app, CLERK, session.id) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, Conflict) for one in results) == 4
    assert app[STREAMS].is_on_air(session.stream_id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"number": "x" * 21}, "number"),
        ({"agenda": []}, "agenda"),
        ({"agenda": ["x"] * 201}, "agenda"),
        ({"agenda": ["x" * 501]}, "agenda"),
    ],
)
async def test_drafts_name_the_field_that_is_wrong(app, changes, field):
    import msgspec

    with pytest.raises(Invalid) as caught:
        await actions.plan_session(app[DATABASE], CLERK, msgspec.structs.replace(DRAFT, **changes))
    assert set(caught.value.fields) == {field}
    async with app[DATABASE].transaction() as tx:
        assert await tx.value("SELECT count(*) FROM council_session") == 0


async def test_same_day_and_number_get_addresses_of_their_own(app, session):
    other = await actions.plan_session(app[DATABASE], CLERK, DRAFT)
    assert (session.slug, other.slug) == ("xxxi-2026-11-25", "xxxi-2026-11-25-2")
    assert session.stream_id != other.stream_id


async def test_a_debated_item_cannot_be_taken_away(app, session):
    await actions.start_session(app, CLERK, session.id)
    item = (await view(app, session.id)).items[0]
    await actions.set_current_item(app[DATABASE], CLERK, session.id, item.id)
    before = await view(app, session.id)
    with pytest.raises(Invalid) as caught:
        await actions.edit_session(
            app[DATABASE], CLERK, session.id, SessionDraft("XXXI", "x", "", DRAFT.planned_at, ["Budżet"])
        )
    assert set(caught.value.fields) == {"agenda"}
    assert await view(app, session.id) == before


async def test_a_chat_is_closed_until_somebody_opens_it(app, session):
    started = await actions.start_session(app, CLERK, session.id)
    assert started.chat_open is False
    with pytest.raises(Conflict):
        await actions.send_message(app[DATABASE], RESIDENT, session.id, "Dzień dobry")
    await actions.open_chat(app[DATABASE], CLERK, session.id, is_open=True)
    assert (await actions.send_message(app[DATABASE], RESIDENT, session.id, "Dzień dobry")).body == "Dzień dobry"


async def test_messages_have_limits(app, session):
    await actions.start_session(app, CLERK, session.id)
    await actions.open_chat(app[DATABASE], CLERK, session.id, is_open=True)
    for words in ("", " \n ", "\u202e"):
        with pytest.raises(Invalid):
            await actions.send_message(app[DATABASE], CLERK, session.id, words)
    with pytest.raises(Invalid):
        await actions.send_message(app[DATABASE], MODERATOR, session.id, "ą" * 501)
    sent = 0
    with pytest.raises(TooMany) as caught:
        for _ in range(20):
            await actions.send_message(app[DATABASE], RESIDENT, session.id, "Halo")
            sent += 1
    assert sent == actions.CHAT_LIMIT.burst
    assert 1 <= caught.value.retry_after_s <= 3


async def test_stream_keys_open_their_session_until_revoked(app, session):
    key = await actions.create_stream_key(app[DATABASE], CLERK, session.id, "Kamera")
    async with app[DATABASE].transaction() as tx:
        stored = await tx.record("SELECT * FROM stream_key")
    assert key.key not in str(dict(stored))
    streams = app[STREAMS]
    encoder = Encoder()
    stream = await streams.claim(key.key, "127.0.0.1", encoder)
    assert stream.id == session.stream_id
    assert not streams.is_on_air(session.stream_id)
    assert streams.preview_id(session.stream_id) not in {None, session.stream_id}
    await actions.start_session(app, CLERK, session.id)
    assert streams.is_on_air(session.stream_id)
    await actions.revoke_stream_key(app, CLERK, session.id, key.id)
    assert "revoked" in encoder.closed
    with pytest.raises(PublishRefused):
        await streams.claim(key.key, "127.0.0.1", Encoder())
    with pytest.raises(NotFound):
        await actions.revoke_stream_key(app, CLERK, session.id, key.id)


async def test_a_backup_key_feeds_the_same_session_and_is_revoked_alone(app, session):
    first = await actions.create_stream_key(app[DATABASE], CLERK, session.id, "Kamera")
    second = await actions.create_stream_key(app[DATABASE], CLERK, session.id, "", Slot.BACKUP)
    assert (first.slot, second.slot, second.label) == ("primary", "backup", "Backup encoder")
    streams, encoders = app[STREAMS], (Encoder(), Encoder())
    for key, encoder in zip((first, second), encoders, strict=True):
        stream = await streams.claim(key.key, "127.0.0.1", encoder)
        assert stream.id == session.stream_id
    await actions.pin_encoder(app, CLERK, session.id, Slot.BACKUP)
    assert streams.pinned(session.stream_id) is Slot.BACKUP
    await actions.revoke_stream_key(app, CLERK, session.id, second.id)
    assert not encoders[0].closed
    assert "revoked" in encoders[1].closed
    with pytest.raises(NotFound):
        await actions.pin_encoder(app, RESIDENT, session.id, None)
    async with app[DATABASE].transaction() as tx:
        lines = await tx.records("SELECT action FROM audit_entry ORDER BY id")
    assert "stream.pin" in {line["action"] for line in lines}


async def test_ending_a_session_closes_its_encoder_and_its_key(app, session):
    key = await actions.create_stream_key(app[DATABASE], CLERK, session.id, "")
    await actions.start_session(app, CLERK, session.id)
    encoder = Encoder()
    await app[STREAMS].claim(key.key, "127.0.0.1", encoder)
    await actions.end_session(app, CLERK, session.id)
    assert encoder.closed
    with pytest.raises(PublishRefused):
        await app[STREAMS].claim(key.key, "127.0.0.1", Encoder())


async def test_every_action_leaves_an_audit_line(app, session):
    key = await actions.create_stream_key(app[DATABASE], CLERK, session.id, "Kamera")
    await actions.edit_session(app[DATABASE], CLERK, session.id, DRAFT)
    await actions.start_session(app, CLERK, session.id)
    await actions.open_chat(app[DATABASE], CLERK, session.id, is_open=True)
    item = (await view(app, session.id)).items[0]
    await actions.set_current_item(app[DATABASE], CLERK, session.id, item.id)
    message = await actions.send_message(app[DATABASE], RESIDENT, session.id, "Dzień dobry")
    await actions.hide_message(app[DATABASE], MODERATOR, session.id, message.id)
    await actions.restore_message(app[DATABASE], MODERATOR, session.id, message.id)
    await actions.open_chat(app[DATABASE], CLERK, session.id, is_open=False)
    await actions.allow_takeover(app, CLERK, session.id)
    await actions.revoke_stream_key(app, CLERK, session.id, key.id)
    await actions.end_session(app, CLERK, session.id)
    async with app[DATABASE].transaction() as tx:
        lines = await tx.records("SELECT action, subject FROM audit_entry ORDER BY id")
    assert [line["action"] for line in lines] == [
        "session.plan",
        "stream_key.create",
        "session.edit",
        "session.start",
        "chat.open",
        "session.item",
        "chat.send",
        "chat.hide",
        "chat.restore",
        "chat.close",
        "stream.takeover",
        "stream_key.revoke",
        "session.end",
    ]
    assert {line["subject"] for line in lines} == {f"session/{session.id}"}


async def test_a_rollback_publishes_nothing(app, session):
    plane = app[DATABASE].backplane
    plane.published.clear()
    with pytest.raises(Conflict):
        await actions.end_session(app, CLERK, session.id)
    assert plane.published == []


async def test_the_system_may_plan_for_demonstrations(app):
    session = await actions.plan_session(app[DATABASE], SYSTEM, DRAFT)
    assert session.state == "planned"
