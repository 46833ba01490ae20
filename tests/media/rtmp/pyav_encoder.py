"""An encoder in a few lines: `python -m tests.media.rtmp.pyav_encoder rtmp://…`."""

import math
import sys
from array import array
from fractions import Fraction

import av


def push(url: str) -> None:
    """A second of picture and sound from PyAV."""
    with av.open(url, "w", format="flv") as container:
        video = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "tune": "zerolatency"})
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        audio = container.add_stream("aac", rate=44100, layout="stereo")
        for number in range(25):
            frame = av.VideoFrame(320, 180, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(video.encode(frame))
        for number in range(43):
            tone = array("f", [math.sin(at / 9) / 2 for at in range(1024)]).tobytes()
            frame = av.AudioFrame("fltp", "stereo", 1024)
            for plane in frame.planes:
                plane.update(tone)
            frame.sample_rate, frame.pts, frame.time_base = 44100, number * 1024, Fraction(1, 44100)
            container.mux(audio.encode(frame))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


if __name__ == "__main__":
    push(sys.argv[1])
