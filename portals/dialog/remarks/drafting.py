"""The clerk's work on the document: its first text, and the next versions, to which every remark is carried over."""

import asyncio
from uuid import UUID

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid
from app.i18n import _
from portals.dialog import plan
from portals.dialog.access import Place, access_block_to_manage
from portals.dialog.model import Block
from portals.dialog.remarks import reading, rules, store, version_store
from portals.dialog.remarks.anchors import Finder, quoted
from portals.dialog.remarks.comparing import DiffRow, difference, identified
from portals.dialog.remarks.model import (
    Anchor,
    Line,
    Paragraph,
    Quoted,
    Remark,
    Version,
    VersionMade,
    remarks_room,
)
from portals.dialog.remarks.views import NAME


class Prepared(msgspec.Struct, frozen=True):
    """A text as it would become a version. `base`: the number of the version before it, 0 for the first."""

    base: int
    lines: list[Line]
    paragraphs: list[Paragraph]
    rows: list[DiffRow]
    fault: str

    @property
    def changed(self) -> int:
        """How many paragraphs are other than before."""
        return sum(1 for one in self.rows if one.change != "same")


async def prepare(database: Database, actor: Actor, block_id: int, text: str) -> Prepared:
    """Reads the text and compares it with the newest version; writes nothing."""
    async with database.transaction(readonly=True) as tx:
        await access_block_to_manage(tx, actor, block_id, NAME)
        newest = await version_store.newest(tx, block_id)
        old = await version_store.paragraphs(tx, newest.id) if newest else []
    return await asyncio.to_thread(_prepared, text, old, newest.number if newest else 0)


def _prepared(text: str, old: list[Paragraph], base: int) -> Prepared:
    if len(text) > reading.MOST_LETTERS:
        return Prepared(base, [], [], [], reading.TOO_LONG)
    lines = reading.read_lines(text)
    fault = reading.faults(lines)
    if fault:
        return Prepared(base, lines, [], [], fault)
    paragraphs = identified(old, lines)
    return Prepared(base, lines, paragraphs, difference(old, paragraphs), "")


async def make_version(
    database: Database, actor: Actor, block_id: int, base: int, text: str, *, title: str = "", note: str = ""
) -> Version:
    """The next version; while the consultation is a draft, the first one is replaced. Remarks are carried over.

    Raises `Invalid` per field, `Conflict` where there is a newer version than `base`.
    """
    title, note = " ".join(rules.tidy(title).split()), rules.tidy(note)
    prepared = await prepare(database, actor, block_id, text)
    fields = {"text": prepared.fault} if prepared.fault else {}
    if len(title) > 300:
        fields["title"] = _("This is too long: 300 characters at most")
    if len(note) > 1000:
        fields["note"] = _("This is too long: 1,000 characters at most")
    if fields:
        raise Invalid(fields=fields)
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, NAME)
        await version_store.hold_block(tx, block_id)
        newest = await version_store.newest(tx, block_id)
        if base != prepared.base or (newest.number if newest else 0) != base:
            raise Conflict("Somebody has made another version meanwhile. Your text is still here: look at it once more")
        unseen = place.consultation.state == "draft" and not await version_store.has_remarks(tx, block_id)
        if newest is not None and not unseen and not prepared.changed:
            raise Invalid(fields={"text": _("Nothing is different from the version before")})
        if unseen:
            await version_store.remove_versions(tx, block_id)
        return await _write(tx, actor, place, newest if not unseen else None, prepared, title, note)


async def _write(
    tx: Tx, actor: Actor, place: Place, newest: Version | None, prepared: Prepared, title: str, note: str
) -> Version:
    block_id = place.block.id
    made = await version_store.add_version(tx, block_id, title, note, prepared.paragraphs, actor.account_id)
    orphans = 0
    if newest is not None:
        remarks = await store.remarks(tx, block_id, newest.id)
        if remarks:
            old = await version_store.paragraphs(tx, newest.id)
            homes = await store.original_places(tx, block_id)
            places = await asyncio.to_thread(carried, remarks, homes, old, prepared.paragraphs)
            await store.add_anchors(tx, made.id, places)
            await store.raise_revs(tx, block_id)
            orphans = sum(1 for one in places.values() if one.how == "orphan")
    tx.publish(remarks_room(block_id), VersionMade(made.number))
    await plan.block_changed(tx, block_id)
    await tx.audit(
        actor,
        "remark.version",
        f"consultation/{place.consultation.id}",
        block=block_id,
        version=made.number,
        paragraphs=len(prepared.paragraphs),
        orphans=orphans,
    )
    return made


def carried(
    remarks: list[Remark], homes: dict[int, UUID], old: list[Paragraph], new: list[Paragraph]
) -> dict[int, Anchor]:
    """Where each remark stands in the new version: by its own words, else by those it stood on last."""
    finder = Finder(new)
    before = {one.paragraph_id: one for one in old}
    now = {one.paragraph_id: one for one in new}
    found = {}
    for one in remarks:
        home = homes.get(one.id)
        ways = [Quoted(home, one.quote, one.prefix, one.suffix)]
        last = before.get(one.paragraph_id) if one.paragraph_id else None
        if last is not None and one.ends > one.starts:
            ways.append(quoted(last, one.starts, one.ends))
        here = now.get(last.paragraph_id) if last else None
        reworded = (last is not None and here is not None and last.text != here.text) or one.how != "exact"
        found[one.id] = finder.anchor(*ways, reworded=reworded)
    return found


async def copy_document(tx: Tx, actor: Actor, old: Block, new: Block) -> None:
    """The newest text goes into the copy as its first version; no remarks."""
    newest = await version_store.newest(tx, old.id)
    if newest is not None:
        paragraphs = await version_store.paragraphs(tx, newest.id)
        await version_store.add_version(tx, new.id, newest.title, "", paragraphs, actor.account_id)
