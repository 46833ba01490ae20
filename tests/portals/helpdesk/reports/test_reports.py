"""Reports over real tickets: every number is known beforehand. The page, the workbook and the API say the same."""

import html
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook

from app.errors import Forbidden, NotFound
from portals.helpdesk import actions as helpdesk
from portals.helpdesk.reports import actions
from portals.helpdesk.reports.model import Wanted
from portals.helpdesk.sla import watching
from tests.portals.helpdesk.desk import AGENT, AUDITOR, COLLEAGUE, LEAD, NUMBER, SECOND_AGENT, TEACHER, Desk
from tests.portals.helpdesk.sla.office import get, open_office
from tests.portals.helpdesk.sla.test_clocks import age, set_up

WARSAW = "Europe/Warsaw"


async def tickets(desk: Desk) -> None:
    """Today: two of the first school, one of the second; one solved in time, one late, one merged, one untaken."""
    quick = await desk.send("Drukarka", device_label=NUMBER, category_id=desk.broken)
    await desk.reply(AGENT, quick, minutes=30)
    await desk.change(AGENT, await desk.fresh(quick), state="solved")
    slow = await desk.send("Drukarka znowu", device_label=NUMBER, category_id=desk.broken)
    await age(desk, slow, 0.1)
    await desk.change(SECOND_AGENT, slow, assignee_id=SECOND_AGENT.account_id)
    await desk.send("Nie ma sieci", actor=COLLEAGUE)
    twice = await desk.send("Drukarka, jeszcze raz", category_id=desk.broken)
    await helpdesk.merge(desk.database, AGENT, twice.id, slow.id)
    await watching.settle(desk.database, WARSAW)
    async with desk.database.transaction() as tx:  # the slow one has been late for a moment
        await tx.execute(
            "UPDATE ticket_clock SET late_at = now() - interval '1 s' WHERE ticket_id = $1 AND measure = 'response'",
            slow.id,
        )


def row(things, name):
    (found,) = [one for one in things if one.name == name]
    return found


async def test_every_number_of_a_day(database):
    desk = await set_up(database)
    await tickets(desk)
    report = await actions.report(database, LEAD, Wanted(), WARSAW)
    assert (len(report.days), report.step_days) == (30, 1)
    assert [(one.sent, one.solved, one.open) for one in report.days[-2:]] == [(0, 0, 0), (3, 1, 2)]
    assert [(one.measure, one.priority, one.kept, one.missed) for one in report.kept] == [
        ("response", 2, 1, 1),
        ("solution", 2, 1, 0),
    ]
    broken = row(report.categories, "Zepsuty sprzęt")
    assert (broken.sent, broken.solved, broken.kept, broken.promised) == (2, 1, 1, 1)
    assert broken.median_min == pytest.approx(0, abs=0.5)
    assert row(report.categories, "").sent == 1
    school = row(report.units, "Szkoła Podstawowa nr 5")
    assert (school.sent, school.solved) == (2, 1)
    (model,) = report.models
    assert (model.name, model.tickets, model.broken, model.devices, model.rate) == ("HP M404", 2, 1, 1, 200)
    agents = {one.name: (one.open, one.late, one.solved, one.spent_minutes) for one in report.agents}
    assert agents == {"Adam Bielski": (0, 0, 1, 30), "Olga Wilk": (1, 1, 0, 0), "": (1, 0, 0, 0)}


async def test_a_queue_and_a_kind_of_devices(database):
    desk = await set_up(database)
    await tickets(desk)
    other = await actions.report(database, AUDITOR, Wanted(queue=desk.second), WARSAW)
    assert sum(one.sent for one in other.days) == 0
    assert (other.categories, other.models, other.agents, other.kept) == ([], [], [], [])
    assert (await actions.report(database, LEAD, Wanted(kind="laptop"), WARSAW)).models == []
    assert len((await actions.report(database, LEAD, Wanted(kind="printer"), WARSAW)).models) == 1
    with pytest.raises(NotFound):
        await actions.report(database, LEAD, Wanted(queue=9999), WARSAW)
    for actor in (AGENT, TEACHER):
        with pytest.raises(Forbidden):
            await actions.report(database, actor, Wanted(), WARSAW)


async def test_what_was_open_before_is_open_still_and_a_day_ends_at_midnight_in_warsaw(database):
    desk = await set_up(database)
    ticket = await desk.send()
    today = datetime.now(UTC).astimezone(ZoneInfo(WARSAW)).date()
    midnight = datetime.combine(today, datetime.min.time(), ZoneInfo(WARSAW))
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE ticket SET sent_at = $2 WHERE id = $1", ticket.id, midnight - timedelta(microseconds=1)
        )
    days = (await actions.report(database, LEAD, Wanted(), WARSAW)).days
    assert [(one.sent, one.open) for one in days[-3:]] == [(0, 0), (1, 1), (0, 1)]
    assert [
        (one.sent, one.open) for one in (await actions.report(database, LEAD, Wanted(first=today), WARSAW)).days
    ] == [(0, 1)]
    async with database.transaction() as tx:
        await tx.execute("UPDATE ticket SET sent_at = $2 WHERE id = $1", ticket.id, midnight)
    assert [one.sent for one in (await actions.report(database, LEAD, Wanted(), WARSAW)).days[-2:]] == [0, 1]


async def test_page_workbook_and_api_over_http(database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        async with site.client("beata") as client:
            empty = html.unescape(await get(client, "/pomoc/raporty"))
            assert "Brak zgłoszeń w tych dniach" in empty
            await tickets(desk)
            page = html.unescape(await get(client, "/pomoc/raporty"))
            for words in (
                "Przychodzi więcej, niż rozwiązujemy: 3 wobec 1",
                "Najczęstszy temat: Zepsuty sprzęt (67% zgłoszeń)",
                "Najwięcej zgłasza: Szkoła Podstawowa nr 5 (67% zgłoszeń)",
                "Olga Wilk",
                "HP M404",
            ):
                assert words in page, words
            wrong = await get(client, "/pomoc/raporty?first=wczoraj&last=2026-11-30")
            assert 'id="first-error"' in wrong
            async with client.get("/pomoc/raporty.xlsx") as answer:
                assert answer.status == 200
                assert answer.headers["Content-Disposition"].startswith("attachment")
                book = CalamineWorkbook.from_filelike(io.BytesIO(await answer.read()))
            assert book.sheet_names == ["W czasie", "Obietnice", "Kategorie", "Jednostki", "Modele", "Obsługujący"]
            rows = book.get_sheet_by_name("Kategorie").to_python()
            assert rows[1][:4] == ["Zepsuty sprzęt", 2, 1, 1]
            assert book.get_sheet_by_name("W czasie").to_python()[-1][1:] == [3, 1, 2]
            async with client.get("/api/helpdesk/reports?queue=9999") as answer:
                assert answer.status == 404
            async with client.get("/api/helpdesk/reports?first=x") as answer:
                assert answer.status == 422
            async with client.get("/api/helpdesk/reports") as answer:
                assert (await answer.json())["days"][-1] == {
                    "day": str(datetime.now(UTC).astimezone(ZoneInfo(WARSAW)).date()), "sent": 3, "solved": 1, "open": 2,
                }  # fmt: skip
        async with site.client("teresa") as client:
            assert "Zepsuty sprzęt" in await get(client, "/pomoc/raporty")
        for login in ("adam", "jan", "igor"):
            async with site.client(login) as client:
                for path in ("/pomoc/raporty", "/pomoc/raporty.xlsx", "/api/helpdesk/reports"):
                    await get(client, path, 403)
