"""Settings of interpellations."""

from collections.abc import Container
from datetime import date
from typing import Annotated

import holidays
import msgspec

from app.config import Described
from app.errors import ConfigurationError


class InterpellationSettings(msgspec.Struct, frozen=True):
    """Time limits and addressees of interpellations."""

    answer_days: Annotated[
        int, Described(description="Days for the answer, counted from the day after it was submitted (art. 24 u.s.g.).")
    ] = 14
    holidays: Annotated[
        str,
        Described(
            description="Country whose public holidays no time limit ends on, such as PL; empty: only weekends count."
        ),
    ] = "PL"
    addressee: Annotated[
        str, Described(description="To whom interpellations are addressed unless somebody else is named.")
    ] = "Prezydent Miasta"


def days_off(country: str) -> Container[date]:
    """Public holidays of a country, of whatever year is asked for."""
    if not country:
        return frozenset()
    try:
        return holidays.country_holidays(country)
    except NotImplementedError as problem:
        raise ConfigurationError(f"interpellations.holidays: no calendar of «{country}» is known") from problem
