"""One-time codes on paper, as PDF. `pdf` is blocking: call it in a thread."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

from app.i18n import Locale, _
from schools.secretariat.accounts import Slip

SOURCE: Final = Path(__file__).with_name("slips.typ")


def sheet(school: str, class_name: str, slips: Sequence[Slip], origin: str, locale: Locale) -> dict[str, object]:
    """What stands on the page, in the reader's language."""
    say = locale.gettext
    return {
        "title": locale.filled(_("Sign-in codes: %(name)s"), {"name": class_name}),
        "school": school,
        "language": locale.language,
        "note": say(_("Cut out and hand over. Each password works once: at the first sign-in one chooses one's own.")),
        "login": say(_("Login")),
        "password": say(_("One-time password")),
        "address": f"{origin}/sign-in",
        "slips": msgspec.to_builtins(list(slips)),
    }


def pdf(what: dict[str, object], made_at: datetime) -> bytes:
    """Tagged (PDF/UA-1). Names travel as data, never as source."""
    made: Any = typst.compile(
        SOURCE.read_bytes(),
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"data": msgspec.json.encode(what).decode()},
        ignore_system_fonts=True,
        timestamp=made_at.replace(microsecond=0),
    )
    assert isinstance(made, bytes)
    return made
