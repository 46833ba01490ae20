import asyncio
import errno
import hashlib
import io
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import BodyPartReader, FormData, web
from aiohttp.test_utils import TestClient, TestServer
from PIL import Image

from app.database import Database
from app.errors import AppError, Invalid, NotFound, TooLarge, Unavailable
from app.files import DOCUMENTS, FILES, IMAGES, SVG, ZIP, FileStore, StoredFile, drop_file, serve, stored_file, sweep
from app.files.upload import _Growing
from app.jobs import Pace, run_worker
from tests.app.files.test_sniff import DOCX, made_zip

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4000
ACCEPT = DOCUMENTS | IMAGES


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore.in_folder(tmp_path)


async def blocks(content: bytes, size: int = 70_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def left(files: FileStore, tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def picture(width: int, height: int, form: str = "PNG") -> bytes:
    target = io.BytesIO()
    Image.new("1" if form == "PNG" else "RGB", (width, height)).save(target, form)
    return target.getvalue()


def document() -> bytes:
    types = f'<Types><Override PartName="/word/document.xml" ContentType="{DOCX}.main+xml"/></Types>'
    return made_zip({"[Content_Types].xml": types.encode(), "_rels/.rels": b"<r/>", "word/document.xml": b"<d/>"})


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PDF, "Uchwała.pdf", "application/pdf"),
        (picture(30, 20), "a.png", "image/png"),
        (picture(30, 20, "JPEG"), "a.jpg", "image/jpeg"),
        (picture(30, 20, "WEBP"), "a.webp", "image/webp"),
        (document(), "plan.docx", DOCX),
        ("\ufeffimię;ocena\nŁucja;5".encode(), "oceny.csv", "text/csv"),
    ],
)
async def test_a_file_is_taken_whole_and_known_by_its_content(
    files: FileStore, tmp_path: Path, content: bytes, name: str, kind: str
) -> None:
    upload = await files.receive(blocks(content), limit_bytes=10_000_000, accept=ACCEPT, name=name)
    assert (upload.type, upload.name, upload.bytes) == (kind, name, len(content))
    assert upload.sha256 == hashlib.sha256(content).hexdigest()
    digits = upload.id.hex
    (path,) = left(files, tmp_path)
    assert path.relative_to(tmp_path) == Path("files", digits[:2], digits[2:4], str(upload.id))
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "a.pdf", "This file is empty"),
        (PDF, "a.png", "The content of this file does not match its name or type"),
        (b"MZ\x90\0\3\0", "a.exe", "Files of this kind are not taken here"),
        (b"<svg onload='alert(1)'/>", "a.svg", "Files of this kind are not taken here"),
        (b"<html><script>", "a.html", "Files of this kind are not taken here"),
        (b"<html><script>", "a.txt", "The content of this file does not match its name or type"),
        ("Łódź".encode("cp1250"), "a.txt", "The content of this file does not match its name or type"),
        ("Łódź".encode()[:-1], "a", "Files of this kind are not taken here"),
        (picture(8000, 6500), "a.png", "This picture has too many pixels"),
        (picture(10, 10)[:20], "a.png", "This picture is damaged"),
        (made_zip({"a": bytes(20_000_000)}), "a.docx", "This archive would grow too large"),
        (document() + b"x", "a.docx", "This archive is damaged"),
        (made_zip({"a": b"x"}), "a.docx", "The content of this file does not match its name or type"),
        (made_zip({"a": b"x"}), "a.zip", "Files of this kind are not taken here"),
    ],
)
async def test_what_is_refused_names_its_field_and_leaves_nothing(
    files: FileStore, tmp_path: Path, content: bytes, name: str, message: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await files.receive(blocks(content), limit_bytes=10_000_000, accept=ACCEPT, name=name, field="scan")
    assert caught.value.fields == {"scan": message}
    assert left(files, tmp_path) == []


async def test_types_that_must_be_asked_for(files: FileStore) -> None:
    svg = await files.receive(blocks(b"<svg/>"), limit_bytes=100, accept=frozenset({SVG}), name="logo.svg")
    archive = await files.receive(
        blocks(made_zip({"a": b"x"})), limit_bytes=1000, accept=frozenset({ZIP}), name="a.zip"
    )
    assert (svg.type, archive.type) == (SVG, ZIP)


async def test_the_limit_counts_while_the_bytes_come(files: FileStore, tmp_path: Path) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield b"%PDF-"
        while True:
            taken += 65536
            yield bytes(65536)

    with pytest.raises(TooLarge):
        await files.receive(endless(), limit_bytes=3_000_000, accept=ACCEPT, name="a.pdf")
    assert taken < 4_000_000
    assert left(files, tmp_path) == []
    upload = await files.receive(blocks(PDF), limit_bytes=len(PDF), accept=ACCEPT, name="a.pdf")
    assert upload.bytes == len(PDF)


async def test_a_cancelled_upload_leaves_nothing(files: FileStore, tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield PDF
        begun.set()
        await asyncio.sleep(3600)

    task = asyncio.create_task(files.receive(stalled(), limit_bytes=10_000_000, accept=ACCEPT))
    await asyncio.wait_for(begun.wait(), 10)
    assert len(left(files, tmp_path)) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left(files, tmp_path) == []


async def test_a_full_disk_is_a_clear_line_and_leaves_nothing(
    files: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: _Growing, _block: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_Growing, "write", full)
    with pytest.raises(Unavailable, match="There is no room left for files"):
        await files.receive(blocks(PDF), limit_bytes=10_000_000, accept=ACCEPT)
    assert left(files, tmp_path) == []


async def kept(database: Database, files: FileStore, content: bytes, name: str) -> StoredFile:
    upload = await files.receive(blocks(content), limit_bytes=10_000_000, accept=ACCEPT | {ZIP, SVG}, name=name)
    async with database.transaction() as tx:
        return await files.keep(tx, upload, None)


async def test_kept_files_are_read_back_and_dropped_with_their_bytes(
    database: Database, files: FileStore, tmp_path: Path
) -> None:
    stored = await kept(database, files, PDF, "a.pdf")
    async with database.transaction() as tx:
        assert await stored_file(tx, stored.id) == stored
        await drop_file(tx, stored.id)
        await drop_file(tx, uuid4())
    assert len(left(files, tmp_path)) == 1
    from app.files import JOBS

    stop = asyncio.Event()
    worker = asyncio.create_task(run_worker(database, JOBS, stop, Pace(tick_s=0.1), [files]))
    async with asyncio.timeout(20):
        while left(files, tmp_path):
            await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(worker, 8)
    async with database.transaction() as tx:
        with pytest.raises(NotFound):
            await stored_file(tx, stored.id)


async def test_the_sweep_takes_old_bytes_without_a_row_alone(
    database: Database, files: FileStore, tmp_path: Path
) -> None:
    stored = await kept(database, files, PDF, "kept.pdf")
    orphan = await files.receive(blocks(PDF), limit_bytes=10_000_000, accept=ACCEPT)
    fresh = await files.receive(blocks(PDF), limit_bytes=10_000_000, accept=ACCEPT)
    broken_off = files.incoming / "x.part"
    broken_off.write_bytes(b"x")
    old = time.time() - 25 * 3600
    for path in (files.storage.path(stored.id), files.storage.path(orphan.id), broken_off):  # type: ignore[attr-defined]
        os.utime(path, (old, old))
    assert await sweep(database, files) == 2
    assert {UUID(path.name) for path in left(files, tmp_path)} == {stored.id, fresh.id}


class Site:
    """A server with one upload and one download address."""

    def __init__(self, database: Database, files: FileStore) -> None:
        self.database = database
        self.disposition: Any = "attachment"
        self.app = web.Application(middlewares=[self.errors])
        self.app[FILES] = files
        self.app.router.add_get("/file/{id}", self.download)
        self.app.router.add_post("/file", self.upload)

    @web.middleware
    async def errors(self, request: web.Request, handler: Any) -> web.StreamResponse:
        try:
            response: web.StreamResponse = await handler(request)
        except AppError as problem:
            return web.json_response({"code": problem.code}, status=problem.status)
        return response

    async def download(self, request: web.Request) -> web.StreamResponse:
        async with self.database.transaction() as tx:
            stored = await stored_file(tx, UUID(request.match_info["id"]))
        return await serve(request, stored, disposition=self.disposition)

    async def upload(self, request: web.Request) -> web.Response:
        part = await (await request.multipart()).next()
        assert isinstance(part, BodyPartReader)
        upload = await self.app[FILES].receive(part, limit_bytes=2_000_000, accept=ACCEPT)
        return web.json_response({"name": upload.name, "type": upload.type, "bytes": upload.bytes})


@pytest.fixture
async def site(database: Database, files: FileStore) -> Site:
    return Site(database, files)


@pytest.fixture
async def client(site: Site) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    async with TestClient(TestServer(site.app)) as client:
        yield client


async def test_a_form_uploads_with_its_name_and_type(client: Any) -> None:
    form = FormData(quote_fields=False)
    form.add_field("file", PDF, filename="Łódź.pdf", content_type="application/pdf")
    async with client.post("/file", data=form) as answer:
        assert await answer.json() == {"name": "Łódź.pdf", "type": "application/pdf", "bytes": len(PDF)}
    form = FormData()
    form.add_field("file", PDF, filename="a", content_type="image/png")
    async with client.post("/file", data=form) as answer:
        assert answer.status == 422


async def test_a_connection_that_breaks_leaves_nothing(client: Any, files: FileStore, tmp_path: Path) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", client.server.port)
    head = b"--x\r\nContent-Disposition: form-data; name=file; filename=a.pdf\r\n\r\n" + PDF[:700_000]
    writer.write(
        b"POST /file HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        b"Content-Length: 1900000\r\n\r\n" + head
    )
    await writer.drain()
    async with asyncio.timeout(10):
        while not left(files, tmp_path):
            await asyncio.sleep(0.01)
    writer.close()
    async with asyncio.timeout(10):
        while left(files, tmp_path):
            await asyncio.sleep(0.01)


async def test_downloads(database: Database, files: FileStore, client: Any) -> None:
    stored = await kept(database, files, PDF, "Uchwała.pdf")
    path = f"/file/{stored.id}"
    async with client.get(path) as answer:
        assert answer.status == 200
        assert await answer.read() == PDF
        assert answer.headers["Content-Type"] == "application/pdf"
        assert (
            answer.headers["Content-Disposition"]
            == "attachment; filename=\"Uchwala.pdf\"; filename*=UTF-8''Uchwa%C5%82a.pdf"
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        etag = answer.headers["ETag"]
        modified = answer.headers["Last-Modified"]
    async with client.head(path) as answer:
        assert (answer.status, answer.headers["Content-Length"], await answer.read()) == (200, str(len(PDF)), b"")
    async with client.get(path, headers={"If-None-Match": f'"other", W/{etag}'}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    for condition, status in ((etag, 206), (modified, 206), ('"other"', 200), (f"W/{etag}", 200)):
        async with client.get(path, headers={"Range": "bytes=5-9", "If-Range": condition}) as answer:
            assert answer.status == status
    async with client.get(path, headers={"Range": "bytes=-300000"}) as answer:
        assert answer.status == 206
        assert answer.headers["Content-Range"] == f"bytes {len(PDF) - 300_000}-{len(PDF) - 1}/{len(PDF)}"
        assert await answer.read() == PDF[-300_000:]
    async with client.get(path, headers={"Range": f"bytes={len(PDF)}-"}) as answer:
        assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{len(PDF)}")
    async with client.get(path, headers={"Range": "bytes=0-1,4-5"}) as answer:
        assert (answer.status, await answer.read()) == (200, PDF)


async def test_only_safe_types_are_shown_in_the_page(
    database: Database, files: FileStore, client: Any, site: Site
) -> None:
    site.disposition = "inline"
    shown = {}
    for content, name in (
        (picture(2, 2), "a.png"),
        (b"<svg/>", "a.svg"),
        (made_zip({"a": b""}), "a.zip"),
        (b"x", "a.txt"),
    ):
        stored = await kept(database, files, content, name)
        async with client.get(f"/file/{stored.id}") as answer:
            shown[name] = (answer.headers["Content-Disposition"].partition(";")[0], answer.headers["Content-Type"])
    assert shown == {
        "a.png": ("inline", "image/png"),
        "a.svg": ("attachment", "image/svg+xml"),
        "a.zip": ("attachment", "application/zip"),
        "a.txt": ("inline", "text/plain; charset=utf-8"),
    }


async def test_bytes_that_are_gone_are_not_found(database: Database, files: FileStore, client: Any) -> None:
    stored = await kept(database, files, PDF, "a.pdf")
    await files.storage.delete(stored.id)
    async with client.get(f"/file/{stored.id}") as answer:
        assert answer.status == 404
