"""The one place where a failure becomes an answer: a page for people, problem details for programs."""

import asyncio
import uuid
from http import HTTPStatus

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from app.actor import ANONYMOUS
from app.api import PROBLEM_TYPE, Problem
from app.errors import AppError, Forbidden, Invalid, NotFound, SignInNeeded, TooLarge, TooMany, Unavailable
from app.i18n import LOCALES, Locale

log = structlog.get_logger(__name__)

_OF_STATUS: dict[int, type[AppError]] = {
    404: NotFound,
    403: Forbidden,
    401: SignInNeeded,
    413: TooLarge,
    422: Invalid,
    503: Unavailable,
}


@web.middleware
async def errors_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Maps expected failures; logs the unexpected with an incident number that the reader is shown too."""
    try:
        return await handler(request)
    except AppError as problem:
        return await answer(request, problem)
    except web.HTTPException as problem:
        if problem.status < HTTPStatus.BAD_REQUEST or problem.prepared:
            raise
        return await answer(request, from_http(problem), headers=_kept_headers(problem))
    except asyncio.CancelledError:
        raise
    except Exception:
        incident = uuid.uuid4().hex[:8]
        log.exception("unexpected failure", incident=incident, method=request.method, path=request.path)
        return await answer(request, AppError("Tell us this number: %(incident)s", incident=incident))


def from_http(problem: web.HTTPException) -> AppError:
    """Aiohttp's own refusals (no such route, wrong method, body too large) as ours."""
    kind = _OF_STATUS.get(problem.status)
    if kind is not None:
        return kind()
    wrapped = AppError()
    wrapped.status = HTTPStatus(problem.status)
    wrapped.code = wrapped.status.phrase.lower().replace(" ", "-")
    wrapped.title = "This cannot be done in this way"
    return wrapped


async def answer(request: web.Request, problem: AppError, headers: dict[str, str] | None = None) -> web.StreamResponse:
    """The failure as a response."""
    headers = dict(headers or {})
    if isinstance(problem, TooMany | Unavailable):
        headers["Retry-After"] = str(problem.retry_after_s)
    if wants_json(request):
        return _as_json(request, problem, headers)
    if isinstance(problem, SignInNeeded) and request.method in {"GET", "HEAD"}:
        target = request.app.router["identity.sign_in"].url_for().with_query({"next": request.path_qs})
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": str(target)})
    if isinstance(problem, Unavailable):
        # the database may be what is away: the page must not need it
        from app.wire import ACTOR

        request[ACTOR] = ANONYMOUS
    from app.pages import render

    try:
        response = await render(request, "app/error.html", status=problem.status, problem=problem)
    except Exception:
        # the shell itself is broken: say what there is to say without it
        log.exception("the error page failed", path=request.path)
        described = describe(problem, request.app[LOCALES].choose(request))
        response = web.Response(text=f"{described.title}. {described.detail}", status=problem.status)
    response.headers.update(headers)
    return response


def wants_json(request: web.Request) -> bool:
    """Programs get problem details: everything under /api/, and whoever asks for JSON and not for a page."""
    accept = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or ("json" in accept and "text/html" not in accept)


def describe(problem: AppError, locale: Locale) -> Problem:
    """Problem details in the reader's language."""
    return Problem(
        type=f"urn:gryf:problem:{problem.code}",
        title=locale.gettext(problem.title),
        status=int(problem.status),
        detail=locale.filled(problem.detail, problem.values) if problem.detail else "",
        fields=(
            {name: locale.gettext(text) for name, text in problem.fields.items()}
            if isinstance(problem, Invalid)
            else {}
        ),
    )


def _as_json(request: web.Request, problem: AppError, headers: dict[str, str]) -> web.Response:
    described = describe(problem, request.app[LOCALES].choose(request))
    described.instance = request.path
    return web.Response(
        body=msgspec.json.encode(described),
        status=problem.status,
        content_type=PROBLEM_TYPE,
        headers={"Cache-Control": "no-store", **headers},
    )


def _kept_headers(problem: web.HTTPException) -> dict[str, str]:
    return {name: problem.headers[name] for name in ("Allow", "Retry-After") if name in problem.headers}
