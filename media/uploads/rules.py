"""What is made of a file: pure decisions over what was found in it."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from app.actor import Actor
from app.i18n import _
from media.headers import HeaderError, aac_track, av1_track, h264_track, opus_track, vp9_track
from media.packet import CLOCK_HZ, AudioTrack, VideoTrack
from media.uploads.facts import AudioPlan, Plan, Probe, StreamFacts, VideoPlan

SHORTEST_90K: Final = CLOCK_HZ // 5
"""Less than this is nothing to play."""
LONGEST_KEY_GAP_90K: Final = 20 * CLOCK_HZ
"""A picture with key frames further apart is encoded anew: nobody could seek in it."""
LONGEST_GAP_90K: Final = 2 * CLOCK_HZ
"""A picture that stands for longer is encoded anew, with its frame repeated: players stall at holes."""
LATEST_BEGIN_90K: Final = CLOCK_HZ // 2
"""A picture that begins so much later than the sound is encoded anew, so that the sound's beginning is kept."""
CUT_SHORT: Final = 0.9
"""A file with less than this share of what its header promises came in part."""
CUT_SHORT_90K: Final = 5 * CLOCK_HZ
INDEXED_FORMATS: Final = ("mov", "mp4")
"""Their header is exact about the length; others estimate."""
TEXT_SUBTITLES: Final = frozenset({"subrip", "srt", "mov_text", "webvtt", "ass", "ssa", "text"})
OPUS_SAMPLES: Final = frozenset({120, 240, 480, 960, 1920, 2880})
MOST_SIDE: Final = 16384


class Failure(StrEnum):
    """Why nothing can be made of a file: a stable word for programs."""

    NO_MEDIA = "no-media"
    EMPTY = "empty"
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"
    CUT_SHORT = "cut-short"
    ENCRYPTED = "encrypted"
    TOO_LONG = "too-long"
    TOO_DEMANDING = "too-demanding"
    NO_ROOM = "no-room"
    OURS = "ours"


SENTENCES: Final[Mapping[Failure, str]] = {
    Failure.NO_MEDIA: _(
        "There is neither picture nor sound in this file that we can read. Choose a video or a recording."
    ),
    Failure.EMPTY: _("This file plays for no time at all. Check it on your computer and upload it again."),
    Failure.DAMAGED: _("This file is damaged: it cannot be played. Save it again and upload the new file."),
    Failure.UNREADABLE: _(
        "Picture or sound of this file is written in a way that we cannot read. Save it as MP4 and upload the new file."
    ),
    Failure.CUT_SHORT: _("Only the beginning of this file is there. Upload the whole file again."),
    Failure.ENCRYPTED: _("This file is protected against copying. Upload one that is not."),
    Failure.TOO_LONG: _("This recording is too long. Cut it into shorter ones and upload them one by one."),
    Failure.TOO_DEMANDING: _("Converting this file takes more than our server may spend. Save it smaller, as MP4."),
    Failure.NO_ROOM: _("There is no room left on our disk. The administrators know of it."),
    Failure.OURS: _("Something failed on our side while this file was converted. The administrators know of it."),
}
"""For the uploader: what is wrong and what to do."""


class Limits(msgspec.Struct, frozen=True):
    """What is taken and what is made."""

    longest_s: float = 12 * 3600.0
    most_height: int = 1080


def can_see_upload(actor: Actor, created_by: int | None) -> bool:
    """Whoever uploaded it, and administrators."""
    return actor.has("admin") or (actor.account_id is not None and actor.account_id == created_by)


def decide(probe: Probe, limits: Limits) -> Plan | Failure:
    """What to make of a file, or why nothing can be made of it."""
    media = [one for one in probe.streams if one.kind in {"video", "audio"} and not one.cover]
    if not media:
        return Failure.NO_MEDIA
    if any(one.encrypted for one in media):
        return Failure.ENCRYPTED
    if not any(one.packets for one in media):
        return Failure.EMPTY
    video = _choose(one for one in media if one.kind == "video" and one.frames and one.packets > 1 and one.width)
    audio = _choose(one for one in media if one.kind == "audio" and one.frames and one.rate_hz)
    if video is None and audio is None:
        still = any(one.kind == "video" and one.frames for one in media)
        return Failure.NO_MEDIA if still else Failure.DAMAGED
    if _is_mute(media, "video", video) or _is_mute(media, "audio", audio):
        return Failure.UNREADABLE
    if probe.duration_90k < SHORTEST_90K:
        return Failure.EMPTY
    if probe.duration_s > limits.longest_s:
        return Failure.TOO_LONG
    if _is_cut_short(probe):
        return Failure.CUT_SHORT
    if video is not None and max(video.width, video.height) > MOST_SIDE:
        return Failure.TOO_DEMANDING
    return Plan(
        video=_video_plan(video, audio, limits) if video is not None else None,
        audio=_audio_plan(audio) if audio is not None else None,
        subtitles=tuple(
            one.index
            for one in probe.streams
            if one.kind == "subtitle" and one.codec in TEXT_SUBTITLES and one.packets and not one.encrypted
        ),
    )


def copied_video(facts: StreamFacts) -> VideoTrack | None:
    """The track as it is, where every browser plays it; None where it must be encoded anew."""
    try:
        match facts.codec:
            case "h264" if facts.config[:1] == b"\x01":
                return h264_track(facts.config)
            case "av1" if facts.config:
                return av1_track(facts.config)
            case "vp9":
                return vp9_track(facts.config or _vp9_record(facts), facts.width, facts.height)
    except HeaderError:
        return None
    return None


def copied_audio(facts: StreamFacts) -> AudioTrack | None:
    """The track as it is, where every browser plays it; None where it must be encoded anew."""
    try:
        match facts.codec:
            case "aac" if len(facts.config) >= 2:
                return aac_track(facts.config)
            case "opus" if facts.even and facts.frame_samples in OPUS_SAMPLES:
                return msgspec.structs.replace(opus_track(facts.config), frame_samples=facts.frame_samples)
    except HeaderError:
        return None
    return None


def fitted_size(facts: StreamFacts, most_height: int) -> tuple[int, int]:
    """Width and height with square pixels, turned upright, no larger than asked for; even, as H.264 needs it.

    `most_height` binds the shorter side: an upright film from a telephone is 1080 wide, not 1080 high.
    """
    width, height = facts.width * max(facts.pixel_shape, 0.01), float(facts.height)
    if facts.rotation % 180:
        width, height = height, width
    scale = min(1.0, most_height / min(width, height), 4096 / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def processor_seconds(probe: Probe, plan: Plan) -> int:
    """Processor time a conversion may take: several times what a slow machine needs."""
    if not plan.encodes:
        return round(60 + probe.duration_s / 10)
    return round(120 + probe.duration_s * (30 if plan.video is not None and not plan.video.copied else 2))


def _choose(streams: Iterable[StreamFacts]) -> StreamFacts | None:
    """The one its author marked, else the first."""
    found = list(streams)
    return next((one for one in found if one.default), found[0] if found else None)


def _is_mute(streams: list[StreamFacts], kind: str, chosen: StreamFacts | None) -> bool:
    """Whether there is something of this kind, and nothing of it can be decoded."""
    return chosen is None and any(one.kind == kind and one.packets > 1 and not one.frames for one in streams)


def _is_cut_short(probe: Probe) -> bool:
    if not any(name in probe.format.split(",") for name in INDEXED_FORMATS):
        return False
    missing = probe.claimed_90k - probe.duration_90k
    return missing > CUT_SHORT_90K and probe.duration_90k < CUT_SHORT * probe.claimed_90k


def _video_plan(video: StreamFacts, audio: StreamFacts | None, limits: Limits) -> VideoPlan:
    begin = min(video.begin_90k, audio.begin_90k) if audio is not None else video.begin_90k
    as_it_is = (
        copied_video(video) is not None
        and not video.rotation
        and not video.interlaced
        and abs(video.pixel_shape - 1) < 0.01
        and min(video.width, video.height) <= limits.most_height
        and not video.untimed
        and video.keys > 0
        and video.longest_key_gap_90k <= LONGEST_KEY_GAP_90K
        and video.longest_gap_90k <= LONGEST_GAP_90K
        and video.begin_90k - begin <= LATEST_BEGIN_90K
    )
    if as_it_is:
        return VideoPlan(video.index, copied=True, width=video.width, height=video.height, begin_90k=video.begin_90k)
    width, height = fitted_size(video, limits.most_height)
    return VideoPlan(
        video.index,
        copied=False,
        width=width,
        height=height,
        rotation=video.rotation,
        interlaced=video.interlaced,
        begin_90k=begin,
    )


def _audio_plan(audio: StreamFacts) -> AudioPlan:
    if copied_audio(audio) is not None and not audio.untimed:
        return AudioPlan(audio.index, copied=True, channels=audio.channels)
    return AudioPlan(audio.index, copied=False, channels=1 if audio.channels == 1 else 2)


def _vp9_record(facts: StreamFacts) -> bytes:
    """A vpcC record (VP9 in ISOBMFF §2.2) for a WebM file without one: profile 0, level 4.1, 8 bits, 4:2:0."""
    del facts
    return bytes((0, 41, 8 << 4 | 1 << 1, 2, 2, 2, 0, 0))
