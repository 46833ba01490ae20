"""When something is wrong with a stream. Pure: readings in once a second, alarms out; time is what the readings say.

A rule says what is wrong in one second. Hysteresis is the same for all: an alarm is raised when its rule has held for
`raise_after_s`, and cleared when it has not held for `clear_after_s`.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from media.watchdog import conditions
from media.watchdog.conditions import Limits, Verdict
from media.watchdog.finding import Alarm, Code, Severity
from media.watchdog.memory import Memory
from media.watchdog.reading import Reading

CALMED_AFTER_S: Final = 15.0
"""An error is called a warning again when it has been one for so long: what goes to and fro is told once."""

STALLED_AFTER_S: Final = 2.0
"""Without a packet for so long nothing can be said of picture and sound: their rules wait."""

Condition = Callable[[Reading, Memory, Limits], Verdict | None]


class Rule(msgspec.Struct, frozen=True):
    """`error_after_s`: an alarm that has stood for so long is an error. `always`: also while nothing comes."""

    code: Code
    check: Condition
    raise_after_s: float = 0.0
    clear_after_s: float = 3.0
    error_after_s: float | None = None
    always: bool = False


RULES: Final = (
    Rule(Code.ENCODER_MISSING, conditions.encoder_missing, 5, 0, always=True),
    Rule(Code.STALL, conditions.stall, 0, 2, error_after_s=4, always=True),
    Rule(Code.SECOND_ENCODER, conditions.second_encoder, 0, 0, always=True),
    Rule(Code.ENCODER_REFUSED, conditions.encoder_refused, 0, 0, always=True),
    Rule(Code.RECORDING_FAILS, conditions.recording_fails, 0, 5, always=True),
    Rule(Code.UPLOAD_SLOW, conditions.upload_slow, 3, 10),
    Rule(Code.PICTURE_MISSING, conditions.picture_missing, 5, 3),
    Rule(Code.BLACK, conditions.black, 8, 0, error_after_s=30),
    Rule(Code.BLANK, conditions.blank, 8, 0, error_after_s=30),
    Rule(Code.FROZEN, conditions.frozen),
    Rule(Code.KEY_FRAMES_RARE, conditions.key_frames_rare, 0, 10),
    Rule(Code.BITRATE_COLLAPSE, conditions.bitrate_collapse, 5, 5),
    Rule(Code.BITRATE_HIGH, conditions.bitrate_high, 10, 10),
    Rule(Code.FPS_COLLAPSE, conditions.fps_collapse, 5, 5),
    Rule(Code.B_FRAMES, conditions.b_frames, 5, 30),
    Rule(Code.SOUND_MISSING, conditions.sound_missing, 5, 3),
    Rule(Code.SILENCE, conditions.silence, 10, 1, error_after_s=60),
    Rule(Code.QUIET, conditions.quiet, 0, 5),
    Rule(Code.CLIPPING, conditions.clipping, 0, 10),
    Rule(Code.CLOCK_DRIFT, conditions.clock_drift, 30, 30),
    Rule(Code.AV_OFFSET, conditions.av_offset, 0, 10),
    Rule(Code.TIMESTAMPS_JUMP, conditions.timestamps_jump),
)


class _State:
    """One rule's place in its hysteresis."""

    def __init__(self) -> None:
        self.holds_since_s: float | None = None
        self.seen_s = 0.0
        self.error_s: float | None = None
        """When it was an error last."""
        self.alarm: Alarm | None = None


class Rules:
    """The alarms of one stream."""

    def __init__(self, limits: Limits, rules: tuple[Rule, ...] = RULES) -> None:
        self._limits = limits
        self._rules = rules
        self._states: Mapping[Code, _State] = {rule.code: _State() for rule in rules}
        self._memory = Memory()
        self._publication = 0

    def judge(self, reading: Reading) -> tuple[Alarm, ...]:
        """All alarms that stand after this second, errors first."""
        there = reading.connected and reading.began
        flowing = there and reading.quiet_s < STALLED_AFTER_S
        if not there or reading.publication != self._publication:
            self._memory.forget()
            self._publication = reading.publication
        if flowing:
            self._memory.add(reading)
        for rule in self._rules:
            state = self._states[rule.code]
            if flowing or rule.always:
                _step(rule, state, reading.at_s, rule.check(reading, self._memory, self._limits))
            elif not there:
                state.holds_since_s = state.alarm = state.error_s = None
        alarms = [state.alarm for state in self._states.values() if state.alarm is not None]
        order = list(Severity)
        return tuple(sorted(alarms, key=lambda alarm: order.index(alarm.severity)))


def _step(rule: Rule, state: _State, now_s: float, verdict: Verdict | None) -> None:
    if verdict is None:
        state.holds_since_s = None
        if state.alarm is not None and now_s - state.seen_s >= rule.clear_after_s:
            state.alarm = state.error_s = None
        return
    state.seen_s = now_s
    if state.holds_since_s is None:
        state.holds_since_s = now_s
    if state.alarm is None and now_s - state.holds_since_s < rule.raise_after_s:
        return
    since_s = state.alarm.since_s if state.alarm is not None else state.holds_since_s
    if verdict.severity is Severity.ERROR or (rule.error_after_s is not None and now_s - since_s >= rule.error_after_s):
        state.error_s = now_s
    is_error = state.error_s is not None and now_s - state.error_s < CALMED_AFTER_S
    state.alarm = Alarm(rule.code, Severity.ERROR if is_error else verdict.severity, since_s, verdict.values)
