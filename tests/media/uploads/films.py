"""Small films made in the test: a white flash and a beep in the first 80 ms of every second, a red bar that wanders."""

import math
import struct
from fractions import Fraction
from pathlib import Path

import av
import av.audio.fifo

RATE = 48_000
FLASH_S = 0.08


def film(
    path: Path,
    container: str,
    video: str = "",
    audio: str = "",
    *,
    seconds: float = 4,
    fps: int = 25,
    size: tuple[int, int] = (160, 120),
    layout: str = "stereo",
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    muxer: dict[str, str] | None = None,
    times: list[float] | None = None,
    audio_begins_s: float = 0.0,
    video_begins_s: float = 0.0,
    subtitles: tuple[str, list[tuple[float, float, str]]] | None = None,
) -> Path:
    """`times`: when each picture is shown, for one whose pace varies."""
    with av.open(str(path), "w", format=container, options=muxer or {}) as out:
        picture = out.add_stream(video, rate=fps) if video else None
        if picture is not None:
            picture.width, picture.height = size
            picture.pix_fmt, picture.options = pixels, options or {}
            if times is not None:
                picture.codec_context.time_base = picture.time_base = Fraction(1, 1000)
        sound = out.add_stream(audio, rate=RATE) if audio else None
        if sound is not None:
            sound.layout = layout
        words = out.add_stream(subtitles[0]) if subtitles else None
        if words is not None:
            words.codec_context.subtitle_header = b"[Script Info]\n"
        if picture is not None:
            shown = times if times is not None else [number / fps for number in range(int(seconds * fps))]
            for at in shown:
                frame = _picture(at, size).reformat(format=pixels)
                frame.pts, frame.time_base = round((at + video_begins_s) * 1000), Fraction(1, 1000)
                if times is None:
                    frame.pts, frame.time_base = round((at + video_begins_s) * fps), Fraction(1, fps)
                out.mux(picture.encode(frame))
            out.mux(picture.encode())
        if sound is not None:
            for frame in _sound(seconds, sound):
                frame.pts += round(audio_begins_s * RATE)
                out.mux(sound.encode(frame))
            out.mux(sound.encode())
        for begin, end, text in subtitles[1] if subtitles else ():
            data = text.encode()
            packet = av.Packet(data if subtitles[0] == "subrip" else len(data).to_bytes(2, "big") + data)
            packet.stream, packet.time_base = words, Fraction(1, 1000)
            packet.pts = packet.dts = round(begin * 1000)
            packet.duration = round((end - begin) * 1000)
            out.mux(packet)
    return path


def turned(source: Path, path: Path) -> Path:
    """The same MP4 as a telephone held upright writes it: a quarter turn in the track header's matrix."""
    data = bytearray(source.read_bytes())
    at = data.index(b"tkhd") + 4 + 4 + 4 * 5 + 8 + 8
    data[at : at + 36] = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    path.write_bytes(data)
    return path


def flashes_and_beeps(data: bytes, path: Path) -> tuple[list[float], list[float]]:
    """When each flash and each beep begins, in seconds on the file's clock: decoded from `data`."""
    path.write_bytes(data)
    flashes: list[float] = []
    beeps: list[float] = []
    with av.open(str(path)) as container:
        kinds = {stream.type for stream in container.streams}
    if "video" in kinds:
        with av.open(str(path)) as container:
            lit = False
            for frame in container.decode(video=0):
                luma = bytes(frame.reformat(width=8, height=8, format="gray").planes[0])
                bright = sum(luma[:64]) / 64 > 120
                if bright and not lit:
                    flashes.append(frame.time)
                lit = bright
    if "audio" in kinds:
        beeps = _beeps(path)
    return flashes, beeps


def _beeps(path: Path) -> list[float]:
    found: list[float] = []
    quiet_until = -1.0
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            for mono in resampler.resample(frame):
                samples = struct.unpack(f"<{mono.samples}h", bytes(mono.planes[0])[: mono.samples * 2])
                for number, value in enumerate(samples):
                    at = mono.time + number / RATE
                    if abs(value) > 4000:
                        if at > quiet_until:
                            found.append(at)
                        quiet_until = at + 0.3
    return found


def _picture(at: float, size: tuple[int, int]) -> av.VideoFrame:
    width, height = size
    ground = b"\xff\xff\xff" if at % 1 < FLASH_S - 0.001 else b"\x00\x00\x00"
    bar = round(at * 40) % (width - 8)
    row = ground * bar + b"\xff\x00\x00" * 8 + ground * (width - 8 - bar)
    frame = av.VideoFrame(width, height, "rgb24")
    frame.planes[0].update((row + bytes(frame.planes[0].line_size - len(row))) * height)
    return frame


def _sound(seconds: float, stream):
    channels = 2 if stream.layout.name == "stereo" else 1
    resampler = av.AudioResampler(format=stream.codec_context.format.name, layout=stream.layout.name, rate=RATE)
    queue = av.audio.fifo.AudioFifo()
    for begin in range(0, int(seconds * RATE), 1024):
        count = min(1024, int(seconds * RATE) - begin)
        frame = av.AudioFrame(format="s16", layout=stream.layout.name, samples=count)
        frame.sample_rate = RATE
        raw = b"".join(struct.pack("<h", _sample(begin + number)) * channels for number in range(count))
        frame.planes[0].update(raw + bytes(frame.planes[0].buffer_size - len(raw)))
        for ready in resampler.resample(frame):
            ready.pts = None
            queue.write(ready)
    done = 0
    while (frame := queue.read(stream.codec_context.frame_size or 1024, partial=True)) is not None:
        frame.pts, frame.time_base = done, Fraction(1, RATE)
        done += frame.samples
        yield frame


def _sample(number: int) -> int:
    return int(math.sin(2 * math.pi * 1000 * number / RATE) * 20000) if number % RATE < FLASH_S * RATE else 0
