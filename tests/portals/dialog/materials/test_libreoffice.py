"""Office files through a real LibreOffice, where there is one; `test_materials` has a stand-in for everybody else."""

import asyncio
import shutil

import pypdfium2
import pytest
from PIL import Image

from app.files import FileStore
from portals.dialog.materials import previews, rules
from tests.portals.dialog.materials import office_files as made

PROGRAM = next((found for name in previews.PROGRAMS if (found := shutil.which(name))), "")

pytestmark = [pytest.mark.skipif(not PROGRAM, reason="LibreOffice is not installed"), pytest.mark.slow]


class Office:
    """Takes a file in as a form does, and shows what the preview says."""

    def __init__(self, folder):
        self.folder = folder
        self.files = FileStore.in_folder(folder / "files")

    async def pdf(self, name: str, content: bytes):
        async def blocks():
            yield content

        upload = await self.files.receive(blocks(), limit_bytes=10**7, accept=rules.ACCEPTED, name=name)
        room = self.folder / f"room-{name}"
        room.mkdir()
        return await previews.converted(PROGRAM, self.files, upload, room)

    async def read(self, name: str, content: bytes) -> tuple[list[str], int]:
        """Words page by page, and how many pictures there are."""
        path = await self.pdf(name, content)
        assert path is not None, name
        with pypdfium2.PdfDocument(path) as document:
            pages = list(document)
            pictures = sum(1 for page in pages for one in page.get_objects() if one.type == 3)
            return [page.get_textpage().get_text_range().strip() for page in pages], pictures


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


async def test_each_kind_of_office_file_becomes_pages(office):
    assert await office.read("uchwala.docx", made.docx("Zażółć gęślą jaźń")) == (["Zażółć gęślą jaźń"], 0)
    assert await office.read("koszty.xlsx", made.xlsx("Ławki", "2*21")) == (["Ławki 42"], 0)
    assert await office.read("plan.pptx", made.pptx("Plac Zwycięstwa")) == (["Plac Zwycięstwa"], 0)
    assert await office.read("slajdy.odp", made.odp("Pierwszy", "Drugi")) == (["Pierwszy", "Drugi"], 0)


async def test_a_file_gets_nothing_of_this_machine_nor_of_the_network_and_runs_nothing(office, tmp_path, monkeypatch):
    asked = []

    async def answer(reader, writer):
        asked.append(await reader.read(200))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    near = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    monkeypatch.setattr(previews, "NOWHERE", "")  # without the proxy: what is not asked for is not held up by it either
    Image.new("RGB", (40, 40), "red").save(tmp_path / "dowod.png")
    (tmp_path / "hasla.txt").write_text("TAJNE")
    wants = {
        "wszystko.odt": made.odt(
            "Wszystko",
            pictures=(f"file://{tmp_path}/dowod.png", "../../dowod.png", f"{near}/a.png"),
            section=f"file://{tmp_path}/hasla.txt",
            macro=f'Open "{tmp_path}/zrobione" For Output As #1\nClose #1',
        ),
        "siec.xlsx": made.xlsx("Sieć", f'WEBSERVICE("{near}/b")'),
    }
    for name, content in wants.items():
        words, pictures = await office.read(name, content)
        assert "TAJNE" not in "".join(words), name
        assert words[0], name
        assert pictures == 0, name
    assert asked == []
    assert not (tmp_path / "zrobione").exists()
    server.close()


async def test_broken_and_endless_files_end(office, monkeypatch):
    said = made.types(word__document="wordprocessingml.document.main")
    lying = made.zipped({"[Content_Types].xml": said, "_rels/.rels": "<Relationships/>", "word/document.xml": "<w:doc"})
    assert await office.pdf("klamie.docx", lying) is None
    monkeypatch.setattr(previews, "WITHIN_S", 1)  # nothing is ready in a second of a processor's time
    assert await office.pdf("dlugo.odt", made.odt("Długo " * 200_000)) is None
    monkeypatch.setattr(previews, "WITHIN_S", 120)
    monkeypatch.setattr(previews, "MOST_MEMORY", 64 << 20)
    assert await office.pdf("duzo.docx", made.docx("Dużo")) is None
