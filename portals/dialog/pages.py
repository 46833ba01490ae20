"""Residents' pages of consultations."""

from datetime import datetime
from itertools import groupby
from typing import Any, Final

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import NotFound
from app.pages import render
from app.search import folded
from app.wire import current_actor, section
from portals.dialog import list_store, participant_store, rules, store
from portals.dialog.access import access_block, access_consultation_by_slug, own_participant, place_of
from portals.dialog.blocks import BLOCKS, Blocks, Shown
from portals.dialog.model import Consultation, ParticipantGroup, Phase
from portals.dialog.settings import DialogSettings
from portals.dialog.small_numbers import told, told_counts

SHOWN: Final = 60
PAST: Final = 20
LONGEST_SEARCH: Final = 100


async def list_consultations(request: web.Request) -> web.StreamResponse:
    """`GET /dialog`: open now, coming, ended; by topic, district and words."""
    topic, district = request.query.get("topic", "")[:80], request.query.get("district", "")[:120]
    text = request.query.get("q", "")[:LONGEST_SEARCH]
    words = [word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") for word in folded(text).split()]
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        now = await tx.now()
        running = await list_store.open_lines(tx, topic, district, words, SHOWN)
        coming = await list_store.coming_lines(tx, topic, district, words, SHOWN)
        ended = await list_store.ended_lines(tx, topic, district, words, PAST)
        topics, districts = await list_store.topics(tx), await list_store.districts(tx)
    return await render(
        request,
        "dialog/list.html",
        running=running,
        coming=coming,
        ended=ended,
        topics=topics,
        districts=districts,
        topic=topic,
        district=district,
        text=text,
        filtered=bool(topic or district or text),
        now=now,
        soon_s=section(request.app, DialogSettings).ends_soon_h * 3600,
        may_manage=rules.can_manage(await current_actor(request)),
    )


async def show_consultation(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}`: the one address of a consultation, before, during and after."""
    actor = await current_actor(request)
    chosen = request.query.get("phase", "")
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
        context = await page_context(tx, request.app[BLOCKS], actor, consultation, chosen)
    return await render(request, "dialog/consultation.html", preview=False, **context)


async def page_context(
    tx: Tx, blocks: Blocks, actor: Actor, consultation: Consultation, chosen: str = "", *, preview: bool = False
) -> dict[str, Any]:
    """What the consultation's page shows; `chosen`: the phase that is looked at. `preview`: as a resident sees it."""
    reader = Actor(language=actor.language) if preview else actor
    phases = await store.phases(tx, consultation.id)
    now = await tx.now()
    participant = None if preview else await own_participant(tx, actor, consultation.id)
    phase = chosen_phase(phases, now, chosen)
    shown: list[Shown] = []
    for block in await store.blocks(tx, consultation.id):
        kind = blocks.find(block.kind)
        if kind is None or block.phase_id not in {None, phase.id if phase else None}:
            continue
        place = place_of(consultation, phases, block, reader, participant, now, without_account=kind.without_account)
        one = await blocks.shown(tx, reader, place)
        shown += [one] if one else []
    kinds = [one.kind for one in shown]
    return {
        "consultation": consultation,
        "phases": phases,
        "phase": phase,
        "running": rules.running_phase(phases, now),
        "stage": "ended" if consultation.state in {"cancelled", "archived"} else rules.stage(phases, now),
        "now": now,
        "participant": participant,
        "author": rules.shown(participant) if participant else None,
        "refusal": rules.can_take_part(consultation, None, phases, reader, participant, now),
        "always": [one for one in shown if one.place.phase is None],
        "shown": [one for one in shown if one.place.phase is not None],
        "notices": await participant_store.notices(tx, consultation.id),
        "participants": await participant_store.count_participants(tx, consultation.id),
        "heads": [] if preview or consultation.state == "draft" else await blocks.heads(tx, actor, consultation),
        "head_templates": blocks.templates(kinds, "head"),
        "script_templates": blocks.templates(kinds, "scripts"),
        "may_manage": rules.can_manage(actor),
        "inside": rules.can_see_inside(actor),
    }


def chosen_phase(phases: list[Phase], now: datetime, chosen: str) -> Phase | None:
    """The phase asked for; else the one that runs, the next one, the last one."""
    asked = next((one for one in phases if str(one.id) == chosen), None)
    coming = next((one for one in phases if now < one.starts_at), None)
    return asked or rules.running_phase(phases, now) or coming or (phases[-1] if phases else None)


async def show_block(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/blocks/{block_id}`: one block alone, for a link in a letter and for long threads."""
    actor = await current_actor(request)
    blocks = request.app[BLOCKS]
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
        block = await store.block(tx, int(request.match_info["block_id"]))
        if block is None or block.consultation_id != consultation.id:
            raise NotFound
        kind = blocks.kind(block.kind)
        place = await access_block(tx, actor, block.id, block.kind, without_account=kind.without_account)
        one = await blocks.shown(tx, actor, place)
    return await render(
        request,
        "dialog/block.html",
        consultation=consultation,
        one=one,
        place=place,
        head_templates=blocks.templates([kind], "head"),
        script_templates=blocks.templates([kind], "scripts"),
    )


async def show_participants(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/people`: how many take part, by kind and district. No names: those are the people's own."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
        groups = await list_store.participant_groups(tx, consultation.id)
    kinds = {kind: sum(one.count for one in found) for kind, found in _grouped(groups, "kind")}
    districts = {name: sum(one.count for one in found) for name, found in _grouped(groups, "district")}
    total, verified = sum(one.count for one in groups), sum(one.count for one in groups if one.verified)
    if told(total) is None:  # then its parts are small too, and there is nothing to divide
        kinds, districts = {}, {}
    return await render(
        request,
        "dialog/people.html",
        consultation=consultation,
        kinds=told_counts(kinds),
        districts={name: count for name, count in told_counts(districts).items() if name},
        verified=told_counts({"verified": verified, "others": total - verified})["verified"],
        total=told(total),
    )


def _grouped(groups: list[ParticipantGroup], name: str) -> list[tuple[str, list[ParticipantGroup]]]:
    ordered = sorted(groups, key=lambda one: str(getattr(one, name)))
    return [(str(value), list(found)) for value, found in groupby(ordered, lambda one: getattr(one, name))]
