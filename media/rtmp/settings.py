"""Limits of the RTMP server."""

from typing import Annotated

import msgspec

from app.config import Described


class RtmpSettings(msgspec.Struct, frozen=True):
    """What one address, and all together, may ask of the RTMP port."""

    connections: Annotated[int, Described(description="Most RTMP connections at a time.")] = 200
    connections_per_address: Annotated[
        int, Described(description="Most RTMP connections at a time from one address (IPv6: from one /64).")
    ] = 20
    begin_timeout_s: Annotated[
        float, Described(description="Seconds from connecting to publishing, after which an encoder is closed.")
    ] = 10.0
    keepalive_s: Annotated[
        int, Described(description="Seconds of silence after which TCP asks whether the peer lives.")
    ] = 15
