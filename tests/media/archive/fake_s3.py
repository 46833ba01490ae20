"""An S3 store in memory behind a port of loopback. It checks keys, hashes and ranges as a real one does."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator

from aiohttp import web

KEYS = {"s3_bucket": "nagrania", "s3_region": "eu-1", "s3_access_key": "GRYF", "s3_secret_key": "tajne"}


class FakeS3:
    """`away`: it answers 503. `flips`: a byte of each body changes on its way. `forgets`: it keeps one byte less.

    `open`: cleared, requests wait for it. `fails_at`: parts from this number on are refused. `cuts`: so many answers to
    GET break off early.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.uploads: dict[str, tuple[str, dict[int, bytes]]] = {}
        self.away = False
        self.flips = False
        self.forgets = False
        self.open = asyncio.Event()
        self.open.set()
        self.fails_at = 0
        self.cuts = 0
        self.puts = 0
        self.sent = 0
        self.endpoint = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        await self.open.wait()
        if self.away:
            raise _refused(503, "SlowDown")
        if self.flips and body:
            body = bytes([body[0] ^ 1]) + body[1:]
        _check(request, body)
        key = request.match_info["key"]
        match request.method:
            case "POST":
                return self._post(request, key, body)
            case "PUT":
                return self._put(request, key, body)
            case "DELETE" if "uploadId" in request.query:
                self.uploads.pop(request.query["uploadId"], None)
                return web.Response(status=204)
            case "DELETE":
                # S3 says 204 of what is not there, some others 404
                return web.Response(status=204 if self.objects.pop(key, None) is not None else 404)
        return await self._get(request, key)

    def _post(self, request: web.Request, key: str, body: bytes) -> web.Response:
        if "uploads" in request.query:
            upload = f"u{len(self.uploads)}/+="
            self.uploads[upload] = (key, {})
            self.types[key] = request.headers["Content-Type"]
            return web.Response(text=f"<R><UploadId>{upload}</UploadId></R>")
        _, parts = self.uploads.pop(request.query["uploadId"])
        assert body.count(b"<Part>") == len(parts)
        self._keep(key, b"".join(parts[number] for number in sorted(parts)))
        return web.Response(text='<R><ETag>"whole"</ETag></R>')

    def _put(self, request: web.Request, key: str, body: bytes) -> web.Response:
        self.puts += 1
        tag = {"ETag": f'"{hashlib.md5(body).hexdigest()}"'}
        if "uploadId" not in request.query:
            self.types[key] = request.headers["Content-Type"]
            self._keep(key, body)
            return web.Response(headers=tag)
        number = int(request.query["partNumber"])
        if self.fails_at and number >= self.fails_at:
            raise _refused(400, "QuotaExceeded")
        self.uploads[request.query["uploadId"]][1][number] = body
        return web.Response(headers=tag)

    def _keep(self, key: str, data: bytes) -> None:
        self.objects[key] = data[:-1] if self.forgets else data

    async def _get(self, request: web.Request, key: str) -> web.StreamResponse:
        if key not in self.objects:
            raise _refused(404, "NoSuchKey")
        data, span = self.objects[key], request.http_range
        headers = {"ETag": '"e"', "Last-Modified": "Wed, 25 Nov 2026 09:00:00 GMT"}
        if span.start is not None:
            headers["Content-Range"] = f"bytes {span.start}-{min(span.stop, len(data)) - 1}/{len(data)}"
        wanted = data[span.start : span.stop]
        response = web.StreamResponse(status=206 if span.start is not None else 200, headers=headers)
        response.content_length = len(wanted)
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        for begin in range(0, len(wanted), 1 << 16):
            await response.write(wanted[begin : begin + (1 << 16)])
            self.sent = begin + (1 << 16)
            if self.cuts and request.transport is not None:
                self.cuts -= 1
                request.transport.close()
                break
        return response


def _check(request: web.Request, body: bytes) -> None:
    headers = request.headers
    scope = f"{headers['x-amz-date'][:8]}/{KEYS['s3_region']}/s3/aws4_request"
    if f"Credential={KEYS['s3_access_key']}/{scope}" not in headers["Authorization"]:
        raise _refused(403, "InvalidAccessKeyId")
    if "x-amz-content-sha256" not in headers["Authorization"]:
        raise _refused(403, "AccessDenied")
    if headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
        raise _refused(400, "XAmzContentSHA256Mismatch")
    if "x-amz-security-token" in headers:
        raise _refused(403, "InvalidToken")


def _refused(status: int, code: str) -> web.HTTPException:
    kinds = {400: web.HTTPBadRequest, 403: web.HTTPForbidden, 404: web.HTTPNotFound, 503: web.HTTPServiceUnavailable}
    return kinds[status](text=f"<Error><Code>{code}</Code></Error>")


@contextlib.asynccontextmanager
async def fake_s3() -> AsyncIterator[FakeS3]:
    fake = FakeS3()
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", f"/{KEYS['s3_bucket']}/{{key:.*}}", fake.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield fake
    fake.open.set()
    await runner.cleanup()
