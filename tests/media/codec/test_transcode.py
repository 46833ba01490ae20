"""VP8 as H.264: one picture in, one out; a full queue drops to a key frame and asks for one."""

import asyncio
import time
from fractions import Fraction

import av

from media.codec.transcode import QUEUE_PACKETS, PictureTranscoder
from media.packet import Codec, Kind, Packet


def vp8(seconds, size=(160, 96), begin=0):
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
    encoder.options = {"deadline": "realtime", "lag-in-frames": "0", "cpu-used": "8"}
    packets = []
    for index in range(int(seconds * 25)):
        frame = av.VideoFrame(*size, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes((16 + index * 4 % 200,)) * plane.buffer_size)
        frame.pts = index
        for coded in encoder.encode(frame):
            at = begin + index * 3600
            packets.append(Packet(Kind.VIDEO, at, at, coded.is_keyframe, bytes(coded)))
    return packets


class Taken:
    def __init__(self):
        self.found = []
        self.asked = 0
        self.failed = 0

    def take(self, track, packet):
        self.found.append((track, packet))

    def need_key(self):
        self.asked += 1

    def fail(self):
        self.failed += 1

    async def until(self, count):
        async with asyncio.timeout(20):
            while len(self.found) < count:
                await asyncio.sleep(0.01)


async def test_every_picture_comes_out_and_key_frames_every_two_seconds():
    packets = vp8(5)
    taken = Taken()
    coder = PictureTranscoder(taken.take, taken.need_key, taken.fail)
    for packet in packets:
        coder.push(packet)
        await asyncio.sleep(0.002)
    await taken.until(len(packets))
    coder.close()
    assert [one.pts for _track, one in taken.found] == [one.pts for one in packets]
    assert [one.pts for _track, one in taken.found if one.key] == [0, 180_000, 360_000]
    track = taken.found[0][0]
    assert (track.codec, track.width, track.height) == (Codec.H264, 160, 96)
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata = track.config
    frames = [frame for _track, one in taken.found for frame in decoder.decode(av.Packet(one.data))]
    assert len(frames) >= len(packets) - 2
    assert bytes(frames[0].planes[0])[0] != bytes(frames[20].planes[0])[0]


async def test_another_size_is_another_track():
    taken = Taken()
    coder = PictureTranscoder(taken.take, taken.need_key, taken.fail)
    for packet in [*vp8(0.4), *vp8(0.4, (320, 180), 36_000)]:
        coder.push(packet)
    await taken.until(20)
    coder.close()
    assert [(track.width, track.height) for track, one in taken.found if one.key] == [(160, 96), (320, 180)]


async def test_what_is_too_much_drops_to_a_key_frame_and_asks_for_one():
    packets = vp8(0.4)
    taken = Taken()
    coder = PictureTranscoder(taken.take, taken.need_key, taken.fail)
    for _turn in range(50):
        for packet in packets:
            coder.push(packet)
    assert coder.dropped > 0
    assert taken.asked >= 1
    assert coder._queue.qsize() <= QUEUE_PACKETS
    began = time.monotonic()
    coder.close()
    assert time.monotonic() - began < 1


async def test_broken_pictures_ask_for_a_key_frame():
    packets = vp8(0.4)
    taken = Taken()
    coder = PictureTranscoder(taken.take, taken.need_key, taken.fail)
    coder.push(packets[0])
    coder.push(Packet(Kind.VIDEO, 3600, 3600, key=False, data=b""))
    coder.push(Packet(Kind.VIDEO, 7200, 7200, key=True, data=b"\x10\x00\x00nonsense"))
    async with asyncio.timeout(10):
        while not taken.asked:
            await asyncio.sleep(0.01)
    for packet in vp8(0.4, begin=36_000):
        coder.push(packet)
    await taken.until(11)
    coder.close()
