"""Whom a change of an outage reaches: the helpdesk, the units that it hits, residents, and those who said «me too»."""

from collections.abc import Iterable
from typing import Final

from app import push
from app.actor import Actor
from app.database import Tx
from app.i18n import _
from portals.helpdesk import telling as helpdesk
from portals.helpdesk.outages import hit_store, rules, store
from portals.helpdesk.outages.events import (
    DESK_ROOM,
    PUBLIC_ROOM,
    NoticeChanged,
    NoticeLeft,
    OutageChanged,
    PublicNoticeChanged,
    PublicNoticeLeft,
    unit_room,
)
from portals.helpdesk.outages.model import Outage

WORK: Final = "helpdesk.outages"
OVER: Final = _("It works again. If not for you, please say so")
SILENT: Final = _("Nothing was said about this outage for too long")
OVERDUE: Final = _("The expected end of this outage is over")
ENDING: Final = _("This planned work ends by itself soon. If it takes longer, write another end")
SOLVED: Final = _("Its ticket is closed and the outage is still announced")
ALARMS: Final = {"silent": SILENT, "overdue": OVERDUE, "ending": ENDING, "solved": SOLVED}


async def tell(tx: Tx, outage: Outage, *, before: Outage | None = None, reached_before: Iterable[int] = ()) -> None:
    """As it is now. `before`, `reached_before`: what was public, and the units that it hit."""
    updates = (await store.updates(tx, [outage.id]))[outage.id]
    tx.publish(DESK_ROOM, OutageChanged(outage))
    notice = rules.notice(outage, updates)
    reached = await store.reached(tx, outage.id)
    for unit_id in reached:
        tx.publish(unit_room(unit_id), NoticeChanged(notice) if outage.is_current else NoticeLeft(notice))
    for unit_id in sorted(set(reached_before) - set(reached)):
        tx.publish(unit_room(unit_id), NoticeLeft(notice))
    public = rules.public_notice(outage, updates)
    if outage.public and outage.state != "withdrawn":
        tx.publish(PUBLIC_ROOM, PublicNoticeChanged(public))
    elif outage.public or (before is not None and before.public):
        tx.publish(PUBLIC_ROOM, PublicNoticeLeft(public))
    helpdesk.wake(tx)


async def tell_over(tx: Tx, actor: Actor, outage: Outage) -> int:
    """Those who said «me too» hear that it is over; how many were told. Requesters are told by their tickets."""
    note = push.Note(
        ref=f"outage-over/{outage.id}",
        tag=f"outage/{outage.id}",
        title=_title(outage),
        text=OVER,
        path=outage.path,
    )
    told = 0
    for account_id in await hit_store.people(tx, outage.id):
        if account_id != actor.account_id:
            told += await push.tell(tx, account_id, note)
    return told


async def tell_alarm(tx: Tx, outage: Outage, why: str, level: int, people: Iterable[int]) -> None:
    """Those who should have said something."""
    note = push.Note(
        ref=f"outage-{why}/{outage.id}/{int(outage.updated_at.timestamp())}/{level}",
        tag=f"outage/{outage.id}",
        title=outage.ticket_number,
        text=ALARMS[why],
        path=outage.desk_path,
    )
    for account_id in sorted(set(people)):
        await push.tell(tx, account_id, note)


def _title(outage: Outage) -> str:
    """What is not public is not told to a foreign service either."""
    return outage.title if outage.public else outage.ticket_number
