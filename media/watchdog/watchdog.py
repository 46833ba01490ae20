"""The watchdog of one process: what it attaches to each stream, and what it makes of each second."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec
import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from media.codec.level import Level
from media.codec.look import LookTap, PictureLooks
from media.meter import StreamHealth
from media.stream import Stream
from media.streams import SECOND_ENCODER, Problem
from media.watchdog.conditions import Limits
from media.watchdog.finding import Alarm, Code, Finding, FindingChange, FindingListener
from media.watchdog.reading import Reading
from media.watchdog.rules import Rules
from media.watchdog.texts import worded
from media.watchdog.timing import TimingProbe

log = structlog.get_logger(__name__)

LOOK_EACH_S: Final = 2.0
LOOK_SPARINGLY_EACH_S: Final = 5.0
LEVEL_STALE_S: Final = 5.0
PROBLEM_KEPT_S: Final = 30.0
"""A refused encoder tries again every few seconds; when it has not for so long, somebody has seen to it."""


class Circumstances(msgspec.Struct, frozen=True):
    """What only the registry of streams and the recorder know."""

    on_air: bool
    recording_problem: str
    problem: Problem | None
    interlude: bool = False


class Watch:
    """One stream's probes, rules and findings."""

    def __init__(self, stream: Stream, limits: Limits, looks: PictureLooks | None, clock: Callable[[], float]) -> None:
        self.stream = stream
        self.findings: tuple[Finding, ...] = ()
        self._clock = clock
        self._rules = Rules(limits)
        self._probe = TimingProbe(clock=clock)
        self._look: LookTap | None = looks.follow(stream) if looks is not None else None
        self._problem: Problem | None = None
        self._problem_at_s = 0.0
        stream.attach(self._probe)

    def stop(self) -> None:
        self.stream.detach(self._probe)
        if self._look is not None:
            self._look.stop()

    def look_often(self, *, often: bool) -> None:
        if self._look is not None:
            self._look.interval_s = LOOK_EACH_S if often else LOOK_SPARINGLY_EACH_S

    def alarms(
        self, health: StreamHealth, level: Level | None, now: Circumstances, jumps: int, problem: str
    ) -> tuple[Alarm, ...]:
        """`problem` is the sentence of `now.problem`."""
        at_s = self._clock()
        source = self.stream.followed or self.stream
        if now.problem is not self._problem:
            self._problem, self._problem_at_s = now.problem, at_s
        fresh = self._problem is not None and at_s - self._problem_at_s < PROBLEM_KEPT_S
        reading = Reading(
            at_s=at_s,
            on_air=now.on_air,
            interlude=now.interlude,
            connected=source.publisher is not None,
            began=source.live,
            quiet_s=max(0.0, at_s - source.last_packet_at),
            fps=health.fps,
            video_kbit_s=health.video_kbit_s,
            jumps=jumps,
            level=level if level is not None and at_s - level.at < LEVEL_STALE_S else None,
            look=self._look.look if self._look is not None else None,
            recording_problem=now.recording_problem,
            problem=problem if fresh else "",
            second_encoder=fresh and self._problem is not None and self._problem.message == SECOND_ENCODER,
            **msgspec.structs.asdict(self._probe.take()),
        )
        return self._rules.judge(reading)


class Watchdog(Collector):
    """`begin` watching a stream, `judge` it once a second, `leave` it. Tells the log, the listener and `/metrics`."""

    def __init__(
        self,
        limits: Limits,
        *,
        translate: Callable[[str], str],
        jumps: Callable[[str], int] = lambda _stream_id: 0,
        listener: FindingListener | None = None,
        picture: bool = True,
        sound: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`translate` into the city's first language; `jumps` of a stream's timeline so far; `clock`: the streams'."""
        self.sound = sound
        """Whether the sound of streams that nobody looks at is measured."""
        self._limits = limits
        self._translate = translate
        self._jumps = jumps
        self._listener = listener
        self._looks = PictureLooks(clock=clock) if picture else None
        self._clock = clock
        self._watches: dict[str, Watch] = {}

    def begin(self, stream: Stream) -> Watch:
        watch = self._watches[stream.id] = Watch(stream, self._limits, self._looks, self._clock)
        return watch

    def leave(self, watch: Watch) -> None:
        watch.stop()
        self._change(watch, ())
        if self._watches.get(watch.stream.id) is watch:
            del self._watches[watch.stream.id]

    def judge(self, watch: Watch, health: StreamHealth, level: Level | None, now: Circumstances) -> bool:
        """One second; whether there are other findings than before, or worse ones."""
        problem = self._sentence(now.problem) if now.problem is not None else ""
        alarms = watch.alarms(health, level, now, self._jumps(watch.stream.id), problem)
        known = {finding.code: finding.since for finding in watch.findings}
        return self._change(watch, tuple(self._finding(alarm, known.get(alarm.code)) for alarm in alarms))

    def close(self) -> None:
        for watch in list(self._watches.values()):
            watch.stop()
        self._watches.clear()
        if self._looks is not None:
            self._looks.close()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """`gryf_media_finding`: every code of every stream that is watched, 0 or 1."""
        family = GaugeMetricFamily(
            "gryf_media_finding", "Whether something is wrong with a stream now.", labels=["stream", "code"]
        )
        for stream_id, watch in list(self._watches.items()):
            raised = {finding.code for finding in watch.findings}
            for code in Code:
                family.add_metric([stream_id, code.value], float(code in raised))
        yield family

    def _sentence(self, problem: Problem) -> str:
        return self._translate(problem.message) % dict(problem.values)

    def _finding(self, alarm: Alarm, since: datetime | None) -> Finding:
        what, advice = worded(alarm, self._translate)
        if since is None:
            since = datetime.fromtimestamp(round(time.time() - self._clock() + alarm.since_s), UTC)
        return Finding(code=alarm.code, severity=alarm.severity, since=since, what=what, advice=advice)

    def _change(self, watch: Watch, findings: tuple[Finding, ...]) -> bool:
        before = {finding.code: finding for finding in watch.findings}
        after = {finding.code: finding for finding in findings}
        for code, finding in after.items():
            if code not in before or before[code].severity is not finding.severity:
                log.warning("finding", stream=watch.stream.id, code=code.value, severity=finding.severity.value)
                self._tell(FindingChange(watch.stream.id, finding, raised=True))
        for code in before.keys() - after.keys():
            log.info("finding cleared", stream=watch.stream.id, code=code.value)
            self._tell(FindingChange(watch.stream.id, before[code], raised=False))
        watch.findings = findings
        return [(code, one.severity) for code, one in before.items()] != [
            (code, one.severity) for code, one in after.items()
        ]

    def _tell(self, change: FindingChange) -> None:
        if self._listener is None:
            return
        try:
            self._listener(change)
        except Exception:
            log.exception("listener failed", stream=change.stream_id, code=change.finding.code.value)
