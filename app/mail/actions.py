"""Queue a mail in a transaction; the jobs that send and forget it."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import structlog

from app.database import Database, Tx
from app.feature import Job
from app.jobs import enqueue, part
from app.mail import store
from app.mail.mailer import Delayed, Mailer, Refused
from app.mail.message import Attachment, Mail, checked_mail

log = structlog.get_logger(__name__)

MAIL_KEPT = timedelta(days=30)


class SendMail(msgspec.Struct, frozen=True):
    """The mail's id; its content stands in the table `mail`."""

    mail_id: UUID


class PurgeMail(msgspec.Struct, frozen=True):
    """Nothing to say: the time decides."""


async def send_mail(
    tx: Tx,
    *,
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    reply_to: str | None = None,
    attachments: Iterable[Attachment] = (),
    automatic: bool = True,
    leave: str = "",
    answers: Iterable[str] = (),
) -> UUID:
    """Queues a mail to one person: it goes out after COMMIT, never after a rollback. Returns its id.

    `automatic` False is for what a person wrote (a helpdesk answer); `leave`: where one POST ends such letters;
    `answers`: Message-IDs of the letters it answers, the latest first.
    Raises Invalid with the field at fault, TooLarge.
    """
    mail = checked_mail(
        to=to,
        subject=subject,
        text=text,
        html=html or "",
        reply_to=reply_to or "",
        attachments=attachments,
        automatic=automatic,
        leave=leave,
        answers=answers,
    )
    mail_id = uuid4()
    await store.save_mail(tx, mail_id, mail.to, mail.subject, msgspec.msgpack.encode(mail))
    await enqueue(tx, SEND_MAIL, SendMail(mail_id))
    return mail_id


async def _send(database: Database, payload: SendMail) -> None:
    mailer = part(Mailer)
    async with database.transaction(readonly=True) as tx:
        waiting = await store.waiting_mail(tx, payload.mail_id)
    if waiting is None:
        return
    mail = msgspec.msgpack.decode(waiting.content, type=Mail)
    try:
        await mailer.send(mail, waiting.id, waiting.created_at)
    except Refused as refused:
        async with database.transaction() as tx:
            await store.mark_refused(tx, waiting.id, str(refused))
        # The address is wrong, not the job: the mail list shows it, and operators are not woken.
        log.warning("mail refused", mail=str(waiting.id), reason=str(refused))
        return
    except Delayed as delayed:
        async with database.transaction() as tx:
            await store.mark_delayed(tx, waiting.id, str(delayed))
        raise
    async with database.transaction() as tx:
        await store.mark_sent(tx, waiting.id)


async def _purge(database: Database, _payload: PurgeMail) -> None:
    async with database.transaction() as tx:
        lines = await store.purged_mail_count(tx, MAIL_KEPT)
    log.info("old mail purged", lines=lines)


# An hour, then one attempt an hour for five days: as long as mail servers keep trying (RFC 5321, 4.5.4.1).
SEND_MAIL = Job(name="mail.send", payload=SendMail, run=_send, attempts=126)
PURGE_MAIL = Job(name="mail.purge", payload=PurgeMail, run=_purge, cron="32 2 * * *")
JOBS = (SEND_MAIL, PURGE_MAIL)
