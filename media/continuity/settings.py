"""Settings of continuity: section `continuity`."""

from typing import Annotated

import msgspec

from app.config import Described

COLOUR = r"^#[0-9a-fA-F]{6}$"


class ContinuitySettings(msgspec.Struct, frozen=True):
    """What viewers see while no encoder sends, and when another one takes over."""

    slate: Annotated[
        bool, Described(description="Show a picture with a sentence by itself while a stream on air has no encoder.")
    ] = True
    lost_after_s: Annotated[
        float,
        msgspec.Meta(ge=0.5, le=10),
        Described(
            description="Seconds of silence after which an encoder counts as lost: the backup or the slate follows."
        ),
    ] = 1.2
    starts_after_s: Annotated[
        float,
        msgspec.Meta(ge=0, le=60),
        Described(description="Seconds on air without any encoder after which the opening slate is shown."),
    ] = 3.0
    return_after_s: Annotated[
        float,
        msgspec.Meta(ge=0, le=120),
        Described(description="Seconds for which the primary encoder must send steadily before it feeds again."),
    ] = 5.0
    reopen_after_s: Annotated[
        float,
        msgspec.Meta(ge=0, le=60),
        Described(
            description="Seconds after the end of a closed part before the picture is shown again: encoders send late,"
            " and what comes now may have been said before."
        ),
    ] = 4.0
    background: Annotated[
        str, msgspec.Meta(pattern=COLOUR), Described(description="Colour of the slate, such as #0b2545.")
    ] = "#0b2545"
    accent: Annotated[
        str, msgspec.Meta(pattern=COLOUR), Described(description="Colour of the slate's line, such as #e0b13b.")
    ] = "#e0b13b"
    logo: Annotated[str, Described(description="PNG or JPEG file for the slate; empty: none.")] = ""
