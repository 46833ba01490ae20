"""What the hub counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge


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
        self.refused = Counter("gryf_live_handshakes_refused", "Sockets not opened.", ["why"], registry=registry)
        self.outbox = Counter("gryf_live_outbox_events", "Events read that other processes wrote.", registry=registry)
