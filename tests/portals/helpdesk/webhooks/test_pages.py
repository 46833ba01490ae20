"""A lead sets a webhook up over HTTP; the product itself sends to a receiver."""

import asyncio
import html
import json
import re

import pytest

from portals.helpdesk.webhooks import signing
from portals.helpdesk.webhooks.dispatching import DISPATCHER
from portals.helpdesk.webhooks.sending import Sender
from tests.portals.helpdesk.sla.office import get, open_office, post
from tests.portals.helpdesk.webhooks.receiver import Receiver, answers
from tests.portals.helpdesk.webhooks.test_dispatching import LOCAL

HOME = "/pomoc/ustawienia/webhooki"


@pytest.fixture
async def office(database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk), Receiver.open() as receiver:
        site.app[DISPATCHER].sender = Sender(LOCAL, 2.0)
        yield site, desk, receiver


async def got(receiver: Receiver, count: int) -> None:
    async with asyncio.timeout(15):
        while len(receiver.got) < count:
            await asyncio.sleep(0.02)


async def test_from_the_form_to_the_receiver(office):
    site, desk, receiver = office
    async with site.client("beata") as client:
        assert "Nie ma jeszcze webhooka" in await get(client, HOME)
        _where, text = await post(client, f"{HOME}/nowy", f"{HOME}/nowy", 422, name="", url="https://10.0.0.1/")
        for field in ("name", "url", "events"):
            assert f'id="{field}' in text
        assert "https://10.0.0.1/" in text
        _where, text = await post(
            client, f"{HOME}/nowy", f"{HOME}/nowy", 200, name="Tablica", url=receiver.url, events="ticket.sent",
            active="y", notes="",
        )  # fmt: skip
        secret = re.search(r'<code id="secret">(whsec_[^<]+)</code>', text)
        assert secret is not None
        path = f"{HOME}/1"
        assert secret[1] not in await get(client, path)
        await desk.send("Nie działa drukarka")
        await got(receiver, 1)
        headers, body = receiver.got[0]
        assert headers["webhook-signature"] == signing.signature(
            signing.key_of(secret[1]), headers["webhook-id"], int(headers["webhook-timestamp"]), body
        )
        assert (await post(client, f"{path}/proba", path))[0].startswith(path)
        await got(receiver, 2)
        assert json.loads(receiver.got[1][1])["type"] == "webhook.test"
        async with client.get("/api/helpdesk/webhooks/1/deliveries") as answer:
            log = (await answer.json())["deliveries"]
        assert [one["kind"] for one in log] == ["webhook.test", "ticket.sent"]
        first = f"{path}/wyslane/{log[1]['id']}"
        assert "Nie działa drukarka" in html.unescape(await get(client, first))
        assert (await post(client, f"{first}/ponow", first))[0] == first
        await got(receiver, 3)
        assert receiver.got[2][0]["webhook-id"] == headers["webhook-id"]
        _where, text = await post(client, f"{path}/sekret", path, 200)
        assert "whsec_" in text
        assert secret[1] not in text
        assert (await post(client, f"{path}/usun", path))[0] == HOME


async def test_the_api_and_who_may(office):
    site, _desk, receiver = office
    receiver.then = [answers(410)]
    draft = {"name": "Zespół", "url": receiver.url, "events": ["ticket.sent", "outage.begun"]}
    for who, status in (("adam", 403), ("teresa", 403), ("jan", 403), ("", 401)):
        async with site.client(who) as client, client.post("/api/helpdesk/webhooks", json=draft) as answer:
            assert answer.status == status
    async with site.client("beata") as client:
        async with client.post("/api/helpdesk/webhooks", json=draft | {"events": ["ticket.eaten"]}) as answer:
            assert answer.status == 422
        async with client.post("/api/helpdesk/webhooks", json=draft) as answer:
            made = await answer.json()
        assert made["secret"].startswith("whsec_")
        webhook = made["webhook"]
        async with client.post(f"/api/helpdesk/webhooks/{webhook['id']}/test") as answer:
            assert answer.status == 201
        await got(receiver, 1)
        async with asyncio.timeout(10):
            while True:
                async with client.get("/api/helpdesk/webhooks") as answer:
                    (now,) = (await answer.json())["webhooks"]
                if not now["active"]:
                    break
                await asyncio.sleep(0.05)
        assert now["stopped"] == "gone"
        changed = draft | {"name": "Zespół 2", "rev": now["rev"]}
        async with client.put(f"/api/helpdesk/webhooks/{webhook['id']}", json=changed) as answer:
            assert (await answer.json())["stopped"] == ""
        async with client.put(f"/api/helpdesk/webhooks/{webhook['id']}", json=changed) as answer:
            assert answer.status == 409
        async with client.post(f"/api/helpdesk/webhooks/{webhook['id']}/secret") as answer:
            assert (await answer.json())["secret"] != made["secret"]
        async with client.delete(f"/api/helpdesk/webhooks/{webhook['id']}") as answer:
            assert answer.status == 204
        async with client.get("/api/openapi.json") as answer:
            described = await answer.json()
        assert {"ticket.sent", "ticket.noted", "outage.ended", "webhook.test"} <= set(described["webhooks"])
        message = described["components"]["schemas"]["EntryMessage"]
        assert set(message["required"]) == {"type", "timestamp", "data"}
