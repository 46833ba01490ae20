"""What a connection reports. Besides these, `Tracks` and `Packet` of the media core are events of their own."""

from collections.abc import Mapping

import msgspec

from media.packet import Packet, Tracks
from media.rtmp import amf0


class Connected(msgspec.Struct, frozen=True):
    """The `connect` command. `encoder` is what the program calls itself, cut to something short."""

    app: str
    encoder: str

    def __repr__(self) -> str:
        """Without the app: an encoder with one field only puts the key there."""
        return f"Connected(encoder={self.encoder!r})"


class PublishRequested(msgspec.Struct, frozen=True):
    """The peer wants to publish. Nothing more is read until `accept_publish` or `refuse_publish` is called."""

    app: str
    key: str

    def __repr__(self) -> str:
        """Without the key, and without the app, which may hold it: events end up in logs and test reports."""
        return f"PublishRequested(key=<{len(self.key)} characters>)"


class Metadata(msgspec.Struct, frozen=True):
    """What the encoder says of itself (`onMetaData`); all of it optional, and to be trusted for nothing but show."""

    encoder: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    video_kbit_s: float = 0.0
    audio_kbit_s: float = 0.0

    @classmethod
    def read(cls, said: Mapping[str, amf0.Value]) -> "Metadata":
        """From the members of the metadata object."""
        return cls(
            encoder=short_text(said.get("encoder"), 80),
            width=int(_number(said.get("width"))),
            height=int(_number(said.get("height"))),
            fps=_number(said.get("framerate")),
            video_kbit_s=_number(said.get("videodatarate")),
            audio_kbit_s=_number(said.get("audiodatarate")),
        )


class Unpublished(msgspec.Struct, frozen=True):
    """The encoder said that it ends; it may publish again on the same connection."""


class Refused(msgspec.Struct, frozen=True):
    """We refused, and the peer was told: `code` is the status code it saw, `description` the sentence beside it.

    `message` and `values` are the same sentence as a message id and what fills it, for the clerk's page.
    """

    code: str
    message: str
    values: Mapping[str, str] = {}

    @property
    def description(self) -> str:
        return self.message % self.values


class Faulted(msgspec.Struct, frozen=True):
    """The peer broke the protocol or a limit. The last event: nothing more is read."""

    reason: str


Event = Connected | PublishRequested | Metadata | Tracks | Packet | Unpublished | Refused | Faulted


def short_text(value: amf0.Value, limit: int) -> str:
    """A string argument, cut to `limit` characters, without control characters; empty for anything else."""
    return "".join(char for char in value[:limit] if char.isprintable()) if isinstance(value, str) else ""


def _number(value: amf0.Value) -> float:
    """A number that is one, between 0 and a million; 0 for anything else."""
    return float(value) if isinstance(value, float) and 0 <= value <= 1_000_000 else 0.0
