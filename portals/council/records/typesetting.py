"""PDF and pictures by Typst: tagged, for everybody's reader (PDF/UA-1), with Polish letters. Blocking.

What people wrote travels as data (`sys.inputs`), never as source, so no text can be taken for markup.
"""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

FOLDER: Final = Path(__file__).parent


def pdf(source: Path, data: Any, made_at: datetime) -> bytes:
    """The document of a `.typ` file; it finds `data` as JSON in `sys.inputs.data`. Same data, same bytes."""
    made = typst.compile(
        source.read_bytes(),
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"data": msgspec.json.encode(data).decode()},
        ignore_system_fonts=True,
        timestamp=made_at,
    )
    assert isinstance(made, bytes)
    return made


def png(source: Path, data: Any, ppi: float) -> bytes:
    """The only page of a `.typ` file."""
    made = typst.compile(
        source.read_bytes(),
        format="png",
        ppi=ppi,
        sys_inputs={"data": msgspec.json.encode(data).decode()},
        ignore_system_fonts=True,
    )
    assert isinstance(made, bytes)
    return made
