"""Each fault of a file on its own: where it is said to be, and that nothing else is blamed."""

import io
import unicodedata
from datetime import date

import pytest
import xlsxwriter

from app.tables import Refused, read_csv
from app.workbook.reading import table_of
from schools.secretariat.imports.columns import COLUMNS, MOST_ROWS, rows_of
from schools.secretariat.imports.model import KnownGuardian, KnownStaff
from schools.secretariat.imports.others import plan_guardians, plan_staff
from schools.secretariat.imports.pupils import plan_pupils
from schools.secretariat.imports.roster import read_roster
from schools.secretariat.imports.whole_roster import plan_roster
from tests.schools.secretariat.files import HANNA, OLA, known, pesel, planned, roster, taught

HEAD = "Nazwisko;Imię;Klasa;PESEL;Data urodzenia;Numer w dzienniku\n"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Nazwisko;Imię;Klasa;Kolor oczu", "is not known"),
        ("Nazwisko;Imię", "is missing"),
        ("Nazwisko;Imię;Klasa;Nazwisko", "stands twice"),
    ],
)
def test_a_wrong_header_is_refused_and_what_is_known_is_named(header, words):
    with pytest.raises(Refused) as refused:
        rows_of(read_csv(f"{header}\nKos;Jan;4a;x\n".encode(), MOST_ROWS), "pupils")
    fault = refused.value.fault
    assert words in fault.text
    if "known" in words:
        assert fault.values["heading"] == "Kolor oczu"
        assert all(column.headings[0] in fault.values["names"] for column in COLUMNS["pupils"])


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ("Kos;Jan;4a;44051401358;;", "PESEL", "PESEL"),  # a digit is wrong
        ("Kos;Jan;4a;55558888888;;", "PESEL", "PESEL"),  # passes the checksum, and is impossible
        (f"Kos;Jan;4a;{HANNA};2014-05-13;", "Data urodzenia", "another birth date"),
        ("Kos;Jan;4a;;31.02.2014;", "Data urodzenia", "not a date"),
        ("Kos;Jan;9z;;;", "Klasa", "no class"),
        ("Kos;;4a;;;", "Imię", "Nothing stands"),
        ("=1+1;Jan;4a;;;", "Nazwisko", "formula"),
        ("@SUM(A1);Jan;4a;;;", "Nazwisko", "formula"),
        ("Kos;-Jan;4a;;;", "Imię", "formula"),
        ("Kos2;Jan;4a;;;", "Nazwisko", "no digits"),
        ("Kos;Jan;4a;;;123", "Numer w dzienniku", "from 1 to 99"),
        ("Kos;Jan;4a;;;1;za dużo", "", "more cells"),
        ("Lis;Ewa;4a;;2014-05-12;", "", "already"),  # as in line 2
        ("Osa;Ewa;4a;;;7", "Numer w dzienniku", "gives this number"),
    ],
)
def test_a_fault_is_told_with_its_line_and_column(line, column, words):
    text = f"{HEAD}Lis;Ewa;4a;;2014-05-12;7\n\n{line}\nWrona;Ada;5a;;;\n"
    plan = planned(text)
    assert [(one.line, one.column) for one in plan.faults] == [(4, column)], plan.faults
    assert words in plan.faults[0].text
    assert {one.name for one in plan.steps} >= {"Lis Ewa", "Wrona Ada"}  # the others are still judged


def test_the_same_pesel_twice_and_all_faults_at_once():
    plan = planned(f"{HEAD}Kos;Jan;4a;{HANNA};;\nKos;Janek;4a;{HANNA};;\nLis;;4a;;;\nOsa;Ewa;7x;;;\n")
    assert [one.line for one in plan.faults] == [3, 4, 5]
    assert plan.faults[0].values == {"line": "2"}


def test_two_pupils_of_one_name_are_told_apart_or_asked_about():
    twins = (known(1, "Jan", "Kos", pesel=HANNA), known(2, "Jan", "Kos", pesel=OLA))
    plan = planned(f"{HEAD}Kos;Jan;5a;{OLA};;\n", twins)
    assert [(one.target_id, one.sort) for one in plan.steps] == [(2, "changed")]
    plan = planned("Nazwisko;Imię;Klasa\nKos;Jan;4a\n", twins)
    assert plan.faults[0].values == {"count": "2"}
    third = pesel("142512", 9999)
    plan = planned(f"{HEAD}Kos;Jan;4a;{third};;\n", twins)
    assert [one.sort for one in plan.steps] == ["new"]
    apart = (known(1, "Jan", "Kos"), known(2, "Jan", "Kos", born_on=date(2015, 1, 1)))
    assert planned(f"{HEAD}Kos;Jan;4a;;2015-01-01;\n", apart).steps[0].target_id == 2


def test_names_typed_in_two_ways_of_unicode_are_one():
    text = unicodedata.normalize("NFD", "Nazwisko;Imię;Klasa\nŻółć;Józef;4a\n")
    assert text != unicodedata.normalize("NFC", text)
    plan = planned(text, (known(1, "Józef", "Żółć"),))
    assert [(one.target_id, one.sort) for one in plan.steps] == [(1, "same")]


def test_old_and_new_are_shown_and_a_pesel_only_by_its_end():
    plan = planned(f"{HEAD}Kos;Jan;5a;{HANNA};;3\n", (known(1, "Jan", "Kos", number=2),))
    shown = {one.field: (one.was, one.now) for one in plan.steps[0].differences}
    assert shown == {
        "PESEL number": ("", f"•••••••••{HANNA[-2:]}"),
        "Class": ("4a", "5a"),
        "Number in the register": ("2", "3"),
    }


# ---- guardians and staff ----

G_HEAD = "Nazwisko;Imię;E-mail;Telefon;Rodzaj;PESEL ucznia;Nazwisko ucznia;Imię ucznia;Klasa ucznia;Prawo od;Prawo do\n"


def guardians(lines, held=(), pupils=None):
    rows, faults = rows_of(read_csv((G_HEAD + lines).encode(), MOST_ROWS), "guardians")
    return plan_guardians(rows, faults, list(held), pupils or [known(1, "Jan", "Kos", pesel=HANNA)])


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        (f"Kos;Ewa;ewa;;;{HANNA};;;;;", "E-mail", "not an e-mail"),
        (f"Kos;Ewa;;;wujek;{HANNA};;;;;", "Rodzaj", "not known here"),
        (f"Kos;Ewa;;;;{OLA};;;;;", "PESEL ucznia", "no such pupil"),
        ("Kos;Ewa;;;;;;;;;", "Nazwisko ucznia", "Name the pupil"),
        ("Kos;Ewa;;;;;Kos;Jan;5a;;", "Nazwisko ucznia", "no such pupil"),
        (f"Kos;Ewa;;;;{HANNA};;;;2026-09-01;2026-08-01", "Prawo do", "before it begins"),
    ],
)
def test_faults_of_guardians(line, column, words):
    plan = guardians(line + "\n")
    assert [(one.line, one.column) for one in plan.faults] == [(2, column)]
    assert words in plan.faults[0].text


def test_a_guardian_of_two_children_is_one_and_two_with_one_address_are_refused():
    pupils = [known(1, "Jan", "Kos", pesel=HANNA), known(2, "Ola", "Kos", pesel=OLA)]
    both = f"Kos;Ewa;ewa@x.example;;matka;{HANNA};;;;;\nKos;Ewa;ewa@x.example;;matka;{OLA};;;;;\n"
    plan = guardians(both, pupils=pupils)
    assert not plan.faults
    assert [one.values["pupil_id"] for one in plan.steps] == [1, 2]
    plan = guardians(f"Kos;Ewa;e@x.example;;;{HANNA};;;;;\nKos;Adam;e@x.example;;;{HANNA};;;;;\n")
    assert [(one.line, one.column) for one in plan.faults] == [(3, "E-mail")]


def test_a_right_that_is_there_changes_nothing_until_its_end_is_written():
    held = KnownGuardian(
        id=5, first_name="Ewa", last_name="Kos", email="ewa@x.example", phone="", pupil_id=1, right_id=9, kind="parent",
        since=None, until=None,
    )  # fmt: skip
    assert guardians(f"Kos;Ewa;ewa@x.example;;matka;{HANNA};;;;;\n", [held]).changes == 0
    plan = guardians(f"Kos;Ewa;ewa@x.example;;;{HANNA};;;;;2026-12-31\n", [held])
    assert [(one.second_id, one.differences[0].now) for one in plan.steps] == [(9, "2026-12-31")]


def staff(lines, *, principal=False):
    known_staff = [KnownStaff(id=1, first_name="Ewa", last_name="Żak", short="EŻ", email="", roles=["principal"])]
    rows, faults = rows_of(read_csv(("Nazwisko;Imię;Role\n" + lines).encode(), MOST_ROWS), "staff")
    return plan_staff(rows, faults, known_staff, principal=principal)


def test_staff_and_roles_that_only_the_principal_gives():
    assert staff("Żak;Ewa;\nKos;Jan;nauczyciel\n").count("new") == 1
    assert [one.column for one in staff("Kos;Jan;dyrektor\n").faults] == ["Role"]
    assert [one.column for one in staff("Żak;Ewa;nauczyciel\n").faults] == ["Role"]
    assert not staff('Kos;Jan;"nauczyciel, pedagog"\n', principal=True).faults
    assert "not known here" in staff("Kos;Jan;kapitan\n").faults[0].text
    assert staff("Kos;Jan;\nKos;Jan;\n").faults[0].values == {"line": "2"}


# ---- OneRoster ----


def test_a_roster_is_read_as_of_a_day_and_the_end_of_an_enrolment_is_outside():
    def classes(day):
        found = read_roster(roster(), day)
        assert found.faults == []
        return {row.cells["first_name"]: (row.cells["class"], row.cells.get("pesel")) for row in found.pupils}

    assert classes(date(2026, 11, 29)) == {"Łucja": ("4a", HANNA), "Jan": ("4a", None)}
    assert classes(date(2026, 11, 30)) == {"Łucja": ("5a", HANNA), "Jan": ("4a", None)}
    assert classes(date(2026, 8, 1)) == {}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"users": None}, "has no file"),
        ({"courses": ""}, "empty"),
        ({"enrollments": "sourcedId,status\n"}, "is missing"),
        ({"users": "x" * 60_000_000}, "grow too large"),
    ],
)
def test_a_roster_with_a_fault_is_refused(changed, words):
    with pytest.raises(Refused) as refused:
        read_roster(roster(**changed), date(2026, 11, 30))
    assert words in refused.value.fault.text


def test_a_roster_names_enrolments_of_nobody_and_two_classes_at_once():
    head = "sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate\n"
    lines = "e1,active,k4,u9,student,,\ne2,active,k4,u1,student,,\ne3,active,k5,u1,student,,\n"
    found = read_roster(roster(enrollments=head + lines), date(2026, 11, 30))
    assert [one.line for one in found.faults] == [2, 4]
    with pytest.raises(Refused):
        read_roster(roster()[:-30], date(2026, 11, 30))


USERS = "sourcedId,status,givenName,familyName,role,email,identifier,phone,sms,agentSourcedIds\n"


def family(**changed: str) -> bytes:
    """Two pupils, the mother of both (named by them), a grandfather (who names one), a teacher, the head."""
    lines = {
        "u1": f'u1,active,Łucja,Żółć,student,,{HANNA},,,"g1"',
        "u2": 'u2,active,Jan,Kos,student,,,,,"g1"',
        "g1": "g1,active,Ewa,Kos,parent,,,600100200,,",
        "g2": 'g2,active,Adam,Kos,relative,adam@x.example,,,600100300,"u2,u9"',
        "t1": "t1,active,Zofia,Sroka,teacher,sroka@x.example,,,,",
        "a1": "a1,active,Hanna,Wilga,administrator,,,,,",
        **changed,
    }
    return roster(users=USERS + "\n".join(lines.values()) + "\n")


def whole(content: bytes, *, pupils=(), guardians=(), staff=(), principal=False):
    found = read_roster(content, date(2026, 11, 30))
    school = taught(is_principal=principal)
    return plan_roster(found, list(pupils), list(guardians), list(staff), school)


def test_a_roster_brings_guardians_of_both_links_teachers_and_administrators():
    plan = whole(family())
    assert plan.faults == []
    assert [(one.about, one.name, one.place, one.sort) for one in plan.steps] == [
        ("pupil", "Żółć Łucja", "5a", "new"),
        ("pupil", "Kos Jan", "4a", "new"),
        ("guardian", "Kos Ewa", "Żółć Łucja, 5a", "new"),
        ("guardian", "Kos Ewa", "Kos Jan, 4a", "new"),
        ("guardian", "Kos Adam", "Kos Jan, 4a", "new"),
        ("staff", "Sroka Zofia", "teacher", "new"),
        ("staff", "Wilga Hanna", "secretary", "new"),
    ]
    rights = [(one.values["pupil_id"], one.values["kind"], one.values.get("phone")) for one in plan.steps[2:5]]
    assert rights == [(-2, "parent", "600100200"), (-3, "parent", "600100200"), (-3, "other", "600100300")]


def test_a_roster_finds_the_pupils_that_are_here_and_gives_their_guardians_to_them():
    plan = whole(family(), pupils=[known(7, "Jan", "Kos", born_on=date(2014, 1, 2))])
    assert [one.values["pupil_id"] for one in plan.steps if one.about == "guardian"] == [-2, 7, 7]


def test_a_fault_of_a_pupil_in_a_roster_is_told_once():
    plan = whole(family(u1=f'u1,active,Łucja,,student,,{HANNA},,,"g1"'))
    assert [(one.line, one.column) for one in plan.faults] == [(2, "users.csv, last_name")]
    plan = whole(family(u2='u2,active,Jan,Kos,student,,,,,"g7"'))
    assert [(one.line, one.column) for one in plan.faults] == [(3, "users.csv, agentSourcedIds")]
    plan = whole(family(g1="g1,active,Ewa,Kos,parent,ewa,,,,"))
    assert [(one.line, one.column) for one in plan.faults] == [(4, "users.csv, email")]


# ---- workbooks ----


def sheet(*rows: tuple[object, ...], first: int = 0) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        page = book.add_worksheet()
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        for at, cells in enumerate(rows, start=first):
            for column, cell in enumerate(cells):
                page.write(at, column, cell, day) if isinstance(cell, date) else page.write(at, column, cell)
    return made.getvalue()


async def test_a_class_list_in_a_workbook_keeps_lines_days_and_the_zeros_of_a_pesel():
    whole_pesel = pesel("022510", 1234)
    assert whole_pesel.startswith("0")
    content = sheet(
        ("Nazwisko", "Imię", "Klasa", "PESEL", "Data urodzenia", "Numer w dzienniku"),
        ("Żółć", "Łucja", "4a", int(whole_pesel), date(2002, 5, 10), 7),
        (),
        ("Kos", "Jan", "9z", "", "", ""),
        first=2,
    )
    table = await table_of(content, MOST_ROWS)
    assert table.encoding == "XLSX"
    rows, faults = rows_of(table, "pupils")
    assert faults == []
    assert (rows[0].line, rows[0].cells["pesel"], rows[0].cells["born_on"]) == (4, whole_pesel, "2002-05-10")
    assert rows[0].cells["number"] == "7"
    plan = plan_pupils(rows, faults, [], {"4a": 41})
    assert [(one.line, one.column) for one in plan.faults] == [(6, "Klasa")]
    assert [one.values["pesel"] for one in plan.steps] == [whole_pesel]


async def test_a_workbook_is_no_larger_than_a_list():
    with pytest.raises(Refused) as refused:
        await table_of(sheet(*[("Nazwisko", "Imię", "Klasa")] * (MOST_ROWS + 3)), MOST_ROWS)
    assert refused.value.fault.line == MOST_ROWS + 2
