"""Over HTTP, without scripts: a file larger than a form may be elsewhere, its download, and what a wrong page keeps."""

import re
import unicodedata

import aiohttp

from app.database import DATABASE
from portals.dialog.demo import demo_actors, demo_block, demo_consultation
from portals.dialog.surveys import desk
from portals.dialog.surveys.model import QuestionDraft

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
LARGE = b"Uwagi do planu placu. " * 70_000


async def page(client, path, status=200):
    async with client.get(path) as answer:
        text = await answer.text()
        assert answer.status == status, (path, answer.status)
    return text


async def test_a_file_is_handed_in_and_read_by_the_office_alone(site):
    block = await demo_block(site.app, "plac-zwyciestwa", "surveys", title="Uwagi z plikiem")
    clerk = (await demo_actors(site.app))["consultation_clerk"]
    for draft in (
        QuestionDraft(type="text", text="Czego dotyczy plik?", required=True),
        QuestionDraft(type="file", text="Plik"),
    ):
        await desk.add_question(site.app[DATABASE], clerk, block.id, draft)
    consultation = await demo_consultation(site.app, "plac-zwyciestwa")
    path = f"{consultation.path}/surveys/{block.id}"

    def form(token, text):
        fields = {"csrf_token": token, "page": "1", "step": "send", "q-q1": text}
        data = aiohttp.FormData(fields, quote_fields=False)  # names as browsers send them
        data.add_field(
            "q-q2", LARGE, filename=unicodedata.normalize("NFD", "żółte_uwagi.txt"), content_type="text/plain"
        )
        return data

    async with site.client("resident") as jan:
        token = TOKEN.search(await page(jan, path))[1]
        async with jan.post(path, data=form(token, "")) as answer:
            text = await answer.text()
            assert answer.status == 422
        assert 'id="q-q1-error"' in text
        assert "żółte_uwagi.txt" in text  # kept though the page was refused, in NFC whatever the browser has sent
        async with jan.post(path, data=form(token, "Plac od strony ratusza"), allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, f"{path}/sent")
        assert "Plac od strony ratusza" in await page(jan, f"{path}/sent")
    managed = f"/dialog/manage/{consultation.id}/surveys/{block.id}"
    async with site.client("consultation_clerk") as office:
        text = await page(office, f"{managed}/answers")
        file = re.search(rf"{managed}/answers/(\d+)/files/q2", text)
        async with office.get(file[0]) as answer:
            assert await answer.read() == LARGE
            assert "filename*=UTF-8''%C5%BC%C3%B3%C5%82te_uwagi.txt" in answer.headers["Content-Disposition"]
        hide = f"{managed}/answers/{file[1]}/hide"
        fields = {"csrf_token": TOKEN.search(text)[1], "reason": "Dane osobowe"}
        async with office.post(hide, data=fields, allow_redirects=False) as answer:
            assert answer.status == 303
        await page(office, file[0], 404)
        assert "uwagi.txt" not in await page(office, f"{managed}/answers.csv")
