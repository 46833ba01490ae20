"""Pages and JSON of the debate, over HTTP with the demo's people."""

import pytest
import pytest_asyncio

from tests.conftest import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def live_session(client) -> dict:
    async with client.get("/api/council/sessions") as answer:
        return (await answer.json())["live"][0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(demo, tmp_path_factory):
    """One product for all of these: each test leaves it so that the others find what they look for."""
    folder = tmp_path_factory.mktemp("site")
    async with demo.copy(folder) as url, running_site(url, folder) as found:
        yield found


@pytest.mark.parametrize(
    ("who", "status"), [("", 401), ("resident", 403), ("councillor", 404), ("chair", 200), ("clerk", 200)]
)
async def test_the_chairs_screen_is_for_whoever_presides(site, who, status):
    async with site.client(who) as client:
        session = await live_session(client)
        headers = {"Accept": "application/json"} if status != 200 else {}
        async with client.get(f"/council/sessions/{session['slug']}/chair", headers=headers) as answer:
            assert answer.status == status
            if status == 200:
                text = await answer.text()
                assert "Renata Bilska" in text
                assert "data-floor-next" in text


async def test_a_councillors_phone_page(site):
    async with site.client("councillor") as client:
        session = await live_session(client)
        async with client.get("/council/me") as answer:
            text = await answer.text()
            assert answer.status == 200
            assert "Marek Wiśniewski" in text
            assert 'data-ask="motion"' in text
        async with client.get("/council/me", params={"session": session["slug"]}) as answer:
            assert answer.status == 200
        async with client.get("/council/me", params={"session": "none"}) as answer:
            assert answer.status == 404


async def test_an_account_without_a_seat_is_told_what_to_do(site):
    from app.identity import commands
    from app.identity.model import NewAccount

    new = NewAccount(login="bez.mandatu", name="Bez Mandatu", password="dlugie-haslo-123", email="b@gryf.example")
    await commands.ensure_user(site.app, new, ("councillor",))
    site.logins["seatless"] = ("bez.mandatu", "dlugie-haslo-123")
    async with site.client("seatless") as client:
        session = await live_session(client)
        async with client.get("/council/me") as answer:
            assert answer.status == 200
            assert "biuro rady" in await answer.text()
        async with client.get("/council/me", params={"session": session["slug"]}) as answer:
            assert answer.status == 404
        async with client.put(f"/api/council/sessions/{session['id']}/speeches/mine", json={}) as answer:
            assert answer.status == 404


async def test_the_whole_debate_over_json(site):
    """A councillor asks, the chair gives the floor, everybody hears of it, and the room says the same."""
    async with site.client("councillor") as phone, site.client("chair") as chair, site.client() as resident:
        session = await live_session(resident)
        base = f"/api/council/sessions/{session['id']}"
        async with phone.put(f"{base}/speeches/mine", json={"kind": "motion"}) as answer:
            assert answer.status == 200
            mine = (await answer.json())["speech"]
        async with phone.post(f"{base}/speeches/{mine['id']}/floor") as answer:
            assert answer.status == 404  # a councillor, but not the chair
        async with chair.post(f"{base}/speeches/{mine['id']}/floor") as answer:
            assert (await answer.json())["state"] == "speaking"
        async with chair.post(f"{base}/speeches/{mine['id']}/extend", json={"seconds": 60}) as answer:
            assert (await answer.json())["limit_s"] == 180
        async with chair.post(f"{base}/speeches/{mine['id']}/extend", json={"seconds": -60}) as answer:
            assert answer.status == 422
        async with resident.get(
            "/api/live/snapshot", params={"room": f"council/session/{session['id']}/debate"}
        ) as answer:
            snapshot = await answer.json()
        speeches = snapshot.get("snapshot", snapshot)["speeches"]
        assert speeches[0]["speaker"] == "Marek Wiśniewski"
        order = [one["id"] for one in speeches[1:]][::-1]
        async with chair.put(f"{base}/speeches/order", json={"order": order}) as answer:
            assert [one["id"] for one in (await answer.json())["speeches"]] == order
        async with chair.post(f"{base}/speeches/{mine['id']}/end") as answer:
            assert (await answer.json())["state"] == "spoken"
        async with resident.get(f"{base}/speeches") as answer:
            found = await answer.json()
        assert [one["speaker"] for one in found["speeches"]] == ["Renata Bilska", "Marek Wiśniewski"]
        assert {one["speaker"] for one in found["totals"]} == {"Renata Bilska", "Marek Wiśniewski"}
        async with resident.get(f"{base}/times") as answer:
            assert len((await answer.json())["times"]) == 5


async def test_bad_input_names_its_field(site):
    async with site.client("clerk") as client:
        session = await live_session(client)
        base = f"/api/council/sessions/{session['id']}/speeches"
        for body, field in (
            ({"kind": "guest"}, "speaker"),
            ({"kind": "guest", "speaker": "Jan", "role": "x" * 121}, "role"),
            ({"kind": "sermon", "speaker": "Jan"}, "kind"),
            ({"councillor_id": 0}, "councillor_id"),
        ):
            async with client.post(base, json=body) as answer:
                assert answer.status == 422
                assert list((await answer.json())["fields"]) == [field]
        async with client.put(f"{base}/order", json={"order": ["x"]}) as answer:
            assert answer.status == 422


async def test_residents_see_totals_of_a_past_session(site):
    async with site.client() as client:
        async with client.get("/api/council/sessions") as answer:
            past = (await answer.json())["past"][0]
        async with client.get(f"/council/sessions/{past['slug']}") as answer:
            text = await answer.text()
        assert "Najwięcej czasu: Marek Wiśniewski" in text
        assert text.count("talk-bar-ground") == 11


async def test_text_only_has_no_player_and_all_the_rest(site):
    async with site.client() as client:
        session = await live_session(client)
        async with client.get(f"/council/sessions/{session['slug']}", params={"text": "1"}) as answer:
            text = await answer.text()
        assert "data-player" not in text
        assert "data-journal" in text
        assert "Renata Bilska" in text
        async with client.get(f"/council/sessions/{session['slug']}") as answer:
            assert "data-player" in await answer.text()


async def test_mail_about_an_item_is_for_people_who_are_signed_in(site):
    async with site.client("resident") as client:
        session = await live_session(client)
        async with client.get(f"/api/council/sessions/{session['id']}") as answer:
            items = (await answer.json())["items"]
        path = f"/api/council/sessions/{session['id']}/alerts"
        async with client.put(f"{path}/{items[-1]['id']}") as answer:
            assert answer.status == 204
        async with client.get(path) as answer:
            assert (await answer.json())["item_ids"] == [items[-1]["id"]]
        async with client.put(f"{path}/{items[0]['id']}") as answer:
            assert answer.status == 409
        async with client.delete(f"{path}/{items[-1]['id']}") as answer:
            assert answer.status == 204
        async with client.get(path) as answer:
            assert (await answer.json())["item_ids"] == []
