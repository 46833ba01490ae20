"""What the hub counts, for Prometheus."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LAG_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Figures:
    """Counters and gauges of `/live` on the registry of one application."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.sockets = Gauge("gryf_live_sockets", "Open sockets.", registry=registry)
        self.rooms = Gauge("gryf_live_rooms", "Rooms this process knows, with those that linger.", registry=registry)
        self.apart = Gauge(
            "gryf_live_readers_apart",
            "Places of sockets that are new or slow and have a queue of their own.",
            registry=registry,
        )
        self.held_bytes = Gauge("gryf_live_held_bytes", "Bytes that wait for slow and new sockets.", registry=registry)
        self.load = Gauge("gryf_live_load", "Share of the event loop that writing takes.", registry=registry)
        self.longest_slice = Gauge(
            "gryf_live_longest_slice_seconds", "Longest stretch of writing of the last second.", registry=registry
        )
        self.events = Counter("gryf_live_events", "Events published to rooms that are open.", registry=registry)
        self.deliveries = Counter("gryf_live_deliveries", "Events written to sockets.", registry=registry)
        self.writes = Counter(
            "gryf_live_writes", "Writes to sockets; each carries one or more events.", registry=registry
        )
        self.drops = Counter(
            "gryf_live_drops",
            "Events that a slow reader does not get, by the rule that says so.",
            ["rule"],
            registry=registry,
        )
        self.closed = Counter("gryf_live_closed", "Sockets closed by the server.", ["why"], registry=registry)
        self.joins = Counter("gryf_live_joins", "Joins, by their outcome.", ["outcome"], registry=registry)
        self.snapshots = Counter(
            "gryf_live_snapshots", "Snapshots read from the database; joins share them.", registry=registry
        )
        self.refused = Counter("gryf_live_handshakes_refused", "Sockets not opened.", ["why"], registry=registry)
        self._add_backplane(registry)

    def _add_backplane(self, registry: CollectorRegistry) -> None:
        """What comes from other processes, and how late."""
        self.outbox = Counter("gryf_live_outbox_events", "Events read that other processes wrote.", registry=registry)
        self.filled = Counter(
            "gryf_live_filled_events", "Events of kept rooms that were read from the log.", registry=registry
        )
        self.lag = Histogram(
            "gryf_live_lag_seconds",
            "From COMMIT, or from reading another process's event, to the last socket's write.",
            buckets=LAG_BUCKETS,
            registry=registry,
        )
        self.backplane_lag = Histogram(
            "gryf_backplane_lag_seconds",
            "From the begin of another process's transaction to our reading of its event; the oldest of each look.",
            buckets=LAG_BUCKETS,
            registry=registry,
        )
        self.backplane_up = Gauge(
            "gryf_backplane_up",
            "Whether this process hears of the others by this way: `outbox` (truth), `redis` (wake-up).",
            ["way"],
            registry=registry,
        )
        self.backplane_lost = Gauge(
            "gryf_backplane_lost_announcements", "Announcements that could not be written.", registry=registry
        )
