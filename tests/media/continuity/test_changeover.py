import math

import pytest

from media.continuity.changeover import Changeover, Condition, choose
from media.continuity.model import Slot
from media.continuity.settings import ContinuitySettings
from media.stream import Stream
from tests.media.test_stream import TRACKS, Encoder, Recorder, picture

SETTINGS = ContinuitySettings(lost_after_s=1.2, return_after_s=5)
FINE = Condition(silent_s=0.04, steady_s=60, gop_s=0.2)
LATE_IN_GOP = Condition(silent_s=0.04, steady_s=60, gop_s=1.6)
LOST = Condition(silent_s=1.2, steady_s=0, gop_s=1.0)
AWAY = Condition()
JUST_BACK = Condition(silent_s=0.04, steady_s=4.9, gop_s=0.2)
NO_KEY = Condition(silent_s=0.04, steady_s=60, gop_s=None)
P, B = Slot.PRIMARY, Slot.BACKUP


@pytest.mark.parametrize(
    ("feeding", "pinned", "primary", "backup", "wanted"),
    [
        (P, None, FINE, FINE, P),
        (P, None, FINE, AWAY, P),
        (P, None, LOST, FINE, B),
        (P, None, LOST, LATE_IN_GOP, B),
        (P, None, AWAY, FINE, B),
        (P, None, LOST, NO_KEY, P),
        (P, None, LOST, LOST, P),
        (P, None, AWAY, AWAY, P),
        (B, None, AWAY, FINE, B),
        (B, None, JUST_BACK, FINE, B),
        (B, None, FINE, FINE, P),
        (B, None, LATE_IN_GOP, FINE, B),
        (B, None, JUST_BACK, LOST, P),
        (P, B, FINE, FINE, B),
        (P, B, FINE, JUST_BACK, B),
        (B, B, FINE, FINE, B),
        (B, B, FINE, LOST, P),
        (B, P, JUST_BACK, FINE, P),
        (P, P, LOST, FINE, B),
    ],
)
def test_who_feeds(feeding, pinned, primary, backup, wanted):
    assert choose(feeding, pinned, {P: primary, B: backup}, SETTINGS) is wanted


class Pair:
    """Two encoders on a clock that is set by hand; each sends a key frame every two seconds."""

    def __init__(self) -> None:
        self.now = 100.0
        self.stream = Stream("s", clock=lambda: self.now)
        self.changeover = Changeover(self.stream, SETTINGS, lambda: self.now)
        self.sink = Recorder()
        self.stream.attach(self.sink)

    def connect(self, slot: Slot) -> Encoder:
        encoder = Encoder()
        stream = self.changeover.stream_for(slot)
        stream.begin(encoder)
        stream.set_tracks(TRACKS)
        return encoder

    def run(self, seconds: float, *slots: Slot) -> None:
        for _ in range(round(seconds * 10)):
            self.now = round(self.now + 0.1, 3)
            tenth = round(self.now * 10)
            for slot in slots:
                self.changeover.stream_for(slot).push(
                    picture(tenth * 9000, key=tenth % 20 == (0 if slot is P else 10), data=slot.value.encode())
                )
            self.changeover.tick()

    def heard(self) -> list[str]:
        """Who was heard, each run once."""
        found: list[str] = []
        for item in self.sink.heard:
            name = item if isinstance(item, str) else item.data.decode() if hasattr(item, "data") else "tracks"
            if not found or found[-1] != name:
                found.append(name)
        return found


def test_change_over_and_return():
    pair = Pair()
    first, second = pair.connect(P), pair.connect(B)
    pair.run(10, P, B)
    assert pair.heard() == ["tracks", "primary"]
    pair.run(1.1, B)
    assert pair.changeover.feeding is P
    pair.run(0.2, B)
    assert pair.changeover.feeding is B
    assert pair.heard() == ["tracks", "primary", "pause", "tracks", "backup"]
    backup = [item for item in pair.sink.heard if getattr(item, "data", b"") == b"backup"]
    assert backup[0].key, "it begins with a picture that is whole"
    pair.run(4.8, P, B)
    assert pair.changeover.feeding is B, "the primary returns once it was steady for five seconds"
    pair.run(2.5, P, B)
    assert pair.changeover.feeding is P
    assert pair.heard()[-3:] == ["pause", "tracks", "primary"]
    returned = pair.sink.heard[len(pair.sink.heard) - pair.sink.heard[::-1].index(TRACKS) :]
    assert returned[0].key
    assert (first.closed, second.closed) == ([], [])


def test_the_backup_alone_feeds():
    pair = Pair()
    pair.connect(B)
    pair.run(1.2, B)
    assert pair.changeover.feeding is B
    assert pair.stream.heard_at == pair.now
    pair.connect(P)
    pair.run(8, P, B)
    assert pair.changeover.feeding is P


def test_a_pin_holds_and_yields_only_to_loss():
    pair = Pair()
    pair.connect(P)
    pair.connect(B)
    pair.run(3, P, B)
    pair.changeover.pinned = B
    pair.run(2.2, P, B)
    assert pair.changeover.feeding is B
    pair.run(20, P, B)
    assert pair.changeover.feeding is B
    pair.run(2, P)
    assert pair.changeover.feeding is P
    pair.changeover.pinned = None
    pair.run(20, P, B)
    assert pair.changeover.feeding is P


def test_both_away_and_the_first_to_return_feeds():
    pair = Pair()
    first, second = pair.connect(P), pair.connect(B)
    pair.run(3, P, B)
    pair.changeover.stream_for(P).pause(first)
    pair.changeover.stream_for(B).pause(second)
    pair.run(5)
    assert pair.changeover.feeding is P
    assert math.isinf(pair.changeover._condition(P, pair.stream, pair.now).silent_s)
    pair.connect(B)
    pair.run(1.5, B)
    assert pair.changeover.feeding is B


def test_the_end_closes_both():
    pair = Pair()
    first, second = pair.connect(P), pair.connect(B)
    pair.run(3, B)
    pair.changeover.end()
    assert first.closed == second.closed == ["the session has ended"]
    assert pair.sink.heard.count("end") == 1
