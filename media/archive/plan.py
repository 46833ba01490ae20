"""What belongs to an ended recording, and how each product is made. Reads the takes' beginnings, writes nothing."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from media.archive import store
from media.archive.export import tracks_of
from media.archive.manifest import build_manifest, sign
from media.archive.model import Asset, AssetKind, clip_kind
from media.archive.orders import (
    AnyOrder,
    Made,
    MadeFile,
    MakeMp4,
    MakeNormalised,
    MakePodcast,
    MakePoster,
    MakeStoryboard,
    MeasureSound,
)
from media.archive.redaction.parameter_sets import covers
from media.archive.settings import ArchiveSettings
from media.archive.signing_key import signing_key
from media.archive.spans import Span, poster_frames, runs, spans, step_s, storyboard_frames
from media.record.files import take_path
from media.record.model import Recording
from media.record.timeline import RecordingIndex, cut, duration_s, redacted, shown

RECIPE: Final = 1
"""Raised when products are made in another way, so that old ones are made anew."""

POSTER_CANDIDATES: Final = 12
MANIFEST_NAME: Final = "manifest.json"
MOST_GAIN_DB: Final = 30.0


class Step(msgspec.Struct, frozen=True):
    """A product to be made: for which state of the recording, and how. `also` is a second kind that gets the details.

    `order` is for a workshop; `here` makes what needs no codec in this process.
    """

    kind: str
    made_for: str
    order: Callable[[Path], AnyOrder] | None = None
    here: Callable[[Path], Made] | None = None
    also: str = ""
    clip: str = ""
    """Token of the clip it belongs to."""
    state: tuple[int, int | None, int] = (0, None, 1)
    """The recording's when it was planned (`state_of`)."""


class Archive(msgspec.Struct, frozen=True):
    """What jobs of the archive work with: a part of the worker (`app.jobs.part`)."""

    folder: Path
    settings: ArchiveSettings
    signing_key: Path


def all_steps(
    archive: Archive, whole: RecordingIndex, clips: list[store.ClipRow], loudness: Asset | None
) -> list[Step]:
    steps = [_manifest_step(archive, whole)]
    steps += plan(archive, shown(whole), loudness.details if loudness is not None else {})
    for clip in clips:
        steps += _clip_steps(archive, clip.token, clip_index(whole, clip.begin_90k, clip.end_90k))
    return [msgspec.structs.replace(step, state=state_of(whole.recording)) for step in steps]


def state_of(recording: Recording) -> tuple[int, int | None, int]:
    """What decides which bytes are shown: the trim, and the version of the published copy."""
    return recording.trim_begin_90k, recording.trim_end_90k, recording.version


def clip_index(whole: RecordingIndex, begin_90k: int, end_90k: int) -> RecordingIndex:
    """A piece of the published copy, without what a trim took out of sight; empty where nothing is left."""
    recording = whole.recording
    begin = max(begin_90k, recording.trim_begin_90k)
    end = end_90k if recording.trim_end_90k is None else min(end_90k, recording.trim_end_90k)
    visible = redacted(whole)
    return cut(visible, begin, end) if begin < end else cut(visible, 0, 0)


def plan(archive: Archive, index: RecordingIndex, loudness: dict[str, Any]) -> list[Step]:
    """What belongs to a recording, in the order in which it is made. Reads the takes' beginnings."""
    if not index.segments:
        return []
    settings = archive.settings
    folder = str(archive.folder / index.recording.stream_id)
    video = {take.number: take.tracks.video for take in index.takes if take.tracks.video is not None}
    audio = {take.number: take.tracks.audio for take in index.takes if take.tracks.audio is not None}
    state = _digest(index)
    files = _runs(archive, index)
    all_spans = spans(index)
    end_90k = index.segments[-1].end_90k
    steps: list[Step] = []

    def add(kind: str, order: Callable[[Path], AnyOrder], option: object = "", also: str = "") -> None:
        steps.append(Step(kind, f"{RECIPE} {state} {option}".strip(), order, also=also))

    if video:
        candidates = poster_frames(index, POSTER_CANDIDATES)
        add(AssetKind.POSTER, lambda out: MakePoster(folder, str(out), candidates, video))
        if settings.mp4:
            add(AssetKind.MP4, lambda out: MakeMp4(folder, str(out), files, "recording"))
        if settings.storyboard:
            frames = storyboard_frames(index, step_s(duration_s(index)))
            add(AssetKind.STORYBOARD, lambda out: MakeStoryboard(folder, str(out), frames, video, end_90k))
    if audio:
        sounds = [run for run in _runs(archive, index, sound_only=True) if run[0].take in audio]
        add(AssetKind.WAVEFORM, lambda out: MeasureSound(folder, str(out), all_spans, audio), also=AssetKind.LOUDNESS)
        add(AssetKind.AUDIO, lambda out: MakeMp4(folder, str(out), sounds, "audio", sound_only=True))
        gain = gain_db(loudness, settings.loudness_lufs)
        if settings.podcast:
            add(
                AssetKind.PODCAST, lambda out: MakePodcast(folder, str(out), all_spans, audio, gain), option=f"{gain:+}"
            )
        if settings.normalised_copy and video:
            add(
                AssetKind.NORMALISED,
                lambda out: MakeNormalised(folder, str(out), files, audio, gain),
                option=f"{gain:+}",
            )
    return steps


def gain_db(loudness: dict[str, Any], target_lufs: float) -> float:
    """What brings a recording to the target; silence stays silence."""
    integrated = loudness.get("integrated_lufs")
    return 0.0 if integrated is None else round(min(target_lufs - float(integrated), MOST_GAIN_DB), 1)


def _manifest_step(archive: Archive, whole: RecordingIndex) -> Step:
    """Of the whole recording, whatever is shown of it: what was recorded does not change."""

    def here(out: Path) -> Made:
        stream_id = whole.recording.stream_id
        inits = {}
        for take in whole.takes:
            with take_path(archive.folder, stream_id, take.number).open("rb") as file:
                inits[take.number] = file.read(take.init_bytes)
        signed = sign(build_manifest(whole, inits, datetime.now(UTC)), signing_key(archive.signing_key))
        data = msgspec.json.encode(signed)
        (out / MANIFEST_NAME).write_bytes(data)
        made = MadeFile(MANIFEST_NAME, "application/json", len(data), hashlib.sha256(data).hexdigest(), 0.0, 0.0)
        return Made([made], {"key": signed.key})

    return Step(AssetKind.MANIFEST, f"{RECIPE} {_digest(whole)}", here=here)


def _clip_steps(archive: Archive, token: str, piece: RecordingIndex) -> list[Step]:
    if not piece.segments:
        return []
    folder = str(archive.folder / piece.recording.stream_id)
    kind, files = clip_kind(token), _runs(archive, piece)

    def order(out: Path) -> AnyOrder:
        return MakeMp4(folder, str(out), files, kind)

    return [Step(kind, f"{RECIPE} {_digest(piece)}", order, clip=token)]


def _runs(archive: Archive, index: RecordingIndex, *, sound_only: bool = False) -> list[list[Span]]:
    """Takes whose tracks are declared alike fit into one file; for sound alone the picture does not matter.

    A patch declares its own parameter sets beside its take's, so the take fits in with it.
    """
    parameters = {
        take.number: tuple(
            (track.track_id, track.timescale, track.stsd)
            for track in tracks_of(take_path(archive.folder, index.recording.stream_id, take.number), take.init_bytes)
            if not (sound_only and track.is_video)
        )
        for take in index.takes
    }
    return runs(index, {number: _fullest(own, parameters.values()) for number, own in parameters.items()})


Declared = tuple[tuple[int, int, bytes], ...]
"""Number, timescale and sample description of each track."""


def _fullest(own: Declared, others: Iterable[Declared]) -> Declared:
    """The one among them that declares all that `own` does, and most beside it."""
    fitting = [
        other
        for other in others
        if len(other) == len(own)
        and all(
            (there[0], there[1]) == (here[0], here[1]) and covers(there[2], here[2])
            for here, there in zip(own, other, strict=True)
        )
    ]
    return max(fitting, key=lambda one: sum(len(track[2]) for track in one))


def _digest(index: RecordingIndex) -> str:
    digest = hashlib.sha256()
    for segment in index.segments:
        digest.update(segment.sha256)
    return digest.hexdigest()[:32]
