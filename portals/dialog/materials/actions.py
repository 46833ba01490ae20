"""What the office does with materials. Each verb checks, writes, tells the page and leaves an audit line."""

from typing import Literal

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.files import AUDIO, FILES, OFFICE, VIDEO, Upload, drop_file
from app.i18n import _
from app.jobs import enqueue
from media.uploads import actions as uploads
from media.uploads import store as upload_store
from portals.dialog import plan
from portals.dialog.access import Place, access_block, access_block_to_manage
from portals.dialog.discussion import actions as discussion
from portals.dialog.joining import clean
from portals.dialog.materials import rules, store
from portals.dialog.materials.model import (
    Content,
    Kind,
    Material,
    MaterialDraft,
    MaterialsSettings,
    MaterialVersion,
    Preview,
)
from portals.dialog.materials.previews import PREVIEW, MakePreview
from portals.dialog.model import Block

NAME = "materials"


async def access_material(tx: Tx, actor: Actor, material_id: int) -> tuple[Material, Place]:
    """One the actor may read."""
    block_id = await store.block_of(tx, material_id)
    if block_id is None:
        raise NotFound
    place = await access_block(tx, actor, block_id, NAME)
    found = await store.material(tx, material_id)
    if found is None:
        raise NotFound
    return found, place


async def access_version(tx: Tx, actor: Actor, material_id: int, number: int) -> MaterialVersion:
    """A version with a file the actor may have."""
    await access_material(tx, actor, material_id)
    found = await store.version(tx, material_id, number)
    if found is None or found.file_id is None:
        raise NotFound
    return found


async def access_material_to_manage(tx: Tx, actor: Actor, material_id: int) -> tuple[Material, Place]:
    """One that the actor looks after, locked; a removed one is not there any more."""
    block_id = await store.block_of(tx, material_id, lock=True)
    if block_id is None:
        raise NotFound
    place = await access_block_to_manage(tx, actor, block_id, NAME)
    found = await store.material(tx, material_id)
    if found is None or found.removed:
        raise NotFound
    return found, place


async def add_material(
    app: web.Application,
    actor: Actor,
    block_id: int,
    kind: Kind,
    draft: MaterialDraft,
    content: Content,
    upload: Upload | None = None,
) -> Material:
    """A new material, last in the block. Raises `Invalid` per field; a file that nothing refers to is the caller's."""
    draft, content = _tidy(draft, upload.name if upload else ""), _plain(kind, content)
    async with app[DATABASE].transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, NAME)
        fields = rules.draft_faults(draft, upload.type if upload else "") | rules.content_faults(kind, content)
        if kind == "file" and upload is None:
            fields["file"] = _("Choose a file first")
        if fields:
            raise Invalid(fields=fields)
        material_id = await store.add_material(tx, block_id, kind, draft, actor.account_id)
        await _add_version(tx, app, actor, material_id, content, upload)
        made = await _open_thread(tx, place, material_id)
        await _told(tx, actor, "material.add", place, made)
        return made


async def add_version(
    app: web.Application, actor: Actor, material_id: int, content: Content, upload: Upload | None = None
) -> Material:
    """Another content; the older ones stay within reach."""
    async with app[DATABASE].transaction() as tx:
        material, place = await access_material_to_manage(tx, actor, material_id)
        content = _plain(material.kind, content)
        fields = rules.content_faults(material.kind, content)
        if material.kind == "file":
            if upload is None:
                fields["file"] = _("Choose a file first")
            elif not rules.same_family(material, upload.type):
                fields["file"] = _("This is of another kind than the version before. Add it as a material of its own")
        elif (content.text, content.link) == (material.text, material.link):
            fields[material.kind] = _("Nothing is different from the version before")
        if fields:
            raise Invalid(fields=fields)
        await _add_version(tx, app, actor, material_id, content, upload)
        changed = await _again(tx, material_id)
        await _told(tx, actor, "material.version", place, changed)
        return changed


async def _add_version(
    tx: Tx, app: web.Application, actor: Actor, material_id: int, content: Content, upload: Upload | None
) -> None:
    file, upload_id = None, None
    preview: Preview = "none"
    if upload is not None:
        file = await app[FILES].keep(tx, upload, actor.account_id)
        if file.type in AUDIO | VIDEO:
            upload_id = (await uploads.package_upload(tx, actor, file.id)).id
        if file.type in OFFICE:
            preview = "waiting"
    number = await store.add_version(tx, material_id, content, file, upload_id, preview, actor.account_id)
    if preview == "waiting":
        await enqueue(tx, PREVIEW, MakePreview(material_id, number))


async def change_material(
    database: Database, actor: Actor, material_id: int, draft: MaterialDraft, rev: int
) -> Material:
    """Title, summary, words for a picture, how it is shown. Raises `Conflict` where somebody else was faster."""
    draft = _tidy(draft, "")
    async with database.transaction() as tx:
        material, place = await access_material_to_manage(tx, actor, material_id)
        if material.rev != rev:
            raise Conflict
        fields = rules.draft_faults(draft, material.type)
        if fields:
            raise Invalid(fields=fields)
        await store.change_material(tx, material_id, draft)
        changed = await _open_thread(tx, place, material_id)
        await _told(tx, actor, "material.change", place, changed)
        return changed


async def move_material(database: Database, actor: Actor, material_id: int, where: Literal["up", "down"]) -> Material:
    """Changes places with its neighbour; at the end nothing happens."""
    async with database.transaction() as tx:
        material, place = await access_material_to_manage(tx, actor, material_id)
        ids = [one.id for one in await store.materials(tx, place.block.id) if not one.removed]
        index = ids.index(material_id) + (-1 if where == "up" else 1)
        if 0 <= index < len(ids):
            await store.swap_ordinals(tx, material_id, ids[index])
            material = await _again(tx, material_id)
            await _told(tx, actor, "material.move", place, material)
        return material


async def remove_material(database: Database, actor: Actor, material_id: int, reason: str) -> Material:
    """For good: its files are deleted, its title stays with the reason, its thread is closed."""
    reason = clean(reason)
    if not reason:
        raise Invalid(fields={"reason": _("Say why: it stands in place of the material")})
    if len(reason) > 500:
        raise Invalid(fields={"reason": _("This is too long: 500 characters at most")})
    async with database.transaction() as tx:
        _material, place = await access_material_to_manage(tx, actor, material_id)
        await _drop_content(tx, actor, material_id)
        await store.set_removed(tx, material_id, reason)
        removed = await _again(tx, material_id)
        await discussion.mark_thread(tx, place.block.id, removed.subject, closed=True)
        await _told(tx, actor, "material.remove", place, removed)
        return removed


async def discard_files(tx: Tx, actor: Actor, block: Block) -> None:
    """A draft is thrown away: its files and films go with it."""
    for one in await store.materials(tx, block.id):
        await _drop_content(tx, actor, one.id)


async def _drop_content(tx: Tx, actor: Actor, material_id: int) -> None:
    """Of all versions: files, previews, films with their recordings."""
    versions = await store.versions(tx, material_id)
    await store.clear_versions(tx, material_id)
    for version in versions:
        upload = await upload_store.upload(tx, version.upload_id) if version.upload_id else None
        if upload is not None:
            await uploads.remove_upload(tx, actor, upload)
        for file_id in (version.file_id, version.preview_id):
            if file_id is not None and (upload is None or file_id != upload.file_id):
                await drop_file(tx, file_id)


async def attach_captions(database: Database, actor: Actor, material_id: int, data: bytes, language: str) -> None:
    """Captions (WebVTT or SRT) of a film or a recording. Raises `Invalid` that names the line of the first mistake."""
    async with database.transaction() as tx:
        material, place = await access_material_to_manage(tx, actor, material_id)
        upload = await upload_store.upload(tx, material.upload_id) if material.upload_id else None
        if upload is None:
            raise NotFound
        await uploads.attach_captions(tx, actor, upload, data, language)
        await store.touch_material(tx, material_id)
        await _told(tx, actor, "material.captions", place, await _again(tx, material_id))


async def copy_materials(tx: Tx, actor: Actor, old: Block, new: Block) -> None:
    """Texts and links go into the copy; files belong to the consultation they were put into."""
    for one in await store.materials(tx, old.id):
        if one.kind != "file" and not one.removed:
            draft = MaterialDraft(title=one.title, summary=one.summary)
            made = await store.add_material(tx, new.id, one.kind, draft, actor.account_id)
            await store.copy_version(tx, one.id, one.version, made)


async def _open_thread(tx: Tx, place: Place, material_id: int) -> Material:
    """Its thread among the discussions, where the block has threads; the material as it is now."""
    material = await _again(tx, material_id)
    settings = msgspec.convert(place.block.settings, MaterialsSettings)
    if settings.comments:
        path = f"{place.consultation.path}/materials/{material.id}"
        await discussion.open_thread(tx, place.block.id, material.subject, title=material.title, path=path)
    return material


async def _told(tx: Tx, actor: Actor, verb: str, place: Place, material: Material) -> None:
    await plan.block_changed(tx, place.block.id)
    subject = f"consultation/{place.consultation.id}"
    await tx.audit(actor, verb, subject, material=material.id, version=material.version, title=material.title)


async def _again(tx: Tx, material_id: int) -> Material:
    found = await store.material(tx, material_id)
    assert found is not None  # it is locked, or was just made
    return found


def _tidy(draft: MaterialDraft, name: str) -> MaterialDraft:
    return MaterialDraft(
        title=clean(draft.title) or rules.title_of(name),
        summary=clean(draft.summary),
        alt=clean(draft.alt),
        slides=draft.slides,
        chapters="\n".join(line for line in map(clean, draft.chapters.splitlines()) if line),
    )


def _plain(kind: Kind, content: Content) -> Content:
    """Only what this kind holds."""
    text = content.text.replace("\x00", "").replace("\r\n", "\n").strip() if kind == "text" else ""
    return Content(text=text, link=content.link.strip() if kind == "link" else "", note=clean(content.note))
