"""Votes and projects over HTTP, as a browser without scripts and as a program; what is downloaded."""

import csv
import html
import io
import re
import zipfile
from datetime import UTC, datetime

import pytest

from app.database import DATABASE
from portals.dialog.demo import demo_consultation
from portals.dialog.spreadsheets import Sheet, csv_of, xlsx_of
from tests.portals.dialog.ballots.test_secrecy import whole_database

GREEN = "Zielony Budżet 2026"


async def blocks_of(site, title, kind):
    async with site.app[DATABASE].transaction() as tx:
        return await tx.value(
            "SELECT b.id FROM consultation_block b JOIN consultation c ON c.id = b.consultation_id"
            " WHERE c.title = $1 AND b.kind = $2",
            title,
            kind,
        )


async def path_of(site, title):
    """It ends in the year in which the demo was filled."""
    async with site.app[DATABASE].transaction() as tx:
        return await tx.value("SELECT '/dialog/' || slug FROM consultation WHERE title = $1", title)


def cells(content):
    """Texts and numbers of the first sheet; it holds no formula."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        shared = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    texts = [html.unescape(text) for text in re.findall(r"<t(?: [^>]*)?>([^<]*)</t>", shared)]
    return texts, re.findall(r'<c r="[A-Z]+\d+"(?: s="\d+")?><v>([^<]*)</v>', sheet)


def token(page):
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]


async def test_a_ballot_without_scripts_and_what_remains_of_it(site):
    place = await demo_consultation(site.app, "budzet-obywatelski")
    block = await blocks_of(site, place.title, "ballots")
    path = f"{place.path}/ballots/{block}"
    async with site.client("resident3") as ewa, site.client() as nobody, site.client("resident2") as ola:
        page = await (await ewa.get(path)).text()
        option = re.search(r'name="(mark-\d+)"', page)[1]
        form = {"csrf_token": token(page), option: "11", "step": "check"}
        async with ewa.post(path, data=form) as answer:
            assert answer.status == 422
            page = await answer.text()
            assert 'value="11"' in page  # what was typed stays
        async with ewa.post(path, data=form | {option: "dużo"}) as answer:
            assert answer.status == 422
        async with ewa.post(path, data=form | {option: "7", "csrf_token": "old"}) as answer:
            assert answer.status == 422
            assert 'value="7"' in await answer.text()
        async with ewa.post(path, data=form | {option: "10", "step": "cast"}) as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
            receipt = re.search(r'id="receipt">([A-Z0-9-]{19})<', await answer.text())[1]
        # neither the session, the log of requests nor anything else of the server holds the receipt
        everything = await whole_database(site.app[DATABASE])
        assert not any(receipt.replace("-", "") in row["row"] for rows in everything.values() for row in rows)
        assert not any(receipt in row["row"] for rows in everything.values() for row in rows)
        # the same once more, in another tab
        async with ewa.post(path, data=form | {option: "10", "step": "cast"}) as answer:
            page = await answer.text()
            assert answer.status == 422
            assert receipt not in page
        async with nobody.post(f"/api/dialog/blocks/{block}/ballots", json={"marks": []}) as answer:
            assert answer.status == 401
        async with ola.post(f"/api/dialog/blocks/{block}/ballots", json={"marks": [{"option": 1}]}) as answer:
            assert answer.status == 409
            assert (await answer.json())["type"].endswith("join-needed")
        for who in (nobody, ewa):
            for name in ("results", "receipts", "result.csv", "result.pdf", "ballots.csv"):
                assert (await who.get(f"{path}/{name}")).status == 404  # before the close there is nothing to see
            assert (await who.get(f"/api/dialog/blocks/{block}/ballots/result")).status == 404
    async with site.client("auditor") as auditor:
        assert (await auditor.get(f"{path}/results")).status == 404


async def test_results_are_downloaded_as_the_public_may_see_them(site):
    block = await blocks_of(site, GREEN, "ballots")
    projects = await blocks_of(site, GREEN, "budget")
    green = await path_of(site, GREEN)
    async with site.client() as nobody:
        path = f"{green}/ballots/{block}"
        result = await (await nobody.get(f"/api/dialog/blocks/{block}/ballots/result")).json()
        assert result["online"] == 60
        body = await (await nobody.get(f"{path}/result.csv")).read()
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
        assert sorted(int(row[2]) for row in rows[1:]) == sorted(one["votes"] for one in result["options"])
        texts, numbers = cells(await (await nobody.get(f"{path}/result.xlsx")).read())
        assert {row[1] for row in rows[1:]} <= set(texts)
        assert [row[2] for row in rows[1:]] == numbers[1::6]  # number, votes, paper, score, place, cost in each row
        pdf = await (await nobody.get(f"{path}/result.pdf")).read()
        assert pdf.startswith(b"%PDF-")
        assert b"/StructTreeRoot" in pdf or b"/ObjStm" in pdf
        # anybody can add up what is published by receipt
        body = await (await nobody.get(f"{path}/ballots.csv")).read()
        ballots = list(csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
        sums = [sum(int(row[column]) for row in ballots[1:]) for column in range(1, len(ballots[0]))]
        by_option = {one["option_id"]: one["votes"] for one in result["options"]}
        assert sums == [by_option[one] for one in sorted(by_option)]
        page = await (await nobody.get(f"{path}/receipts", params={"code": ballots[1][0].lower()})).text()
        assert "Ten głos policzono" in page or "This ballot was counted" in page
        public = await (await nobody.get(f"{green}/budget/list/{projects}/projects.csv")).text()
        async with site.client("consultation_clerk") as clerk:
            inside = await (await clerk.get(f"{green}/budget/list/{projects}/projects.csv")).text()
        assert len(inside.splitlines()[0].split(";")) == len(public.splitlines()[0].split(";")) + 1


@pytest.mark.parametrize("evil", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_nothing_in_a_table_is_run(evil):
    sheet = Sheet("Wyniki", ["Projekt", "Głosy"], [[evil, 3]])
    assert list(csv.reader(io.StringIO(csv_of(sheet).decode("utf-8-sig")), delimiter=";"))[1] == [f"'{evil}", "3"]
    content = xlsx_of([sheet], datetime(2026, 11, 29, tzinfo=UTC))
    texts, numbers = cells(content)
    assert texts == ["Projekt", "Głosy", evil]
    assert numbers == ["3"]
