"""Settings of the ladder: section `ladder`."""

from enum import StrEnum
from typing import Annotated

import msgspec

from app.config import Described


class Policy(StrEnum):
    """When smaller pictures are made."""

    ALWAYS = "always"
    VIEWERS = "viewers"
    NEVER = "never"


class LadderSettings(msgspec.Struct, frozen=True):
    """Which smaller versions of a stream are made, when, and what they may cost."""

    policy: Annotated[
        Policy,
        Described(
            description="When smaller pictures are made: `always` while on air, from a number of `viewers`, or "
            "`never`, which leaves out the sound alone too."
        ),
    ] = Policy.ALWAYS
    from_viewers: Annotated[
        int,
        msgspec.Meta(ge=1),
        Described(
            description="With policy `viewers`: players that wait for news of a stream, on average over 10 s, from "
            "which smaller pictures are made. A caching proxy hides players: use `always` behind one."
        ),
    ] = 5
    renditions: Annotated[
        str,
        Described(
            description="What is offered beside the source, with commas: `720p`, `480p`, `240p`, `audio`. "
            "Nothing as large as the source is made."
        ),
    ] = "480p,240p,audio"
    streams: Annotated[
        int,
        msgspec.Meta(ge=0),
        Described(description="Most streams at a time that get smaller pictures; each has a process of its own."),
    ] = 2
    cpu_cores: Annotated[
        int,
        msgspec.Meta(ge=1),
        Described(description="Most cores that all those processes use together; at least one is left to the server."),
    ] = 1
    threads: Annotated[
        int, msgspec.Meta(ge=1, le=16), Described(description="Threads of each decoder and encoder.")
    ] = 1
    nice: Annotated[
        int, msgspec.Meta(ge=0, le=19), Described(description="How far those processes stand back; 19 is the most.")
    ] = 5
    preset: Annotated[
        str,
        msgspec.Meta(pattern="^(ultrafast|superfast|veryfast|faster|fast|medium)$"),
        Described(description="Preset of the x264 encoder: from `ultrafast` to `medium`."),
    ] = "veryfast"
    memory_mib: Annotated[
        int, msgspec.Meta(ge=512), Described(description="Most address space of one process, in MiB.")
    ] = 2048
