"""Figures for Prometheus: one registry an application, so that tests and processes do not share counters."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from app.supervise import SUPERVISOR

METRICS: web.AppKey[CollectorRegistry] = web.AppKey("metrics", CollectorRegistry)


class HttpFigures:
    """What the outermost middleware counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "gryf_http_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "gryf_http_seconds",
            "Time to answer, without long polls and sockets.",
            ["route"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=registry,
        )


HTTP_FIGURES: web.AppKey[HttpFigures] = web.AppKey("http_figures", HttpFigures)


def new_registry() -> CollectorRegistry:
    """A registry with the process's own figures."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry


async def loop_lag_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: measures how late the event loop is."""
    lag = Histogram(
        "gryf_loop_lag_seconds",
        "How late the event loop woke a sleeper of 100 ms.",
        buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
        registry=app[METRICS],
    )
    recent: deque[float] = deque([0.0], maxlen=600)
    Gauge("gryf_loop_lag_worst_seconds", "The worst lag of the last minute.", registry=app[METRICS]).set_function(
        lambda: max(recent)
    )

    async def measure() -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + 0.1
            await asyncio.sleep(0.1)
            late_s = max(0.0, loop.time() - due)
            lag.observe(late_s)
            recent.append(late_s)

    app[SUPERVISOR].run("loop lag", measure)
    yield


async def show_metrics(request: web.Request) -> web.Response:
    """`GET /metrics`."""
    return web.Response(body=generate_latest(request.app[METRICS]), headers={"Content-Type": CONTENT_TYPE_LATEST})
