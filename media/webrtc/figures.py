"""What WebRTC counts, for Prometheus."""

from collections.abc import Callable
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge


class WebRtcFigures:
    """On the registry of the caller."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._sent = Counter("gryf_whep_packets_total", "RTP packets sent to viewers.", registry=registry)
        self._dropped = Counter(
            "gryf_whep_dropped_packets_total", "Packets that viewers were too slow for.", registry=registry
        )
        self._asked = Counter(
            "gryf_whep_nacked_packets_total", "Packets that viewers asked for again.", registry=registry
        )
        self.answers = Counter(
            "gryf_webrtc_requests_total", "WHIP and WHEP requests by outcome.", ["kind", "status"], registry=registry
        )

    def follow(self, count: Callable[[str], int]) -> None:
        """`count(kind)`: sessions of that kind now."""
        for kind, text in (("whip", "WHIP publishers connected."), ("whep", "WHEP viewers connected.")):
            gauge = Gauge(f"gryf_{kind}_sessions", text, registry=self._registry)
            gauge.set_function(partial(count, kind))

    def sent(self, packets: int) -> None:
        self._sent.inc(packets)

    def dropped(self, packets: int) -> None:
        self._dropped.inc(packets)

    def asked_again(self, packets: int) -> None:
        self._asked.inc(packets)
