"""OneRoster: who teaches what, homeroom teachers, administrators; faults told by line; a second import changes nothing."""

from datetime import date, timedelta

import pytest

from schools.secretariat import importing
from schools.secretariat.imports.model import KnownStaff, KnownTeaching
from schools.secretariat.imports.roster import read_roster
from schools.secretariat.imports.whole_roster import plan_roster
from schools.structure.access import access_class
from tests.schools.secretariat.files import roster, taught
from tests.schools.stage import PRINCIPAL, SECRETARY, STRANGER

DAY = date(2026, 11, 30)
SROKA = KnownStaff(id=5, first_name="Zofia", last_name="Sroka", short="ZS", email="", roles=["teacher"])
USERS = (
    "sourcedId,status,givenName,familyName,role,email,metadata.role\n"
    "u1,active,Łucja,Żółć,student,,\nu2,active,Jan,Kos,student,,\nu3,active,Ewa,Lis,student,,\n"
    "t1,active,Zofia,Sroka,teacher,,\nt2,active,Adam,Kruk,teacher,,\nt3,active,Iga,Wilk,aide,,\n"
    "a1,active,Hanna,Wilga,administrator,,\n"
)
CLASSES_CSV = (
    "sourcedId,status,title,classType,courseSourcedId,classCode,subjects\n"
    "k4,active,4a,homeroom,,,\nk5,active,5a,homeroom,,,\n"
    "m,active,Matematyka 4 A,scheduled,,,\n"
    "e,active,Angielski,scheduled,c9,4a/gr.1,\n"
    "h,active,Historia i społeczeństwo – 5a,scheduled,,,\n"
    "n,active,Zajęcia,scheduled,,,his\n"
    "s,active,Chór szkolny,scheduled,c9,,\n"
)
COURSES = "sourcedId,status,title\nc1,active,Klasa\nc9,active,Język angielski\n"
HEAD = "sourcedId,status,classSourcedId,userSourcedId,role,primary,beginDate,endDate\n"
PUPILS = "p1,active,k4,u1,student,,,\np2,active,k4,u2,student,,,\np3,active,k5,u3,student,,,\n"


def plan(lines, *, staff=(SROKA,), users=USERS, classes=CLASSES_CSV, **school):
    content = roster(
        users=users, classes=classes, courses=COURSES, enrollments=HEAD + PUPILS + lines, demographics=None
    )
    return plan_roster(read_roster(content, DAY), [], [], list(staff), taught(**school))


def told(found):
    assert found.faults == []
    return [
        (one.line, one.about, one.name, one.place, one.sort)
        for one in found.steps
        if one.about in {"teaching", "homeroom"}
    ]


def test_teachers_get_subjects_of_classes_and_groups_named_by_title_code_course_or_pupils():
    lines = (
        "e1,active,m,t1,teacher,true,,\n"  # class and subject in the title
        "e2,active,e,t2,teacher,,,\n"  # class and group in the code, subject of the course
        "e3,active,h,t1,teacher,,,\n"  # the longer subject's name
        "e4,active,n,t2,teacher,,,\ne5,active,n,u3,student,,,\n"  # the class by its pupils, the subject by its short name
        "e6,active,s,t1,teacher,,,\n"  # a group of several classes
    )
    found = plan(lines)
    assert told(found) == [
        (5, "teaching", "Sroka Zofia", "4a, Matematyka", "new"),
        (6, "teaching", "Kruk Adam", "4a gr. 1, Język angielski", "new"),
        (7, "teaching", "Sroka Zofia", "5a, Historia i społeczeństwo", "new"),
        (8, "teaching", "Kruk Adam", "5a, Historia", "new"),
        (10, "teaching", "Sroka Zofia", "Chór, Język angielski", "new"),
    ]
    values = [one.values for one in found.steps if one.about == "teaching"]
    assert [(one["staff_id"], one["subject_id"], one["place"], one["kind"], one["until"]) for one in values] == [
        (5, 71, "c41", "teacher", "2027-09-01"),
        (-6, 72, "g1", "teacher", "2027-09-01"),
        (5, 74, "c51", "teacher", "2027-09-01"),
        (-6, 73, "c51", "teacher", "2027-09-01"),
        (5, 72, "g7", "teacher", "2027-09-01"),
    ]


def test_a_second_teacher_stands_beside_a_primary_one_and_an_aide_supports():
    lines = "e1,active,m,t1,teacher,true,,\ne2,active,m,t2,teacher,false,,\ne3,active,m,t3,teacher,,,2027-02-01\n"
    found = plan(lines)
    assert [(one.values["kind"], one.values["until"]) for one in found.steps if one.about == "teaching"] == [
        ("teacher", "2027-09-01"),
        ("second", "2027-09-01"),
        ("support", "2027-02-01"),
    ]


def test_enrolments_that_have_ended_or_not_begun_or_repeat_in_another_term_bring_nothing():
    lines = (
        "e1,active,m,t1,teacher,,,2026-11-30\ne2,active,m,t2,teacher,,2026-12-01,\n"
        "e3,tobedeleted,m,t2,teacher,,,\ne4,active,m,a1,proctor,,,\n"
    )
    assert told(plan(lines)) == []
    assert len(told(plan("e1,active,m,t1,teacher,,,\ne2,active,m,t1,teacher,,,2027-02-01\n"))) == 1


def test_what_is_taught_already_stays_and_another_end_or_kind_is_a_change():
    held = KnownTeaching(id=3, staff_id=5, subject_id=71, place="c41", kind="teacher", until=None)
    assert told(plan("e1,active,m,t1,teacher,,,\n", teachings=[held])) == [
        (5, "teaching", "Sroka Zofia", "4a, Matematyka", "same")
    ]
    found = plan("e1,active,m,t1,teacher,,,2027-02-01\n", teachings=[held])
    (step,) = [one for one in found.steps if one.about == "teaching"]
    assert (step.sort, step.second_id, step.values["until"]) == ("changed", 3, "2027-02-01")
    assert [(one.was, one.now) for one in step.differences] == [("", "2027-01-31")]
    found = plan("e1,active,m,t1,teacher,true,,\ne2,active,m,t2,teacher,true,,\n", teachings=[held])
    assert [one.sort for one in found.steps if one.about == "teaching"] == ["same", "new"]


def test_the_primary_teacher_of_a_homeroom_class_is_its_homeroom_teacher():
    found = plan("e1,active,k4,t1,teacher,true,,\ne2,active,k4,t3,teacher,false,,\ne3,active,k5,t2,teacher,,,\n")
    assert told(found) == [
        (5, "homeroom", "Sroka Zofia", "4a", "same"),
        (7, "homeroom", "Kruk Adam", "5a", "changed"),
    ]
    found = plan("e1,active,k4,t1,teacher,true,,\ne2,active,k4,t2,teacher,true,,\n")
    assert [(one.line, one.text) for one in found.faults] == [
        (6, "The class has a homeroom teacher by another line already")
    ]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("e1,active,zz,t1,teacher,,,", "in no file"),
        ("e1,active,m,t9,teacher,,,", "in no file"),
        ("e1,active,m,u1,teacher,,,", "is no teacher"),
        ("e1,active,m,t1,Teacher,,,", "no role of an enrolment"),
        ("e1,active,m,t1,teacher,,1 września,", "not a date"),
        ("e1,active,n,t1,teacher,,,", "which class or group"),
        ("e1,active,s2,t1,teacher,,,", "No subject"),
        ("e1,active,e4,t1,teacher,,,\ne2,active,e4,u1,student,,,", "is a part of class"),
        ("e1,active,m,t1,teacher,,,\ne2,active,m,u3,student,,,", "which class or group"),
    ],
)
def test_each_bad_line_is_told(line, text):
    classes = CLASSES_CSV + "s2,active,4a Szachy,scheduled,,,\ne4,active,4a Historia,scheduled,,,\n"
    found = plan(line + "\n", classes=classes)
    assert [(one.line, text in one.text) for one in found.faults] == [(5, True)]


def test_a_group_is_not_taken_for_one_whose_number_begins_with_its_own():
    classes = CLASSES_CSV + "g,active,4a gr. 12 Historia,scheduled,,,\n"
    found = plan("e1,active,g,t1,teacher,,,\n", classes=classes)
    assert told(found)[0][3] == "4a gr. 12, Historia"


def test_administrators_come_to_the_office_and_a_principal_by_the_principal_alone():
    found = plan("e1,active,m,a1,teacher,,,\n")
    (step,) = [one for one in found.steps if one.about == "staff" and one.name == "Wilga Hanna"]
    assert (step.sort, step.values["roles"]) == ("new", "secretary, teacher")
    head = USERS.replace(
        "a1,active,Hanna,Wilga,administrator,,", "a1,active,Hanna,Wilga,administrator,,Dyrektor szkoły"
    )
    assert [(one.line, one.text) for one in plan("", users=head).faults] == [
        (8, "Only the principal gives or takes this role")
    ]
    found = plan("", users=head, is_principal=True)
    assert found.faults == []
    assert [one.values["roles"] for one in found.steps if one.name == "Wilga Hanna"] == ["principal"]
    known = KnownStaff(id=8, first_name="Hanna", last_name="Wilga", short="", email="", roles=["principal"])
    found = plan("", staff=(SROKA, known))
    assert [one.sort for one in found.steps if one.name == "Wilga Hanna"] == ["same"]
    known = KnownStaff(id=8, first_name="Hanna", last_name="Wilga", short="", email="", roles=["teacher"])
    found = plan("", staff=(SROKA, known))
    assert [one.values["roles"] for one in found.steps if one.name == "Wilga Hanna"] == ["secretary, teacher"]
    assert [one.text for one in plan("", staff=(SROKA, known), own=8).faults] == ["Nobody changes their own roles"]


def test_a_role_of_nobody_is_told_and_nobody_gives_a_class_to_themselves():
    found = plan("", users=USERS.replace("Iga,Wilk,aide", "Iga,Wilk,janitor"))
    assert [(one.line, one.column) for one in found.faults] == [(7, "users.csv, role")]
    line = "e1,active,m,t1,teacher,,,\n"
    assert [one.text for one in plan(line, own=5).faults] == ["Somebody else has to enter what you teach"]
    assert plan(line, own=5, is_principal=True).faults == []


async def sent(stage, content, actor=SECRETARY):
    import_id = await importing.take_in(
        stage.database, actor, stage.school_id, "oneroster", "spis.zip", content, stage.today
    )
    _member, _found, found = await importing.show_import(stage.database, actor, stage.school_id, import_id)
    return import_id, found


async def test_a_roster_opens_classes_to_its_teachers_and_a_second_one_changes_nothing(stage):
    lines = "e1,active,m,t1,teacher,true,,\ne2,active,k5,t2,teacher,true,,\ne3,active,e,t2,teacher,,,\n"
    content = roster(
        users=USERS, classes=CLASSES_CSV, courses=COURSES, enrollments=HEAD + PUPILS + lines, demographics=None
    )
    import_id, found = await sent(stage, content)
    assert found.faults == []
    await importing.carry_out(stage.database, SECRETARY, stage.school_id, import_id, importing.digest(found))
    async with stage.inside() as tx:
        rows = await tx.records(
            "SELECT s.last_name, j.name, t.class_id, g.name AS part, t.kind, lower(t.during) AS since,"
            " upper(t.during) AS until FROM teaching t JOIN staff s ON s.id = t.staff_id"
            " JOIN subject j ON j.id = t.subject_id LEFT JOIN school_group g ON g.id = t.group_id"
            " WHERE s.last_name IN ('Sroka', 'Kruk') ORDER BY s.last_name"
        )
        year_ends = await tx.value("SELECT max(ends_on) FROM school_year")
        homeroom = await tx.value(
            "SELECT s.last_name FROM school_class c JOIN staff s ON s.id = c.homeroom_id WHERE c.name = '5a'"
        )
        await tx.execute("UPDATE staff SET account_id = $1 WHERE last_name = 'Sroka'", STRANGER.account_id)
        assert await tx.value("SELECT roles FROM staff WHERE last_name = 'Wilga'") == ["secretary"]
    until = year_ends + timedelta(days=1)
    assert [tuple(row) for row in rows] == [
        ("Kruk", "Język angielski", None, "gr. 1", "teacher", stage.today, until),
        ("Sroka", "Matematyka", stage.a.classes["4a"].id, None, "teacher", stage.today, until),
    ]
    assert homeroom == "Kruk"
    async with stage.inside() as tx:
        assert (await access_class(tx, STRANGER, stage.school_id, stage.a.classes["4a"].id)).teaches
    _import_id, found = await sent(stage, content)
    assert (found.faults, found.changes) == ([], 0)
    changed = roster(
        users=USERS, classes=CLASSES_CSV, courses=COURSES, demographics=None,
        enrollments=HEAD + PUPILS + lines.replace("m,t1,teacher,true,,", f"m,t1,teacher,true,,{until - timedelta(days=30)}"),
    )  # fmt: skip
    import_id, found = await sent(stage, changed, PRINCIPAL)
    assert found.changes == 1
    await importing.carry_out(stage.database, PRINCIPAL, stage.school_id, import_id, importing.digest(found))
    async with stage.inside() as tx:
        assert [
            row["until"]
            for row in await tx.records(
                "SELECT upper(t.during) AS until FROM teaching t JOIN staff s ON s.id = t.staff_id"
                " WHERE s.last_name = 'Sroka' AND NOT isempty(t.during)"
            )
        ] == [until - timedelta(days=30)]
    told = await stage.audited()
    assert (told.count("secretariat.teaching_add"), told.count("secretariat.homeroom")) == (3, 1)
