"""Settings of sealed recordings: section `sealed`."""

from typing import Annotated

import msgspec

from app.config import Described


class SealedSettings(msgspec.Struct, frozen=True):
    """Where recordings of closed parts lie, and the key they are encrypted with."""

    folder: Annotated[
        str, Described(description="Folder of sealed recordings; a relative path lies under the data folder.")
    ] = "sealed"
    key: Annotated[
        str,
        Described(
            description="File of the key that closed parts are encrypted with; a relative path lies under the data"
            " folder. Without it nobody can open them: keep a copy of it apart."
        ),
    ] = "sealing-key"
