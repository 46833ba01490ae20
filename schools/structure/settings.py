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
    register_years: Annotated[
        int,
        msgspec.Meta(ge=5, le=100),
        Described(
            description="Full calendar years (>=) that a register is kept after that in which its school year ended."
        ),
    ] = 5
    pupil_years: Annotated[
        int,
        msgspec.Meta(ge=50, le=150),
        Described(
            description="The same for the record of pupils and their final grades, after their last school year."
        ),
    ] = 50
