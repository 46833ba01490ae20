"""The settings section `debate`."""

from typing import Annotated

import msgspec

from app.config import Described
from portals.council.debate.model import SpeechKind


class DebateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How long people may speak, and who goes first; as the council's statute says."""

    speech_s: Annotated[
        int, msgspec.Meta(ge=10, le=86400), Described(description="Seconds for a councillor's speech.")
    ] = 300
    reply_s: Annotated[int, msgspec.Meta(ge=10, le=86400), Described(description="Seconds for a reply (ad vocem).")] = (
        120
    )
    motion_s: Annotated[
        int, msgspec.Meta(ge=10, le=86400), Described(description="Seconds for a formal motion (wniosek formalny).")
    ] = 120
    guest_s: Annotated[
        int, msgspec.Meta(ge=10, le=86400), Described(description="Seconds for a guest: a resident, an official.")
    ] = 300
    warn_s: Annotated[
        int,
        msgspec.Meta(ge=0, le=3600),
        Described(description="Seconds before the end of the time at which the timers warn."),
    ] = 30
    extend_s: Annotated[
        int, msgspec.Meta(ge=10, le=3600), Described(description="Seconds that one press adds to a speech.")
    ] = 60
    first: Annotated[
        tuple[SpeechKind, ...],
        Described(
            description="Kinds that stand before all others in the queue, the first one foremost: `motion`, `reply`, "
            "`speech`, `guest`. Empty: everybody in the order of asking."
        ),
    ] = ("motion", "reply")

    def limit_s(self, kind: SpeechKind) -> int:
        """Seconds that somebody may speak."""
        return {"speech": self.speech_s, "reply": self.reply_s, "motion": self.motion_s, "guest": self.guest_s}[kind]
