"""One stream as the registry keeps it: who feeds it, what packages it, what is known of it."""

import secrets

from media.continuity.changeover import Changeover
from media.continuity.model import Feeding, SlateKind
from media.continuity.programme import Programme
from media.packet import Packet, Tracks
from media.publishing import Listener, Problem, StreamChange
from media.stream import Sink, Stream


class Carried:
    """One stream and what stands around it. It is a sink of its stream too: that is how changes are heard of."""

    def __init__(self, stream: Stream, label: str, tell: Listener, encoders: Changeover) -> None:
        self.stream = stream
        self.encoders = encoders
        self.label = label
        self.slate: SlateKind | None = None
        """The slate that somebody asked for …"""
        self.slate_text = ""
        """… and the line below its sentence."""
        self.fed = Feeding.NOTHING
        """What listeners were told last."""
        self.on_air = False
        self.preview_id = secrets.token_urlsafe(12)
        self.packager: Sink | None = None
        self.takeover_allowed = False
        self.problem: Problem | None = None
        self.idle_since: float | None = None
        self._tell = tell
        self._news = False

    @property
    def programme(self) -> Programme | None:
        """What chooses between source and slate, for a stream on air."""
        return self.packager if isinstance(self.packager, Programme) else None

    @property
    def feeding(self) -> Feeding:
        if self.programme is not None and self.programme.slate is not None:
            return Feeding.SLATE
        if self.encoders.mixing.feeds:
            return Feeding.BOTH
        slot = self.encoders.feeding
        encoder = self.encoders.known(slot)
        return Feeding(slot.value) if encoder is not None and encoder.live else Feeding.NOTHING

    def on_tracks(self, tracks: Tracks) -> None:
        del tracks
        self._news = True

    def on_packet(self, packet: Packet) -> None:
        del packet
        if self._news:
            self._news = False
            self.problem = None
            self._tell(self.stream.id, StreamChange.LIVE)

    def on_pause(self) -> None:
        self._tell(self.stream.id, StreamChange.PAUSED)

    def on_end(self) -> None:
        self._tell(self.stream.id, StreamChange.ENDED)
