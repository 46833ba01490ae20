"""The slates of this process: each encoded once for its sentence and size, in a thread, and kept."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import structlog

from media.continuity.model import CodedSlate, Size, SlateKind
from media.packet import Tracks

log = structlog.get_logger(__name__)

Encode = Callable[[SlateKind, Size, str], CodedSlate]
"""(kind, size, line below the sentence); blocks for a moment: it is called in a thread."""

Wanted = tuple[SlateKind, Size, str]

KEPT: Final = 24
"""Some 50 kB each."""

USUAL_SIZE: Final = Size(1280, 720)
"""Before any source was heard."""


CLOSE_S: Final = 5.0


class Slates:
    """Lives on the loop. `get` never waits: what is not there yet is begun, and there in a moment."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._known: OrderedDict[Wanted, CodedSlate] = OrderedDict()
        self._making: dict[Wanted, asyncio.Task[None]] = {}
        self._failed: set[Wanted] = set()
        self._one_at_a_time = asyncio.Semaphore(1)

    def get(self, kind: SlateKind, source: Tracks | None, text: str = "") -> CodedSlate | None:
        """A slate of the source's size, with a line of text; None while it is being made, or where none can be made."""
        wanted = (kind, slate_size(source), text)
        slate = self._known.get(wanted)
        if slate is not None:
            self._known.move_to_end(wanted)
        elif wanted not in self._making and wanted not in self._failed:
            task = asyncio.get_running_loop().create_task(self._make(wanted), name="slate: encode")
            self._making[wanted] = task
        return slate

    async def close(self) -> None:
        """Waits a little for the thread that encodes."""
        if self._making:
            await asyncio.wait(tuple(self._making.values()), timeout=CLOSE_S)

    async def _make(self, wanted: Wanted) -> None:
        try:
            async with self._one_at_a_time:
                self._known[wanted] = await asyncio.to_thread(self._encode, *wanted)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        except Exception:
            # Asked for ten times a second: tried once.
            self._failed.add(wanted)
            log.exception("a slate could not be made", kind=wanted[0].value)
        finally:
            del self._making[wanted]


def slate_size(source: Tracks | None) -> Size:
    """The size of a slate that stands in for this source."""
    video = source.video if source is not None else None
    if video is None or not video.width or not video.height:
        return USUAL_SIZE
    return Size(video.width, video.height)
