"""Pages: one Jinja2 environment for each language, what every template knows, and messages that survive a redirect.

A feature's templates lie in its folder and are named `<feature>/<file>`; the shell's are `app/…`. docs/pages.md lists
blocks, macros and classes.
"""

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import jinja2
import msgspec
from aiohttp import web
from aiohttp_session import SESSION_KEY, STORAGE_KEY, Session, get_session
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from app.actor import Actor
from app.compiled import environment
from app.config import City
from app.database import DATABASE, Database, Tx
from app.display import COOKIES, Display
from app.errors import Unavailable
from app.feature import ANYONE, Feature, NavItem, PagePart
from app.i18n import LOCALES, Locale, _
from app.static_files import STATIC, mount_static

__all__ = ["PAGES", "Banner", "Pages", "flash", "mount_static", "render", "render_text", "set_up_pages"]

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
ERROR_PAGE: Final = "app/error.html"
PARTS_ONLY: Final = "Gryf-Parts"
"""Header of a request whose answer nobody reads as a page."""
FLASHES: Final = "flashes"
"""Key of the waiting messages in the session."""
MOST_FLASHES: Final = 5
_START: Final = _("Start")


class Banner(msgspec.Struct, frozen=True, kw_only=True):
    """A line over every page. A feature that has some names a GET route `banner`; it answers `list[Banner]` as JSON,
    texts in the reader's language. The shell asks for it once a minute and on the document event `gryf:banner`.
    """

    text: str
    href: str
    action: str
    """The link's words, such as «Oglądaj»."""
    live: bool = False


class Flash(msgspec.Struct, frozen=True):
    """A message shown once, on the next page."""

    text: str
    kind: str = "success"
    """success, info, warning or danger."""
    undo: str = ""
    """A path that takes it back by POST."""


class Pages:
    """Builds the environments on demand; knows no request."""

    def __init__(
        self,
        features: Sequence[Feature],
        city: City,
        functions: Mapping[str, Any] | None = None,
        *,
        auto_reload: bool = False,
        compiled: Path | None = None,
    ) -> None:
        """`compiled`: where compiled templates are kept."""
        self._city = city
        self._functions = dict(functions or {})
        for feature in features:
            self._functions.update(feature.template_globals)
        self._root = environment(template_folders(features), compiled, auto_reload=auto_reload)
        self._by_language: dict[str, jinja2.Environment] = {}

    def environment(self, locale: Locale) -> jinja2.Environment:
        """The environment of a language: macros imported without context find its functions too."""
        known = self._by_language.get(locale.language)
        if known is None:
            known = self._root.overlay()
            known.globals = {
                **self._root.globals,
                **_locale_functions(locale),
                **self._functions,
                "locale": locale,
                "city": self._city,
            }
            self._by_language[locale.language] = known
        return known

    def text(self, locale: Locale, template: str, context: Mapping[str, Any]) -> str:
        """A template as text, for mail and for pages alike. Only `.html`, `.xml` and `.svg` escape their values."""
        return self.environment(locale).get_template(template).render(context)


PAGES: web.AppKey[Pages] = web.AppKey("pages", Pages)


def set_up_pages(app: web.Application, compiled: Path | None = None) -> None:
    """Puts `PAGES` into the application; features, city and locales are there. `compiled`: as for `Pages`."""
    wire = _wire()

    def url(name: str, /, query: Mapping[str, str] | None = None, **places: object) -> str:
        """The path of a named route, such as `council.session`."""
        built = app.router[name].url_for(**{key: str(value) for key, value in places.items()})
        return str(built.with_query(query) if query else built)

    def static(name: str) -> str:
        """The address of a file under static/, which is mounted after this."""
        return app[STATIC].url(name)

    functions = {
        "url": url,
        "route_exists": lambda name: name in app.router,
        "static": static,
        "locales": app[LOCALES],
        "banner_sources": lambda: _banner_sources(app),
    }
    app[PAGES] = Pages(app[wire.FEATURES], app[wire.CITY], functions, compiled=compiled)


async def render(request: web.Request, template: str, status: int = 200, **context: Any) -> web.Response:
    """A page for a person."""
    text = await render_text(request, template, **context)
    locale = request.app[LOCALES].choose(request)
    headers = {"Content-Language": locale.language, "Vary": "Cookie, Accept-Language"}
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


async def render_text(request: web.Request, template: str, **context: Any) -> str:
    """A template with everything a page knows, as text: for parts of a page."""
    wire = _wire()
    actor = await wire.current_actor(request)
    locale = request.app[LOCALES].choose(request)
    nav = await nav_items(request.app.get(DATABASE), request.app[wire.FEATURES], actor)
    bar = context["bottom_items"] if "bottom_items" in context else await bar_items(request, actor, nav, template)
    known = {
        "request": request,
        "actor": actor,
        "nonce": request.get(wire.NONCE, ""),
        "display": Display.of(request),
        "display_choices": {field: allowed for field, (_cookie, allowed) in COOKIES.items()},
        "nav": most_used_first(nav, bar),
        "bottom_items": bar,
        "page_parts": page_parts(request.app[wire.FEATURES], actor),
        "take_flashes": await _flash_taker(request, template),
        "csrf_token": await _csrf_token(request, template, actor),
    }
    return request.app[PAGES].text(locale, template, known | context)


async def flash(request: web.Request, message: str, kind: str = "success", undo: str = "", **values: object) -> None:
    """Says `message` (a message id) on the next page that this person sees."""
    locale = request.app[LOCALES].choose(request)
    text = locale.gettext(message)
    said = Flash(text % values if values else text, kind, undo)
    session = await get_session(request)
    waiting = [*session.get(FLASHES, []), msgspec.to_builtins(said)]
    session[FLASHES] = waiting[-MOST_FLASHES:]


def embedded(value: object) -> Markup:
    """JSON that may stand in a script element of a page."""
    return Markup(msgspec.json.encode(value).decode().replace("<", "\\u003c"))  # noqa: S704 - no tag can begin in it


async def nav_items(database: Database | None, features: Sequence[Feature], actor: Actor) -> tuple[NavItem, ...]:
    """Entries of the actor's menu, in order. While the database is away those are left out that ask it."""
    items = [item for feature in features for item in feature.nav if item.allow.admits(actor)]
    answers: dict[Callable[[Tx, Actor], Awaitable[bool]] | None, bool] = {None: True}
    for asked in dict.fromkeys(item.shown for item in items if item.shown is not None):
        answers[asked] = False
        if database is not None:
            with contextlib.suppress(Unavailable):
                async with database.glance() as tx:
                    answers[asked] = await asked(tx, actor)
    return tuple(sorted((item for item in items if answers[item.shown]), key=lambda item: item.order))


async def bar_items(request: web.Request, actor: Actor, nav: Sequence[NavItem], template: str) -> tuple[NavItem, ...]:
    """What stands at the bottom of a phone: what this person does most, else the beginning of the menu."""
    asked: Sequence[Feature] = request.app[_wire().FEATURES] if actor.signed_in and template != ERROR_PAGE else ()
    for feature in asked:
        if feature.bar is not None and (found := await feature.bar(request, actor)):
            return found
    start = NavItem(label=_START, path="/", allow=ANYONE, icon="home")
    return (start, *[item for item in nav if item.path != "/"][:3])


def most_used_first(nav: Sequence[NavItem], bar: Sequence[NavItem]) -> list[NavItem]:
    """The menu, with the entries first that lead to where this person mostly is; else in its order."""
    return sorted(nav, key=lambda item: not any(is_current(one.path, item.path) for one in bar))


def bar_place(path: str, items: Sequence[NavItem]) -> str:
    """Path of the entry that a page lies under; of several the one that says most. Empty: none."""
    return max((item.path for item in items if is_current(path, item.path)), key=len, default="")


def page_parts(features: Sequence[Feature], actor: Actor) -> tuple[PagePart, ...]:
    """What stands on each of the actor's pages, in order."""
    parts = [part for feature in features for part in feature.page_parts if part.allow.admits(actor)]
    return tuple(sorted(parts, key=lambda part: part.order))


def is_current(path: str, item_path: str) -> bool:
    """Whether the page at `path` lies at or under an entry of the menu."""
    return path == item_path or (item_path != "/" and path.startswith(item_path.rstrip("/") + "/"))


async def _flash_taker(request: web.Request, template: str) -> Callable[[], list[Flash]]:
    """Takes the waiting messages out of the session when the template shows them, and not before.

    An error page is made outside the session's reach (its changes would not be kept) and perhaps without a database,
    so it leaves them for the next page. So does a page that a script fetches to bring parts of an open one up to date.
    """
    if template == ERROR_PAGE or PARTS_ONLY in request.headers:
        return list
    session: Session | None = request.get(SESSION_KEY)
    if session is None and STORAGE_KEY in request:
        session = await get_session(request)

    def take() -> list[Flash]:
        if session is None or FLASHES not in session:
            return []
        return msgspec.convert(session.pop(FLASHES), list[Flash])

    return take


async def _csrf_token(request: web.Request, template: str, actor: Actor) -> Callable[[], str]:
    """Makes the token of this browser's forms when the template asks; a visitor's error page may have no database."""
    if template == ERROR_PAGE and not actor.signed_in:
        return str
    from app import forms

    return await forms.csrf_token(request)


def _banner_sources(app: web.Application) -> list[str]:
    names = [f"{feature.name}.banner" for feature in app[_wire().FEATURES]]
    return [str(app.router[name].url_for()) for name in names if name in app.router]


def template_folders(features: Sequence[Feature]) -> dict[str, Path]:
    """Name before the slash → folder."""
    return {"app": TEMPLATES, **{feature.name: feature.folder / "templates" for feature in features}}


def compiled_folder(data: Path) -> Path:
    """It can be deleted at any time."""
    return data / "cache" / "templates"


def _locale_functions(locale: Locale) -> dict[str, Any]:
    """The gettext family with places filled in, and the formats."""

    def filled(context: EvalContext, text: str, values: Mapping[str, object]) -> str:
        if not values:
            return text
        return Markup(escape(text)) % values if context.autoescape else text % values  # noqa: S704 - escaped just here

    @jinja2.pass_eval_context
    def gettext(context: EvalContext, message: str, /, **values: object) -> str:
        return filled(context, locale.gettext(message), values)

    @jinja2.pass_eval_context
    def ngettext(context: EvalContext, singular: str, plural: str, n: int, /, **values: object) -> str:
        return filled(context, locale.ngettext(singular, plural, n), {"n": locale.format_number(n), **values})

    @jinja2.pass_eval_context
    def pgettext(context: EvalContext, sense: str, message: str, /, **values: object) -> str:
        return filled(context, locale.pgettext(sense, message), values)

    @jinja2.pass_eval_context
    def npgettext(context: EvalContext, sense: str, singular: str, plural: str, n: int, /, **values: object) -> str:
        found = locale.npgettext(sense, singular, plural, n)
        return filled(context, found, {"n": locale.format_number(n), **values})

    formats = [name for name in dir(Locale) if name.startswith("format_")]
    return {
        "_": gettext,
        "gettext": gettext,
        "ngettext": ngettext,
        "pgettext": pgettext,
        "npgettext": npgettext,
        "is_current": is_current,
        "bar_place": bar_place,
        "machine_time": machine_time,
        **{name: getattr(locale, name) for name in formats},
    }


def machine_time(moment: datetime) -> str:
    """The `datetime` attribute of <time>."""
    return moment.isoformat(timespec="seconds")


def _wire() -> Any:
    """`app.wire`, which mounts what this module offers and so imports it."""
    from app import wire

    return wire
