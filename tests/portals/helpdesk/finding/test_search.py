"""What a search finds, for whom, and that the words follow what is written."""

import re
from zoneinfo import ZoneInfo

import msgspec
import pytest

from app.actor import Actor
from app.errors import NotFound
from app.search import Analyser
from portals.helpdesk import actions, setup_store
from portals.helpdesk.drafts import Written
from portals.helpdesk.finding import actions as finding
from portals.helpdesk.finding import store, syntax
from portals.helpdesk.finding.indexing import Indexer, reindex
from portals.helpdesk.finding.model import OwnQuestion, Question
from portals.helpdesk.numbers import digits_of
from portals.helpdesk.setup_model import Category
from tests.portals.helpdesk.desk import (
    AGENT,
    AUDITOR,
    COLLEAGUE,
    HEAD,
    LEAD,
    NOBODY,
    OTHER_AGENT,
    SECOND_AGENT,
    STRANGER,
    TEACHER,
    Desk,
)
from tests.portals.helpdesk.sla.office import get, open_office

SECRET = "Podejrzewamy kradzież zasilacza"


ANALYSER = Analyser()
WARSAW = ZoneInfo("Europe/Warsaw")
NOTHING = {"count": 0, "more_than": False, "hits": [], "next": ""}


class Seeker:
    """Somebody who searches, without a page between."""

    def __init__(self, desk: Desk, actor: Actor):
        self.desk, self.actor = desk, actor

    async def search(self, q: str = "", **more: str) -> finding.Search:
        question = Question(q=q, **more)
        return await finding.search(self.desk.database, ANALYSER, self.actor, question, zone=WARSAW, polish=True)

    async def found(self, q: str = "", **more: str) -> dict:
        found = await self.search(q, **more)
        assert found.faults == {}, q
        return msgspec.to_builtins(found.results)

    async def ids(self, q: str = "", **more: str) -> list[int]:
        return [one["id"] for one in (await self.found(q, **more))["hits"]]

    async def own(self, q: str) -> list[int]:
        found = await finding.search_own(self.desk.database, ANALYSER, self.actor, OwnQuestion(q=q))
        return [one.id for one in found.hits]


@pytest.fixture
async def desk(database):
    return await Desk.set(database)


async def indexed(desk) -> None:
    """By this process or by the product that runs in it: whichever comes first."""
    indexer = Indexer(desk.database)
    while True:
        await indexer.catch_up()
        async with desk.database.transaction() as tx:
            if not await store.is_stale(tx):
                return


def marked(pieces: list[dict]) -> list[str]:
    return [one["text"] for one in pieces if one.get("hit")]


async def test_words_are_found_in_any_form_and_everywhere(desk):
    printer = await desk.send("Drukarka w sali 12 zacina papier", device_label="000013", room="Sala 12")
    mail = await desk.send("Poczta nie działa", COLLEAGUE, category_id=desk.broken)
    await desk.reply(AGENT, printer, "Wymieniliśmy rolki pobierające")
    await actions.note(desk.database, AGENT, printer.id, Written(text=SECRET))
    async with desk.database.transaction() as tx:
        await tx.execute("UPDATE device SET serial = '5CD1234XYZ' WHERE id = $1", desk.device)
    await indexed(desk)
    agent = Seeker(desk, AGENT)
    for words in (
        "drukarki", "DRUKARKA papieru", "rolkami", "wymienilismy", "kradziez zasilaczy", "SP 5", "szkoły podstawowej nr 5",
        "jan wrona", "jan@gryf.example", "5cd1234xyz", "HP M404", "00001-3", "000013", "sali 12", '"zacina papier"',
        "druk*", "papier -poczta", digits_of(printer.id), printer.number, f"#{digits_of(printer.id)}",
        f"nr {printer.number}", f"T-{digits_of(printer.id)}", f"drukarka #{digits_of(printer.id)}",
    ):  # fmt: skip
        assert await agent.ids(words) == [printer.id], words
    assert await agent.ids("nie działa") == [mail.id]
    assert await agent.ids("zepsutego sprzętu") == [mail.id]
    assert await agent.ids("papier -zacina") == []
    assert await agent.ids('"papier zacina"') == []
    (hit,) = (await agent.found("kradziez"))["hits"]
    assert (hit["inside"], marked(hit["fragment"])) == (True, ["kradzież"])
    (hit,) = (await agent.found("rolki"))["hits"]
    assert (hit["inside"], marked(hit["fragment"])) == (False, ["rolki"])
    (hit,) = (await agent.found("drukarkę"))["hits"]
    assert marked(hit["subject"]) == ["Drukarka"]


async def test_a_number_stands_first(desk):
    first = await desk.send("Brak prądu")
    other = await desk.send(f"To samo co w {first.number}, proszę spojrzeć na {first.number}")
    await indexed(desk)
    agent = Seeker(desk, AGENT)
    assert await agent.ids(first.number) == [first.id, other.id]
    wrong = digits_of(first.id)[:-1] + str((int(digits_of(first.id)[-1]) + 1) % 10)
    assert await agent.ids(wrong) == []


async def test_nobody_finds_what_they_may_not_read(desk):
    """Counts and fragments included: for each reader a word that stands in a note, in a reply, in the subject."""
    ticket = await desk.send("Zgubiony identyfikator")
    await actions.note(desk.database, AGENT, ticket.id, Written(text=SECRET))
    await desk.reply(AGENT, ticket, "Zamówiliśmy nowy breloczek")
    async with desk.database.transaction() as tx:
        await tx.execute("UPDATE ticket SET requester_phone = '59 842 00 11' WHERE id = $1", ticket.id)
    await indexed(desk)
    inside = ("kradzież", "59 842 00 11")
    public = ("identyfikator", "breloczek")
    for actor in (AGENT, SECOND_AGENT, LEAD, AUDITOR):
        for words in (*inside, *public):
            answer = await Seeker(desk, actor).found(words)
            assert (answer["count"], len(answer["hits"])) == (1, 1), (actor.login, words)
    other = Seeker(desk, OTHER_AGENT)  # of another queue
    for words in (*inside, *public, digits_of(ticket.id), "jan wrona"):
        answer = await other.found(words)
        assert {name: answer[name] for name in NOTHING} == NOTHING, words
        assert await other.own(words) == [], words
    fault = (await other.search("", queue=str(desk.first))).faults["queue"]  # of that queue nothing is known here
    assert (fault.text, fault.values["names"]) == (syntax.UNKNOWN, "Sieć")
    for actor in (TEACHER, COLLEAGUE, HEAD, STRANGER, NOBODY):
        with pytest.raises(NotFound):
            await Seeker(desk, actor).search("identyfikator")
        if actor is NOBODY:
            with pytest.raises(NotFound):
                await Seeker(desk, actor).own("identyfikator")
            continue
        mine = [ticket.id] if actor is TEACHER else []
        for words in (*public, digits_of(ticket.id), ticket.number):
            assert await Seeker(desk, actor).own(words) == mine, (actor.login, words)
        for words in (*inside, "jan@gryf.example"):
            assert await Seeker(desk, actor).own(words) == [], (actor.login, words)


async def test_roles_on_pages(database_url, tmp_path):
    """Who may ask at all, bad questions beside their fields, the next page, one's own search."""
    async with open_office(database_url, tmp_path) as (site, desk):
        ticket = await desk.send("Zgubiony identyfikator")
        await actions.note(desk.database, AGENT, ticket.id, Written(text=SECRET))
        await usual_tickets(desk)
        await indexed(desk)
        for login in ("jan", "ewa", "igor"):
            async with site.client(login) as client:
                for path in ("/api/helpdesk/search?q=identyfikator", "/pomoc/szukaj?q=identyfikator", "/pomoc/widoki"):
                    await get(client, path, 403)
                text = await get(client, "/pomoc/moje?q=identyfikator")
                assert ("<mark>identyfikator</mark>" in text) == (login == "jan")
                assert SECRET[:12] not in text
        async with site.client() as nobody:
            for path in ("/api/helpdesk/search?q=x", "/api/helpdesk/own/search?q=x", "/api/helpdesk/views"):
                await get(nobody, path, 401)
        async with site.client("adam") as agent:
            async with agent.get("/api/helpdesk/search", params={"q": "kradzież"}) as answer:
                assert (answer.status, (await answer.json())["count"]) == (200, 1)
            async with agent.get("/api/helpdesk/search", params={"q": "stan:dziwne", "since": "kiedyś"}) as answer:
                assert answer.status == 422
                fields = (await answer.json())["fields"]
            assert "otwarte" in fields["state"]
            assert "2026-11-30" in fields["since"]
            page = await get(agent, "/pomoc/szukaj?q=drukarka+stan:dziwne", 422)
            assert 'id="find-state-error"' in page
            assert re.search(r'<input[^>]* id="find-q"[^>]* value="drukarka"', page)
            await get(agent, "/pomoc/szukaj?q=" + "x" * 401, 422)
            page = await get(agent, "/pomoc/szukaj?q=usterka&sort=newest")
            following = re.search(r'rel="next" href="([^"]+)"', page)
            assert following is not None
            page = await get(agent, following[1].replace("&amp;", "&"))
            assert "Usterka numer 24" in re.sub(r"</?mark>", "", page)


async def test_rights_follow_the_ticket_at_once(desk):
    """Moved to another queue it is not found by the old one's agents, before any word is indexed anew."""
    ticket = await desk.send("Zgubiony identyfikator")
    await indexed(desk)
    old, new = Seeker(desk, AGENT), Seeker(desk, OTHER_AGENT)
    assert await old.ids("identyfikator") == [ticket.id]
    await desk.change(LEAD, ticket, queue_id=desk.second)
    assert await old.ids("identyfikator") == []
    await indexed(desk)
    assert await new.ids("identyfikator") == [ticket.id]
    assert await old.ids("identyfikator") == []
    # whoever is named in a note reads it, and so does whoever it is assigned to
    await actions.note(desk.database, OTHER_AGENT, ticket.id, Written(text="@adam wiesz coś o tym?"))
    await indexed(desk)
    assert await old.ids("identyfikator") == [ticket.id]
    assert await old.ids("stan:otwarte") == [ticket.id]


async def test_watchers_search_the_public_side(desk):
    ticket = await desk.send("Zgubiony identyfikator")
    await actions.watch(desk.database, AGENT, ticket.id, COLLEAGUE.account_id)
    await actions.note(desk.database, AGENT, ticket.id, Written(text=SECRET))
    await indexed(desk)
    watcher = Seeker(desk, COLLEAGUE)
    assert await watcher.own("identyfikatory") == [ticket.id]
    assert await watcher.own("kradzież") == []
    assert await watcher.own("identyfikator -kradzież") == [ticket.id]


async def test_words_follow_every_change(desk):
    ticket = await desk.send("Coś nie działa", device_label="000013", category_id=desk.broken)
    await indexed(desk)
    agent = Seeker(desk, AGENT)
    await desk.change(AGENT, ticket, subject="Projektor gaśnie")
    await indexed(desk)
    assert await agent.ids("projektory") == [ticket.id]
    async with desk.database.transaction() as tx:
        category = await setup_store.thing(tx, Category, desk.broken)
        await tx.execute("UPDATE device_model SET name = 'LaserJet'")
        await tx.execute("UPDATE unit_card SET short_name = 'Piątka' WHERE unit_id = $1", desk.school)
    await actions.save_thing(desk.database, LEAD, Category(id=desk.broken, name="Awaria", place=1, rev=category.rev))
    await indexed(desk)
    for words in ("awarie", "laserjet", "piątki"):
        assert await agent.ids(words) == [ticket.id], words
    assert await agent.ids("M404") == []


async def test_a_restart_loses_no_word(desk):
    """What was sent while nobody indexed is found once the product runs again, and a rebuilt index says the same."""
    ticket = await desk.send("Wniosek o drukarkę")
    async with desk.database.transaction() as tx:
        assert await store.is_stale(tx)
    await indexed(desk)
    async with desk.database.transaction() as tx:
        before = await tx.records("SELECT ticket_id, words::text FROM ticket_words ORDER BY 1")
        await tx.execute("DELETE FROM ticket_words")
    assert await reindex(desk.database, LEAD) == 1
    async with desk.database.transaction() as tx:
        assert await tx.records("SELECT ticket_id, words::text FROM ticket_words ORDER BY 1") == before
    assert before[0]["ticket_id"] == ticket.id
    assert await Seeker(desk, AGENT).ids("drukarki") == [ticket.id]


async def test_names_of_files_are_found_by_those_who_see_them(desk):
    ticket = await desk.send("Błąd programu")
    async with desk.database.transaction() as tx:
        for name, public in (("faktura-marzec.pdf", True), ("notatka-wewnętrzna.pdf", False)):
            file_id = await tx.value(
                "INSERT INTO file (id, name, type, bytes, sha256) VALUES (gen_random_uuid(), $1, 'application/pdf', 1,"
                " repeat('0', 64)) RETURNING id",
                name,
            )
            entry = await tx.value(
                "INSERT INTO ticket_entry (ticket_id, kind, public, by_staff, text) VALUES ($1, $2, $3, true, '')"
                " RETURNING id",
                ticket.id,
                "reply" if public else "note",
                public,
            )
            await tx.execute("INSERT INTO ticket_entry_file VALUES ($1, 1, $2)", entry, file_id)
    await indexed(desk)
    agent, teacher = Seeker(desk, AGENT), Seeker(desk, TEACHER)
    assert await agent.ids("faktury") == await agent.ids("wewnetrzna") == [ticket.id]
    assert await teacher.own("faktury") == [ticket.id]
    assert await teacher.own("wewnetrzna") == []


async def test_filters_and_their_writing(desk):
    printer = await desk.send("Drukarka nie drukuje", device_label="000013", category_id=desk.broken)
    late = await desk.send("Drukarka sieciowa", impact=3, urgency=3)
    await desk.change(AGENT, printer, assignee_id=AGENT.account_id)
    await desk.change(AGENT, late, state="solved")
    async with desk.database.transaction() as tx:
        await tx.execute("UPDATE ticket SET sent_at = '2026-01-10 11:00Z' WHERE id = $1", late.id)
        await tx.execute(
            "INSERT INTO ticket_sla (ticket_id, queue_id, open) VALUES ($1, $2, false) ON CONFLICT DO NOTHING",
            late.id,
            desk.first,
        )
        await tx.execute(
            "INSERT INTO ticket_clock (ticket_id, measure, target_min, started_at, stopped_at, paused, used_s, counted_at, kept,"
            " runs, steps) VALUES ($1, 'solution', 1, now(), now(), false, 60, now(), false, '[]', '[]')"
            " ON CONFLICT (ticket_id, measure) DO UPDATE SET kept = false, stopped_at = now()",
            late.id,
        )
    await indexed(desk)
    agent = Seeker(desk, AGENT)
    one, other = [printer.id], [late.id]
    for words, wanted in (
        ("drukarka stan:otwarte", one), ("state:open drukarka", one), ("stan:rozwiązane", other), ("stan:zakończone", other),
        ('jednostka:"SP 5" drukarka', [printer.id, late.id]), ("kolejka:help stan:otwarte", one),
        ("kategoria:zepsuty", one), ("model:m404", one), ("osoba:ja", one), ("assignee:adam", one), ("osoba:nikt", other),
        ("priorytet:krytyczny", other), ("od:2026-02-01", one), ("do:31.01.2026", other), ("sla:złamane", other),
        ("od:2026-01-10 do:2026-01-10", other), ("drukarka kolejność:najnowsze", [printer.id, late.id]),
    ):  # fmt: skip
        assert sorted(await agent.ids(words)) == wanted, words
    assert await agent.ids("drukarka", state="any_open", unit="SP 5") == one
    assert await agent.ids("drukarka stan:otwarte", state="solved") == one  # what is written goes before
    text = (await agent.found("drukarka", state="any_open", unit=str(desk.school), assignee="me"))["written"]
    assert text == 'drukarka stan:otwarte jednostka:"SP 5" osoba:ja'
    assert await agent.ids(text) == one
    faults = (await agent.search("stan:dziwne", since="kiedyś")).faults
    assert faults.keys() == {"state", "since"}


async def usual_tickets(desk) -> list[int]:
    """45 of them, a minute apart, the newest with the highest number."""
    async with desk.database.transaction() as tx:
        rows = await tx.records(
            "INSERT INTO ticket (subject, source, requester_name, queue_id, impact, urgency, priority, sent_at)"
            " SELECT 'Usterka numer ' || n, 'form', 'Jan', $1, 1, 2, 2, now() - (100 - n) * interval '1 minute'"
            " FROM generate_series(0, 44) AS n RETURNING id",
            desk.first,
        )
    return sorted(one["id"] for one in rows)


async def test_pages_by_the_last_one_seen(desk):
    """45 tickets, 20 a page: each once."""
    made = await usual_tickets(desk)
    await indexed(desk)
    lead = Seeker(desk, LEAD)
    for sort in ("newest", "best"):
        seen, after = [], ""
        while True:
            answer = await lead.found("usterka", sort=sort, after=after)
            seen += [one["id"] for one in answer["hits"]]
            after = answer["next"]
            assert answer["count"] == 45
            if not after:
                break
        assert sorted(seen) == made, sort
        if sort == "newest":
            assert seen == made[::-1]
