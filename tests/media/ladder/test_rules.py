"""The ladder's pure rules: what is made, how much may wait, how often a worker is started, how many watch."""

import pytest

from app.errors import ConfigurationError
from media.backlog import Backlog
from media.ladder.budget import MOST_ENDS, WINDOW_S, Restarts, Rests
from media.ladder.overseer import AVERAGED_TICKS, KEPT_TICKS, Audience
from media.ladder.rungs import chosen, size_of


@pytest.mark.parametrize(
    ("setting", "height", "names", "audio"),
    [
        ("480p,240p,audio", 1080, ["480p", "240p"], True),
        ("480p,240p,audio", 480, ["240p"], True),
        (" 240p , 720p", 1080, ["720p", "240p"], False),
        ("720p,480p,240p", 720, ["480p", "240p"], False),
        ("720p,480p,240p", 721, ["720p", "480p", "240p"], False),
        ("720p,480p,240p", 240, [], False),
        ("audio", 1080, [], True),
        ("", 1080, [], False),
    ],
)
def test_what_is_made_of_a_source(setting: str, height: int, names: list[str], *, audio: bool) -> None:
    choice = chosen(setting)
    assert [rung.name for rung in choice.below(height)] == names
    assert choice.audio is audio


def test_a_name_that_does_not_exist_is_said_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="1440p is not known"):
        chosen("480p,1440p")


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (1920, 1080, (854, 480)),
        (1280, 720, (854, 480)),
        (640, 480, (640, 480)),
        (720, 1280, (270, 480)),
        (2, 2160, (2, 480)),
    ],
)
def test_the_shape_stays_and_sides_are_even(width: int, height: int, size: tuple[int, int]) -> None:
    (rung,) = chosen("480p").rungs
    assert size_of(rung, width, height) == size


def test_a_backlog_is_full_by_seconds_and_by_bytes() -> None:
    backlog = Backlog(most_bytes=1000, most_s=2)
    assert backlog.put(b"setup")
    assert all(backlog.put(b"x" * 10, at) for at in range(0, 180_001, 45_000))
    assert not backlog.put(b"x", 180_002)
    assert backlog.bytes == 55
    assert backlog.pop() == b"setup"
    assert backlog.pop() == b"x" * 10
    assert backlog.put(b"y" * 955, 180_002)
    assert not backlog.put(b"z" * 11, 180_003)
    assert backlog.put(b"flush" * 100)
    assert backlog.clear() == 5
    assert (len(backlog), backlog.bytes) == (0, 0)
    assert backlog.pop() is None


def test_a_gap_in_the_stream_does_not_fill_a_backlog() -> None:
    backlog = Backlog(most_bytes=1000, most_s=2)
    assert all(backlog.put(b"x", at * 90_000) for at in (0, 100, 200))
    assert not backlog.put(b"x", 300 * 90_000)
    # Another take begins at 0 again.
    backlog.clear()
    assert all(backlog.put(b"x", at) for at in (0, 3600, 7200))


def test_restarts_come_slower_and_stop_and_come_again() -> None:
    restarts = Restarts()
    assert restarts.pause_s(0) == 0
    pauses = []
    for at in range(MOST_ENDS - 1):
        restarts.note(at * 100.0)
        pauses.append(restarts.pause_s(at * 100.0))
    assert pauses == [1, 2, 4, 8]
    restarts.note(400)
    assert restarts.is_spent(400)
    assert restarts.pause_s(400) == WINDOW_S - 400
    assert not restarts.is_spent(WINDOW_S)
    assert restarts.pause_s(WINDOW_S) == 8


def test_a_slow_worker_rests_longer_each_time_until_it_was_good() -> None:
    rests = Rests()
    ends = []
    now = 1000.0
    for _turn in range(8):
        rests.begin(now)
        lasted = next(second for second in range(1, 400) if not rests.is_resting(now + second))
        ends.append(lasted)
        now += lasted + 10
    assert ends == [5, 10, 20, 40, 80, 160, 300, 300]
    now += 200
    rests.begin(now)
    assert rests.is_resting(now + 4)
    assert not rests.is_resting(now + 5)


def test_viewers_are_averaged_and_a_few_may_leave() -> None:
    audience = Audience(wanted=3)
    assert not any(audience.note(29) for _ in range(1))
    assert audience.note(1)
    assert all(audience.note(3) for _ in range(20))
    left = [audience.note(0) for _ in range(AVERAGED_TICKS + KEPT_TICKS)]
    assert left.index(False) == KEPT_TICKS - 1
    assert not any(left[KEPT_TICKS:])
    assert not any(audience.note(2) for _ in range(50))
