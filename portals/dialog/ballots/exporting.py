"""A result as a PDF. Blocking: call in a thread."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

from portals.dialog.spreadsheets import Sheet

SOURCE: Final = Path(__file__).with_name("result.typ")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What the PDF says."""

    title: str
    subtitle: str
    office: str
    language: str
    facts: list[tuple[str, str]]
    sheets: list[Sheet]
    note: str


def pdf_of(report: Report, made_at: datetime) -> bytes:
    """Tagged (PDF/UA-1). What people wrote travels as data, never as source."""
    made: Any = typst.compile(
        SOURCE.read_bytes(),
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"data": msgspec.json.encode(report).decode()},
        ignore_system_fonts=True,
        timestamp=made_at.replace(microsecond=0),
    )
    assert isinstance(made, bytes)
    return made
