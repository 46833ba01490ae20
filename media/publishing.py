"""What publishers, listeners and the registry of streams say to one another."""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum

import msgspec

from media.continuity.model import SlateKind, Slot


class PublishGrant(msgspec.Struct, frozen=True):
    """What a stream key opens. `label` names the stream in logs; `slate` is shown instead of the source from the
    beginning, where the public may not see it.
    """

    stream_id: str
    on_air: bool
    label: str
    slot: Slot = Slot.PRIMARY
    slate: SlateKind | None = None
    slate_text: str = ""


Authorise = Callable[[str, str], Awaitable[PublishGrant | None]]
"""(key, peer address) → grant, or None for a key that opens nothing."""


class PublishRefused(Exception):
    """A publisher is turned away. `code` is an RTMP status code, the description a sentence for its operator."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class PublisherPresent(PublishRefused):
    """The key is right, and another encoder is sending with it."""


class StreamChange(StrEnum):
    """What listeners are told of."""

    LIVE = "live"
    """The first packet of a publisher arrived, or the tracks changed."""
    PAUSED = "paused"
    ON_AIR = "on_air"
    ENDED = "ended"
    FEEDING = "feeding"
    """`Streams.feeding` changed: another encoder, or a slate."""
    PROBLEM = "problem"
    """`Streams.problem` has something for the clerk."""


Listener = Callable[[str, StreamChange], None]


class Problem(msgspec.Struct, frozen=True):
    """Why an encoder was turned away: a message id, and what fills its `%(name)s` places."""

    message: str
    values: Mapping[str, str] = {}
