"""Coded pictures of one colour and coded tones, made by real encoders; and what is left of them in an output."""

import math
from array import array
from fractions import Fraction

import av
from av.audio.resampler import AudioResampler
from av.codec.context import Flags

from media.headers import aac_track
from media.packet import CLOCK_HZ, Codec, Kind, Packet, VideoTrack

RATE = 48_000


def pictures(width, height, colour, seconds, fps=25):
    """Track and packets; `colour` is (Y, U, V)."""
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, CLOCK_HZ), Fraction(fps)
    codec.flags |= Flags.global_header
    params = f"keyint={fps}:annexb=0"
    codec.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": params}
    codec.open()
    config, packets = bytes(codec.extradata), []
    for index in range(int(fps * seconds)):
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane, value in zip(frame.planes, colour, strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts, frame.time_base = index * CLOCK_HZ // fps, Fraction(1, CLOCK_HZ)
        packets += [Packet(Kind.VIDEO, one.pts, one.pts, one.is_keyframe, bytes(one)) for one in codec.encode(frame)]
    return VideoTrack(Codec.H264, config, f"avc1.{config[1:4].hex()}", width, height), packets


def tone(hertz, seconds, peak=6000):
    """Track and packets of AAC at 48 kHz."""
    codec = av.CodecContext.create("aac", "w")
    codec.sample_rate, codec.layout, codec.format = RATE, "stereo", "fltp"
    codec.time_base = Fraction(1, RATE)
    codec.flags |= Flags.global_header
    codec.open()
    planar, packets = AudioResampler(format="fltp", layout="stereo", rate=RATE), []
    for index in range(int(RATE * seconds) // 1024):
        angles = (2 * math.pi * hertz * (index * 1024 + at) / RATE for at in range(1024))
        plain = av.AudioFrame(format="s16", layout="stereo", samples=1024)
        plain.sample_rate = RATE
        plain.planes[0].update(array("h", [v for a in angles for v in [int(peak * math.sin(a))] * 2]).tobytes())
        [frame] = planar.resample(plain)
        frame.pts, frame.time_base = index * 1024, Fraction(1, RATE)
        for one in codec.encode(frame):
            if one.pts >= 0:
                at = one.pts * CLOCK_HZ // RATE
                packets.append(Packet(Kind.AUDIO, at, at, key=True, data=bytes(one)))
    return aac_track(bytes(codec.extradata)), packets


def decoded(track, packets):
    """The pictures, or the left channel's samples (-1 to 1), of coded ones."""
    codec = av.CodecContext.create("h264" if isinstance(track, VideoTrack) else "aac", "r")
    codec.extradata = track.config
    frames = [frame for one in packets for frame in codec.decode(av.Packet(one.data))]
    if isinstance(track, VideoTrack):
        return frames
    samples = array("f")
    for frame in frames:
        samples.frombytes(bytes(frame.planes[0])[: frame.samples * 4])
    return samples


def colour_at(frame, x, y):
    luma, blue, red = frame.planes
    chroma = (y // 2) * blue.line_size + x // 2
    return bytes(luma)[y * luma.line_size + x], bytes(blue)[chroma], bytes(red)[chroma]


def alike(one, other, within=6):
    return all(abs(a - b) <= within for a, b in zip(one, other, strict=True))


def loudness(samples, hertz):
    """Amplitude of one tone."""
    angles = [2 * math.pi * hertz * at / RATE for at in range(len(samples))]
    cosine = sum(value * math.cos(angle) for value, angle in zip(samples, angles, strict=True))
    sine = sum(value * math.sin(angle) for value, angle in zip(samples, angles, strict=True))
    return math.hypot(cosine, sine) * 2 / len(samples)
