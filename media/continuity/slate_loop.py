"""A slate as packets: the coded loop again and again with times that go on, and silence beside it. Pure."""

from typing import Final

from media.continuity.model import CodedSlate
from media.headers import aac_track, h264_track
from media.hls.sound import silent_frame
from media.packet import CLOCK_HZ, AudioTrack, Kind, Packet, Tracks

PLAIN_SOUND: Final = bytes((0x11, 0x90))
"""AudioSpecificConfig (ISO 14496-3 §1.6.2.1): AAC-LC, 48 kHz, two channels."""


def slate_tracks(source: Tracks | None, slate: CodedSlate) -> Tracks:
    """Tracks that stand in for `source`: its picture in H.264, its sound as it is where silence can be written in it.

    A track that the source does not have is not there in the slate either; before any source there are both.
    """
    video, sound = h264_track(slate.config), aac_track(PLAIN_SOUND)
    if source is None or (source.video is None and source.audio is None):
        return Tracks(video, sound)
    audio = source.audio
    if audio is not None and not silent_frame(audio):
        audio = sound
    return Tracks(video if source.video is not None else None, audio)


class SlateLoop:
    """One showing of a slate. Its first packet has time 0."""

    def __init__(self, tracks: Tracks, slate: CodedSlate) -> None:
        self.tracks = tracks
        self._slate = slate
        self._frames_sent = 0
        self._sounds_sent = 0
        self._silence = silent_frame(tracks.audio) if tracks.audio is not None else b""

    def packets_before(self, end_90k: int) -> list[Packet]:
        """What is due before `end_90k` and was not given yet, in order."""
        out: list[Packet] = []
        if self.tracks.video is not None:
            step, frames = self._slate.frame_90k, self._slate.frames
            while (at := self._frames_sent * step) < end_90k:
                out += self._sound_before(at)
                frame = frames[self._frames_sent % len(frames)]
                out.append(Packet(Kind.VIDEO, at, at, frame.key, frame.data))
                self._frames_sent += 1
        out += self._sound_before(end_90k)
        return out

    def _sound_before(self, end_90k: int) -> list[Packet]:
        track: AudioTrack | None = self.tracks.audio
        if track is None:
            return []
        out = []
        while (at := self._sounds_sent * track.frame_samples * CLOCK_HZ // track.sample_rate) < end_90k:
            out.append(Packet(Kind.AUDIO, at, at, key=True, data=self._silence))
            self._sounds_sent += 1
        return out
