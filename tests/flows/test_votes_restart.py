"""kill −9 inside an open vote, again and again: each acknowledged ballot is there, and a request sent again counts once."""

import asyncio
import contextlib
import os
import random
import secrets
from pathlib import Path

import aiohttp
import pytest

from app.database import DATABASE
from app.identity import commands as accounts
from app.identity.model import NewAccount
from portals.council.rules import COUNCILLOR
from tests.conftest import running_site
from tests.flows.processes import start_product

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

KILLS = int(os.environ.get("GRYF_TEST_KILLS", "3"))
"""Twenty were done by hand; the suite does a few."""
COUNCILLORS = 9
CHOICES = ("for", "against", "abstain")


class Phone:
    """A councillor's device: sends a ballot until it is acknowledged, under one name."""

    def __init__(self, place: int, session: aiohttp.ClientSession):
        self.place = place
        self.session = session
        self.http = ""
        self.acknowledged: str | None = None
        """The choice of the newest request that the server said yes to."""
        self.on_the_way: tuple[str, str] | None = None
        """(request, choice) that was sent and not answered."""
        self.sent: list[tuple[str, str]] = []

    def forget(self) -> None:
        self.acknowledged, self.on_the_way, self.sent = None, None, []

    async def send(self, path: str, op: str, choice: str) -> bool:
        self.on_the_way = (op, choice)
        try:
            async with self.session.put(f"{self.http}{path}", json={"choice": choice, "op_id": op}) as answer:
                assert answer.status == 200, await answer.text()
                ballot = await answer.json()
        except (aiohttp.ClientError, ConnectionError, TimeoutError):
            return False
        assert ballot["voted"] is True
        self.acknowledged, self.on_the_way = choice, None
        self.sent.append((op, choice))
        return True

    async def press_again_and_again(self, path: str, dice: random.Random, *, once: bool) -> None:
        """Changes its mind until the server is gone; a secret ballot is cast once."""
        await asyncio.sleep(dice.uniform(0, 0.4))
        while await self.send(path, secrets.token_hex(8), dice.choice(CHOICES)) and not once:
            await asyncio.sleep(dice.uniform(0, 0.05))


async def councillors(database_url: str, data: Path) -> tuple[dict[str, tuple[str, str]], int]:
    """Gives nine councillors of the demo accounts; returns how they and the clerk sign in, and the session on air."""
    async with running_site(database_url, data) as site:
        logins = {"clerk": site.logins["clerk"]}
        async with site.app[DATABASE].transaction() as tx:
            names = [
                row["name"]
                for row in await tx.records("SELECT name FROM councillor WHERE account_id IS NULL ORDER BY id")
            ]
            session_id = await tx.value("SELECT id FROM council_session WHERE state = 'live'")
        for place, name in enumerate(names[:COUNCILLORS]):
            new = NewAccount(login=f"radny{place}", name=name, password=f"haslo-{secrets.token_hex(6)}", email="")
            account = await accounts.ensure_user(site.app, new, (COUNCILLOR,))
            async with site.app[DATABASE].transaction() as tx:
                await tx.execute("UPDATE councillor SET account_id = $1 WHERE name = $2", account.id, name)
            logins[new.login] = (new.login, new.password)
        return logins, session_id


async def signed_in(http: str, login: tuple[str, str], stack: contextlib.AsyncExitStack) -> aiohttp.ClientSession:
    jar = aiohttp.CookieJar(unsafe=True)
    timeout = aiohttp.ClientTimeout(total=10)
    session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar, timeout=timeout))
    async with session.post(f"{http}/api/sign-in", json={"login": login[0], "password": login[1]}) as answer:
        assert answer.status == 200, await answer.text()
    return session


async def post(session, url, body=None):
    async with session.post(url, json=body) as answer:
        assert answer.status in {200, 201}, await answer.text()
        return await answer.json()


async def get(session, url):
    async with session.get(url) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_no_ballot_is_lost_and_none_counts_twice(filled_url: str, tmp_path: Path):
    dice = random.Random()
    data = tmp_path / "data"
    logins, session_id = await councillors(filled_url, data)
    in_flight = acknowledged = 0
    async with contextlib.AsyncExitStack() as stack:
        running = await start_product(data, "--no-feed", database_url=filled_url)
        http = running.ready["http"]
        clerk = await signed_in(http, logins.pop("clerk"), stack)
        phones = [Phone(place, await signed_in(http, login, stack)) for place, login in enumerate(logins.values())]
        api = f"/api/council/sessions/{session_id}"
        try:
            await post(clerk, f"{http}{api}/attendance/all")
            for kill in range(KILLS):
                secret = kill % 3 == 2
                vote = await post(clerk, f"{http}{api}/votes", {"title": f"Uchwała {kill}", "secret": secret})
                await post(clerk, f"{http}{api}/votes/{vote['id']}/open")
                path = f"{api}/votes/{vote['id']}/ballots/own"
                for phone in phones:
                    phone.forget()
                    phone.http = http
                pressing = [asyncio.create_task(one.press_again_and_again(path, dice, once=secret)) for one in phones]
                await enough_acknowledged(phones, 3 if secret else 2 * COUNCILLORS)
                await asyncio.sleep(0 if secret else dice.uniform(0, 0.3))
                await running.kill()
                await asyncio.gather(*pressing)
                in_flight += sum(phone.on_the_way is not None for phone in phones)
                acknowledged += sum(len(phone.sent) for phone in phones)

                running = await start_product(data, "--no-feed", database_url=filled_url)
                http = running.ready["http"]
                await check_and_close(clerk, phones, http, api, vote["id"], path, secret=secret)
        finally:
            if running.process.returncode is None:
                await running.stop()
    assert acknowledged >= 3 * KILLS, "otherwise nothing was at stake"
    print(f"{KILLS} kills: {acknowledged} ballots were acknowledged, {in_flight} were not when the server died")


async def enough_acknowledged(phones: list[Phone], count: int) -> None:
    """Waits until the server has said yes so often: then it dies in the middle of the rest."""
    async with asyncio.timeout(60):
        while sum(len(phone.sent) for phone in phones) < count:
            await asyncio.sleep(0.005)


async def check_and_close(clerk, phones, http, api, vote_id, path, *, secret):
    """After the restart: the vote is open; what was acknowledged stands; what was not is sent again and counts once."""
    view = await get(clerk, f"{http}{api}/votes")
    assert [one["vote"]["state"] for one in view["votes"] if one["vote"]["id"] == vote_id] == ["open"]
    for phone in phones:
        phone.http = http
        own = await get(phone.session, f"{http}{api}/votes/own")
        (ballot,) = [one for one in own["ballots"] if one["vote_id"] == vote_id]
        possible = {phone.acknowledged} | ({phone.on_the_way[1]} if phone.on_the_way else set())
        if secret:
            assert ballot["voted"] or phone.acknowledged is None, "an acknowledged ballot is gone"
            assert not ballot["voted"] or phone.acknowledged or phone.on_the_way
        else:
            assert ballot["choice"] in possible, (ballot, phone.acknowledged, phone.on_the_way)
    expected: dict[str, str] = {}
    for phone in phones:
        if phone.on_the_way is not None:
            assert await phone.send(path, *phone.on_the_way)
        for op, choice in reversed(
            phone.sent[-3:]
        ):  # and what was answered long ago arrives once more, the oldest last
            newest = phone.acknowledged
            assert await phone.send(path, op, choice)
            phone.acknowledged = newest
        if phone.acknowledged is not None:
            expected[phone.place] = phone.acknowledged
    closed = await post(clerk, f"{http}{api}/votes/{vote_id}/close")
    counted = {choice: list(expected.values()).count(choice) for choice in CHOICES}
    assert (closed["votes_for"], closed["votes_against"], closed["abstained"]) == (
        counted["for"],
        counted["against"],
        counted["abstain"],
    )
    assert closed["voted"] == len(expected)
    named = await get(clerk, f"{http}{api}/votes/{vote_id}")
    assert sum(voter["voted"] for voter in named["voters"]) == len(expected)
    async with phones[0].session.put(f"{http}{path}", json={"choice": "for", "op_id": "after-the-close"}) as answer:
        assert answer.status == 409
