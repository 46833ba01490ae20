"""Pages with which a resident joins, is verified, and sees where they take part."""

from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from app.database import DATABASE
from app.errors import AppError, Conflict, Invalid
from app.forms import read, require_action, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import current_actor, section
from portals.dialog import list_store, participant_store, participation, rules, store, verification
from portals.dialog.access import access_consultation_by_slug, own_participant
from portals.dialog.blocks import BLOCKS
from portals.dialog.forms import JoinForm, VerificationForm, fit_join, join_draft, set_district_choices
from portals.dialog.model import Participant, VerificationDraft
from portals.dialog.settings import DialogSettings

LONGEST_BACK: Final = 300


async def show_join(request: web.Request) -> web.StreamResponse:
    """`GET|POST /dialog/{slug}/join`: as whom one takes part; the same page changes it. `?next=` leads back."""
    actor = await current_actor(request)
    districts = section(request.app, DialogSettings).districts
    database = request.app[DATABASE]
    async with database.transaction(readonly=True) as tx:
        consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
        known = await own_participant(tx, actor, consultation.id)
        checked = await participant_store.verification_of(tx, actor.account_id or 0)
        phases = await store.phases(tx, consultation.id)
        over = rules.stage(phases, await tx.now()) == "ended" or consultation.state != "published"
    form = await read(request, JoinForm, **_defaults(known, actor.name))
    fit_join(form, consultation, districts)
    if known is not None and "pseudonym" in form:
        del form["pseudonym"]
    back = _back(request, consultation.path)
    if form.posted and form.validate():
        try:
            draft = join_draft(form, consultation)
            act = participation.change if known is not None else participation.join
            await act(database, actor, consultation.id, draft, districts)
        except (Invalid, Conflict) as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved") if known else _("You take part now"))
            return see_other(back)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK
    return await render(
        request,
        "dialog/join.html",
        status=status,
        form=form,
        consultation=consultation,
        participant=known,
        checked=checked,
        back=back,
        over=over,
    )


async def show_mine(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/mine`: where one takes part, what the office has checked, and the way out."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        lines = await list_store.lines_of_account(tx, actor.account_id or 0)
        mine = {one.consultation_id: one for one in await participant_store.participations(tx, actor.account_id or 0)}
        checked = await participant_store.verification_of(tx, actor.account_id or 0)
        now = await tx.now()
    return await render(
        request,
        "dialog/mine.html",
        lines=lines,
        mine=mine,
        authors={key: rules.shown(one) for key, one in mine.items()},
        checked=checked,
        now=now,
    )


async def erase_mine(request: web.Request) -> web.StreamResponse:
    """`POST /dialog/mine/erase`: in one consultation (`participant`), else everywhere."""
    await require_action(request)
    actor = await current_actor(request)
    chosen = str((await request.post()).get("participant", ""))
    database, blocks = request.app[DATABASE], request.app[BLOCKS]
    if chosen.isascii() and chosen.isdigit() and len(chosen) < 18:
        await participation.erase(database, blocks, actor, int(chosen))
    else:
        await participation.erase_account(database, blocks, actor, actor.account_id or 0)
    await flash(request, _("Your data were removed. What you wrote stays without your name"))
    return see_other("/dialog/mine")


async def show_verification(request: web.Request) -> web.StreamResponse:
    """`GET|POST /dialog/verification`: asks the office to check who one is."""
    actor = await current_actor(request)
    districts = section(request.app, DialogSettings).districts
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        known = await participant_store.verification_of(tx, actor.account_id or 0)
    defaults = {} if known is None else msgspec.structs.asdict(known)
    form = await read(request, VerificationForm, **{"full_name": actor.name, **defaults})
    set_district_choices(form.district, districts, form.locale.gettext(_("Choose")))
    if not districts:
        del form["district"]
    if form.posted and form.validate():
        values = {name: form[name].data or "" for name in VerificationDraft.__struct_fields__ if name in form}
        try:
            await verification.ask(request.app[DATABASE], actor, _verification_draft(values), districts)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("The office has your request. It answers by mail"))
            return see_other("/dialog/mine")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK
    return await render(request, "dialog/verification.html", status=status, form=form, known=known)


def _verification_draft(values: dict[str, str]) -> VerificationDraft:
    try:
        return msgspec.convert(values, VerificationDraft)
    except msgspec.ValidationError:
        raise Invalid(fields={"kind": "Choose one of these"}) from None


def _defaults(known: Participant | None, name: str) -> dict[str, object]:
    if known is None:
        return {"full_name": name, "pseudonym": rules.new_pseudonym()}
    return {**msgspec.structs.asdict(known), **known.details}


def _back(request: web.Request, path: str) -> str:
    """Where one came from: a path of ours, nothing else."""
    wanted = request.query.get("next", "")[:LONGEST_BACK]
    inside = wanted == path or wanted.startswith((f"{path}/", f"{path}#", f"{path}?"))
    return wanted if inside else path
