"""The process that touches an uploaded file: it limits itself first, and answers in JSON lines on standard output.

Whatever a hostile file does to a demuxer or decoder happens here: in a process without secrets in its environment, with
a bounded address space, processor time and file size, that dies with the worker.
"""

import ctypes
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from media.packet import Tracks
from media.uploads.facts import Plan, Probe, StreamFacts
from media.uploads.rules import Failure, copied_audio, copied_video

MIB: Final = 1024 * 1024
TELL_EVERY_S: Final = 1.0
PR_SET_PDEATHSIG: Final = 1


class ChildLimits(msgspec.Struct, frozen=True):
    """What the process may use. The wall clock is its parent's to watch."""

    memory_mib: int
    cpu_s: int
    file_mib: int
    niceness: int = 10


class LookOrder(msgspec.Struct, frozen=True, tag="look"):
    """Find out what is in the file."""

    source: str
    limits: ChildLimits


class ConvertOrder(msgspec.Struct, frozen=True, tag="convert"):
    """Package the file into `folder`, which is there and empty."""

    source: str
    limits: ChildLimits
    probe: Probe
    plan: Plan
    folder: str
    stream_id: str
    began_at_s: float
    threads: int


class Looked(msgspec.Struct, frozen=True, tag="looked"):
    probe: Probe


class Reached(msgspec.Struct, frozen=True, tag="reached"):
    """So much of the file is done, in 1/90000 s."""

    done_90k: int


class Converted(msgspec.Struct, frozen=True, tag="converted"):
    """The rows lie in `index.json` of the folder, captions in `captions.json`."""

    duration_90k: int


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    failure: Failure
    detail: str = ""
    """For the log."""


Order = LookOrder | ConvertOrder
Answer = Looked | Reached | Converted | Failed


class EmbeddedCaptions(msgspec.Struct, frozen=True):
    """A text track of the file."""

    language: str
    vtt: str
    cues: int


def limit_myself(limits: ChildLimits) -> None:
    """Before anything of the file is read."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    memory = limits.memory_mib * MIB
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_mib * MIB, limits.file_mib * MIB))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    os.nice(limits.niceness)
    try:
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    except OSError as problem:  # the machine decides by itself whom it kills
        sys.stderr.write(f"oom_score_adj: {problem}\n")


def execute(order: Order) -> Answer:
    """Does what was asked; every outcome is an answer."""
    from media.codec.probe import Broken, NoMedia, probe

    try:
        return Looked(probe(order.source)) if isinstance(order, LookOrder) else _convert(order)
    except NoMedia as problem:
        return Failed(Failure.NO_MEDIA, str(problem))
    except Broken as problem:
        return Failed(Failure.DAMAGED, str(problem))
    except MemoryError:
        return Failed(Failure.TOO_DEMANDING, "memory")
    except OSError as problem:
        if problem.errno in {28, 122}:  # ENOSPC, EDQUOT
            return Failed(Failure.NO_ROOM, str(problem))
        if problem.errno == 12:  # ENOMEM
            return Failed(Failure.TOO_DEMANDING, str(problem))
        raise


def _convert(order: ConvertOrder) -> Answer:
    from media.codec import convert
    from media.uploads.take import package

    plan, folder = order.plan, Path(order.folder)
    lanes = []
    video_track = audio_track = None
    if plan.video is not None:
        facts = order.probe.stream(plan.video.index)
        video_track = copied_video(facts) if plan.video.copied else None
        if video_track is not None:
            lanes.append(convert.copied_video_lane(order.source, facts, video_track))
        else:
            video = convert.EncodedVideo(order.source, plan.video, order.threads)
            video_track = video.track
            lanes.append(video.packets())
    if plan.audio is not None:
        facts = order.probe.stream(plan.audio.index)
        audio_track = copied_audio(facts) if plan.audio.copied else None
        if audio_track is not None:
            lanes.append(convert.copied_audio_lane(order.source, facts))
        else:
            audio = convert.EncodedAudio(order.source, plan.audio)
            audio_track = audio.track
            lanes.append(audio.packets())
    begin = order.probe.begin_90k
    tracks = Tracks(video_track, audio_track)
    packaged = package(folder, order.stream_id, tracks, lanes, order.began_at_s, _Teller(begin).tell)
    if not packaged.segments:
        return Failed(Failure.DAMAGED, "nothing could be decoded")
    (folder / "index.json").write_bytes(msgspec.json.encode(packaged))
    captions = [_embedded(order, order.probe.stream(index), packaged.origin_90k) for index in plan.subtitles]
    (folder / "captions.json").write_bytes(msgspec.json.encode([one for one in captions if one.cues]))
    return Converted(packaged.duration_90k)


def _embedded(order: ConvertOrder, facts: StreamFacts, origin_90k: int) -> EmbeddedCaptions:
    from media.codec.convert import embedded_cues
    from media.uploads.captions import shifted, write_vtt

    cues = list(shifted(embedded_cues(order.source, facts), origin_90k))
    return EmbeddedCaptions(facts.language, write_vtt(cues), len(cues))


class _Teller:
    """Says how far it is, about once a second."""

    def __init__(self, begin_90k: int) -> None:
        self._begin = begin_90k
        self._next_s = time.monotonic() + TELL_EVERY_S

    def tell(self, at_90k: int) -> None:
        now = time.monotonic()
        if now >= self._next_s:
            self._next_s = now + TELL_EVERY_S
            say(Reached(max(0, at_90k - self._begin)))


def say(answer: Answer) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    order: Order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    limit_myself(order.limits)
    say(execute(order))


if __name__ == "__main__":
    main()
