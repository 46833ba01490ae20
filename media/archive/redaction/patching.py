"""Writes the file that stands in for some segments of a take: muted, or with a part of the picture made unreadable.

Sound is muted frame by frame with coded silence, so what is not muted stays the very same; a picture that is changed is
decoded, painted over and encoded anew from IDR to IDR. Times stay: each new segment begins and ends where the old one
does. Blocking.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from media.archive.export import read_parts
from media.archive.fragments import Run, read_init
from media.archive.orders import MadePatch, PatchPiece, PatchSource, Stroke
from media.archive.redaction.parameter_sets import free_id, with_sets
from media.codec.repaint import Painting, Sample, repaint
from media.headers import h264_track
from media.hls.boxes import AUDIO_ID, VIDEO_ID, init_section
from media.hls.fragment import DELTA_FLAGS, KEY_FLAGS, PARTS_IN_SEGMENT, build_part, part_header
from media.hls.sound import silent_frame
from media.packet import CLOCK_HZ, AudioTrack, Codec, Tracks, VideoTrack
from media.record.files import take_name
from media.record.model import PatchSegment

MARGIN_FRAMES: Final = 2
"""A coded frame of sound reaches into its neighbours."""


class _Picture(msgspec.Struct, gc=False):
    """A frame as the new file has it: `at` and `offset` in 1/90000 s of the take."""

    at: int
    offset: int
    key: bool
    data: bytes


class _Sound(msgspec.Struct, gc=False):
    at: int
    data: bytes


def write_patch(
    folder: Path, piece: PatchPiece, strokes: Sequence[Stroke], out: Path, tell: Callable[[float], None]
) -> MadePatch:
    """Raises ValueError where it cannot be done, OSError."""
    fd = os.open(folder / take_name(piece.take), os.O_RDONLY | os.O_CLOEXEC)
    try:
        init = os.pread(fd, piece.init_bytes, 0)
        delay = next((track.delay for track in read_init(init) if track.track_id == VIDEO_ID), 0)
        taken = [_read(fd, source) for source in piece.sources]
    finally:
        os.close(fd)
    tracks, pictures = piece.tracks, [one[0] for one in taken]
    if tracks.video is not None and any(stroke.picture for stroke in strokes):
        video, pictures = _paint(tracks.video, piece, pictures, delay, strokes, tell)
        tracks = Tracks(video, tracks.audio)
        init = init_section(tracks)
    sounds = [one[1] for one in taken]
    if tracks.audio is not None:
        sounds = [
            _mute(tracks.audio, source, frames, strokes) for source, frames in zip(piece.sources, sounds, strict=True)
        ]
    segments = []
    with out.open("wb") as file:
        file.write(init)
        for source, frames, sound in zip(piece.sources, pictures, sounds, strict=True):
            data = _segment(source, frames, sound, tracks.audio)
            segments.append(_row(source, file.tell(), data, tracks, frames))
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
    tell(1.0)
    return MadePatch(tracks, len(init), segments)


def _row(source: PatchSource, at: int, data: bytes, tracks: Tracks, frames: list[_Picture]) -> PatchSegment:
    independent = tracks.video is None or bool(frames and frames[0].key)
    digest = hashlib.sha256(data).digest()
    return PatchSegment(source.msn, at, len(data), source.dts_90k, source.duration_90k, independent, digest)


def _read(fd: int, source: PatchSource) -> tuple[list[_Picture], list[_Sound]]:
    pictures: list[_Picture] = []
    sounds: list[_Sound] = []
    for part in read_parts(fd, source.offset, source.length):
        for run in part.runs:
            data = os.pread(fd, sum(run.sizes), part.moof_at + run.data_offset)
            if run.track_id == VIDEO_ID:
                pictures += _frames(run, data)
            elif run.track_id == AUDIO_ID:
                at, place = run.decode_time, 0
                for size, duration in zip(run.sizes, run.durations, strict=True):
                    sounds.append(_Sound(at, data[place : place + size]))
                    at, place = at + duration, place + size
    return pictures, sounds


def _frames(run: Run, data: bytes) -> list[_Picture]:
    found, at, place = [], run.decode_time, 0
    for size, duration, flags, offset in zip(run.sizes, run.durations, run.flags, run.offsets, strict=True):
        found.append(_Picture(at, offset, flags == KEY_FLAGS, data[place : place + size]))
        at, place = at + duration, place + size
    return found


def _paint(
    track: VideoTrack,
    piece: PatchPiece,
    pictures: list[list[_Picture]],
    delay: int,
    strokes: Sequence[Stroke],
    tell: Callable[[float], None],
) -> tuple[VideoTrack, list[list[_Picture]]]:
    """All frames of the piece anew. Frames are shown at `at + offset - delay` of the take."""
    shift = piece.sources[0].position_90k - piece.sources[0].dts_90k
    paintings = [
        Painting(stroke.begin_90k - shift, stroke.end_90k - shift, stroke.picture == "black", stroke.area)
        for stroke in strokes
        if stroke.picture
    ]
    samples = [Sample(one.at + one.offset - delay, one.key, one.data) for frames in pictures for one in frames]
    begins = [source.dts_90k for source in piece.sources]
    number = free_id(track.config) if track.codec is Codec.H264 else 0
    made = repaint(track, samples, paintings, begins, number, tell)
    config = made.config if track.codec is not Codec.H264 else with_sets(track.config, made.sps, made.pps)
    video = msgspec.structs.replace(h264_track(config), name=h264_track(made.config).name)
    found: list[list[_Picture]] = [[] for _ in piece.sources]
    place = 0
    for sample in made.samples:
        while place + 1 < len(begins) and sample.at >= begins[place + 1]:
            place += 1
        found[place].append(_Picture(sample.at, 0, sample.key, sample.data))
    return video, found


def _mute(track: AudioTrack, source: PatchSource, frames: list[_Sound], strokes: Sequence[Stroke]) -> list[_Sound]:
    spans = [(stroke.begin_90k, stroke.end_90k) for stroke in strokes if stroke.mute]
    if not spans:
        return frames
    silence = silent_frame(track)
    if not silence:
        raise ValueError(f"silence cannot be written in this sound ({track.name})")
    shift = source.position_90k - source.dts_90k
    margin = MARGIN_FRAMES * track.frame_samples

    def is_muted(at: int) -> bool:
        begin = (at - margin) * CLOCK_HZ // track.sample_rate + shift
        end = (at + track.frame_samples + margin) * CLOCK_HZ // track.sample_rate + shift
        return any(first < end and begin < last for first, last in spans)

    return [_Sound(one.at, silence) if is_muted(one.at) else one for one in frames]


def _segment(source: PatchSource, frames: list[_Picture], sound: list[_Sound], track: AudioTrack | None) -> bytes:
    """The segment as one part."""
    end = source.dts_90k + source.duration_90k
    fields: list[int] = []
    for frame, following in pairwise([*frames, None]):
        assert frame is not None
        until = following.at if following is not None else max(end, frame.at + 1)
        flags = KEY_FLAGS if frame.key else DELTA_FLAGS
        fields += (max(until - frame.at, 0), len(frame.data), flags, frame.offset & 0xFFFFFFFF)
    step = track.frame_samples if track is not None else 0
    if any(later.at - earlier.at != step for earlier, later in pairwise(sound)):
        raise ValueError("the sound of this span has holes")
    prft, sequence = part_header(source.msn * PARTS_IN_SEGMENT, source.began_at_s, source.dts_90k)
    return build_part(
        prft,
        sequence,
        frames[0].at if frames else source.dts_90k,
        fields,
        [frame.data for frame in frames],
        sound[0].at if sound else 0,
        step,
        [frame.data for frame in sound],
    )
