"""Style sheets, scripts and images under /static/.

The tree is read once at start-up: what was not there is not served, so no path can lead out of it. Addresses that
templates make hold the tree's version (`/static/v-1a2b3c4d/js/shell.js`) and may be kept for ever; a module's relative
imports and a style sheet's `url(…)` stay inside the same version.
"""

import asyncio
import gzip
import mimetypes
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import hdrs, web

COMPRESSIBLE: Final = {".css", ".js", ".mjs", ".svg", ".json", ".map", ".txt", ".webmanifest"}
TYPES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".map": "application/json",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
FOREVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"


class StaticFile(msgspec.Struct, frozen=True):
    """A file as it was at start-up."""

    path: Path
    content_type: str
    etag: str


class StaticFiles:
    """Finds, versions and compresses the files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._files = {path.relative_to(folder).as_posix(): _read(path) for path in _walk(folder)}
        tree = blake2b(digest_size=5)
        for name in sorted(self._files):
            tree.update(f"{name}\0{self._files[name].etag}\0".encode())
        self.version = f"v-{tree.hexdigest()}"
        self._compressed: dict[str, bytes] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def url(self, name: str) -> str:
        """The address of a file, to be kept for ever. One that is not there keeps its plain address and answers 404."""
        return f"/static/{self.version}/{name}" if name in self._files else f"/static/{name}"

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """The handler of /static/…"""
        name = request.match_info["name"]
        version, _slash, rest = name.partition("/")
        cache = ASK_AGAIN
        if version.startswith("v-"):
            name = rest
            # a page from before an update may ask for an old version: it gets the new file, but not for ever
            cache = FOREVER if version == self.version else ASK_AGAIN
        file = self._files.get(name)
        if file is None:
            raise web.HTTPNotFound
        headers = {hdrs.CACHE_CONTROL: cache, hdrs.CONTENT_TYPE: file.content_type}
        if file.path.suffix not in COMPRESSIBLE:
            return web.FileResponse(file.path, headers=headers)
        headers |= {hdrs.ETAG: f'"{file.etag}"', hdrs.VARY: hdrs.ACCEPT_ENCODING}
        known = request.if_none_match
        if known is not None and any(tag.value in {file.etag, "*"} for tag in known):
            return web.Response(status=304, headers=headers)
        if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            headers[hdrs.CONTENT_ENCODING] = "gzip"
            return web.Response(body=await self._gzip(name, file), headers=headers)
        return web.FileResponse(file.path, headers=headers)

    async def _gzip(self, name: str, file: StaticFile) -> bytes:
        """Compressed once, at first use, in a thread; kept. There are as many as there are files."""
        if name not in self._compressed:
            self._compressed[name] = await asyncio.to_thread(_compress, file.path)
        return self._compressed[name]


STATIC: web.AppKey[StaticFiles] = web.AppKey("static", StaticFiles)


def mount_static(app: web.Application, folder: Path) -> None:
    """Serves `folder` under /static/."""
    app[STATIC] = StaticFiles(folder)
    app.router.add_get("/static/{name:.+}", app[STATIC].respond, name="static")


def _walk(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


def _read(path: Path) -> StaticFile:
    guessed = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if guessed.startswith("text/") or path.suffix in {".svg", ".json"}:
        guessed += "; charset=utf-8"
    return StaticFile(path, guessed, blake2b(path.read_bytes(), digest_size=8).hexdigest())


def _compress(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)
