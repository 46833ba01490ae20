"""JSON of consultations: the same actions as the pages."""

from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.i18n import LOCALES
from app.markup import LONGEST_TEXT, render_markdown
from app.search import folded
from app.wire import current_actor, section
from portals.dialog import actions, list_store, participation, plan, rules, store
from portals.dialog.access import access_consultation, own_participant
from portals.dialog.model import Author, Consultation, ConsultationLine, ConsultationView, ParticipantDraft
from portals.dialog.settings import DialogSettings

Id = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class Wanted(msgspec.Struct, frozen=True):
    """What a list is narrowed to."""

    topic: Annotated[str, msgspec.Meta(max_length=80)] = ""
    district: Annotated[str, msgspec.Meta(max_length=120)] = ""
    q: Annotated[str, msgspec.Meta(max_length=100)] = ""


class ConsultationList(msgspec.Struct, frozen=True):
    """Consultations by what they are now."""

    running: list[ConsultationLine]
    coming: list[ConsultationLine]
    ended: list[ConsultationLine]


class OwnPart(msgspec.Struct, frozen=True):
    """How the account takes part. `author`: how the public sees it; `refusal`: why it may not now, in words."""

    joined: bool
    author: Author | None
    refusal: str


class Joining(msgspec.Struct, frozen=True):
    draft: ParticipantDraft


class Placed(msgspec.Struct, frozen=True):
    """`phase_id` 0: the block stands on the page all the time."""

    block_id: Id
    phase_id: Id


class Order(msgspec.Struct, frozen=True):
    """Phases and blocks as they shall stand."""

    phases: Annotated[list[Id], msgspec.Meta(max_length=200)]
    blocks: Annotated[list[Placed], msgspec.Meta(max_length=500)]


class Words(msgspec.Struct, frozen=True):
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]


class Preview(msgspec.Struct, frozen=True):
    """Cleaned HTML: it may be put into the page as it is."""

    html: str


async def list_consultations(request: web.Request) -> web.Response:
    wanted = api.query(request, Wanted)
    words = [word.replace("%", r"\%").replace("_", r"\_") for word in folded(wanted.q).split()]
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = ConsultationList(
            running=await list_store.open_lines(tx, wanted.topic, wanted.district, words, 100),
            coming=await list_store.coming_lines(tx, wanted.topic, wanted.district, words, 100),
            ended=await list_store.ended_lines(tx, wanted.topic, wanted.district, words, 100),
        )
    return api.reply(found)


async def show_consultation(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        view: ConsultationView = await actions.consultation_view(tx, actor, _id(request))
    return api.reply(view)


async def show_own_part(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        consultation = await access_consultation(tx, actor, _id(request))
        participant = await own_participant(tx, actor, consultation.id)
        phases = await store.phases(tx, consultation.id)
        refusal = rules.can_take_part(consultation, None, phases, actor, participant, await tx.now())
    said = refusal.text(request.app[LOCALES].choose(request)) if refusal else ""
    author = rules.shown(participant) if participant else None
    return api.reply(OwnPart(participant is not None, author, said))


async def join(request: web.Request) -> web.Response:
    wanted = await api.body(request, Joining)
    actor = await current_actor(request)
    districts = section(request.app, DialogSettings).districts
    participant = await participation.join(request.app[DATABASE], actor, _id(request), wanted.draft, districts)
    return api.reply(OwnPart(joined=True, author=rules.shown(participant), refusal=""), 201)


async def order(request: web.Request) -> web.Response:
    wanted = await api.body(request, Order)
    changed: Consultation = await plan.order_plan(
        request.app[DATABASE],
        await current_actor(request),
        _id(request),
        wanted.phases,
        [(one.block_id, one.phase_id) for one in wanted.blocks],
    )
    return api.reply(changed)


async def preview_markdown(request: web.Request) -> web.Response:
    words = await api.body(request, Words)
    return api.reply(Preview(str(render_markdown(words.text))))


def _id(request: web.Request) -> int:
    return int(request.match_info["consultation_id"])
