"""An application of the shell alone: templates, static files, messages; no database, actors by query."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp_session
import pytest
import wtforms
from aiohttp import web
from wtforms import validators

from app import errors, forms, pages, wire
from app.actor import Actor, Grant
from app.config import City
from app.display import change_display
from app.errors import AppError
from app.feature import ANYONE, Feature, NavItem, having
from app.i18n import LOCALES, Locales, wtforms_translations

NONCE = "0123456789abcdef"
CITY = City(name="Gryfin", office="Urząd Miejski", contact="kontakt@example.org")
PROBLEMS: dict[int, AppError] = {
    401: errors.SignInNeeded(),
    403: errors.Forbidden(),
    404: errors.NotFound(),
    409: errors.Conflict(),
    413: errors.TooLarge(),
    422: errors.Invalid(fields={"title": "This field is required."}),
    429: errors.TooMany(30),
    500: errors.AppError("Tell us this number: %(incident)s", incident="ab12cd34"),
    503: errors.Unavailable(),
}
NAV = (
    NavItem(label="Menu", path="/guide", icon="council", allow=ANYONE, order=20),
    NavItem(label="Search", path="/first", icon="search", allow=ANYONE, order=10),
    NavItem(label="Contact", path="/staff", icon="users", allow=having("clerk"), order=30),
)


class Answers(dict[str, str]):
    """What WTForms reads a sent form from."""

    def getlist(self, name: str) -> list[str]:
        return [self[name]] if name in self else []


def example_form(locale: Any) -> wtforms.Form:
    """One field of each kind, sent with mistakes."""

    class Example(wtforms.Form):
        class Meta:
            def get_translations(self, form: object) -> object:
                return wtforms_translations(locale)

        title = wtforms.StringField("Tytuł", [validators.DataRequired()])
        note = wtforms.TextAreaField("Opis", description="Kilka zdań.")
        kind = wtforms.SelectField("Rodzaj", choices=[("a", "zwyczajna"), ("b", "nadzwyczajna")])
        voting = wtforms.RadioField("Głosowanie", [validators.DataRequired()], choices=[("o", "jawne"), ("t", "tajne")])
        public = wtforms.BooleanField("Transmisja jest publiczna")
        seats = wtforms.IntegerField("Liczba radnych", [validators.NumberRange(min=1, max=60)])
        secret = wtforms.HiddenField()

    form = Example(Answers(title="", note="Porządek <obrad>", kind="a", seats="90"))
    form.validate()
    return form


@web.middleware
async def _around(request: web.Request, handler: Any) -> web.StreamResponse:
    request[wire.NONCE] = NONCE
    clerk = Actor(account_id=1, name="Anna Kowal", language="uk", grants=(Grant("clerk", "1"),))
    request[wire.ACTOR] = clerk if "clerk" in request.query else Actor()
    try:
        response = await handler(request)
    except AppError as problem:
        response = await pages.render(request, "app/error.html", status=problem.status, problem=problem)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; script-src 'self' 'nonce-{NONCE}'; style-src 'self' 'nonce-{NONCE}'; "
        "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'"
    )
    return response


async def _guide(request: web.Request) -> web.Response:
    form = example_form(request.app[LOCALES].choose(request))
    now = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    return await pages.render(request, "app/styleguide.html", form=form, now=now)


async def _fail(request: web.Request) -> web.Response:
    raise PROBLEMS[int(request.match_info["status"])]


async def _say(request: web.Request) -> web.Response:
    await pages.flash(request, "Undo", kind="info", undo="/undo")
    return web.Response(status=303, headers={"Location": "/guide"})


async def _nothing(_request: web.Request) -> web.Response:
    return web.Response()


async def _banner(_request: web.Request) -> web.Response:
    return web.json_response([{"text": "Trwa sesja <b>XXXI</b>", "href": "/watch", "action": "Oglądaj", "live": True}])


def shell_app(monkeypatch: pytest.MonkeyPatch, folder: Path, static: Path = wire.ROOT / "static") -> web.Application:
    """`folder` may hold templates/ of the feature `demo`."""

    async def token(_request: web.Request) -> object:
        return lambda: "the-token"

    monkeypatch.setattr(forms, "csrf_token", token)
    globals_: Mapping[str, Any] = {"answer": 42}
    feature = Feature(name="demo", folder=folder, nav=NAV, template_globals=globals_)
    app = web.Application(
        middlewares=[_around, aiohttp_session.session_middleware(aiohttp_session.SimpleCookieStorage())]
    )
    app[wire.CITY], app[wire.FEATURES], app[LOCALES] = CITY, (feature,), Locales.read(wire.ROOT, CITY)
    pages.set_up_pages(app)
    app.router.add_post("/display", change_display, name="display")
    app.router.add_get("/guide", _guide, name="demo.guide")
    app.router.add_get("/error/{status}", _fail)
    app.router.add_get("/say", _say)
    app.router.add_get("/api/banner", _banner, name="demo.banner")
    for path, name in (
        ("/sign-in", "identity.sign_in"),
        ("/sign-out", "identity.sign_out"),
        ("/me", "identity.account"),
    ):
        app.router.add_route("*", path, _nothing, name=name)
    pages.mount_static(app, static)
    return app
