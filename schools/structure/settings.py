"""The settings section `schools`."""

from typing import Annotated

import msgspec

from app.config import Described


class SchoolsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Schools."""

    smallest_cell: Annotated[
        int,
        msgspec.Meta(ge=1, le=100),
        Described(description="Fewest pupils of whom the Education Department is told a sum."),
    ] = 5
