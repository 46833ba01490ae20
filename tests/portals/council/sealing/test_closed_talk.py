"""What is decided, said and noted in a part that is closed to the public is read nowhere: every way out is walked."""

import json
import re

import pytest

import run
from app.database import DATABASE
from portals.council import store as council_store
from tests.portals.council.records.conftest import indexed
from tests.portals.council.sealing.test_withheld_words import addresses

__all__ = ["indexed"]
pytestmark = pytest.mark.timeout(300)

WHY = {"recording": "none", "legal_basis": "art. 61 ust. 3 Konstytucji", "reason": "dane stron"}
NOTE = "Szałwiowa"
VOTE_OUTLETS = {
    "/council/sessions/{slug}",
    "/council/sessions/{slug}/votes.csv",
    r"/api/council/sessions/{session_id:\d{1,18}}/votes",
    "council/session/{session_id}/votes",
}
"""Where votes are read once the part is over, at least; documents are compressed, so their words are looked for in
`facts`, which all of them are made of."""


async def known_to(site, session, role, *secrets) -> list[set[str]]:
    """Routes and rooms in which this role finds each of the words; one walk."""
    found = [set() for _ in secrets]

    def look(text, place):
        for words, secret in zip(found, secrets, strict=True):
            if secret in text:
                words.add(place)

    async with site.client(role) as client:
        for route in [one for feature in run.FEATURES for one in feature.routes]:
            if route.method != "GET" or route.path.startswith("/static") or not (role or route.allow.anonymous):
                continue
            for address in addresses(route.path, session)[:1]:
                async with client.get(address, allow_redirects=False) as answer:
                    assert answer.status < 500, address
                    look((await answer.read()).decode(errors="replace"), route.path)
        for room in [one for feature in run.FEATURES for one in feature.rooms]:
            name = room.pattern.replace("{session_id}", str(session.id)).replace("{stream_id}", session.stream_id)
            async with client.get("/api/live/snapshot", params={"room": name}) as answer:
                look(await answer.text(), room.pattern)
    return found


async def searched(site) -> list[str]:
    """Titles that the word finds."""
    async with site.client() as nobody, nobody.get("/api/council/search", params={"q": "Tulipanowa"}) as answer:
        return sorted("".join(part["text"] for part in hit["title"]) for hit in (await answer.json())["hits"])


class Desk:
    """The clerk's session on air, over HTTP."""

    def __init__(self, client, session):
        self.client = client
        self.base = f"/api/council/sessions/{session.id}"

    async def ask(self, method, path, body=None, status=None):
        async with self.client.request(method, f"{self.base}/{path}", json=body if body is not None else {}) as answer:
            text = await answer.text()
            assert answer.status in ({status} if status else {200, 201, 204}), (path, text)
            return json.loads(text) if text.strip() else None

    async def vote(self, title):
        draft = {"title": title, "secret": True, "paper": True}
        vote = await self.ask("POST", "votes", draft)
        await self.ask("POST", f"votes/{vote['id']}/open")
        count = {"given": 12, "returned": 12, "valid": 12, "invalid": 0, "votes_for": 9, "votes_against": 3}
        await self.ask("PUT", f"votes/{vote['id']}/count", count | {"committee": ["Fiołkowa Komisja"]})
        return vote["id"]


async def test_nothing_of_a_closed_part_is_told_until_it_ends(site, indexed):
    async with site.app[DATABASE].transaction() as tx:
        (session,) = await council_store.live_sessions(tx)
        open_vote = await tx.value("SELECT id FROM council_vote WHERE session_id = $1 AND state = 'open'", session.id)
        item_id = (await council_store.agenda(tx, session.id))[0].id
    async with site.client("clerk") as clerk, site.client("resident") as resident, site.client("councillor") as inside:
        desk, viewer, member = Desk(clerk, session), Desk(resident, session), Desk(inside, session)
        if open_vote:
            await desk.ask("POST", f"votes/{open_vote}/cancel", {"reason": "próba"})
        await desk.ask("POST", "attendance/all")
        await desk.ask("POST", "chat", {"open": True})
        await viewer.ask("POST", "messages", {"body": "Dzień dobry"}, 201)
        part = await desk.ask("POST", "closed-parts", WHY)
        refused = await viewer.ask("POST", "messages", {"body": "Co się dzieje?"}, 409)
        assert refused["detail"].startswith("Czat jest wstrzymany")
        first, second = await desk.vote("Skarga Tulipanowa"), await desk.vote("Wniosek Tulipanowa")
        await desk.ask("PUT", "notes", {"body": f"{NOTE} teczka", "rev": 0})
        await desk.ask("PUT", "notes", {"body": f"{NOTE} sprawa", "rev": 0, "item_id": item_id})
        speech = await desk.ask("POST", "speeches", {"speaker": "Fiołkowa Tulipanowa", "kind": "guest"})
        await desk.ask("POST", f"speeches/{speech['id']}/floor")
        await indexed()
        assert await known_to(site, session, "", "Tulipanowa", "Fiołkowa", NOTE) == [set(), set(), set()]
        assert await searched(site) == []
        votes = await member.ask("GET", "votes")
        assert str(first) not in re.findall(r'"id": ?(\d+), ?"session_id"', json.dumps(votes))
        room = {"room": f"council/session/{session.id}/votes/inside"}
        assert "Skarga Tulipanowa" in await (await inside.get("/api/live/snapshot", params=room)).text()
        assert (await resident.get("/api/live/snapshot", params=room)).status in {403, 404}

        await desk.ask("POST", f"votes/{first}/publish")
        await indexed()
        told, kept = await known_to(site, session, "", "Skarga Tulipanowa", "Wniosek Tulipanowa")
        assert told >= VOTE_OUTLETS
        assert kept == set()
        assert await searched(site) == ["Skarga Tulipanowa"]
        await desk.ask("POST", f"speeches/{speech['id']}/end")
        await desk.ask("POST", f"intervals/{part['id']}/end")
        await viewer.ask("POST", "messages", {"body": "Znów słychać"}, 201)
        await indexed()
        told, speaker, note = await known_to(site, session, "", "Wniosek Tulipanowa", "Fiołkowa Tulipanowa", NOTE)
        assert told >= VOTE_OUTLETS
        assert (speaker, note) == (set(), set()), "who spoke in it stays untold"
        assert await searched(site) == ["Skarga Tulipanowa", "Wniosek Tulipanowa"]
        assert second != first

    assert await known_to(site, session, "clerk", NOTE) == [
        {
            r"/api/council/sessions/{session_id:\d{1,18}}/notes",
            r"/council/desk/{session_id:\d{1,18}}/documents",
            "council/session/{session_id}/notes",
        }
    ]
    for role in ("councillor", "moderator", "auditor"):
        assert await known_to(site, session, role, NOTE) == [set()], role
