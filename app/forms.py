"""HTML forms: WTForms with our words, and a token that binds each form to the browser it was shown to.

    form = await read(request, RenameForm, obj=unit)
    if form.posted and form.validate():
        try:
            await actions.rename(…, form.name.data)
        except Invalid as problem:
            form.take(problem)
        else:
            return see_other(…)
    return await render(request, "…", status=form.status, form=form)

A token that does not fit (the page was open while somebody signed in or out) is an error at the top of the form, and
everything typed is still there.
"""

from collections.abc import Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final, TypeVar

import wtforms
from aiohttp import web
from wtforms.csrf.core import CSRF, CSRFTokenField
from wtforms.fields.core import Field, UnboundField
from wtforms.form import BaseForm
from wtforms.validators import ValidationError

from app.errors import AppError, Invalid
from app.i18n import LOCALES, FormTexts, Locale, _, wtforms_translations
from app.identity.identity import IDENTITY
from app.identity.keys import Keys
from app.identity.sessions.web import Binding, form_binding

CSRF_FIELD: Final = "csrf_token"
STALE: Final = _("This page was open for a long time. Nothing is lost: send the form once more")


class Guard:
    """Makes and checks the tokens of one browser's forms."""

    def __init__(self, keys: Keys, binding: Binding) -> None:
        self._keys = keys
        self._binding = binding

    def issue(self) -> str:
        return self._keys.issue("form", self._binding.bind())

    def accepts(self, token: str) -> bool:
        return self._binding.known is not None and self._keys.accepts("form", token, self._binding.known)


class _BoundToken(CSRF):
    """WTForms' hook for the token field; the guard comes through the form's meta."""

    def setup_form(self, form: BaseForm) -> list[tuple[str, Any]]:
        self._guard: Guard = form.meta.guard
        return list(super().setup_form(form))

    def generate_csrf_token(self, csrf_token_field: CSRFTokenField) -> str:  # noqa: ARG002  # WTForms' signature
        return self._guard.issue()

    def validate_csrf_token(self, form: BaseForm, field: CSRFTokenField) -> None:  # noqa: ARG002  # the same
        if not self._guard.accepts(field.data or ""):
            raise ValidationError(STALE)


AnyField = TypeVar("AnyField", bound=Field)


class Form(wtforms.Form):
    """Base of every form. Labels, descriptions and choices are message ids; they come out in the reader's language."""

    class Meta:
        csrf = True
        csrf_class = _BoundToken
        csrf_field_name = CSRF_FIELD
        guard: Guard
        locale: Locale

        def get_translations(self, form: BaseForm) -> FormTexts:  # noqa: ARG002  # WTForms' signature
            return wtforms_translations(self.locale)

        def bind_field(
            self, form: BaseForm, unbound_field: "UnboundField[AnyField]", options: MutableMapping[str, Any]
        ) -> AnyField:
            field = unbound_field.bind(form=form, **options)
            _translate(field, self.locale)
            return field

    posted = False
    """The form was sent; else it is shown for the first time."""

    @property
    def locale(self) -> Locale:
        found: Locale = self.meta.locale
        return found

    @property
    def status(self) -> HTTPStatus:
        """Of the page that shows the form."""
        return HTTPStatus.UNPROCESSABLE_ENTITY if self.errors else HTTPStatus.OK

    def validate(self, extra_validators: Any = None) -> bool:
        """Like WTForms', with the token's failure at the top of the form and in the reader's language."""
        valid = super().validate(extra_validators)
        token = self._fields[CSRF_FIELD]
        if token.errors:
            self.form_errors.append(self.locale.gettext(STALE))
            token.errors = []
        return valid

    def take(self, problem: AppError) -> None:
        """Puts what an action refused beside the fields it names, the rest at the top."""
        fields = problem.fields if isinstance(problem, Invalid) else {}
        for name, message in fields.items():
            text = self.locale.gettext(message)
            field = self._fields.get(name)
            if field is None:
                self.form_errors.append(text)
            else:
                field.errors = [*field.errors, text]
        if problem.detail or not fields:
            self.form_errors.append(self.locale.filled(problem.detail or problem.title, problem.values))


class ActionForm(Form):
    """A plain button: nothing but the token."""


AnyForm = TypeVar("AnyForm", bound=Form)


async def read(request: web.Request, form_class: type[AnyForm], obj: object = None, **defaults: object) -> AnyForm:
    """The form as it was sent, or filled from `obj` and `defaults` to be shown."""
    posted = request.method == "POST"
    form = form_class(
        await request.post() if posted else None,
        obj=obj,
        data=defaults,
        meta={"guard": await guard(request), "locale": request.app[LOCALES].choose(request)},
    )
    form.posted = posted
    return form


async def require_action(request: web.Request) -> None:
    """For a button's address without fields: raises `Invalid` when the token does not fit."""
    form = await read(request, ActionForm)
    if not form.validate():
        raise Invalid(STALE)


async def guard(request: web.Request) -> Guard:
    """The guard of this request's browser."""
    return Guard(request.app[IDENTITY].keys, await form_binding(request))


async def csrf_token(request: web.Request) -> Callable[[], str]:
    """What templates call `csrf_token`: makes a token (and a visitor's cookie) only when it is asked."""
    return (await guard(request)).issue


def see_other(path: str) -> web.Response:
    """The answer after a form was accepted: loading the page again sends nothing twice."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": path})


def _translate(field: Field, locale: Locale) -> None:
    field.label.text = locale.gettext(str(field.label.text))
    field.description = locale.gettext(field.description) if field.description else ""
    choices = getattr(field, "choices", None)
    if isinstance(choices, list | tuple):
        field.choices = [(value, locale.gettext(str(text))) for value, text, *_rest in choices]  # type: ignore[attr-defined]  # only fields with choices come here
    words = dict(field.render_kw or {})
    for name in ("placeholder", "aria_label", "title"):
        if name in words:
            words[name] = locale.gettext(words[name])
    field.render_kw = words
