"""What a web node mounts, and how it hands requests on."""

from pathlib import Path

import aiohttp
import msgspec
import pytest
from aiohttp import web
from yarl import URL

import run
from app.config import Role, Server
from app.database import Database, open_pool
from app.errors import ConfigurationError
from app.feature import ANYONE, Feature, Route
from app.nodes import check_role, features_for
from app.process import listen
from app.wire import build_app
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (Server(role=Role.WEB, media_url="http://127.0.0.1:1"), "database_url"),
        (Server(role=Role.MEDIA), "database_url"),
        (Server(role=Role.WEB, database_url="postgresql://x"), "media_url"),
        (Server(role=Role.WEB, database_url="postgresql://x", media_url="127.0.0.1:8081"), "media_url"),
        (Server(role=Role.WEB, database_url="postgresql://x", media_url="http://a/b"), "media_url"),
    ],
)
def test_what_is_missing_is_named(server, words):
    with pytest.raises(ConfigurationError, match=words):
        check_role(server)


def test_what_is_enough():
    check_role(Server())
    check_role(Server(role=Role.MEDIA, database_url="postgresql://x"))
    check_role(Server(role=Role.WEB, database_url="postgresql://x", media_url="http://127.0.0.1:8081/"))


def test_a_web_node_opens_nothing_of_the_media_layer():
    features = features_for(Role.WEB, run.FEATURES)
    media = [feature for feature in features if feature.on_media]
    assert {"media", "webrtc", "archive", "out", "ladder", "watchdog"} <= {feature.name for feature in media}
    assert all(not feature.probes and not feature.shortcuts for feature in media)
    assert [service.__module__ for feature in media for service in feature.services] == ["media.web_node"]
    # the same routes, rooms and roles on every node
    assert [(r.method, r.path, r.allow) for f in features for r in f.routes] == [
        (r.method, r.path, r.allow) for f in run.FEATURES for r in f.routes
    ]
    assert [room.pattern for f in features for room in f.rooms] == [
        room.pattern for f in run.FEATURES for room in f.rooms
    ]


async def test_no_page_of_a_web_node_needs_what_it_has_not(database_url, tmp_path):
    """Every GET that is not handed on, walked: a handler that reaches for a stream would fail here."""
    settings = run.Settings(
        None,
        0,
        data=str(tmp_path),
        port=0,
        host="127.0.0.1",
        role="web",
        database_url=database_url,
        media_url="http://127.0.0.1:9",
    )
    pool = await open_pool(database_url, 5)
    features = features_for(Role.WEB, settings.features)
    application = build_app(features, settings.with_data(tmp_path), Database(pool))
    runner, port = await listen(application, settings.server)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            failed = []
            for route in (route for feature in features for route in feature.routes if route.method == "GET"):
                if "{" in route.path or route.path == "/live" or route.path.endswith("/events"):
                    continue
                async with client.get(route.path, allow_redirects=False) as answer:
                    handed_on = route.handler.__name__ == "hand_on"
                    if answer.status >= 500 and not (handed_on and answer.status == 503):
                        failed.append((route.path, answer.status))
            assert failed == []
    finally:
        await runner.cleanup()
        pool.terminate()


class Pair:
    """A media node that tells what it sees, and a web node before it."""

    def __init__(self, http: str) -> None:
        self.http = http


async def _tell(request: web.Request) -> web.Response:
    body = [block async for block in request.content.iter_any()]
    answer = {
        "method": request.method,
        "path": request.raw_path,
        "host": request.host,
        "remote": request.remote,
        "scheme": request.scheme,
        "cookie": request.headers.get("Cookie", ""),
        "kind": request.headers.get("Content-Type", ""),
        "range": request.headers.get("Range", ""),
        "bytes": sum(map(len, body)),
    }
    return web.json_response(answer, status=207, headers={"X-Kept": "yes", "Set-Cookie": "a=b"})


async def _cut(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_length = 100
    await response.prepare(request)
    await response.write(b"half")
    request.transport.abort()
    return response


async def _away(_request: web.Request) -> web.Response:
    raise web.HTTPSeeOther("/elsewhere")


PROBE = Feature(
    name="probe",
    folder=ROOT / "tests",
    routes=tuple(
        Route(
            method=method,
            path=path,
            handler=handler,
            allow=ANYONE,
            foreign_origin=True,
            on_media=True,
            max_bytes=1 << 30,
        )
        for method, path, handler in (
            ("GET", "/probe/tell", _tell),
            ("POST", "/probe/tell", _tell),
            ("DELETE", "/probe/tell", _tell),
            ("GET", "/probe/cut", _cut),
            ("GET", "/probe/away", _away),
        )
    ),
)


@pytest.fixture
async def pair(database_url: str, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(run, "FEATURES", (*run.FEATURES, PROBE))
    pool = await open_pool(database_url, 5)
    runners = []

    async def start(role: Role, media_url: str) -> str:
        settings = run.Settings(
            None, 0, data=str(tmp_path), port=0, host="127.0.0.1", role=role.value, media_url=media_url,
            database_url=database_url,
        )  # fmt: skip
        settings.server = msgspec.structs.replace(settings.server, trusted_proxies=("127.0.0.1",))
        application = build_app(
            features_for(role, (run.FEATURES[0], PROBE)), settings.with_data(tmp_path), Database(pool)
        )
        runner, port = await listen(application, settings.server)
        runners.append(runner)
        return f"http://127.0.0.1:{port}"

    try:
        media = await start(Role.MEDIA, "")
        yield Pair(await start(Role.WEB, media))
    finally:
        for runner in reversed(runners):
            await runner.cleanup()
        pool.terminate()


async def test_a_request_arrives_as_it_was_sent(pair):
    headers = {
        "X-Forwarded-For": "192.0.2.7",
        "X-Forwarded-Proto": "https",
        "Range": "bytes=1-2",
        "Host": "gryf.example",
    }
    async with aiohttp.ClientSession() as client:
        async with client.get(
            URL(f"{pair.http}/probe/tell?_HLS_msn=3&x=%2F", encoded=True), headers=headers, cookies={"c": "d"}
        ) as answer:
            seen = await answer.json()
            assert (answer.status, answer.headers["X-Kept"]) == (207, "yes")
            assert answer.headers.getall("Set-Cookie") == ["a=b"]
        assert seen == {
            "method": "GET",
            "path": "/probe/tell?_HLS_msn=3&x=%2F",
            "host": "gryf.example",
            "remote": "192.0.2.7",
            "scheme": "https",
            "cookie": "c=d",
            "kind": "",
            "range": "bytes=1-2",
            "bytes": 0,
        }
        big = bytes(5_000_000)
        async with client.post(
            f"{pair.http}/probe/tell", data=big, headers={"Content-Type": "application/sdp"}
        ) as answer:
            seen = await answer.json()
        assert (seen["method"], seen["bytes"], seen["kind"]) == ("POST", 5_000_000, "application/sdp")
        async with client.delete(f"{pair.http}/probe/tell") as answer:
            assert (await answer.json())["method"] == "DELETE"
        async with client.head(f"{pair.http}/probe/tell") as answer:
            assert answer.status == 207


async def test_a_redirect_is_the_visitors_to_follow(pair):
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"{pair.http}/probe/away", allow_redirects=False) as answer,
    ):
        assert (answer.status, answer.headers["Location"]) == (303, "/elsewhere")


async def test_an_answer_that_breaks_off_does_not_look_whole(pair):
    async with aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.ClientError):
            async with client.get(f"{pair.http}/probe/cut") as answer:
                await answer.read()
