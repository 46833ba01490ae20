"""Every file and every JSON answer of consultations, with hidden, withdrawn, anonymous and erased entries in it.

The list below is complete: a route that is not in it fails the first test, so that no new way out goes unwatched.
"""

import csv
import io
import re
import zipfile

import pypdfium2

from app.wire import FEATURES
from portals.dialog.features import FEATURES as PARTS
from tests.portals.dialog.exported import FORMULA, GONE, NEVER, Exported

BLOCK = "/api/dialog/blocks/{block_id}"
PUBLIC = {
    # files
    "/dialog/{slug}/discussion/blocks/{block_id}/{format}": ("discussion", ("csv", "xlsx")),
    "/dialog/{slug}/remarks/{block_id}/table.xlsx": ("remarks", ()),
    "/dialog/{slug}/remarks/{block_id}/table.pdf": ("remarks", ()),
    "/dialog/{slug}/map/{block_id}/entries.{ending}": ("map", ("geojson", "xlsx", "csv")),
    "/dialog/{slug}/surveys/{block_id}/results.{form}": ("surveys", ("csv", "xlsx")),
    "/dialog/{slug}/budget/list/{block_id}/projects.{form}": ("budget", ("csv", "xlsx")),
    "/dialog/{slug}/opinions/{block_id}/statements.csv": ("opinions", ()),
    "/dialog/{slug}/ballots/{block_id}/result.{form}": ("ballots", ("csv", "xlsx", "pdf")),
    "/dialog/{slug}/ballots/{block_id}/ballots.csv": ("ballots", ()),
    "/dialog/{slug}/outcome/report.{form}": ("outcome", ("pdf", "json", "csv")),
    # JSON
    "/api/dialog/consultations": ("", ()),
    "/api/dialog/{consultation_id}": ("", ()),
    "/api/dialog/{consultation_id}/outcome": ("outcome", ()),
    "/api/dialog/outcome/schema": ("", ()),
    f"{BLOCK}/discussion": ("discussion", ()),
    f"{BLOCK}/discussion/moments": ("discussion", ()),
    f"{BLOCK}/remarks": ("remarks", ()),
    f"{BLOCK}/remarks/document": ("remarks", ()),
    f"{BLOCK}/map": ("map", ()),
    f"{BLOCK}/map/entries": ("map", ()),
    f"{BLOCK}/surveys": ("surveys", ()),
    f"{BLOCK}/surveys/results": ("surveys", ()),
    f"{BLOCK}/budget": ("budget", ()),
    f"{BLOCK}/opinions": ("opinions", ()),
    f"{BLOCK}/ballots": ("ballots", ()),
    f"{BLOCK}/ballots/result": ("ballots", ()),
    f"{BLOCK}/materials": ("materials", ()),
    f"{BLOCK}/meeting": ("meeting", ()),
    f"{BLOCK}/meeting/timeline": ("meeting", ()),
    f"{BLOCK}/meeting/messages": ("meeting", ()),
    # of the hidden one alone
    "/api/dialog/map/{entry_id}": ("map", ()),
    "/api/dialog/remarks/{remark_id}": ("remarks", ()),
    "/api/dialog/remarks/{remark_id}/history": ("remarks", ()),
    "/api/dialog/discussion/comments/{comment_id}/history": ("discussion", ()),
    "/api/dialog/discussion/comments/{comment_id}/replies": ("discussion", ()),
}
"""Path → the kind whose entries are in it, and the forms in which it comes. Whoever wants may read these."""
OFFICE = {
    "/dialog/manage/{consultation_id}/discussion/{block_id}/{format}": ("discussion", ("csv", "xlsx")),
    "/dialog/manage/{consultation_id}/surveys/{block_id}/answers.{form}": ("surveys", ("csv", "xlsx")),
    "/dialog/{slug}/budget/list/{block_id}/projects.{form}": ("budget", ("csv", "xlsx")),
}
"""The office's own tables: names it knows, but nothing of whoever was erased."""
OWN = {
    "/api/dialog/{consultation_id}/me",
    f"{BLOCK}/discussion/people",
    "/api/dialog/discussion/comments/{comment_id}/source",
    f"{BLOCK}/meeting/mine",
    f"{BLOCK}/meeting/source",
    "/dialog/manage/{consultation_id}/surveys/{block_id}/answers/{answer_id}/files/{key}",
    "/dialog/{slug}/budget/files/{file_id}",
    "/dialog/{slug}/materials/{material_id}/v{number}",
    "/dialog/{slug}/materials/{material_id}/v{number}/preview",
}
"""The reader's own things, and single files that have tests of their own with the part they belong to."""
WORDLESS = {"ballots", "", "materials"}
"""Nothing in these is anybody's entry."""


def plain(path: str) -> str:
    """A route's path without its patterns: `{block_id:\\d{1,18}}` → `{block_id}`."""
    return re.sub(r"{(\w+):(?:[^{}]|{[^{}]*})*}", r"{\1}", path)


def is_export(path: str) -> bool:
    return path.startswith("/api/") or bool(
        re.search(r"\.[a-z]+$|\.{\w+}$|/{format}$|/files/|/v{number}|/preview$", path)
    )


def words_of(content: bytes, kind: str) -> str:
    """Everything that stands in a file, without what a packed form hides."""
    if content.startswith(b"%PDF"):
        return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content))
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            sheets = {name: book.read(name).decode() for name in book.namelist() if name.endswith(".xml")}
        assert not any("<f>" in text for name, text in sheets.items() if "worksheets" in name), kind
        return "\n".join(sheets.values()).replace("&quot;", '"')
    return content.decode("utf-8-sig")


def no_formula(text: str) -> None:
    """No cell of a CSV is run by a spreadsheet."""
    for row in csv.reader(io.StringIO(text), delimiter=";"):
        assert not [cell for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))], row


async def test_the_list_of_ways_out_is_complete(site):
    names = {part.name for part in PARTS}
    routes = [route for one in site.app[FEATURES] if one.name in names for route in one.routes if route.method == "GET"]
    found = {plain(route.path) for route in routes if is_export(plain(route.path))}
    previews = {path for path in found if path.startswith("/dialog/manage/") and path.endswith("/preview")}  # pages
    assert found - previews == PUBLIC.keys() | OFFICE.keys() | OWN


def addresses(made: Exported, ways: dict[str, tuple[str, tuple[str, ...]]]):
    """Address, kind and form of each way."""
    for path, (kind, forms) in ways.items():
        places = made.places | {"block_id": str(made.ids.get(kind, 0))}
        places |= {f"{name}_id": str(made.ids[name]) for name in ("comment", "remark", "entry")}
        for form in forms or ("",):
            full = path.format(**places, **dict.fromkeys(("form", "format", "ending"), form))
            yield full, kind, form or full.rpartition(".")[2]


async def test_what_the_public_takes_away_is_what_it_may_read(site):
    made = await Exported.make(site)
    told: dict[str, list[str]] = {}
    async with site.client() as nobody:
        for address, kind, form in addresses(made, PUBLIC):
            async with nobody.get(address) as answer:
                content = await answer.read()
                alone = re.search(r"/(remarks|map|comments)/\d+(/\w+)?$", address)
                assert answer.status == 200 or (alone and answer.status == 404), (address, answer.status)
            text = words_of(content, kind)
            found = [word for word in NEVER if word in text]
            assert not found, (address, found)
            if form == "csv":
                no_formula(text)
            told.setdefault(kind, []).append(text)
    for kind, texts in told.items():
        together = "\n".join(texts)
        if kind not in WORDLESS | {"surveys"}:
            for word in ("JAWNE", "ANONIM", "ODESZŁA"):
                assert f"{word} w bloku {kind if kind != 'outcome' else 'discussion'}" in together, (kind, word)
    assert '"removal_reason":"Dane osobowe"' in "".join(told["materials"])
    assert "ODESZŁA w bloku surveys" in "".join(told["surveys"])
    assert "Jan Wrona" in "".join(told["discussion"])


async def test_the_offices_tables_know_names_and_nobody_who_was_erased(site):
    made = await Exported.make(site)
    for role in ("", "resident"):
        async with site.client(role) as client:
            for address, _kind, _form in addresses(made, OFFICE):
                if "/manage/" in address:
                    async with client.get(address, allow_redirects=False) as answer:
                        assert answer.status in {302, 303, 401, 403}, address
    async with site.client("consultation_clerk") as clerk:
        for address, kind, form in addresses(made, OFFICE):
            async with clerk.get(address) as answer:
                assert answer.status == 200, address
                text = words_of(await answer.read(), kind)
            assert not [word for word in GONE if word in text], address
            if form == "csv":
                no_formula(text)
                assert f"'{FORMULA}".replace('"', '""') in text, address
            assert ("Aleksandra" in text) == (kind != "surveys"), address  # a survey is read without its authors
    audited = [one for one in await made.stage.audited() if one.endswith(".export")]
    assert sorted(audited) == ["budget.export"] * 2 + ["discussion.export"] * 2 + ["survey.export"] * 2
