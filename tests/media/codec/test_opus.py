"""AAC as Opus: what comes out is sound, in step, and nothing comes after the end."""

import array
import asyncio
import itertools

import av

from media.codec.opus import FRAME_SAMPLES, OpusSound
from media.headers import opus_frame_samples
from media.packet import Packet
from tests.media.hls import feed


async def transcoded(track, packets, seconds):
    found = []
    sound = OpusSound(track, lambda pts, frame: found.append((pts, frame)))
    async with asyncio.timeout(20):
        for packet in packets:
            sound.push(packet)
            await asyncio.sleep(0)
        while len(found) < seconds * 50 - 5:
            await asyncio.sleep(0.02)
    return sound, found


async def test_sound_comes_out_in_step():
    track, packets = feed.audio(1, rate=44_100, channels=1)
    sound, found = await transcoded(track, packets, 1)
    try:
        assert sound.dropped == 0
        times = [pts for pts, _frame in found]
        assert {b - a for a, b in itertools.pairwise(times)} == {1800}
        assert abs(times[0] - packets[0].pts) < 90_000 // 10
        assert all(opus_frame_samples(frame) == FRAME_SAMPLES for _pts, frame in found)
        decoder = av.CodecContext.create("libopus", "r")
        decoder.sample_rate = 48_000
        decoder.layout = "stereo"
        heard = [frame for _pts, coded in found for frame in decoder.decode(av.Packet(coded))]
        assert max(max(array.array("h", bytes(frame.planes[0]))) for frame in heard[10:]) > 1000
    finally:
        sound.close()


async def test_a_gap_in_the_sound_stays_a_gap():
    track, packets = feed.audio(1)
    late = [Packet(one.kind, one.dts + 90_000, one.pts + 90_000, one.key, one.data) for one in packets]
    sound, found = await transcoded(track, [*packets, *late[10:]], 1.8)
    sound.close()
    times = [pts for pts, _frame in found]
    steps = [b - a for a, b in itertools.pairwise(times)]
    assert max(steps) > 9_000
    assert steps.count(1800) == len(steps) - 1


async def test_nothing_is_delivered_after_the_end():
    track, packets = feed.audio(1)
    found = []
    sound = OpusSound(track, lambda pts, frame: found.append((pts, frame)))
    for packet in packets:
        sound.push(packet)
    sound.close()
    await asyncio.sleep(0.3)
    assert found == []


async def test_what_cannot_be_decoded_hurts_nobody():
    track, packets = feed.audio(1)
    broken = [Packet(one.kind, one.dts, one.pts, one.key, b"\xff" * 20) for one in packets]
    sound, found = await transcoded(track, [*broken[:20], *packets[20:]], 0.5)
    sound.close()
    assert found
