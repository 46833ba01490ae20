"""One product, several processes: a media node carries streams, records and runs jobs; web nodes do all the rest.

Every node mounts every feature, so that all know the same routes, rooms and settings, and share PostgreSQL. What
lives in the media node's memory or on its disk is answered there: a web node hands such requests on, with the visitor's
cookies and address, and the media node checks them as if they had come to itself. A proxy in front may do the same for
playlists and recordings and spare the web node that work.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import msgspec
import structlog
from aiohttp import hdrs, web
from multidict import CIMultiDict
from yarl import URL

from app.config import Role, Server
from app.errors import ConfigurationError, Unavailable
from app.feature import Feature

log = structlog.get_logger(__name__)

HOP_BY_HOP: Final = frozenset(
    name.lower()
    for name in (
        *("Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer"),
        *("Transfer-Encoding", "Upgrade", "Proxy-Connection"),
    )
)
"""Headers that are about one connection (RFC 9110 §7.6.1)."""
BLOCK: Final = 256 * 1024
MOST_CONNECTIONS: Final = 500

MEDIA_NODE: web.AppKey[aiohttp.ClientSession] = web.AppKey("media_node", aiohttp.ClientSession)


def check_role(server: Server) -> None:
    """Raises `ConfigurationError` where a node of this role cannot work with these settings."""
    if server.role is Role.ALL:
        return
    if not server.database_url:
        raise ConfigurationError(
            f"role {server.role} shares its database with other processes: set database_url (the built-in one serves a "
            "single process)"
        )
    if server.role is Role.WEB:
        parts = urlsplit(server.media_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
            raise ConfigurationError(
                "role web needs media_url: where this machine reaches the media node, such as http://127.0.0.1:8081"
            )


def features_for(role: Role, features: tuple[Feature, ...]) -> tuple[Feature, ...]:
    """The features as a node of this role mounts them."""
    if role is not Role.WEB:
        return features
    return (NODES, *(_on_web(feature) for feature in features))


def _on_web(feature: Feature) -> Feature:
    routes = tuple(
        msgspec.structs.replace(route, handler=hand_on) if feature.on_media or route.on_media else route
        for route in feature.routes
    )
    if not feature.on_media:
        return msgspec.structs.replace(feature, routes=routes)
    return msgspec.structs.replace(
        feature, routes=routes, services=feature.web_services, probes={}, shortcuts={}, demo=None
    )


async def hand_on(request: web.Request) -> web.StreamResponse:
    """Answers with what the media node answers. Raises `Unavailable` while that is away."""
    session = request.app[MEDIA_NODE]
    body = request.content.iter_chunked(BLOCK) if request.can_read_body else None
    try:
        async with session.request(
            request.method, _address(request), headers=_headers(request), data=body, allow_redirects=False
        ) as answer:
            return await _pass_back(request, answer)
    except aiohttp.ClientConnectionError as problem:
        log.warning("the media node is out of reach", problem=str(problem))
        raise Unavailable from problem


async def _pass_back(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, reason=answer.reason)
    for name, value in answer.headers.items():
        if name.lower() not in HOP_BY_HOP:
            response.headers.add(name, value)
    await response.prepare(request)
    try:
        async for block in answer.content.iter_chunked(BLOCK):
            await response.write(block)
        await response.write_eof()
    except aiohttp.ClientError:
        # It broke off there: the connection must not look complete here.
        if request.transport is not None:
            request.transport.abort()
    return response


def _address(request: web.Request) -> URL:
    """The media node's, with the very path and query that were asked for; never another host's."""
    from app.wire import SERVER

    node, asked = URL(request.app[SERVER].media_url), request.rel_url
    return URL.build(
        scheme=node.scheme,
        authority=node.raw_authority,
        path=asked.raw_path,
        query_string=asked.raw_query_string,
        encoded=True,
    )


def _headers(request: web.Request) -> CIMultiDict[str]:
    """The visitor's headers, and from where they came."""
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in request.headers.items():
        if name.lower() not in HOP_BY_HOP and not name.lower().startswith("x-forwarded-"):
            headers.add(name, value)
    # the middleware has taken the address and scheme from trusted proxies alone
    headers["X-Forwarded-For"] = request.remote or ""
    headers["X-Forwarded-Proto"] = request.scheme
    headers[hdrs.HOST] = request.host
    return headers


async def _connect(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: connections to the media node. Redirects, cookies and encodings pass as they are."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=75)
    async with aiohttp.ClientSession(
        timeout=timeout,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        connector=aiohttp.TCPConnector(limit=MOST_CONNECTIONS),
        skip_auto_headers=(hdrs.USER_AGENT, hdrs.ACCEPT_ENCODING, hdrs.ACCEPT, hdrs.CONTENT_TYPE),
    ) as session:
        app[MEDIA_NODE] = session
        yield
    await asyncio.sleep(0)  # lets transports close


NODES: Final = Feature(name="nodes", folder=Path(__file__).parent, services=(_connect,))
"""Mounted on web nodes alone."""
