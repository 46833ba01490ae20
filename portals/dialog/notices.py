"""What everybody who takes part is told by mail: a phase is longer, a consultation is cancelled."""

from typing import Final

import msgspec
import structlog

from app.actor import Actor
from app.database import Database, Tx
from app.feature import Job
from app.i18n import _
from app.identity.post import Post
from app.jobs import part
from app.mail import send_mail
from portals.dialog import participant_store, store
from portals.dialog.model import Consultation, Notice, Phase

log = structlog.get_logger(__name__)

AT_ONCE: Final = 100
"""Letters of one transaction."""
LONGER: Final = _("More time: %(title)s")
LONGER_TEXT: Final = _(
    "Hello,\n\n"
    "«%(phase)s» in the consultation «%(title)s» is open longer: until %(until)s.\n\n"
    "The reason: %(reason)s\n\n"
    "%(link)s\n\n"
    "You get this message because you take part."
)
CANCELLED: Final = _("Cancelled: %(title)s")
CANCELLED_TEXT: Final = _(
    "Hello,\n\n"
    "the consultation «%(title)s» was cancelled.\n\n"
    "The reason: %(reason)s\n\n"
    "What was written so far can still be read:\n\n"
    "%(link)s\n\n"
    "You get this message because you take part."
)


class TellParticipants(msgspec.Struct, frozen=True):
    """A notice that waits to be sent."""

    notice_id: int


async def tell_participants(
    tx: Tx, actor: Actor, consultation: Consultation, what: str, reason: str, phase: Phase | None = None
) -> None:
    """Puts the notice on the page and queues its letters, in the transaction of the change."""
    notice_id = await participant_store.add_notice(
        tx,
        consultation.id,
        phase.id if phase else None,
        what,
        reason,
        phase.ends_at if phase else None,
        actor.account_id,
    )
    await tx.enqueue(TELL, TellParticipants(notice_id))


async def _tell(database: Database, payload: TellParticipants) -> None:
    """Each letter is queued in the transaction that marks it as sent: it goes out once, however often this runs."""
    post = part(Post)
    async with database.transaction(readonly=True) as tx:
        notice = await participant_store.notice(tx, payload.notice_id)
        consultation = await store.consultation(tx, notice.consultation_id) if notice else None
        phase = await store.phase(tx, notice.phase_id or 0) if notice else None
    if notice is None or consultation is None:
        return
    sent = 0
    while True:
        async with database.transaction() as tx:
            people = await participant_store.take_recipients(tx, notice.id, AT_ONCE)
            for address, language in people:
                subject, text = letter(post, language, consultation, notice, phase)
                await send_mail(tx, to=address, subject=subject, text=text)
        sent += len(people)
        if not people:
            break
    log.info("told participants", notice=notice.id, people=sent)


def letter(
    post: Post, language: str, consultation: Consultation, notice: Notice, phase: Phase | None
) -> tuple[str, str]:
    """Subject and text."""
    locale = post.locales.get(language)
    values: dict[str, object] = {"title": consultation.title, "reason": notice.reason}
    values |= {"phase": phase.title if phase else "", "until": notice.until, "link": post.origin + consultation.path}
    subject, text = (LONGER, LONGER_TEXT) if notice.what == "extended" else (CANCELLED, CANCELLED_TEXT)
    return (
        f"{locale.filled(subject, values)} · {post.city.name}",
        f"{locale.filled(text, values)}\n\n{post.city.office}\n",
    )


TELL = Job(name="dialog.tell", payload=TellParticipants, run=_tell)
