"""Pages of a school's dashboard, its settings, its wallboards."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import AppError, NotFound
from app.forms import read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import embedded, flash, render
from app.wire import current_actor
from schools.dashboard import actions, alert_store, rules, store
from schools.dashboard.access import (
    access_class_attendance,
    access_dashboard_settings,
    wallboard_key,
)
from schools.dashboard.api import Chosen, school_id_of
from schools.dashboard.board import Filter, board, day_to_show, history, settings_of_school
from schools.dashboard.drawing import heat_map, number_tiles, trend_line
from schools.dashboard.forms import SettingsForm, WallboardForm
from schools.dashboard.model import DashboardSettings
from schools.dashboard.words import words
from schools.structure.access import access_staff_room
from schools.structure.rules import can_read_whole_school
from schools.structure.tenancy import school_transaction
from schools.timetable import store as timetable

OPENS_AT: Final = 6
"""Hour of the day before which the last day with lessons says more than an empty today."""
MOST_HAPPENINGS: Final = 20


class Month(msgspec.Struct, frozen=True):
    """`2026-11`; empty: this month."""

    month: str = ""


async def show_dashboard(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/dashboard?day=…&level=…`, filtered; a homeroom teacher goes to their class."""
    actor, school_id, chosen = await current_actor(request), school_id_of(request), api.query(request, Chosen)
    moment = datetime.now(UTC)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_staff_room(tx, actor, school_id)
        if not can_read_whole_school(member):
            own = await store.homeroom_classes(tx, member.staff_id or 0, member.today)
            if own:
                return see_other(f"/schools/{school_id}/dashboard/classes/{own[0]}")
            if not member.has("teacher"):
                raise NotFound
            await flash(request, _("This page is for homeroom teachers"), kind="info")
            return see_other(f"/schools/{school_id}")
        opens = moment.astimezone(ZoneInfo(member.time_zone)).hour >= OPENS_AT
        day = await day_to_show(tx, member.today, chosen.day, opens)
        shown, classes = await board(tx, school_id, day, member.today, moment, chosen.filter())
        past = await history(tx, shown, chosen.filter())
        happened = await store.happenings(tx, day, MOST_HAPPENINGS)
        alerts = await alert_store.alerts_of_day(tx, day, None)
        free = await timetable.day_off_name(tx, day if chosen.day else member.today)
    numbers = rules.numbers_of(shown)
    return await render(
        request,
        "dashboard/dashboard.html",
        member=member,
        board=shown,
        cells=rules.cells_of(shown),
        classes=classes,
        chosen=chosen,
        free=free,
        filtered=chosen.filter() != Filter(),
        numbers=numbers,
        tiles=number_tiles(numbers, past, reached=rules.reached(shown)),
        trend=trend_line(past.hours),
        heat=heat_map(past.hours, day),
        happened=happened,
        alerts=alerts,
        open_count=sum(one.is_open for one in alerts),
        board_json=embedded(shown),
        words=_words(request),
    )


def _words(request: web.Request) -> dict[str, str]:
    return words(request.app[LOCALES].choose(request).gettext)


async def show_class(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/dashboard/classes/{class_id}?month=…`: the homeroom teacher's view."""
    actor, school_id = await current_actor(request), school_id_of(request)
    class_id = int(request.match_info["class_id"])
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        place = await access_class_attendance(tx, actor, school_id, class_id)
        today = place.member.today
        first = _month_of(api.query(request, Month).month) or today.replace(day=1)
        last = min(_next_month(first) - timedelta(days=1), max(today, first))
        _school, settings = await settings_of_school(tx, school_id)
        pupils = await store.pupil_months(tx, class_id, first, last)
        marks = await store.class_marks(tx, class_id, today)
        alerts = await alert_store.alerts_of_day(tx, today, [class_id])
    return await render(
        request,
        "dashboard/homeroom.html",
        place=place,
        member=place.member,
        today=today,
        first=first,
        before=(first - timedelta(days=1)).replace(day=1),
        following=_next_month(first) if _next_month(first) <= today else None,
        settings=settings,
        pupils=sorted(pupils, key=lambda one: (-one.absent, one.number or 999)),
        truants=[one for one in pupils if rules.is_truant(one, settings.unexcused_of, settings.unexcused_percent)],
        present=sum(one.present for one in pupils),
        counted=sum(one.counted for one in pupils),
        marks=marks,
        alerts=alerts,
        open_count=sum(one.is_open for one in alerts),
        words=_words(request),
    )


def _month_of(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01") if len(text) == 7 else None
    except ValueError:
        return None


def _next_month(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


async def show_settings(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/dashboard/settings`."""
    actor, school_id = await current_actor(request), school_id_of(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        await access_dashboard_settings(tx, actor, school_id)
        _school, kept = await settings_of_school(tx, school_id)
    form = await read(request, SettingsForm, **{name: getattr(kept, name) for name in kept.__struct_fields__})
    if form.posted and form.validate():
        settings = DashboardSettings(
            unchecked_after_min=form.unchecked_after_min.data or 1,
            unexcused_percent=form.unexcused_percent.data or 1,
            unexcused_of="hours" if form.unexcused_of.data == "hours" else "days",
            unexcused_basis=(form.unexcused_basis.data or "").strip(),
        )
        try:
            await actions.set_up(request.app[DATABASE], actor, school_id, settings)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(f"/schools/{school_id}/dashboard/settings")
    return await _settings_page(request, form, await read_blank(request))


async def read_blank(request: web.Request) -> WallboardForm:
    """The second form of the page as it stands before anything was typed."""
    form: WallboardForm = await read(request, WallboardForm)
    form.name.data, form.name.errors, form.posted = "", [], False
    return form


async def add_wallboard(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/dashboard/wallboards`: the new address is on the page that answers, nowhere else."""
    actor, school_id = await current_actor(request), school_id_of(request)
    form = await read(request, WallboardForm)
    made = ""
    if form.validate():
        try:
            name = (form.name.data or "").strip()
            secret = await actions.add_wallboard(request.app[DATABASE], actor, school_id, name)
            made = str(request.url.with_path(f"/schools/{school_id}/wallboard/{secret}").with_query(None))
            form.name.data = ""
        except AppError as problem:
            if isinstance(problem, NotFound):
                raise
            form.take(problem)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        await access_dashboard_settings(tx, actor, school_id)
        _school, kept = await settings_of_school(tx, school_id)
    settings = await read(request, SettingsForm)
    for name in kept.__struct_fields__:
        settings[name].data = getattr(kept, name)
    return await _settings_page(request, settings, form, made)


async def revoke_wallboard(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/dashboard/wallboards/{wallboard_id}/revoke`."""
    await require_action(request)
    school_id = school_id_of(request)
    await actions.revoke_wallboard(
        request.app[DATABASE], await current_actor(request), school_id, int(request.match_info["wallboard_id"])
    )
    await flash(request, _("The address is taken back: the screen shows nothing any more"))
    return see_other(f"/schools/{school_id}/dashboard/settings")


async def _settings_page(
    request: web.Request, form: SettingsForm, wallboard: WallboardForm, made: str = ""
) -> web.StreamResponse:
    actor, school_id = await current_actor(request), school_id_of(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_dashboard_settings(tx, actor, school_id)
        wallboards = await store.wallboards(tx)
    return await render(
        request,
        "dashboard/settings.html",
        status=form.status if form.errors else wallboard.status,
        member=member,
        form=form,
        wallboard=wallboard,
        wallboards=wallboards,
        made=made,
    )


async def show_wallboard(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/wallboard/{secret}`: for whoever knows the address. No names of pupils in it."""
    school_id, key = school_id_of(request), wallboard_key(request.match_info["secret"])
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        view = await actions.wallboard_view(tx, school_id, key)
    context: dict[str, Any] = {
        "view": view,
        "room": f"school/{school_id}/wallboard/{key}",
        "cells": {(one.class_id, one.period): one for one in view.cells},
        "words": _words(request),
    }
    response = await render(request, "dashboard/wallboard.html", **context)
    response.headers.update({"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"})
    return response
