"""Playlists of recordings, made once for all who ask, and not on the loop: ten hours are 600 kB of text."""

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import msgspec
from aiohttp import web

from media.archive.playlist import archive_media_playlist
from media.hls.marks import Mark
from media.record.timeline import RecordingIndex

MOST: Final = 32
"""Recordings whose playlists are kept."""


class KeptPlaylist(msgspec.Struct, frozen=True, gc=False):
    """The text as bytes, and in gzip."""

    plain: bytes
    packed: bytes


class KeptPlaylists:
    """The last media playlist of each recording that was asked for."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[RecordingIndex, Sequence[Mark], asyncio.Task[KeptPlaylist]]] = OrderedDict()

    async def media(self, index: RecordingIndex, marks: Sequence[Mark]) -> KeptPlaylist:
        """Of this very index (the library gives out the same one until it changes) with these marks."""
        stream_id = index.recording.stream_id
        known = self._known.get(stream_id)
        if known is None or known[0] is not index or known[1] != marks:
            making = asyncio.create_task(asyncio.to_thread(_make, index, marks))
            known = self._known[stream_id] = (index, marks, making)
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        self._known.move_to_end(stream_id)
        # One who leaves does not take it from the others.
        return await asyncio.shield(known[2])


def _make(index: RecordingIndex, marks: Sequence[Mark]) -> KeptPlaylist:
    plain = archive_media_playlist(index, marks).encode()
    return KeptPlaylist(plain, gzip.compress(plain, 6, mtime=0))


KEPT_PLAYLISTS: web.AppKey[KeptPlaylists] = web.AppKey("kept_playlists", KeptPlaylists)
