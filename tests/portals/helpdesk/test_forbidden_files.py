"""Files of every kind that is not taken, by all ways in: the form, the API, a letter. What can be read is kept, so that
nobody loses a word because of a file; the file is named and is nowhere.
"""

import aiohttp
import lxml.html
import pytest

from app.files import FILES, Scanner
from app.files.sniff import RUN_BY_NAME
from portals.helpdesk.post import store as letters
from portals.helpdesk.post.intake import take_in
from portals.helpdesk.post.post import POST
from tests.portals.helpdesk.post.make_corpus import MIXED, TEXT, one
from tests.portals.helpdesk.post.making import EXE, PDF, PNG, attached, multipart, zip_with
from tests.portals.helpdesk.test_api_files import form, send, stored
from tests.portals.helpdesk.test_pages import form_of
from tests.portals.helpdesk.walking import ADDRESS, walking

MACROS = zip_with(("[Content_Types].xml", b"<Types/>"), ("word/vbaProject.bin", b"x"), ("_rels/.rels", b"x"))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
BOMB = zip_with(("zera.bin", b"\0" * 60_000_000))
KINDS = {
    "a program": ("instalator.exe", EXE),
    "a program that is called a picture": ("foto.png", EXE),
    "a program that is called a text": ("czytaj.txt", EXE),
    "a program of Linux": ("program", b"\x7fELF\x02\x01\x01" + b"\0" * 60),
    "a program of Java": ("gra.jar", zip_with(("META-INF/MANIFEST.MF", b"Main-Class: A"))),
    "a script of Windows": ("napraw.bat", b"@echo off\r\ndel *.*\r\n"),
    "a script of PowerShell": ("napraw.ps1", b"Invoke-Expression 'x'\n"),
    "a script of the browser": ("napraw.js", b"alert(1)\n"),
    "a script of Visual Basic": ("faktura.pdf.vbs", b"MsgBox 1\n"),
    "a script of Unix": ("napraw.sh", b"#!/bin/sh\nrm -rf /\n"),
    "an application of HTML": ("a.hta", b"<hta:application>\n"),
    "a page": ("strona.html", b"<!doctype html><html><body>x"),
    "a page that is called a text": ("strona.txt", b"<!doctype html><html><script>x</script>"),
    "a drawing with scripts": ("logo.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
    "a link of Windows": ("skrot.lnk", b"L\0\0\0\x01\x14\x02\0" + b"\0" * 60),
    "a link of the internet": ("strona.url", b"[InternetShortcut]\nURL=file:///c:/x\n"),
    "a change of the registry": ("a.reg", b"Windows Registry Editor Version 5.00\r\n"),
    "an image of a disk": ("plyta.iso", b"\0" * 40_000),
    "an installer": ("a.msi", OLE),
    "an old document, which may have macros": ("pismo.doc", OLE),
    "a document with macros": ("pismo.docm", MACROS),
    "a document with macros that is called one without": ("pismo.docx", MACROS),
    "an archive that nobody looks into": ("a.rar", b"Rar!\x1a\x07\0" + b"\0" * 50),
    "another one": ("a.7z", b"7z\xbc\xaf\x27\x1c" + b"\0" * 50),
    "a bomb": ("dane.zip", BOMB),
    "nothing": ("puste.txt", b""),
    "something": ("dane.dat", bytes(range(256)) * 4),
}  # fmt: skip
TAKEN = {"zdjecie.png": PNG, "instrukcja.pdf": PDF, "log.txt": b"blad 5\n"}


@pytest.fixture
async def walk(database_url, tmp_path):
    async with walking(database_url, tmp_path) as found:
        yield found


async def test_by_the_api_each_is_refused_by_name(walk):
    before, wrong = stored(walk), {}
    async with walk.client("R") as client:
        for kind, (name, content) in KINDS.items():
            status, told = await send(client, "/api/helpdesk/tickets", form({"text": kind}, (name, content)))
            if status != 422 or not told.get("fields", {}).get("files", "").startswith(f"{name}: "):
                wrong[kind] = (status, told)
    assert wrong == {}
    assert stored(walk) == before


async def test_by_the_form_each_is_named_and_the_words_stay(walk):
    before, wrong = stored(walk), {}
    page = "/pomoc/nowe?category=0"
    async with walk.client("R") as client:
        async with client.get(page) as answer:
            fields = form_of(lxml.html.fromstring(await answer.text()), "new-ticket")
        for kind, (name, content) in KINDS.items():
            data = aiohttp.FormData(default_to_multipart=True)
            for field, value in {**fields, "text": f"Słowa: {kind}"}.items():
                data.add_field(field, value)
            data.add_field("files", content, filename=name, content_type="application/octet-stream")
            async with client.post(page, data=data, allow_redirects=False) as answer:
                text = lxml.html.fromstring(await answer.text()).text_content() if answer.status != 303 else ""
                if answer.status != 422 or f"{name}: " not in text or f"Słowa: {kind}" not in text:
                    wrong[kind] = (answer.status, text[:200])
    assert wrong == {}
    assert stored(walk) == before


async def test_by_mail_each_is_kept_back_and_the_letter_becomes_its_ticket(walk):
    post, wrong = walk.site.app[POST], {}
    for number, (kind, (name, content)) in enumerate(KINDS.items()):
        if not content:
            continue  # mail programs make such parts by themselves: there is nothing to keep, and nothing to tell
        body = multipart(
            TEXT, attached(name, "application/octet-stream", content), attached("log.txt", "text/plain", b"1")
        )
        (came,) = await take_in(
            post,
            one(f"kind-{number}", MIXED, sender=f"From: osoba{number}@szkola8.example", body=body),
            "lmtp",
            [ADDRESS],
        )
        async with post.database.transaction(readonly=True) as tx:
            withheld = [one.name for one in await letters.withheld(tx, came.letter_id)]
            kept = await tx.records(
                "SELECT f.name FROM ticket_entry_file y JOIN file f ON f.id = y.file_id"
                " JOIN ticket_entry e ON e.id = y.entry_id WHERE e.ticket_id = $1",
                came.ticket_id,
            )
        if (came.outcome, withheld, [row["name"] for row in kept]) != ("ticket", [name], ["log.txt"]):
            wrong[kind] = (came.outcome, withheld, kept)
    assert wrong == {}


async def test_what_people_need_is_taken(walk):
    async with walk.client("R") as client:
        status, _told = await send(client, "/api/helpdesk/tickets", form({"text": "x"}, *TAKEN.items()))
    assert status == 201
    assert len(stored(walk)) >= len(TAKEN)
    assert walk.site.app[FILES].scanner is None  # it is their kind that was looked at, and no scanner


def test_every_ending_that_runs_is_written_once_and_small():
    assert len(RUN_BY_NAME) > 80
    assert all(one == one.lower() and "." not in one for one in RUN_BY_NAME)
    assert not RUN_BY_NAME & {
        "txt",
        "pdf",
        "png",
        "jpg",
        "docx",
        "xlsx",
        "pptx",
        "odt",
        "ods",
        "csv",
        "mp4",
        "zip",
        "eml",
    }


async def test_while_the_scanner_is_away_words_stay_and_programs_are_told_when_to_come_again(walk, monkeypatch):
    """Nothing is kept that nobody has looked at: the form says so beside the words, the API answers 503."""
    monkeypatch.setattr(walk.site.app[FILES], "scanner", Scanner("127.0.0.1:1", 1))
    before, page = stored(walk), "/pomoc/nowe?category=0"
    async with walk.client("R") as client:
        async with client.get(page) as answer:
            fields = form_of(lxml.html.fromstring(await answer.text()), "new-ticket")
        data = aiohttp.FormData({**fields, "text": "Pęknięty ekran"}, default_to_multipart=True)
        data.add_field("files", PNG, filename="ekran.png", content_type="image/png")
        async with client.post(page, data=data, allow_redirects=False) as answer:
            text = lxml.html.fromstring(await answer.text()).text_content()
            assert answer.status == 422
        assert "ekran.png: " in text
        assert "Pęknięty ekran" in text
        async with client.post("/api/helpdesk/tickets", data=form({"text": "x"}, ("ekran.png", PNG))) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "120")
    assert stored(walk) == before
    async with walk.site.app[POST].database.transaction(readonly=True) as tx:
        assert await tx.value("SELECT count(*) FROM ticket WHERE subject LIKE 'Pęknięty%'") == 0
