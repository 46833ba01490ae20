"""Pages and the API over HTTP: what is typed is not lost, files of the clerk, where tiles may come from."""

import json
import re

import aiohttp

from app.wire import IMAGE_HOSTS

PLAN = {"type": "Polygon", "coordinates": [[[17.02, 54.46], [17.03, 54.46], [17.03, 54.47], [17.02, 54.46]]]}


async def text_of(client, path: str) -> str:
    async with client.get(path) as answer:
        assert answer.status == 200, path
        return await answer.text()


def token(page: str) -> str:
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]


async def plan_of(client) -> tuple[dict, str]:
    """The consultation with a map, and the number of its block."""
    async with client.get("/api/dialog/consultations") as answer:
        found = next(one for one in (await answer.json())["running"] if "Nadrzecze" in one["title"])
    return found, re.search(r'data-map="(\d+)"', await text_of(client, f"/dialog/{found['slug']}"))[1]


async def without_script(client, path: str) -> None:
    """An entry by address alone: refused with everything typed still there, then taken; endorsed by a plain form."""
    form = {"csrf_token": token(await text_of(client, f"{path}/new")), "text": "Bez <mapy>", "alignment": "-1"}
    async with client.post(f"{path}/new", data={**form, "latitude": "54,4", "longitude": "abc"}) as answer:
        page = await answer.text()
        assert answer.status == 422
        assert "Bez &lt;mapy&gt;" in page
        assert 'value="abc"' in page
    async with client.post(f"{path}/new", data={**form, "geometry": '{"type":"Point"', "category_id": "x"}) as answer:
        assert answer.status == 422
    category = re.search(r'<option value="(\d+)">Zabudowa', page)[1]
    async with client.post(f"{path}/new", data={**form, "address": "ul. Wiejska", "category_id": category}) as answer:
        assert answer.status == 200
        assert "/entries/" in answer.url.path
        assert "ul. Wiejska" in await answer.text()
    own = answer.url.path
    edit = await text_of(client, f"{own}/edit")
    assert "Bez &lt;mapy&gt;" in edit
    other = re.search(r'action="([^"]+/entries/\d+/endorse)"', await text_of(client, f"{path}?sort=category"))[1]
    for verb, pressed in (("endorse", "true"), ("unendorse", "false")):
        async with client.post(
            other.replace("/endorse", f"/{verb}"), data={"csrf_token": form["csrf_token"]}
        ) as answer:
            assert f'aria-pressed="{pressed}"' in await answer.text()
    async with client.post(f"{own}/endorse", data={"csrf_token": form["csrf_token"]}) as answer:
        assert answer.status == 422
    async with client.post(f"{own}/withdraw", data={"csrf_token": "old"}) as answer:
        assert answer.status == 422
    async with client.post(f"{own}/withdraw", data={"csrf_token": form["csrf_token"]}) as answer:
        assert "ul. Wiejska" not in await answer.text()


async def files_of_the_clerk(client, consultation: dict, block_id: str) -> None:
    desk = f"/dialog/manage/{consultation['id']}/map/{block_id}"
    csrf = token(await text_of(client, f"{desk}/layers"))

    async def upload(content: bytes) -> tuple[int, str]:
        data = aiohttp.FormData({"csrf_token": csrf, "title": "Strefa", "text": ""})
        data.add_field("file", content, filename="plan.geojson", content_type="application/geo+json")
        async with client.post(f"{desk}/layers", data=data) as answer:
            return answer.status, await answer.text()

    for bad in (b"\xff\xfe", b"{}", b" " * 1_000_001):
        status, page = await upload(bad)
        assert status == 422
        assert 'value="Strefa"' in page
    assert (await upload(b"\xef\xbb\xbf" + json.dumps(PLAN).encode()))[0] == 200
    async with client.get(f"/api/dialog/blocks/{block_id}/map") as answer:
        view = await answer.json()
    assert [one["title"] for one in view["layers"]] == ["Projekt planu", "Strefa"]
    assert (view["ground"]["tiles_url"], view["ground"]["bounds"]["west"]) == ("", 16.9)
    used = view["categories"][0]["id"]
    async with client.post(f"{desk}/categories/{used}/remove", data={"csrf_token": csrf}) as answer:
        assert view["categories"][0]["name"] in await answer.text()  # it stays: there are entries of it
    foreign = desk.replace(f"manage/{consultation['id']}", "manage/1")
    async with client.get(f"{foreign}/layers") as answer:
        assert answer.status == 404


async def test_a_map_over_http(site):
    async with site.client("resident2") as ola, site.client("consultation_clerk") as clerk, site.client() as nobody:
        consultation, block_id = await plan_of(ola)
        path = f"/dialog/{consultation['slug']}/map/{block_id}"
        await without_script(ola, path)
        await files_of_the_clerk(clerk, consultation, block_id)
        for ending, kind in (("geojson", "application/geo+json"), ("csv", "text/csv"), ("xlsx", "spreadsheetml")):
            async with nobody.get(f"{path}/entries.{ending}") as answer:
                assert kind in answer.headers["Content-Type"]
                assert "Kazimierz Or" in (await answer.read()).decode("latin-1") or ending == "xlsx"
        async with nobody.get(path.replace(consultation["slug"], "inne")) as answer:
            assert answer.status == 404
        async with nobody.put("/api/dialog/map/1/endorsement", json={}) as answer:
            assert answer.status == 401

        async def policy(address: str) -> str:
            async with nobody.get(address) as answer:
                return answer.headers["Content-Security-Policy"]

        assert "img-src 'self' data: blob:; " in await policy(path)
        site.app[IMAGE_HOSTS]["/dialog/"] = "https://tiles.example.pl"
        assert "img-src 'self' data: blob: https://tiles.example.pl; " in await policy(path)
        assert "img-src 'self' data: blob:; " in await policy("/")
