"""What the live page of administrators shows: one measure a second of each process, and the last minutes of them.

A process tells its measures to the others only while somebody looks; its own it always keeps.
"""

import heapq
import os
import socket
import time
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from prometheus_client.metrics import MetricWrapperBase

from app.feature import Event
from realtime.figures import Figures
from realtime.hub import Happening, Hub
from realtime.open_room import OpenRoom

ROOM: Final = "live/overview"
KEPT_S: Final = 180
"""Seconds of measures that a page begins with."""
ROOMS_SHOWN: Final = 20
GONE_AFTER_S: Final = 10.0


class BusyRoom(msgspec.Struct, frozen=True):
    """A room with many members, as one process knows it."""

    name: str
    kind: str
    members: int
    slow: int
    events: int
    """Numbered since the process knows the room."""


class Measure(msgspec.Struct, frozen=True):
    """One process in one second. Rates are events a second; `lag_s`: 99 of 100 events are written within it."""

    process: str
    at: datetime
    sockets: int
    rooms: int
    events: float
    deliveries: float
    lag_s: float
    load: float
    slow: int
    held_bytes: int
    drops: dict[str, int]
    """Since the start, by the rule that says so."""
    backplane: str
    outbox: bool
    redis: bool | None
    backplane_lag_s: float
    lost: int
    busiest: list[BusyRoom]


class Overview(msgspec.Struct, frozen=True):
    """Snapshot of the room: measures of all processes that are known here, oldest first."""

    measures: list[Measure]


class LiveMeasured(Event, frozen=True, tag=True):
    """A process has measured itself."""

    measure: Measure

    @property
    def key(self) -> str:
        return self.measure.process


class Meter:
    """Takes the measures of one process from its figures."""

    def __init__(self, hub: Hub, backplane: str) -> None:
        self.process = f"{socket.gethostname()}:{os.getpid()}"
        self._hub = hub
        self._backplane = backplane
        self._at_s = time.monotonic()
        self._before = _Counts(hub.figures)

    def measure(self, *, outbox: bool, redis: bool | None) -> Measure:
        """Since the last call."""
        figures, now_s = self._hub.figures, time.monotonic()
        counts, before, took_s = _Counts(figures), self._before, max(now_s - self._at_s, 0.001)
        self._before, self._at_s = counts, now_s
        rooms = self._hub.rooms.values()
        return Measure(
            process=self.process,
            at=datetime.now(UTC),
            sockets=int(_value(figures.sockets)),
            rooms=len(rooms),
            events=round((counts.events - before.events) / took_s, 1),
            deliveries=round((counts.deliveries - before.deliveries) / took_s, 1),
            lag_s=quantile(before.lag, counts.lag),
            load=_value(figures.load),
            slow=sum(slow_in(room) for room in rooms),
            held_bytes=int(_value(figures.held_bytes)),
            drops=counts.drops,
            backplane=self._backplane,
            outbox=outbox,
            redis=redis,
            backplane_lag_s=quantile(before.backplane_lag, counts.backplane_lag),
            lost=int(_value(figures.backplane_lost)),
            busiest=busiest(rooms),
        )


class Watch:
    """Keeps the last minutes of all processes."""

    def __init__(self) -> None:
        self._measures: dict[str, deque[Measure]] = {}
        self._decoder = msgspec.json.Decoder(LiveMeasured)

    def add(self, measure: Measure) -> None:
        self._measures.setdefault(measure.process, deque(maxlen=KEPT_S)).append(measure)

    def hear(self, what: Happening) -> None:
        """An event of the room, of whatever process."""
        measure = self._decoder.decode(what.payload).measure
        known = self._measures.get(measure.process)
        if not known or known[-1].at < measure.at:
            self.add(measure)

    def overview(self, now: datetime) -> Overview:
        """Processes that were silent for long are forgotten."""
        for process in [one for one, found in self._measures.items() if _age_s(found[-1], now) > KEPT_S]:
            del self._measures[process]
        measures = [one for found in self._measures.values() for one in found]
        return Overview(sorted(measures, key=lambda one: one.at))


def _age_s(measure: Measure, now: datetime) -> float:
    return (now - measure.at).total_seconds()


class _Counts:
    """Counters at one moment."""

    def __init__(self, figures: Figures) -> None:
        self.events = _value(figures.events)
        self.deliveries = _value(figures.deliveries)
        self.drops = {
            sample.labels["rule"]: int(sample.value)
            for sample in _samples(figures.drops)
            if sample.name.endswith("_total")
        }
        self.lag = _buckets(figures.lag)
        self.backplane_lag = _buckets(figures.backplane_lag)


def quantile(before: dict[float, float], after: dict[float, float], share: float = 0.99) -> float:
    """Upper bound within which `share` of the observations between two counts lie; 0 without any, -1 beyond all bounds.

    Counts are cumulative by upper bound, as Prometheus keeps them.
    """
    grown = {bound: count - before.get(bound, 0) for bound, count in sorted(after.items())}
    total = max(grown.values(), default=0)
    if total <= 0:
        return 0.0
    for bound, count in grown.items():
        if count >= total * share:
            return -1.0 if bound == float("inf") else bound
    return -1.0


def slow_in(room: OpenRoom) -> int:
    """Members that leave something unread."""
    return sum(1 for held in room.apart.values() if held.ready and held.batch)


def busiest(rooms: Iterable[OpenRoom]) -> list[BusyRoom]:
    """Rooms with most members."""
    found = heapq.nlargest(ROOMS_SHOWN, rooms, key=lambda room: room.own_presence().sockets)
    return [
        BusyRoom(room.name, str(room.room.kind), room.own_presence().sockets, slow_in(room), room.seq)
        for room in found
        if room.own_presence().sockets
    ]


def _samples(metric: MetricWrapperBase) -> list[Any]:
    return [sample for family in metric.collect() for sample in family.samples]


def _value(metric: MetricWrapperBase) -> float:
    return float(next(one.value for one in _samples(metric) if not one.name.endswith("_created")))


def _buckets(metric: MetricWrapperBase) -> dict[float, float]:
    return {float(one.labels["le"]): one.value for one in _samples(metric) if one.name.endswith("_bucket")}
