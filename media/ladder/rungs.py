"""Which smaller versions a source gets. Pure."""

from collections.abc import Iterable
from typing import Final

import msgspec

from app.errors import ConfigurationError

AUDIO: Final = "audio"
HALVED_FROM_FPS: Final = 30
"""Above this a small picture gets every second frame."""


class Rung(msgspec.Struct, frozen=True, gc=False):
    """One smaller picture. `max_fps` 0: every frame of the source."""

    name: str
    height: int
    kbit_s: int
    max_fps: int = 0


RUNGS: Final = (
    Rung("720p", 720, 2200),
    Rung("480p", 480, 1000),
    Rung("240p", 240, 350, HALVED_FROM_FPS),
)


class Choice(msgspec.Struct, frozen=True, gc=False):
    """What the setting `renditions` names, largest picture first."""

    rungs: tuple[Rung, ...]
    audio: bool

    def below(self, height: int) -> tuple[Rung, ...]:
        """Those smaller than a source of that height: nothing is scaled up."""
        return tuple(rung for rung in self.rungs if rung.height < height)


def chosen(names: str) -> Choice:
    """Reads the setting. Raises ConfigurationError for a name that does not exist."""
    wanted = {name.strip() for name in names.split(",")} - {""}
    known = {rung.name for rung in RUNGS} | {AUDIO}
    if wanted - known:
        raise ConfigurationError(
            f"ladder.renditions: {_listed(wanted - known)} is not known, only {_listed(known)} are"
        )
    return Choice(tuple(rung for rung in RUNGS if rung.name in wanted), AUDIO in wanted)


def size_of(rung: Rung, width: int, height: int) -> tuple[int, int]:
    """Width and height in pixels of a rung made from a picture of that size: the same shape, even sides."""
    return max(2, round(width * rung.height / height / 2) * 2), rung.height // 2 * 2


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
