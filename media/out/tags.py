"""Tracks and packets as bodies of RTMP messages: FLV tags, and Enhanced RTMP for what FLV has no number for.

The way back of `media.rtmp.flv`. Pure.
"""

from typing import Final

from media.headers import opus_head
from media.packet import AudioTrack, Codec, Packet, Tracks, VideoTrack

FLV_AVC: Final = 7
FLV_AAC: Final = 10
PLAIN: Final = frozenset({Codec.H264, Codec.AAC})
"""What every RTMP server takes."""

SEQUENCE_START, CODED_FRAMES, CODED_FRAMES_X = 0, 1, 3
EX_AUDIO: Final = 9
KEY, INTER = 1, 2
AAC_44_STEREO_16: Final = 0xAF
"""FLV's byte for AAC: rate and channels stand there by convention, the truth in the AudioSpecificConfig."""


def missing_codec(tracks: Tracks, fourccs: frozenset[str]) -> Codec | None:
    """A codec that the server does not take; `fourccs` is its `fourCcList`."""
    for track in (tracks.video, tracks.audio):
        if track is not None and track.codec not in PLAIN and not fourccs & {track.codec.value, "*"}:
            return track.codec
    return None


def video_header(track: VideoTrack) -> bytes:
    """The decoder configuration."""
    if track.codec is Codec.H264:
        return bytes((KEY << 4 | FLV_AVC, 0, 0, 0, 0)) + track.config
    return bytes((0x80 | KEY << 4 | SEQUENCE_START,)) + track.codec.value.encode() + track.config


def audio_header(track: AudioTrack) -> bytes:
    """The decoder configuration."""
    if track.codec is Codec.AAC:
        return bytes((AAC_44_STEREO_16, 0)) + track.config
    return bytes((EX_AUDIO << 4 | SEQUENCE_START,)) + track.codec.value.encode() + opus_head(track.config)


def video_frame(track: VideoTrack, packet: Packet) -> bytes:
    """One picture."""
    frame = KEY if packet.key else INTER
    composition_ms = round((packet.pts - packet.dts) / 90)
    composition = composition_ms.to_bytes(3, "big", signed=True)
    if track.codec is Codec.H264:
        return bytes((frame << 4 | FLV_AVC, 1)) + composition + packet.data
    fourcc = track.codec.value.encode()
    if track.codec is Codec.HEVC and composition_ms:
        return bytes((0x80 | frame << 4 | CODED_FRAMES,)) + fourcc + composition + packet.data
    kind = CODED_FRAMES_X if track.codec is Codec.HEVC else CODED_FRAMES
    return bytes((0x80 | frame << 4 | kind,)) + fourcc + packet.data


def audio_frame(track: AudioTrack, packet: Packet) -> bytes:
    """One frame of sound."""
    if track.codec is Codec.AAC:
        return bytes((AAC_44_STEREO_16, 1)) + packet.data
    return bytes((EX_AUDIO << 4 | CODED_FRAMES,)) + track.codec.value.encode() + packet.data


def metadata(tracks: Tracks, program: str) -> dict[str, object]:
    """The members of `onMetaData`."""
    said: dict[str, object] = {"encoder": program}
    video, audio = tracks.video, tracks.audio
    if video is not None:
        number = FLV_AVC if video.codec is Codec.H264 else int.from_bytes(video.codec.value.encode(), "big")
        said |= {"width": video.width, "height": video.height, "videocodecid": number}
    if audio is not None:
        number = FLV_AAC if audio.codec is Codec.AAC else int.from_bytes(audio.codec.value.encode(), "big")
        said |= {"audiocodecid": number, "audiosamplerate": audio.sample_rate, "stereo": audio.channels > 1}
    return said
