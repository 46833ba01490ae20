"""Every rule with readings second by second, as its stream would give them: raised, kept, made worse, cleared."""

from collections.abc import Callable, Iterable

import msgspec
import pytest

from media.codec.level import Level
from media.codec.look import Look
from media.watchdog.conditions import Limits
from media.watchdog.finding import Alarm, Code, Severity
from media.watchdog.reading import Reading
from media.watchdog.rules import RULES, Rules
from media.watchdog.texts import WORDS, worded

GOOD = Reading(
    at_s=0.0,
    fps=25.0,
    video_kbit_s=2500.0,
    key_gap_s=2.0,
    lag_s=0.1,
    level=Level(-12.0, -22.0, 0.0),
    look=Look(at_s=0.0, dark_share=0.1, spread=180, still_s=0.0),
)


class Course:
    """A stream's readings, one a second, and what stands after each."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.now_s = 0.0
        self.alarms: tuple[Alarm, ...] = ()
        self._rules = Rules(limits or Limits())

    def go(self, seconds: float, change: Callable[[float], dict] | None = None, **changes: object) -> set[str]:
        """So many seconds of a good stream with changes; `change(now)` gives those that differ from second to second."""
        for _ in range(int(seconds)):
            self.now_s += 1
            more = change(self.now_s) if change is not None else {}
            reading = msgspec.structs.replace(GOOD, at_s=self.now_s, **changes, **more)
            self.alarms = self._rules.judge(reading)
        return self.codes

    @property
    def codes(self) -> set[str]:
        return {alarm.code.value for alarm in self.alarms}

    def alarm(self, code: str) -> Alarm:
        return next(alarm for alarm in self.alarms if alarm.code == code)


@pytest.fixture
def course() -> Course:
    course = Course()
    assert course.go(30) == set()
    return course


def level(peak: float, clipped: float = 0.0) -> Level:
    return Level(peak, peak - 10, 0.0, clipped)


def look(**changes: object) -> Look:
    return msgspec.structs.replace(GOOD.look, **changes)


def test_a_good_stream_has_no_findings():
    assert Course().go(1200) == set()


@pytest.mark.parametrize(
    ("changes", "code", "quiet_for", "clear_for"),
    [
        ({"connected": False, "began": False}, "encoder_missing", 5, 1),
        ({"quiet_s": 2.5}, "stall", 0, 2),
        ({"problem": "a second encoder", "second_encoder": True}, "second_encoder", 0, 1),
        ({"problem": "no HEVC 4:2:2 please"}, "encoder_refused", 0, 1),
        ({"recording_problem": "No space left on device"}, "recording_fails", 0, 5),
        ({"lag_s": 1.4}, "upload_slow", 3, 10),
        ({"has_video": False}, "picture_missing", 5, 3),
        ({"video_quiet_s": 4.0}, "picture_missing", 5, 3),
        ({"look": look(dark_share=1.0, spread=2)}, "black", 8, 1),
        ({"look": look(dark_share=0.0, spread=2)}, "blank", 8, 1),
        ({"look": look(still_s=21.0)}, "frozen", 0, 3),
        ({"key_gap_s": 5.0}, "key_frames_rare", 0, 10),
        ({"video_kbit_s": 700.0}, "bitrate_collapse", 5, 5),
        ({"fps": 8.0}, "fps_collapse", 5, 5),
        ({"reordered": True}, "b_frames", 5, 30),
        ({"has_audio": False}, "sound_missing", 5, 3),
        ({"audio_quiet_s": 3.5}, "sound_missing", 5, 3),
        ({"level": level(-60.0)}, "silence", 10, 1),
        ({"clock_stood": True}, "timestamps_jump", 0, 62),
    ],
)
def test_a_finding_is_raised_and_cleared_in_its_time(course, changes, code, quiet_for, clear_for):
    if quiet_for:
        assert course.go(quiet_for, **changes) == set()
    assert course.go(1, **changes) == {code}
    assert course.alarm(code).since_s == 31.0
    if clear_for > 1:
        assert code in course.go(clear_for - 1)
    assert course.go(1) == set()


def test_a_moment_is_no_finding(course):
    for _ in range(10):
        assert course.go(4, level=level(-70.0), fps=3.0, video_kbit_s=100.0) == set()
        assert course.go(4) == set()


def test_silence_grows_into_an_error_and_speech_ends_it(course):
    assert course.go(11, level=level(-96.0)) == {"silence"}
    assert course.alarm("silence").severity is Severity.WARNING
    course.go(60, level=level(-96.0))
    assert course.alarm("silence").severity is Severity.ERROR
    assert course.go(2) == set()


def test_too_quiet_is_not_silent_and_needs_half_a_minute():
    course = Course()
    assert course.go(29, level=level(-36.0)) == set()
    assert course.go(1, level=level(-36.0)) == {"quiet"}
    assert course.alarm("quiet").values == {"peak": "-36"}
    assert course.go(6, level=level(-12.0)) == set()


def test_quiet_speech_with_one_loud_word_is_fine():
    course = Course()
    assert course.go(120, lambda now: {"level": level(-10.0 if now % 20 == 0 else -45.0)}) == set()


def test_clipping_is_a_share_of_the_samples_of_five_seconds(course):
    assert course.go(20, level=level(0.0, 0.002)) == set(), "a peak now and then is speech"
    assert course.go(1, level=level(0.0, 0.01)) == set(), "a second of five"
    assert course.go(1, level=level(0.0, 0.01)) == {"clipping"}
    assert course.go(16) == set()


def test_black_and_blank_and_frozen_are_told_one_at_a_time(course):
    black = look(dark_share=1.0, spread=0, still_s=60.0)
    assert course.go(12, look=black) == {"black"}
    assert course.go(30, look=black) == {"black"}
    assert course.alarm("black").severity is Severity.ERROR
    blue = look(dark_share=0.0, spread=1, still_s=60.0)
    assert course.go(12, look=blue) == {"blank"}
    assert course.go(12, look=look(still_s=33.0)) == {"frozen"}
    assert course.alarm("frozen").values == {"seconds": "33"}


def test_no_look_is_no_finding(course):
    assert course.go(60, look=None, level=None) == set()


def test_key_frames_beyond_the_target_are_an_error(course):
    course.go(1, key_gap_s=4.5)
    assert course.alarm("key_frames_rare").severity is Severity.WARNING
    course.go(1, key_gap_s=6.5)
    assert course.alarm("key_frames_rare").severity is Severity.ERROR
    assert course.alarm("key_frames_rare").values == {"seconds": "6"}


def test_an_error_that_comes_and_goes_stays_an_error_until_it_is_calm(course):
    heard = []
    for _ in range(5):
        course.go(3, key_gap_s=7.0)
        course.go(8, key_gap_s=5.0)
        heard.append(course.alarm("key_frames_rare").severity)
    assert heard == [Severity.ERROR] * 5
    course.go(15, key_gap_s=5.0)
    assert course.alarm("key_frames_rare").severity is Severity.WARNING


def test_a_lower_bit_rate_that_stays_is_the_usual_one_in_the_end(course):
    course.go(40)
    assert course.go(10, video_kbit_s=500.0) == {"bitrate_collapse"}
    assert course.alarm("bitrate_collapse").values == {"kbit": "500", "usual": "2500"}
    assert course.go(60, video_kbit_s=500.0) == set()


def test_a_bit_rate_above_the_setting():
    course = Course(Limits(video_kbit_s=4000))
    assert course.go(60, video_kbit_s=3900.0) == set()
    assert course.go(60, video_kbit_s=6000.0) == {"bitrate_high"}
    assert course.alarm("bitrate_high").values == {"kbit": "6000", "limit": "4000"}


def test_a_connection_that_cannot_keep_up(course):
    assert course.go(20, lambda now: {"lag_s": 0.1 + (now - 30) * 0.25}) == {"upload_slow"}
    assert course.alarm("upload_slow").severity is Severity.ERROR
    assert course.go(11) == set()


@pytest.mark.parametrize(("ppm", "found"), [(100, False), (-100, False), (500, True), (-500, True)])
def test_a_clock_that_drifts_is_told_from_late_packets(ppm, found):
    """500 ppm are 300 ms in ten minutes; packets come up to 400 ms late, as they do over Wi-Fi."""
    course = Course()

    def lag(now: float) -> dict:
        return {"lag_s": now * ppm / 1e6 + (0.4 if int(now) % 7 else 0.01)}

    assert course.go(280, lag) == set()
    assert course.go(320, lag) == ({"clock_drift"} if found else set())
    if found:
        assert int(course.alarm("clock_drift").values["ms"]) == pytest.approx(300, abs=15)


def test_sound_and_picture_apart(course):
    assert course.go(60, lambda now: {"av_offset_s": 0.1 if int(now) % 2 else -0.15}) == set()
    assert course.go(10, av_offset_s=-0.35) == {"av_offset"}
    assert course.alarm("av_offset").values == {"ms": "350"}
    course.go(10, av_offset_s=1.2)
    assert course.alarm("av_offset").severity is Severity.ERROR
    assert course.go(20) == set()


def test_pictures_far_apart_are_not_behind_the_sound():
    course = Course()
    assert course.go(60, fps=2.0, av_offset_s=0.45) == set()
    assert course.go(20, fps=2.0, av_offset_s=0.9) == {"av_offset"}


def test_time_stamps_that_jump_again_and_again(course):
    assert course.go(1, jumps=1) == {"timestamps_jump"}
    assert course.alarm("timestamps_jump").severity is Severity.WARNING
    assert course.go(62, jumps=1) == set()
    course.go(1, jumps=2)
    course.go(10, jumps=2)
    course.go(1, jumps=3)
    assert course.alarm("timestamps_jump").severity is Severity.ERROR


def test_a_new_take_counts_jumps_from_nought(course):
    course.go(62, jumps=4)
    course.go(62, jumps=4)
    assert course.go(5, jumps=0) == set()


def test_a_stall_leaves_the_other_findings_as_they_are(course):
    course.go(12, level=level(-80.0))
    assert course.codes == {"silence"}
    assert course.go(6, quiet_s=3.0, level=None) == {"stall", "silence"}
    assert course.alarm("stall").severity is Severity.ERROR
    assert [alarm.severity for alarm in course.alarms] == [Severity.ERROR, Severity.WARNING], "the worst first"
    assert course.go(3) == set()


def test_when_the_encoder_goes_only_that_is_said(course):
    course.go(12, level=level(-80.0), key_gap_s=9.0)
    assert course.go(1, connected=False, began=False) == set()
    assert course.go(6, connected=False, began=False) == {"encoder_missing"}
    assert course.go(1) == set(), "what was usual is another encoder's now"


def test_another_encoder_within_the_second_has_another_clock_and_another_bit_rate(course):
    assert course.go(30, lag_s=900.0, video_kbit_s=400.0, fps=10.0, publication=2) == set()


def test_a_rehearsal_without_encoder_is_no_finding(course):
    assert course.go(30, connected=False, began=False, on_air=False) == set()


def test_a_break_is_silent_and_may_be_without_encoder(course):
    assert course.go(90, interlude=True, level=level(-96.0)) == set()
    assert course.go(10, interlude=True, connected=False, began=False) == {"encoder_missing"}
    assert course.alarm("encoder_missing").severity is Severity.WARNING
    course.go(1, connected=False, began=False)
    assert course.alarm("encoder_missing").severity is Severity.ERROR


def test_every_code_has_a_rule_and_words():
    assert {rule.code for rule in RULES} == set(Code) == set(WORDS)


def everything() -> Iterable[Alarm]:
    """Every finding once, with the values its rule gives."""
    for changes in (
        {"quiet_s": 9.0},
        {"look": look(still_s=44.0)},
        {"key_gap_s": 9.0},
        {"video_kbit_s": 100.0},
        {"fps": 1.0},
        {"recording_problem": "No space left on device"},
        {"lag_s": 9.0},
        {"av_offset_s": 2.0},
        {"level": level(-33.0)},
        {"problem": "x"},
    ):
        course = Course()
        course.go(60)
        course.go(40, **changes)
        yield from course.alarms


def test_words_are_filled_from_the_values_of_their_rule():
    said = dict(worded(alarm, str) for alarm in everything())
    assert "Nothing has come from the encoder for 9 s" in said
    assert "The encoder's connection is too slow: it is 9 s behind" in said
    assert "X" in said, "a sentence begins with a capital"
    assert all(advice.endswith(".") for advice in said.values())
    assert not any("%(" in text for pair in said.items() for text in pair)
