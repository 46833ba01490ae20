"""Materials: who puts them there, what is taken, versions, previews, and what stays of one that was removed."""

import io
import unicodedata
import zipfile

import pytest
from aiohttp import web
from PIL import Image

from app.database import DATABASE
from app.errors import Conflict, Invalid, NotFound
from app.files import FILES, FileStore
from portals.dialog.access import access_block_inside
from portals.dialog.actions import remove_draft
from portals.dialog.discussion.access import access_thread
from portals.dialog.discussion.feature import KIND as DISCUSSION
from portals.dialog.materials import actions, previews, rules, store, views
from portals.dialog.materials.feature import KIND, ready
from portals.dialog.materials.model import Content, MaterialDraft
from portals.dialog.model import BlockChanged
from portals.dialog.plan import remove_block
from tests.portals.dialog.stage import AUDITOR, CLERK, HOUR, JAN, MODERATOR, NOBODY, Stage

PDF = b"%PDF-1.7\n" + b"0" * 200
SOUND = b"RIFF\x24\x08\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00" + b"\x00" * 99
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(made, "PNG")
    return made.getvalue()


def office() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types><Override ContentType="{DOCX}.main+xml"/></Types>')
        archive.writestr("_rels/.rels", "<Relationships/>")
    return made.getvalue()


class Shelf:
    """A stage with a block of materials, and the application that the actions ask for."""

    def __init__(self, stage, block, files):
        self.stage, self.block, self.files = stage, block, files
        self.app = web.Application()
        self.app[DATABASE], self.app[FILES] = stage.database, files

    async def upload(self, content: bytes, name: str):
        async def blocks():
            yield content

        return await self.files.receive(blocks(), limit_bytes=100_000, accept=rules.ACCEPTED, name=name)

    async def file(self, content: bytes, name: str, actor=CLERK, **draft):
        upload = await self.upload(content, name)
        return await actions.add_material(
            self.app, actor, self.block.id, "file", MaterialDraft(**draft), Content(), upload
        )

    async def text(self, title: str, text: str = "Treść"):
        draft, content = MaterialDraft(title=title), Content(text=text)
        return await actions.add_material(self.app, CLERK, self.block.id, "text", draft, content)

    async def titles(self) -> list[str]:
        async with self.stage.database.transaction(readonly=True) as tx:
            return [one.title for one in await store.materials(tx, self.block.id)]


@pytest.fixture
async def shelf(database, tmp_path) -> Shelf:
    stage = await Stage.set(database, KIND, DISCUSSION)
    return Shelf(stage, await stage.running(KIND.name), FileStore.in_folder(tmp_path))


async def test_materials_of_every_form_stand_in_order_and_are_told(shelf):
    nfd = unicodedata.normalize("NFD", "Plan_żółty.pdf")
    plan = await shelf.file(PDF, nfd)
    assert (plan.title, plan.name, plan.shape) == ("Plan żółty", "Plan_żółty.pdf", "pdf")
    slides = await shelf.file(PDF, "slajdy.pdf", title="Slajdy", slides=True)
    assert slides.shape == "slides"
    drawn = await shelf.file(picture(), "plac.png", alt="Plac z góry")
    assert drawn.shape == "image"
    await shelf.text("Pytania")
    link = Content(link="https://mapa.example.org/zielen?a=1")
    await actions.add_material(shelf.app, CLERK, shelf.block.id, "link", MaterialDraft(title="Mapa"), link)
    await actions.move_material(shelf.stage.database, CLERK, plan.id, "down")
    await actions.move_material(shelf.stage.database, CLERK, slides.id, "up")
    assert await shelf.titles() == ["Slajdy", "Plan żółty", "plac", "Pytania", "Mapa"]
    room = f"dialog/{shelf.stage.consultation.id}"
    assert all(isinstance(one, BlockChanged) for one in shelf.stage.backplane.of(room)[-6:])
    assert (await shelf.stage.audited())[-6:] == ["material.add"] * 5 + ["material.move"]
    async with shelf.stage.database.transaction(readonly=True) as tx:
        spot = await access_thread(tx, NOBODY, shelf.block.id, plan.subject)
        assert spot.thread.title == "Plan żółty"


async def test_only_the_office_puts_materials_there(shelf):
    made = await shelf.text("Pytania")
    for actor in (NOBODY, JAN, MODERATOR, AUDITOR):
        with pytest.raises(NotFound):
            await shelf.file(PDF, "a.pdf", actor)
        with pytest.raises(NotFound):
            await actions.remove_material(shelf.stage.database, actor, made.id, "bo tak")
        with pytest.raises(NotFound):
            await actions.move_material(shelf.stage.database, actor, made.id, "up")
        with pytest.raises(NotFound):
            await actions.add_version(shelf.app, actor, made.id, Content(text="Inny"))
    with pytest.raises(Conflict):
        await actions.change_material(shelf.stage.database, CLERK, made.id, MaterialDraft(title="X"), made.rev - 1)


async def test_what_is_wrong_stands_beside_its_field(shelf):
    for content, name, field in ((picture(), "plac.png", "alt"),):
        with pytest.raises(Invalid) as wrong:
            await shelf.file(content, name)
        assert set(wrong.value.fields) == {field}
    for link in (
        "javascript:alert(1)",
        "https://",
        "https://a:b@c.pl/",
        "https://a b.pl",
        "ftp://a.pl",
        "//a.pl",
        "http://[1",
    ):
        with pytest.raises(Invalid) as wrong:
            await actions.add_material(
                shelf.app, CLERK, shelf.block.id, "link", MaterialDraft(title="X"), Content(link=link)
            )
        assert set(wrong.value.fields) == {"link"}
    with pytest.raises(Invalid) as wrong:
        await actions.add_material(shelf.app, CLERK, shelf.block.id, "text", MaterialDraft(), Content(text=" "))
    assert set(wrong.value.fields) == {"title", "text"}
    hostile = (
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "obraz.svg"),
        (b"<html><script>alert(1)</script>", "strona.pdf"),
        (b"MZ\x90\x00\x03", "wirus.pdf"),
        (PDF, "plan.png"),
    )
    for content, name in hostile:
        with pytest.raises(Invalid):
            await shelf.upload(content, name)
    assert await shelf.titles() == []


async def test_versions_stay_within_reach_until_the_material_is_removed(shelf):
    plan = await shelf.file(PDF, "plan.pdf")
    second = await actions.add_version(
        shelf.app, CLERK, plan.id, Content(note="poprawiona mapa"), await shelf.upload(PDF + b"2", "plan 2.pdf")
    )
    assert (second.version, second.name, second.note) == (2, "plan 2.pdf", "poprawiona mapa")
    with pytest.raises(Invalid) as wrong:
        await actions.add_version(shelf.app, CLERK, plan.id, Content(), await shelf.upload(picture(), "plac.png"))
    assert set(wrong.value.fields) == {"file"}
    database = shelf.stage.database
    async with database.transaction(readonly=True) as tx:
        files = [one.file_id for one in await store.versions(tx, plan.id)]
        assert (await actions.access_version(tx, NOBODY, plan.id, 1)).name == "plan.pdf"
    with pytest.raises(Invalid):
        await actions.remove_material(database, CLERK, plan.id, " ")
    removed = await actions.remove_material(database, CLERK, plan.id, "Dane osobowe w pliku")
    assert (removed.title, removed.removal_reason, removed.name, removed.bytes) == (
        "plan",
        "Dane osobowe w pliku",
        "",
        0,
    )
    async with database.transaction(readonly=True) as tx:
        for number in (1, 2):
            with pytest.raises(NotFound):
                await actions.access_version(tx, CLERK, plan.id, number)
        assert await tx.value("SELECT count(*) FROM file WHERE id = ANY($1::uuid[])", files) == 0
        assert (await access_thread(tx, NOBODY, shelf.block.id, removed.subject)).thread.closed
    with pytest.raises(NotFound):
        await actions.add_version(shelf.app, CLERK, plan.id, Content(), await shelf.upload(PDF, "plan.pdf"))


async def test_before_its_phase_nobody_sees_what_a_block_holds(database, tmp_path):
    stage = await Stage.set(database, KIND, DISCUSSION)
    await stage.make()
    block = await stage.block(KIND.name, phase=await stage.phase(HOUR, 2 * HOUR))
    shelf = Shelf(stage, block, FileStore.in_folder(tmp_path))
    plan = await shelf.file(PDF, "plan.pdf")
    async with database.transaction(readonly=True) as tx:
        with pytest.raises(NotFound):
            await actions.access_version(tx, JAN, plan.id, 1)  # a draft
    await stage.publish()
    async with database.transaction(readonly=True) as tx:
        with pytest.raises(Conflict):
            await actions.access_version(tx, JAN, plan.id, 1)
        assert (await actions.access_version(tx, AUDITOR, plan.id, 1)).name == "plan.pdf"


async def test_films_go_to_the_media_core_with_their_captions(shelf):
    made = await shelf.file(SOUND, "spacer.wav", title="Nagranie ze spaceru")
    assert (made.shape, made.upload_id is not None) == ("audio", True)
    captions = "WEBVTT\n\n00:00.000 --> 00:01.000\nDzień dobry, zaczynamy spacer.\n".encode()
    await actions.attach_captions(shelf.stage.database, CLERK, made.id, captions, "pl")
    with pytest.raises(Invalid):
        await actions.attach_captions(shelf.stage.database, CLERK, made.id, b"nic", "pl")
    async with shelf.stage.database.transaction(readonly=True) as tx:
        count = "SELECT count(*) FROM pgqueuer WHERE entrypoint LIKE 'uploads.%' OR entrypoint LIKE 'upload.%'"
        assert await tx.value(count) == 1
    await actions.remove_material(shelf.stage.database, CLERK, made.id, "Nie ma zgody")
    async with shelf.stage.database.transaction(readonly=True) as tx:
        assert await tx.value("SELECT count(*) FROM media_upload") == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (
            "0:00 Powitanie\n\n 2:30  Co planujemy \n1:02:30 Pytania",
            [(0, "Powitanie"), (150, "Co planujemy"), (3750, "Pytania")],
        ),
        ("00:00:05 Wstęp", [(5, "Wstęp")]),
        ("2:30 Drugi\n2:30 Ten sam", None),  # twice
        ("2:30 Drugi\n1:00 Pierwszy", None),  # out of turn
        ("2:60 Nie ma takiej sekundy", None),
        ("62:00 Nie ma takiej minuty", None),
        ("2:30", None),
        ("Powitanie", None),
        ("-1:00 Przed początkiem", None),
        ("0:00 " + "x" * 121, None),
        ("\n".join(f"{n // 60}:{n % 60:02} Za dużo" for n in range(201)), None),
    ],
)
def test_chapters_are_read_as_people_write_them(text, found):
    read = rules.read_chapters(text)
    assert (read if read is None else [(one.starts_s, one.title) for one in read]) == found


async def test_a_film_has_chapters_that_go_when_it_is_removed(shelf):
    made = await shelf.file(SOUND, "spacer.wav", title="Nagranie ze spaceru")
    database, place = shelf.stage.database, shelf.stage.consultation
    with pytest.raises(Invalid) as wrong:
        draft = MaterialDraft(title=made.title, chapters="początek")
        await actions.change_material(database, CLERK, made.id, draft, made.rev)
    assert set(wrong.value.fields) == {"chapters"}
    draft = MaterialDraft(title=made.title, chapters=" 0:00 Most \r\n\r\n12:05 Pętla\x00")
    changed = await actions.change_material(database, CLERK, made.id, draft, made.rev)
    assert changed.chapters == "0:00 Most\n12:05 Pętla"
    async with database.transaction(readonly=True) as tx:
        block = await access_block_inside(tx, CLERK, shelf.block.id, KIND.name)
        (shown,) = (await views.data(tx, JAN, block)).shown
        assert [(one.starts_s, one.title) for one in shown.chapters] == [(0, "Most"), (725, "Pętla")]
        assert views.row(changed, block).chapters == shown.chapters
    removed = await actions.remove_material(database, CLERK, made.id, "Nie ma zgody")
    assert (removed.chapters, place.slug in views.row(removed, block).address) == ("", True)


async def test_an_office_file_gets_a_preview_where_there_is_a_program_for_it(shelf, tmp_path, monkeypatch):
    """A program in LibreOffice's place: it writes a PDF beside the file it is given, or nothing."""
    made = await shelf.file(office(), "uzasadnienie.docx")
    assert (made.shape, made.preview) == ("office", "waiting")
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setattr(previews, "part", lambda _kind: shelf.files)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    job = previews.MakePreview(made.id, 1)
    program = tools / "soffice"
    program.write_text(
        '#!/bin/sh\nfor last; do :; done\nprintf "%%PDF-1.7 %s" "$http_proxy" > document.pdf\ntest -s "$last"\n'
    )
    program.chmod(0o755)
    await previews.make_preview(shelf.stage.database, job)
    async with shelf.stage.database.transaction(readonly=True) as tx:
        shown = await store.material(tx, made.id)
    assert (shown.preview, shown.has_pages) == ("ready", True)
    expected = b"%PDF-1.7 http://127.0.0.1:9"
    blocks = shelf.files.storage.read(shown.preview_id, 0, len(expected))
    assert b"".join([block async for block in blocks]) == expected
    other = await shelf.file(office(), "drugi.docx")
    program.write_text("#!/bin/sh\nexit 1\n")
    await previews.make_preview(shelf.stage.database, previews.MakePreview(other.id, 1))
    async with shelf.stage.database.transaction(readonly=True) as tx:
        assert (await store.material(tx, other.id)).preview == "failed"


async def test_a_draft_that_is_thrown_away_leaves_no_file_behind(database, tmp_path):
    stage = await Stage.set(database, KIND, DISCUSSION)
    draft = await stage.make("Szkic")
    block = await stage.block(KIND.name)
    shelf = Shelf(stage, block, FileStore.in_folder(tmp_path))
    plan = await shelf.file(PDF, "plan.pdf")
    await actions.add_version(shelf.app, CLERK, plan.id, Content(), await shelf.upload(PDF + b"1", "plan2.pdf"))
    await shelf.file(SOUND, "spacer.wav", title="Nagranie")
    taken_off = await stage.block(KIND.name)
    shelf.block = taken_off
    await shelf.file(picture(), "plac.png", alt="Plac")
    await remove_block(database, CLERK, taken_off.id)
    counted = "SELECT count(*) FROM file", "SELECT count(*) FROM media_upload"
    async with database.transaction(readonly=True) as tx:
        assert [await tx.value(one) for one in counted] == [4, 1]
    for actor in (NOBODY, JAN, MODERATOR, AUDITOR):
        with pytest.raises(NotFound):
            await remove_draft(database, stage.blocks, actor, draft.id)
    await remove_draft(database, stage.blocks, CLERK, draft.id)
    async with database.transaction(readonly=True) as tx:
        assert [await tx.value(one) for one in counted] == [0, 0]
        assert await tx.value("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'files.delete'") == 4


async def test_a_copy_takes_texts_and_links_and_an_empty_block_is_not_ready(shelf):
    await shelf.text("Pytania", "# Pytania")
    await shelf.file(PDF, "plan.pdf")
    old = shelf.block
    await shelf.stage.make("Kopia")
    new = await shelf.stage.block(KIND.name)
    async with shelf.stage.database.transaction() as tx:
        place = await access_block_inside(tx, CLERK, new.id, KIND.name)
        assert len(await ready(tx, place)) == 1
        await shelf.stage.blocks.copied(tx, CLERK, old, new)
        assert [(one.title, one.text) for one in await store.materials(tx, new.id)] == [("Pytania", "# Pytania")]
        assert await ready(tx, place) == []
