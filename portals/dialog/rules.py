"""Who may do what in a consultation, and when. Pure: loaders, actions and pages ask here."""

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from app.actor import SYSTEM, Actor
from app.i18n import Locale, _
from app.search import folded
from portals.dialog.model import Author, Consultation, Participant, PersonKind, Phase, PhaseState

CLERK: Final = "consultation_clerk"
MODERATOR: Final = "consultation_moderator"
MANAGING_ROLES: Final = (CLERK, "admin")
MODERATING_ROLES: Final = (CLERK, MODERATOR, "admin")
INSIDE_ROLES: Final = (CLERK, MODERATOR, "auditor", "admin")
"""They read drafts, and who people are."""

Need = Literal["nothing", "sign_in", "join", "verify"]


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody may not take part now, in words for them. `message`: a message id with `%(name)s` places."""

    message: str
    need: Need = "nothing"
    """What the person can do about it."""
    values: dict[str, str | datetime] = {}

    def text(self, locale: Locale) -> str:
        """In the reader's language; moments are exact."""
        return locale.filled(self.message, self.values)


NOT_PUBLISHED: Final = Refusal(message=_("This consultation is not published yet"))
CANCELLED: Final = Refusal(message=_("This consultation was cancelled"))
SIGN_IN: Final = Refusal(message=_("Sign in to take part"), need="sign_in")
JOIN: Final = Refusal(message=_("Say first as whom you take part"), need="join")
VERIFY: Final = Refusal(message=_("Only people whose identity the office has checked take part here"), need="verify")
NOT_FOR: Final[dict[PersonKind, Refusal]] = {
    "resident": Refusal(message=_("Residents do not take part in this consultation"), need="join"),
    "business": Refusal(message=_("Businesses do not take part in this consultation"), need="join"),
    "organisation": Refusal(message=_("Organisations do not take part in this consultation"), need="join"),
}


def can_manage(actor: Actor) -> bool:
    """Whether the actor makes and runs consultations."""
    return actor == SYSTEM or actor.has(*MANAGING_ROLES)


def can_moderate(actor: Actor) -> bool:
    return actor == SYSTEM or actor.has(*MODERATING_ROLES)


def can_see_inside(actor: Actor) -> bool:
    """Whether the actor may know of drafts, and who stands behind a pseudonym."""
    return actor == SYSTEM or actor.has(*INSIDE_ROLES)


def can_read(actor: Actor, consultation: Consultation) -> bool:
    """What was published once stays readable; a draft is the office's."""
    return consultation.state != "draft" or can_see_inside(actor)


def when_open(
    consultation: Consultation, phase: Phase | None, phases: Sequence[Phase], now: datetime
) -> Refusal | None:
    """Whether the clock and the consultation's state let anybody take part. `phase` None: while any phase runs."""
    if consultation.state == "cancelled":
        return CANCELLED
    if consultation.state != "published":
        return NOT_PUBLISHED if consultation.state == "draft" else _ended(phases[-1] if phases else None)
    if phase is None:
        running = running_phase(phases, now)
        if running is not None:
            return None
        coming = next((one for one in phases if now < one.starts_at), None)
        phase = coming or (phases[-1] if phases else None)
        if phase is None:
            return _ended(None)
    if now < phase.starts_at:
        return Refusal(message=_("This begins on %(when)s"), values={"when": phase.starts_at})
    return None if now < phase.ends_at else _ended(phase)


def _ended(phase: Phase | None) -> Refusal:
    if phase is None:
        return Refusal(message=_("This has ended"))
    return Refusal(message=_("This ended on %(when)s"), values={"when": phase.ends_at})


def who_may(
    consultation: Consultation, actor: Actor, participant: Participant | None, *, without_account: bool = False
) -> Refusal | None:
    """Whether this person may take part at all. `without_account`: the block can do without one."""
    if consultation.open_to == "everyone" and without_account and not actor.signed_in:
        return None
    if not actor.signed_in:
        return SIGN_IN
    if participant is None:
        return JOIN
    if participant.kind not in consultation.kinds:
        return NOT_FOR[participant.kind]
    if consultation.only_districts and participant.district not in consultation.only_districts:
        places = ", ".join(consultation.only_districts)
        return Refusal(message=_("Only people from %(places)s take part here"), values={"places": places})
    return VERIFY if consultation.open_to == "verified" and not participant.verified else None


def can_take_part(
    consultation: Consultation,
    phase: Phase | None,
    phases: Sequence[Phase],
    actor: Actor,
    participant: Participant | None,
    now: datetime,
    *,
    without_account: bool = False,
) -> Refusal | None:
    """None: this person may take part at this moment. Else why not; the clock speaks before the person."""
    return when_open(consultation, phase, phases, now) or who_may(
        consultation, actor, participant, without_account=without_account
    )


def asks_nothing(consultation: Consultation) -> bool:
    """There is nothing to say or choose when joining: whoever acts first has joined."""
    one_way = len(consultation.shown_as) == 1 and consultation.kinds == ["resident"]
    return one_way and not consultation.asked and not consultation.only_districts


def running_phase(phases: Iterable[Phase], now: datetime) -> Phase | None:
    """The phase that runs; of several, the one that ends first."""
    running = [phase for phase in phases if phase.state(now) == "running"]
    return min(running, key=lambda phase: phase.ends_at, default=None)


def stage(phases: Sequence[Phase], now: datetime) -> PhaseState:
    """Where the whole consultation is; between two phases it runs."""
    if not phases or all(now < phase.starts_at for phase in phases):
        return "coming"
    return "ended" if all(now >= phase.ends_at for phase in phases) else "running"


def shown(participant: Participant) -> Author:
    """How the public sees somebody. The one way in which a participant leaves the inside."""
    if participant.erased_at is not None:
        return Author(name="", shown="erased", kind=participant.kind, key=f"p{participant.id}")
    if participant.shown_as == "anonymous":
        return Author(name="", shown="anonymous", kind=participant.kind, verified=participant.verified)
    name = participant.name if participant.shown_as == "name" else participant.pseudonym
    organisation = participant.organisation if participant.shown_as == "name" else ""
    return Author(
        name=name,
        shown=participant.shown_as,
        kind=participant.kind,
        organisation=organisation,
        verified=participant.verified,
        key=f"p{participant.id}",
    )


def office(name: str = "") -> Author:
    """How the office is shown: an official answer. `name`: who speaks for it."""
    return Author(name=name, shown="office")


def slug_of(text: str) -> str:
    """Lower-case Latin letters, digits and hyphens."""
    return "-".join(re.findall(r"[a-z0-9]+", folded(text)))


def new_pseudonym() -> str:
    """Three syllables that mean nothing in any language: «Tovami»."""
    syllables = (secrets.choice("bdfgklmnprstvz") + secrets.choice("aeiou") for _number in range(3))
    return "".join(syllables).capitalize()


def which_of_two(moment: datetime, zone: ZoneInfo) -> str:
    """In the autumn night's double hour: `first` or `second`; empty for every other moment."""
    found = moments(moment.astimezone(zone).replace(tzinfo=None), zone)
    if len(found) < 2:
        return ""
    return "first" if moment < found[1] else "second"


def moments(local: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """UTC moments at which the clocks of the zone show `local` (naive).

    None in the spring night's missing hour, two (the earlier one first) in the autumn night's double one.
    """
    found = []
    for fold in (0, 1):
        moment = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        back = moment.astimezone(zone).replace(tzinfo=None)
        if back == local and moment not in found:
            found.append(moment)
    return tuple(sorted(found))
