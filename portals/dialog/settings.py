"""The settings section `dialog`."""

from typing import Annotated

import msgspec

from app.config import Described


class DialogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Consultations."""

    districts: Annotated[
        tuple[str, ...],
        Described(description="Districts (osiedla) that people choose from; empty: nobody is asked for one."),
    ] = ()
    topics: Annotated[
        tuple[str, ...], Described(description="Topics that the clerk chooses from; empty: written freely.")
    ] = ()
    ends_soon_h: Annotated[
        int, msgspec.Meta(ge=1, le=720), Described(description="Hours before the end of a phase that count as «soon».")
    ] = 48
