"""The API as programs use it: two agents at one ticket, what requesters ask for, what a lead sets up, letters."""

import pytest

from portals.helpdesk.numbers import digits_of
from tests.portals.helpdesk.desk import AGENT, NUMBER, SECOND_AGENT
from tests.portals.helpdesk.walking import ADDRESS, walking

API = "/api/helpdesk"


@pytest.fixture
async def walk(database_url, tmp_path):
    async with walking(database_url, tmp_path) as found:
        yield found


async def call(client, method, path, body=None, status=200):
    async with client.request(method, path, json=body) as answer:
        assert answer.status == status, (method, path, answer.status, await answer.text())
        return await answer.json(content_type=None) if status != 204 else None


async def test_two_agents_change_different_fields_and_both_win(walk):
    one = walk.path(f"{API}/tickets/{{number}}")
    async with walk.client("A") as adam, walk.client("L") as beata:
        seen = (await call(adam, "GET", f"{one}/inside"))["ticket"]["rev"]
        await call(adam, "PATCH", one, {"wanted": {"room": "Sala 40"}, "rev": seen})
        after = await call(beata, "PATCH", one, {"wanted": {"urgency": 3}, "rev": seen})
    assert (after["room"], after["urgency"]) == ("Sala 40", 3)


async def test_the_same_field_is_asked_for_with_both_values(walk):
    one = walk.path(f"{API}/tickets/{{number}}")
    async with walk.client("A") as adam, walk.client("L") as beata:
        seen = (await call(adam, "GET", f"{one}/inside"))["ticket"]["rev"]
        await call(adam, "PATCH", one, {"wanted": {"room": "Sala 40"}, "rev": seen})
        problem = await call(beata, "PATCH", one, {"wanted": {"room": "Sala 41", "urgency": 3}, "rev": seen}, 409)
        (clash,) = problem["clashes"]
        assert (clash["field"], clash["mine"], clash["theirs"], clash["by"]) == (
            "room",
            "Sala 41",
            "Sala 40",
            AGENT.name,
        )
        assert problem["type"] == "urn:gryf:problem:field-clash"
        as_it_is = (await call(adam, "GET", f"{one}/inside"))["ticket"]
        assert (as_it_is["room"], as_it_is["urgency"]) == ("Sala 40", 2)  # nothing of it was saved
        again = {"wanted": {"room": "Sala 41", "urgency": 3}, "rev": seen, "seen": {"room": clash["rev"]}}
        kept = await call(beata, "PATCH", one, again)
    assert (kept["room"], kept["urgency"]) == ("Sala 41", 3)


async def test_what_somebody_asks_for_before_sending(walk):
    async with walk.client("R") as client:
        units = (await call(client, "GET", f"{API}/units"))["units"]
        assert [one["id"] for one in units] == [walk.desk.school]
        device = await call(client, "GET", f"{API}/devices/{NUMBER}")
        assert (device["title"], device["room"], device["known"], len(device["own"])) == ("HP M404", "12", 1, 1)
        await call(client, "GET", f"{API}/devices/000014", status=404)  # a wrong check digit
        assert [one["name"] for one in (await call(client, "GET", f"{API}/categories"))["categories"]][:2] == [
            "Zepsuty sprzęt",
            "Dostęp do systemu",
        ]
    async with walk.client("C") as client:  # a colleague of another school: that something is known, not whose
        device = await call(client, "GET", f"{API}/devices/{NUMBER}")
        assert (device["known"], device["own"]) == (1, [])
    async with walk.client("A") as client:
        assert len((await call(client, "GET", f"{API}/units"))["units"]) == 3


async def test_a_head_finds_what_she_is_asked_and_agrees(walk):
    async with walk.client("H") as client:
        asked = await call(client, "GET", f"{API}/approvals")
        (approval,), (ticket,) = asked["approvals"], asked["tickets"]
        assert digits_of(ticket["id"]) == walk.values["number"]
        path = f"{API}/approvals/{approval['id']}"
        problem = await call(client, "POST", path, {"granted": False}, 422)
        assert set(problem["fields"]) == {"answer"}
        assert (await call(client, "POST", path, {"granted": True}))["state"] == "granted"
        await call(client, "POST", path, {"granted": True}, 409)
        assert (await call(client, "GET", f"{API}/approvals"))["approvals"] == []
    async with walk.client("R") as client:
        assert (await call(client, "GET", f"{API}/approvals"))["approvals"] == []


async def test_whom_a_ticket_may_be_given_to(walk):
    async with walk.client("A") as client:
        found = await call(client, "GET", walk.path(f"{API}/queues/{{queue_id}}/agents"))
        assert {one["id"] for one in found["people"]} == {AGENT.account_id, SECOND_AGENT.account_id}


async def test_letters_and_addresses(walk):
    async with walk.client("L") as client:
        ways = await call(client, "GET", f"{API}/mail")
        assert [one["address"] for one in ways["addresses"]] == [ADDRESS]
        assert (ways["imap"], ways["scanner"]) == ({}, False)
        draft = {"address": "Sieć@gryf.example", "queue_id": walk.desk.second}
        assert set((await call(client, "POST", f"{API}/mail/addresses", draft, 422))["fields"]) == {"address"}
        made = await call(client, "POST", f"{API}/mail/addresses", draft | {"address": "Siec@gryf.example"}, 201)
        path = f"{API}/mail/addresses/{made['id']}"
        off = {"address": made["address"], "queue_id": walk.desk.second, "active": False, "rev": made["rev"]}
        assert (await call(client, "PUT", path, off))["active"] is False
        await call(client, "PUT", path, off, 409)  # somebody was faster: oneself
        await call(client, "PUT", f"{API}/mail/addresses/0", off, 404)
        aside = walk.path(f"{API}/letters/{{aside_id}}")
        assert (await call(client, "GET", aside))["letter"]["reason"] == "list"
        await call(client, "POST", f"{aside}/discard", status=204)
        await call(client, "POST", f"{aside}/discard", status=409)
        await call(client, "POST", f"{aside}/restore", status=204)
        await call(client, "POST", f"{aside}/discard-storm", status=409)
        ticket = await call(client, "POST", f"{aside}/ticket", status=201)
        assert (await call(client, "GET", aside))["number"] == ticket["number"]
        await call(client, "GET", f"{API}/tickets/{ticket['number']}/inside")
        assert await call(client, "POST", f"{aside}/check") == {"files": 0}
        async with client.get(f"{aside}/raw") as answer:
            assert (answer.content_type, answer.status) == ("application/octet-stream", 200)


async def test_every_answer_is_described(walk):
    async with walk.client("N") as client:
        document = await call(client, "GET", "/api/openapi.json")
    sent = document["paths"][f"{API}/tickets"]["post"]
    assert {"201", "401", "403", "404", "409", "413", "422", "429", "503"} <= set(sent["responses"])
    form = sent["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert (form["required"], form["properties"]["files"]["maxItems"]) == (["data"], 8)
    clash = document["paths"][f"{API}/tickets/{{number}}"]["patch"]["responses"]["409"]
    assert clash["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/ClashProblem"}
    file = document["paths"][f"{API}/tickets/{{number}}/files/{{file_id}}"]["get"]["responses"]["200"]
    assert file["content"] == {"*/*": {}}


async def test_a_head_who_is_asked_to_agree_may_say_something_besides(walk):
    one = walk.path(f"{API}/tickets/{{number}}")
    async with walk.client("H") as client:
        assert (await call(client, "GET", one))["may_reply"] is True
        await call(client, "POST", f"{one}/replies", {"text": "Proszę poczekać do jutra"}, 201)
        (approval,) = (await call(client, "GET", f"{API}/approvals"))["approvals"]
        await call(client, "POST", f"{API}/approvals/{approval['id']}", {"granted": True})
        await call(client, "POST", f"{one}/replies", {"text": "Zgadzam się"}, 201)
