"""Settings of the streaming core: section `media`."""

from typing import Annotated

import msgspec

from app.config import Described
from media.record.model import Fsync


class MediaSettings(msgspec.Struct, frozen=True):
    """Where encoders connect, how streams are cut, what is kept."""

    rtmp_host: Annotated[str, Described(description="Address to listen on for encoders (RTMP).")] = "0.0.0.0"  # noqa: S104 - encoders stand elsewhere in the building
    rtmp_port: Annotated[int, Described(description="Port for RTMP; 0 takes a free one.")] = 1935
    part_ms: Annotated[
        int,
        msgspec.Meta(ge=200, le=2000),
        Described(description="Length of a part in milliseconds: the delay of viewers is about four of them."),
    ] = 500
    segment_s: Annotated[
        float, msgspec.Meta(ge=1, le=10), Described(description="Least length of a segment in seconds.")
    ] = 2.0
    target_s: Annotated[
        int,
        msgspec.Meta(ge=2, le=30),
        Described(description="Greatest length of a segment in seconds. Encoders should send key frames more often."),
    ] = 6
    window_s: Annotated[
        int,
        msgspec.Meta(ge=6, le=600),
        Described(description="Seconds of a live stream kept in memory; never less than three times target_s."),
    ] = 24
    window_mib: Annotated[
        int, msgspec.Meta(ge=4), Described(description="Most memory for one live stream, in MiB.")
    ] = 64
    recordings: Annotated[
        str, Described(description="Folder of recordings; a relative one lies under the data folder.")
    ] = "recordings"
    fsync: Annotated[
        Fsync,
        Described(description="When recordings are forced to the disk: `never`, after each `segment`, or each `part`."),
    ] = Fsync.SEGMENT
    queue_mib: Annotated[
        int, msgspec.Meta(ge=8), Described(description="Most memory for what waits to be written to the disk, in MiB.")
    ] = 256
    min_free_mib: Annotated[
        int,
        msgspec.Meta(ge=0),
        Described(description="Recording stops while less than this is free on its disk, in MiB; live goes on."),
    ] = 512
    accel_prefix: Annotated[
        str,
        Described(
            description="Prefix for X-Accel-Redirect where nginx serves the recordings folder, such as /_recordings; "
            "empty: served here."
        ),
    ] = ""
