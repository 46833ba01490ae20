"""The clerks' notes: kept as typed, never written over, seen by nobody else."""

import pytest

from app.actor import Actor, Grant
from app.errors import Conflict, Invalid, NotFound
from portals.council import actions as council
from portals.council import store as council_store
from portals.council.model import ItemDraft
from portals.council.notes import actions
from portals.council.notes.model import NotesView, NoteWords, notes_room
from tests.portals.council.stage import CLERK, DRAFT, OTHERS, add_term, audited, changed, furnish

ADMIN = Actor(account_id=1, name="Robert Kania", login="robert", grants=(Grant("admin", "1"),))


@pytest.fixture
async def plane(database):
    found = await furnish(database)
    await add_term(database)
    return found


@pytest.fixture
async def session(database, plane):
    return await council.plan_session(database, CLERK, DRAFT)


async def items(database, session):
    async with database.transaction() as tx:
        return await council_store.agenda(tx, session.id)


async def view(database, session, actor=CLERK) -> NotesView:
    async with database.transaction(readonly=True) as tx:
        return await actions.notes_view(tx, actor, session.id)


def applied(before: NotesView, events) -> list:
    rows = {note.id: note for note in before.notes}
    rows |= {event.note.id: event.note for event in events}
    return sorted(rows.values(), key=lambda note: note.id)


async def test_notes_are_kept_and_snapshot_and_events_are_a_fresh_snapshot(database, plane, session):
    _opening, budget, _end = await items(database, session)
    start = await view(database, session)
    whole = await actions.write_note(database, CLERK, session.id, NoteWords("Żółta teczka", 0))
    first = await actions.write_note(database, CLERK, session.id, NoteWords("Pytanie o żłobek", 0, budget.id))
    again = await actions.write_note(database, ADMIN, session.id, NoteWords("Pytanie o żłobek i park", 1, budget.id))
    assert (first.rev, again.rev, again.changed_by, again.about) == (1, 2, "Iwona Sadowska", "2. Budżet")
    found = await view(database, session)
    assert [(note.kind, note.item_id, note.body) for note in found.notes] == [
        ("session", None, "Żółta teczka"),
        ("item", budget.id, "Pytanie o żłobek i park"),
    ]
    assert applied(start, plane.of(notes_room(session.id))) == sorted(found.notes, key=lambda note: note.id)
    assert whole.id == found.notes[0].id
    assert (await audited(database))[-3:] == ["note.write"] * 3
    async with database.transaction() as tx:
        assert "żłobek" not in str(await tx.records("SELECT * FROM audit_entry"))


async def test_who_typed_into_an_older_note_is_told_and_writes_over_nothing(database, plane, session):
    budget = (await items(database, session))[1]
    await actions.write_note(database, CLERK, session.id, NoteWords("Jedna", 0, budget.id))
    published = len(plane.published)
    for rev in (0, 2, 7):
        with pytest.raises(Conflict):
            await actions.write_note(database, ADMIN, session.id, NoteWords("Druga", rev, budget.id))
    same = await actions.write_note(database, CLERK, session.id, NoteWords("Jedna", 0, budget.id))  # sent once more
    assert (same.rev, len(plane.published)) == (1, published)
    assert (await view(database, session)).notes[0].body == "Jedna"
    with pytest.raises(Invalid):
        await actions.write_note(database, CLERK, session.id, NoteWords("x" * 20_001, 1, budget.id))
    assert (await actions.write_note(database, CLERK, session.id, NoteWords("", 1, budget.id))).body == ""


async def test_a_note_outlives_its_item_and_stays_when_the_agenda_is_rewritten(database, plane, session):
    opening, budget, end = await items(database, session)
    for item in (opening, budget):
        await actions.write_note(database, CLERK, session.id, NoteWords(f"do {item.title}", 0, item.id))
    rest = [ItemDraft(title=one.title, id=one.id) for one in (end, opening)]
    await council.edit_session(database, CLERK, session.id, changed(DRAFT, items=rest))
    found = (await view(database, session)).notes
    assert [(note.item_id, note.about, note.body) for note in found] == [
        (opening.id, "1. Otwarcie", "do Otwarcie"),
        (None, "2. Budżet", "do Budżet"),
    ]
    with pytest.raises(NotFound):
        await actions.write_note(database, CLERK, session.id, NoteWords("dalej", 1, budget.id))


async def test_nobody_else_reads_or_writes(database, plane, session):
    await actions.write_note(database, CLERK, session.id, NoteWords("Tajne", 0))
    for actor in OTHERS:
        with pytest.raises(NotFound):
            await view(database, session, actor)
        with pytest.raises(NotFound):
            await actions.write_note(database, actor, session.id, NoteWords("Moje", 1))
    assert [one.room for one in plane.published if "Tajne" in str(one.event)] == [notes_room(session.id)]
