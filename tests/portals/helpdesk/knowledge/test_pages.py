"""Pages and the API over HTTP."""

import html
import re
import struct
import zlib

import aiohttp
import pytest

from portals.helpdesk.knowledge.model import Draft
from portals.helpdesk.numbers import digits_of
from tests.portals.helpdesk.desk import NUMBER
from tests.portals.helpdesk.sla.office import get, open_office

HOME = "/pomoc/wiedza"
EDITING = f"{HOME}/redakcja"
API = "/api/helpdesk/knowledge"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0" + bytes(6) + b"\0" + bytes(6)))
    + _chunk(b"IEND", b"")
)


@pytest.fixture
async def office(database_url, tmp_path):
    async with open_office(database_url, tmp_path) as found:
        yield found


def said(text: str) -> str:
    return html.unescape(text)


async def form(client, page: str, path: str = "", status: int = 303, files=(), **fields) -> tuple[str, str]:
    """Sends a form of `page` as a browser does; where it leads, and what it answers."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', await get(client, page))
    assert token is not None
    data = aiohttp.FormData()
    data.add_field("csrf_token", token[1], content_type="text/plain")
    for name, value in fields.items():
        data.add_field(name, value, content_type="text/plain")
    for name, content in files:
        data.add_field("pictures", content, filename=name, content_type="image/png")
    async with client.post(path or page, data=data, allow_redirects=False) as answer:
        text = await answer.text()
        assert answer.status == status, (answer.status, text[-3000:])
        return answer.headers.get("Location", ""), said(text)


async def call(client, method: str, path: str, body=None, status: int = 200):
    async with client.request(method, path, json=body) as answer:
        text = await answer.text()
        assert answer.status == status, (method, path, answer.status, text[:1500])
        return None if status == 204 else await answer.json()


async def written(client, **more) -> int:
    draft = {
        "title": "Drukarka nie drukuje",
        "text": "## Kolejka\n\nWyczyść **kolejkę**.",
        "keywords": ["toner"],
        **more,
    }
    return (await call(client, "POST", API, draft, 201))["id"]


async def test_an_article_from_the_first_word_to_its_reader(office):
    site, desk = office
    async with site.client("adam") as agent, site.client("beata") as lead, site.client("jan") as teacher:
        assert "Nie ma jeszcze artykułów" in said(await get(teacher, HOME))
        assert "Nie ma jeszcze artykułów" in said(await get(agent, EDITING))
        where, _text = await form(
            agent, f"{EDITING}/nowy", files=[("Lampka_na_drukarce.png", PNG)], title="Drukarka nie drukuje",
            lead="Wyczyść kolejkę", text="## Kolejka\n\nOtwórz okno.\n\n## Papier\n\nSprawdź.\n\n## Toner\n\nWymień.",
            keywords="wydruk, toner; Toner", category_id=str(desk.broken), audience="everyone", do="save",
        )  # fmt: skip
        article = int(where.rpartition("/")[2])
        page = said(await get(agent, where))
        assert "![Lampka na drukarce](obraz:1)" in page
        assert "Opublikuj" not in page  # agents do not publish
        await get(teacher, f"{HOME}/{article}", 404)
        await get(teacher, f"{HOME}/{article}/obrazy/1", 404)
        where, _text = await form(
            lead, where, title="Drukarka nie drukuje", lead="Wyczyść kolejkę", base="1", about="Dopisano krok",
            text="## Kolejka\n\nOtwórz okno.\n\n## Papier\n\nSprawdź.\n\n## Toner\n\nWymień.\n\n![Lampka](obraz:1) ![Obcy](https://zly.example/x.png)",
            keywords="toner", category_id=str(desk.broken), audience="everyone", do="publish",
        )  # fmt: skip
        assert where == f"{HOME}/{article}"
        page = said(await get(teacher, where))
        assert f'<img src="{HOME}/{article}/obrazy/1" alt="Lampka" loading="lazy">' in page
        assert "zly.example" not in page
        assert '<a href="#s-3">Toner</a>' in page
        async with teacher.get(f"{HOME}/{article}/obrazy/1") as answer:
            assert (answer.status, answer.content_type, await answer.read()) == (200, "image/png", PNG)
        await get(teacher, f"{HOME}/{article}/obrazy/2", 404)
        home = said(await get(teacher, HOME))
        assert "Zepsuty sprzęt" in home
        assert "Najczęściej czytane" in home
        found = said(await get(teacher, f"{HOME}?q=drukarki+nie+drukują"))
        assert "<mark>Drukarka</mark> nie <mark>drukuje</mark>" in found
        nothing = said(await get(teacher, f"{HOME}?q=żyrafa"))
        assert "Żaden artykuł jeszcze o tym nie mówi" in nothing
        assert 'href="/pomoc/nowe"' in nothing
        assert "Drukarka nie drukuje" in await get(teacher, f"{HOME}?section={desk.broken}")
        await get(teacher, f"{HOME}?section=999", 404)
        where, _text = await form(
            teacher, f"{HOME}/{article}", f"{HOME}/{article}/ocena", helped="no", missing="Zdjęcie!"
        )
        assert "Twoja odpowiedź: nie." in said(await get(teacher, where))
        wishes = said(await get(agent, f"{EDITING}/{article}"))
        assert "Zdjęcie!" in wishes
        assert "Jan Wrona" not in wishes
    async with site.client("igor") as stranger:
        for path in (HOME, f"{HOME}?q=drukarka", f"{HOME}/{article}", f"{HOME}/{article}/obrazy/1"):
            await get(stranger, path, 404)


async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(office):
    site, _desk = office
    async with site.client("adam") as agent:
        _where, text = await form(
            agent, f"{EDITING}/nowy", status=422, files=[("x.png", b"to nie jest obraz")], title="", lead="L" * 401,
            text="Mój długi tekst", keywords="a", audience="everyone",
        )  # fmt: skip
        assert "Mój długi tekst" in text
        assert "x.png" in text
        _where, text = await form(
            agent, f"{EDITING}/nowy", status=422, title="", lead="L" * 401, text="Mój długi tekst", audience="agents"
        )
        for name in ("title", "lead"):
            assert f'id="{name}-error"' in text
        assert "Mój długi tekst" in text


async def test_two_editors_see_both_texts(office):
    site, _desk = office
    async with site.client("adam") as adam, site.client("olga") as olga:
        article = await written(adam)
        page = f"{EDITING}/{article}"
        fields = {"title": "Drukarka nie drukuje", "keywords": "toner", "audience": "everyone"}
        await form(adam, page, **fields, text="Tekst Adama z krokiem pierwszym", base="1")
        _where, text = await form(olga, page, status=409, **fields, text="Tekst Olgi z krokiem pierwszym", base="1")
        assert "Tekst Olgi z krokiem pierwszym" in text
        assert "Tekst Adama z krokiem pierwszym" in text
        assert "<del>Adama</del><ins>Olgi</ins>" in text
        base = re.search(r'name="base"[^>]*value="(\d+)"', text)
        assert base is not None
        assert base[1] == "2"
        where, _text = await form(olga, page, **fields, text="Tekst obojga", base=base[1])
        history = said(await get(olga, f"{page}/historia?old=1&new=3"))
        assert where == page
        assert "Olga Wilk" in history
        assert "Adam Bielski" in history
        where, _text = await form(adam, f"{page}/historia?new=1", f"{page}/wersje/1/przywroc")
        assert where == page
        assert "przywrócona wersja 1" in said(await get(adam, page))
        assert (await call(adam, "GET", f"{API}/{article}/editing"))["revision"]["number"] == 4
        problem = await call(olga, "PUT", f"{API}/{article}", {"title": "T", "text": "Inny", "base": 2}, 409)
        assert problem["latest"]["number"] == 4


async def test_publishing_reviewing_withdrawing_on_pages(office):
    site, _desk = office
    async with site.client("adam") as agent, site.client("beata") as lead, site.client("teresa") as auditor:
        article = await written(agent)
        page = f"{EDITING}/{article}"
        assert "szkic" in await get(auditor, EDITING)
        assert 'id="article-form"' not in await get(auditor, page)
        preview = f"{page}/wersje/1"
        assert "Opublikuj" not in await get(agent, preview)
        where, _text = await form(lead, preview, f"{preview}/opublikuj")
        assert where == f"{HOME}/{article}"
        for path in (f"{preview}/opublikuj", f"{page}/wycofaj", f"{page}/przeglad"):
            _where, _text = await form(agent, page, path, 403)
        where, _text = await form(lead, page, f"{page}/przeglad", on="2020-01-01")
        assert "najbliższych dziesięciu lat" in said(await get(lead, page))
        where, _text = await form(lead, page, f"{page}/przeglad", on="jutro")
        assert "najbliższych dziesięciu lat" in said(await get(lead, page))
        assert where == f"{page}#przeglad"
        where, _text = await form(lead, page, f"{page}/wycofaj")
        await get(agent, f"{HOME}/{article}", 404)
        where, _text = await form(lead, page, f"{page}/wycofaj")
        assert "nie jest teraz opublikowany" in said(await get(lead, where))


async def test_a_draft_from_a_ticket(office):
    site, desk = office
    ticket = await desk.send("Drukarka nie drukuje\n\nTel. 59 848 83 00")
    async with site.client("adam") as agent, site.client("piotr") as other:
        page = f"{EDITING}/nowy?ticket={digits_of(ticket.id)}"
        text = said(await get(agent, page))
        assert "## Objawy" in text
        assert "59 848" not in text
        await get(other, page, 404)
        await get(agent, f"{EDITING}/nowy?ticket=12345", 422)
        where, _text = await form(
            agent, page, title="Drukarka", text="Opis", audience="everyone", ticket=digits_of(ticket.id)
        )
        assert f"/pomoc/obsluga/{digits_of(ticket.id)}" in await get(agent, where)
        await form(other, f"{EDITING}/nowy", status=404, title="D", text="O", ticket=digits_of(ticket.id))


async def test_programs(office):
    site, desk = office
    async with site.client("adam") as agent, site.client("beata") as lead, site.client("jan") as teacher:
        article = await written(agent, category_id=desk.broken)
        hidden = await written(agent, title="Drukarka: hasło serwisowe", audience="agents")
        for one in (article, hidden):
            await call(lead, "PUT", f"{API}/{one}/publication", {"number": 7}, 409)
            await call(agent, "PUT", f"{API}/{one}/publication", {"number": 1}, 403)
            await call(lead, "PUT", f"{API}/{one}/publication", {"number": 1})
        assert [one["id"] for one in (await call(teacher, "GET", API))["articles"]] == [article]
        assert len((await call(agent, "GET", API))["articles"]) == 2
        assert (await call(agent, "GET", f"{API}?category_id={desk.access}"))["articles"] == []
        await call(teacher, "GET", f"{API}/{hidden}", status=404)
        view = await call(teacher, "GET", f"{API}/{article}")
        assert (view["text"], view["may_edit"], view["rating"]) == ("## Kolejka\n\nWyczyść **kolejkę**.", False, None)
        found = await call(teacher, "GET", f"{API}/search?q=drukrka")
        assert [one["article"]["id"] for one in found["articles"]] == [article]
        assert found["instead"] == {"drukrka": "drukarka"}
        body = {"text": "drukarki nie działają", "category_id": desk.broken, "label": NUMBER}
        offered = await call(teacher, "POST", f"{API}/suggestions", body)
        assert [one["path"] for one in offered["articles"]] == [f"{HOME}/{article}"]
        await call(teacher, "POST", f"{API}/suggestions", {"text": 5}, 422)
        assert (await call(teacher, "PUT", f"{API}/{article}/rating", {"helped": True}))["helped"]
        await call(teacher, "POST", f"{API}/{article}/spared", {"form_key": "formularz-1"}, 204)
        assert (await call(agent, "GET", f"{API}/{article}"))["article"]["spared"] == 1
        await call(teacher, "DELETE", f"{API}/spared/formularz-1", status=204)
        await call(teacher, "DELETE", f"{API}/spared/formularz-1", status=404)
        await call(teacher, "POST", f"{API}/{article}/spared", {"form_key": "x"}, 422)
        edited = {**{name: getattr(Draft(title="Ksero", text="Nowy"), name) for name in ("title", "text")}, "base": 1}
        assert (await call(agent, "PUT", f"{API}/{article}", edited))["latest"] == 2
        await call(agent, "PUT", f"{API}/{article}", {**edited, "title": ""}, 422)
        assert (await call(agent, "GET", f"{API}/{article}/revisions/1"))["title"] == "Drukarka nie drukuje"
        await call(agent, "GET", f"{API}/{article}/revisions/9", status=404)
        assert (await call(agent, "POST", f"{API}/{article}/revisions/1/restore"))["latest"] == 3
        assert len((await call(agent, "GET", f"{API}/drafts"))["articles"]) == 2
        await call(lead, "PUT", f"{API}/{article}/review", {"on": "2001-01-01"}, 422)
        assert (await call(lead, "PUT", f"{API}/{article}/review", {"on": None}))["review_on"] is None
        ticket = await desk.send("Drukarka z tonerem")
        beside = await call(agent, "GET", f"/api/helpdesk/tickets/{digits_of(ticket.id)}/articles")
        assert {one["id"] for one in beside["articles"]} == {article, hidden}
        await call(lead, "DELETE", f"{API}/{article}/publication")
        await call(lead, "DELETE", f"{API}/{article}/publication", status=409)
        await call(teacher, "GET", f"{API}/{article}", status=404)
