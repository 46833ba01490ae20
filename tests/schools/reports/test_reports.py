"""Pages out of the register, and the archive of a year: what it holds, who may have it, and that a change is found."""

import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from lxml import etree
from typer.testing import CliRunner

import run
from app.config import City
from app.errors import Conflict, Invalid, NotFound
from app.files import FileStore, FolderStorage
from app.i18n import Locales
from app.jobs.queue import running
from schools.grades import class_actions
from schools.grades.model import NewNote
from schools.reports import actions, rules, sheets, store, writing
from schools.reports.checking import faults
from schools.reports.model import FORMAT, ArchiveChanged, MakeArchive, Manifest, Period, archives_room
from schools.structure.tenancy import school_transaction
from tests.schools.grades.test_actions import Book
from tests.schools.stage import (
    COUNSELLOR,
    HOMEROOM,
    OTHER_TEACHER,
    OUTSIDERS,
    PARENT,
    PRINCIPAL,
    PUPIL,
    SECRETARY,
    TEACHER,
)

SPACE = "{urn:gryf:school-archive:1}"


@pytest.fixture(scope="module")
def polish():
    return Locales.read(Path(run.__file__).parent, City(languages=("pl",))).get("pl")


async def exported(stage, actor, form, locale, month="", semester=None):
    class_id, period = stage.a.classes["4a"].id, Period(month=month, semester=semester)
    return await actions.export_class(stage.database, actor, stage.school_id, class_id, form, period, locale)


async def test_pages_of_a_class_say_what_was_marked(stage, polish):
    lesson = await stage.opened()
    first, second, third = stage.a.classes["4a"].pupils[:3]
    await stage.mark(TEACHER, lesson, {first: "●", second: "—", third: "su"})
    async with stage.inside() as tx:
        await tx.execute("UPDATE pupil SET last_name = '=cmd|calc!A1' WHERE id = $1", first)
        await tx.execute("UPDATE lesson SET topic = $2, topic_number = 7 WHERE id = $1", lesson.id, "Ułamki #let x")
    sheet = await exported(stage, HOMEROOM, "attendance", polish)
    day = sheet.header.index(str(stage.today.day))
    assert [row[day] for row in sheet.rows[:4]] == ["●", "—", "su", ""]
    assert [row[-4:] for row in sheet.rows[:4]] == [
        ["0", "0", "0", "100,00"], ["1", "1", "0", "0,00"], ["0", "0", "1", "100,00"], ["0", "0", "0", "—"],
    ]  # fmt: skip
    topics = await exported(stage, TEACHER, "topics", polish)
    assert [row[1:4] for row in topics.rows] == [[str(lesson.period), "Matematyka", "7. Ułamki #let x"]]
    listed = await exported(stage, SECRETARY, "list", polish)
    assert len(listed.rows) == 25
    # a formula stays a word in the workbook, and markup stays a word on the paper
    with zipfile.ZipFile(io.BytesIO(sheets.xlsx(sheet))) as unpacked:
        assert b"<f>" not in unpacked.read("xl/worksheets/sheet1.xml")
        assert b"<t>=cmd|calc!A1 " in unpacked.read("xl/sharedStrings.xml")
    for made in (sheet, topics, listed):
        assert sheets.pdf(made, lesson.starts_at).startswith(b"%PDF-")
    assert (await stage.audited()).count("reports.export") == 3


async def test_pages_of_grades_and_notes_say_what_was_entered(stage, polish):
    book = Book(stage)
    test, quiz = await book.column(on_date=stage.today - timedelta(days=2)), await book.column(title="Kartkówka")
    pupil = book.pupils[0]
    await book.write(test, {pupil: "2"})
    await book.write(test, {pupil: "4+"}, attempt=2, reason="poprawa")
    await book.write(quiz, {pupil: "=5"}, op="formula")
    await book.write(await book.column(kind="proposed", title=""), {pupil: "4"})
    await book.write(await book.column(semester=2), {pupil: "6"}, op="later")
    for text, points in (("Pomógł <koledze> #let", 5), ("Spóźnia się", -3)):
        new = NewNote(pupil_id=pupil, kind="praise" if points > 0 else "remark", text=text, points=points)
        note = await class_actions.add_note(stage.database, TEACHER, stage.school_id, new)
    await class_actions.withdraw_note(stage.database, TEACHER, stage.school_id, note.id, "pomyłka")

    sheet = await exported(stage, HOMEROOM, "grades", polish, semester=1)
    assert len({row[1] for row in sheet.rows}) == 25
    lines = {row[2]: row[3:] for row in sheet.rows if row[0] == sheet.rows[0][0]}
    mean = next(one.shown for one in (await book.of_pupil(pupil)).averages if one.subject_id == book.subject_id)
    assert lines["Matematyka"] == ["2  [4+]  5=", mean, "4", ""]
    assert lines["Język polski"] == ["", "", "", ""]
    assert lines["Zachowanie"][0] == "punkty: 105"
    second = await exported(stage, HOMEROOM, "grades", polish, semester=2)
    assert ["6", "6,00", "", ""] in [row[3:] for row in second.rows]
    notes = await exported(stage, COUNSELLOR, "notes", polish)
    assert [row[3:] for row in notes.rows] == [
        ["pochwała", "Pomógł <koledze> #let", "+5", TEACHER.name, ""],
        ["uwaga", "Spóźnia się", "-3", TEACHER.name, f"{TEACHER.name}: pomyłka"],
    ]
    for made in (sheet, notes):
        assert sheets.pdf(made, test.published_at or datetime.now(UTC)).startswith(b"%PDF-")
        with zipfile.ZipFile(io.BytesIO(sheets.xlsx(made))) as unpacked:
            assert b"<f>" not in unpacked.read("xl/worksheets/sheet1.xml")


async def test_who_may_take_what(stage, polish):
    allowed = {
        "list": (TEACHER, HOMEROOM, PRINCIPAL, SECRETARY, COUNSELLOR),
        "grades": (TEACHER, HOMEROOM, PRINCIPAL, COUNSELLOR),
        "notes": (TEACHER, HOMEROOM, PRINCIPAL, COUNSELLOR),
        "attendance": (TEACHER, HOMEROOM, PRINCIPAL, COUNSELLOR),
    }
    for form, actors in allowed.items():
        for actor in actors:
            await exported(stage, actor, form, polish)
        for actor in {*OUTSIDERS, OTHER_TEACHER, PARENT, PUPIL, SECRETARY} - {*actors}:
            with pytest.raises(NotFound):
                await exported(stage, actor, form, polish)
    with pytest.raises(Invalid):
        await exported(stage, PRINCIPAL, "topics", polish, "2026-13")
    for actor in (TEACHER, HOMEROOM, SECRETARY, COUNSELLOR, PARENT, PUPIL, *OUTSIDERS):
        with pytest.raises(NotFound):
            await actions.ask_archive(stage.database, actor, stage.school_id)


async def test_the_archive_of_a_year(stage, tmp_path):
    lesson = await stage.opened()
    pupil = stage.a.classes["4a"].pupils[3]
    await stage.mark(TEACHER, lesson, {pupil: "—"})
    await stage.mark(HOMEROOM, lesson, {pupil: "u"}, op="correction", reason="Zwolnienie <od> rodzica\x01")
    asked = await actions.ask_archive(stage.database, PRINCIPAL, stage.school_id)
    with pytest.raises(Conflict):
        await actions.ask_archive(stage.database, PRINCIPAL, stage.school_id)
    files = FileStore(FolderStorage(tmp_path / "files"), tmp_path / "incoming")
    with running(asked.job_id, (files,)):
        await actions.make_archive(stage.database, MakeArchive(stage.school_id, asked.id))
        await actions.make_archive(stage.database, MakeArchive(stage.school_id, asked.id))  # the worker died after it
    events = [one for one in stage.backplane.of(archives_room(stage.school_id)) if isinstance(one, ArchiveChanged)]
    async with stage.inside() as tx:
        view = await actions.archives_view(tx, PRINCIPAL, stage.school_id)
        done = await store.archive(tx, asked.id)
    assert [one.archive for one in events][-1] == done == view.archives[0]
    assert done.finished_at is not None
    for actor in (TEACHER, COUNSELLOR, *OUTSIDERS):
        with pytest.raises(NotFound):
            await actions.taken_archive(stage.database, actor, stage.school_id, asked.id)
    taken = await actions.taken_archive(stage.database, PRINCIPAL, stage.school_id, asked.id)
    path = next(one for one in (tmp_path / "files").rglob("*") if one.is_file())
    assert faults(path, taken.sha256) == []
    assert {"reports.archive", "reports.download"} <= set(await stage.audited())
    _holds_everything(path, stage, lesson, pupil)
    _fits_its_schema(path)
    _changes_are_found(path, tmp_path, taken.sha256)


def _holds_everything(path, stage, lesson, pupil):
    with zipfile.ZipFile(path) as archive:
        manifest = msgspec.json.decode(archive.read("manifest.json"), type=Manifest)
        tables = {one.name: _table(archive.read(one.name)) for one in manifest.files if one.name.startswith("data/")}
    assert (manifest.school, manifest.asked_by) == ("Szkoła A", PRINCIPAL.name)
    assert {one.rows for one in manifest.files if one.name == "data/pupil.xml"} == {50}
    marks = tables["data/attendance_mark.xml"]
    assert [(one["lesson_id"], one["pupil_id"], one["excused"]) for one in marks] == [
        (str(lesson.id), str(pupil), "true")
    ]
    history = tables["data/attendance_history.xml"]
    assert [(one["author"], one["from_code"], one["to_code"], one["reason"]) for one in history] == [
        (TEACHER.name, None, "—", ""),
        (HOMEROOM.name, "—", "u", "Zwolnienie <od> rodzica\ufffd"),
    ]
    assert "register.open" in {one["action"] for one in tables["data/audit_entry.xml"]}
    assert [one["name"] for one in tables["data/school.xml"]] == ["Szkoła A"]
    assert not {f"data/{name}.xml" for name in rules.LEFT_OUT} & tables.keys()
    seen = {one["school_id"] for rows in tables.values() for one in rows if "school_id" in one}
    assert seen == {str(stage.school_id)}


def _fits_its_schema(path):
    """Each table of the archive against the schema that travels in it; and that the schema refuses what is no table."""
    with zipfile.ZipFile(path) as archive:
        assert archive.read(writing.SCHEMA) == writing.XSD.read_bytes()
        schema = etree.XMLSchema(etree.fromstring(archive.read(writing.SCHEMA)))
        tables = {name: archive.read(name) for name in archive.namelist() if name.endswith(".xml")}
    assert len(tables) > 30
    for name, content in tables.items():
        assert schema.validate(etree.fromstring(content)), (name, schema.error_log.last_error)
    content = tables["data/attendance_history.xml"]
    for old, new in (
        (b"<v>", b"<w>"),
        (b' type="', b' kind="'),
        (b"<row>", b"<row><column/>"),
        (FORMAT.encode(), b"urn:x"),
    ):
        broken = content.replace(old, new).replace(b"</v>", b"</w>" if new == b"<w>" else b"</v>")
        assert broken != content
        assert not schema.validate(etree.fromstring(broken)), new


def _table(content):
    root = ET.fromstring(content)
    assert root.tag == f"{SPACE}table"
    names = [one.get("name") for one in root.iter(f"{SPACE}column")]
    rows = []
    for row in root.iter(f"{SPACE}row"):
        values = [None if one.tag == f"{SPACE}n" else one.text or "" for one in row]
        rows.append(dict(zip(names, values, strict=True)))
    return rows


def _changes_are_found(path, folder, sha256):
    def rewritten(name, change):
        target = folder / name
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
            members = {one.filename: old.read(one) for one in old.infolist()}
            change(members)
            for member, content in members.items():
                new.writestr(member, content)
        return target

    changed = rewritten(
        "changed.zip", lambda all_: all_.update({"data/pupil.xml": all_["data/pupil.xml"].replace(b"a", b"b", 1)})
    )
    assert faults(changed) == ["data/pupil.xml: changed"]
    assert faults(changed, sha256)[0].startswith("the file is not the saved one")
    assert faults(rewritten("missing.zip", lambda all_: all_.pop("data/lesson.xml"))) == ["data/lesson.xml: missing"]
    assert faults(rewritten("added.zip", lambda all_: all_.update({"data/x.xml": b"?"}))) == ["data/x.xml: added"]
    assert faults(rewritten("bare.zip", lambda all_: all_.pop("manifest.json"))) == ["manifest.json: missing"]
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    (folder / "byte.zip").write_bytes(content)
    assert faults(folder / "byte.zip")
    (folder / "cut.zip").write_bytes(path.read_bytes()[:-200])
    assert faults(folder / "cut.zip")[0].startswith("the archive is damaged")
    command = CliRunner()
    good = command.invoke(run.cli, ["school-archive", "check", str(path), "--sha256", sha256])
    assert (good.exit_code, good.output.strip()) == (0, "Everything is as it was saved.")
    bad = command.invoke(run.cli, ["school-archive", "check", str(changed)])
    assert (bad.exit_code, bad.output.strip()) == (1, "data/pupil.xml: changed")
    assert command.invoke(run.cli, ["school-archive", "check", str(folder / "none.zip")]).exit_code == 2


async def test_an_archive_of_another_school_stays_there(stage):
    async with school_transaction(stage.database, stage.b.school_id) as tx:
        other = await store.add_archive(tx, stage.b.year_id, "Ktoś")
    with pytest.raises(NotFound):
        await actions.taken_archive(stage.database, PRINCIPAL, stage.school_id, other)
    async with stage.inside() as tx:
        assert await store.archives(tx) == []


def test_a_year_is_saved_within_ten_days_and_months_are_whole():
    assert rules.save_until(date(2027, 8, 31)) == date(2027, 9, 10)
    assert rules.month_of("2028-02", date(2026, 1, 1)) == (date(2028, 2, 1), date(2028, 2, 29))
    assert rules.month_of("", date(2026, 12, 31)) == (date(2026, 12, 1), date(2026, 12, 31))
    assert sheets.months(date(2026, 9, 1), date(2026, 11, 30)) == [
        date(2026, 11, 1),
        date(2026, 10, 1),
        date(2026, 9, 1),
    ]
    assert writing._text("a\x0b<b>&\r\n") == "a\ufffd&lt;b&gt;&amp;&#13;\n"
