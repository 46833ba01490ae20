"""The settings section `sealing`."""

from typing import Annotated

import msgspec

from app.config import Described


class SealingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the clerk is offered when a part of a session is closed."""

    legal_bases: Annotated[
        tuple[str, ...],
        Described(description="Provisions on which a part of a session may be closed; offered, others may be typed."),
    ] = (
        "art. 11b ust. 1 u.s.g., art. 5 ust. 1 ustawy o dostępie do informacji publicznej (tajemnice ustawowe)",
        "art. 11b ust. 1 u.s.g., art. 5 ust. 2 ustawy o dostępie do informacji publicznej (prywatność osoby)",
        "art. 11b ust. 1 u.s.g., art. 5 ust. 2 ustawy o dostępie do informacji publicznej (tajemnica przedsiębiorcy)",
    )
