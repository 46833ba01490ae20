"""Files of a letter: looked at like every file that people hand in, kept, or kept back and named."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

import msgspec

from app.errors import Invalid, TooLarge
from app.files import (
    AUDIO,
    DOCUMENTS,
    IMAGES,
    MESSAGE,
    SEALS,
    VIDEO,
    FileStore,
    Infected,
    Unscanned,
    Upload,
    clean_name,
)
from portals.helpdesk.post.model import Enclosure
from portals.helpdesk.post.rows import Withheld, WithheldWhy

ACCEPTED: Final = DOCUMENTS | IMAGES | AUDIO | VIDEO | SEALS | {MESSAGE}
"""No archives but documents, no programs, nothing that carries scripts: told by the content, whatever it is called."""
MOST_FILES: Final = 20
MOST_BYTES: Final = 60_000_000
"""Of all files of one letter together."""
_BLOCK: Final = 256 * 1024


class Taken(msgspec.Struct):
    """`uploads` by their place among the letter's files, from 1."""

    uploads: list[tuple[int, Upload]]
    withheld: list[Withheld]


async def take_files(
    files: FileStore, enclosures: Sequence[Enclosure], limit_bytes: int, only: Iterable[int] = ()
) -> Taken:
    """Raises Unavailable when the disk is full: the letter comes again. `only`: places, if not all."""
    wanted = set(only) or set(range(1, len(enclosures) + 1))
    taken = Taken([], [])
    total = 0
    try:
        for place, one in enumerate(enclosures, start=1):
            if place not in wanted:
                continue
            if len(taken.uploads) >= MOST_FILES or total + len(one.content) > MOST_BYTES:
                taken.withheld.append(_kept_back(place, one, "too_many"))
                continue
            found = await _take(files, place, one, limit_bytes)
            if isinstance(found, Upload):
                taken.uploads.append((place, found))
                total += found.bytes
            else:
                taken.withheld.append(found)
    except BaseException:
        await drop(files, taken)
        raise
    return taken


async def drop(files: FileStore, taken: Taken) -> None:
    """Nobody keeps them."""
    for _place, upload in taken.uploads:
        await files.discard(upload)


async def _take(files: FileStore, place: int, one: Enclosure, limit_bytes: int) -> Upload | Withheld:
    if not one.content:
        return _kept_back(place, one, "empty")
    # the sender's claim is believed for seals and messages alone: what a mail program calls a file says little
    claimed = one.type if one.seal or one.type == MESSAGE else ""
    try:
        return await files.receive(
            _blocks(one.content), limit_bytes=limit_bytes, accept=ACCEPTED, name=one.name, claimed_type=claimed
        )
    except TooLarge:
        return _kept_back(place, one, "too_large")
    except Infected as found:
        return _kept_back(place, one, "malware", found.malware)
    except Unscanned as away:
        return _kept_back(place, one, "unscanned", away.reason)
    except Invalid as refused:
        return _kept_back(place, one, "kind", next(iter(refused.fields.values()), ""))


def _kept_back(place: int, one: Enclosure, reason: WithheldWhy, detail: str = "") -> Withheld:
    return Withheld(place=place, name=clean_name(one.name), bytes=len(one.content), reason=reason, detail=detail[:500])


async def _blocks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _BLOCK):
        yield content[start : start + _BLOCK]
