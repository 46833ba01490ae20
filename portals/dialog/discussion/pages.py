"""Pages of discussions: one comment, the moderators' queue, word rules, paper, tables to take away."""

import asyncio
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from app.database import DATABASE
from app.errors import AppError, NotFound
from app.forms import read, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor
from portals.dialog import rules as dialog_rules
from portals.dialog.access import access_consultation_by_slug, access_inside, access_managed
from portals.dialog.discussion import actions, export, moderation, queue_store, store
from portals.dialog.discussion.access import (
    access_block_with_threads,
    access_comment,
    access_thread_to_manage,
)
from portals.dialog.discussion.forms import PaperForm, WordsForm
from portals.dialog.discussion.model import PaperDraft, QueueView, Word
from portals.dialog.discussion.views import QUEUE, branch, mine, own_comments, queue_entries

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS: Final = (("resident", _("resident")), ("business", _("business")), ("organisation", _("organisation")))


async def show_comment(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/discussion/{comment_id}`: the lasting address of a comment, with what it answers."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
        spot, comment = await access_comment(tx, actor, int(request.match_info["comment_id"]))
        if spot.place.consultation.id != consultation.id:
            raise NotFound
        root = await store.comment(tx, comment.root_id) if comment.root_id else comment
        found = await branch(tx, root) if root is not None and root.public and comment.public else None
        rows = [found.comment, *found.replies] if found else []
        known = await mine(tx, spot, rows)
        own = await own_comments(tx, spot)
    return await render(
        request,
        "discussion/comment.html",
        consultation=consultation,
        place=spot.place,
        spot=spot,
        comment=comment,
        branch=found,
        mine=known,
        own=[one for one in own if one.id == comment.id],
        may_answer=dialog_rules.can_manage(actor),
    )


async def show_thread(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/discussion/threads/{block_id}/{subject}`: what is said about a thing of a block, alone."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
        block_id, subject = int(request.match_info["block_id"]), request.match_info["subject"]
        data = await actions.thread_data(tx, actor, block_id, subject)
        if data.spot.place.consultation.id != consultation.id:
            raise NotFound
    return await render(
        request, "discussion/thread.html", consultation=consultation, place=data.spot.place, spot=data.spot, data=data
    )


async def show_queue(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/manage/{consultation_id}/discussion`: what waits for a moderator, live."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        consultation = await access_inside(tx, actor, _consultation_id(request))
        ids = await queue_store.waiting(tx, consultation.id, QUEUE)
        count = await queue_store.count_waiting(tx, consultation.id) if len(ids) == QUEUE else len(ids)
        view = QueueView(await queue_entries(tx, ids), count - len(ids))
    return await render(
        request,
        "discussion/queue.html",
        consultation=consultation,
        view=view,
        may_decide=dialog_rules.can_moderate(actor),
        may_manage=dialog_rules.can_manage(actor),
    )


async def show_words(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/discussion/words`: the consultation's word rules."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        consultation = await access_managed(tx, actor, _consultation_id(request))
        words = await queue_store.words(tx, consultation.id)
    by_effect = {what: "\n".join(one.word for one in words if one.what == what) for what in ("hold", "refuse")}
    form = await read(request, WordsForm, **by_effect)
    if form.posted and form.validate():
        wanted = [Word(line, "hold") for line in (form.hold.data or "").splitlines()]
        wanted += [Word(line, "refuse") for line in (form.refuse.data or "").splitlines()]
        try:
            await moderation.set_words(request.app[DATABASE], actor, consultation.id, wanted)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(f"{consultation.manage_path}/discussion")
    return await render(request, "discussion/words.html", status=form.status, consultation=consultation, form=form)


async def show_paper(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/discussion/{block_id}/paper`: an opinion that came on paper."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        spot = await access_thread_to_manage(tx, actor, int(request.match_info["block_id"]))
        if spot.place.consultation.id != _consultation_id(request):
            raise NotFound
    consultation = spot.place.consultation
    form = await read(request, PaperForm)
    locale = request.app[LOCALES].choose(request)
    form.kind.choices = [(name, locale.gettext(label)) for name, label in KINDS if name in consultation.kinds]
    if form.posted and form.validate():
        try:
            await moderation.enter_paper(request.app[DATABASE], actor, spot.place.block.id, _paper(form))
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("The opinion is in the discussion"))
            return see_other(request.path)
    return await render(
        request,
        "discussion/paper.html",
        status=form.status if form.posted else HTTPStatus.OK,
        consultation=consultation,
        place=spot.place,
        settings=spot.settings,
        form=form,
    )


def _paper(form: PaperForm) -> PaperDraft:
    values: dict[str, Any] = {
        "name": form.name.data,
        "text": form.text.data,
        "kind": form.kind.data,
        "organisation": form.organisation.data or "",
        "district": form.district.data or "",
        "anonymous": form.anonymous.data,
        "alignment": int(form.alignment.data or 0),
    }
    return PaperDraft(**values)


async def export_public(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/discussion/blocks/{block_id}/csv` or `…/xlsx`: what the public may read."""
    return await _export(request, inside=False)


async def export_inside(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/manage/{consultation_id}/discussion/{block_id}/csv` or `…/xlsx`: the office's table."""
    return await _export(request, inside=True)


async def _export(request: web.Request, *, inside: bool) -> web.StreamResponse:
    if request.match_info["format"] not in {"csv", "xlsx"}:
        raise NotFound
    actor = await current_actor(request)
    locale = request.app[LOCALES].choose(request)
    async with request.app[DATABASE].transaction(readonly=not inside) as tx:
        place = await access_block_with_threads(tx, actor, int(request.match_info["block_id"]), inside=inside)
        consultation = place.consultation
        if inside and consultation.id != _consultation_id(request):
            raise NotFound
        if not inside and consultation.slug != request.match_info["slug"]:
            raise NotFound
        table = await export.comments_table(tx, actor, place, locale, inside=inside)
        if inside:  # names leave with it
            await tx.audit(actor, "discussion.export", f"consultation/{consultation.id}", block=place.block.id)
    if request.match_info["format"] == "csv":
        body, kind = export.as_csv(table), "text/csv"
    else:
        body, kind = await asyncio.to_thread(export.as_xlsx, table, place.block.title or consultation.title), XLSX
    name = f"{consultation.slug}-{place.block.id}.{request.match_info['format']}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return web.Response(body=body, content_type=kind, charset="utf-8" if kind == "text/csv" else None, headers=headers)


def _consultation_id(request: web.Request) -> int:
    return int(request.match_info["consultation_id"])
