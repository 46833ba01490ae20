"""Files of devices: every encoding and delimiter, every fault at its line, nothing done before it was seen."""

import io
import time
from datetime import date

import pytest
import xlsxwriter

from app.actor import Actor, Grant
from app.errors import Conflict, Invalid, NotFound
from app.tables import plain
from portals.equipment import actions, importing
from portals.equipment.imports import KINDS, STATES
from portals.equipment.model import Wanted
from portals.equipment.rules import KINDS as ALL_KINDS
from portals.equipment.rules import STATES as ALL_STATES
from tests.portals.intranet.stage import AUDITOR, HEAD, KEEPER, OTHER, Organisation

HEADER = "Rodzaj;Producent;Model;Numer seryjny;Jednostka;Sala;Stan;Użytkownik;Kupiono;Gwarancja do;MAC;Kanał;Uwagi\r\n"
LINE = "laptop;Lenovo;ThinkPad L14;pf-1;SP 4;sala żółwi;w użyciu;Łucja Źdźbło;2024-03-25;25.03.2027;;;\r\n"


async def shown(database, text, actor=KEEPER, encoding="utf-8"):
    content = text if isinstance(text, bytes) else text.encode(encoding)
    import_id = await importing.take_in(database, actor, "sprzęt.csv", content)
    _found, plan = await importing.show_import(database, actor, import_id)
    return import_id, plan


async def done(database, text, **how):
    import_id, plan = await shown(database, text)
    return await importing.carry_out(database, KEEPER, import_id, importing.digest(plan), **how)


def faults(plan):
    return [(one.line, one.column, one.text % one.values if one.values else one.text) for one in plan.faults]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("cp1250", "CP1250"),
        ("iso-8859-2", "ISO-8859-2"),
        ("utf-16", "UTF-16"),
    ],
)
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
async def test_encodings_and_delimiters_are_found(database, encoding, name, delimiter):
    await Organisation.set(database)
    _id, plan = await shown(database, (HEADER + LINE).replace(";", delimiter), encoding=encoding)
    assert faults(plan) == []
    assert (plan.encoding, plan.delimiter, plan.count("new")) == (name, delimiter, 1)
    row = plan.steps[0].row
    assert (row["room"], row["assigned_to"], row["serial"]) == ("sala żółwi", "Łucja Źdźbło", "PF-1")
    assert (row["bought"], row["warranty_until"]) == (date(2024, 3, 25), date(2027, 3, 25))


async def test_a_workbook_is_read_as_well(database):
    await Organisation.set(database)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for line, text in enumerate((HEADER, LINE)):
            for column, cell in enumerate(text.strip().split(";")):
                sheet.write(line, column, cell)
    _id, plan = await shown(database, out.getvalue())
    assert faults(plan) == []
    assert (plan.encoding, plan.count("new")) == ("XLSX", 1)


async def test_quoted_line_breaks_stay_in_their_cell(database):
    await Organisation.set(database)
    text = HEADER + 'laptop;Dell;"Latitude\n3440";;SP 4;;;;;;;;"pęknięty ""zawias""\r\ni klawisz"\r\n' + LINE
    _id, plan = await shown(database, text)
    assert faults(plan) == []
    assert [one.line for one in plan.steps] == [2, 5]
    assert (plan.steps[0].model[2], plan.steps[0].row["note"]) == ("Latitude 3440", 'pęknięty "zawias" i klawisz')


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        ("ekspres;A;B;;SP 4", "Rodzaj", "This kind is not known"),
        ("laptop;A;;;SP 4", "Model", "Nothing stands here"),
        ("laptop;A;B;;", "Jednostka", "Nothing stands here"),
        ("laptop;A;B;;SP 99", "Jednostka", "There is no unit «SP 99»"),
        ("laptop;A;B;;SP 4;;popsuty", "Stan", "This state is not known"),
        ("laptop;A;B;;SP 4;;;;32.01.2024", "Kupiono", "This is not a date"),
        ("laptop;A;B;;SP 4;;;;2999-01-01", "Kupiono", "in the future"),
        ("laptop;A;B;;SP 4;;;;2024-05-01;2024-04-01", "Gwarancja do", "before the device was bought"),
        ("access point;A;B;;SP 4;;;;;;zz", "MAC", "not a MAC address"),
        ("access point;A;B;;SP 4;;;;;;;200x", "Kanał", "no such Wi-Fi channel"),
        ("laptop;A;B;;SP 4;;;;;;;15", "Kanał", "no such Wi-Fi channel"),
        ("laptop;A;=1+1;;SP 4", "Model", "formula"),
        ("laptop;A;" + "x" * 121 + ";;SP 4", "Model", "too long"),
        ("laptop;A;B;;SP 4;;;;;;;;;;x", "", "more cells than the header"),
    ],
)
async def test_a_fault_is_told_with_line_and_column(database, line, column, said):
    await Organisation.set(database)
    _id, plan = await shown(database, HEADER + LINE + line + "\r\n")
    assert [(one.line, one.column) for one in plan.faults] == [(3, column)]
    assert said in faults(plan)[0][2]
    assert [one.line for one in plan.steps] == [2]


async def test_numbers_that_stand_twice_are_found_in_file_and_inventory(database):
    org = await Organisation.set(database)
    point = await org.device(unit="SP 5", kind="access_point", serial="AP1", mac="001a1e000001")
    other = await org.device(unit="SP 5", serial="X9")
    text = "Etykieta;Rodzaj;Model;Jednostka;Numer seryjny;MAC\n"
    text += ";laptop;A;SP 4;dup;\n;laptop;A;SP 4;DUP;\n"  # the same serial number, written in two ways
    text += ";access point;A;SP 4;n1;00-1A-1E-00-00-01\n"  # the MAC address of another one
    text += f"{point.inventory_number};;;;x9;\n"  # the serial number of another one
    text += "99999-9;laptop;A;SP 4;;\n"
    text += f"{'123457'};laptop;A;SP 4;;\n"
    _id, plan = await shown(database, text)
    found = faults(plan)
    assert (3, "Numer seryjny", "The same stands in line 2 already") in found
    assert (4, "MAC", "The device 00001-3 has this MAC address") in found
    assert (
        5,
        "Numer seryjny",
        f"The device {other.inventory_number[:-1]}-{other.inventory_number[-1]} has this serial number",
    ) in found
    assert {(line, column) for line, column, _text in found if line > 5} == {(6, "Etykieta"), (7, "Etykieta")}
    assert [one.line for one in plan.steps] == [2]


async def test_a_known_device_is_changed_and_an_empty_cell_leaves_what_is_there(database):
    org = await Organisation.set(database)
    device = await org.device(unit="SP 4", serial="pf-7", room="12", assigned_to="Hanna Stępień")
    text = f"Etykieta;Numer seryjny;Jednostka;Sala;Stan;Użytkownik\n{device.inventory_number};;Szkoła Podstawowa nr 5;;naprawa;-\n"
    import_id, plan = await shown(database, text)
    assert [(one.sort, one.device_id) for one in plan.steps] == [("changed", device.id)]
    assert [(one.field, one.was, one.now) for one in plan.steps[0].told] == [
        ("unit_id", "SP 4", "SP 5"), ("state", "in use", "in repair"),
    ]  # fmt: skip
    report = await importing.carry_out(database, KEEPER, import_id, importing.digest(plan))
    assert (report.new, report.changed, report.same) == (0, 1, 0)
    view = await actions.show_device(database, OTHER, device.id)
    assert (view.device.room, view.device.assigned_to, view.device.state) == ("12", "Hanna Stępień", "in_repair")
    assert [one.cause for one in view.history] == ["import", "made"]
    _id, again = await shown(database, text)
    assert (again.changes, again.count("same")) == (0, 1)


async def test_nothing_is_done_that_was_not_seen(database):
    org = await Organisation.set(database)
    import_id, plan = await shown(database, HEADER + LINE)
    await org.device(serial="PF-1")  # somebody enters it by hand meanwhile
    with pytest.raises(Conflict):
        await importing.carry_out(database, KEEPER, import_id, importing.digest(plan))
    _found, fresh = await importing.show_import(database, KEEPER, import_id)
    assert (fresh.count("new"), fresh.count("changed")) == (0, 1)
    await importing.carry_out(database, KEEPER, import_id, importing.digest(fresh))
    with pytest.raises(Conflict):
        await importing.carry_out(database, KEEPER, import_id, importing.digest(fresh))
    with pytest.raises(Conflict):
        await importing.drop_import(database, KEEPER, import_id)


async def test_faulty_lines_are_left_out_only_when_that_is_wanted(database):
    await Organisation.set(database)
    text = HEADER + LINE + "ekspres;A;B;;SP 4\r\n"
    with pytest.raises(Conflict):
        await done(database, text)
    report = await done(database, text, leave_out=True)
    assert (report.new, [one.line for one in report.left_out]) == (1, [3])
    with pytest.raises(Conflict):
        await done(database, HEADER + "ekspres;A;B;;SP 4\r\n", leave_out=True)
    found = await importing.list_imports(database, KEEPER)
    assert importing.report_of(found[1]) == report
    _found, plan = await importing.show_import(database, KEEPER, found[1].id)
    assert plan.steps == []
    assert found[1].done_at is not None


async def test_files_are_for_keepers_and_for_who_sent_them(database):
    org = await Organisation.set(database)
    import_id, _plan = await shown(database, HEADER + LINE)
    own = Actor(account_id=7, name="Jan", login="jan", grants=(Grant("equipment_keeper", org.units["SP 5"].path),))
    for actor in (own, HEAD, AUDITOR):
        with pytest.raises(NotFound):
            await importing.show_import(database, actor, import_id)
    for actor in (HEAD, AUDITOR):
        with pytest.raises(NotFound):
            await importing.take_in(database, actor, "a.csv", b"Model\nX\n")
    _id, plan = await shown(database, HEADER + LINE, actor=own)
    assert faults(plan) == [(2, "Jednostka", "The equipment of SP 4 is kept by others")]
    there = await org.device(unit="SP 4", serial="pf-2")
    _id, plan = await shown(database, f"Etykieta;Jednostka\n{there.inventory_number};SP 5\n", actor=own)
    assert faults(plan) == [(2, "Etykieta", "The equipment of SP 4 is kept by others")]
    await importing.drop_import(database, KEEPER, import_id)
    with pytest.raises(NotFound):
        await importing.show_import(database, KEEPER, import_id)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Model;Cena\nA;1\n", "The column «Cena» is not known"),
        (b"Model;nazwa\nA;B\n", "This column stands twice"),
        (b'Model;Uwagi\n"A;B\n', "A quotation mark opens here"),
        (b"\x00\x01\x02", "This is not a table of text"),
        (b"PK\x03\x04damaged", ""),
        (b"\xff\xfea", "This file is damaged"),
        (";".join(["Model"] * 41).encode(), "too many columns"),
    ],
)
async def test_a_file_that_is_none_is_refused_whole(database, content, said):
    await Organisation.set(database)
    _id, plan = await shown(database, content)
    assert plan.steps == []
    assert len(plan.faults) == 1
    assert said in faults(plan)[0][2]


async def test_an_empty_file_is_refused_at_once(database):
    await Organisation.set(database)
    with pytest.raises(Invalid) as problem:
        await importing.take_in(database, KEEPER, "a.csv", b" \r\n\r\n")
    assert set(problem.value.fields) == {"file"}


async def test_ten_thousand_lines_are_imported_while_somebody_waits(database):
    await Organisation.set(database)
    lines = [f"laptop;Lenovo;L{n % 7};SN{n:05};SP {4 + n % 2};{n};;;2024-03-25;;;;\r\n" for n in range(10_000)]
    began = time.process_time()
    import_id, plan = await shown(database, HEADER + "".join(lines))
    report = await importing.carry_out(database, KEEPER, import_id, importing.digest(plan))
    took = time.process_time() - began
    assert report.new == 10_000
    page = await actions.list_devices(database, KEEPER, Wanted(text="sn09999"))
    assert (page.total, page.devices[0].room) == (1, "9999")
    print(f"10,000 lines: {took:.1f} s of our own work")
    assert took < 10


def test_words_for_kinds_and_states_are_as_they_are_compared():
    for table, known in ((KINDS, ALL_KINDS), (STATES, ALL_STATES)):
        assert all(plain(word) == word for word in table)
        assert set(table.values()) == set(known)
