"""Copies a movie's picture and puts other sound beside it. Nothing is decoded; blocking; memory stays flat."""

from collections.abc import Callable
from pathlib import Path

import av


def replace_sound(movie: Path, sound: Path, out: Path, progress: Callable[[float], None]) -> None:
    """Writes `movie`'s picture with `sound` as an MP4 that has its index first. Both begin at the same moment."""
    with (
        av.open(str(movie)) as pictures,
        av.open(str(sound)) as voices,
        av.open(str(out), "w", format="mp4", options={"movflags": "+faststart"}) as container,
    ):
        video_in, audio_in = pictures.streams.video[0], voices.streams.audio[0]
        video_out = container.add_stream_from_template(video_in)
        audio_out = container.add_stream_from_template(audio_in)
        length_s = float((video_in.duration or 0) * (video_in.time_base or 0)) or 1.0
        waiting = voices.demux(audio_in)
        sounds = next(waiting, None)
        for packet in pictures.demux(video_in):
            if packet.dts is None:
                continue
            at_s = float(packet.dts * packet.time_base)
            while sounds is not None and (sounds.dts is None or float(sounds.dts * sounds.time_base) <= at_s):
                if sounds.dts is not None:
                    sounds.stream = audio_out
                    container.mux(sounds)
                sounds = next(waiting, None)
            packet.stream = video_out
            container.mux(packet)
            progress(at_s / length_s)
        while sounds is not None:
            if sounds.dts is not None:
                sounds.stream = audio_out
                container.mux(sounds)
            sounds = next(waiting, None)
