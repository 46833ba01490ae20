"""Tickets of another system: what a file says, that nothing comes twice or rings, and that it goes on after a stop."""

import asyncio
import csv
import io
import re
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import aiohttp
import pytest
import xlsxwriter

from app.database import Database, open_pool
from app.errors import Conflict, Forbidden, Invalid
from portals.helpdesk.events import alerts_room
from portals.helpdesk.finding import import_store, importing, imports
from portals.helpdesk.sla import watching
from tests.portals.helpdesk.desk import AGENT, AUDITOR, LEAD, NUMBER, TEACHER, Desk
from tests.portals.helpdesk.sla.office import get, open_office, post

WARSAW = ZoneInfo("Europe/Warsaw")
HEAD = ("Numer", "Temat", "Opis", "Zgłaszający", "E-mail", "Jednostka", "Stan", "Priorytet", "Zgłoszono", "Rozwiązano",
        "Prowadzi", "Odpowiedź", "Notatka", "Etykieta urządzenia")  # fmt: skip
FIRST = ("A-1", "Drukarka nie drukuje", "Od rana.\n\n- błąd 49\n- miga lampka", "Jan Wrona", "jan@gryf.example", "SP 5",
         "zamknięte", "wysoki", "2024-03-25 10:15", "26.03.2024 12:00", "adam", "Wymieniony bęben", "=gwarancja?", NUMBER)  # fmt: skip
SECOND = ("A-2", "Brak internetu", "", "Zofia Żółkiewska", "", "", "w toku", "", "31.03.2024 02:30", "", "Ktoś dawny", "",
          "", "")  # fmt: skip


def table(*rows, delimiter=";") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([HEAD, *rows])
    return out.getvalue()


@pytest.fixture
async def desk(database):
    return await Desk.set(database)


async def take(desk, content: bytes | str, system: str = "OTRS", actor=LEAD):
    data = content.encode() if isinstance(content, str) else content
    return await importing.take_in(desk.database, actor, system, "zgłoszenia.csv", data, WARSAW)


async def run(desk, found) -> None:
    await importing.act(desk.database, LEAD, found.id, "start")
    while await importing.import_some(desk.database):
        pass


async def rows(desk, sql: str, *values):
    async with desk.database.transaction() as tx:
        return [dict(one) for one in await tx.records(sql, *values)]


async def test_a_line_becomes_a_ticket_with_its_history(desk):
    found = await take(desk, table(FIRST, SECOND))
    assert (found.lines, found.faults, found.state, found.encoding) == (2, 0, "shown", "UTF-8")
    assert await rows(desk, "SELECT id FROM ticket") == []
    await run(desk, found)
    old, new = await rows(desk, "SELECT * FROM ticket ORDER BY sent_at")
    assert (old["subject"], old["state"], old["priority"], old["source"]) == (
        "Drukarka nie drukuje",
        "closed",
        3,
        "api",
    )
    assert old["sent_at"] == datetime(2024, 3, 25, 9, 15, tzinfo=UTC)
    assert old["closed_at"] == datetime(2024, 3, 26, 11, 0, tzinfo=UTC)
    assert (old["requester_id"], old["unit_id"], old["device_id"]) == (TEACHER.account_id, desk.school, desk.device)
    assert (old["assignee_id"], old["queue_id"], old["waits_for_us"]) == (AGENT.account_id, desk.first, False)
    entries = await rows(
        desk, "SELECT kind, public, text, author_name FROM ticket_entry WHERE ticket_id = $1 ORDER BY id", old["id"]
    )
    assert [tuple(one.values()) for one in entries] == [
        ("reply", True, "Od rana.\n\n- błąd 49\n- miga lampka", "Jan Wrona"),
        ("note", False, "=gwarancja?", "adam"),
        ("reply", True, "Wymieniony bęben", "adam"),
    ]
    assert (new["state"], new["requester_id"], new["assignee_id"], new["waits_for_us"]) == ("open", None, None, True)
    assert new["sent_at"] == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)  # 2:30 of that night there was none: 3:30
    spans = await rows(
        desk, "SELECT state, ended_at IS NULL AS runs FROM ticket_span WHERE ticket_id = $1 ORDER BY id", old["id"]
    )
    assert [tuple(one.values()) for one in spans] == [("open", False), ("closed", True)]


async def test_nothing_rings_and_nobody_is_written_to(desk):
    now = datetime.now(WARSAW).strftime("%Y-%m-%d %H:%M")
    fresh = (
        "A-3",
        "Sprzed chwili",
        "",
        "Jan",
        "jan@gryf.example",
        "",
        "zamknięte",
        "",
        now,
        now,
        "adam",
        "Już",
        "",
        "",
    )
    await run(desk, await take(desk, table(FIRST, SECOND, fresh)))
    assert desk.backplane.of(alerts_room(desk.first)) == []
    rooms = {one.room for one in desk.backplane.published}
    assert all(room.startswith("helpdesk/import/") for room in rooms), rooms
    for left in ("helpdesk_outgoing", "push_notice", "helpdesk_bell_mark", "webhook_event", "mail_outbox"):
        async with desk.database.transaction() as tx:
            if await tx.value("SELECT to_regclass($1)", left) is not None:
                assert await tx.value(f"SELECT count(*) FROM {left}") == 0, left
    await watching.settle(desk.database, "Europe/Warsaw")
    alarms = await rows(desk, "SELECT quiet FROM ticket_alarm")
    assert all(one["quiet"] for one in alarms)
    clocks = await rows(desk, "SELECT t.state FROM ticket_clock c JOIN ticket t ON t.id = c.ticket_id")
    assert {one["state"] for one in clocks} <= {"open"}  # what was done elsewhere is in no report of promises


async def test_the_same_file_twice_makes_nothing_twice(desk):
    await run(desk, await take(desk, table(FIRST)))
    again = await take(desk, table(FIRST, SECOND))
    async with desk.database.transaction() as tx:
        assert await import_store.known_among(tx, again.id) == 1
    await run(desk, again)
    async with desk.database.transaction() as tx:
        done = await import_store.one_import(tx, again.id)
    assert (done.state, done.made, done.known, done.done) == ("done", 1, 1, 2)
    assert len(await rows(desk, "SELECT id FROM ticket")) == 2
    await run(desk, await take(desk, table(FIRST), system="Inny system"))
    assert len(await rows(desk, "SELECT id FROM ticket")) == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250", "iso-8859-2"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
async def test_encodings_and_delimiters(desk, encoding, delimiter):
    await run(desk, await take(desk, table(FIRST, SECOND, delimiter=delimiter).encode(encoding)))
    names = await rows(desk, "SELECT requester_name FROM ticket ORDER BY id")
    assert [one["requester_name"] for one in names] == ["Jan Wrona", "Zofia Żółkiewska"]


async def test_a_workbook(desk, tmp_path):
    path = tmp_path / "zgloszenia.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for line, cells in enumerate((HEAD, FIRST, SECOND)):
            for column, cell in enumerate(cells):
                sheet.write_string(line, column, cell)
        sheet.write_datetime(
            2,
            HEAD.index("Zgłoszono"),
            datetime(2024, 3, 31, 12, 0),  # noqa: DTZ001  # a workbook has no zones
            book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        )
    found = await take(desk, path.read_bytes())
    assert (found.lines, found.faults, found.encoding) == (2, 0, "XLSX")
    await run(desk, found)
    assert await rows(desk, "SELECT text FROM ticket_entry WHERE text LIKE 'Od rana%'") == [{"text": FIRST[2]}]
    assert (await rows(desk, "SELECT sent_at FROM ticket ORDER BY id"))[1]["sent_at"] == datetime(
        2024, 3, 31, 10, 0, tzinfo=UTC
    )


async def test_each_fault_names_its_line_and_the_rest_is_taken(desk):
    def changed(number: str, **cells: str):
        row = list(FIRST)
        row[0] = number
        for name, value in cells.items():
            row[HEAD.index(name.replace("_", " "))] = value
        return row

    bad = (
        changed("B-1", Jednostka="SP 99"), changed("B-2", Stan="dziwny"), changed("B-3", Zgłoszono="kiedyś"),
        changed("B-4", Rozwiązano="2024-01-01"), changed("B-5", Etykieta_urządzenia="999999"), changed("B-6", Temat=""),
        changed("B-7", Zgłaszający="", **{"E-mail": ""}), changed("B-8", Priorytet="mega"),
        changed("B-9", Zgłoszono="2999-01-01", Rozwiązano=""), changed("B-10", Temat="x" * 201), changed("A-1"),
        changed("B-11", **{"E-mail": "to nie adres"}),
    )  # fmt: skip
    found = await take(desk, table(FIRST, *bad))
    async with desk.database.transaction() as tx:
        faults = await import_store.faults_of(tx, found.id)
    columns = ["Jednostka", "Stan", "Zgłoszono", "Rozwiązano", "Etykieta urządzenia", "Temat", "Zgłaszający", "Priorytet",
               "Zgłoszono", "Temat", "Numer", "E-mail"]  # fmt: skip
    first = 6  # the first ticket's description takes three lines
    assert [one.column for one in faults] == columns
    assert sorted(one.line for one in faults) == [one.line for one in faults]
    assert faults[0].line == first
    assert found.lines == 1
    await run(desk, found)
    assert len(await rows(desk, "SELECT id FROM ticket")) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"", b"   \n", b"PK\x03\x04 broken", b"\x00\x01\x02\x03", b"Numer;Temat\nA-1;x", b"Numer;Temat;Zgloszono;Dziwna\n1;x;2024-01-01;y",
        b'Numer;Temat;Zgloszono\n1;"nie domkniety;2024-01-01', "Numer;Numer;Temat;Zgłoszono\n1;1;x;2024-01-01".encode(),
        b"\xff\xfeN\x00u", bytes(range(128, 256)) * 10, b"%PDF-1.7 nie tabela",
    ],
)  # fmt: skip
async def test_broken_files_are_refused_whole(desk, content):
    with pytest.raises(Invalid) as refused:
        await take(desk, content)
    assert refused.value.fields["file"]
    assert await rows(desk, "SELECT id FROM helpdesk_import") == []


async def test_only_leads_import(desk):
    for actor in (AGENT, AUDITOR, TEACHER):
        with pytest.raises(Forbidden):
            await take(desk, table(FIRST), actor=actor)
    found = await take(desk, table(FIRST))
    for actor in (AGENT, AUDITOR, TEACHER):
        with pytest.raises(Forbidden):
            await importing.act(desk.database, actor, found.id, "start")
    with pytest.raises(Conflict):
        await importing.act(desk.database, LEAD, found.id, "stop")
    assert [one for one in await desk.audited() if one.startswith("ticket_import")] == ["ticket_import.take_in"]


def many(count: int) -> str:
    return table(
        *(
            (f"M-{n}", f"Usterka {n}", f"Opis usterki numer {n}", f"Osoba {n % 700}", "", "SP 5" if n % 2 else "SP 8",
             "zamknięte" if n % 20 else "w toku", "", "2023-05-04 10:00", "", "", "Naprawione" if n % 3 else "", "", "")
            for n in range(count)
        )
    )  # fmt: skip


async def test_it_is_stopped_and_taken_up_again_by_another_process(desk, database_url):
    found = await take(desk, many(350))
    await importing.act(desk.database, LEAD, found.id, "start")
    assert await importing.import_some(desk.database) == 100
    stopped = await importing.act(desk.database, LEAD, found.id, "stop")
    assert (stopped.state, stopped.done, stopped.made) == ("stopped", 100, 100)
    assert await importing.import_some(desk.database) == 0
    await importing.act(desk.database, LEAD, found.id, "start")
    pool = await open_pool(database_url, 2)  # the process died here; this is the one after it
    try:
        work = asyncio.create_task(importing.keep_importing(Database(pool)))
        async with asyncio.timeout(30):
            while (await rows(desk, "SELECT state FROM helpdesk_import"))[0]["state"] != "done":
                await asyncio.sleep(0.05)
        work.cancel()
    finally:
        pool.terminate()
    assert (await rows(desk, "SELECT done, made FROM helpdesk_import")) == [{"done": 350, "made": 350}]
    counts = await rows(desk, "SELECT count(*) AS n, count(DISTINCT subject) AS m FROM ticket")
    assert counts == [{"n": 350, "m": 350}]


async def test_two_processes_share_an_import_without_a_ticket_twice(desk):
    found = await take(desk, many(500))
    await importing.act(desk.database, LEAD, found.id, "start")

    async def work() -> None:
        while (await rows(desk, "SELECT state FROM helpdesk_import"))[0]["state"] != "done":
            await importing.import_some(desk.database)

    await asyncio.gather(work(), work(), work())
    assert (await rows(desk, "SELECT count(*) AS n FROM ticket")) == [{"n": 500}]


@pytest.mark.slow
@pytest.mark.alone
async def test_ten_thousand_go_in_and_the_loop_never_waits(database_url, tmp_path):
    """Sent through the page; while they go in, pages are answered and the loop is never held for half a second."""
    async with open_office(database_url, tmp_path) as (site, desk), site.client("beata") as lead:
        token = re.search(r'name="csrf_token" value="([^"]+)"', await get(lead, "/pomoc/ustawienia/import"))
        form = aiohttp.FormData()
        form.add_field("csrf_token", token[1])
        form.add_field("system", "OTRS")
        form.add_field("file", many(10_000).encode("cp1250"), filename="dziesięć.csv", content_type="text/csv")
        async with lead.post("/pomoc/ustawienia/import", data=form, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            place = answer.headers["Location"]
        page = await get(lead, place)
        assert "10\u00a0000" in page
        longest = 0.0
        ended = asyncio.Event()

        async def watch() -> None:
            nonlocal longest
            while not ended.is_set():
                before = time.perf_counter()
                await asyncio.sleep(0.01)
                longest = max(longest, time.perf_counter() - before - 0.01)

        watcher = asyncio.create_task(watch())
        await post(lead, f"{place}/start", place)
        async with lead.ws_connect("/live", origin=site.http) as socket:
            await socket.send_json({"op": "join", "room": f"helpdesk/import/{place.rpartition('/')[2]}", "ref": 1})
            done = []
            async with asyncio.timeout(300):
                while not done or done[-1] < 10_000:
                    frame = await socket.receive_json()
                    found = frame.get("data", {}).get("found") if frame["op"] == "event" else frame.get("snapshot")
                    if found:
                        done.append(found["done"])
        ended.set()
        await watcher
        assert done == sorted(done)
        assert len(done) > 10  # the page moves
        assert longest < 0.5, longest
        async with desk.database.transaction() as tx:
            assert await tx.value("SELECT count(*) FROM ticket") == 10_000
            assert await tx.value("SELECT count(*) FROM helpdesk_import_line") == 0


def test_moments():
    for text, wanted in (
        ("2024-03-25", datetime(2024, 3, 25, 12, 0, tzinfo=WARSAW)),
        ("25.3.2024 8:05", datetime(2024, 3, 25, 8, 5, tzinfo=WARSAW)),
        ("2024-03-25T10:15:30Z", datetime(2024, 3, 25, 10, 15, 30, tzinfo=UTC)),
        ("30.02.2024", None),
        ("2024-03-25 25:00", None),
        ("wczoraj", None),
    ):
        assert imports.moment_of(text, WARSAW) == wanted, text
