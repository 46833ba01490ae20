"""Mounts the features on ONE web.Application: guards, middleware, services, health.

Every request passes: figures and security headers → errors → session → guard (origin, `allow`) → handler.
"""

import ipaddress
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from app import api, metrics
from app.actor import ANONYMOUS, Actor
from app.config import City, Server
from app.database import DATABASE, Database
from app.display import change_display
from app.errors import AppError, ConfigurationError, Forbidden, SignInNeeded
from app.feature import ANYONE, Feature, Probe, Route
from app.i18n import LOCALES, Locales
from app.metrics import HTTP_FIGURES, METRICS, HttpFigures
from app.pages import compiled_folder, mount_static, set_up_pages
from app.supervise import SUPERVISOR, Supervisor, supervisor_service
from app.web_errors import errors_middleware

log = structlog.get_logger(__name__)

ACTOR: Final = web.RequestKey("actor", Actor)
NONCE: Final = web.RequestKey("nonce", str)
FEATURES: web.AppKey[tuple[Feature, ...]] = web.AppKey("features")
CITY: web.AppKey[City] = web.AppKey("city", City)
IMAGE_HOSTS: web.AppKey[dict[str, str]] = web.AppKey("image_hosts", dict[str, str])
"""Where pages may load images from beside our own: beginning of a path → scheme and host. Services add to it."""
SERVER: web.AppKey[Server] = web.AppKey("server", Server)
LONG_LIVED: Final = {"/live", "/api/live/events"}
"""How long these take says nothing of the server."""

VERSION: Final = "0.1.0"
ROOT: Final = Path(__file__).resolve().parent.parent

Section = TypeVar("Section", bound=msgspec.Struct)


class Sections:
    """The settings of every feature, found by their type."""

    def __init__(self, sections: list[msgspec.Struct]) -> None:
        self._by_type = {type(section): section for section in sections}

    def get(self, kind: type[Section]) -> Section:
        section = self._by_type[kind]
        assert isinstance(section, kind)
        return section


SECTIONS: web.AppKey[Sections] = web.AppKey("sections", Sections)


def section(app: web.Application, kind: type[Section]) -> Section:
    """A feature's settings."""
    return app[SECTIONS].get(kind)


def data_folder(app: web.Application) -> Path:
    """Where all state lies; it exists and is writable."""
    return Path(app[SERVER].data)


async def current_actor(request: web.Request) -> Actor:
    """Who asks. Loaded once a request; nobody signed in is `ANONYMOUS` with the address filled in."""
    known: Actor | None = request.get(ACTOR)
    if known is not None:
        return known
    from app.identity.sessions import load_actor

    actor: Actor = await load_actor(request)
    request[ACTOR] = actor
    return actor


def public_url(request: web.Request | None, app: web.Application, path: str = "/") -> str:
    """An absolute address people can use, from the setting or from the request."""
    configured = app[SERVER].public_url.rstrip("/")
    if configured:
        return configured + path
    if request is not None:
        return f"{request.scheme}://{request.host}{path}"
    return f"http://{app[SERVER].host}:{app[SERVER].port}{path}"


def build_app(features: tuple[Feature, ...], sections: list[msgspec.Struct], database: Database) -> web.Application:
    """The application, ready to be run. `sections`: `City`, `Server` and a Struct for each feature with settings.

    Raises `ConfigurationError` for a feature that is declared wrongly.
    """
    check_features(features)
    found = Sections(sections)
    server = found.get(Server)
    check_proxies(server)
    app = web.Application(
        middlewares=[proxy_middleware, outer_middleware, errors_middleware],
        client_max_size=1024 * 1024,
    )
    app[SECTIONS], app[SERVER], app[CITY] = found, server, found.get(City)
    app[FEATURES], app[DATABASE], app[SUPERVISOR] = features, database, Supervisor()
    app[METRICS] = metrics.new_registry()
    app[IMAGE_HOSTS] = {}
    app[HTTP_FIGURES] = HttpFigures(app[METRICS])
    app[LOCALES] = Locales.read(ROOT, app[CITY])
    set_up_pages(app, compiled_folder(data_folder(app)))
    from app.identity.sessions import set_up_sessions

    set_up_sessions(app)
    app.cleanup_ctx.append(supervisor_service)
    app.cleanup_ctx.append(metrics.loop_lag_service)
    for feature in features:
        for service in feature.services:
            app.cleanup_ctx.append(service)
        for route in feature.routes:
            mount(app, feature, route)
    mount_static(app, ROOT / "static")
    _mount_operations(app, features)
    app.on_response_prepare.append(set_headers)
    return app


def check_features(features: tuple[Feature, ...]) -> None:
    """Names are unique, needs are met and come first, every route and room says who may use it."""
    seen: set[str] = set()
    for feature in features:
        if feature.name in seen:
            raise ConfigurationError(f"two features are named {feature.name}")
        missing = set(feature.needs) - seen
        if missing:
            raise ConfigurationError(f"feature {feature.name} needs {', '.join(sorted(missing))} before it")
        seen.add(feature.name)
        for route in feature.routes:
            if route.path.startswith("/api/") and not route.summary:
                raise ConfigurationError(f"{route.method} {route.path} has no summary")


def check_proxies(server: Server) -> None:
    """A proxy that is misspelt would silently not be believed."""
    for network in server.trusted_proxies:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise ConfigurationError(
                f"[server] trusted_proxies: {network} is neither an address nor a network"
            ) from None


def mount(app: web.Application, feature: Feature, route: Route) -> None:
    """Adds one route behind its guard."""
    name = f"{feature.name}.{route.name}" if route.name else None
    options = {"allow_head": True} if route.method == "GET" else {}
    if route.method == "GET":
        app.router.add_get(route.path, guarded(route), name=name, **options)
    else:
        app.router.add_route(route.method, route.path, guarded(route), name=name)


def guarded(route: Route) -> Handler:
    """The handler behind its route's rules."""

    async def handle(request: web.Request) -> web.StreamResponse:
        request[api.ROUTE] = route
        if route.method not in {"GET", "HEAD", "OPTIONS"} and not route.foreign_origin:
            check_origin(request)
        if not route.allow.anonymous:
            actor = await current_actor(request)
            if not route.allow.admits(actor):
                raise Forbidden if actor.signed_in else SignInNeeded
        if request.content_length is not None and request.content_length > route.max_bytes:
            raise web.HTTPRequestEntityTooLarge(max_size=route.max_bytes, actual_size=request.content_length)
        return await route.handler(request)

    return handle


def check_origin(request: web.Request) -> None:
    """A browser says where a request that changes something comes from; another site's page is refused (ASVS 3.5)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("This came from a page of another site")
    origin = request.headers.get("Origin")
    if origin is None:
        return
    own = {f"{request.scheme}://{request.host}", request.app[SERVER].public_url.rstrip("/")}
    if origin not in own:
        raise Forbidden("This came from a page of another site")


@web.middleware
async def proxy_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Believes X-Forwarded-For and X-Forwarded-Proto from configured proxies alone."""
    trusted = request.app[SERVER].trusted_proxies
    if trusted and _is_trusted(request.remote, trusted):
        changes: dict[str, str] = {}
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        client = next((hop for hop in reversed(hops) if not _is_trusted(hop, trusted)), None)
        if client:
            changes["remote"] = client
        scheme = request.headers.get("X-Forwarded-Proto", "")
        if scheme in {"http", "https"}:
            changes["scheme"] = scheme
        if changes:
            request = request.clone(**changes)  # type: ignore[arg-type]  # a dict of str is what clone takes
    return await handler(request)


def _is_trusted(address: str | None, networks: tuple[str, ...]) -> bool:
    try:
        parsed = ipaddress.ip_address(address or "")
        return any(parsed in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False


@web.middleware
async def outer_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Figures for every request, and its identifier in every line it logs."""
    identifier = secrets.token_hex(6)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=identifier)
    request[NONCE] = secrets.token_urlsafe(16)
    began = time.perf_counter()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        await _mark(request, response, identifier)
        return response
    except web.HTTPException as problem:
        status = problem.status
        await _mark(request, problem, identifier)
        raise
    finally:
        resource = request.match_info.route.resource
        label = resource.canonical if resource is not None else "none"
        figures = request.app[HTTP_FIGURES]
        figures.requests.labels(request.method, label, status).inc()
        if label not in LONG_LIVED and "_HLS_msn" not in request.query:
            figures.seconds.labels(label).observe(time.perf_counter() - began)


async def _mark(request: web.Request, response: web.StreamResponse, identifier: str) -> None:
    """Here and not when aiohttp prepares the answer: behind a proxy it does so with the request as it came."""
    if not response.prepared:
        response.headers["X-Request-Id"] = identifier
        await set_headers(request, response)


def is_always_secure(server: Server) -> bool:
    """Whether people reach us over https alone, whatever a proxy says of one request."""
    return server.secure_cookies or server.public_url.startswith("https:")


def plain_headers(*, secure: bool) -> dict[str, str]:
    """Security headers of every answer of any type."""
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


async def set_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Security headers of every answer; a handler that set one keeps its own."""
    headers = response.headers
    for name, value in plain_headers(secure=is_always_secure(request.app[SERVER]) or request.scheme == "https").items():
        headers.setdefault(name, value)
    if response.content_type == "text/html":
        route = request.get(api.ROUTE)
        frames = "*" if route is not None and route.embeddable else "'none'"
        nonce = request.get(NONCE, "")
        hosts = [host for start, host in request.app[IMAGE_HOSTS].items() if request.path.startswith(start)]
        images = " ".join(["'self' data: blob:", *hosts])
        headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
            f"img-src {images}; media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; "
            f"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors {frames}",
        )
        headers.setdefault("Permissions-Policy", "geolocation=(), payment=(), usb=()")
        headers.setdefault("Cache-Control", "no-store" if request.get(ACTOR, ANONYMOUS).signed_in else "no-cache")


def _mount_operations(app: web.Application, features: tuple[Feature, ...]) -> None:
    document = msgspec.json.encode(api.openapi(features, "Gryf", VERSION))
    probes: dict[str, Callable[[web.Application], Awaitable[Probe]]] = {"database": _probe_database}
    for feature in features:
        probes.update({f"{feature.name}.{name}": probe for name, probe in feature.probes.items()})

    async def show_openapi(_request: web.Request) -> web.Response:
        return web.Response(body=document, content_type="application/json", headers={"Cache-Control": "no-cache"})

    async def show_health(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "version": VERSION})

    async def show_readiness(request: web.Request) -> web.Response:
        answers = {name: await _ask(request.app, probe) for name, probe in probes.items()}
        ok = all(answer.ok for answer in answers.values())
        return web.Response(
            body=msgspec.json.encode({"ok": ok, "parts": answers}),
            status=200 if ok else 503,
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    display = Route(method="POST", path="/display", handler=change_display, allow=ANYONE)
    app.router.add_post(display.path, guarded(display), name="display")
    app.router.add_get("/api/openapi.json", show_openapi)
    app.router.add_get("/healthz", show_health)
    app.router.add_get("/readyz", show_readiness)
    app.router.add_get("/metrics", metrics.show_metrics)


async def _ask(app: web.Application, probe: Callable[[web.Application], Awaitable[Probe]]) -> Probe:
    """A part that cannot even say how it is, because the database is away, is not ready."""
    try:
        return await probe(app)
    except AppError as problem:
        return Probe(ok=False, detail=problem.detail or problem.title)


async def _probe_database(app: web.Application) -> Probe:
    ok = await app[DATABASE].reachable()
    return Probe(ok, "" if ok else "the database does not answer")


async def database_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context for whoever opened the pool for the application alone."""
    yield
    await app[DATABASE].pool.close()
