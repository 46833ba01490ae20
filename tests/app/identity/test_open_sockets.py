"""A socket that stays open is no visit: the session behind it runs out, and then it closes."""

from datetime import timedelta

import aiohttp

from app.database import DATABASE
from realtime.web import SOCKETS


async def seen_at(site):
    return await site.app[DATABASE].pool.fetchval("SELECT seen_at FROM web_session WHERE account_id IS NOT NULL")


async def test_an_idle_session_runs_out_under_an_open_socket(site):
    pool = site.app[DATABASE].pool
    async with site.client("resident") as client, client.ws_connect("/live", origin=site.http) as socket:
        await socket.send_json({"op": "ping", "ref": 1})
        assert (await socket.receive_json(timeout=5))["op"] == "pong"
        await pool.execute("UPDATE web_session SET seen_at = seen_at - interval '5 min'")
        before = await seen_at(site)
        (connection,) = site.app[SOCKETS].open
        await connection.look_again()
        assert connection.actor.signed_in
        assert await seen_at(site) == before
        await pool.execute("UPDATE web_session SET seen_at = $1", before - timedelta(days=14))
        assert (await socket.receive_json(timeout=10))["why"] == "session-ended"
        assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 4401


async def test_one_who_asks_keeps_the_session(site):
    pool = site.app[DATABASE].pool
    async with site.client("resident") as client:
        await pool.execute("UPDATE web_session SET seen_at = seen_at - interval '13 days'")
        before = await seen_at(site)
        async with client.get("/api/me") as answer:
            assert (await answer.json())["account_id"] is not None
        assert await seen_at(site) > before + timedelta(days=12)
