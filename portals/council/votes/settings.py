"""The settings section `votes`: what the statute (statut) of the city says of quorum and votes."""

from typing import Annotated

import msgspec

from app.config import Described
from app.errors import ConfigurationError
from portals.council.votes import rules
from portals.council.votes.model import Progress, Tie

OPENERS = ("clerk", "admin", "chair", "vice_chair")


class VotesSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The statute's rules. A vote is counted by the rules that were in force when it was prepared."""

    statutory: Annotated[
        int,
        msgspec.Meta(ge=0, le=500),
        Described(description="Seats of the council by law, vacant ones too; 0: as many as there are councillors."),
    ] = 0
    quorum: Annotated[
        str, Described(description="Share of all seats that must be present for a valid decision, such as 1/2.")
    ] = "1/2"
    openers: Annotated[
        tuple[str, ...],
        Described(
            description="Who opens, closes and cancels votes: roles (`clerk`, `admin`) and offices (`chair`, "
            "`vice_chair`)."
        ),
    ] = ("clerk", "admin")
    majorities: Annotated[
        tuple[str, ...],
        Described(
            description="Majorities that are offered, the first is the usual one: `simple`, `absolute`, "
            "`absolute_statutory`, `qualified_3_5`, `qualified_2_3`, `qualified_3_4` (of the votes), `statutory_3_5`, "
            "`statutory_2_3`, `statutory_3_4` (of all seats)."
        ),
    ] = ("simple", "absolute", "absolute_statutory", "qualified_3_5", "qualified_2_3", "statutory_3_5", "statutory_2_3")
    abstentions_count: Annotated[
        bool,
        Described(description="Whether abstentions are among the votes of which an absolute or 3/5 majority is asked."),
    ] = True
    tie: Annotated[
        Tie, Described(description="An equal number for and against: `rejected`, or the `chair`'s own vote decides.")
    ] = "rejected"
    may_change: Annotated[
        bool, Described(description="Whether a councillor may change a named vote before the close.")
    ] = True
    late_after_min: Annotated[
        int,
        msgspec.Meta(ge=0, le=1440),
        Described(description="Minutes after the start from which a councillor who confirms presence is late."),
    ] = 15
    progress: Annotated[
        Progress,
        Described(
            description="What residents see of an open vote: `none`, the `count` of those who have voted, or their "
            "`names`; never how."
        ),
    ] = "count"
    attendance: Annotated[
        bool, Described(description="Whether residents see the attendance list by name, or how many are there alone.")
    ] = True


def check(settings: VotesSettings) -> None:
    """Raises `ConfigurationError` that names the setting and what is wrong with it."""
    try:
        rules.read_quorum(settings.quorum)
    except ValueError:
        raise ConfigurationError(f"[votes] quorum: {settings.quorum} is no share such as 1/2") from None
    for name in settings.majorities:
        if name not in rules.MAJORITIES:
            raise ConfigurationError(f"[votes] majorities: there is no {name}")
    if not settings.majorities:
        raise ConfigurationError("[votes] majorities: at least one is needed")
    for name in settings.openers:
        if name not in OPENERS:
            raise ConfigurationError(f"[votes] openers: {name} is not one of {', '.join(OPENERS)}")
    if not settings.openers:
        raise ConfigurationError("[votes] openers: somebody must be able to open a vote")
