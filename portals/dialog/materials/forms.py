"""The office's forms of materials. Those with a file come by streaming and are read from plain texts."""

from collections.abc import Mapping
from typing import Final

import wtforms
from aiohttp import web
from multidict import MultiDict

from app.forms import Form, guard
from app.i18n import LOCALES, _

RICH: Final = {"rows": 14, "data-markdown": "1"}


class MaterialsForm(Form):
    """Settings of the block."""

    comments = wtforms.BooleanField(
        _("Comments"), description=_("Below each material people can write, while a phase of the consultation runs")
    )


class AboutForm(Form):
    """Words about a material."""

    rev = wtforms.HiddenField()
    title = wtforms.StringField(_("Title"), description=_("Empty: taken from the file's name"))
    summary = wtforms.TextAreaField(_("In a sentence or two"), render_kw={"rows": 2})
    alt = wtforms.TextAreaField(
        _("What the picture shows"),
        description=_("Needed for pictures: for people who cannot see it"),
        render_kw={"rows": 2},
    )
    slides = wtforms.BooleanField(_("A presentation"), description=_("Shown slide by slide, over the whole screen too"))
    chapters = wtforms.TextAreaField(
        _("Chapters"),
        description=_("A line for each, such as: 2:30 What is planned"),
        render_kw={"rows": 5, "spellcheck": "false"},
    )


class NewForm(AboutForm):
    """A new material of one kind."""

    text = wtforms.TextAreaField(
        _("Text"), description=_("Markdown: # heading, **bold**, - list, [link](https://…)"), render_kw=RICH
    )
    link = wtforms.StringField(_("Address"), render_kw={"type": "url", "inputmode": "url"})
    file = wtforms.FileField(_("File"))


class VersionForm(Form):
    """Another content of a material."""

    note = wtforms.StringField(_("What has changed"))
    text = wtforms.TextAreaField(_("Text"), render_kw=RICH)
    link = wtforms.StringField(_("Address"), render_kw={"type": "url", "inputmode": "url"})
    file = wtforms.FileField(_("File"))


class RemovalForm(Form):
    reason = wtforms.StringField(_("Why it is removed"))


class CaptionsForm(Form):
    language = wtforms.SelectField(
        _("Language"), choices=[("pl", _("Polish")), ("uk", _("Ukrainian")), ("en", _("English")), ("de", _("German"))]
    )
    captions = wtforms.FileField(_("Captions"), description=_("A WebVTT or SRT file"))


async def form_of(
    request: web.Request, kind: type[Form], texts: Mapping[str, str] | None = None, **values: object
) -> Form:
    """From texts that came by streaming, or filled to be shown."""
    posted = MultiDict(texts) if texts is not None else None
    form = kind(
        posted, data=values, meta={"guard": await guard(request), "locale": request.app[LOCALES].choose(request)}
    )
    form.posted = texts is not None
    return form
