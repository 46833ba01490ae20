"""What feeds a stream's viewers, and what is shown to them when nothing does."""

from enum import StrEnum
from typing import Final

import msgspec

from app.i18n import _


class Slot(StrEnum):
    """An encoder's place. The primary one feeds while it can."""

    PRIMARY = "primary"
    BACKUP = "backup"


class SlateKind(StrEnum):
    """What a slate says. `CLOSED` is a part of a session without the public: nothing of it may be seen or kept."""

    STARTS_SOON = "starts_soon"
    BACK_SOON = "back_soon"
    BREAK = "break"
    CLOSED = "closed"


class Feeding(StrEnum):
    """What viewers get now."""

    PRIMARY = "primary"
    BACKUP = "backup"
    BOTH = "both"
    """Both encoders in one picture."""
    SLATE = "slate"
    NOTHING = "nothing"


SENTENCES: Final = {
    SlateKind.STARTS_SOON: _("We are about to start"),
    SlateKind.BACK_SOON: _("We will be right back"),
    SlateKind.BREAK: _("A break in the session"),
    SlateKind.CLOSED: _("This part is closed to the public"),
}
"""Message ids; a slate shows them in the city's first language."""


class Size(msgspec.Struct, frozen=True, gc=False):
    """Pixels."""

    width: int
    height: int


class CodedFrame(msgspec.Struct, frozen=True, gc=False):
    """One picture of a slate in the form of `media.packet.Packet.data`."""

    key: bool
    data: bytes


class CodedSlate(msgspec.Struct, frozen=True, gc=False):
    """A slate's picture, encoded once: it is repeated for as long as it is shown.

    `config` is the avcC record; each frame lasts `frame_90k`; the first is an IDR and every reference stays within
    the frames before it, so that the first follows the last.
    """

    config: bytes
    frame_90k: int
    frames: tuple[CodedFrame, ...]
