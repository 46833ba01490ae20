"""The demo encoder: a picture and a voice, encoded and sent to an RTMP server like any encoder would.

Runs as a process of its own: `python -m media.codec.synthetic --url rtmp://…`. Ends on SIGTERM, and with its parent.
"""

import argparse
import contextlib
import ctypes
import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from array import array
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import av.error
import av.video.stream
import msgspec

from media.codec.picture import Picture
from media.codec.voice import SAMPLE_RATE_HZ, speech_loop

AAC_FRAME_SAMPLES: Final = 1024
LATE_S: Final = 1.0
"""Later than this and frames are left out instead of sent in a burst."""

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 10.0
CAPTION_INTERVAL_S: Final = 1.0
MAX_CAPTION_BYTES: Final = 64 * 1024
DEFAULT_FONTS: Final = Path("node_modules/dejavu-fonts-ttf/ttf")
PR_SET_PDEATHSIG: Final = 1


class Options(msgspec.Struct, frozen=True):
    """What to send, and where."""

    url: str
    caption_url: str
    width: int
    height: int
    fps: int
    kbit: int
    seconds: float
    b_frames: bool
    city: str
    title: str
    fonts: Path


class Caption:
    """The title of the present item, asked for once a second in a thread of its own; keeps the last that was heard."""

    def __init__(self, url: str, title: str) -> None:
        self.title = title
        if url.startswith(("http://", "https://")):
            threading.Thread(target=self._poll, args=(url,), name="caption", daemon=True).start()

    def _poll(self, url: str) -> None:
        while True:
            try:
                with urllib.request.urlopen(url, timeout=2) as reply:  # noqa: S310 - the scheme was checked
                    said = json.loads(reply.read(MAX_CAPTION_BYTES))
                self.title = str(said["title"])[:200]
            except (OSError, ValueError, KeyError, TypeError):
                pass  # the server restarts, or has nothing to say yet
            time.sleep(CAPTION_INTERVAL_S)


class Encoder:
    """One connection: encodes in step with the wall clock until it is told to stop or the server goes away."""

    def __init__(self, options: Options, caption: Caption, voice: bytes) -> None:
        self._options = options
        self._caption = caption
        self._voice = voice
        self._container = av.open(options.url, "w", format="flv")
        self._video = self._container.add_stream("libx264", rate=options.fps, options=_x264_options(options))
        self._video.width, self._video.height = options.width, options.height
        self._video.pix_fmt = "yuv420p"
        self._video.bit_rate = options.kbit * 1000
        self._video.codec_context.thread_count = 1
        self._video.codec_context.time_base = Fraction(1, options.fps)
        self._audio = self._container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono")
        self._audio.bit_rate = 96_000
        probe = av.VideoFrame(options.width, options.height, "yuv420p")
        fonts = options.fonts if options.fonts.is_dir() else None
        self._picture = Picture(options.width, options.height, probe.planes[0].line_size, options.city, fonts)
        self._audio_frames = 0

    def run(self, stop: threading.Event) -> None:
        """Sends until `stop`, or until the time that was asked for is over. Raises `FFmpegError` or `OSError`."""
        options = self._options
        began = time.monotonic()
        index = 0
        while not stop.is_set() and not (options.seconds and index >= options.seconds * options.fps):
            late_s = time.monotonic() - began - index / options.fps
            if late_s < 0:
                time.sleep(-late_s)
            elif late_s > LATE_S:
                index += int(late_s * options.fps)
            self._send_picture(index)
            self._send_sound_until((index + 1) / options.fps)
            index += 1
        for stream in (self._video, self._audio):
            self._container.mux(stream.encode(None))

    def close(self) -> None:
        """Ends the publication; a server that is gone is no error here."""
        with contextlib.suppress(av.error.FFmpegError, OSError):
            self._container.close()

    def _send_picture(self, index: int) -> None:
        frame = av.VideoFrame(self._options.width, self._options.height, "yuv420p")
        for plane, data in zip(
            frame.planes, self._picture.planes(time.time_ns() // 1_000_000, self._caption.title), strict=True
        ):
            plane.update(data)
        frame.pts = index
        frame.time_base = Fraction(1, self._options.fps)
        self._container.mux(self._video.encode(frame))

    def _send_sound_until(self, second: float) -> None:
        size = AAC_FRAME_SAMPLES * 4
        wanted = int(second * SAMPLE_RATE_HZ / AAC_FRAME_SAMPLES)
        if wanted - self._audio_frames > SAMPLE_RATE_HZ // AAC_FRAME_SAMPLES:
            self._audio_frames = wanted - 1  # after a halt: go on in step with the picture
        while self._audio_frames < wanted:
            frame = av.AudioFrame("fltp", "mono", AAC_FRAME_SAMPLES)
            at = self._audio_frames * size % (len(self._voice) - size)
            frame.planes[0].update(self._voice[at : at + size])
            frame.sample_rate = SAMPLE_RATE_HZ
            frame.pts = self._audio_frames * AAC_FRAME_SAMPLES
            frame.time_base = Fraction(1, SAMPLE_RATE_HZ)
            self._container.mux(self._audio.encode(frame))
            self._audio_frames += 1


def send(options: Options, stop: threading.Event) -> None:
    """Sends, and comes back with growing pauses when the server goes away; returns when all is sent or `stop` set."""
    caption = Caption(options.caption_url, options.title)
    samples = speech_loop()
    whole = len(samples) // AAC_FRAME_SAMPLES * AAC_FRAME_SAMPLES
    voice = array("f", samples[:whole]).tobytes() + samples[:AAC_FRAME_SAMPLES].tobytes()
    pause_s = FIRST_PAUSE_S
    while not stop.is_set():
        began = time.monotonic()
        try:
            encoder = Encoder(options, caption, voice)
            try:
                encoder.run(stop)
                return
            finally:
                encoder.close()
        except (av.error.FFmpegError, OSError) as problem:
            # The address holds the key: say what happened without it.
            print(f"encoder: {type(problem).__name__}; trying again", file=sys.stderr, flush=True)  # noqa: T201 - its log
        pause_s = FIRST_PAUSE_S if time.monotonic() - began > LONGEST_PAUSE_S else min(2 * pause_s, LONGEST_PAUSE_S)
        stop.wait(pause_s)


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    options = _parse(arguments)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: _stop_soon(stop))
    signal.signal(signal.SIGINT, lambda *_: _stop_soon(stop))
    _end_with_parent(stop)
    send(options, stop)


def _stop_soon(stop: threading.Event) -> None:
    """Ends in order if the server takes the last packets, and in any case within three seconds."""
    stop.set()
    timer = threading.Timer(3.0, os._exit, (0,))
    timer.daemon = True
    timer.start()


def _end_with_parent(stop: threading.Event) -> None:
    parent = int(os.environ.get("GRYF_PARENT", os.getppid()))  # see app.process
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        _stop_soon(stop)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _x264_options(options: Options) -> dict[str, str]:
    gop = 2 * options.fps
    chosen = {
        "preset": "veryfast",
        "profile": "high",
        "g": str(gop),
        "keyint_min": str(gop),
        "sc_threshold": "0",
        "maxrate": f"{options.kbit}k",
        "bufsize": f"{options.kbit}k",
    }
    return chosen | ({"bf": "2"} if options.b_frames else {"bf": "0", "tune": "zerolatency"})


def _parse(arguments: list[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m media.codec.synthetic", description="Demo encoder")
    parser.add_argument("--url", required=True, help="rtmp://host:port/live/KEY; `-` reads it from the environment")
    parser.add_argument("--caption-url", default="", help='replies with {"title": "…"}')
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--fps", type=int, default=25)
    parser.add_argument("--kbit", type=int, default=2500)
    parser.add_argument("--seconds", type=float, default=0, help="0: without end")
    parser.add_argument("--b-frames", action="store_true")
    parser.add_argument("--city", default="")
    parser.add_argument("--title", default="")
    parser.add_argument("--fonts", type=Path, default=DEFAULT_FONTS)
    said = vars(parser.parse_args(arguments))
    if said["url"] == "-":
        said["url"] = os.environ.get("GRYF_ENCODER_URL", "")
    return Options(**said)


if __name__ == "__main__":
    main()
