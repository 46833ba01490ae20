"""«Tell me when item 7 starts»: asked by people who are signed in, sent once by mail when the item begins."""

from typing import Final

import structlog
from aiohttp import web

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound, SignInNeeded
from app.feature import Job
from app.i18n import LOCALES, _
from app.mail import send_mail
from app.throttle import Charge, Limit, spend
from app.wire import CITY, public_url
from portals.council.actions import session_view
from portals.council.debate import rules, store
from portals.council.debate.model import Letter, SendAlerts, TimesGuessed, debate_room, inside_room
from portals.council.model import AgendaItem, Session

log = structlog.get_logger(__name__)

ALERT_LIMIT: Final = Limit("debate.alert", burst=30, every_s=2)
AT_ONCE: Final = 100
"""Letters of one transaction."""

_TEXT: Final = _(
    "Hello,\n\n"
    "item %(number)s has just begun: %(title)s.\n\n"
    "%(session)s can be watched here:\n\n"
    "%(link)s\n\n"
    "You asked for this message on the page of the session. It is sent once."
)


async def ask_for_alert(database: Database, actor: Actor, session_id: int, item_id: int) -> None:
    """Remembers that the actor wants to be told when an item begins."""
    if actor.account_id is None:
        raise SignInNeeded
    await spend(database, Charge(ALERT_LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        _session, item = await _access_item(tx, actor, session_id, item_id)
        if item.state != "waiting":
            raise Conflict("This item has begun already")
        if not await store.email_of(tx, actor.account_id):
            raise Invalid(_("This account has no e-mail address. Add one under «My account»"))
        await store.add_alert(tx, item_id, actor.account_id)
        await tx.audit(actor, "debate.alert", f"session/{session_id}", item=item_id)


async def drop_alert(database: Database, actor: Actor, session_id: int, item_id: int) -> None:
    """Forgets it."""
    if actor.account_id is None:
        raise SignInNeeded
    async with database.transaction() as tx:
        await _access_item(tx, actor, session_id, item_id)
        await store.remove_alert(tx, item_id, actor.account_id)
        await tx.audit(actor, "debate.alert_drop", f"session/{session_id}", item=item_id)


async def _access_item(tx: Tx, actor: Actor, session_id: int, item_id: int) -> tuple[Session, AgendaItem]:
    view = await session_view(tx, actor, session_id)
    item = next((one for one in view.items if one.id == item_id), None)
    if item is None:
        raise NotFound
    return view.session, item


async def item_begun(app: web.Application, tx: Tx, actor: Actor, session: Session, item: AgendaItem) -> None:
    """An item has become the current one: whoever asked is told, and the others are guessed anew."""
    view = await session_view(tx, actor, session.id)
    guessed = TimesGuessed(rules.guess(session, view.items, await tx.now()))
    for room in (debate_room(session.id), inside_room(session.id)):
        tx.publish(room, guessed)
    if await store.has_alerts(tx, item.id):
        await tx.enqueue(SEND_ALERTS, SendAlerts(item.id, letters(app, session, item)))


def letters(app: web.Application, session: Session, item: AgendaItem) -> dict[str, Letter]:
    """What is written, in every language of the city."""
    place = {"number": item.number, "title": item.title, "session": session.title}
    place["link"] = public_url(None, app, session.path)
    found = {}
    for language, locale in app[LOCALES].by_language.items():
        subject = locale.gettext(_("Item %(number)s has begun")) % place
        text = f"{locale.gettext(_TEXT) % place}\n\n{app[CITY].office}\n"
        found[language] = Letter(f"{subject} · {app[CITY].name}", text)
    return found


async def _send(database: Database, payload: SendAlerts) -> None:
    """Each letter is queued in the transaction that marks it as sent: it goes out once, however often this runs."""
    first = next(iter(payload.letters.values()))
    sent = 0
    while True:
        async with database.transaction() as tx:
            people = await store.take_alerts(tx, payload.item_id, AT_ONCE)
            for one in people:
                letter = payload.letters.get(one.language, first)
                if one.email:
                    await send_mail(tx, to=one.email, subject=letter.subject, text=letter.text)
        sent += len(people)
        if not people:
            break
    log.info("told of an item", item=payload.item_id, people=sent)


SEND_ALERTS = Job(name="debate.alert", payload=SendAlerts, run=_send)
