"""Settings and data of a block of information."""

from typing import Final

import msgspec
from markupsafe import Markup

MOST_TEXT: Final = 20_000


class InformationSettings(msgspec.Struct, frozen=True):
    """`text`: Markdown."""

    text: str = ""


class Information(msgspec.Struct, frozen=True):
    """`html`: what the text looks like, cleaned."""

    html: Markup
    letters: int
