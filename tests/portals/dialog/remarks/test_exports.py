"""The table of remarks: what is in the files, and what must not be."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2

from app.config import City
from app.i18n import Locales
from portals.dialog.remarks import actions, exports, store, version_store, views
from portals.dialog.remarks.model import Answer
from tests.portals.dialog.remarks.test_remarks import drafted
from tests.portals.dialog.stage import CLERK, EWA, JAN, MODERATOR, OLA

ROOT = Path(__file__).resolve().parents[4]
NOW = datetime(2026, 11, 29, 12, 0, 0, 123456, tzinfo=UTC)


async def made(database) -> exports.Table:
    """Remarks of every kind: by name, anonymous, hidden, withdrawn, with hostile words."""
    draft = await drafted(database, shown_as=("name", "pseudonym", "anonymous"))
    await draft.stage.joins(JAN)
    await draft.stage.joins(OLA, shown_as="anonymous")
    await draft.stage.joins(EWA, shown_as="pseudonym", pseudonym="Sowa")
    row = await draft.says(JAN, "Fontanna", '=cmd|"/c calc"!A1', "od maja")
    await actions.answer_remark(database, CLERK, row.id, Answer("explained", "Zażółć gęślą jaźń.", row.rev))
    await draft.says(OLA, "drzew", '#import "x" *nie* gwiazdka $x$', proposal="@link <b>")
    hidden = await draft.says(EWA, "Imprezy", "Tajne słowa", "12 razy")
    await actions.hide_remark(database, MODERATOR, hidden.id, "Dane innej osoby")
    withdrawn = await draft.says(EWA, "Imprezy", "Cofnięte słowa")
    await actions.withdraw_remark(database, EWA, withdrawn.id)
    async with database.transaction(readonly=True) as tx:
        version = await version_store.newest(tx, draft.block.id)
        rows = await views.rows(tx, await store.remarks(tx, draft.block.id, version.id))
    locale = Locales.read(ROOT, City()).get("pl")
    return exports.table(rows, "Plac Zwycięstwa", "Projekt", "Urząd Miejski", locale, NOW)


async def test_files_hold_what_everybody_may_read_and_nothing_else(database):
    table = await made(database)
    assert [row[3] for row in table.rows] == ["§ 2 ust. 1", "§ 2 ust. 2", "§ 3", "§ 3"]
    words = "\n".join("\n".join(row) for row in table.rows)
    assert "Jan Wrona" in words
    assert "Dane innej osoby" in words
    for secret in ("Aleksandra", "Bielska", "Tajne", "Cofnięte", "12 razy", "Sowa", "Żółć"):
        assert secret not in words
    with zipfile.ZipFile(io.BytesIO(exports.xlsx(table))) as book:
        sheet, strings = (book.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "sharedStrings"))
    assert "<f>" not in sheet
    assert '=cmd|"/c calc"!A1' in strings.replace("&quot;", '"')
    assert "Zażółć gęślą jaźń." in strings
    pdf = exports.pdf(table, NOW)
    document = pypdfium2.PdfDocument(pdf)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    for part in ("Zażółć gęślą jaźń.", "#import", "$x$", "@link <b>"):
        assert part in text.replace("\r\n", " ")
    assert b"/StructTreeRoot" in pdf
