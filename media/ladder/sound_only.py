"""The sound of a stream alone. It is passed through, so it needs no worker and is there at once."""

from collections import deque
from typing import Final

from media.hls.cuts import Lead
from media.hls.window import Bounds
from media.ladder.rendition import Rendition
from media.ladder.rungs import AUDIO
from media.packager import Packager
from media.packet import CLOCK_HZ, AudioTrack, Packet, Tracks

PATIENCE: Final = 2 * CLOCK_HZ
"""Sound that has been missing for so long, in 1/90000 s, is silence: players are not kept waiting."""


class SoundOnly:
    """Told of every segment and every frame of sound of the source, by their positions."""

    def __init__(self, source: Packager, bounds: Bounds) -> None:
        self.rendition: Rendition | None = None
        self._source = source
        self._bounds = bounds
        self._leads: deque[Lead] | None = None
        """None while no run goes on."""

    def begin_segment(self, lead: Lead, track: AudioTrack) -> None:
        rendition = self.rendition
        if self._leads is not None and rendition is not None:
            self._leads.append(lead)
            rendition.pass_time(lead.at_90k - PATIENCE)
        else:
            if rendition is None or not rendition.can_go_on(lead):
                self.drop()
                rendition = self.rendition = Rendition(AUDIO, self._source, self._bounds, lead)
            self._leads = deque([lead])
            rendition.begin_run(Tracks(audio=track), self._leads)

    def push(self, packet: Packet) -> None:
        rendition = self.rendition
        if self._leads is None or rendition is None:
            return
        rendition.on_packet(packet)
        if not rendition.is_offered:
            rendition.offer()

    def pause(self) -> None:
        if self._leads is not None and self.rendition is not None:
            self.rendition.on_pause()
        self._leads = None

    def end(self) -> None:
        self.pause()
        if self.rendition is not None:
            self.rendition.on_end()

    def drop(self) -> None:
        """The source and this have parted: it begins anew with the next segment."""
        if self.rendition is not None:
            self.rendition.withdraw()
        self.rendition = None
        self._leads = None
