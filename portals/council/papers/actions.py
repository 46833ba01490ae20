"""What people do with papers. Each verb checks, writes, publishes and is audited in one transaction."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec
from aiohttp import web

from app.actor import SYSTEM, Actor
from app.database import DATABASE, Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.files import FILES, Upload, drop_file
from portals.council import actions as council
from portals.council import store as council_store
from portals.council.model import Session
from portals.council.papers import rules, store
from portals.council.papers.model import (
    Paper,
    PaperChanged,
    PaperDraft,
    PaperHidden,
    PapersView,
    PaperVersion,
    councillors_room,
    papers_room,
)
from portals.council.papers.reading import store as reading_store
from portals.council.papers.reading.jobs import queue_reading


async def papers_of(tx: Tx, actor: Actor, session: Session) -> list[Paper]:
    """What the actor may see of a session's papers, in order."""
    return rules.seen_by(actor, await store.papers(tx, session.id), datetime.now(UTC))


async def papers_view(tx: Tx, actor: Actor, session_id: int) -> PapersView:
    """Snapshot of residents' room: public papers, whoever asks."""
    session = await council.access_session(tx, actor, session_id)
    return PapersView(await papers_of(tx, Actor(), session))


async def councillors_view(tx: Tx, actor: Actor, session_id: int) -> PapersView:
    session = await council.access_session(tx, actor, session_id)
    if not rules.sees_all(actor):
        raise NotFound
    return PapersView(await papers_of(tx, actor, session))


async def access_paper(tx: Tx, actor: Actor, paper_id: int) -> Paper:
    """A paper the actor may see, a removed one too."""
    paper = await store.paper(tx, paper_id)
    if paper is None or not rules.can_see(actor, paper, datetime.now(UTC)):
        raise NotFound
    return paper


async def access_version(tx: Tx, actor: Actor, paper_id: int, number: int) -> tuple[Paper, PaperVersion]:
    """A version that can be opened."""
    paper = await access_paper(tx, actor, paper_id)
    version = await store.version(tx, paper_id, number)
    if version is None or version.file_id is None:
        raise NotFound
    return paper, version


async def access_paper_at_desk(tx: Tx, actor: Actor, paper_id: int) -> tuple[Paper, Session]:
    """A paper that the office may change, its session locked. What was removed does not change any more."""
    paper = await store.paper(tx, paper_id)
    if paper is None:
        raise NotFound
    session = await council.access_desk(tx, actor, paper.session_id)
    paper = await store.paper(tx, paper_id)
    if paper is None:
        raise NotFound
    if paper.removed:
        raise Conflict("This paper was removed")
    return paper, session


async def add_papers(
    app: web.Application, actor: Actor, session_id: int, uploads: Sequence[Upload], draft: PaperDraft
) -> list[Paper]:
    """One paper for each file; with several files, or without a title, each is named by its file."""
    async with app[DATABASE].transaction() as tx:
        await council.access_desk(tx, actor, session_id)
        items = await council_store.agenda(tx, session_id)
        if not uploads:
            raise Invalid(fields={"files": "Choose a file first"})
        if len(await store.papers(tx, session_id)) + len(uploads) > rules.MAX_PAPERS:
            raise Invalid(fields={"files": "There are enough papers: 500 at most"})
        added = []
        for upload in uploads:
            named = draft.title.strip() if len(uploads) == 1 and draft.title.strip() else rules.title_from(upload.name)
            one = msgspec.structs.replace(draft, title=named)
            fields = rules.faults(one, items)
            if fields:
                raise Invalid(fields=fields)
            stored = await app[FILES].keep(tx, upload, actor.account_id)
            paper_id = await store.add_paper(tx, session_id, one, actor.account_id)
            await store.add_version(tx, paper_id, stored, "", actor.account_id)
            await queue_reading(tx, paper_id)
            paper = await _publish(tx, paper_id, was_public=False)
            await tx.audit(
                actor, "paper.add", f"session/{session_id}", paper=paper.id, title=paper.title, file=stored.name
            )
            added.append(paper)
        return added


async def add_version(app: web.Application, actor: Actor, paper_id: int, upload: Upload, note: str) -> Paper:
    """A newer version; the older ones stay within reach."""
    note = " ".join(note.split())
    async with app[DATABASE].transaction() as tx:
        paper, _session = await access_paper_at_desk(tx, actor, paper_id)
        if not note:
            raise Invalid(fields={"note": "Say what has changed"})
        if len(note) > rules.MAX_NOTE:
            raise Invalid(fields={"note": "This is too long: 500 characters at most"})
        stored = await app[FILES].keep(tx, upload, actor.account_id)
        number = await store.add_version(tx, paper_id, stored, note, actor.account_id)
        await queue_reading(tx, paper_id)
        changed = await _publish(tx, paper_id, was_public=rules.is_public(paper, datetime.now(UTC)))
        await tx.audit(actor, "paper.version", f"session/{paper.session_id}", paper=paper_id, version=number, note=note)
        return changed


async def change_paper(database: Database, actor: Actor, paper_id: int, draft: PaperDraft) -> Paper:
    """Title, kind, item and who may see it."""
    draft = msgspec.structs.replace(draft, title=" ".join(draft.title.split()))
    async with database.transaction() as tx:
        paper, session = await access_paper_at_desk(tx, actor, paper_id)
        fields = rules.faults(draft, await council_store.agenda(tx, session.id))
        if fields:
            raise Invalid(fields=fields)
        await store.change_paper(tx, paper_id, draft)
        changed = await _publish(tx, paper_id, was_public=rules.is_public(paper, datetime.now(UTC)))
        await tx.audit(
            actor,
            "paper.change",
            f"session/{session.id}",
            paper=paper_id,
            title=changed.title,
            audience=changed.audience,
            public_from=changed.public_from,
        )
        return changed


async def move_paper(database: Database, actor: Actor, paper_id: int, where: Literal["up", "down"]) -> Paper:
    """Changes places with its neighbour of the same item; at an end it stays."""
    async with database.transaction() as tx:
        paper, session = await access_paper_at_desk(tx, actor, paper_id)
        row = [one for one in await store.papers(tx, session.id) if one.item_id == paper.item_id]
        place = next(index for index, one in enumerate(row) if one.id == paper_id)
        other = place - 1 if where == "up" else place + 1
        if not 0 <= other < len(row):
            return paper
        now = datetime.now(UTC)
        await store.swap_positions(tx, paper_id, row[other].id)
        await _publish(tx, row[other].id, was_public=rules.is_public(row[other], now))
        moved = await _publish(tx, paper_id, was_public=rules.is_public(paper, now))
        await tx.audit(actor, "paper.move", f"session/{session.id}", paper=paper_id, where=where)
        return moved


async def remove_paper(database: Database, actor: Actor, paper_id: int, reason: str) -> Paper:
    """Deletes every version for good; title and reason stay where the paper was."""
    reason = " ".join(reason.split())
    async with database.transaction() as tx:
        paper, session = await access_paper_at_desk(tx, actor, paper_id)
        if not reason:
            raise Invalid(fields={"reason": "Say why, so that people know"})
        if len(reason) > rules.MAX_REASON:
            raise Invalid(fields={"reason": "This is too long: 300 characters at most"})
        for file_id in await store.remove_paper(tx, paper_id, reason, actor.account_id):
            await drop_file(tx, file_id)
        await reading_store.forget(tx, paper_id)
        removed = await _publish(tx, paper_id, was_public=rules.is_public(paper, datetime.now(UTC)))
        await tx.audit(actor, "paper.remove", f"session/{session.id}", paper=paper_id, title=paper.title, reason=reason)
        return removed


async def release_due(database: Database, now: datetime) -> int:
    """Papers whose day has come are public from now on, and live pages hear it."""
    async with database.transaction() as tx:
        due = await store.due_papers(tx, now)
        for paper in due:
            await store.make_public(tx, paper.id)
            await _publish(tx, paper.id, was_public=False)
            await tx.audit(SYSTEM, "paper.release", f"session/{paper.session_id}", paper=paper.id)
        return len(due)


async def _publish(tx: Tx, paper_id: int, *, was_public: bool) -> Paper:
    """Each room hears what it may know."""
    paper = await store.paper(tx, paper_id)
    assert paper is not None  # just written
    tx.publish(councillors_room(paper.session_id), PaperChanged(paper))
    if rules.is_public(paper, datetime.now(UTC)):
        tx.publish(papers_room(paper.session_id), PaperChanged(paper))
    elif was_public:
        tx.publish(papers_room(paper.session_id), PaperHidden(paper.id, paper.rev))
    return paper
