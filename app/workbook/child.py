"""The process that reads a workbook: `python -m app.workbook.child`, a file in, rows as JSON out.

A sheet of five kilobytes may say that its last cell is XFD1048576, and the reader allocates all cells before it: half a
terabyte, and the process is gone. So it has a process of its own, with bounded memory and time, that dies with its
parent.
Only what it needs is imported here: it starts in about 50 ms.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

PR_SET_PDEATHSIG: Final = 1
MEMORY: Final = 512 << 20
CPU_S: Final = 10
NICENESS: Final = 5

Cell = int | float | str | bool | time | date | datetime | timedelta


def limit_myself() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)


def rows_of(data: bytes) -> list[list[str]] | None:
    """Cells of the first sheet that is seen, from A1 on; None where it is no workbook."""
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        seen = [
            one.name
            for one in book.sheets_metadata
            if one.typ == SheetTypeEnum.WorkSheet and one.visible == SheetVisibleEnum.Visible
        ]
        if not seen:
            return None
        cells = book.get_sheet_by_name(seen[0]).to_python(skip_empty_area=False)
        return [[text_of(cell) for cell in row] for row in cells]
    except CalamineError:
        return None


def text_of(cell: Cell) -> str:
    """As it would be typed into a table of text: whole numbers without `.0`, days as 2014-03-25."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return str(cell)


if __name__ == "__main__":
    limit_myself()
    sys.stdout.write(json.dumps(rows_of(sys.stdin.buffer.read())))
