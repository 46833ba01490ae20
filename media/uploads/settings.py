"""Settings of uploads: section `uploads`."""

from typing import Annotated

import msgspec

from app.config import Described


class UploadSettings(msgspec.Struct, frozen=True):
    """How large uploaded recordings may be, and what converting one may cost."""

    limit_mib: Annotated[
        int, msgspec.Meta(ge=1), Described(description="Largest video or sound file that may be uploaded, in MiB.")
    ] = 4096
    longest_h: Annotated[
        float, msgspec.Meta(gt=0, le=48), Described(description="Longest uploaded recording, in hours.")
    ] = 12.0
    most_height: Annotated[
        int,
        msgspec.Meta(ge=144, le=2160),
        Described(description="Uploaded pictures are made no higher than this (the shorter side, in pixels)."),
    ] = 1080
    at_once: Annotated[
        int, msgspec.Meta(ge=1, le=16), Described(description="Uploads a worker process converts at the same time.")
    ] = 1
    threads: Annotated[
        int, msgspec.Meta(ge=1, le=64), Described(description="Processor threads one conversion may use.")
    ] = 2
    memory_mib: Annotated[
        int,
        msgspec.Meta(ge=512),
        Described(description="Address space one conversion may use, in MiB; a file that needs more is refused."),
    ] = 3072
    niceness: Annotated[
        int, msgspec.Meta(ge=0, le=19), Described(description="How far conversions step back for everything else.")
    ] = 10
