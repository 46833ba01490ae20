"""Articles for the demonstration: what Słupsk's schools and office ask most, with readers and ratings."""

from datetime import date, timedelta
from typing import Final

from aiohttp import web

from app.actor import Actor, Grant
from app.database import DATABASE, Database, Tx
from app.search import ANALYSER
from portals.helpdesk import setup_store
from portals.helpdesk.knowledge import actions, count_store, demo_store, store
from portals.helpdesk.knowledge.demo_articles import DEVICES, Sample
from portals.helpdesk.knowledge.demo_services import SERVICES
from portals.helpdesk.knowledge.model import Draft, EditedRow, Spared
from portals.helpdesk.model import AGENT, LEAD
from portals.helpdesk.setup_model import Category

AGENTS: Final = (("helpdesk.adam", "Adam Bielski"), ("helpdesk.anna", "Anna Górska"))
CHIEF: Final = ("helpdesk.kierownik", "Beata Rogowska")
DAYS: Final = 80
"""Over so many days the readers are spread."""


async def fill(app: web.Application) -> None:
    """Fills what is missing."""
    database = app[DATABASE]
    async with database.transaction(readonly=True) as tx:
        ids = await demo_store.account_ids(tx, [login for login, _name in (*AGENTS, CHIEF)])
        sections = {one.name: one.id for one in await setup_store.things(tx, Category)}
        if await store.all_edited(tx, 1) or len(ids) < len(AGENTS) + 1:
            return
        readers = await demo_store.readers(tx, 400)
        today = await store.today(tx)
    writers = [_actor(ids[login], name, login, AGENT) for login, name in AGENTS]
    lead = _actor(ids[CHIEF[0]], CHIEF[1], CHIEF[0], LEAD)
    for turn, sample in enumerate((*SERVICES, *DEVICES)):
        row = await _written(database, writers[turn % 2], sample, sections)
        if sample.draft:
            continue
        await actions.publish(database, lead, app[ANALYSER], row.id, row.latest)
        if sample.later:
            row = await _changed(database, writers[(turn + 1) % 2], row, sample)
            await actions.publish(database, lead, app[ANALYSER], row.id, row.latest)
        async with database.transaction() as tx:
            await store.change_article(tx, row.id, {"review_on": today + timedelta(days=sample.review_days)})
            await _read(tx, row, sample, readers[turn * 7 :] + readers[: turn * 7], today)


def _actor(account_id: int, name: str, login: str, role: str) -> Actor:
    return Actor(account_id=account_id, name=name, login=login, grants=(Grant(role, "1"),))


async def _written(database: Database, writer: Actor, sample: Sample, sections: dict[str, int]) -> EditedRow:
    async with database.transaction(readonly=True) as tx:
        models = await demo_store.models_of(tx, sample.kinds, 12)
    draft = Draft(
        title=sample.title,
        lead=sample.lead,
        text=sample.text,
        keywords=list(sample.keywords),
        category_id=sections.get(sample.section),
        audience=sample.audience,
        models=models,
    )
    return await actions.create_article(database, writer, draft)


async def _changed(database: Database, writer: Actor, row: EditedRow, sample: Sample) -> EditedRow:
    """A second version by another hand."""
    assert sample.later is not None
    old, new, about = sample.later
    async with database.transaction(readonly=True) as tx:
        revision = await store.revision(tx, row.id, row.latest)
    assert revision is not None  # it was just written
    draft = actions.draft_of(revision)
    changed = Draft(
        title=draft.title,
        lead=draft.lead,
        text=draft.text.replace(old, new),
        keywords=draft.keywords,
        category_id=draft.category_id,
        audience=draft.audience,
        models=draft.models,
        about=about,
    )
    return await actions.save_draft(database, writer, row.id, changed, base=row.latest)


async def _read(tx: Tx, row: EditedRow, sample: Sample, readers: list[int], today: date) -> None:
    """Readers over the last weeks, what some of them said, tickets that were not sent."""
    for back in range(DAYS):
        share = sample.reads * (back + 1) // DAYS - sample.reads * back // DAYS
        if share:
            await count_store.add_reads(tx, row.id, today - timedelta(days=back), share)
    for place, reader in enumerate(readers[: sample.yes + sample.no]):
        helped = place >= sample.no
        missing = sample.missing if place == 0 else ""
        await count_store.put_rating(tx, row.id, reader, row.latest, helped=helped, missing=missing)
    for reader in readers[: sample.spared]:
        await count_store.add_spared(tx, row.id, reader, Spared(form_key=f"demo-{row.id:08}"))
