"""Decoder configuration read without a decoder: what a track is, from the bytes its encoder sends ahead of the frames.

Pure functions, shared by every protocol that brings media in. What cannot be read or cannot be played in a browser
raises `HeaderError`, whose message is a sentence for the person who sets up the encoder.
"""

from media.headers.audio import aac_track, opus_frame_samples, opus_head, opus_track
from media.headers.bits import HeaderError
from media.headers.nal import h264_track, hevc_track, is_random_access, nal_length_size, with_four_byte_lengths
from media.headers.royalty_free import av1_track, vp9_size, vp9_track, without_temporal_delimiter

__all__ = [
    "HeaderError",
    "aac_track",
    "av1_track",
    "h264_track",
    "hevc_track",
    "is_random_access",
    "nal_length_size",
    "opus_frame_samples",
    "opus_head",
    "opus_track",
    "vp9_size",
    "vp9_track",
    "with_four_byte_lengths",
    "without_temporal_delimiter",
]
