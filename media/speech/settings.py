"""Settings of drafts by a recogniser of speech: section `speech`."""

from enum import StrEnum
from typing import Annotated

import msgspec

from app.config import Described


class Engine(StrEnum):
    """Which recogniser makes drafts."""

    NONE = "none"
    WHISPER = "whisper"
    COMMAND = "command"


class SpeechSettings(msgspec.Struct, frozen=True):
    """Who recognises speech, and what it may use. Sound stays on this machine."""

    engine: Annotated[
        Engine,
        Described(
            description="Recogniser of speech: `none`, `whisper` (the Python package faster-whisper, installed beside) "
            "or `command`."
        ),
    ] = Engine.NONE
    command: Annotated[
        str,
        Described(
            description="Command line of the engine `command`, with {wav} (16 kHz, one channel), {language}, {threads} "
            "and, where it writes a file, {out}; it answers in WebVTT, SRT or JSON."
        ),
    ] = ""
    model: Annotated[
        str, Described(description="Model of the engine `whisper`: its name, or the folder it lies in.")
    ] = "small"
    threads: Annotated[int, msgspec.Meta(ge=1, le=64), Described(description="Processors a draft may use.")] = 1
    memory_mib: Annotated[
        int, msgspec.Meta(ge=256), Described(description="Most memory of a draft's process, in MiB of address space.")
    ] = 6144
    cpu_factor: Annotated[
        float,
        msgspec.Meta(gt=0, le=100),
        Described(description="Most processor time of a draft, as a multiple of the recording's length."),
    ] = 8.0
    piece_min: Annotated[
        int,
        msgspec.Meta(ge=1, le=120),
        Described(description="Sound goes to the recogniser in pieces this long, in minutes."),
    ] = 10
    niceness: Annotated[
        int, msgspec.Meta(ge=0, le=19), Described(description="Priority of a draft's process: 19 steps back most.")
    ] = 15
