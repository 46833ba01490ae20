import io
import random

import av

from media.hls.sound import Sound, silent_frame
from media.packet import AudioTrack, Codec
from tests.media.hls import feed

AAC = AudioTrack(Codec.AAC, b"\x11\x90", "mp4a.40.2", 48_000, 2)


def run(sound: Sound, times_90k: list[float]) -> float:
    """Pushes frames; returns the largest distance of a frame's place from its time, in ms."""
    worst = 0.0
    for time in times_90k:
        sound.push(round(time), b"frame-of-sound")
        placed = (sound.next_at - sound.frame) * 90_000 / sound.rate
        worst = max(worst, abs(placed - time))
        if len(sound.frames) > 500:
            sound.take_before(sound.end_90k)
    return worst / 90


def test_milliseconds_that_shake_cost_no_frame():
    sound = Sound(AAC)
    shake = random.Random(1)
    times = [(round(n * 1024 / 48) + shake.randint(-8, 8)) * 90 for n in range(20_000)]
    run(sound, times)
    assert (sound.filled, sound.dropped) == (0, 0)
    assert sound.next_at == 20_000 * 1024


def test_a_day_of_a_clock_that_runs_100_ppm_off_stays_in_step():
    for ppm in (-100, 100):
        sound = Sound(AAC)
        step = 1024 / 48_000 * 90_000 * (1 + ppm / 1e6)
        count = 24 * 3600 * 48_000 // 1024
        worst = run(sound, [round(n * step / 90) * 90 for n in range(count)])
        assert worst < 45
        assert sound.filled + sound.dropped in range(350, 450), "8.64 s in frames of 21.3 ms"


def test_long_frames_stay_in_step_too():
    slow = AudioTrack(Codec.AAC, b"\x14\x08", "mp4a.40.2", 16_000, 1)
    sound = Sound(slow)
    step = 1024 / 16_000 * 90_000 * (1 + 200 / 1e6)
    assert run(sound, [round(n * step / 90) * 90 for n in range(50_000)]) < 45


def test_a_hole_is_filled_with_silence():
    sound = Sound(AAC)
    frame_90k = 1920
    for n in [*range(10), *range(60, 70)]:
        sound.push(n * frame_90k, b"frame-of-sound")
    assert sound.filled == 50
    begin, frames = sound.take_before(70 * frame_90k)
    assert (begin, len(frames)) == (0, 70)
    assert frames[10:60] == [silent_frame(AAC)] * 50
    assert frames[9] == frames[60] == b"frame-of-sound"


def test_late_sound_is_preceded_by_silence_and_early_sound_is_left_out():
    sound = Sound(AAC)
    sound.push(-3000, b"too early")
    sound.push(90_000, b"frame-of-sound")
    begin, frames = sound.take_before(180_000)
    assert begin == 0
    assert frames[-1] == b"frame-of-sound"
    assert frames[:-1] == [silent_frame(AAC)] * 47


def test_sound_that_does_not_come_is_silence():
    sound = Sound(AAC)
    sound.fill_to(90_000)
    begin, frames = sound.take_before(90_000)
    assert (begin, len(frames)) == (0, 46)


def test_frames_are_cut_where_they_begin():
    sound = Sound(AAC)
    for n in range(4):
        sound.push(n * 1920, bytes([n]) * 9)
    assert sound.take_before(3840) == (0, [b"\x00" * 9, b"\x01" * 9])
    assert sound.take_before(3840) == (2048, [])
    assert sound.take_before(3900) == (2048, [b"\x02" * 9])


def test_silence_is_decodable_and_silent():
    for rate, channels in ((48_000, 2), (44_100, 1), (22_050, 2)):
        track, _ = feed.audio(0.5, rate=rate, channels=channels)
        decoder = av.CodecContext.create("aac", "r")
        decoder.extradata = track.config
        for _ in range(10):
            for frame in decoder.decode(av.Packet(silent_frame(track))):
                assert frame.samples == 1024
                assert frame.layout.nb_channels == channels
                assert not any(bytes(frame.planes[0]))


def test_silence_of_six_channels_is_decodable():
    config = b"\x11\xb0"
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = config
    frames = decoder.decode(av.Packet(silent_frame(AudioTrack(Codec.AAC, config, "mp4a.40.2", 48_000, 6))))
    assert frames[0].layout.nb_channels == 6


def test_opus_silence_is_decodable():
    decoder = av.CodecContext.create("libopus", "r")
    track = AudioTrack(Codec.OPUS, bytes(11), "opus", 48_000, 2, 960)
    frames = decoder.decode(av.Packet(silent_frame(track)))
    assert frames[0].samples == 960


def test_a_configuration_without_known_silence_repeats_its_smallest_frame():
    odd = AudioTrack(Codec.AAC, b"\x11\x80", "mp4a.40.2", 48_000, 2)
    assert silent_frame(odd) == b""
    sound = Sound(odd)
    sound.push(0, b"long frame")
    sound.push(1920, b"short")
    sound.push(6 * 1920, b"long frame")
    _, frames = sound.take_before(90_000)
    assert frames == [b"long frame", b"short", b"short", b"short", b"short", b"short", b"long frame"]


def test_decoded_tone_is_unbroken_over_a_filled_hole():
    track, packets = feed.audio(2)
    sound = Sound(track)
    for n, packet in enumerate(packets):
        if not 30 <= n < 40:
            sound.push(packet.pts, packet.data)
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = track.config
    samples = sum(frame.samples for data in sound.frames for frame in decoder.decode(av.Packet(data)))
    assert samples in (len(packets) * 1024, (len(packets) - 1) * 1024)
    assert io.BytesIO(b"".join(sound.frames)).getbuffer().nbytes > 0
