"""A word that something new is there, without any of it: as a notification, as a letter, as each person has chosen."""

from typing import Any, Final

import msgspec

from app import push
from app.database import Database, Tx
from app.feature import Job
from app.i18n import _
from app.identity.post import Post
from app.jobs import part
from app.mail import send_mail
from schools.messages import store
from schools.structure import store as structure
from schools.structure.tenancy import enter_school

NEW: Final = _("A new message in the school register")
REMINDER: Final = _("A message in the school register waits to be confirmed")
LETTER: Final = _(
    "Hello,\n\n"
    "a message waits in the register of %(school)s. For your safety it is not in this letter: read it here, signed "
    "in:\n\n"
    "%(link)s\n\n"
    "You chose letters about new messages; on the same page you can switch them off."
)


class TellReaders(msgspec.Struct, frozen=True):
    """A message whose readers wait to be told."""

    school_id: int
    thread_id: int
    message_id: int
    reminder: bool = False


async def _tell(database: Database, payload: TellReaders) -> None:
    async with database.transaction() as tx:
        await enter_school(tx, payload.school_id)
        thread = await store.thread(tx, payload.thread_id)
        accounts = {
            one.account_id
            for one in await store.readers(tx, payload.thread_id)
            if one.account_id is not None
            and one.read_to < payload.message_id
            and not (payload.reminder and one.confirmed_at is not None)
        }
        await structure.leave_tenant(tx)  # devices and letters are no school's
        school = await structure.school(tx, payload.school_id)
        if thread is None or school is None or not accounts:
            return
        for row in await store.to_tell(tx, sorted(accounts)):
            await _tell_one(tx, payload, row, school.name, thread.path)


async def _tell_one(tx: Tx, payload: TellReaders, person: Any, school: str, path: str) -> None:
    title = REMINDER if payload.reminder else NEW
    if person["push"]:
        ref = f"message/{payload.message_id}" + ("/reminder" if payload.reminder else "")
        note = push.Note(ref=ref, tag=f"messages/{payload.school_id}", title=school, text=title, path=path)
        await push.tell(tx, person["id"], note)
    if person["mail"] and person["email"]:
        post = part(Post)
        locale = post.locales.get(person["language"])
        text = locale.filled(LETTER, {"school": school, "link": post.origin + path})
        await send_mail(
            tx,
            to=person["email"],
            subject=f"{locale.gettext(title)} · {post.city.name}",
            text=f"{text}\n\n{post.city.office}\n",
        )


TELL: Final = Job(name="messages.tell", payload=TellReaders, run=_tell)
