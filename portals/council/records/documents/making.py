"""Setting documents and packing packages. Blocking parts run in threads."""

import asyncio
import csv
import hashlib
import io
import re
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from app.files import FileStore
from portals.council.records.documents.docx import docx_of
from portals.council.records.documents.model import Composition, Package
from portals.council.records.typesetting import pdf

SOURCE: Final = Path(__file__).with_name("document.typ")
TYPES: Final = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "zip": "application/zip",
}
MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"
EPOCH: Final = (2026, 1, 1, 0, 0, 0)
_UNSAFE: Final = re.compile(r"[^\w.\- ()\[\]]+", re.UNICODE)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

Progress = Callable[[float], Awaitable[None]]


class Listed(msgspec.Struct, frozen=True):
    """A file of a package, as its manifest names it."""

    name: str
    title: str
    type: str
    bytes: int
    sha256: str


class PackageManifest(msgspec.Struct, frozen=True):
    """What a package holds, and whose it is."""

    about: dict[str, str]
    files: list[Listed]


async def set_document(composition: Composition, form: str, made_at: datetime) -> bytes:
    """PDF or DOCX."""
    if form == "pdf":
        return await asyncio.to_thread(pdf, SOURCE, composition, made_at)
    return await asyncio.to_thread(docx_of, composition, made_at)


async def pack(package: Package, files: FileStore, made_at: datetime, progress: Progress, folder: Path) -> Path:
    """A ZIP in `folder`: documents, data, papers, then a manifest and sums that prove the rest."""
    target = folder / "package.zip"
    listed: list[Listed] = []
    steps = len(package.documents) + len(package.files) + len(package.papers) + 1
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:

        async def add(name: str, title: str, kind: str, content: bytes) -> None:
            await asyncio.to_thread(archive.writestr, zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
            listed.append(Listed(name, title, kind, len(content), hashlib.sha256(content).hexdigest()))
            await progress(len(listed) / steps)

        for name, composition in package.documents.items():
            await add(name, composition.title, TYPES["pdf"], await set_document(composition, "pdf", made_at))
        for name, text in package.files.items():
            kind = "text/csv" if name.endswith(".csv") else "application/json"
            await add(name, name, kind, text.encode())
        for number, paper in enumerate(package.papers, start=1):
            name = f"papers/{number:02} {safe_name(paper.name)}"
            digest, size = hashlib.sha256(), 0
            with archive.open(zipfile.ZipInfo(name, EPOCH), "w", force_zip64=True) as entry:
                async for block in files.storage.read(paper.file_id, 0, paper.bytes):
                    digest.update(block)
                    size += len(block)
                    await asyncio.to_thread(entry.write, block)
            listed.append(Listed(name, paper.title, "application/octet-stream", size, digest.hexdigest()))
            await progress(len(listed) / steps)
        manifest = msgspec.json.format(msgspec.json.encode(PackageManifest(package.about, listed)))
        archive.writestr(zipfile.ZipInfo(MANIFEST, EPOCH), manifest)
        sums = "".join(f"{one.sha256}  {one.name}\n" for one in listed)
        sums += f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n"
        archive.writestr(zipfile.ZipInfo(SUMS, EPOCH), sums)
    return target


def safe_name(name: str) -> str:
    """A name that leads out of no folder, on any system."""
    cleaned = _UNSAFE.sub("_", name.replace("/", "_").replace("\\", "_")).strip(" .")
    return cleaned[-120:] or "file"


def csv_text(header: list[str], rows: list[list[object]], *, bom: bool = False) -> str:
    """RFC 4180, and nothing in it that a spreadsheet would run: such a cell gets an apostrophe in front.

    `bom`: spreadsheets on Windows take UTF-8 for what it is only with it.
    """
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([[guarded(cell) for cell in row] for row in rows])
    return ("\ufeff" if bom else "") + content.getvalue()


def guarded(cell: object) -> object:
    """A text that begins like a formula; numbers stay numbers."""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return "" if cell is None else cell


def digest_of(content: Composition | Package, form: str) -> str:
    """Tells whether a document would come out otherwise than the one that is there."""
    raw = msgspec.json.encode((content, form, SOURCE.read_text(encoding="utf-8")))
    return hashlib.sha256(raw).hexdigest()


async def blocks_of(path: Path, size: int = 256 * 1024) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while block := await asyncio.to_thread(file.read, size):
            yield block


async def bytes_of(content: bytes) -> AsyncIterator[bytes]:
    yield content


def now() -> datetime:
    """Without fractions: some formats know none."""
    return datetime.now(UTC).replace(microsecond=0)
