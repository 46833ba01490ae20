"""Letters about comments to single people: they were named, answered, refused, removed; their appeal was decided."""

from typing import Final

import msgspec
import structlog

from app.actor import Actor
from app.database import Database, Tx
from app.errors import NotFound
from app.feature import Job
from app.i18n import _
from app.identity.post import Post
from app.jobs import part
from app.mail import send_mail
from portals.dialog.discussion import queue_store
from portals.dialog.discussion.access import Spot, access_comment
from portals.dialog.discussion.following import tell_in_browser
from portals.dialog.discussion.model import Comment, NoticeKind
from portals.dialog.discussion.prose import plain
from portals.dialog.discussion.queue_store import Letter
from portals.dialog.discussion.views import author_of, named_bodies, people_of
from portals.dialog.refusals import Closed

log = structlog.get_logger(__name__)

DELAY_S: Final = 120.0
"""Time to correct or withdraw before anybody is told."""
LONGEST_QUOTE: Final = 600
SUBJECTS: Final[dict[NoticeKind, str]] = {
    "mention": _("You were named: %(title)s"),
    "answer": _("The office has answered you: %(title)s"),
    "refused": _("Your comment was not published: %(title)s"),
    "removed": _("Your comment was removed: %(title)s"),
    "appeal": _("Your appeal was decided: %(title)s"),
}
TEXTS: Final[dict[NoticeKind, str]] = {
    "mention": _("Hello,\n\n%(author)s named you in «%(title)s»:\n\n%(text)s\n\nRead and answer here:\n\n%(link)s"),
    "answer": _("Hello,\n\n%(author)s has answered you in «%(title)s»:\n\n%(text)s\n\n%(link)s"),
    "refused": _(
        "Hello,\n\na moderator did not publish your comment in «%(title)s».\n\nThe reason: %(reason)s\n\n"
        "You can appeal here:\n\n%(link)s"
    ),
    "removed": _(
        "Hello,\n\na moderator removed your comment in «%(title)s». The date and the reason stand in its place.\n\n"
        "The reason: %(reason)s\n\nYou can appeal here:\n\n%(link)s"
    ),
    "appeal": _("Hello,\n\nyour appeal in «%(title)s» was decided.\n\n%(answer)s\n\n%(link)s"),
}


SHORT: Final[dict[NoticeKind, str]] = {
    "mention": _("Somebody has named you"),
    "answer": _("The office has answered you"),
    "refused": _("Your comment was not published"),
    "removed": _("Your comment was removed"),
    "appeal": _("Your appeal was decided"),
}
"""What a browser shows: the words are on the page."""


class TellPerson(msgspec.Struct, frozen=True):
    """A letter that waits to be written."""

    notice_id: int


async def _tell(database: Database, payload: TellPerson) -> None:
    """Written in the transaction that settles it; whether the person may know is asked now, not when it was queued."""
    post = part(Post)
    async with database.transaction() as tx:
        letter = await queue_store.letter(tx, payload.notice_id)
        if letter is None or letter.settled:
            return
        await queue_store.settle_notice(tx, letter.id)
        found = await _still_known(tx, letter)
        if found is None or letter.account_id is None:
            log.info("letter not sent", notice=letter.id, what=letter.what)
            return
        spot, comment = found
        own = "" if letter.what in {"mention", "answer"} else f"notice/{letter.id}/{comment.queue_rev}"
        await tell_in_browser(tx, letter.account_id, spot, comment, SHORT[letter.what], own)
        if letter.email is None:
            return
        subject, text = await _written(tx, post, letter, *found)
        await send_mail(tx, to=letter.email, subject=subject, text=text)


async def _still_known(tx: Tx, letter: Letter) -> tuple[Spot, Comment] | None:
    """The comment, if this person may read what the letter says."""
    if letter.account_id is None:
        return None
    try:
        spot, comment = await access_comment(tx, Actor(account_id=letter.account_id), letter.comment_id)
    except (NotFound, Closed):
        return None
    wanted = {"mention": "shown", "answer": "shown", "refused": "refused", "removed": "removed"}.get(letter.what)
    return (spot, comment) if wanted in {None, comment.state} else None


async def _written(tx: Tx, post: Post, letter: Letter, spot: Spot, comment: Comment) -> tuple[str, str]:
    locale = post.locales.get(letter.language or "")
    people = await people_of(tx, [comment])
    (body,) = await named_bodies(tx, [comment.body])
    decision = (await queue_store.appeals(tx, [comment.id])).get(comment.id)
    answer = locale.gettext(
        _("It was accepted: your comment stands in public.") if comment.state == "shown" else _("It was not accepted.")
    )
    text = plain(body)
    values: dict[str, object] = {
        "title": spot.place.consultation.title,
        "author": author_of(comment, people).name or locale.gettext(_("Somebody")),
        "text": text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…",
        "reason": comment.reason,
        "answer": f"{answer}\n\n{decision.answer}".strip() if decision else answer,
        "link": post.origin + spot.link(comment.id),
    }
    subject = f"{locale.filled(SUBJECTS[letter.what], values)} · {post.city.name}"
    return subject, f"{locale.filled(TEXTS[letter.what], values)}\n\n{post.city.office}\n"


TELL = Job(name="discussion.tell", payload=TellPerson, run=_tell)
