"""Figures of the ladder for Prometheus."""

from prometheus_client import CollectorRegistry, Counter


class Figures:
    """What is counted. Gauges stand with the overseer, which knows all ladders."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.dropped = Counter(
            "gryf_ladder_dropped", "Pictures that ladder workers were too slow for, or lost.", registry=registry
        )
        self.restarts = Counter("gryf_ladder_restarts", "Ladder workers that ended by themselves.", registry=registry)
