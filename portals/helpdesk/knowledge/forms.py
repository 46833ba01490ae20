"""Forms of articles, and what a sent one says."""

import re
from collections.abc import Sequence
from typing import Final, cast

import wtforms

from app.forms import Form
from app.i18n import _
from portals.helpdesk.forms import number
from portals.helpdesk.knowledge.model import Audience, Draft, ModelName
from portals.helpdesk.setup_model import Category

AUDIENCES: Final = (("everyone", _("Everyone who may send tickets")), ("agents", _("Agents only")))
_BETWEEN: Final = re.compile(r"[,;\n]")


class ArticleForm(Form):
    """What an editor writes."""

    base = wtforms.HiddenField()
    ticket = wtforms.HiddenField()
    title = wtforms.StringField(
        _("Title"),
        description=_("As somebody would say it who has the problem: «The printer does not print»"),
        render_kw={"maxlength": "160", "autocomplete": "off"},
    )
    lead = wtforms.StringField(
        _("In one sentence"),
        description=_("Stands in lists and beside the form: what to try first"),
        render_kw={"maxlength": "400", "autocomplete": "off"},
    )
    text = wtforms.TextAreaField(
        _("Text"),
        description=_("## makes a heading, **bold**, 1. a step, - a point. A table and links work too."),
        render_kw={"rows": 18, "maxlength": "40000", "spellcheck": "true"},
    )
    keywords = wtforms.StringField(
        _("Other words people use"),
        description=_("With commas between: wifi, internet, eduroam"),
        render_kw={"maxlength": "1800", "autocomplete": "off"},
    )
    category_id = wtforms.SelectField(_("Section"), choices=[], validate_choice=False)
    audience = wtforms.RadioField(_("Who reads it"), choices=AUDIENCES, validate_choice=False)
    models = wtforms.SelectMultipleField(_("Device models it is about"), choices=[], validate_choice=False)
    about = wtforms.StringField(
        _("What was changed, and why"),
        description=_("For the history; readers do not see it"),
        render_kw={"maxlength": "300", "autocomplete": "off"},
    )


class RatingForm(Form):
    """Did it help?"""

    helped = wtforms.HiddenField()
    missing = wtforms.TextAreaField(_("What is missing here?"), render_kw={"rows": 3, "maxlength": "1000"})


class ReviewForm(Form):
    """When an article is looked at again."""

    on = wtforms.DateField(_("Look at it again on"), validators=[wtforms.validators.Optional()])


def offer(form: ArticleForm, categories: Sequence[Category], models: Sequence[ModelName], empty: str) -> None:
    """What can be chosen. `empty`: for no section."""
    form.category_id.choices = [("", empty), *((str(one.id), one.name) for one in categories)]
    form.models.choices = [(str(one.id), one.name) for one in models]


def fill(form: ArticleForm, draft: Draft, base: int = 0) -> None:
    """Shows what is there."""
    form.base.data = str(base) if base else ""
    form.title.data, form.lead.data, form.text.data = draft.title, draft.lead, draft.text
    form.keywords.data = ", ".join(draft.keywords)
    form.category_id.data = str(draft.category_id or "")
    form.audience.data = draft.audience
    form.models.data = [str(one) for one in draft.models]


def draft_from(form: ArticleForm) -> Draft:
    """What was written."""
    audience = form.audience.data if form.audience.data in {"everyone", "agents"} else "everyone"
    return Draft(
        title=form.title.data or "",
        lead=form.lead.data or "",
        text=form.text.data or "",
        keywords=_BETWEEN.split(form.keywords.data or ""),
        category_id=number(form.category_id.data),
        audience=cast("Audience", audience),
        models=[found for one in form.models.data or () if (found := number(one)) is not None],
        about=form.about.data or "",
    )
