"""How a person wants pages to look on this device: language, theme, contrast, text size. Kept in cookies, so that the
server draws the first byte right and no account is needed.
"""

from typing import Final

import msgspec
from aiohttp import web

from app.i18n import LANGUAGE_COOKIE, LOCALES

COOKIES: Final = {
    "theme": ("gryf_theme", ("auto", "light", "dark")),
    "contrast": ("gryf_contrast", ("auto", "high")),
    "text": ("gryf_text", ("100", "125", "150")),
}
"""Field → cookie and what it may hold; the first value is the default."""
YEAR_S: Final = 365 * 86400


class Display(msgspec.Struct, frozen=True):
    """What base.html writes on <html> as data-theme, data-contrast and data-text."""

    theme: str = "auto"
    contrast: str = "auto"
    text: str = "100"

    @classmethod
    def of(cls, request: web.Request) -> "Display":
        found = {}
        for field, (cookie, allowed) in COOKIES.items():
            value = request.cookies.get(cookie, "")
            if value in allowed:
                found[field] = value
        return cls(**found)


async def change_display(request: web.Request) -> web.StreamResponse:
    """POST /display: sets the cookies of the fields sent and leads back; shell.js does it without a round trip."""
    form = await request.post()
    response = web.Response(status=303, headers={"Location": local_path(str(form.get("next", "/")))})
    chosen: dict[str, str] = {}
    for field, (cookie, allowed) in COOKIES.items():
        if form.get(field) in allowed:
            chosen[cookie] = str(form[field])
    if form.get("language") in request.app[LOCALES].by_language:
        remember_language(request, response, str(form["language"]))
    for cookie, value in chosen.items():
        _remember(request, response, cookie, value)
    return response


def remember_language(request: web.Request, response: web.StreamResponse, language: str) -> None:
    """On this device pages come in this language from now on."""
    _remember(request, response, LANGUAGE_COOKIE, language)


def _remember(request: web.Request, response: web.StreamResponse, cookie: str, value: str) -> None:
    response.set_cookie(cookie, value, max_age=YEAR_S, samesite="Lax", secure=request.scheme == "https")


def local_path(target: str) -> str:
    """The target if it is a path of this site, else the start page: nobody is led elsewhere."""
    if target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable():
        return target
    return "/"
