"""The page of a guardian's right."""

from datetime import timedelta

from aiohttp import web

from app.database import DATABASE
from app.errors import AppError
from app.forms import read, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import current_actor
from schools.secretariat import guardians, rules
from schools.secretariat.forms import RightForm
from schools.secretariat.model import GuardianDraft
from schools.secretariat.pages import number, place, pupil_path
from schools.structure.tenancy import school_transaction


async def show_right(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/people/rights/{right_id}`."""
    actor, school_id, right_id = await current_actor(request), place(request), place(request, "right_id")
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member, right = await guardians.access_right(tx, actor, school_id, right_id)
    known = {
        name: getattr(right, name) for name in ("first_name", "last_name", "email", "phone", "kind", "since", "rev")
    }
    last_day = right.until - timedelta(days=1) if right.until else None
    form = await read(request, RightForm, **known, last_day=last_day)
    if form.posted and form.validate():
        rev = number(form.rev.data) or 0
        try:
            await guardians.change_right(request.app[DATABASE], actor, school_id, right_id, _draft(form), rev)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(pupil_path(school_id, right.pupil_id))
    return await render(request, "secretariat/right.html", status=form.status, member=member, right=right, form=form)


def _draft(form: RightForm) -> GuardianDraft:
    last_day = form.last_day.data
    return GuardianDraft(
        first_name=rules.tidy(form.first_name.data),
        last_name=rules.tidy(form.last_name.data),
        email=rules.tidy(form.email.data),
        phone=rules.tidy(form.phone.data),
        kind=form.kind.data,
        since=form.since.data,
        until=last_day + timedelta(days=1) if last_day else None,
    )
