"""Slides that a presenter leads in a live meeting: everybody's page follows, the recording knows when."""

from typing import Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.i18n import _
from app.throttle import Charge, Limit, spend
from portals.dialog.access import Place, access_block, access_block_to_moderate
from portals.dialog.materials.actions import access_material
from portals.dialog.materials.model import PDF
from portals.dialog.meeting import rules, slide_store, store
from portals.dialog.meeting.model import HandRow, Presentation, PresentationRow, Slide, SlideRow, SlidesChanged, room
from portals.dialog.participation import authors

KIND: Final = "meeting"
TURN_LIMIT: Final = Limit("dialog.meeting.turn", burst=60, every_s=0.5)
MOST_PAGES: Final = 5000


async def show_slide(database: Database, actor: Actor, block_id: int, material_id: int, page: int) -> Presentation:
    """Opens slides, or turns to a page. The version that was opened stays until they are opened again."""
    await spend(database, Charge(TURN_LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        place, known = await _leads(tx, actor, block_id)
        material, where = await access_material(tx, actor, material_id)
        if where.consultation.id != place.consultation.id or not material.has_pages:
            raise NotFound
        if not 1 <= page <= MOST_PAGES:
            raise Invalid(fields={"page": _("There is no such page")})
        same = known.material_id == material_id and known.type != ""
        if same and known.page == page:
            return await shown(tx, known)
        await slide_store.show(tx, block_id, material_id, known.version if same else material.version, page)
        await _told(tx, actor, place, "slide", material=material_id, page=page)
        return await _tell(tx, block_id)


async def close_slides(database: Database, actor: Actor, block_id: int) -> Presentation:
    """Nothing is shown any more."""
    async with database.transaction() as tx:
        place, known = await _leads(tx, actor, block_id)
        if known.material_id is None:
            raise Conflict
        await slide_store.show(tx, block_id, None, 0, 0)
        await _told(tx, actor, place, "slides-close")
        return await _tell(tx, block_id)


async def name_presenter(database: Database, actor: Actor, block_id: int, hand_id: int | None) -> Presentation:
    """Somebody with a raised hand turns the pages too; None: those who lead the meeting alone."""
    async with database.transaction() as tx:
        place = await access_block_to_moderate(tx, actor, block_id, KIND)
        await _live(tx, block_id)
        if hand_id is not None:
            hand = await store.locked_hand(tx, block_id, hand_id)
            if hand is None or hand.state == "down":
                raise NotFound
        await slide_store.hold(tx, block_id)
        await slide_store.name_presenter(tx, block_id, hand_id)
        await _told(tx, actor, place, "presenter", hand=hand_id)
        return await _tell(tx, block_id)


async def _leads(tx: Tx, actor: Actor, block_id: int) -> tuple[Place, PresentationRow]:
    """The place for who may turn pages, while the meeting is live; the slides are locked."""
    place = await access_block(tx, actor, block_id, KIND)
    await _live(tx, block_id)
    known = await slide_store.hold(tx, block_id)
    own = await store.own_hand(tx, block_id, place.participant_id) if place.participant_id else None
    if not place.may_moderate and (own is None or own.id != known.hand_id):
        raise Forbidden
    return place, known


async def _live(tx: Tx, block_id: int) -> None:
    if (await store.meeting(tx, block_id)).state != "live":
        raise Conflict(_("The meeting is not live now"))


async def _told(tx: Tx, actor: Actor, place: Place, verb: str, **facts: object) -> None:
    await tx.audit(actor, f"meeting.{verb}", f"consultation/{place.consultation.id}", block=place.block.id, **facts)


async def _tell(tx: Tx, block_id: int) -> Presentation:
    now = await shown(tx, await slide_store.presentation(tx, block_id))
    tx.publish(room(block_id), SlidesChanged(now))
    return now


# what the meeting tells


async def hand_lowered(tx: Tx, hand: HandRow) -> None:
    """Who has lowered their hand turns no pages any more."""
    if (await slide_store.presentation(tx, hand.block_id)).hand_id == hand.id:
        await slide_store.name_presenter(tx, hand.block_id, None)
        await _tell(tx, hand.block_id)


async def meeting_ended(tx: Tx, block_id: int) -> None:
    if (await slide_store.presentation(tx, block_id)).material_id is not None:
        await slide_store.hold(tx, block_id)
        await slide_store.show(tx, block_id, None, 0, 0)
        await _tell(tx, block_id)


# what rooms and the replay are given


async def shown(tx: Tx, row: PresentationRow) -> Presentation:
    known = await authors(tx, [row.participant_id]) if row.participant_id is not None else {}
    there = row.type != ""
    return Presentation(
        material_id=row.material_id if there else None,
        version=row.version,
        title=row.title if there else "",
        file=_file(row),
        page=row.page,
        presenter=known.get(row.participant_id or 0, rules.ERASED) if row.participant_id is not None else None,
        hand_id=row.hand_id,
        rev=row.rev,
    )


def slide(row: SlideRow) -> Slide:
    return Slide(title=row.title, file=_file(row) if row.page else "", page=row.page, at=row.shown_at)


def _file(row: PresentationRow | SlideRow) -> str:
    if not row.type:
        return ""
    address = f"/dialog/{row.slug}/materials/{row.material_id}/v{row.version}"
    return address if row.type == PDF else f"{address}/preview"
