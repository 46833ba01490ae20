"""A PDF of an office file, to be looked at: made by LibreOffice where it is installed, in the worker."""

import asyncio
import os
import resource
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import msgspec
import structlog

from app.database import Database
from app.errors import AppError, NotFound
from app.feature import Job
from app.files import FileStore, StoredFile, Upload, stored_file
from app.jobs import part
from portals.dialog import plan
from portals.dialog.materials import store
from portals.dialog.materials.model import PDF, Preview

log = structlog.get_logger(__name__)

PROGRAMS: Final = ("soffice", "libreoffice")
WITHIN_S: Final = 120
MOST_MEMORY: Final = 3 << 30
MOST_BYTES: Final = 200_000_000
NOWHERE: Final = "http://127.0.0.1:9"
"""A proxy that is not there: a document that wants to load pictures from elsewhere gets none."""
PROFILE: Final = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop>
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop>
</item></oor:items>
"""
"""LibreOffice would put a picture that a document names, such as file:///… of this machine, into the PDF."""


class MakePreview(msgspec.Struct, frozen=True):
    material_id: int
    number: int


async def make_preview(database: Database, payload: MakePreview) -> None:
    """Once; a second run finds it made. Where LibreOffice is missing or fails, the file is there to be downloaded."""
    files = part(FileStore)
    async with database.transaction(readonly=True) as tx:
        version = await store.version(tx, payload.material_id, payload.number)
        if version is None or version.file_id is None or version.preview != "waiting":
            return
        stored = await stored_file(tx, version.file_id)
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    made = None
    if program is not None:
        with tempfile.TemporaryDirectory(prefix="gryf-office-") as folder:
            path = await converted(program, files, stored, Path(folder))
            made = await _taken(files, path, stored) if path is not None else None
    async with database.transaction() as tx:
        state: Preview = "none" if program is None else "failed"
        kept = await files.keep(tx, made, None) if made is not None else None
        is_there = await store.set_preview(
            tx, payload.material_id, payload.number, "ready" if kept else state, kept.id if kept else None
        )
        if not is_there:
            raise NotFound  # removed meanwhile: nothing is kept, the sweep takes the bytes
        material = await store.material(tx, payload.material_id)
        if material is not None and kept is not None:
            await store.touch_material(tx, material.id)
            await plan.block_changed(tx, material.block_id)


async def converted(program: str, files: FileStore, stored: StoredFile, folder: Path) -> Path | None:
    """The PDF in `folder`; None where it could not be made in time."""
    source = folder / f"document.{stored.name.rpartition('.')[2].lower()[:5]}"
    with source.open("wb") as file:
        async for block in files.storage.read(stored.id, 0, stored.bytes):
            await asyncio.to_thread(file.write, block)
    await asyncio.to_thread(_write_profile, folder / "profile" / "user")
    environment = {
        "HOME": str(folder),
        "PATH": os.environ.get("PATH", "/usr/bin"),
        "LANG": "C.UTF-8",
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE),
    }
    process = await asyncio.create_subprocess_exec(
        program,
        "--headless",
        "--norestore",
        "--nolockcheck",
        f"-env:UserInstallation=file://{folder}/profile",
        "--convert-to",
        "pdf",
        "--outdir",
        str(folder),
        str(source),
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_limited,
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            await process.wait()
    except TimeoutError:
        log.warning("a preview took too long", file=str(stored.id))
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    made = folder / "document.pdf"
    return made if process.returncode == 0 and made.exists() else None


def _write_profile(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "registrymodifications.xcu").write_text(PROFILE, encoding="utf-8")


def _limited() -> None:
    """In the child, before LibreOffice starts: a hostile document takes no more than this."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (WITHIN_S, WITHIN_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, MOST_BYTES))


async def _taken(files: FileStore, path: Path, stored: StoredFile) -> Upload | None:
    async def blocks() -> AsyncIterator[bytes]:
        with path.open("rb") as file:
            while block := await asyncio.to_thread(file.read, 1 << 20):
                yield block

    name = f"{stored.name.rpartition('.')[0] or stored.name}.pdf"
    try:
        return await files.receive(blocks(), limit_bytes=MOST_BYTES, accept=frozenset({PDF}), name=name)
    except AppError as problem:
        log.warning("a preview is no PDF", file=str(stored.id), problem=problem.title)
        return None


PREVIEW: Final = Job(name="materials.preview", payload=MakePreview, run=make_preview, attempts=2)
