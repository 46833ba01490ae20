"""Forms of papers; files come beside them (see receive)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import wtforms
from aiohttp import web
from multidict import MultiDict

from app.forms import Form, guard
from app.i18n import LOCALES, _
from app.wire import CITY, section
from portals.council.model import AgendaItem, Session
from portals.council.papers.model import Audience, Paper, PaperDraft, PaperKind
from portals.council.papers.settings import PapersSettings

KIND_LABELS = (
    ("resolution", _("Draft of a resolution")),
    ("justification", _("Justification")),
    ("report", _("Report")),
    ("opinion", _("Opinion")),
    ("minutes", _("Minutes")),
    ("other", _("Another paper")),
)


class PaperForm(Form):
    """What is said of a paper."""

    title = wtforms.StringField(_("Title"), description=_("Empty: the name of the file"))
    kind = wtforms.SelectField(_("Kind"), choices=list(KIND_LABELS))
    item = wtforms.SelectField(_("Item"), validate_choice=False)
    audience = wtforms.SelectField(
        _("Who sees it"), choices=[("public", _("everybody")), ("councillors", _("councillors only"))]
    )
    public_from = wtforms.DateTimeLocalField(
        _("Public from"),
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        validators=[wtforms.validators.Optional()],
        description=_("For councillors only until then; empty: it does not become public by itself"),
    )


class RemovalForm(Form):
    """Why a paper is taken away."""

    reason = wtforms.StringField(_("Why it is removed"), validators=[wtforms.validators.InputRequired()])


async def paper_form(
    request: web.Request, items: Sequence[AgendaItem], sent: Mapping[str, str] | None = None, obj: object = None
) -> PaperForm:
    """The form as it was sent beside files, or to be shown."""
    form = PaperForm(
        MultiDict(sent) if sent is not None else None,
        obj=obj,
        meta={"guard": await guard(request), "locale": request.app[LOCALES].choose(request)},
    )
    form.posted = sent is not None
    choices = [("", form.locale.gettext("The session as a whole"))]
    form.item.choices = [*choices, *((str(one.id), f"{one.number}. {one.title[:120]}") for one in items)]
    return form


def suggest(request: web.Request, form: PaperForm, session: Session, item_id: int | None) -> None:
    """A new paper as the settings want it."""
    settings = section(request.app, PapersSettings)
    form.item.data = str(item_id or "")
    form.audience.data = settings.default_audience
    if settings.default_audience == "councillors" and settings.public_days_before > 0:
        day = session.planned_at - timedelta(days=settings.public_days_before)
        form.public_from.data = day.astimezone(_zone(request)).replace(tzinfo=None, second=0, microsecond=0)


def fill(request: web.Request, form: PaperForm, paper: Paper) -> None:
    form.item.data = str(paper.item_id or "")
    if paper.public_from is not None:
        form.public_from.data = paper.public_from.astimezone(_zone(request)).replace(tzinfo=None)


def draft(request: web.Request, form: PaperForm) -> PaperDraft:
    local: Any = form.public_from.data
    item = str(form.item.data or "")
    audience = cast("Audience", form.audience.data or "public")
    moment: datetime | None = None
    if local is not None and audience == "councillors":
        moment = local.replace(tzinfo=_zone(request)).astimezone(UTC)
    return PaperDraft(
        title=" ".join((form.title.data or "").split()),
        kind=cast("PaperKind", form.kind.data or "other"),
        audience=audience,
        public_from=moment,
        item_id=int(item) if item.isascii() and item.isdigit() and len(item) < 18 else None,
    )


def _zone(request: web.Request) -> ZoneInfo:
    return ZoneInfo(request.app[CITY].time_zone)
