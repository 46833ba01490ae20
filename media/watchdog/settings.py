"""Settings of the watchdog: section `watchdog`."""

from typing import Annotated

import msgspec

from app.config import Described


class WatchdogSettings(msgspec.Struct, frozen=True):
    """What is watched, and from when on it is too much."""

    picture: Annotated[
        bool,
        Described(description="Look at a key frame every few seconds: a black or frozen picture is found."),
    ] = True
    sound: Annotated[
        bool, Described(description="Hear a thirtieth of the sound all the time: silence and clipping are found.")
    ] = True
    max_video_kbit_s: Annotated[
        int,
        msgspec.Meta(ge=100),
        Described(description="Bit rate of the picture in kbit/s above which the clerk is told that it is too high."),
    ] = 8000
