"""Words of papers: read by a limited process, found by any form of a word and opened at their page; or honestly none."""

import io
import zipfile
from pathlib import Path

import docx
import pytest
import typst
from PIL import Image

from app.actor import SYSTEM
from app.database import DATABASE
from app.files import FILES
from portals.council import store as council_store
from portals.council.papers import actions
from portals.council.papers.model import PaperDraft
from portals.council.papers.reading.extracting import DOCX, ODT, PDF, clean
from portals.council.papers.reading.jobs import read_paper
from portals.council.papers.reading.model import NoText, Read
from portals.council.papers.reading.running import read_file
from tests.portals.council.records.conftest import find, indexed

__all__ = ["find", "indexed"]


def pdf(text: str) -> bytes:
    return typst.compile(f'#set text(lang: "pl", hyphenate: true)\n{text}'.encode())


def scan() -> bytes:
    target = io.BytesIO()
    Image.new("L", (600, 800), 230).save(target, "PDF")
    return target.getvalue()


def word_file(*paragraphs: str) -> bytes:
    document, target = docx.Document(), io.BytesIO()
    for text in paragraphs:
        document.add_paragraph(text)
    document.add_table(1, 1).cell(0, 0).text = "Komórka tabeli: wieżyczka"
    document.save(target)
    return target.getvalue()


def package(name: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return target.getvalue()


def odt(paragraphs: str, head: str = "") -> bytes:
    spaces = 'xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:t="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    return package("content.xml", f"{head}<o:document-content {spaces}>{paragraphs}</o:document-content>".encode())


LOCKED = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"3 0 obj<</Filter/Standard/V 2/R 3/Length 128/P -4/O<" + b"00" * 32 + b">/U<" + b"11" * 32 + b">>>endobj\n"
    b"trailer<</Root 1 0 R/Encrypt 3 0 R/ID[<00><00>]>>\n"
)
BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "lol lol lol lol lol ">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("name", "kind", "content", "expected"),
    [
        ("pages", PDF, pdf("Uchwała o żółwiach #pagebreak() Strona druga: wieżyczka ratusza."), [1, 2]),
        ("word", DOCX, word_file("Uchwała w sprawie żółwi", "Paragraf pierwszy."), [None]),
        ("odt", ODT, odt("<t:h>Uchwała</t:h><t:p>o <t:span>żół</t:span>wiach w parku</t:p>"), [None]),
        ("old", "text/plain", "Uchwała o żółwiach w parku miejskim".encode("cp1250"), [None]),
        ("scan", PDF, scan(), "scan"),
        ("locked", PDF, LOCKED, "locked"),
        ("broken", PDF, b"%PDF-1.7\n" + bytes(range(256)) * 40, "broken"),
        ("half", DOCX, word_file("Uchwała")[:-300], "broken"),
        ("entities", ODT, odt("<t:p>&i;</t:p>", BOMB + "]>"), "broken scan"),
        ("unpacked", DOCX, package("word/document.xml", b" " * (301 << 20)), "too_large"),
        ("film", "video/mp4", b"....", "kind"),
    ],
)
async def test_files_of_all_sorts(tmp_path: Path, name, kind, content, expected):
    path = tmp_path / name
    path.write_bytes(content)
    answer = await read_file(path, kind)
    if isinstance(expected, str):
        assert isinstance(answer, NoText)
        assert answer.reason in expected.split()
    else:
        assert isinstance(answer, Read)
        assert [one.page for one in answer.passages] == expected
        assert "Uchwała" in answer.passages[0].text
        assert "żół" in answer.passages[0].text


async def test_a_file_that_wants_too_much_is_stopped(tmp_path: Path):
    path = tmp_path / "large"
    path.write_bytes(odt("<t:p>słowo po słowie</t:p>" * 1_500_000))
    assert await read_file(path, ODT, memory_mib=192) == NoText("too_demanding")


def test_words_cut_at_the_end_of_a_line_are_whole():
    assert clean("uchwa-\nła Rady\x00 Miej\ufffe\r\nskiej\u200b w S\u0142upsku") == "uchwała Rady Miejskiej w Słupsku"


async def test_words_of_papers_are_found_on_their_page(site, find, indexed):
    database, files = site.app[DATABASE], site.app[FILES]
    async with database.transaction() as tx:
        (session,) = await council_store.live_sessions(tx)

    async def upload(content: bytes, name: str):
        async def blocks():
            yield content

        return await files.receive(blocks(), limit_bytes=1 << 24, accept=frozenset({PDF, DOCX}), name=name)

    (paper,) = await actions.add_papers(
        site.app,
        SYSTEM,
        session.id,
        [await upload(pdf("Wstęp do projektu. #pagebreak() Remont glorietki nad Słupią."), "projekt.pdf")],
        PaperDraft("Projekt uchwały o parku"),
    )
    await read_paper(database, files, paper.id)
    for asked in ("glorietka", "GLORIETKĘ", "remontem glorietki"):
        found = await find(asked, kind="paper")
        assert [(hit["path"], hit["page"]) for hit in found["hits"]] == [(f"/council/papers/{paper.id}?page=2", 2)], (
            asked
        )
    assert [hit["page"] for hit in (await find("projekt uchwały o parku", kind="paper"))["hits"]][:1] == [None]
    async with site.client() as nobody, nobody.get(found["hits"][0]["path"]) as answer:
        assert f"/council/papers/{paper.id}/v1#page=2" in await answer.text()

    # a newer version: what only the old one said is not found any more, before it is read and after
    await actions.add_version(site.app, SYSTEM, paper.id, await upload(scan(), "skan.pdf"), "podpisany")
    assert (await find("glorietka"))["total"] == 0
    await read_paper(database, files, paper.id)
    assert (await find("glorietka"))["total"] == 0
    async with site.client() as nobody, nobody.get(f"/council/papers/{paper.id}") as answer:
        assert "To są zdjęcia tekstu" in await answer.text()

    # for councillors only, then removed: nobody finds it
    upload_again = await upload(word_file("Wieżyczka i glorietka", "a" * 30), "projekt.docx")
    await actions.add_version(site.app, SYSTEM, paper.id, upload_again, "poprawiony")
    await read_paper(database, files, paper.id)
    assert [hit["path"] for hit in (await find("wieżyczki glorietka"))["hits"]] == [f"/council/papers/{paper.id}"]
    await actions.change_paper(database, SYSTEM, paper.id, PaperDraft("Projekt", audience="councillors"))
    assert (await find("glorietka"))["total"] == 0
    await actions.change_paper(database, SYSTEM, paper.id, PaperDraft("Projekt"))
    assert (await find("glorietka"))["total"] == 1
    await actions.remove_paper(database, SYSTEM, paper.id, "pomyłka")
    assert (await find("glorietka"))["total"] == 0
    async with database.transaction() as tx:
        assert await tx.value("SELECT count(*) FROM council_paper_passage WHERE paper_id = $1", paper.id) == 0
