"""Pages of versions: the list, a draft class by class, its entries."""

from datetime import timedelta
from typing import Any

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE, Tx
from app.errors import AppError, NotFound
from app.forms import read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor
from schools.structure import store as structure
from schools.structure.tenancy import school_transaction
from schools.timetable.drafts import actions, rules, store
from schools.timetable.drafts.forms import DraftForm, EntryForm, PublishForm
from schools.timetable.drafts.model import Entry, EntryDraft, VersionRow
from schools.timetable.substitutions import store as changes
from schools.timetable.substitutions.access import access_replanning
from schools.timetable.substitutions.forms import WEEKDAYS


class Place(msgspec.Struct, frozen=True):
    """What a page shows: a class, and where a new entry shall stand."""

    class_id: int | None = None
    weekday: int = 1
    period: int = 1


def _school_id(request: web.Request) -> int:
    return int(request.match_info["school_id"])


def _version_id(request: web.Request) -> int:
    return int(request.match_info["version_id"])


def number(text: Any) -> int | None:
    """What a select sent; None where it is empty or no number."""
    text = str(text or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 and int(text) > 0 else None


async def show_versions(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/timetable/versions`: all of them, and a new draft."""
    actor, school_id = await current_actor(request), _school_id(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_replanning(tx, actor, school_id)
        versions = await store.versions(tx)
    newest = next((one for one in versions if one.published_at), None)
    form = await read(
        request, DraftForm, valid_from=member.today + timedelta(days=7), copied_id=str(newest.id) if newest else ""
    )
    say = request.app[LOCALES].choose(request).gettext
    form.copied_id.choices = [("", say(_("an empty timetable"))), *((str(one.id), one.name) for one in versions)]
    if form.posted and form.validate():
        try:
            version_id = await actions.make_draft(
                request.app[DATABASE],
                actor,
                school_id,
                form.name.data or "",
                form.valid_from.data or member.today,
                number(form.copied_id.data),
            )
        except AppError as problem:
            form.take(problem)
        else:
            return see_other(f"/schools/{school_id}/timetable/versions/{version_id}")
    in_force = next((one.id for one in versions if one.published_at and one.valid_from <= member.today), None)
    return await render(
        request,
        "timetable_drafts/versions.html",
        status=form.status,
        member=member,
        versions=versions,
        in_force=in_force,
        form=form,
    )


async def show_version(request: web.Request) -> web.StreamResponse:
    """`GET …/versions/{version_id}?class_id=…`: one class's week; `POST`: publishing."""
    actor, school_id, version_id = await current_actor(request), _school_id(request), _version_id(request)
    place = api.query(request, Place)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member, version = await actions.access_version(tx, actor, school_id, version_id)
        entries = await store.entries(tx, version_id)
        conflicts = rules.conflicts(entries, await store.overlaps(tx, max(version.valid_from, version.year_starts_on)))
        classes = await structure.classes(tx, version.year_id)
        lost = await changes.change_marks(tx, version.valid_from, version.valid_from + timedelta(days=366))
    form = await read(request, PublishForm, valid_from=version.valid_from)
    if form.posted and form.validate():
        try:
            await actions.publish(
                request.app[DATABASE],
                actor,
                school_id,
                version_id,
                form.valid_from.data or version.valid_from,
                despite_conflicts=bool(form.despite_conflicts.data),
            )
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("The timetable is published"))
            return see_other(f"/schools/{school_id}/timetable/versions")
    shown = next((one for one in classes if one.id == place.class_id), classes[0] if classes else None)
    here = [one for one in entries if shown is not None and one.of_class_id in {shown.id, None}]
    return await render(
        request,
        "timetable_drafts/version.html",
        status=form.status,
        member=member,
        version=version,
        classes=classes,
        shown=shown,
        cells=_cells(here),
        periods=range(min([1, *(one.period for one in entries)]), max([8, *(one.period for one in entries)]) + 1),
        days=range(1, max([5, *(one.weekday for one in entries)]) + 1),
        conflicts=conflicts,
        clashing={entry_id for one in conflicts for entry_id in one.entry_ids},
        class_of={one.id: one.of_class_id for one in entries},
        weekdays=dict(WEEKDAYS),
        lost=len(lost),
        form=form,
    )


def _cells(entries: list[Entry]) -> dict[tuple[int, int], list[Entry]]:
    found: dict[tuple[int, int], list[Entry]] = {}
    for one in entries:
        found.setdefault((one.weekday, one.period), []).append(one)
    return found


async def show_entry(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST …/entries/new?class_id=&weekday=&period=` and `…/entries/{entry_id}`."""
    actor, school_id, version_id = await current_actor(request), _school_id(request), _version_id(request)
    place, entry_id = api.query(request, Place), number(request.match_info.get("entry_id"))
    entry = None
    async with school_transaction(request.app[DATABASE], school_id) as tx:
        member, version = await actions.access_draft(tx, actor, school_id, version_id)
        if entry_id is not None:
            entry = await store.entry(tx, version_id, entry_id)
            if entry is None:
                raise NotFound
        choices = await _choices(tx, version)
    started: dict[str, Any] = {"weekday": str(place.weekday), "period": str(place.period)}
    if place.class_id:
        started["target"] = f"c{place.class_id}"
    if entry is not None:
        started = {name: str(getattr(entry, name) or "") for name in EntryDraft.__struct_fields__}
        started["period"] = str(entry.period)
        started["target"] = f"c{entry.class_id}" if entry.class_id else f"g{entry.group_id}"
    form = await read(request, EntryForm, **started)
    for name, given in choices.items():
        form[name].choices = given  # type: ignore[attr-defined]  # all of these are selects
    if form.posted and form.validate():
        try:
            await actions.save_entry(request.app[DATABASE], actor, school_id, version_id, entry_id, _entry_of(form))
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("The lesson is saved in the draft"))
            return see_other(_back(school_id, version_id, place.class_id))
    return await render(
        request,
        "timetable_drafts/entry.html",
        status=form.status,
        member=member,
        version=version,
        entry=entry,
        place=place,
        form=form,
    )


def _entry_of(form: EntryForm) -> EntryDraft:
    target = str(form.target.data or "")
    return EntryDraft(
        weekday=int(form.weekday.data),
        period=int(form.period.data),
        week=form.week.data or "",
        class_id=number(target[1:]) if target.startswith("c") else None,
        group_id=number(target[1:]) if target.startswith("g") else None,
        subject_id=number(form.subject_id.data) or 0,
        staff_id=number(form.staff_id.data) or 0,
        second_staff_id=number(form.second_staff_id.data),
        room_id=number(form.room_id.data),
    )


async def _choices(tx: Tx, version: VersionRow) -> dict[str, list[tuple[str, str]]]:
    classes = await structure.classes(tx, version.year_id)
    names = {one.id: one.name for one in classes}
    groups = await structure.groups(tx, version.year_id)
    targets = [(f"c{one.id}", one.name) for one in classes]
    targets += [(f"g{one.id}", " ".join(filter(None, [names.get(one.class_id or 0), one.name]))) for one in groups]
    people = [(str(one.id), f"{one.last_name} {one.first_name}") for one in await structure.staff_list(tx)]
    return {
        "target": [("", "–"), *sorted(targets, key=lambda one: one[1])],
        "subject_id": [("", "–"), *((str(key), name) for key, name in await changes.subjects(tx))],
        "staff_id": [("", "–"), *people],
        "second_staff_id": [("", "–"), *people],
        "room_id": [("", "–"), *((str(key), name) for key, name in await changes.rooms(tx))],
    }


def _back(school_id: int, version_id: int, class_id: int | None) -> str:
    return f"/schools/{school_id}/timetable/versions/{version_id}" + (f"?class_id={class_id}" if class_id else "")


async def remove_entry(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    school_id, version_id, place = _school_id(request), _version_id(request), api.query(request, Place)
    entry_id = int(request.match_info["entry_id"])
    await actions.remove_entry(request.app[DATABASE], await current_actor(request), school_id, version_id, entry_id)
    await flash(request, _("The lesson is taken out of the draft"))
    return see_other(_back(school_id, version_id, place.class_id))


async def delete_draft(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    school_id = _school_id(request)
    await actions.delete_draft(request.app[DATABASE], await current_actor(request), school_id, _version_id(request))
    await flash(request, _("The draft is deleted"))
    return see_other(f"/schools/{school_id}/timetable/versions")
