"""A process that makes one product of a recording: `python -m media.archive.workshop`, an order on standard input.

Codecs read what came from outside; so they run here, with little priority, bounded memory and a life of their own: when
one fails or hangs nothing else does.
"""

import ctypes
import hashlib
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import msgspec

from media.archive.export import NoSpace, read_parts, write_mp4
from media.archive.orders import (
    Answer,
    AnyOrder,
    Details,
    Further,
    Made,
    MadeFile,
    MakeMp4,
    MakeNormalised,
    MakePatches,
    MakePodcast,
    MakePoster,
    MakeStoryboard,
    MeasureSound,
    Refused,
)
from media.archive.redaction.patching import write_patch
from media.archive.spans import KeyFrame, Span
from media.archive.webvtt import Cue, storyboard_vtt
from media.codec import loudness, loudness_copy, thumbnails
from media.codec.export import replace_sound
from media.hls.boxes import AUDIO_ID, VIDEO_ID
from media.packet import CLOCK_HZ, AudioTrack
from media.record.files import take_name

PR_SET_PDEATHSIG: Final = 1
NICENESS: Final = 10
MOST_MEMORY: Final = 2 * 1024**3
"""Of address space. What is made here takes a tenth of it."""
TELL_EVERY_S: Final = 1.0
AAC_KBIT: Final = 128
MP3_KBIT: Final = 96

Tell = Callable[[float], None]


def main() -> int:
    """Reads one order, answers in lines; 0 when it was made."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=AnyOrder)
    try:
        made = make(order, _teller())
    except (NoSpace, OSError, ValueError, MemoryError) as problem:
        _answer(Refused(str(problem) or type(problem).__name__))
        return 1
    _answer(msgspec.structs.replace(made, peak_rss_mib=_peak_rss_mib()))
    return 0


def make(order: AnyOrder, tell: Tell) -> Made:
    """Does what is ordered. Raises `NoSpace`, OSError, ValueError."""
    match order:
        case MakeMp4():
            return _make_mp4(order, tell)
        case MakePoster():
            return _make_poster(order)
        case MakeStoryboard():
            return _make_storyboard(order, tell)
        case MeasureSound():
            return _measure_sound(order, tell)
        case MakePodcast():
            return _make_podcast(order, tell)
        case MakeNormalised():
            return _make_normalised(order, tell)
        case MakePatches():
            return _make_patches(order, tell)


def _make_patches(order: MakePatches, tell: Tell) -> Made:
    out = Path(order.out)
    files = []
    for place, piece in enumerate(order.pieces):
        name = f"{place}.mp4"
        part = _within(tell, place / len(order.pieces), 1 / len(order.pieces))
        made = write_patch(Path(order.folder), piece, order.strokes, out / name, part)
        (out / f"{place}.json").write_bytes(msgspec.json.encode(made))
        files.append(_made(out / name, "video/mp4"))
    return Made(files, {})


def _make_mp4(order: MakeMp4, tell: Tell) -> Made:
    total = sum(span.length for run in order.runs for span in run)
    before = 0
    files = []
    for number, run in enumerate(order.runs, start=1):
        name = f"{order.stem}{f'-{number}' if len(order.runs) > 1 else ''}.{'m4a' if order.sound_only else 'mp4'}"

        def further(done: int, of: int, run: list[Span] = run, before: int = before) -> None:
            length = sum(span.length for span in run)
            tell((before + length * done / max(of, 1)) / max(total, 1))

        written = write_mp4(Path(order.folder), run, Path(order.out) / name, further, sound_only=order.sound_only)
        before += sum(span.length for span in run)
        files.append(
            MadeFile(
                name=name,
                type="audio/mp4" if order.sound_only else "video/mp4",
                bytes=written.bytes,
                sha256=written.sha256,
                begin_s=run[0].position_90k / CLOCK_HZ,
                end_s=run[-1].end_90k / CLOCK_HZ,
            )
        )
    return Made(files, {})


def _make_poster(order: MakePoster) -> Made:
    decoder = thumbnails.KeyFrameDecoder()
    widths = {number: min(track.width or 1280, thumbnails.MOST_POSTER_WIDTH) for number, track in order.tracks.items()}
    pictures = (
        (frame.position_90k / CLOCK_HZ, picture)
        for frame, data in _key_frames(Path(order.folder), order.frames)
        if (picture := decoder.picture(order.tracks[frame.take], data, widths[frame.take])) is not None
    )
    best = thumbnails.best_picture(pictures)
    if best is None:
        raise ValueError("no key frame of this recording can be decoded")
    second, picture = best
    (Path(order.out) / "poster.jpg").write_bytes(thumbnails.poster(picture))
    details: Details = {"width": picture.width, "height": picture.height, "at_s": round(second, 3)}
    return Made([_made(Path(order.out) / "poster.jpg", "image/jpeg")], details)


def _make_storyboard(order: MakeStoryboard, tell: Tell) -> Made:
    out = Path(order.out)
    decoder = thumbnails.KeyFrameDecoder()
    height = thumbnails.tile_height([(track.width, track.height) for track in order.tracks.values()])
    board = thumbnails.Storyboard(out, height)
    placed: list[tuple[int, str, tuple[int, int, int, int]]] = []
    for frame, data in _key_frames(Path(order.folder), order.frames):
        picture = decoder.picture(order.tracks[frame.take], data, thumbnails.TILE_WIDTH)
        placed.append((frame.position_90k, *board.add(picture)))
        tell(len(placed) / len(order.frames))
    board.close()
    sheets = [_made(out / name, "image/jpeg") for name in board.names]
    versions = {sheet.name: sheet.sha256[:8] for sheet in sheets}
    ends = [*(position for position, _, _ in placed[1:]), order.end_90k]
    cues = [
        Cue(position / CLOCK_HZ, end / CLOCK_HZ, f"{name}?v={versions[name]}", box)
        for (position, name, box), end in zip(placed, ends, strict=True)
    ]
    (out / "storyboard.vtt").write_text(storyboard_vtt(cues), encoding="utf-8")
    step = order.end_90k / CLOCK_HZ / max(len(placed), 1)
    details: Details = {
        "tile_width": thumbnails.TILE_WIDTH,
        "tile_height": height,
        "columns": thumbnails.COLUMNS,
        "rows": thumbnails.ROWS,
        "tiles": len(placed),
        "step_s": round(step, 3),
    }
    return Made([_made(out / "storyboard.vtt", "text/vtt"), *sheets], details)


def _measure_sound(order: MeasureSound, tell: Tell) -> Made:
    measured = loudness.measure(sound_packets(order.folder, order.spans, order.tracks, tell))
    path = Path(order.out) / "waveform.json"
    path.write_bytes(msgspec.json.encode({"points_per_s": loudness.POINTS_PER_S, "peaks": measured.peaks}))
    details: Details = {
        "integrated_lufs": measured.integrated_lufs,
        "range_lu": measured.range_lu,
        "true_peak_dbtp": measured.true_peak_dbtp,
    }
    return Made([_made(path, "application/json")], details)


def _make_podcast(order: MakePodcast, tell: Tell) -> Made:
    path = Path(order.out) / ("podcast.mp3" if loudness_copy.has_mp3() else "podcast.m4a")
    codec, kbit = (loudness_copy.MP3, MP3_KBIT) if loudness_copy.has_mp3() else ("aac", AAC_KBIT)
    packets = sound_packets(order.folder, order.spans, order.tracks, tell)
    loudness_copy.write_copy(packets, order.gain_db, path, codec, kbit)
    made = _made(path, "audio/mpeg" if loudness_copy.has_mp3() else "audio/mp4")
    end_s = order.spans[-1].end_90k / CLOCK_HZ
    return Made([msgspec.structs.replace(made, end_s=end_s)], {"duration_s": round(end_s, 3), "gain_db": order.gain_db})


def _make_normalised(order: MakeNormalised, tell: Tell) -> Made:
    """For each run: the plain movie, its sound at even loudness, and then both together."""
    out = Path(order.out)
    files: list[MadeFile] = []
    for number, run in enumerate(order.runs, start=1):
        done, share = (number - 1) / len(order.runs), 1 / len(order.runs)
        path = out / f"recording-normalised{f'-{number}' if len(order.runs) > 1 else ''}.mp4"
        movie, sound = out / ".movie.mp4", out / ".sound.m4a"
        write_mp4(Path(order.folder), run, movie, lambda _done, _of: None)
        begin = run[0].position_90k
        own = [msgspec.structs.replace(span, position_90k=span.position_90k - begin) for span in run]
        if any(span.take in order.tracks for span in run):
            packets = sound_packets(order.folder, own, order.tracks, _within(tell, done, 0.9 * share))
            loudness_copy.write_copy(packets, order.gain_db, sound, "aac", AAC_KBIT)
            replace_sound(movie, sound, path, _within(tell, done + 0.9 * share, 0.1 * share))
            movie.unlink()
            sound.unlink()
        else:
            movie.rename(path)
        made = _made(path, "video/mp4")
        files.append(msgspec.structs.replace(made, begin_s=begin / CLOCK_HZ, end_s=run[-1].end_90k / CLOCK_HZ))
    return Made(files, {"gain_db": order.gain_db})


def _key_frames(folder: Path, frames: Sequence[KeyFrame]) -> Iterator[tuple[KeyFrame, bytes]]:
    """Each with its coded picture; empty where there is none."""
    with ExitStack() as files:
        fds = _Files(folder, files)
        for frame in frames:
            fd = fds.take(frame.take)
            data = b""
            for part in read_parts(fd, frame.offset, frame.length):
                run = next((run for run in part.runs if run.track_id == VIDEO_ID and run.sizes), None)
                if run is not None:
                    data = os.pread(fd, run.sizes[0], part.moof_at + run.data_offset)
                    break
            yield frame, data


def sound_packets(
    folder: str, spans: Sequence[Span], tracks: Mapping[int, AudioTrack], tell: Tell
) -> Iterator[loudness.Packet]:
    """The sound of spans, frame by frame, on the timeline of the recording."""
    end = spans[-1].end_90k
    with ExitStack() as files:
        fds = _Files(Path(folder), files)
        for span in spans:
            track = tracks.get(span.take)
            if track is None:
                continue
            rate, fd = track.sample_rate, fds.take(span.take)
            shift = round(span.position_90k * rate / CLOCK_HZ) - round(span.dts_90k * rate / CLOCK_HZ)
            for part in read_parts(fd, span.offset, span.length):
                for run in (run for run in part.runs if run.track_id == AUDIO_ID and run.sizes):
                    data = memoryview(os.pread(fd, sum(run.sizes), part.moof_at + run.data_offset))
                    at = run.decode_time + shift
                    for size, duration in zip(run.sizes, run.durations, strict=True):
                        yield loudness.Packet(track, at, bytes(data[:size]))
                        data, at = data[size:], at + duration
                    tell(at * CLOCK_HZ / rate / max(end, 1))


class _Files:
    """Takes, opened once each."""

    def __init__(self, folder: Path, files: ExitStack) -> None:
        self._folder = folder
        self._files = files
        self._fds: dict[int, int] = {}

    def take(self, number: int) -> int:
        fd = self._fds.get(number)
        if fd is None:
            fd = self._fds[number] = os.open(self._folder / take_name(number), os.O_RDONLY | os.O_CLOEXEC)
            self._files.callback(os.close, fd)
        return fd


def _made(path: Path, content_type: str) -> MadeFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return MadeFile(path.name, content_type, os.fstat(file.fileno()).st_size, digest, 0.0, 0.0)


def _peak_rss_mib() -> int:
    """Of this program: `ru_maxrss` would still count the process that started it."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) >> 10
    return 0


def _teller() -> Tell:
    told_at = time.monotonic()

    def tell(share: float) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at >= TELL_EVERY_S:
            told_at = now
            _answer(Further(min(max(share, 0.0), 1.0)))

    return tell


def _within(tell: Tell, begin: float, length: float) -> Tell:
    """Tells of a part of the work as of the whole."""
    return lambda share: tell(begin + length * share)


def _answer(answer: Answer) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
