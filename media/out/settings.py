"""Settings of simulcast: section `out`."""

from typing import Annotated

import msgspec

from app.config import Described


class OutSettings(msgspec.Struct, frozen=True):
    """Where streams may be passed on to, and what a slow target may cost."""

    targets: Annotated[
        int, msgspec.Meta(ge=0, le=50), Described(description="Most targets of one stream; 0 switches simulcast off.")
    ] = 5
    allow_private: Annotated[
        bool,
        Described(description="Allow targets in private networks, such as the city's own; else public addresses only."),
    ] = False
    ca_file: Annotated[
        str,
        Described(description="Certificates (PEM) trusted for RTMPS targets beside those of the system; empty: none."),
    ] = ""
    connect_timeout_s: Annotated[
        float, msgspec.Meta(gt=0), Described(description="Seconds a target may take until it accepts the stream.")
    ] = 10.0
    stall_timeout_s: Annotated[
        float, msgspec.Meta(gt=0), Described(description="Seconds a target may take nothing before it is given up.")
    ] = 10.0
    queue_mib: Annotated[
        int,
        msgspec.Meta(ge=1),
        Described(description="Most memory for what waits for one target, in MiB; then up to a key frame is left out."),
    ] = 8
