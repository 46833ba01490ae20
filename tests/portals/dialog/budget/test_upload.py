"""The budget's form over HTTP: an upload that breaks off is told in a sentence, and nothing is lost or left behind."""

import re
import unicodedata

import aiohttp

from app.database import DATABASE
from app.files import FILES

PDF = b"%PDF-1.7\n" + b"0" * 3000


def token(page: str) -> str:
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]


async def block_of(site) -> tuple[str, int]:
    """The demonstration's budget with a phase in which projects are taken."""
    async with site.app[DATABASE].transaction() as tx:
        found = await tx.records(
            "SELECT c.slug, b.id, b.phase_id FROM consultation_block AS b JOIN consultation AS c"
            " ON c.id = b.consultation_id WHERE b.kind = 'budget' AND c.state = 'published' LIMIT 1"
        )
        await tx.execute(
            "UPDATE consultation_phase SET starts_at = now() - interval '1 day', ends_at = now() + interval '1 day'"
            " WHERE id = $1",
            found[0]["phase_id"],
        )
        await tx.execute(
            "INSERT INTO consultation_participant (consultation_id, account_id, kind, name, pseudonym, shown_as)"
            " SELECT b.consultation_id, a.id, 'resident', a.name, 'Jaskółka 7', 'name' FROM consultation_block AS b,"
            " account AS a WHERE b.id = $1 AND a.login = $2 ON CONFLICT DO NOTHING",
            found[0]["id"],
            site.logins["resident"][0],
        )
        await tx.execute(
            "UPDATE consultation SET open_to = 'signed_in' FROM consultation_block AS b"
            " WHERE b.id = $1 AND b.consultation_id = consultation.id",
            found[0]["id"],
        )
    return found[0]["slug"], found[0]["id"]


async def kept(site) -> tuple[int, int]:
    """Rows of projects' files, and uploads on their way that nobody will keep."""
    async with site.app[DATABASE].transaction(readonly=True) as tx:
        rows = await tx.value("SELECT count(*) FROM budget_file")
    return rows, len(list(site.app[FILES].incoming.iterdir()))


async def test_a_broken_upload_is_told_and_loses_nothing(site):
    slug, block = await block_of(site)
    async with site.client("resident") as client:
        async with client.get(f"/dialog/{slug}/budget/new/{block}") as answer:
            page = await answer.text()
            assert answer.status == 200, page
        words = {"csrf_token": token(page), "title": "Ławki nad Słupią", "summary": "Dwanaście ławek."}
        async with client.post(f"/dialog/{slug}/budget/new/{block}", data=words) as answer:
            assert answer.status == 200, await answer.text()
            edit = answer.url.path
        before = await kept(site)
        head = (
            f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{words["csrf_token"]}\r\n--x\r\n'
            'Content-Disposition: form-data; name="file"; filename="plan.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
        ).encode()
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        files = edit.removesuffix("/edit") + "/files"
        for body in (head + PDF, b"--x\r\nContent-Disposition: nonsense", b""):
            async with client.post(files, data=body, headers=headers) as answer:
                text = await answer.text()
                assert answer.status in {400, 422}, (body[-40:], answer.status)
                assert "się przerwało" in text or "Nic nie przepadło" in text, text
        assert await kept(site) == before
        data = aiohttp.FormData({"csrf_token": words["csrf_token"]})
        data.add_field("file", b"MZ\x90\x00" + bytes(500), filename="plan.pdf", content_type="application/pdf")
        async with client.post(files, data=data) as answer:
            assert answer.status == 200
            assert "plan.pdf:" in await answer.text()  # which file, and what is wrong with it
        assert await kept(site) == before
        async with client.get(edit) as answer:
            page = await answer.text()
        assert 'value="Ławki nad Słupią"' in page
        data = aiohttp.FormData({"csrf_token": words["csrf_token"]}, quote_fields=False)  # as browsers do
        name = unicodedata.normalize("NFD", "żółty_plan.pdf")
        data.add_field("file", PDF, filename=name, content_type="application/pdf")
        async with client.post(files, data=data) as answer:
            assert "żółty_plan.pdf" in await answer.text()  # in NFC
        assert await kept(site) == (before[0] + 1, before[1])
