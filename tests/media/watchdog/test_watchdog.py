"""Real pictures and sounds through a stream, the decoding threads and the rules, in the test's own time."""

import time
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from media.codec.level import SoundLevels
from media.meter import StreamMeter
from media.packet import Packet, Tracks
from media.stream import Stream
from media.streams import SECOND_ENCODER, Problem
from media.watchdog.conditions import Limits
from media.watchdog.finding import Code, FindingChange, Severity
from media.watchdog.watchdog import Circumstances, Watchdog
from tests.media.test_stream import Encoder
from tests.media.watchdog import scenes

CALM = Circumstances(on_air=True, recording_problem="", problem=None)


class Kennel:
    """A watchdog, one stream, and what feeds it."""

    def __init__(self) -> None:
        self.now_s = 50.0
        self.changes: list[FindingChange] = []
        self.watchdog = Watchdog(
            Limits(), translate=str, listener=self.changes.append, clock=lambda: self.now_s, jumps=lambda _id: 0
        )
        self.stream = Stream("sesja1", clock=lambda: self.now_s)
        self.levels = SoundLevels()
        self.tap = self.levels.follow(self.stream)
        self.meter = StreamMeter(lambda: self.tap.level, clock=lambda: self.now_s)
        self.stream.attach(self.meter)
        self.watch = self.watchdog.begin(self.stream)
        self.watch.look_often(often=True)

    def close(self) -> None:
        self.watchdog.close()
        self.levels.close()

    def second(self, packets: list[Packet], began_s: float, now: Circumstances = CALM) -> set[str]:
        for packet in packets:
            self.now_s = began_s + packet.dts / 90_000
            self.stream.push(packet)
        self._wait_for_threads()
        level = self.tap.level
        self.watchdog.judge(self.watch, self.meter.reading(), level, now)
        return {finding.code.value for finding in self.watch.findings}

    def play(self, scene: str, sound: str, seconds: int = 34) -> list[set[str]]:
        """What was found in each second of a scene with a sound."""
        picture, frames = scenes.video(scene, seconds)
        voice, samples = scenes.audio(sound, seconds)
        self.stream.begin(Encoder())
        self.stream.set_tracks(Tracks(picture, voice))
        packets = sorted((*frames, *samples), key=lambda packet: packet.dts)
        began_s = self.now_s
        found = []
        for second in range(seconds):
            part = [packet for packet in packets if second * 90_000 <= packet.dts < (second + 1) * 90_000]
            found.append(self.second(part, began_s))
        return found

    def _wait_for_threads(self) -> None:
        look = self.watch._look
        until = time.monotonic() + 10
        while (look.waiting is not None or not self.levels._queue.empty()) and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(0.005)  # the last item has left its queue and is being worked on


@pytest.fixture
def kennel() -> Iterator[Kennel]:
    kennel = Kennel()
    yield kennel
    kennel.close()


@pytest.mark.parametrize(
    ("scene", "sound", "expected", "within_s"),
    [
        ("moving", "speech", set(), 34),
        ("dim", "loud tone, undistorted", set(), 34),
        ("black", "speech", {"black"}, 12),
        ("nearly black", "speech", {"black"}, 12),
        ("one colour", "speech", {"blank"}, 12),
        ("frozen", "speech", {"frozen"}, 24),
        ("moving", "silence", {"silence"}, 13),
        ("moving", "hiss of an open line", {"silence"}, 13),
        ("moving", "far too loud", {"clipping"}, 8),
        ("moving", "far too soft", {"quiet"}, 33),
        ("black", "silence", {"black", "silence"}, 13),
    ],
)
def test_what_a_real_encoder_sends_is_found_in_time(kennel, scene, sound, expected, within_s):
    found = kennel.play(scene, sound)
    assert found[-1] == expected
    first = next((second for second, codes in enumerate(found) if codes == expected), None)
    assert first is not None
    assert first < within_s if expected else first == 0
    assert not expected or all(codes <= expected for codes in found)


def test_the_listener_hears_once_of_each_change_and_metrics_show_it(kennel):
    registry = CollectorRegistry()
    registry.register(kennel.watchdog)
    kennel.play("black", "speech", 14)
    assert [(change.finding.code, change.raised) for change in kennel.changes] == [(Code.BLACK, True)]
    assert kennel.changes[0].finding.what == "The picture is black"
    text = generate_latest(registry).decode()
    assert 'gryf_media_finding{code="black",stream="sesja1"} 1.0' in text
    assert text.count('stream="sesja1"} 0.0') == len(Code) - 1
    kennel.watchdog.leave(kennel.watch)
    assert [(change.finding.code, change.raised) for change in kennel.changes[1:]] == [(Code.BLACK, False)]
    assert "sesja1" not in generate_latest(registry).decode()


def test_a_finding_keeps_its_beginning_and_gets_worse_once(kennel):
    kennel.play("black", "speech", 45)
    assert kennel.watch.findings[0].severity is Severity.ERROR
    assert kennel.watch.findings[0].since == kennel.changes[0].finding.since
    severities = [change.finding.severity for change in kennel.changes if change.finding.code is Code.BLACK]
    assert severities == [Severity.WARNING, Severity.ERROR]


def test_a_refused_encoder_is_told_for_half_a_minute_after_its_last_try(kennel):
    second = Problem(SECOND_ENCODER, {"address": "10.0.0.7"})
    trouble = Circumstances(on_air=True, recording_problem="", problem=second)
    kennel.stream.begin(Encoder())
    assert kennel.second([], 0, trouble) == {"second_encoder"}
    assert kennel.watch.findings[0].what == "A second encoder at 10.0.0.7 tried to send"
    kennel.now_s += 29
    assert "second_encoder" in kennel.second([], 0, trouble)
    kennel.now_s += 2
    assert "second_encoder" not in kennel.second([], 0, trouble)
    other = Circumstances(on_air=True, recording_problem="", problem=Problem("the picture is MPEG-2"))
    assert "encoder_refused" in kennel.second([], 0, other)


def test_a_backup_encoder_that_stands_in_is_no_finding(kennel):
    """The stream's own encoder is gone; it follows the backup's stream, and that is what is watched."""
    picture, frames = scenes.video("moving", 34)
    voice, samples = scenes.audio("speech", 34)
    backup = Stream("backup", clock=lambda: kennel.now_s)
    backup.begin(Encoder())
    backup.set_tracks(Tracks(picture, voice))
    kennel.stream.follow(backup)
    began_s = kennel.now_s
    for second in range(20):
        for packet in sorted((*frames, *samples), key=lambda packet: packet.dts):
            if second * 90_000 <= packet.dts < (second + 1) * 90_000:
                kennel.now_s = began_s + packet.dts / 90_000
                backup.push(packet)
        assert kennel.second([], 0) == set()
    kennel.now_s += 5
    assert kennel.second([], 0) == {"stall"}


def test_a_listener_that_fails_harms_nobody():
    def fail(_change: FindingChange) -> None:
        raise RuntimeError("no mail today")

    watchdog = Watchdog(Limits(), translate=str, listener=fail, picture=False)
    watch = watchdog.begin(Stream("s"))
    trouble = Circumstances(on_air=True, recording_problem="No space left on device", problem=None)
    assert watchdog.judge(watch, StreamMeter().reading(), None, trouble)
    assert [finding.code for finding in watch.findings] == [Code.RECORDING_FAILS]
    watchdog.close()
