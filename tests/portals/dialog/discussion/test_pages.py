"""Addresses of discussions on the whole site: pages, forms with bad input, the API's refusals, tables."""

import re

from app.database import DATABASE


async def block_of(site, title: str = "Plac Zwycięstwa: mniej aut, więcej zieleni") -> tuple[str, str, int, int]:
    """Slug, id of the consultation, id of its discussion block, id of a comment."""
    async with site.client() as client:
        page = await (await client.get("/dialog")).text()
        slug = re.search(rf'href="/dialog/([^"]+)">{title}', page)[1]
        page = await (await client.get(f"/dialog/{slug}")).text()
    consultation_id = re.search(r'data-consultation="(\d+)"', page)[1]
    block_id = int(re.search(r'data-discussion="(\d+)"', page)[1])
    comment_id = int(re.search(r'id="comment-(\d+)"', page)[1])
    return slug, consultation_id, block_id, comment_id


async def test_pages_forms_tables_and_refusals(site):
    slug, consultation_id, block_id, comment_id = await block_of(site)
    manage = f"/dialog/manage/{consultation_id}/discussion"
    async with site.client("consultation_clerk") as clerk:
        queue = await (await clerk.get(manage)).text()
        assert "złodziejstwo" in queue
        for path in (f"{manage}/words", f"{manage}/{block_id}/paper"):
            page = await (await clerk.get(path)).text()
            token = re.search(
                r'name="csrf_token" type="hidden" value="([^"]+)"|name="csrf_token"[^>]*value="([^"]+)"', page
            )
            posted = {
                "csrf_token": token[1] or token[2],
                "hold": "x",
                "name": "Wanda Kruk",
                "kind": "resident",
                "alignment": "1",
            }
            answer = await clerk.post(path, data=posted, allow_redirects=False)
            page = await answer.text()
            assert answer.status == 422
            assert "error-summary" in page
            assert ("Wanda Kruk" in page) == path.endswith("paper")  # what was typed is still there
        for kind in ("csv", "xlsx"):
            assert (await clerk.get(f"{manage}/{block_id}/{kind}")).status == 200
    async with site.client() as nobody:
        table = (await (await nobody.get(f"/dialog/{slug}/discussion/blocks/{block_id}/csv")).read()).decode(
            "utf-8-sig"
        )
        assert "Krystyna Sobczak" in table
        assert "złodziejstwo" not in table
        assert "debil" not in table
        page = await (await nobody.get(f"/dialog/{slug}/discussion/{comment_id}")).text()
        assert f'id="comment-{comment_id}"' in page
        assert (await nobody.get(f"/dialog/inna/discussion/{comment_id}")).status == 404
        assert (await nobody.get(f"/dialog/{slug}/discussion/threads/{block_id}/nic")).status == 404
        api = f"/api/dialog/blocks/{block_id}/discussion"
        first = await (await nobody.get(api, params={"sort": "endorsed"})).json()
        counts = [one["comment"]["endorsements"] for one in first["branches"]]
        assert counts == sorted(counts, reverse=True)
        assert (await nobody.get(api, params={"after": "zepsute!"})).status == 422
        assert (await nobody.get(api, params={"subject": "../x"})).status == 422
        assert (await nobody.post(api, json={"draft": {"text": "x"}})).status == 401
    async with site.client("resident") as jan:
        answer = await jan.post(api, json={"draft": {"text": " "}})
        assert answer.status == 422
        assert (await answer.json())["fields"] == {"text": "Najpierw coś napisz"}
        answer = await jan.post(api, json={"draft": {"text": "Ten debil!"}})
        assert "debil" in (await answer.json())["detail"]
        answer = await jan.post(api, json={"draft": {"text": "Dobrze, **lipy**", "alignment": 1, "sent_key": "k1"}})
        assert answer.status == 201
        id_ = (await answer.json())["comment"]["id"]
        comments = "/api/dialog/discussion/comments"
        assert (await (await jan.get(f"{comments}/{id_}/source")).json())["text"] == "Dobrze, **lipy**"
        assert (await jan.put(f"{comments}/{id_}", json={"text": "Dobrze, klony"})).status == 200
        assert len((await (await jan.get(f"{comments}/{id_}/history")).json())["versions"]) == 1
        assert (await jan.put(f"{comments}/{id_}/endorsement")).status == 409
        assert (await jan.delete(f"{comments}/{id_}")).status == 204
        assert (await jan.get(f"{comments}/{id_}/history")).status == 404
        async with site.app[DATABASE].transaction(readonly=True) as tx:  # nor does the room's log say it any more
            said = [row["payload"] for row in await tx.records("SELECT payload::text AS payload FROM realtime_log")]
        assert any("CommentEnded" in one for one in said)
        assert not any("lipy" in one or "klony" in one for one in said)
        people = await (await jan.get(f"{api}/people", params={"q": "kry"})).json()
        assert [one["name"] for one in people["people"]] == ["Krystyna Sobczak"]
