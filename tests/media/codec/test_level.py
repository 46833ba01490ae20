import math
import time
from array import array
from fractions import Fraction

import av
import pytest

from media.codec.level import BURST_INTERVAL_S, FLOOR_DBFS, Burst, LevelTap, SoundLevels, measure
from media.headers import aac_track, opus_track
from media.packet import AudioTrack, Codec, Kind, Packet, Tracks
from media.stream import Stream
from tests.media.test_stream import Encoder


def encoded(codec: str, loudness: float, seconds: float = 2.0) -> tuple[bytes, list[bytes]]:
    """A tone of 440 Hz: its header and its packets."""
    encoder = av.CodecContext.create(codec, "w")
    encoder.sample_rate, encoder.layout, encoder.time_base = 48000, "mono", Fraction(1, 48000)
    encoder.format = "fltp" if codec == "aac" else "s16"
    encoder.flags |= 1 << 22  # global header
    encoder.open()
    size = encoder.frame_size
    packets = []
    for number in range(int(seconds * 48000 / size)):
        wave = [loudness * math.sin(2 * math.pi * 440 * (number * size + at) / 48000) for at in range(size)]
        samples = array("f", wave) if codec == "aac" else array("h", [int(32767 * value) for value in wave])
        frame = av.AudioFrame(encoder.format.name, "mono", size)
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate, frame.pts, frame.time_base = 48000, number * size, Fraction(1, 48000)
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return bytes(encoder.extradata), packets


def play(stream: Stream, track: AudioTrack, packets: list[bytes]) -> None:
    stream.begin(Encoder())
    stream.set_tracks(Tracks(None, track))
    for number, data in enumerate(packets):
        stream.push(Packet(Kind.AUDIO, number * 1920, number * 1920, key=True, data=data))


def wait_for(condition, seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    assert condition()


@pytest.fixture
def levels():
    levels = SoundLevels()
    yield levels
    levels.close()


@pytest.mark.parametrize("codec", ["aac", "libopus"])
@pytest.mark.parametrize(("loudness", "peak_dbfs"), [(0.5, -6.0), (0.05, -26.0)])
def test_a_tone_has_its_level(levels, codec, loudness, peak_dbfs):
    header, packets = encoded(codec, loudness)
    track = aac_track(header) if codec == "aac" else opus_track(header)
    stream = Stream("s")
    tap = levels.follow(stream)
    play(stream, track, packets)
    wait_for(lambda: tap.level is not None)
    assert tap.level.rms_dbfs == pytest.approx(peak_dbfs - 3, abs=1)
    assert peak_dbfs - 1 <= tap.level.peak_dbfs <= peak_dbfs + 5, "AAC adds a little to a pure tone"
    tap.stop()


def test_measured_numbers():
    full = measure(array("h", [-32768, 32767] * 100))
    assert (full.peak_dbfs, full.rms_dbfs) == (0.0, 0.0)
    half = measure(array("h", [16384, -16384] * 100))
    assert (half.peak_dbfs, half.rms_dbfs) == (-6.0, -6.0)
    assert measure(array("h", [0] * 100)).peak_dbfs == FLOOR_DBFS
    assert measure(array("h")).rms_dbfs == FLOOR_DBFS


def test_sound_that_cannot_be_decoded_ends_the_meter_and_not_the_stream(levels):
    stream = Stream("s")
    tap = levels.follow(stream)
    track = AudioTrack(Codec.AAC, bytes.fromhex("1188"), "mp4a.40.2", 48000, 1)
    play(stream, track, [b"\xff\xff\xff\xff"] * 80)
    wait_for(lambda: tap.failed)
    assert stream.carries(tap)
    header, packets = encoded("aac", 0.5)
    play(stream, aac_track(header), packets)
    wait_for(lambda: tap.level is not None)


def test_a_header_that_no_decoder_takes(levels):
    stream = Stream("s")
    tap = levels.follow(stream)
    play(stream, AudioTrack(Codec.OPUS, b"", "Opus", 48000, 1), [b"x"])
    wait_for(lambda: tap.failed)


def test_what_the_thread_is_too_slow_for_is_dropped_and_counted():
    levels = SoundLevels()
    stream = Stream("s")
    tap = LevelTap(stream, levels._offer)
    stream.attach(tap)
    play(stream, AudioTrack(Codec.AAC, bytes.fromhex("1188"), "mp4a.40.2", 48000, 1), [b"x"] * 600)
    assert tap.dropped == 601 - 512
    levels.close()


@pytest.mark.parametrize("codec", ["aac", "libopus"])
def test_a_burst_now_and_then_has_the_level_of_the_whole(levels, codec):
    header, packets = encoded(codec, 0.5, 5.0)
    stream, now = Stream("s"), [0.0]
    offered = []

    def offer(tap, item):
        offered.append(item)
        levels._offer(tap, item)

    levels.close()
    levels.follow(Stream("other"))
    tap = LevelTap(stream, offer, sparing=True, clock=lambda: now[0])
    stream.attach(tap)
    stream.begin(Encoder())
    stream.set_tracks(Tracks(None, aac_track(header) if codec == "aac" else opus_track(header)))
    heard = []
    for number, data in enumerate(packets):
        now[0] = number * 0.02
        stream.push(Packet(Kind.AUDIO, number * 1800, number * 1800, key=True, data=data))
        if isinstance(offered[-1], Burst) and len(offered) > len(heard) + 1:
            tap.level = None
            wait_for(lambda: tap.level is not None)
            heard.append(tap.level.rms_dbfs)
    assert [len(item.packets) for item in offered[1:]] == [3] * len(heard)
    assert len(heard) == math.ceil(len(packets) * 0.02 / BURST_INTERVAL_S)
    assert heard[1:] == pytest.approx([-9.0] * (len(heard) - 1), abs=1)


def test_clipped_samples_are_counted():
    clean = [int(30000 * math.sin(at / 7)) for at in range(4000)]
    assert measure(array("h", clean)).clipped_share == 0.0
    clipped = [max(-32768, min(32767, 2 * value)) for value in clean]
    share = sum(abs(value) > 30935 for value in clipped) / 4000
    assert share > 0.5
    assert measure(array("h", clipped)).clipped_share == pytest.approx(share, abs=0.001)
