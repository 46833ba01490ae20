"""The transcoder itself: every codec in, H.264 out, IDRs where the source has them."""

import itertools
import random
from fractions import Fraction

import av
import pytest

from media.codec.ladder import MAX_FAILURES, Cannot, Picture, Transcoder
from media.ladder.rungs import RUNGS, Rung
from media.packet import Codec, Packet, VideoTrack
from tests.media.hls import feed

SMALL = Rung("240p", 240, 350, 30)
MIDDLE = Rung("480p", 480, 1000)


def run(transcoder: Transcoder, packets: tuple[Packet, ...] | list[Packet]) -> list[Picture]:
    out: list[Picture] = []
    for packet in packets:
        out += transcoder.feed(packet.data, packet.dts, packet.pts, key=packet.key)
    return [*out, *transcoder.flush()]


def decoded(track: VideoTrack, pictures: list[Picture]) -> list[av.VideoFrame]:
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata = track.config
    frames: list[av.VideoFrame] = []
    for picture in pictures:
        packet = av.Packet(picture.data)
        packet.pts, packet.time_base = picture.pts, Fraction(1, 90_000)
        frames += decoder.decode(packet)
    return [*frames, *decoder.decode(None)]


def encoded(name: str, seconds: int = 2, fps: int = 25, gop: int = 25) -> tuple[bytes, list[Packet]]:
    """Another codec's stream, straight from its encoder: the decoder's private data, and packets."""
    encoder = av.CodecContext.create(name, "w")
    encoder.width, encoder.height, encoder.pix_fmt = 640, 360, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, fps), Fraction(fps)
    encoder.gop_size = gop
    if name == "libx265":
        encoder.options = {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:frame-threads=1:bframes=0"}
    else:
        encoder.options = {"cpu-used": "8", "deadline": "realtime", "preset": "12", "lag-in-frames": "0"}
    packets = []
    frames: list[av.VideoFrame | None] = []
    for index in range(seconds * fps):
        frame = av.VideoFrame(640, 360, "yuv420p")
        frame.planes[0].update(bytes((index * 4) % 256 for _ in range(frame.planes[0].buffer_size)))
        for plane in frame.planes[1:]:
            plane.update(b"\x80" * plane.buffer_size)
        frame.pts = index
        frames.append(frame)
    for frame in itertools.chain(frames, [None]):
        for packet in encoder.encode(frame):
            at = (packet.pts or 0) * 90_000 // fps
            packets.append(Packet("video", at, at, packet.is_keyframe, bytes(packet)))
    return bytes(encoder.extradata or b""), packets


@pytest.mark.parametrize("b_frames", [0, 2])
def test_sizes_keys_and_times(b_frames: int) -> None:
    track, packets = feed.video(4, gop=25, b_frames=b_frames, width=960, height=540)
    transcoder = Transcoder(track, (MIDDLE, SMALL), "ultrafast", 1)
    assert transcoder.tracks == ()
    out = run(transcoder, packets)
    shown = sorted(packet.pts for packet in packets)
    keys = [packet.pts for packet in packets if packet.key]
    assert len(keys) == 4
    for index, (width, height) in enumerate([(854, 480), (426, 240)]):
        rung = transcoder.tracks[index]
        assert (rung.width, rung.height, rung.codec) == (width, height, Codec.H264)
        assert rung.name == f"avc1.{rung.config[1:4].hex()}"
        mine = [picture for picture in out if picture.rung == index]
        assert [picture.pts for picture in mine] == shown
        assert [picture.pts for picture in mine if picture.key] == keys
        frames = decoded(rung, mine)
        assert [(frame.width, frame.height) for frame in frames] == [(width, height)] * 100


def test_a_small_picture_has_half_the_frames_of_a_fast_source() -> None:
    track, packets = feed.video(2, fps=50, gop=51, width=640, height=360)
    transcoder = Transcoder(track, (SMALL,), "ultrafast", 1)
    out = run(transcoder, packets)
    # Every second one, and each key frame wherever it falls.
    assert [picture.pts // 1800 for picture in out] == [*range(0, 51, 2), *range(51, 100, 2)]
    assert [picture.pts // 1800 for picture in out if picture.key] == [0, 51]


def test_a_late_worker_makes_fewer_pictures_but_every_key_frame() -> None:
    track, packets = feed.video(2, gop=15, width=640, height=360)
    transcoder = Transcoder(track, (SMALL,), "ultrafast", 1)
    out: list[Picture] = []
    for index, packet in enumerate(packets):
        out += transcoder.feed(packet.data, packet.dts, packet.pts, key=packet.key, every=4 if index >= 20 else 1)
    assert [picture.pts // 3600 for picture in out] == [*range(20), 23, 27, 30, 34, 38, 42, 45, 49]
    assert [picture.pts // 3600 for picture in out if picture.key] == [0, 15, 30, 45]


@pytest.mark.parametrize(
    ("encoder", "codec"),
    [("libx265", Codec.HEVC), ("libvpx-vp9", Codec.VP9), ("libvpx", Codec.VP8), ("libsvtav1", Codec.AV1)],
)
def test_every_codec_that_may_come(encoder: str, codec: Codec) -> None:
    extra, packets = encoded(encoder)
    track = VideoTrack(codec, extra, "x", 640, 360)
    transcoder = Transcoder(track, (SMALL,), "ultrafast", 1)
    out = run(transcoder, packets)
    assert [picture.pts for picture in out] == [index * 3600 for index in range(50)]
    assert [picture.pts for picture in out if picture.key] == [packet.pts for packet in packets if packet.key]
    assert len(decoded(transcoder.tracks[0], out)) == 50


def test_a_key_frame_that_is_lost_is_made_up_for_by_the_next_picture() -> None:
    track, packets = feed.video(3, gop=25, width=640, height=360)
    broken = [
        Packet("video", one.dts, one.pts, one.key, b"\x00\x00\x00\x05\x65rubb") if one.dts == 90_000 else one
        for one in packets
    ]
    out = run(Transcoder(track, (SMALL,), "ultrafast", 1), broken)
    keys = [picture.pts for picture in out if picture.key]
    assert (keys[0], keys[2]) == (0, 180_000)
    # When the decoder shows something again is its own affair; that picture is a key frame.
    assert keys[1] == min(picture.pts for picture in out if picture.pts > 90_000)


def test_pictures_that_never_decode_end_the_worker() -> None:
    track, _ = feed.video(2)
    transcoder = Transcoder(track, (SMALL,), "ultrafast", 1)
    with pytest.raises(Cannot):
        for index in range(MAX_FAILURES + 1):
            list(transcoder.feed(b"\xff\xff\xff\xff\xff", index, index, key=True))


def test_the_bit_rate_stays_below_what_the_rung_promises() -> None:
    """Noise is the most that can be asked of an encoder."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 640, 360, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "20", "x264-params": "annexb=0:keyint=50"}
    encoder.flags |= av.codec.context.Flags.global_header
    encoder.open()
    dice = random.Random(5)
    transcoder = Transcoder(
        VideoTrack(Codec.H264, bytes(encoder.extradata or b""), "x", 640, 360), (RUNGS[2],), "veryfast", 1
    )
    out = []
    for index in range(150):
        frame = av.VideoFrame(640, 360, "yuv420p")
        for plane in frame.planes:
            plane.update(dice.randbytes(plane.buffer_size))
        frame.pts = index
        for packet in encoder.encode(frame):
            out += transcoder.feed(bytes(packet), index * 3600, index * 3600, key=packet.is_keyframe)
    kbit_s = sum(len(picture.data) for picture in out) * 8 / 6 / 1000
    assert 200 < kbit_s < 350 * 1.3
