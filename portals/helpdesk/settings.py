"""Rules that an office sets for its helpdesk: section `helpdesk`."""

from typing import Annotated

import msgspec

from app.config import Described


class HelpdeskSettings(msgspec.Struct, frozen=True, kw_only=True):
    """When what is solved is closed, and what else residents of the office are told."""

    close_after_days: Annotated[
        int,
        msgspec.Meta(ge=0, le=365),
        Described(
            description="A solved ticket is closed after so many days without a word; until then a reply opens it"
            " again. 0: tickets are closed by people only."
        ),
    ] = 7
    phone: Annotated[
        str,
        Described(description="Telephone number of the helpdesk, shown beside its forms; empty: none."),
    ] = ""
