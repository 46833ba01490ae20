"""Invitations by mail with a calendar file, and the word that follows when a session changes or is called off."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import Conflict, Invalid
from app.i18n import LOCALES, _
from app.mail import Attachment, MailSettings, send_mail
from app.pages import PAGES
from app.wire import CITY, public_url, section
from portals.council import actions as council
from portals.council import store as council_store
from portals.council.members.actions import people_of
from portals.council.model import AgendaItem, Session
from portals.council.papers import invitation_store, rules
from portals.council.papers.calendar import Party, calendar_file
from portals.council.papers.model import Invitation, InvitationKind, Recipient
from portals.council.papers.settings import PapersSettings

SUBJECTS: Final[dict[InvitationKind, str]] = {
    "invitation": _("Invitation: %(title)s, %(when)s"),
    "update": _("Changed: %(title)s, %(when)s"),
    "cancellation": _("Called off: %(title)s, %(when)s"),
}


class InvitationLine(msgspec.Struct, frozen=True):
    """A member and the newest mail that went to them."""

    recipient: Recipient
    newest: Invitation | None


async def invitation_lines(tx: Tx, session: Session) -> list[InvitationLine]:
    """Everybody who belongs to the body, and whoever was invited before and does not any more."""
    newest: dict[int, Invitation] = {}
    for invitation in await invitation_store.invitations(tx, session.id):
        if invitation.councillor_id is not None:
            newest.setdefault(invitation.councillor_id, invitation)
    people = [Recipient(one.id, one.name, one.address) for one in await people_of(tx, session)]
    known = {one.councillor_id for one in people}
    gone = [
        Recipient(councillor_id, one.name, one.address)
        for councillor_id, one in newest.items()
        if councillor_id not in known
    ]
    return [InvitationLine(one, newest.get(one.councillor_id)) for one in [*people, *gone]]


async def send_invitations(
    app: web.Application, actor: Actor, session_id: int, councillor_ids: Sequence[int] | None = None
) -> int:
    """Invites those who were not invited yet; with `councillor_ids` those alone, also once more. Returns how many."""
    async with app[DATABASE].transaction() as tx:
        session = await council.access_desk(tx, actor, session_id)
        if session.state != "planned":
            raise Conflict("Only a session that is still to come can be invited to")
        if session.called_off_at is not None:
            raise Conflict("The session was called off")
        lines = await invitation_lines(tx, session)
        if councillor_ids is None:
            chosen = [one.recipient for one in lines if one.newest is None or one.newest.kind == "cancellation"]
        else:
            chosen = [one.recipient for one in lines if one.recipient.councillor_id in councillor_ids]
        chosen = [one for one in chosen if one.address]
        if not chosen:
            raise Invalid("There is nobody to invite: everybody was, or has no address")
        place = await invitation_store.calendar_place(tx, session_id)
        await _mail(app, tx, actor, session, chosen, "invitation", place)
        await tx.audit(actor, "invitation.send", f"session/{session_id}", people=[one.name for one in chosen])
        return len(chosen)


async def session_replanned(app: web.Application, tx: Tx, actor: Actor, before: Session, after: Session) -> None:
    """Planning tells of a change: whoever was invited hears of it, in the same transaction."""
    if not rules.calls_for_news(before, after):
        return
    place = await invitation_store.next_sequence(tx, after.id)
    if not section(app, PapersSettings).send_updates or after.state != "planned":
        return
    kind: InvitationKind = "cancellation" if after.called_off_at is not None else "update"
    lines = await invitation_lines(tx, after)
    chosen = [one.recipient for one in lines if one.newest is not None and one.recipient.address]
    if chosen:
        await _mail(app, tx, actor, after, chosen, kind, place)
        await tx.audit(actor, f"invitation.{kind}", f"session/{after.id}", people=[one.name for one in chosen])


async def _mail(
    app: web.Application,
    tx: Tx,
    actor: Actor,
    session: Session,
    people: Iterable[Recipient],
    kind: InvitationKind,
    place: invitation_store.CalendarPlace,
) -> None:
    items = await council_store.agenda(tx, session.id)
    settings = section(app, PapersSettings)
    locale = app[LOCALES].default
    when = locale.format_datetime(session.planned_at)
    said = locale.gettext(SUBJECTS[kind]) % {"title": session.title, "when": when}
    # a title may hold soft hyphens and the like, which a header may not
    subject = "".join(sign for sign in said if not unicodedata.category(sign).startswith("C"))
    context = {
        "session": session,
        "items": items,
        "kind": kind,
        "opening": settings.opening,
        "url": public_url(None, app, session.path),
        "office": app[CITY].office,
    }
    text = app[PAGES].text(locale, "papers/invitation.txt", context)
    for person in people:
        mail_id = await send_mail(
            tx,
            to=person.address,
            subject=subject[:200],
            text=text,
            reply_to=settings.reply_to or None,
            attachments=[_calendar(app, session, items, person, kind, place)],
        )
        await invitation_store.add_invitation(
            tx,
            session.id,
            councillor_id=person.councillor_id,
            name=person.name,
            address=person.address,
            kind=kind,
            sequence=place.sequence,
            mail_id=mail_id,
            queued_by=actor.account_id,
        )


def _calendar(
    app: web.Application,
    session: Session,
    items: Sequence[AgendaItem],
    person: Recipient,
    kind: InvitationKind,
    place: invitation_store.CalendarPlace,
) -> Attachment:
    settings = section(app, PapersSettings)
    method = "CANCEL" if kind == "cancellation" else "REQUEST"
    organiser = settings.organiser or settings.reply_to or section(app, MailSettings).address or "gryf@localhost"
    content = calendar_file(
        session,
        items,
        method="CANCEL" if kind == "cancellation" else "REQUEST",
        uid=place.uid,
        sequence=place.sequence,
        minutes=rules.length_minutes(items, settings),
        organiser=Party(app[CITY].office, organiser),
        invited=Party(person.name, person.address),
        url=public_url(None, app, session.path),
        now=datetime.now(UTC),
    )
    return Attachment("sesja.ics", "text/calendar", content, {"method": method, "charset": "utf-8"})
