"""Pages on which the lead sets up what is promised to whom, and when somebody works."""

from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from app.database import DATABASE
from app.errors import AppError, NotFound
from app.forms import read, require_action, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import CITY, current_actor
from portals.helpdesk.sla import actions, forms, rules
from portals.helpdesk.sla.forms import AgreementForm, CalendarForm, DayForm
from portals.helpdesk.sla.hours import hours_text
from portals.helpdesk.sla.model import Agreement, CalendarRow, DayDraft, ServiceLevels, Span
from portals.intranet import actions as intranet

HOME: Final = "/pomoc/ustawienia/terminy"
CALENDARS: Final = "/pomoc/ustawienia/kalendarze"


def _today(request: web.Request) -> date:
    return datetime.now(UTC).astimezone(ZoneInfo(request.app[CITY].time_zone)).date()


async def _setup(request: web.Request) -> ServiceLevels:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return await actions.setup_view(tx, await current_actor(request))


async def show_setup(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/ustawienia/terminy`: agreements and calendars, for leads and auditors."""
    setup = await _setup(request)
    today = _today(request)
    weeks = {one.id: rules.week_on(one.calendar("UTC"), today) for one in setup.calendars}
    return await render(
        request, "helpdesk_sla/setup.html", setup=setup, weeks=weeks, today=today, priorities=forms.PRIORITIES
    )


async def show_due(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/obsluga/terminy`: what is due next in the queues that the actor reads."""
    queues = await actions.due_queues(request.app[DATABASE], await current_actor(request))
    return await render(request, "helpdesk_sla/due.html", queues=queues, now=datetime.now(UTC))


# agreements


async def new_agreement(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /pomoc/ustawienia/terminy/nowa`."""
    setup = await _setup(request)
    form = await read(request, AgreementForm, warn_percent=75, escalate="2 h")
    if not form.posted:
        form.paused_by.data = [value for value, _text in forms.REASONS]
    return await _agreement_page(request, setup, form, None)


async def edit_agreement(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /pomoc/ustawienia/terminy/{agreement_id}`."""
    setup = await _setup(request)
    wanted = int(request.match_info["agreement_id"])
    agreement = next((one for one in setup.agreements if one.id == wanted), None)
    if agreement is None:
        raise NotFound
    form = await read(request, AgreementForm)
    if not form.posted:
        forms.fill_agreement(form, agreement)
    return await _agreement_page(request, setup, form, agreement)


async def _agreement_page(
    request: web.Request, setup: ServiceLevels, form: AgreementForm, agreement: Agreement | None
) -> web.StreamResponse:
    forms.offer(form.calendar_id, [(one.id, one.name) for one in setup.calendars])
    await _offer_units(request, form, agreement, setup)
    if form.posted and form.validate():
        try:
            await actions.save_agreement(
                request.app[DATABASE],
                await current_actor(request),
                agreement.id if agreement else None,
                forms.agreement_draft(form),
            )
        except AppError as problem:
            if isinstance(problem, NotFound):
                raise
            form.take(problem)
        else:
            await flash(request, _("Saved: the clocks of open tickets are counted anew"))
            return see_other(HOME)
    return await render(
        request,
        "helpdesk_sla/agreement.html",
        status=form.status,
        form=form,
        agreement=agreement,
        priorities=forms.PRIORITIES,
    )


async def _offer_units(
    request: web.Request, form: AgreementForm, agreement: Agreement | None, setup: ServiceLevels
) -> None:
    """Units that are free, and the agreement's own ones; whose others are stands behind their names."""
    if agreement is not None and agreement.everyone:
        del form.units
        return
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        units = await intranet.unit_choices(tx)
    others = {unit: one.name for one in setup.agreements if one != agreement for unit in one.units}
    names = {one.id: f"{one.name} ({others[one.id]})" if one.id in others else one.name for one in units}
    if agreement is not None:
        names |= {
            unit: name for unit, name in zip(agreement.units, agreement.unit_names, strict=True) if unit not in names
        }
    forms.offer(form.units, sorted(names.items(), key=lambda one: one[1].casefold()))


async def remove_agreement(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/ustawienia/terminy/{agreement_id}/usun`."""
    await require_action(request)
    wanted = int(request.match_info["agreement_id"])
    await actions.remove_agreement(request.app[DATABASE], await current_actor(request), wanted)
    await flash(request, _("Removed: its units have everyone's agreement from now on"))
    return see_other(HOME)


# calendars


async def new_calendar(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /pomoc/ustawienia/kalendarze/nowy`."""
    await _setup(request)
    form = await read(request, CalendarForm, country="PL", since=_today(request))
    if not form.posted:
        for place in range(5):
            form[f"hours_{place}"].data = hours_text((Span(450, 930),))
    if form.posted and form.validate():
        try:
            made = await actions.save_calendar(
                request.app[DATABASE], await current_actor(request), None, forms.calendar_draft(form)
            )
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(f"{CALENDARS}/{made.id}")
    return await _calendar_page(request, form, await _blank_day(request), None)


async def edit_calendar(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /pomoc/ustawienia/kalendarze/{calendar_id}`."""
    calendar = await _calendar(request)
    form = await read(request, CalendarForm)
    if not form.posted:
        _show(request, form, calendar)
    elif form.validate():
        try:
            await actions.save_calendar(
                request.app[DATABASE], await current_actor(request), calendar.id, forms.calendar_draft(form)
            )
        except AppError as problem:
            if isinstance(problem, NotFound):
                raise
            form.take(problem)
        else:
            await flash(request, _("Saved: the clocks of open tickets are counted anew"))
            return see_other(f"{CALENDARS}/{calendar.id}")
    return await _calendar_page(request, form, await _blank_day(request), calendar)


def _show(request: web.Request, form: CalendarForm, calendar: CalendarRow) -> None:
    today = _today(request)
    forms.fill_calendar(form, calendar, rules.week_on(calendar.calendar("UTC"), today), today)


async def _calendar(request: web.Request) -> CalendarRow:
    wanted = int(request.match_info["calendar_id"])
    found = next((one for one in (await _setup(request)).calendars if one.id == wanted), None)
    if found is None:
        raise NotFound
    return found


async def _blank_day(request: web.Request) -> DayForm:
    """The second form of the page as it stands before anything was typed."""
    form = await read(request, DayForm)
    for name in ("day", "day_hours", "why"):
        form[name].data, form[name].errors = None, []
    form.posted = False
    return form


async def _calendar_page(
    request: web.Request, form: CalendarForm, day: DayForm, calendar: CalendarRow | None
) -> web.StreamResponse:
    today = _today(request)
    context: dict[str, Any] = {"holidays": [], "weeks": [], "past_days": [], "days": []}
    if calendar is not None:
        free = rules.public_holidays(calendar.country, today.year) if calendar.country else frozenset()
        free |= rules.public_holidays(calendar.country, today.year + 1) if calendar.country else frozenset()
        context = {
            "holidays": sorted(one for one in free if one >= today)[:15],
            "weeks": sorted(calendar.weeks, key=lambda one: one.since, reverse=True),
            "days": [one for one in calendar.days if one.day >= today],
            "past_days": [one for one in calendar.days if one.day < today],
        }
    return await render(
        request,
        "helpdesk_sla/calendar.html",
        status=form.status if form.errors else day.status,
        form=form,
        day_form=day,
        calendar=calendar,
        today=today,
        **context,
    )


async def add_day(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/ustawienia/kalendarze/{calendar_id}/dni`: a day of its own."""
    calendar = await _calendar(request)
    day = await read(request, DayForm)
    if day.validate():
        try:
            await actions.set_day(
                request.app[DATABASE], await current_actor(request), calendar.id, forms.day_draft(day)
            )
        except AppError as problem:
            if isinstance(problem, NotFound):
                raise
            day.take(problem)
        else:
            await flash(request, _("Saved: the clocks of open tickets are counted anew"))
            return see_other(f"{CALENDARS}/{calendar.id}")
    form = await read(request, CalendarForm)
    form.posted = False
    for field in form:
        field.errors = []
    _show(request, form, calendar)
    return await _calendar_page(request, form, day, calendar)


async def remove_day(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/ustawienia/kalendarze/{calendar_id}/dni/{day}/usun`, which can be taken back."""
    await require_action(request)
    calendar_id, day = int(request.match_info["calendar_id"]), _day_of(request)
    was = await actions.remove_day(request.app[DATABASE], await current_actor(request), calendar_id, day)
    back = request.url.with_path(f"{CALENDARS}/{calendar_id}/dni/{day}/przywroc")
    back = back.with_query({"hours": hours_text(was.hours), "why": was.why})
    await flash(request, _("Removed"), undo=back.raw_path_qs)
    return see_other(f"{CALENDARS}/{calendar_id}")


async def restore_day(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/ustawienia/kalendarze/{calendar_id}/dni/{day}/przywroc?hours=…&why=…`."""
    await require_action(request)
    calendar_id = int(request.match_info["calendar_id"])
    draft = DayDraft(
        day=_day_of(request), hours=request.query.get("hours", "")[:400], why=request.query.get("why", "")[:120]
    )
    await actions.set_day(request.app[DATABASE], await current_actor(request), calendar_id, draft)
    return see_other(f"{CALENDARS}/{calendar_id}")


async def remove_week(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/ustawienia/kalendarze/{calendar_id}/godziny/{day}/usun`."""
    await require_action(request)
    calendar_id = int(request.match_info["calendar_id"])
    await actions.remove_week(request.app[DATABASE], await current_actor(request), calendar_id, _day_of(request))
    await flash(request, _("Removed: the hours before them go on"))
    return see_other(f"{CALENDARS}/{calendar_id}")


async def remove_calendar(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/ustawienia/kalendarze/{calendar_id}/usun`."""
    await require_action(request)
    calendar_id = int(request.match_info["calendar_id"])
    await actions.remove_calendar(request.app[DATABASE], await current_actor(request), calendar_id)
    await flash(request, _("Removed"))
    return see_other(HOME)


def _day_of(request: web.Request) -> date:
    try:
        return date.fromisoformat(request.match_info["day"])
    except ValueError:
        raise NotFound from None
