"""What every request meets: headers, origin, errors, operations, proxies, static files."""

import asyncio
import json
import re
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

import run
from app.config import Server
from app.database import DATABASE
from app.errors import ConfigurationError
from app.feature import ANYONE, Feature, Route
from app.wire import VERSION, check_features, check_proxies
from tests.conftest import ROOT, running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "pl"}
PROGRAM = {"Accept": "application/json"}


async def fetch(site, path, method="GET", role="", **options):
    """Answer and text; a redirect is not followed."""
    async with site.client(role) as client, client.request(method, path, allow_redirects=False, **options) as answer:
        return answer, await answer.text()


def policy(answer):
    parts = (part.strip().split(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in parts}


# ---- headers


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/nothing", 404), ("/healthz", 200), ("/api/me", 200), ("/probe/away", 303), ("/probe/broken", 500)],
)
async def test_every_answer_has_security_headers_and_a_number(house, path, status):
    answer, _ = await fetch(house, path, headers=PAGE)
    assert answer.status == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert re.fullmatch(r"[0-9a-f]{12}", answer.headers["X-Request-Id"])
    assert "Strict-Transport-Security" not in answer.headers


async def test_request_numbers_differ(house):
    numbers = {(await fetch(house, "/healthz"))[0].headers["X-Request-Id"] for _ in range(3)}
    assert len(numbers) == 3


@pytest.mark.parametrize("path", ["/", "/nothing"])
async def test_the_policy_lets_only_this_answers_scripts_run(house, path):
    nonces = set()
    for _ in range(2):
        answer, text = await fetch(house, path, headers=PAGE)
        rules = policy(answer)
        (nonce,) = (value[7:-1] for value in rules["script-src"] if value.startswith("'nonce-"))
        assert len(nonce) >= 20
        assert rules["script-src"] == ["'self'", f"'nonce-{nonce}'"]
        assert rules["default-src"] == ["'self'"]
        assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == ["'none'"]
        assert set(re.findall(r'nonce="([^"]*)"', text)) == {nonce}
        nonces.add(nonce)
    assert len(nonces) == 2


async def test_only_an_embeddable_page_stands_in_others_frames(house):
    answer, _ = await fetch(house, "/probe/frame")
    assert policy(answer)["frame-ancestors"] == ["*"]


async def test_pages_of_a_signed_in_person_are_not_stored(house):
    assert (await fetch(house, "/"))[0].headers["Cache-Control"] == "no-cache"
    assert (await fetch(house, "/", role="resident"))[0].headers["Cache-Control"] == "no-store"


# ---- origin


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "OWN", "Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize("path", ["/probe/count", "/api/sign-out", "/sign-out", "/display"])
async def test_another_sites_page_changes_nothing(house, headers, path):
    headers = {name: value.replace("OWN", house.http) for name, value in headers.items()}
    answer, text = await fetch(house, path, "POST", headers=headers | PROGRAM)
    assert answer.status == 403
    assert json.loads(text)["type"] == "urn:gryf:problem:forbidden"


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "OWN"}, {"Sec-Fetch-Site": "none"}, {"Origin": "OWN", "Sec-Fetch-Site": "same-origin"}]
)
async def test_our_own_pages_and_programs_pass(house, headers):
    headers = {name: value.replace("OWN", house.http) for name, value in headers.items()}
    answer, text = await fetch(house, "/probe/count", "POST", headers=headers, data=b"12345")
    assert (answer.status, json.loads(text)) == (200, {"bytes": 5})


async def test_reading_and_declared_routes_are_open_to_other_sites(house):
    foreign = {"Origin": "https://other.example", "Sec-Fetch-Site": "cross-site"}
    assert (await fetch(house, "/", headers=foreign))[0].status == 200
    assert (await fetch(house, "/probe/open", "POST", headers=foreign, data=b"1"))[0].status == 200


# ---- errors


async def test_a_person_gets_a_page_and_a_program_problem_details(house):
    answer, text = await fetch(house, "/nothing", headers=PAGE)
    assert (answer.status, answer.content_type) == (404, "text/html")
    assert '<html lang="pl"' in text
    for path, headers in (("/nothing", PROGRAM), ("/api/nothing", PAGE)):
        answer, text = await fetch(house, path, headers={"Accept-Language": "en", **headers})
        assert (answer.status, answer.content_type) == (404, "application/problem+json")
        problem = json.loads(text)
        assert problem["type"] == "urn:gryf:problem:not-found"
        assert (problem["status"], problem["instance"]) == (404, path)
        assert (
            problem["title"] == ("There is nothing here" if headers is PROGRAM else "Tu nic nie ma")
            or path != "/nothing"
        )
        assert answer.headers["Cache-Control"] == "no-store"


async def test_the_wrong_method_is_told_the_right_ones(house):
    answer, text = await fetch(house, "/probe/count", headers=PROGRAM)
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert json.loads(text)["type"] == "urn:gryf:problem:method-not-allowed"
    answer, _ = await fetch(house, "/council/members", "DELETE", headers=PAGE)
    assert (answer.status, answer.content_type) == (405, "text/html")
    assert set(answer.headers["Allow"].split(",")) == {"GET", "HEAD"}


async def test_too_many_bytes_are_refused(house):
    answer, text = await fetch(house, "/probe/count", "POST", headers=PROGRAM, data=b"12345678901")
    assert answer.status == 413
    assert json.loads(text)["type"] == "urn:gryf:problem:too-large"
    assert (await fetch(house, "/probe/count", "POST", data=b"1234567890"))[0].status == 200


async def test_too_many_bytes_without_a_length_are_refused(house):
    async def parts():
        for _ in range(20):
            yield b" " * 65536
        yield b"{}"

    headers = PROGRAM | {"Content-Type": "application/json"}
    answer, text = await fetch(house, "/api/sign-in", "POST", headers=headers, data=parts())
    assert answer.status == 413
    assert json.loads(text)["type"] == "urn:gryf:problem:too-large"


async def test_wrong_json_names_the_field(house):
    answer, text = await fetch(house, "/api/sign-in", "POST", json={"login": 5, "password": "x"})
    assert answer.status == 422
    assert list(json.loads(text)["fields"]) == ["login"]
    for data, kind in ((b"{", "application/json"), (b"login=x", "text/plain")):
        answer, text = await fetch(house, "/api/sign-in", "POST", data=data, headers={"Content-Type": kind})
        assert (answer.status, answer.content_type) == (422, "application/problem+json")


async def test_the_unexpected_tells_a_number_and_nothing_else(house):
    for headers in (PAGE, PROGRAM):
        answer, text = await fetch(house, "/probe/broken", headers=headers)
        assert answer.status == 500
        assert "secret" not in text
        assert "ZeroDivision" not in text
        assert re.search(r"\b[0-9a-f]{8}\b", text)


async def test_who_is_not_signed_in_is_led_to_the_sign_in_page_and_back(house):
    answer, _ = await fetch(house, "/account?a=1", headers=PAGE)
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in?next=/account?a%3D1")
    assert (await fetch(house, "/account", headers=PROGRAM))[0].status == 401
    assert (await fetch(house, "/admin/accounts", role="resident", headers=PAGE))[0].status == 403


# ---- operations


async def test_health_and_readiness(house):
    answer, text = await fetch(house, "/healthz")
    assert (answer.status, json.loads(text)) == (200, {"ok": True, "version": VERSION})
    deadline = time.monotonic() + 10  # parts that connect in the background may take a moment
    while True:
        answer, text = await fetch(house, "/readyz")
        told = json.loads(text)
        assert (answer.status, told["ok"]) in {(200, True), (503, False)}
        if told["ok"]:
            break
        assert time.monotonic() < deadline, told
        await asyncio.sleep(0.05)
    declared = {f"{feature.name}.{name}" for feature in run.FEATURES for name in feature.probes}
    assert set(told["parts"]) == {"database"} | declared
    assert answer.headers["Cache-Control"] == "no-store"


async def test_figures_count_requests_by_route(house):
    async def counted():
        _, text = await fetch(house, "/metrics")
        return {
            tuple(sample.labels[name] for name in ("method", "route", "status")): sample.value
            for family in text_string_to_metric_families(text)
            if family.name == "gryf_http_requests"
            for sample in family.samples
            if sample.name == "gryf_http_requests_total"
        }

    before = await counted()
    await fetch(house, "/council/sessions/none-such")
    await fetch(house, "/nothing")
    await fetch(house, "/probe/broken")
    after = await counted()
    grown = {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key)}
    assert grown == {
        ("GET", "/council/sessions/{slug}", "404"): 1,
        ("GET", "none", "404"): 1,
        ("GET", "/probe/broken", "500"): 1,
        ("GET", "/metrics", "200"): 1,
    }


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


async def test_the_openapi_document_describes_every_route(house):
    answer, text = await fetch(house, "/api/openapi.json")
    assert (answer.status, answer.content_type) == (200, "application/json")
    document = json.loads(text)
    assert document["openapi"] == "3.1.0"
    described = {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    mounted = {
        (route.method, route.resource.canonical)
        for route in house.app.router.routes()
        if route.resource.canonical.startswith("/api/") and route.method != "HEAD"
    }
    assert set(described) == mounted - {("GET", "/api/openapi.json")}
    names = [operation["operationId"] for operation in described.values()]
    assert len(set(names)) == len(names)
    for (_method, path), operation in described.items():
        assert operation["summary"].strip()
        places = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
        assert places == re.findall(r"\{(\w+)\}", path)
        assert "default" in operation["responses"]
        assert all(re.fullmatch(r"2\d\d|4\d\d|503|default", status) for status in operation["responses"])
        assert sum(status.startswith("2") for status in operation["responses"]) == 1


async def test_the_openapi_documents_references_lead_somewhere(house):
    document = json.loads((await fetch(house, "/api/openapi.json"))[1])
    found = set(references(document))
    assert "#/components/schemas/Problem" in found
    assert found <= {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    schemes = {
        name
        for methods in document["paths"].values()
        for one in methods.values()
        for rule in one.get("security", ())
        for name in rule
    }
    assert schemes == set(document["components"]["securitySchemes"])


# ---- proxies


FORWARDED = {"X-Forwarded-For": "203.0.113.7, 198.51.100.9, 127.0.0.5", "X-Forwarded-Proto": "https"}


async def test_nobody_is_believed_without_the_setting(house):
    told = json.loads((await fetch(house, "/probe/tell", headers=FORWARDED))[1])
    assert told == {"remote": "127.0.0.1", "scheme": "http", "actor": "127.0.0.1"}


@pytest.mark.asyncio(loop_scope="function")
async def test_behind_a_trusted_proxy(database_url, tmp_path, monkeypatch, probed):
    """The nearest address that is no proxy of ours counts: whatever stands before it, the client may have made up."""
    monkeypatch.setenv("GRYF_SERVER_TRUSTED_PROXIES", "127.0.0.0/8")
    async with running_site(database_url, tmp_path, demo=False) as site:
        told = json.loads((await fetch(site, "/probe/tell", headers=FORWARDED))[1])
        assert told == {"remote": "198.51.100.9", "scheme": "https", "actor": "198.51.100.9"}
        plain = json.loads((await fetch(site, "/probe/tell", headers={"X-Forwarded-Proto": "gopher"}))[1])
        assert plain == {"remote": "127.0.0.1", "scheme": "http", "actor": "127.0.0.1"}
        answer, text = await fetch(site, "/", headers=FORWARDED)
        assert set(re.findall(r'nonce="([^"]+)"', text)) == {policy(answer)["script-src"][1][7:-1]}
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert policy((await fetch(site, "/probe/frame", headers=FORWARDED))[0])["frame-ancestors"] == ["*"]
        own = {"Origin": site.http.replace("http:", "https:")}
        assert (await fetch(site, "/probe/count", "POST", headers=FORWARDED | own, data=b"1"))[0].status == 200
        assert (await fetch(site, "/probe/count", "POST", headers=own, data=b"1"))[0].status == 403


@pytest.mark.asyncio(loop_scope="function")
async def test_a_proxy_elsewhere_is_not_ours_and_a_public_address_counts(database_url, tmp_path, monkeypatch, probed):
    monkeypatch.setenv("GRYF_SERVER_TRUSTED_PROXIES", "10.0.0.0/8,192.0.2.1")
    monkeypatch.setenv("GRYF_SERVER_PUBLIC_URL", "https://sesje.example.pl/")
    async with running_site(database_url, tmp_path, demo=False) as site:
        told = json.loads((await fetch(site, "/probe/tell", headers=FORWARDED))[1])
        assert told == {"remote": "127.0.0.1", "scheme": "http", "actor": "127.0.0.1"}
        public = {"Origin": "https://sesje.example.pl"}
        answer, _ = await fetch(site, "/probe/count", "POST", headers=public, data=b"1")
        assert answer.status == 200
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")

        site.app[DATABASE].pool.terminate()
        answer, text = await fetch(site, "/readyz")
        assert (answer.status, json.loads(text)["parts"]["database"]["ok"]) == (503, False)
        assert (await fetch(site, "/healthz"))[0].status == 200
        answer, text = await fetch(site, "/", headers=PAGE | {"Cookie": "gryf_session=x"})
        assert (answer.status, answer.content_type, answer.headers["Retry-After"]) == (503, "text/html", "5")


@pytest.mark.parametrize("network", ["nonsense", "10.0.0.0/33", "proxy.example.pl"])
async def test_a_misspelt_proxy_is_told(network):
    with pytest.raises(ConfigurationError, match=r"trusted_proxies.*neither an address nor a network"):
        check_proxies(Server(trusted_proxies=("127.0.0.1", network)))


async def test_another_sites_page_cannot_change_how_ours_look(house):
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    answer, _ = await fetch(house, "/display", "POST", headers=foreign, data={"theme": "dark"})
    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers


# ---- static files


async def test_static_files_of_a_page_are_kept_for_ever(house):
    _, text = await fetch(house, "/")
    paths = set(re.findall(r'(?:href|src)="(/static/[^"#?]+)"', text))
    assert any(path.endswith(".css") for path in paths)
    assert any(path.endswith(".js") for path in paths)
    for path in paths:
        assert re.match(r"/static/v-[0-9a-f]{10}/", path), path
        answer, _ = await fetch(house, path)
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable"), path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/static", "/static/", "/static/js", "/static/js/", "/static/..%2frun.py", "/static/%2e%2e/run.py"]
)
async def test_folders_are_not_listed_and_not_left(house, path):
    assert (ROOT / "static" / "js").is_dir()
    assert (await fetch(house, path))[0].status == 404


# ---- declarations


def feature(name, *routes, needs=()):
    return Feature(name=name, folder=ROOT, routes=routes, needs=needs)


@pytest.mark.parametrize(
    ("features", "line"),
    [
        ((feature("a"), feature("a")), "two features are named a"),
        ((feature("b", needs=("a",)), feature("a")), "feature b needs a before it"),
        (
            (feature("a", Route(method="GET", path="/api/x", handler=None, allow=ANYONE)),),
            "GET /api/x has no summary",
        ),
    ],
)
async def test_wrong_declarations_are_named(features, line):
    with pytest.raises(ConfigurationError, match=f"^{line}$"):
        check_features(features)
