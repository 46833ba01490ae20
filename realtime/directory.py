"""Finds the declared room that a name belongs to."""

import re
from collections.abc import Iterable
from typing import Final

from app.actor import Actor
from app.errors import ConfigurationError, Forbidden, NotFound, SignInNeeded
from app.feature import Params, Room, RoomKind

_PLACE: Final = re.compile(r"\{(\w+)\}")


class Directory:
    """All rooms of all features, by pattern."""

    def __init__(self, rooms: Iterable[Room]) -> None:
        self._rooms: list[tuple[re.Pattern[str], Room]] = []
        for room in rooms:
            if any(room.pattern == other.pattern for _, other in self._rooms):
                raise ConfigurationError(f"two rooms are declared as {room.pattern}")
            if room.kept and room.kind is not RoomKind.LOG:
                raise ConfigurationError(f"room {room.pattern}: only a log can be kept")
            if room.acks and (not room.kept or room.allow.anonymous):
                raise ConfigurationError(f"room {room.pattern}: acknowledgements need a kept room of signed-in people")
            self._rooms.append((_compiled(room.pattern), room))
        self._kept = [pattern for pattern, room in self._rooms if room.kept]

    def find(self, name: str) -> tuple[Room, Params]:
        """The room and the values of its places. Raises `NotFound`."""
        for pattern, room in self._rooms:
            match = pattern.fullmatch(name)
            if match is not None:
                return room, match.groupdict()
        raise NotFound

    def is_kept(self, name: str) -> bool:
        """Whether events of this room are numbered and kept in the database."""
        return any(pattern.fullmatch(name) for pattern in self._kept)

    def admit(self, actor: Actor, name: str) -> tuple[Room, Params]:
        """The same for somebody who asks to be in it: `allow` is checked here, the object by `Room.snapshot`."""
        room, params = self.find(name)
        if not room.allow.admits(actor):
            raise Forbidden if actor.signed_in else SignInNeeded
        return room, params


def _compiled(pattern: str) -> "re.Pattern[str]":
    """`{place}` stands for one segment: letters, digits, `.`, `_`, `~` and `-`."""
    parts = _PLACE.split(pattern)
    text = "".join(re.escape(part) if index % 2 == 0 else rf"(?P<{part}>[\w.~-]+)" for index, part in enumerate(parts))
    return re.compile(text, re.ASCII)
