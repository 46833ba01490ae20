from media.codec.level import Level
from media.meter import StreamHealth, StreamMeter
from media.packet import Kind, Packet
from tests.media.test_stream import TRACKS


class Source:
    """Sends so many seconds of 25 pictures of 5000 bytes and 50 sounds of 200 bytes, key frames 2 s apart."""

    def __init__(self, meter: StreamMeter) -> None:
        self.now = 0.0
        self._meter = meter
        self._frame = 0

    def send(self, seconds: int) -> None:
        for _ in range(seconds * 25):
            dts = self._frame * 3600
            self._meter.on_packet(Packet(Kind.VIDEO, dts, dts, key=self._frame % 50 == 0, data=bytes(5000)))
            for _ in range(2):
                self._meter.on_packet(Packet(Kind.AUDIO, dts, dts, key=True, data=bytes(200)))
            self._frame += 1
            self.now = self._frame / 25


def metered(level: Level | None = None) -> tuple[StreamMeter, Source]:
    meter = StreamMeter(lambda: level, clock=lambda: source.now)
    source = Source(meter)
    meter.on_tracks(TRACKS)
    return meter, source


def test_a_stream_in_numbers():
    meter, source = metered(Level(-12.0, -20.5, 0.0))
    source.send(5)
    health = meter.reading()
    assert health == StreamHealth(
        live=True, live_s=5.0, video="avc1.42c01e", width_px=640, height_px=360, fps=25.0, video_kbit_s=1000.0,
        key_interval_s=2.0, audio="mp4a.40.2", sample_rate_hz=48000, channels=1, audio_kbit_s=80.0,
        peak_dbfs=-12.0, rms_dbfs=-20.5, silent=False,
    )  # fmt: skip


def test_silence_is_told_from_a_level_that_is_not_measured():
    meter, source = metered(Level(-70.0, -80.0, 0.0))
    source.send(2)
    assert meter.reading().silent
    unmeasured, source = metered(None)
    source.send(2)
    assert not unmeasured.reading().silent
    assert unmeasured.reading().peak_dbfs is None


def test_nothing_comes_any_more():
    meter, source = metered()
    assert meter.reading() == StreamHealth()
    source.send(2)
    source.now += 3.5
    assert meter.reading() == StreamHealth()
    meter.on_pause()
    assert meter.reading() == StreamHealth()
    meter.on_end()


def test_the_group_of_pictures_that_waited_does_not_count():
    meter, source = metered()
    for dts in range(50):
        meter.on_packet(Packet(Kind.VIDEO, dts, dts, key=False, data=bytes(9000)))
    source.send(1)
    assert meter.reading().fps == 0
    source.send(1)
    source.send(1)
    assert meter.reading().fps == 25
