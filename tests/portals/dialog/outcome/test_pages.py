"""Over HTTP: answers and their faults, the report and its files, following, leaving by a mail program."""

import re

from app.database import DATABASE
from app.identity.identity import IDENTITY
from portals.dialog.outcome import rules
from tests.portals.dialog.test_pages import post, slug_of, token


async def text_of(client, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        assert answer.status == status, path
        return await answer.text()


async def account_of(site, role: str) -> int:
    async with site.app[DATABASE].transaction(readonly=True) as tx:
        return await tx.value("SELECT id FROM account WHERE login = $1", site.logins[role][0])


async def test_from_the_answer_to_the_letter_that_is_left(site):
    async with site.client("consultation_clerk") as clerk, site.client("resident") as resident:
        slug = await slug_of(clerk, "Park Kultury")
        park = f"/dialog/{slug}"
        async with clerk.get("/api/dialog/consultations") as answer:
            number = next(one["id"] for one in (await answer.json())["ended"] if one["slug"] == slug)
        managed = f"/dialog/manage/{number}"
        block = re.search(r'(\d+)">Co wynikło', await text_of(clerk, managed))[1]
        desk = f"{managed}/outcome/{block}"

        # the desk: what waits stands first; a fault keeps what was typed and ticked
        page = await text_of(clerk, desk)
        key = re.search(r'name="chosen" value="([^"]+)"', page)[1]
        status, _to, text = await post(clerk, desk, chosen=key, decision="rejected", answer=" ")
        assert status == 422
        assert "Napisz, co odpowiada urząd" in text
        assert f'value="{key}" id="c-1" checked' in text
        status, _to, text = await post(clerk, desk, decision="rejected", answer="Nie, bo…")
        assert status == 422
        assert "Zaznacz co najmniej jeden głos" in text
        assert "Nie, bo…" in text
        assert (await post(clerk, desk, chosen=key, decision="later", answer="Po **sezonie**"))[0] == 303
        status, _to, text = await post(clerk, desk, chosen=key, decision="accepted", answer="Tak")
        assert status == 422
        assert "Ktoś inny odpowiedział tymczasem" in text
        one = key.rpartition(":")[0]
        assert "Po **sezonie**</textarea>" in await text_of(clerk, f"{desk}?one={one}")
        assert "<strong>sezonie</strong>" in await text_of(resident, f"{park}/outcome/answers?status=later")
        for role in ("resident", "consultation_moderator", "auditor"):
            async with site.client(role) as other:
                data = {"csrf_token": await token(other, f"{park}/outcome/follow"), "chosen": key, "decision": "later"}
                async with other.post(desk, data=data) as answer:
                    assert answer.status == 403

        # conclusions: a draft is the office's alone
        rev = re.search(r'name="rev" type="hidden" value="(\d+)"', await text_of(clerk, f"{desk}/report"))[1]
        report = {"text": "# Po namyśle", "rev": rev}
        assert (await post(clerk, f"{desk}/report", **report, step="save"))[0] == 303
        assert "Po namyśle" not in await text_of(resident, f"{park}/outcome")
        status, _to, text = await post(clerk, f"{desk}/report", **report, step="publish")
        assert status == 422  # the page was older than the draft
        assert "# Po namyśle</textarea>" in text
        report["rev"] = str(int(rev) + 1)
        assert (await post(clerk, f"{desk}/report", **report, step="publish"))[0] == 303
        page = await text_of(resident, f"{park}/outcome")
        assert "Po namyśle" in page
        assert "Wersja 1" in page
        assert "Czego nie zrobimy" in await text_of(resident, f"{park}/outcome?version=1")

        # following, and leaving as a mail program does it: no cookie, no form token
        assert (await post(resident, f"{park}/outcome/follow", rhythm="hourly"))[0] == 422
        assert (await post(resident, f"{park}/outcome/follow", rhythm="daily"))[0] == 303
        assert "raz dziennie" in await text_of(resident, "/dialog/mine/following")
        assert "Obserwowane: raz dziennie" in await text_of(resident, park)  # the button says what is so
        assert "Obserwowane:" not in await text_of(clerk, park)
    async with site.client("") as visitor:
        for form, start in (("json", "{\n"), ("csv", "\ufeffblock;kind;ref")):
            assert (await text_of(visitor, f"{park}/outcome/report.{form}")).startswith(start)
        assert '"OpenReport"' in await text_of(visitor, "/api/dialog/outcome/schema")
        async with visitor.get(f"{park}/outcome/report.pdf") as answer:
            assert (await answer.read()).startswith(b"%PDF")
        async with visitor.post("/dialog/mine/leave/1.1.wrong", data={"List-Unsubscribe": "One-Click"}) as answer:
            assert answer.status == 404
        resident_id = await account_of(site, "resident")
        link = f"/dialog/mine/leave/{rules.leave_token(site.app[IDENTITY].keys, resident_id, [number])}"
        assert "Park Kultury" in await text_of(visitor, link)  # looking at it changes nothing
        async with site.client("resident") as resident:
            assert 'value="daily" selected>raz dziennie' in await text_of(resident, "/dialog/mine/following")
            async with visitor.post(link, data={"List-Unsubscribe": "One-Click"}) as answer:
                assert answer.status == 200
            assert 'value="daily" selected>raz dziennie' not in await text_of(resident, "/dialog/mine/following")
