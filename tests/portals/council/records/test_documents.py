"""Documents tell what the record knows, in letters that a reader can take out again, and nothing that is not public."""

import asyncio
import hashlib
import io
import json
import zipfile

import docx
import pypdfium2

from app.database import DATABASE, Database
from app.files import FILES
from app.jobs import run_worker
from app.mail import Mailer, MailSettings
from portals.council.records.documents import actions
from portals.council.records.documents.composing import Writer
from portals.council.records.documents.jobs import MAKE
from portals.council.records.documents.making import csv_text, guarded, safe_name
from portals.council.records.documents.model import DocumentChanged
from tests.portals.council.records.conftest import CLERK
from tests.portals.council.records.sittings import held


def text_of(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)


async def get(site, path, role=""):
    async with site.client(role) as client, client.get(path) as answer:
        return answer.status, answer.headers, await answer.read()


async def work(site, count):
    """A worker until so many documents are made."""
    stop = asyncio.Event()
    database = Database(site.app[DATABASE].pool, site.app[DATABASE].backplane)
    parts = (site.app[FILES], Mailer(MailSettings(), site.app[FILES].incoming.parent, "Urząd"))
    task = asyncio.create_task(run_worker(database, (MAKE,), stop, parts=parts))
    async with asyncio.timeout(90):
        while await _value(site, "SELECT count(*) FROM council_document WHERE state = 'ready'") < count:
            assert await _value(site, "SELECT count(*) FROM council_document WHERE state = 'failed'") == 0
            await asyncio.sleep(0.1)
    stop.set()
    await task


async def _value(site, sql, *values):
    async with site.app[DATABASE].transaction() as tx:
        return await tx.value(sql, *values)


async def test_public_lists_are_tagged_and_their_letters_come_out_again(site):
    session, people = await held(site)
    status, headers, content = await get(site, f"{session.path}/votes.pdf")
    assert (status, headers["Content-Type"]) == (200, "application/pdf")
    assert b"/StructTreeRoot" in content
    assert b"pdfuaid:part" in content
    text = text_of(content)
    assert "Imienny wykaz głosowań: XV sesja Rady Miejskiej" in text
    assert "za 2, przeciw 1, wstrzymało się 1, nie głosowało 1" in text
    for person, said in zip(people, ["za", "za", "przeciw", "wstrzymuję się", "bez głosu"], strict=True):
        assert f"{person['name']} {person['club']} {said}" in text
    assert "Sprostowanie: " in text
    assert "pomyłka przy pulpicie" in text
    # of a secret vote the list says who took part and nothing else
    after = text.partition("Wybór opiekuna")[2].partition("Wniosek bez quorum")[0]
    assert "głosowanie tajne" in after
    assert " przeciw " not in after.partition("Lp.")[2]
    assert "brak quorum: nieważne" in text
    status, _headers, content = await get(site, f"{session.path}/attendance.pdf")
    assert status == 200
    text = text_of(content)
    assert "Obecnych 4 z 6; quorum wynosi 3" in text
    assert f"{people[4]['name']} {people[4]['club']} nieobec" in text


async def test_a_public_list_is_set_once_and_again_when_something_changes(site):
    session, _people = await held(site)
    await get(site, f"{session.path}/votes.pdf")
    made = "SELECT count(*) FROM audit_entry WHERE action = 'document.made'"
    assert await _value(site, made) == 1
    await asyncio.gather(*(get(site, f"{session.path}/votes.pdf") for _ in range(3)))
    assert await _value(site, made) == 1
    await _value(
        site, "UPDATE council_vote SET title = 'Poprawiony tytuł' WHERE number = 1 AND session_id = $1", session.id
    )
    _status, _headers, content = await get(site, f"{session.path}/votes.pdf")
    assert "Poprawiony tytuł" in text_of(content)
    assert await _value(site, made) == 2
    assert await _value(site, "SELECT count(*) FROM file WHERE name LIKE 'imienne%'") == 1


async def test_of_a_planned_session_there_is_nothing(site):
    async with site.app[DATABASE].transaction() as tx:
        slug = await tx.value("SELECT slug FROM council_session WHERE state = 'planned' LIMIT 1")
    for name in ("votes.pdf", "attendance.pdf", "votes.csv"):
        assert (await get(site, f"/council/sessions/{slug}/{name}"))[0] == 404
    assert (await get(site, "/council/sessions/nothing/votes.pdf"))[0] == 404


async def test_minutes_are_made_by_the_worker_and_told_as_they_come(site):
    session, people = await held(site)
    published = []
    plane = site.app[DATABASE].backplane
    dispatch = plane.dispatch
    plane.dispatch = lambda publications: (published.extend(publications), dispatch(publications))
    async with site.client("clerk") as client:
        for form in ("pdf", "docx"):
            async with client.post(
                f"/api/council/sessions/{session.id}/documents", json={"kind": "minutes", "format": form}
            ) as answer:
                assert answer.status == 202, await answer.text()
                assert (await answer.json())["state"] == "queued"
        await work(site, 2)
        async with client.get(f"/api/council/sessions/{session.id}/documents") as answer:
            fresh = {f"{one['kind']}.{one['format']}": one for one in (await answer.json())["documents"]}
    told = {one.event.document.name: one.event.document for one in published if isinstance(one.event, DocumentChanged)}
    assert {name: document.rev for name, document in told.items()} == {name: row["rev"] for name, row in fresh.items()}
    states = [
        one.event.document.state
        for one in published
        if isinstance(one.event, DocumentChanged) and one.event.document.format == "pdf"
    ]
    assert states[0] == "queued"
    assert states[-1] == "ready"
    assert "running" in states
    status, headers, content = await get(site, f"/council/desk/{session.id}/documents/minutes.pdf", "clerk")
    assert status == 200
    assert "protokol-xv-2026-09-25.pdf" in headers["Content-Disposition"]
    text = text_of(content)
    status, _headers, raw = await get(site, f"/council/desk/{session.id}/documents/minutes.docx", "clerk")
    document = docx.Document(io.BytesIO(raw))
    word = " ".join(paragraph.text for paragraph in document.paragraphs)
    for whole in (text, word):
        assert "Protokół: XV sesja Rady Miejskiej" in whole
        assert "Obecnych 4 z 6; quorum wynosi 3" in whole
        assert "2. Podjęcie uchwały w sprawie opieki nad żółwiami" in whole
        assert (
            f"Za (2): {people[0]['name']}, {people[1]['name']}" in whole
            or f"Za (2): {people[1]['name']}, {people[0]['name']}" in whole
        )
        assert "Przerwa do 10:39: Przerwa na kawę" in whole
        assert "Wyłączenie jawności do 10:50. Podstawa prawna: art. 61 ust. 3 Konstytucji" in whole
        # why a part was closed, and who spoke in it, is nobody's business
        assert "Jan Ukryty" not in whole
        assert f"10:45: {people[1]['name']}" not in whole
        assert f"10:22: {people[0]['name']}" in whole
    headings = [
        (paragraph.style.name, paragraph.text)
        for paragraph in document.paragraphs
        if paragraph.style.name.startswith("Heading")
    ]
    assert headings[0] == ("Heading 1", "Protokół: XV sesja Rady Miejskiej")
    assert ("Heading 3", "2. Podjęcie uchwały w sprawie opieki nad żółwiami") in headings
    cells = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert cells[0] == ["Lp.", "Imię i nazwisko", "Klub", "Obecność"]
    assert len(cells) == 6


async def test_the_package_proves_itself(site):
    session, people = await held(site)
    paper = b"%PDF-1.4\n%%EOF\n"

    async def blocks():
        yield paper

    upload = await site.app[FILES].receive(
        blocks(), limit_bytes=100, accept=frozenset({"application/pdf"}), name="../uchwała żółw.pdf"
    )
    async with site.app[DATABASE].transaction() as tx:
        stored = await site.app[FILES].keep(tx, upload, None)
        for title, audience in (("Projekt uchwały", "public"), ("Notatka", "councillors")):
            paper_id = await tx.value(
                "INSERT INTO council_paper (session_id, position, title, kind, audience) VALUES ($1, 1, $2, 'resolution', $3) RETURNING id",
                session.id, title, audience,
            )  # fmt: skip
            await tx.execute(
                "INSERT INTO council_paper_version (paper_id, number, file_id, name, type, bytes, sha256) VALUES ($1, 1, $2, $3, $4, $5, $6)",
                paper_id, stored.id, stored.name, stored.type, stored.bytes, stored.sha256,
            )  # fmt: skip
    await actions.order(site.app, CLERK, session.id, "package", "zip")
    await work(site, 1)
    status, _headers, content = await get(site, f"/council/desk/{session.id}/documents/package.zip", "clerk")
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names = package.namelist()
        manifest = json.loads(package.read("manifest.json"))
        assert manifest["about"]["number"] == "XV"
        for file in manifest["files"]:
            raw = package.read(file["name"])
            assert (len(raw), hashlib.sha256(raw).hexdigest()) == (file["bytes"], file["sha256"]), file["name"]
        sums = dict(reversed(line.split("  ", 1)) for line in package.read("SHA256SUMS").decode().splitlines())
        assert sums == {name: hashlib.sha256(package.read(name)).hexdigest() for name in names if name != "SHA256SUMS"}
        papers = [name for name in names if name.startswith("papers/")]
        assert len(papers) == 1  # what councillors alone may read is not in it
        assert package.read(papers[0]) == paper
        assert ".." not in papers[0]
        votes = package.read("data/votes.csv").decode("utf-8-sig")
        assert sum(person["name"] in votes for person in people) == 5
        assert "imienne-glosowania-xv-2026-09-25.pdf" in names


async def test_only_the_office_orders_documents(site):
    session, _people = await held(site)
    for role, status in (("", 401), ("resident", 403), ("councillor", 403), ("moderator", 403)):
        async with site.client(role) as client:
            async with client.post(
                f"/api/council/sessions/{session.id}/documents", json={"kind": "minutes", "format": "pdf"}
            ) as answer:
                assert answer.status == status
    async with site.client("clerk") as client:
        async with client.post(
            f"/api/council/sessions/{session.id}/documents", json={"kind": "minutes", "format": "zip"}
        ) as answer:
            assert answer.status == 404
        async with client.post(
            "/api/council/sessions/999999/documents", json={"kind": "minutes", "format": "pdf"}
        ) as answer:
            assert answer.status == 404
    assert await _value(site, "SELECT count(*) FROM council_document") == 0


async def test_a_csv_is_rfc_4180_and_runs_nothing(site):
    session, people = await held(site)
    await _value(
        site,
        'UPDATE council_vote SET title = \'=HYPERLINK("http://evil"), "x"\' WHERE session_id = $1 AND number = 1',
        session.id,
    )
    status, headers, content = await get(site, f"{session.path}/votes.csv")
    assert (status, headers["Content-Type"]) == (200, "text/csv; charset=utf-8; header=present")
    assert not content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n")
    import csv

    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    assert {len(row) for row in rows} == {7}
    assert rows[1][1] == '\'=HYPERLINK("http://evil"), "x"'
    assert sorted(row[4] for row in rows if row[0] == "1") == sorted(person["name"] for person in people)
    assert (await get(site, f"{session.path}/votes.csv?bom=1"))[2].startswith(b"\xef\xbb\xbf")


def test_guards():
    assert [guarded(one) for one in ("=1", "+1", "-1", "@x", "\tx", "x=1", 5, -5, None)] == [
        "'=1",
        "'+1",
        "'-1",
        "'@x",
        "'\tx",
        "x=1",
        5,
        -5,
        "",
    ]
    assert csv_text(["a", "b"], [["x,y", 'z"']]) == 'a,b\r\n"x,y","z"""\r\n'
    assert [safe_name(one) for one in ("../../etc/passwd", "a\\b", "żółw (1).pdf", "...", "x:y*?")] == [
        "_.._etc_passwd",
        "a_b",
        "żółw (1).pdf",
        "file",
        "x_y_",
    ]


async def test_a_session_without_anything_makes_documents_too(site):
    """No attendance, no votes, no marks: the minutes say so and do not fail."""
    from portals.council.records.documents.making import now, set_document
    from portals.council.records.facts import store

    async with site.app[DATABASE].transaction(readonly=True) as tx:
        slug = await tx.value(
            "SELECT slug FROM council_session WHERE state = 'planned' AND NOT EXISTS (SELECT FROM council_vote WHERE session_id = council_session.id) LIMIT 1"
        )
        facts = await store.facts(tx, await store.session_by_slug(tx, slug))
    from app.i18n import LOCALES

    writer = Writer(site.app[LOCALES].default, "Urząd")
    for composition in (writer.minutes(facts), writer.votes(facts), writer.attendance(facts)):
        assert text_of(await set_document(composition, "pdf", now()))
        assert await set_document(composition, "docx", now())
