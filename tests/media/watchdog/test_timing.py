import pytest

from media.packet import Kind, Packet, Tracks
from media.watchdog.timing import Timing, TimingProbe
from tests.media.test_stream import TRACKS


class Encoder:
    """Sends 25 pictures and 50 sounds a second; `slow` is its clock's error, `late_s` its network's delay."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.probe = TimingProbe(clock=lambda: self.now_s)
        self.probe.on_tracks(TRACKS)
        self._sent = 0

    def second(
        self, late_s: float = 0.0, sound_ahead_s: float = 0.0, key_each: int = 50, b_frames: bool = False
    ) -> Timing:
        began_s = self.now_s
        for number in range(25):
            self.now_s = began_s + (number + 1) / 25
            at = self._sent * 3600
            dts = at - round(late_s * 90_000)
            shown = at + (7200, 10800, 3600)[self._sent % 3] if b_frames else dts
            self.probe.on_packet(Packet(Kind.VIDEO, dts, shown, key=self._sent % key_each == 0, data=b"x"))
            sound = dts + round(sound_ahead_s * 90_000)
            self.probe.on_packet(Packet(Kind.AUDIO, sound, sound, key=True, data=b"x"))
            self._sent += 1
        return self.probe.take()


@pytest.fixture
def encoder() -> Encoder:
    return Encoder()


def test_a_steady_encoder(encoder):
    encoder.second()
    first = encoder.second()
    assert first.lag_s == pytest.approx(1000.04)
    assert encoder.second().lag_s == pytest.approx(first.lag_s)
    assert (first.reordered, first.clock_stood, first.av_offset_s) == (False, False, 0.0)
    assert (first.has_video, first.has_audio, first.video_quiet_s, first.audio_quiet_s) == (True, True, 0.0, 0.0)


def test_the_gap_between_key_frames_is_that_of_the_encoders_time(encoder):
    gaps = [encoder.second(key_each=125).key_gap_s for _ in range(12)]
    assert gaps[3] == pytest.approx(3.96)
    assert gaps[5:] == [pytest.approx(5.0)] * 7, "while it waits for the next, the last interval stands"


def test_late_packets_show_in_the_lag(encoder):
    usual = encoder.second().lag_s
    assert encoder.second(late_s=1.5).lag_s - usual == pytest.approx(1.5)


def test_sound_ahead_of_the_picture(encoder):
    assert encoder.second(sound_ahead_s=0.4).av_offset_s == pytest.approx(0.4)
    assert encoder.second(sound_ahead_s=-0.4).av_offset_s == pytest.approx(-0.4)


def test_pictures_out_of_order(encoder):
    assert not encoder.second().reordered
    assert encoder.second(b_frames=True).reordered


def test_a_clock_that_stands(encoder):
    encoder.second()
    for _ in range(25):
        encoder.now_s += 0.04
        encoder.probe.on_packet(Packet(Kind.VIDEO, 90_000, 90_000, key=False, data=b"x"))
    assert encoder.probe.take().clock_stood


def test_a_track_that_stops(encoder):
    encoder.second()
    for _ in range(100):
        encoder.now_s += 0.04
        encoder.probe.on_packet(Packet(Kind.AUDIO, 0, 0, key=True, data=b"x"))
    timing = encoder.probe.take()
    assert timing.video_quiet_s == pytest.approx(4.0)
    assert timing.audio_quiet_s == 0.0


def test_a_second_without_packets_has_no_lag(encoder):
    encoder.second()
    encoder.now_s += 1
    assert encoder.probe.take().lag_s is None


def test_another_encoder_begins_anew(encoder):
    encoder.second(key_each=200, b_frames=True)
    encoder.probe.on_pause()
    assert encoder.probe.take() == Timing(publication=3)
    encoder.probe.on_tracks(Tracks(TRACKS.video, None))
    timing = encoder.probe.take()
    assert (timing.has_video, timing.has_audio, timing.key_gap_s) == (True, False, 0.0)
