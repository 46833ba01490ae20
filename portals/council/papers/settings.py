"""Rules of papers and invitations that a council sets for itself: section `papers`."""

from typing import Annotated, Literal

import msgspec

from app.config import Described


class PapersSettings(msgspec.Struct, frozen=True):
    """What is public when, how large files are, how invitations are worded."""

    limit_mib: Annotated[int, Described(description="Largest file of a paper, in MiB.")] = 200
    default_audience: Annotated[
        Literal["public", "councillors"],
        Described(description="Who sees a new paper unless the clerk says otherwise: `public` or `councillors`."),
    ] = "public"
    public_days_before: Annotated[
        int,
        Described(
            description="Papers for councillors only become public so many days before the session unless the clerk"
            " says otherwise; 0: they do not by themselves."
        ),
    ] = 3
    notice_days: Annotated[
        int,
        Described(description="Days before a session by which members must have been invited (the statute's rule)."),
    ] = 7
    committee_notice_days: Annotated[int, Described(description="The same for meetings of committees.")] = 3
    planned_minutes: Annotated[
        int, Described(description="Length of a session in calendar files where its items have no planned time.")
    ] = 240
    send_updates: Annotated[
        bool,
        Described(
            description="Whoever was invited gets an update or a cancellation by itself when time or place change or"
            " the session is called off."
        ),
    ] = True
    reply_to: Annotated[
        str, Described(description="Address that answers to invitations go to; empty: the sender's.")
    ] = ""
    organiser: Annotated[
        str, Described(description="Address of the organiser in calendar files; empty: `reply_to`, else the sender's.")
    ] = ""
    opening: Annotated[
        str,
        Described(description="First sentence of notices and invitations, such as the legal ground; empty: none."),
    ] = ""
