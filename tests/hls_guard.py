"""Every playlist that any test reads over HTTP is checked, from this process's servers and from others."""

import gzip
from collections.abc import Iterator

import aiohttp
import pytest

from tests.hls_playlists import parse_media
from tests.hls_rules import media_problems, multivariant_problems, update_problems

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
GZIP_MAGIC = b"\x1f\x8b"


class PlaylistGuard:
    """Remembers each playlist by its address, since the next one must follow from it."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.checked = 0
        self._known: dict[str, str] = {}

    def look(self, address: str, text: str) -> None:
        self.checked += 1
        if "#EXT-X-STREAM-INF" in text:
            self._note(address, multivariant_problems(text))
            return
        found = parse_media(text)
        self._note(address, media_problems(found))
        if found.skipped:
            return
        if address in self._known:
            self._note(address, update_problems(parse_media(self._known[address]), found))
        self._known[address] = text

    def forget(self) -> None:
        """A recording was trimmed: pages are told, and its playlists are others from now on."""
        self._known.clear()

    def _note(self, address: str, faults: list[str]) -> None:
        self.faults += [f"{address}: {fault}" for fault in faults]


@pytest.fixture(autouse=True)
def playlist_guard(monkeypatch: pytest.MonkeyPatch) -> Iterator[PlaylistGuard]:
    """Fails a test whose client read a playlist that breaks a rule of HLS."""
    guard = PlaylistGuard()
    read = aiohttp.ClientResponse.read

    async def read_and_look(answer: aiohttp.ClientResponse) -> bytes:
        body = await read(answer)
        if answer.status == 200 and answer.method == "GET" and answer.content_type == PLAYLIST_TYPE:
            plain = gzip.decompress(body) if body.startswith(GZIP_MAGIC) else body
            guard.look(str(answer.url.with_query(None)), plain.decode())
        return body

    monkeypatch.setattr(aiohttp.ClientResponse, "read", read_and_look)
    yield guard
    assert guard.faults == [], "\n".join(dict.fromkeys(guard.faults))
