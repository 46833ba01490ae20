"""Reads the first sheet of a workbook as texts, or a table of either kind; whatever the file does to its reader is an
answer.
"""

import asyncio
import io
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from app.files.archive import ArchiveLimits, Unsafe, check_archive
from app.i18n import _
from app.process import environment, reap
from app.tables import Fault, Refused, Table, read_csv, sheet_table

BEGINS: Final = b"PK"
"""XLSX and ODS are archives."""
LIMITS: Final = ArchiveLimits(
    members=500, unpacked_bytes=64 * 1024 * 1024, ratio=200, free_bytes=16 * 1024 * 1024, depth=2
)
WALL_S: Final = 30.0
LONGEST_ANSWER: Final = 32 << 20
KEPT_ENVIRONMENT: Final = ("PATH", "LANG", "HOME", "LD_LIBRARY_PATH", "TMPDIR")
ROOT: Final = Path(__file__).parents[2]
UNREADABLE: Final = _("This spreadsheet cannot be read. Is it damaged or under a password?")


class Unreadable(Exception):
    """No workbook, a locked one, one that asks too much; the message is a message id for the person who sent it."""


async def table_of(data: bytes, most_rows: int, cell_of: Callable[[str], str] | None = None) -> Table:
    """The table in a workbook or a CSV file, whichever was sent. Raises `Refused`. `cell_of`: for `app.tables`."""
    if not data.startswith(BEGINS):
        return await asyncio.to_thread(read_csv, data, most_rows, "", cell_of)
    try:
        return await asyncio.to_thread(sheet_table, await rows_of(data), most_rows, cell_of)
    except Unreadable as problem:
        raise Refused(Fault(line=1, text=str(problem))) from None


async def rows_of(data: bytes) -> list[list[str]]:
    """Rows from the sheet's first on, so that numbers of lines are those that people see. Raises Unreadable."""
    try:
        await asyncio.to_thread(check_archive, io.BytesIO(data), LIMITS)
    except Unsafe as problem:
        raise Unreadable(str(problem)) from None
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.workbook.child"),
        cwd=ROOT,
        env=environment(KEPT_ENVIRONMENT),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(WALL_S):
            return await _answer(child, data)
    except TimeoutError:
        raise Unreadable(UNREADABLE) from None
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await reap(child, *([child.stdout] if child.stdout is not None else []))


async def _answer(child: asyncio.subprocess.Process, data: bytes) -> list[list[str]]:
    assert child.stdin is not None
    assert child.stdout is not None
    with suppress(ConnectionError):
        child.stdin.write(data)
        await child.stdin.drain()
        child.stdin.close()
    said = bytearray()
    while block := await child.stdout.read(1 << 16):
        said += block
        if len(said) > LONGEST_ANSWER:
            raise Unreadable(UNREADABLE)
    try:
        rows: list[list[str]] | None = msgspec.json.decode(said, type=list[list[str]] | None)
    except msgspec.MsgspecError:
        rows = None
    if rows is None:
        raise Unreadable(UNREADABLE)
    return rows
