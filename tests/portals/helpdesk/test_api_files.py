"""Files through the API: with a ticket, an answer, a note; whatever is wrong leaves nothing behind."""

import json

import aiohttp
import pytest

from app.database import DATABASE
from app.files import FILES
from portals.helpdesk.model import MOST_FILES
from tests.portals.helpdesk.test_pages import PHOTO
from tests.portals.helpdesk.walking import walking

TICKETS = "/api/helpdesk/tickets"


@pytest.fixture
async def walk(database_url, tmp_path):
    async with walking(database_url, tmp_path) as found:
        yield found


def form(data, *files, first="data"):
    """`files`: name and bytes."""
    made = aiohttp.MultipartWriter("form-data")
    parts = (
        [("data", None, json.dumps(data).encode() if not isinstance(data, bytes) else data)] if data is not None else []
    )
    parts += [("files", name, content) for name, content in files]
    for field, name, content in parts if first == "data" else parts[::-1]:
        part = made.append(
            content, {"Content-Type": "application/json" if name is None else "application/octet-stream"}
        )
        part.set_content_disposition("form-data", name=field, **({"filename": name} if name else {}))
    return made


async def send(client, path, body) -> tuple[int, dict]:
    async with client.post(path, data=body) as answer:
        return answer.status, await answer.json(content_type=None)


def stored(walk) -> set[str]:
    return {path.name for path in walk.site.app[FILES].storage.folder.rglob("*") if path.is_file()}


async def test_a_ticket_with_two_photos_and_an_answer_with_a_file(walk):
    async with walk.client("R") as client:
        status, ticket = await send(
            client, TICKETS, form({"text": "Pęknięty ekran"}, ("ekran.png", PHOTO), ("opis.txt", "zażółć".encode()))
        )
        assert status == 201, ticket
        number = ticket["number"].replace("\u202f", "").replace("-", "").replace(" ", "")
        async with client.get(f"{TICKETS}/{number}") as answer:
            (entry,) = (await answer.json())["entries"]
        assert [(one["name"], one["type"], one["bytes"]) for one in entry["files"]] == [
            ("ekran.png", "image/png", len(PHOTO)),
            ("opis.txt", "text/plain", 10),
        ]
        async with client.get(f"{TICKETS}/{number}/files/{entry['files'][0]['id']}") as answer:
            assert (answer.status, await answer.read()) == (200, PHOTO)
            assert answer.headers["Content-Disposition"].startswith("attachment")
            assert answer.headers["Cache-Control"] == "private, no-store"
        status, said = await send(
            client, f"{TICKETS}/{number}/replies", form({"text": "Jeszcze jedno"}, ("b.png", PHOTO))
        )
        assert (status, [one["name"] for one in said["files"]]) == (201, ["b.png"])
    async with walk.client("A") as client:
        status, said = await send(client, f"{TICKETS}/{number}/notes", form({"text": "Dla nas"}, ("log.txt", b"1")))
        assert (status, said["public"], len(said["files"])) == (201, False, 1)
        entered = {"ticket": {"text": "Dzwoni"}, "name": "Pani z sekretariatu"}
        status, ticket = await send(client, f"{TICKETS}/entered", form(entered, ("notatka.txt", b"1")))
        assert (status, ticket["source"]) == (201, "phone")


async def test_json_alone_is_taken_as_before(walk):
    async with walk.client("R") as client, client.post(TICKETS, json={"text": "Bez pliku"}) as answer:
        assert answer.status == 201


PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00"


@pytest.mark.parametrize(
    ("made", "status", "field"),
    [
        (lambda: form({"text": "x"}, ("a.png", PHOTO), ("virus.exe", PROGRAM)), 422, "files"),
        (lambda: form({"text": "x"}, ("puste.txt", b"")), 422, "files"),
        (lambda: form({"text": "x"}, *[(f"{one}.txt", b"a") for one in range(MOST_FILES + 1)]), 422, "files"),
        (lambda: form({"text": "x", "room": "x" * 100}, ("a.png", PHOTO)), 422, "room"),
        (lambda: form({"text": 5}, ("a.png", PHOTO)), 422, "text"),
        (lambda: form(b"{", ("a.png", PHOTO)), 422, ""),
        (lambda: form(None, ("a.png", PHOTO)), 422, ""),
        (lambda: form({"text": "x"}, ("a.png", PHOTO), first="files"), 422, ""),
        (lambda: form({"text": "x" * 1_100_000}), 413, ""),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_by_field_and_leaves_nothing(walk, made, status, field):
    before = stored(walk)
    async with walk.client("R") as client:
        answered, told = await send(client, TICKETS, made())
    assert (answered, told["status"]) == (status, status), told
    assert set(told.get("fields", {})) == ({field} if field else set()), told
    assert stored(walk) == before
    async with walk.site.app[DATABASE].transaction() as tx:
        assert await tx.value("SELECT count(*) FROM ticket WHERE source = 'api'") == 0


async def test_a_file_that_is_too_large_stops_where_the_limit_is(walk, monkeypatch):
    monkeypatch.setattr("portals.helpdesk.attachments.FILE_BYTES", 1000)
    before = stored(walk)
    async with walk.client("R") as client:
        status, told = await send(client, TICKETS, form({"text": "x"}, ("a.txt", b"a" * 1001)))
    assert (status, told["code"] if "code" in told else told["type"]) == (413, "urn:gryf:problem:too-large")
    assert stored(walk) == before


async def test_who_may_not_leaves_no_file(walk):
    """A stranger's answer to somebody's ticket is refused after the file came; the file is gone again."""
    before = stored(walk)
    for who, path in (
        ("S", TICKETS),
        ("C", walk.path(f"{TICKETS}/{{number}}/replies")),
        ("R", walk.path(f"{TICKETS}/{{number}}/notes")),
    ):
        async with walk.client(who) as client:
            status, _told = await send(client, path, form({"text": "x"}, ("a.png", PHOTO)))
        assert status in {403, 404}, (who, path, status)
    assert stored(walk) == before


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"--b--\r\n",
        b"--b\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="\xc3\xb3"\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="data"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="data"\r\nContent-Encoding: gzip\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="data"\r\nContent-Length: x\r\n\r\n{}\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="data"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c--\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="data"\r\n\r\n{"text":',
        b"x" * 100_000,
        b'--b\r\nContent-Disposition: form-data; name="data\r\n\r\n{}\r\n--b--\r\n',
        b"--b\r\n" + b"X-Long: " + b"x" * 20_000 + b"\r\n\r\n{}\r\n--b--\r\n",
        b"--b\r\n" + b"X-Many: x\r\n" * 1_000 + b"\r\n{}\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\n' + b"x" * 40 + b"\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="data"\r\nContent-Transfer-Encoding: rot13\r\n\r\n{}\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="data"\r\nContent-Encoding: br9\r\n\r\n{}\r\n--b--\r\n',
    ],
)
@pytest.mark.parametrize("boundary", ["; boundary=b", "; boundary=" + "b" * 80, ""])
@pytest.mark.filterwarnings("default::RuntimeWarning")  # aiohttp's, of a heading that it cannot read
async def test_forms_that_are_broken_are_refused_and_no_failure_of_ours(walk, raw, boundary):
    headers = {"Content-Type": f"multipart/form-data{boundary}"}
    async with walk.client("R") as client, client.post(TICKETS, data=raw, headers=headers) as answer:
        assert answer.status in {413, 422}, await answer.text()


async def test_another_site_cannot_send_a_form(walk):
    async with walk.client("R") as client:
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            async with client.post(TICKETS, data=form({"text": "x"}), headers=headers) as answer:
                assert answer.status == 403
