"""What the lead decides about letters that were set aside; files that are kept back, and come free."""

import pytest

from app.errors import Conflict, Forbidden, NotFound
from app.files import FileStore, Scanner
from portals.helpdesk import store as tickets
from portals.helpdesk.post import store
from portals.helpdesk.post.addressing import save_address
from portals.helpdesk.post.events import ROOM
from portals.helpdesk.post.intake import take_in
from portals.helpdesk.post.releasing import access_letter, check_again, check_unscanned, discard, make_ticket, restore
from portals.helpdesk.post.rows import AddressDraft
from tests.app.files.test_clamd import EICAR, FakeClamd
from tests.portals.helpdesk.desk import AGENT, AUDITOR, LEAD, OTHER_AGENT, STRANGER, TEACHER
from tests.portals.helpdesk.post.make_corpus import FOLDER, MIXED, TEXT, one
from tests.portals.helpdesk.post.making import attached, multipart
from tests.portals.helpdesk.post.stage import ADDRESSES, PostStage

POMOC = ADDRESSES[0]


@pytest.fixture
async def stage(database, tmp_path):
    return await PostStage.set(database, tmp_path)


async def aside(stage, name: str):
    await take_in(stage.post, (FOLDER / f"{name}.eml").read_bytes(), "lmtp", [POMOC])
    return (await stage.letters())[-1]


async def test_a_letter_that_was_set_aside_becomes_a_ticket(stage):
    line = await aside(stage, "list")
    ticket = await make_ticket(stage.post, LEAD, line.id)
    assert (ticket.subject, ticket.source, ticket.requester_email) == (
        "Drukarka w pokoju 12",
        "mail",
        "ewa@obca.example",
    )
    assert (await stage.texts(ticket.id))[0] == "Nie działa drukarka."
    with pytest.raises(Conflict):
        await make_ticket(stage.post, LEAD, line.id)
    with pytest.raises(Conflict):
        await discard(stage.post, LEAD, line.id)
    (after,) = await stage.letters()
    assert (after.handled, after.handled_name, after.ticket_id) == ("ticket", LEAD.name, ticket.id)
    assert [one.waiting for one in stage.desk.backplane.of(ROOM)] == [1, 0]
    assert {"letter.set_aside", "letter.make_ticket"} <= set(await stage.desk.audited())


async def test_one_that_cannot_be_read_becomes_a_ticket_that_says_so(stage):
    line = await aside(stage, "nested-too-deep")
    ticket = await make_ticket(stage.post, LEAD, line.id)
    assert ticket.subject == "Drukarka w pokoju 12"
    assert ticket.requester_email == "maria@szkola8.example"


async def test_discarding_and_taking_it_back(stage):
    line = await aside(stage, "hops")
    await discard(stage.post, LEAD, line.id)
    assert not (await stage.letters())[0].waits
    await restore(stage.post, LEAD, line.id)
    assert (await stage.letters())[0].waits
    with pytest.raises(Conflict):
        await restore(stage.post, LEAD, line.id)


async def test_who_may_decide_and_who_may_read(stage):
    line = await aside(stage, "list")
    for act in (make_ticket, discard, restore, check_again):
        for actor in (AGENT, AUDITOR, TEACHER, STRANGER):
            with pytest.raises(Forbidden):
                await act(stage.post, actor, line.id)
        with pytest.raises(NotFound):
            await act(stage.post, LEAD, 999)
    await take_in(stage.post, one("ticket"), "lmtp", [POMOC])
    mine = (await stage.letters())[-1]
    async with stage.post.database.transaction() as tx:
        assert (await access_letter(tx, AUDITOR, line.id)).id == line.id
        assert (await access_letter(tx, AGENT, mine.id)).id == mine.id  # a ticket of the agent's queue
        for actor, letter_id in ((AGENT, line.id), (OTHER_AGENT, mine.id), (TEACHER, mine.id)):
            with pytest.raises(NotFound):
                await access_letter(tx, actor, letter_id)


async def files_of(stage, ticket_id: int) -> list[str]:
    async with stage.post.database.transaction() as tx:
        return [file.name for entry in await tickets.entries(tx, [ticket_id]) for file in entry.files]


async def test_files_wait_while_the_scanner_is_away_and_come_free_when_it_is_back(database, tmp_path):
    clamd = FakeClamd()
    letter = one(
        "scan",
        MIXED,
        body=multipart(TEXT, attached("a.txt", "text/plain", b"czysty"), attached("b.txt", "text/plain", EICAR)),
    )
    async with clamd.serving() as address:
        port = int(address.rpartition(":")[2])
    stage = await PostStage.set(database, tmp_path, FileStore.in_folder(tmp_path, Scanner(address, 5)))
    (came,) = await take_in(stage.post, letter, "lmtp", [POMOC])
    assert came.outcome == "ticket"
    assert await files_of(stage, came.ticket_id) == []
    assert "a.txt" in (await stage.texts(came.ticket_id))[-1]
    assert await check_unscanned(stage.post) == 0

    import asyncio

    server = await asyncio.start_server(clamd.client, "127.0.0.1", port)
    try:
        assert await check_unscanned(stage.post) == 1
        assert await files_of(stage, came.ticket_id) == ["a.txt"]
        assert await check_unscanned(stage.post) == 0
    finally:
        server.close()
    async with database.transaction() as tx:
        found = {
            one.name: (one.reason, one.released_at is not None) for one in await store.withheld(tx, came.letter_id)
        }
    assert found == {"a.txt": ("unscanned", True), "b.txt": ("malware", False)}


async def test_a_file_that_was_too_large_comes_free_by_hand(database, tmp_path):
    small = await PostStage.set(database, tmp_path, file_bytes=1000)
    letter = one("large", MIXED, body=multipart(TEXT, attached("a.txt", "text/plain", b"a" * 2000)))
    (came,) = await take_in(small.post, letter, "lmtp", [POMOC])
    assert await check_again(small.post, LEAD, came.letter_id) == 0
    import msgspec

    settings = msgspec.structs.replace(small.post.settings, file_bytes=5000)
    assert await check_again(msgspec.structs.replace(small.post, settings=settings), LEAD, came.letter_id) == 1
    assert await files_of(small, came.ticket_id) == ["a.txt"]


async def test_addresses_are_the_leads(stage):
    database = stage.post.database
    draft = AddressDraft(address=" Sekretariat@Gryf.example ", name="Sekretariat", queue_id=stage.desk.second)
    made = await save_address(database, LEAD, 0, draft)
    async with database.transaction() as tx:
        saved = await store.address(tx, made)
    assert (saved.address, saved.queue_id, saved.rev) == ("sekretariat@gryf.example", stage.desk.second, 1)
    (came,) = await take_in(stage.post, one("sek"), "lmtp", ["sekretariat@gryf.example"])
    async with database.transaction() as tx:
        assert (await tickets.ticket(tx, came.ticket_id)).queue_id == stage.desk.second
    for actor in (AGENT, AUDITOR, TEACHER):
        with pytest.raises(Forbidden):
            await save_address(database, actor, 0, draft)
    with pytest.raises(Conflict):
        await save_address(
            database, LEAD, made, AddressDraft(address="x@gryf.example", queue_id=stage.desk.first, rev=7)
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"address": "nikt"}, "address"),
        ({"address": "a+b@gryf.example"}, "address"),
        ({"address": "pomoc@gryf.example"}, "address"),
        ({"name": "x" * 90}, "name"),
        ({"queue_id": 999}, "queue_id"),
        ({"unit_id": 999}, "unit_id"),
    ],
)
async def test_what_is_wrong_with_an_address_is_said_beside_its_field(stage, changes, field):
    from app.errors import Invalid

    values = {"address": "nowy@gryf.example", "queue_id": stage.desk.first, **changes}
    with pytest.raises(Invalid) as refused:
        await save_address(stage.post.database, LEAD, 0, AddressDraft(**values))
    assert list(refused.value.fields) == [field]


async def test_an_address_of_a_unit_makes_tickets_of_the_unit(stage):
    database = stage.post.database
    draft = AddressDraft(address="sp8@gryf.example", queue_id=stage.desk.first, unit_id=stage.desk.other_school)
    await save_address(database, LEAD, 0, draft)
    (came,) = await take_in(stage.post, one("sp8"), "lmtp", ["sp8@gryf.example"])
    async with database.transaction() as tx:
        assert (await tickets.ticket(tx, came.ticket_id)).unit_id == stage.desk.other_school
