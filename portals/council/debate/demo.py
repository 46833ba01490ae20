"""Believable debates for a demonstration: past speeches, and a queue in the session on air. All people are invented."""

from datetime import timedelta
from typing import Final

from aiohttp import web

from app.actor import SYSTEM
from app.database import DATABASE, Tx
from app.wire import section
from portals.council.actions import session_view
from portals.council.debate import actions, store
from portals.council.debate.model import SpeakerDraft
from portals.council.debate.settings import DebateSettings
from portals.council.model import Councillor, SessionView

# item (from 0), who, minutes after the item began, seconds
PAST: Final = (
    (1, "Paweł Jasiński", 2, 95),
    (2, "Marek Wiśniewski", 1, 284),
    (2, "Katarzyna Śliwa", 7, 211),
    (2, "Marek Wiśniewski", 12, 66),
    (2, "Zofia Konieczna", 15, 172),
    (3, "Joanna Pawłowska", 1, 330),
    (3, "Wojciech Drozd", 8, 148),
    (3, "Stanisław Kępa", 13, 297),
    (4, "Urszula Nowicka", 2, 120),
    (4, "Łukasz Rutkowski", 5, 243),
    (4, "Halina Mróz", 11, 189),
    (4, "Jacek Ćwik", 16, 54),
)
NOW: Final = ("Joanna Pawłowska", "Paweł Jasiński", "Halina Mróz")
GUEST: Final = SpeakerDraft("guest", speaker="Renata Bilska", role="skarbnik miasta")


async def fill(app: web.Application) -> None:
    """Adds what is missing; each start of the demo finds somebody who speaks."""
    settings = section(app, DebateSettings)
    async with app[DATABASE].transaction() as tx:
        for session_id in await store.sessions_without_speeches(tx, "ended"):
            await _past(tx, await session_view(tx, SYSTEM, session_id))
        live = await store.sessions_without_speeches(tx, "live")
        people = {one.name: one.id for session_id in live for one in await _council(tx, session_id)}
    for session_id in live:
        known = [SpeakerDraft("speech", people[name]) for name in NOW if name in people]
        for draft in [*known[:1], GUEST, *known[1:]]:
            speech = await actions.add_speaker(app[DATABASE], settings, SYSTEM, session_id, draft)
            if draft is GUEST:
                await actions.give_floor(app[DATABASE], SYSTEM, session_id, speech.id)


async def _council(tx: Tx, session_id: int) -> list[Councillor]:
    session = (await session_view(tx, SYSTEM, session_id)).session
    return await store.sitting(tx, session.planned_at.date())


async def _past(tx: Tx, view: SessionView) -> None:
    people = {one.name: one for one in await store.sitting(tx, view.session.planned_at.date())}
    for index, name, minutes, seconds in PAST:
        item = view.items[index] if index < len(view.items) else None
        if item is None or item.began_at is None or name not in people:
            continue
        began_at = item.began_at + timedelta(minutes=minutes)
        ended_at = began_at + timedelta(seconds=seconds)
        if view.session.ended_at is None or ended_at > view.session.ended_at:
            continue  # a demonstration that was cut short
        speech = await store.add_speech(tx, view.session.id, item.id, people[name], name, "", "speech", 0, 300)
        await store.backdate_speech(tx, speech.id, began_at, ended_at)
