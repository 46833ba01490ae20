"""Writes a whole agenda: items keep their id, and with it their marks, votes and papers, wherever they move."""

from collections.abc import Sequence

from app.database import Tx
from app.errors import Invalid
from portals.council import store as council_store
from portals.council.model import AgendaItem, ItemDraft
from portals.council.planning import outline, store


async def write_agenda(tx: Tx, session_id: int, drafts: Sequence[ItemDraft]) -> list[AgendaItem]:
    """Replaces the agenda. Ids that are not of this session make new items.

    Raises Invalid for `agenda` where an item that was already debated would be gone.
    """
    before = {item.id: item for item in await council_store.agenda(tx, session_id)}
    lines = outline.laid_out(drafts)
    kept = {draft.id for draft in drafts}
    gone = [item for item in before.values() if item.id not in kept]
    if any(item.state != "waiting" for item in gone):
        raise Invalid(fields={"agenda": "An item that was already debated cannot be taken away or renamed"})
    ids: list[int] = []
    for position, line in enumerate(lines, start=1):
        draft = line.draft
        values = {"position": position, "number": line.number, "title": draft.title.strip(), "depth": line.depth}
        options = {"by_hand": bool(draft.number.strip()), "minutes": draft.minutes}
        if draft.id is not None and draft.id in before and draft.id not in ids:
            await store.change_item(tx, draft.id, **values, **options)  # type: ignore[arg-type]  # columns by name
            ids.append(draft.id)
        else:
            ids.append(await store.add_item(tx, session_id, **values, **options))  # type: ignore[arg-type]  # the same
    for item_id, line in zip(ids, lines, strict=True):
        await store.set_parent(tx, item_id, None if line.parent is None else ids[line.parent])
    if gone:
        await store.remove_items(tx, session_id, [item.id for item in gone])
    return await council_store.agenda(tx, session_id)


async def draft_agenda(tx: Tx, session_id: int, titles: Sequence[str]) -> list[ItemDraft]:
    """Titles alone, matched with the items that are there."""
    return outline.matched(await council_store.agenda(tx, session_id), titles)
