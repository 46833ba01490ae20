"""The registers of resolutions and interpellations: who may, what is refused and beside which field, what is told and noted."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from app.database import DATABASE
from app.errors import Conflict, Forbidden, Invalid, NotFound
from portals.council.records.interpellations import actions as matters
from portals.council.records.interpellations import rules as matter_rules
from portals.council.records.interpellations.model import Draft as Matter
from portals.council.records.interpellations.model import InterpellationChanged, NewAnswer
from portals.council.records.interpellations.settings import days_off
from portals.council.records.resolutions import actions as resolutions
from portals.council.records.resolutions import rules
from portals.council.records.resolutions.model import Draft, ResolutionChanged
from tests.portals.council.records.conftest import CLERK, COUNCILLOR, NOBODY, RESIDENT
from tests.portals.council.records.sittings import held

DRAFT = Draft(number="XL/300/26", title="w sprawie żółwi", passed_on=date(2026, 11, 20))


@pytest.fixture
def published(site):
    found = []
    plane = site.app[DATABASE].backplane
    dispatch = plane.dispatch
    plane.dispatch = lambda publications: (found.extend(publications), dispatch(publications))
    return found


async def value(site, sql, *values):
    async with site.app[DATABASE].transaction() as tx:
        return await tx.value(sql, *values)


async def actor_named(site, base):
    return msgspec.structs.replace(
        base, account_id=await value(site, "SELECT id FROM account WHERE login = $1", base.login)
    )


async def test_resolutions_are_entered_changed_told_and_noted(site, published):
    database = site.app[DATABASE]
    clerk = await actor_named(site, CLERK)
    async with database.transaction() as tx:
        before = {one.id: one for one in (await resolutions.register_view(tx, NOBODY)).resolutions}
    entered = await resolutions.enter_resolution(database, clerk, DRAFT)
    newer = await resolutions.enter_resolution(database, clerk, msgspec.structs.replace(DRAFT, number="XL/301/26"))
    changed = await resolutions.change_resolution(
        database, clerk, entered.id, entered.rev,
        msgspec.structs.replace(DRAFT, state="repealed", remark="Uchylona", replaced_by="XL/301/26"),
    )  # fmt: skip
    assert (changed.state, changed.replaced_by, changed.rev) == ("repealed", newer.id, 2)
    for one in published:
        if isinstance(one.event, ResolutionChanged):
            known = before.get(one.event.resolution.id)
            if known is None or known.rev < one.event.resolution.rev:
                before[one.event.resolution.id] = one.event.resolution
    async with database.transaction() as tx:
        fresh = {one.id: one for one in (await resolutions.register_view(tx, NOBODY)).resolutions}
    assert before == fresh
    assert await value(site, "SELECT count(*) FROM audit_entry WHERE subject = $1", f"resolution/{entered.id}") == 2
    with pytest.raises(Conflict):
        await resolutions.change_resolution(database, clerk, entered.id, 1, DRAFT)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": ""}, "number"),
        ({"number": "x" * 41}, "number"),
        ({"number": "XXIX/237/26"}, "number"),
        ({"title": ""}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"passed_on": date(2126, 1, 1)}, "passed_on"),
        ({"in_force_on": date(2026, 11, 1)}, "in_force_on"),
        ({"state": "annulled"}, "remark"),
        ({"replaced_by": "I/1/99"}, "replaced_by"),
    ],
)
async def test_what_is_wrong_with_a_resolution_is_said_beside_its_field(site, change, field):
    with pytest.raises(Invalid) as refused:
        await resolutions.enter_resolution(site.app[DATABASE], CLERK, msgspec.structs.replace(DRAFT, **change))
    assert set(refused.value.fields) == {field}


async def test_nobody_else_keeps_the_register(site):
    for actor in (NOBODY, RESIDENT, COUNCILLOR):
        with pytest.raises(NotFound):
            await resolutions.enter_resolution(site.app[DATABASE], actor, DRAFT)
        with pytest.raises(NotFound):
            await resolutions.change_resolution(site.app[DATABASE], actor, 1, 1, DRAFT)


async def test_a_vote_becomes_a_resolution_with_the_next_number(site):
    session, _people = await held(site)
    clerk = await actor_named(site, CLERK)
    vote = await value(site, "SELECT id FROM council_vote WHERE session_id = $1 AND number = 1", session.id)
    lost = await value(site, "SELECT id FROM council_vote WHERE session_id = $1 AND number = 3", session.id)
    async with site.client("clerk") as client:
        async with client.get("/council/resolutions") as answer:
            assert "Opieka nad żółwiami<br>" in await answer.text()
        async with client.get("/council/resolutions/new", params={"vote": str(vote)}) as answer:
            page = await answer.text()
        assert 'value="XV/245/26"' in page
        assert "w sprawie opieki nad żółwiami" in page
        async with client.get("/council/resolutions/new", params={"vote": str(lost)}) as answer:
            assert answer.status == 404
        token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
        form = {
            "csrf_token": token,
            "number": "",
            "title": "w sprawie żółwi",
            "passed_on": "2026-09-25",
            "state": "in_force",
            "vote_id": str(vote),
        }
        async with client.post("/council/resolutions/new", data=form) as answer:
            assert answer.status == 422
            text = await answer.text()
            assert 'aria-invalid="true"' in text
            assert "w sprawie żółwi" in text
        async with client.post(
            "/council/resolutions/new", data=form | {"number": "XV/245/26"}, allow_redirects=False
        ) as answer:
            assert answer.status == 303
    entered = await value(site, "SELECT session_id FROM council_resolution WHERE vote_id = $1", vote)
    assert entered == session.id
    with pytest.raises(Conflict):
        await resolutions.enter_resolution(site.app[DATABASE], clerk, msgspec.structs.replace(DRAFT, vote_id=vote))


def test_numbers_count_through_the_term():
    assert rules.next_number("XXXI", ["XXX/244/26", "XXIX/9/26", "odd", "II/12/24"], date(2027, 1, 5)) == "XXXI/245/27"
    assert rules.next_number("", [], date(2026, 1, 5)) == "–/1/26"
    assert rules.title_from("Podjęcie uchwały w sprawie dróg") == "w sprawie dróg"
    assert rules.title_from("Uchwała budżetowa") == "Uchwała budżetowa"


async def test_the_signed_text_is_a_pdf_and_nothing_else(site):
    clerk = await actor_named(site, CLERK)
    resolution = await resolutions.enter_resolution(site.app[DATABASE], clerk, DRAFT)
    path = f"/council/resolutions/{resolution.id}"
    async with site.client("clerk") as client:
        async with client.get(path) as answer:
            token = (await answer.text()).rpartition('name="csrf_token" value="')[2].partition('"')[0]

        async def send(name, content, csrf=token):
            import aiohttp

            form = aiohttp.FormData()
            form.add_field("csrf_token", csrf)
            form.add_field("file", content, filename=name, content_type="application/pdf")
            async with client.post(f"{path}/text", data=form, allow_redirects=False) as answer:
                return answer.status, await answer.text()

        status, page = await send("uchwała.pdf", b"<html>")
        assert status == 422
        assert "resolution-file-error" in page
        assert (await send("uchwała.pdf", b"%PDF-1.4\n%%EOF\n", csrf="x"))[0] == 422
        assert await value(site, "SELECT file_id FROM council_resolution WHERE id = $1", resolution.id) is None
        assert (await send("uchwała.pdf", b"%PDF-1.4\n%%EOF\n"))[0] == 303
    async with site.client() as client, client.get(f"{path}/text") as answer:
        assert (answer.status, answer.content_type, await answer.read()) == (
            200,
            "application/pdf",
            b"%PDF-1.4\n%%EOF\n",
        )
    async with site.client("resident") as client, client.post(f"{path}/text", data={"x": "y"}) as answer:
        assert answer.status == 403


async def test_interpellations_are_submitted_answered_withdrawn_told_and_noted(site, published):
    app, database = site.app, site.app[DATABASE]
    clerk, councillor = await actor_named(site, CLERK), await actor_named(site, COUNCILLOR)
    async with database.transaction() as tx:
        rows = {one.id: one for one in (await matters.listing(tx, NOBODY)).interpellations}
    new = Matter(title="  Dziura   w drodze ", body="Kiedy?", submitted_on=date(2020, 1, 1))
    matter = await matters.submit(app, councillor, new)
    today = matters.today_in(app)
    # the day of a councillor's own submission is today, whatever was sent
    assert (matter.title, matter.councillor, matter.submitted_on, matter.due_on) == (
        "Dziura w drodze",
        "Anna Kowal",
        today,
        matter_rules.due_on(today, 14, app[matters.DAYS_OFF]),
    )
    assert matter.addressee == "Prezydent Miasta"
    first = await matters.answer(app, clerk, matter.id, NewAnswer(author="ZIM", body="Wkrótce", final=False))
    assert (first.state, first.answers) == ("open", 1)
    done = await matters.answer(app, clerk, matter.id, NewAnswer(author="ZIM", body="Załatana"))
    assert (done.state, done.answered_on, done.answers) == ("answered", today, 2)
    other = await matters.submit(app, councillor, Matter(kind="question", title="Druga", body="?"))
    gone = await matters.withdraw(app, councillor, other.id)
    assert gone.state == "withdrawn"
    for one in published:
        if isinstance(one.event, InterpellationChanged):
            known = rows.get(one.event.interpellation.id)
            if known is None or known.rev < one.event.interpellation.rev:
                rows[one.event.interpellation.id] = one.event.interpellation
    async with database.transaction() as tx:
        assert rows == {one.id: one for one in (await matters.listing(tx, NOBODY)).interpellations}
    noted = "SELECT array_agg(action ORDER BY id) FROM audit_entry WHERE subject = $1"
    assert await value(site, noted, f"interpellation/{matter.id}") == [
        "interpellation.submit",
        "interpellation.answer",
        "interpellation.answer",
    ]
    with pytest.raises(Conflict):
        await matters.answer(app, clerk, other.id, NewAnswer(author="ZIM", body="Po czasie"))
    with pytest.raises(NotFound):
        await matters.withdraw(app, councillor, matter.id)


async def test_who_may_do_what_with_an_interpellation(site):
    app = site.app
    clerk, councillor = await actor_named(site, CLERK), await actor_named(site, COUNCILLOR)
    other = await value(site, "SELECT id FROM councillor WHERE name = 'Jacek Ćwik'")
    for actor in (NOBODY, RESIDENT):
        with pytest.raises(Forbidden):
            await matters.submit(app, actor, Matter(title="x", body="y"))
    # a councillor submits for nobody else
    own = await matters.submit(app, councillor, Matter(title="x", body="y", councillor_id=other))
    assert own.councillor == "Anna Kowal"
    theirs = await matters.submit(
        app, clerk, Matter(title="x", body="y", councillor_id=other, submitted_on=date(2026, 1, 31))
    )
    assert (theirs.councillor, theirs.due_on) == ("Jacek Ćwik", date(2026, 2, 16)), "the 14th is a Saturday"
    with pytest.raises(NotFound):
        await matters.withdraw(app, councillor, theirs.id)
    for actor in (NOBODY, RESIDENT, councillor):
        with pytest.raises(NotFound):
            await matters.answer(app, actor, own.id, NewAnswer(author="x", body="y"))
    with pytest.raises(Invalid) as refused:
        await matters.submit(app, clerk, Matter(title=" ", body="", submitted_on=date(2126, 1, 1)))
    assert set(refused.value.fields) == {"title", "body", "submitted_on", "councillor_id"}
    with pytest.raises(Invalid) as refused:
        await matters.answer(app, clerk, theirs.id, NewAnswer(author="", body=" ", answered_on=date(2026, 1, 1)))
    assert set(refused.value.fields) == {"author", "body", "answered_on"}


def test_the_time_limit_is_counted_from_the_next_day():
    assert matter_rules.due_on(date(2026, 2, 20), 14, ()) == date(2026, 3, 6)
    assert matter_rules.days_left(date(2026, 3, 6), date(2026, 3, 6)) == 0
    assert matter_rules.days_left(date(2026, 3, 6), date(2026, 3, 8)) == -2


@pytest.mark.parametrize(
    ("submitted_on", "due_on"),
    [
        (date(2026, 11, 28), date(2026, 12, 14)),  # a Saturday, then a Sunday
        (date(2026, 12, 10), date(2026, 12, 28)),  # Christmas Eve, two days of Christmas (one a Saturday), a Sunday
        (date(2027, 3, 15), date(2027, 3, 30)),  # Easter Monday
        (date(2027, 5, 13), date(2027, 5, 28)),  # Corpus Christi, a Thursday
        (date(2026, 10, 28), date(2026, 11, 12)),  # Independence Day
    ],
)
def test_no_time_limit_ends_on_a_day_off(submitted_on, due_on):
    assert matter_rules.due_on(submitted_on, 14, days_off("PL")) == due_on


async def test_the_pages_show_the_countdown_and_keep_what_was_typed(site):
    async with site.client() as client:
        async with client.get("/council/interpellations") as answer:
            page = await answer.text()
        assert "Ścieżka rowerowa wzdłuż ulicy Szczecińskiej" in page
        today = datetime.now(ZoneInfo("Europe/Warsaw")).date()
        left = matter_rules.days_left(matter_rules.due_on(today - timedelta(days=10), 14, days_off("PL")), today)
        assert left >= 4  # the last day is moved on where it is a Saturday or a holiday
        assert f">za {left} dni<" in page
        assert "is-late" in page
        async with client.get("/council/interpellations", params={"state": "answered"}) as answer:
            assert "Ścieżka rowerowa" not in await answer.text()
        async with client.get("/council/interpellations", params={"state": "open", "page": "9" * 30}) as answer:
            assert answer.status == 200
    async with site.client("councillor") as client:
        async with client.get("/council/interpellations/new") as answer:
            page = await answer.text()
        assert "Składa" not in page  # the councillor who writes, nobody else
        token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
        form = {"csrf_token": token, "kind": "question", "title": "", "body": "Ile mamy łosi?"}
        async with client.post("/council/interpellations/new", data=form) as answer:
            assert answer.status == 422
            assert "Ile mamy łosi?" in await answer.text()
        async with client.post("/council/interpellations/new", data=form | {"title": "Łosie"}) as answer:
            assert answer.status == 200
            assert "Łosie" in await answer.text()
