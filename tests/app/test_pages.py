"""Pages: what templates know, messages over a redirect, static files, display settings."""

import gzip
import re

import pytest
from aiohttp.test_utils import TestClient, TestServer
from jinja2 import UndefinedError

from app import pages, wire
from app.config import City
from app.display import local_path
from app.i18n import Locales
from app.pages import Pages, is_current
from app.static_files import StaticFiles
from tests.app.shell_app import CITY, NONCE, PROBLEMS, shell_app

TEMPLATE_FOLDERS = sorted(
    path for layer in ("app", "portals", "schools") for path in (wire.ROOT / layer).rglob("templates")
)
TEMPLATES = [path for folder in TEMPLATE_FOLDERS for path in sorted(folder.rglob("*.html"))]


@pytest.fixture
async def client(monkeypatch, tmp_path):
    (tmp_path / "templates").mkdir()
    async with TestClient(TestServer(shell_app(monkeypatch, tmp_path))) as opened:
        yield opened


async def get(client, path, status=200, **options):
    answer = await client.get(path, **options)
    text = await answer.text()
    assert answer.status == status, text
    return answer, text


async def test_a_page_has_its_language_nonce_and_caching_rule(client):
    answer, text = await get(client, "/guide", headers={"Accept-Language": "uk"})
    assert answer.headers["Content-Language"] == "uk"
    assert answer.headers["Vary"] == "Cookie, Accept-Language"
    assert '<html lang="uk"' in text
    assert text.count(f'nonce="{NONCE}"') == 1
    assert 'data-time-zone="Europe/Warsaw"' in text


async def test_the_menu_holds_what_the_actor_may_open_in_order(client):
    _, visitor = await get(client, "/guide")
    _, clerk = await get(client, "/guide?clerk")
    links = re.findall(r'<li><a href="(/[a-z]+)"', visitor)
    assert links[:2] == ["/first", "/guide"]
    assert "/staff" not in visitor
    assert "/staff" in clerk
    assert 'href="/guide" aria-current="page"' in visitor
    assert 'href="/sign-in"' in visitor
    assert "Anna Kowal" in clerk
    assert 'value="the-token"' in clerk


def test_the_current_entry_is_the_page_or_above_it():
    assert is_current("/council/3", "/council")
    assert is_current("/council", "/council")
    assert not is_current("/councillors", "/council")
    assert not is_current("/council", "/")


async def test_the_form_shows_errors_beside_fields_and_keeps_input(client):
    _, text = await get(client, "/guide", headers={"Accept-Language": "pl"})
    title = re.search(r"<input[^>]*id=\"title\"[^>]*>", text).group()
    assert 'aria-invalid="true"' in title
    assert 'aria-describedby="title-hint title-error"' in title
    assert re.search(r'id="title-error">.*To pole jest wymagane\.', text)
    assert "Porządek &lt;obrad&gt;" in text
    assert re.search(r'id="seats-error">.*Liczba od 1 do 60\.', text)
    assert 'aria-describedby="note-hint"' in re.search(r"<textarea[^>]*>", text).group()
    assert '<fieldset class="field" aria-describedby="voting-error">' in text
    assert '<label for="secret"' not in text


async def test_a_message_is_shown_once_after_the_redirect(client):
    _, first = await get(client, "/say", headers={"Accept-Language": "pl"})
    _, second = await get(client, "/guide", headers={"Accept-Language": "pl"})
    assert '<span class="grow">Cofnij</span>' in first
    assert 'action="/undo"' in first
    assert '<span class="grow">Cofnij</span>' not in second


async def test_an_error_page_leaves_messages_for_the_next_page(client):
    await client.get("/say", allow_redirects=False)
    _, failed = await get(client, "/error/404", 404)
    _, after = await get(client, "/guide")
    assert 'action="/undo"' not in failed
    assert 'action="/undo"' in after


@pytest.mark.parametrize("status", sorted(PROBLEMS))
@pytest.mark.parametrize("language", ["pl", "en", "uk"])
async def test_every_failure_has_a_page_with_a_next_step(client, status, language):
    _, text = await get(client, f"/error/{status}", status, headers={"Accept-Language": language})
    main = text[text.index("<main") : text.index("</main>")]
    assert str(status) in main
    assert "btn btn-primary" in main
    if language == "pl":
        assert PROBLEMS[status].title not in main
    assert "%(" not in main


async def test_the_incident_number_is_told(client):
    _, text = await get(client, "/error/500", 500)
    assert "ab12cd34" in text


# ---- display settings


async def test_display_settings_are_kept_in_cookies_and_drawn_by_the_server(client):
    sent = {"theme": "dark", "text": "125", "language": "uk", "contrast": "nonsense", "next": "/guide?a=1"}
    answer = await client.post("/display", data=sent, allow_redirects=False)
    assert answer.status == 303
    assert answer.headers["Location"] == "/guide?a=1"
    assert {name: cookie.value for name, cookie in answer.cookies.items()} == {
        "gryf_theme": "dark",
        "gryf_text": "125",
        "gryf_lang": "uk",
    }
    _, text = await get(client, "/guide")
    assert '<html lang="uk" data-theme="dark" data-contrast="auto" data-text="125"' in text
    assert re.search(r'dark\.css" media="all"', text)


@pytest.mark.parametrize(
    ("theme", "contrast", "dark", "high", "both"),
    [
        ("auto", "auto", "(prefers-color-scheme: dark)", "(prefers-contrast: more)", None),
        ("light", "high", "not all", "all", "not all"),
        ("dark", "auto", "all", "(prefers-contrast: more)", "(prefers-contrast: more)"),
        ("dark", "high", "all", "all", "all"),
    ],
)
async def test_themes_are_sheets_with_a_medium(client, theme, contrast, dark, high, both):
    _, text = await get(client, "/guide", headers={"Cookie": f"gryf_theme={theme}; gryf_contrast={contrast}"})
    sheets = re.findall(r'media="([^"]+)" data-theme-sheet="([^"]+)"', text)
    found = {name: medium for medium, name in sheets}
    assert found["dark"] == dark
    assert found["contrast"] == high
    assert found["contrast-dark"] == (both or f"{dark} and {high}")


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nX: 1"])
def test_nobody_is_led_to_another_site(target):
    assert local_path(target) == "/"


async def test_unknown_cookie_values_are_ignored(client):
    _, text = await get(client, "/guide", headers={"Cookie": 'gryf_theme="><script>; gryf_text=999'})
    assert 'data-theme="auto" data-contrast="auto" data-text="100"' in text


# ---- static files


@pytest.fixture
async def files(monkeypatch, tmp_path):
    static = tmp_path / "static"
    (static / "css").mkdir(parents=True)
    (static / "css" / "a.css").write_text("body { color: red }\n" * 50)
    (static / "picture.png").write_bytes(bytes(range(256)))
    (static / ".secret").write_text("x")
    (tmp_path / "outside.css").write_text("x")
    app = shell_app(monkeypatch, tmp_path, static)
    async with TestClient(TestServer(app)) as opened:
        yield opened, app[pages.STATIC]


async def test_a_versioned_file_may_be_kept_for_ever(files):
    client, static = files
    url = static.url("css/a.css")
    assert re.fullmatch(r"/static/v-[0-9a-f]{10}/css/a\.css", url)
    answer, text = await get(client, url)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert text.startswith("body { color: red }")


async def test_old_and_missing_versions_are_asked_for_again(files):
    client, _ = files
    for path in ("/static/v-0000000000/css/a.css", "/static/css/a.css"):
        answer, _ = await get(client, path)
        assert answer.headers["Cache-Control"] == "no-cache"
        again, _ = await get(client, path, 304, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.headers["ETag"] == answer.headers["ETag"]


async def test_compression_only_for_who_takes_it(files):
    client, static = files
    async with TestClient(client.server, auto_decompress=False) as raw:
        plain = await raw.get(static.url("css/a.css"), headers={"Accept-Encoding": "identity"})
        packed = await raw.get(static.url("css/a.css"), headers={"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in plain.headers
        assert gzip.decompress(await packed.read()) == await plain.read()


async def test_pictures_come_as_they_are_and_in_ranges(files):
    client, static = files
    answer = await client.get(static.url("picture.png"), headers={"Range": "bytes=10-19"})
    assert answer.status == 206
    assert await answer.read() == bytes(range(10, 20))


@pytest.mark.parametrize(
    "path", ["/static/", "/static/css", "/static/css/", "/static/.secret", "/static/%2e%2e/outside.css", "/static/v-x"]
)
async def test_nothing_but_files_of_the_folder(files, path):
    client, _ = files
    await get(client, path, 404)


async def test_a_change_makes_a_new_version(tmp_path):
    (tmp_path / "a.css").write_text("one")
    before = StaticFiles(tmp_path).version
    (tmp_path / "a.css").write_text("two")
    assert StaticFiles(tmp_path).version != before


# ---- environments


@pytest.fixture
def own(tmp_path):
    from app.feature import Feature

    folder = tmp_path / "templates"
    folder.mkdir()
    locales = Locales.read(wire.ROOT, City())
    feature = Feature(name="demo", folder=tmp_path, template_globals={"answer": 42})

    def make(text, name="a.html", language="pl", **context):
        (folder / name).write_text(text, encoding="utf-8")
        return Pages((feature,), CITY).text(locales.get(language), f"demo/{name}", context)

    return make


def test_values_are_escaped_in_pages_and_not_in_mail(own):
    text = "{{ _('Language: %(name)s', name=who) }}"
    assert own(text, who="<b>") == "Język: &lt;b&gt;"
    assert own(text, "a.txt", who="<b>") == "Język: <b>"


def test_a_percent_sign_needs_no_doubling(own):
    assert own("{{ _('100% of it') }}") == "100% of it"


def test_macros_imported_without_context_speak_the_language(own):
    text = "{% import 'app/macros.html' as ui %}{{ ui.live() }}"
    assert "na żywo" in own(text)
    assert "live" in own(text, language="en")


def test_plurals_write_their_number_as_people_do(own):
    text = "{{ ngettext('%(n)s person', '%(n)s people', 12500) }}"
    assert own(text, language="en") == "12,500 people"


def test_a_feature_adds_its_globals(own):
    assert own("{{ answer }}") == "42"


def test_a_name_nobody_gave_is_an_error(own):
    with pytest.raises(UndefinedError):
        own("{{ nobody }}")


# ---- all templates of the house


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(wire.ROOT)))
def test_templates_keep_to_the_content_security_policy(path):
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.findall(r"<[^>{]*\s(?:style|on[a-z]+)=", text)
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or "nonce=" in script or 'type="application/json"' in script


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(wire.ROOT)))
def test_static_files_that_templates_name_are_there(path):
    for name in re.findall(r"""static\(["']([^"']+)["']\)""", path.read_text(encoding="utf-8")):
        if not name.startswith("vendor/"):
            assert (wire.ROOT / "static" / name).is_file(), name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(wire.ROOT)))
def test_icons_that_templates_name_are_drawn(path):
    drawn = set(re.findall(r'<symbol id="([a-z]+)"', (wire.ROOT / "static" / "icons.svg").read_text(encoding="utf-8")))
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"""ui\.icon\(["']([a-z]+)["']""", text) + re.findall(r"""\bicon=["']([a-z]+)["']""", text)
    assert set(named) <= drawn
