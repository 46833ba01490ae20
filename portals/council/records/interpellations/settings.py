"""Settings of interpellations."""

from typing import Annotated

import msgspec

from app.config import Described


class InterpellationSettings(msgspec.Struct, frozen=True):
    """Time limits and addressees of interpellations."""

    answer_days: Annotated[
        int, Described(description="Days for the answer, counted from the day after it was submitted (art. 24 u.s.g.).")
    ] = 14
    addressee: Annotated[
        str, Described(description="To whom interpellations are addressed unless somebody else is named.")
    ] = "Prezydent Miasta"
