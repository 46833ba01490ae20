"""Timetables of other programs: formats, encodings, every fault with its line, names that are settled and remembered."""

import io
import zipfile

import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.timetable.drafts import store as drafts
from schools.timetable.imports import actions, asc, matching, optivum, store
from schools.timetable.imports.model import Known, ReadLesson, ReadTimetable
from schools.timetable.imports.opening import read_upload
from tests.schools.stage import COUNSELLOR, OUTSIDERS, PARENT, PUPIL, SECRETARY, TEACHER
from tests.schools.timetable import files
from tests.schools.timetable.files import lesson, page


def short(read):
    return [
        (one.weekday, one.period, one.week, "+".join(one.classes), one.group, one.subject, one.teacher, one.room)
        for one in read.lessons
    ]


def line_of(content, needle):
    """Of the first one; 0 without a needle, None where it is not there."""
    if not needle:
        return 0
    lines = content.decode("utf-8", "replace").split("\n")
    return next((number for number, line in enumerate(lines, start=1) if needle in line), None)


# ---- Optivum ----


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-2", "windows-1250"])
def test_polish_letters_in_each_declared_encoding(charset):
    content = page("4a", {1: [lesson("język polski", "Żó"), None, lesson("ćwiczenia śr."), None, None]}, charset)
    source, read = read_upload("o1.html", content)
    assert (source, read.faults) == ("optivum", [])
    assert short(read) == [
        (1, 1, "", "4a", "", "język polski", "Żó", "104"),
        (3, 1, "", "4a", "", "ćwiczenia śr.", "KL", "104"),
    ]


def test_groups_side_by_side_and_their_ways_of_being_written():
    cells = [
        f"{lesson('j.angielski-1/2', 'AB', '12')}<br>{lesson('informatyka-2/2', 'CD', '13')}",
        f'<span style="font-size:85%">{lesson("wf-dz", "EF", "sg")}</span>',
        '<span class="p">wf</span>-2/2 <a href="n3.html" class="n">GH</a> <a href="s1.html" class="s">sg</a>',
        '<span class="p">matematyka</span> <a href="n1.html" class="n">KL</a> <a href="n2.html" class="n">XY</a>',
        None,
    ]
    read = optivum.read_files({"plany/o1.html": page("4a", {0: cells})})
    assert read.faults == []
    assert short(read) == [
        (1, 0, "", "4a", "1/2", "j.angielski", "AB", "12"),
        (1, 0, "", "4a", "2/2", "informatyka", "CD", "13"),
        (2, 0, "", "4a", "dz", "wf", "EF", "sg"),
        (3, 0, "", "4a", "2/2", "wf", "GH", "sg"),
        (4, 0, "", "4a", "", "matematyka", "KL", ""),
    ]
    assert read.lessons[-1].second_teacher == "XY"


def test_full_names_come_from_the_teachers_pages_of_the_folder():
    content = files.folder(
        {
            "index.html": b"<html></html>",
            "plany/o1.html": page("4a", {1: [lesson("matematyka", "KL", number=7), None, None, None, None]}),
            "plany/o2.html": page("5a", {1: [None, lesson("matematyka", "KL", number=7), None, None, None]}),
            "plany/n7.html": files.teacher_page("K.Lewandowska (KL)"),
            "plany/s1.html": b"\xff\xfe not read",
        }
    )
    source, read = read_upload("plan.zip", content)
    assert (source, read.faults) == ("optivum", [])
    assert {(one.classes, one.teacher) for one in read.lessons} == {
        (("4a",), "K.Lewandowska (KL)"),
        (("5a",), "K.Lewandowska (KL)"),
    }


@pytest.mark.parametrize(
    ("content", "needle", "text"),
    [
        (page("4a", {"x": [lesson("mat"), None, None, None, None]}), 'class="nr">x', "This is no number of a lesson: %(got)s"),
        (page("4a", {1: ['<span class="p">mat</span>', None, None, None, None]}), ">mat<", "A lesson without a teacher: %(got)s"),
        (page("4a", {1: [lesson(""), None, None, None, None]}), '"p"><', "A lesson without a subject"),
        (page("4a", {1: ['<a class="n" href="n1.html">KL</a>', *[None] * 4]}), ">KL<", "A teacher or room without a subject: %(got)s"),
        (page("4a", {1: [*[None] * 7, lesson("mat")]}), ">mat<", "A week has seven days"),
        (page("", {1: [lesson("mat"), *[None] * 4]}), "DOCTYPE", "The page does not say whose timetable it is"),
        (page("4a", {}).replace(b'class="tabela"', b""), "DOCTYPE", "There is no table of lessons on this page"),
        (page("4a", {}), "", "There is no lesson in these pages"),
        (page("4a", {1: [lesson("mat"), *[None] * 4]}, meta=files.META.format(charset="koi8-r")), "DOCTYPE", "Unknown encoding: %(name)s"),
        (page("4a", {1: [lesson("język"), *[None] * 4]}, "windows-1250", meta=""), "<title>", "This is not written in %(name)s"),
    ],
)  # fmt: skip
def test_every_fault_of_a_page_has_its_line(content, needle, text):
    line = line_of(content, needle)
    read = optivum.read_files({"plany/o1.html": content})
    assert (read.faults[0].file.removeprefix("plany/"), read.faults[0].line, read.faults[0].text) == (
        "o1.html" if line else "", line, text,
    )  # fmt: skip


def test_all_faults_are_told_not_the_first_alone():
    bad = page("4a", {1: ['<span class="p">mat</span>', lesson("pol"), lesson(""), None, None]})
    read = optivum.read_files({"o1.html": bad, "o2.html": page("", {1: [lesson("mat"), *[None] * 4]})})
    assert [(one.file, one.line) for one in read.faults] == [
        ("o1.html", line_of(bad, ">mat<")),
        ("o1.html", line_of(bad, '"p"><')),
        ("o2.html", 1),
    ]


# ---- what is uploaded ----


def bomb():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plany/o1.html", b"0" * (40 * 1024 * 1024))
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "This file is empty"),
        (b"x" * (8 * 1024 * 1024 + 1), "This file is larger than a timetable is: 8 MB at most"),
        (b"%PDF-1.7", "This is neither Optivum's HTML (or a ZIP of its folder) nor aSc's XML"),
        (bomb(), "This archive would grow too large"),
        (files.folder({"../../etc/o1.html": page("4a", {})}), "This archive holds names that lead out of it"),
        (files.folder({"/plany/o1.html": page("4a", {})}), "This archive holds names that lead out of it"),
        (files.folder({"o1.html": files.folder({"o1.html": page("4a", {})})}), "This archive holds archives within archives"),
        (files.folder({"o1.html": page("4a", {})})[:-30], "This archive is damaged"),
    ],
)  # fmt: skip
def test_hostile_uploads_are_refused(content, text):
    with pytest.raises(Invalid) as refused:
        read_upload("plan.zip", content)
    assert refused.value.fields == {"file": text}


# ---- aSc ----


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1250", "iso-8859-2"])
def test_cards_with_masks_of_days_and_weeks(encoding):
    source, read = read_upload("plan.xml", files.asc(encoding))
    assert (source, read.faults) == ("asc", [])
    kl, ez = "Lewandowska Katarzyna", "Żółć Ewa"
    assert short(read) == [
        (1, 1, "", "4a", "", "Matematyka", kl, "104"),
        (3, 2, "", "4a", "", "Matematyka", kl, "104"),  # a card without a room: the lesson's
        (5, 2, "", "4a", "", "Matematyka", kl, "104"),
        (2, 3, "A", "4a", "Grupa 1", "Język angielski", ez, "104"),  # a double lesson
        (2, 4, "A", "4a", "Grupa 1", "Język angielski", ez, "104"),
        (4, 4, "B", "4a+5a", "chór", "Matematyka", ez, ""),
    ]
    assert {one.second_teacher for one in read.lessons if one.group == "Grupa 1"} == {kl}
    assert read.lessons[-1].group_name == "4a+5a chór"
    assert read.lessons[0].line == line_of(files.asc(), 'days="10000"')


def test_older_files_count_days_from_nought():
    read = asc.read_file("a.xml", files.asc(swap={'weeks="1" days="10000"': 'day="4"'}))
    assert short(read)[0][:3] == (5, 1, "")


CARD = '<card lessonid="L1" period="1" weeks="1" days="10000"/>\n'


@pytest.mark.parametrize(
    ("content", "needle", "text", "values"),
    [
        (files.asc(more=CARD.replace("L1", "L9")), '"L9"', "This card belongs to no lesson: %(id)s", {"id": "L9"}),
        (files.asc(more=CARD.replace("10000", "00000")), '"00000"', "This is no mask of weekdays: %(got)s", {"got": "00000"}),
        (files.asc(more=CARD.replace("10000", "1000000001")), '"1000000001"', "This is no mask of weekdays: %(got)s", {"got": "1000000001"}),
        (files.asc(more=CARD.replace('weeks="1"', 'weeks="0110"')), "0110", "This is no mask of weeks A and B: %(got)s", {"got": "0110"}),
        (files.asc(more=CARD.replace('period="1"', 'period="99"')), '"99"', "This is no number of a lesson: %(got)s", {"got": "99"}),
        (files.asc(swap={'teacherids="T1"': 'teacherids="T9"'}), 'lesson id="L1"', "Unknown %(kind)s: %(id)s", {"kind": "teacher", "id": "T9"}),
        (files.asc(swap={'subjectid="S2"': 'subjectid="S9"'}), 'lesson id="L2"', "Unknown %(kind)s: %(id)s", {"kind": "subject", "id": "S9"}),
        (files.asc(swap={'groupids="G2"': 'groupids="G9"'}), 'lesson id="L2"', "Unknown %(kind)s: %(id)s", {"kind": "group", "id": "G9"}),
        (files.asc(swap={'teacherids="T1"': 'teacherids=""'}), 'lesson id="L1"', "A lesson without this: %(what)s", {"what": "teacher"}),
        (files.asc(swap={'id="S2"': 'id="S1"'}), "angielski", "Two elements of one kind have the id %(id)s", {"id": "S1"}),
        (files.asc()[:-20], None, "This is not well-formed XML: %(why)s", None),
        (b'<?xml version="1.0"?><timetable></timetable>', "xml", "There is no lesson in this file", {}),
        (files.asc(swap={"<card ": "<kard "}), "xml", "No lesson of this file is placed in the week", {}),
    ],
)  # fmt: skip
def test_every_fault_of_an_xml_file_has_its_line(content, needle, text, values):
    line = line_of(content, needle) if needle else content.count(b"\n") + 1
    read = asc.read_file("a.xml", content)
    assert read.lessons == []  # nothing half-read
    assert (read.faults[0].line, read.faults[0].text) == (line, text)
    assert values is None or read.faults[0].values == values


LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE timetable [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>
<timetable><subjects><subject id="S1" name="&c;"/></subjects></timetable>"""
OUTSIDE = b"""<?xml version="1.0"?>
<!DOCTYPE timetable [<!ENTITY x SYSTEM "file:///etc/passwd">]><timetable>&x;</timetable>"""


@pytest.mark.parametrize(
    "content",
    [LAUGHS, OUTSIDE, b'<?xml version="1.0"?><!DOCTYPE timetable SYSTEM "http://example.org/a.dtd"><timetable/>'],
)
def test_entities_are_refused_before_they_are_read(content):
    _source, read = read_upload("a.xml", content)
    assert [one.text for one in read.faults] == [
        "This file declares a document type or entities: such files are not taken"
    ]


# ---- names ----

STAFF = [
    Known(id=1, name="Lewandowska Katarzyna", short="KL", first_name="Katarzyna", last_name="Lewandowska"),
    Known(id=2, name="Żółć Ewa", short="EŻó", first_name="Ewa", last_name="Żółć"),
    Known(id=3, name="Kos Jan", short="JK", first_name="Jan", last_name="Kos"),
    Known(id=4, name="Kos Janina", short="JKo", first_name="Janina", last_name="Kos"),
]


@pytest.mark.parametrize(
    ("kind", "name", "known", "expected"),
    [
        ("teacher", "K.Lewandowska (KL)", STAFF, 1),
        ("teacher", "Katarzyna Lewandowska", STAFF, 1),
        ("teacher", "Lewandowska Katarzyna", STAFF, 1),
        ("teacher", "KL", STAFF, 1),
        ("teacher", "E. Zolc", STAFF, 2),
        ("teacher", "J.Kos", STAFF, None),  # Jan or Janina
        ("teacher", "J.Kos (JKo)", STAFF, None),  # still both: the initials and the name
        ("teacher", "Kos Janina", STAFF, 4),
        ("teacher", "Nowy", STAFF, None),
        ("class", "IVa", [Known(id=5, name="4a"), Known(id=6, name="4b")], 5),
        ("class", "4 A", [Known(id=5, name="4a"), Known(id=6, name="4b")], 5),
        ("class", "4", [Known(id=5, name="4a")], None),
        ("subject", "j.angielski", [Known(id=7, name="Język angielski", short="ang")], 7),
        ("subject", "ANG", [Known(id=7, name="Język angielski", short="ang")], 7),
        ("subject", "j.niemiecki", [Known(id=7, name="Język angielski", short="ang")], None),
        ("room", "s. 104", [Known(id=8, name="104")], 8),
        ("group", "4a 1/2", [Known(id=9, name="4a gr. 1")], None),
    ],
)
def test_a_name_is_matched_where_it_can_be_one_thing_only(kind, name, known, expected):
    assert matching.guess(kind, name, known) == expected


def test_what_was_settled_holds_and_what_is_gone_is_asked_again():
    read = [ReadLesson(weekday=1, period=1, classes=("4a",), subject="X", teacher="KL", room="9")]
    known = {
        "teacher": STAFF,
        "class": [Known(id=5, name="4a")],
        "subject": [Known(id=7, name="Y")],
        "room": [],
        "group": [],
    }
    remembered = {("subject", "X"): 7, ("room", "9"): None, ("teacher", "KL"): 99}
    found = {one.kind: one for one in matching.settle(read, known, remembered)}
    assert (found["subject"].target_id, found["room"].is_left_out) == (7, True)
    assert found["teacher"].target_id == 1  # 99 works here no more
    assert not any(one.is_open for one in found.values())


# ---- with rows ----


async def taken_in(stage, content, name="plan.xml", actor=SECRETARY):
    source, read = read_upload(name, content)
    return await actions.keep(stage.database, actor, stage.school_id, source, name, read)


async def meanings(stage, import_id):
    async with stage.inside() as tx:
        found = await store.one_import(tx, import_id)
        return {(one.kind, one.name): one for one in await actions.settled(tx, found)}


async def test_an_import_is_settled_remembered_and_made_into_a_draft(stage):
    import_id = await taken_in(stage, files.asc())
    found = await meanings(stage, import_id)
    assert {key for key, one in found.items() if one.is_open} == {
        ("teacher", "Lewandowska Katarzyna"),
        ("teacher", "Żółć Ewa"),
        ("group", "4a Grupa 1"),
        ("group", "4a+5a chór"),
    }
    assert found["class", "4a"].target_id == stage.a.classes["4a"].id
    with pytest.raises(Conflict, match="nobody has settled"):
        await actions.make_draft(stage.database, SECRETARY, stage.school_id, import_id, "Plan", stage.today)
    answers = {
        ("teacher", "Lewandowska Katarzyna"): str(stage.a.teachers[0]),
        ("teacher", "Żółć Ewa"): str(stage.a.teachers[1]),
        ("group", "4a Grupa 1"): str(stage.a.classes["4a"].groups[0]),
        ("group", "4a+5a chór"): "new",
        ("room", "104"): "none",
        ("subject", "nie ma takiego"): "1",  # not of this file: passed over
    }
    for wrong in ("999999", str(stage.b.teachers[0]), "new"):
        with pytest.raises(Invalid):
            await actions.settle(
                stage.database, SECRETARY, stage.school_id, import_id, {("teacher", "Żółć Ewa"): wrong}
            )
    await actions.settle(stage.database, SECRETARY, stage.school_id, import_id, answers)
    version_id, left = await actions.make_draft(
        stage.database, SECRETARY, stage.school_id, import_id, "Plan z aSc", stage.today
    )
    async with stage.inside() as tx:
        entries = await drafts.entries(tx, version_id)
        version = await drafts.version(tx, version_id)
    assert (len(entries), left, version.published_at, version.name) == (6, 0, None, "Plan z aSc")
    assert {(one.weekday, one.period, one.week, one.target, one.room) for one in entries} >= {
        (1, 1, "", "4a", ""),
        (2, 3, "A", "4a gr. 1", ""),
        (4, 4, "B", "4a+5a chór", ""),
    }
    assert [one.second_staff_id for one in entries if one.group_id == stage.a.classes["4a"].groups[0]] == [
        stage.a.teachers[0]
    ] * 2
    with pytest.raises(Conflict, match="already"):
        await actions.make_draft(stage.database, SECRETARY, stage.school_id, import_id, "Plan", stage.today)
    again = await meanings(stage, await taken_in(stage, files.asc()))
    assert not any(one.is_open for one in again.values())
    assert (await stage.audited())[:3] == ["timetable.import", "timetable.settle", "timetable.import_draft"]


async def test_a_left_out_teacher_leaves_out_the_lessons(stage):
    import_id = await taken_in(stage, files.asc())
    answers = {
        ("teacher", "Lewandowska Katarzyna"): str(stage.a.teachers[0]),
        ("teacher", "Żółć Ewa"): "none",
        ("group", "4a Grupa 1"): "none",
        ("group", "4a+5a chór"): "none",
    }
    await actions.settle(stage.database, SECRETARY, stage.school_id, import_id, answers)
    version_id, left = await actions.make_draft(stage.database, SECRETARY, stage.school_id, import_id, "", stage.today)
    async with stage.inside() as tx:
        assert (len(await drafts.entries(tx, version_id)), left) == (3, 3)


async def test_nothing_is_half_imported(stage):
    source, read = read_upload("plan.xml", files.asc(more=CARD.replace("L1", "L9")))
    with pytest.raises(Invalid):
        await actions.keep(stage.database, SECRETARY, stage.school_id, source, "plan.xml", read)
    async with stage.inside() as tx:
        assert await store.imports(tx) == []
        assert await tx.value("SELECT count(*) FROM timetable_version") == 1


async def test_only_principal_and_secretary_import(stage):
    import_id = await taken_in(stage, files.asc())
    empty = ReadTimetable(lessons=[])
    for actor in (TEACHER, COUNSELLOR):
        with pytest.raises(Forbidden):
            await actions.keep(stage.database, actor, stage.school_id, "asc", "a.xml", empty)
        with pytest.raises(Forbidden):
            await actions.make_draft(stage.database, actor, stage.school_id, import_id, "", stage.today)
    for actor in (*OUTSIDERS, PARENT, PUPIL):
        with pytest.raises(NotFound):
            await actions.settle(stage.database, actor, stage.school_id, import_id, {})
