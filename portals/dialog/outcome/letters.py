"""Letters: to authors whose contribution was answered, and digests for those who follow.

They are written where the kinds of blocks are known, in the process that serves pages; each stands in the transaction
that settles it, so it goes out once, whichever process writes it. What it tells is asked in that transaction: what is
hidden by then is not told.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import structlog
from aiohttp import web

from app import push
from app.database import DATABASE, Database, Tx
from app.errors import Invalid, Unavailable
from app.i18n import Locale, _
from app.identity.identity import IDENTITY
from app.identity.keys import Keys
from app.identity.post import Post
from app.mail import send_mail
from app.supervise import SUPERVISOR
from portals.dialog import participant_store
from portals.dialog import store as dialog_store
from portals.dialog.blocks import BLOCKS, Blocks
from portals.dialog.discussion import following
from portals.dialog.discussion.model import Follow
from portals.dialog.model import Consultation
from portals.dialog.outcome import rules, store, views
from portals.dialog.outcome.model import Answer, DueLetter, Entry, Rhythm

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 20.0
DIGESTS: Final[tuple[Rhythm, ...]] = ("instant", "daily", "weekly")
ACCOUNTS_AT_ONCE: Final = 100
QUOTED: Final = 5
LONGEST_QUOTE: Final = 160
ANSWER_SUBJECT: Final = _("The office has answered what you wrote: %(title)s")
ANSWER_TEXT: Final = _(
    "Hello,\n\nin the consultation «%(title)s» you wrote:\n\n%(quote)s\n\n"
    "The office says: %(status)s.\n\n%(answer)s\n\n%(link)s"
)
DIGEST_SUBJECT: Final = _("News of consultations: %(title)s")
MORE_SUBJECT: Final = _("News of %(count)s consultations")
DIGEST_START: Final = _("Hello,\n\nthis is new in consultations that you follow.")
FOOTER: Final = _("Change how often you get this:\n%(settings)s\n\nNo more mail about this:\n%(leave)s")


class Desk(msgspec.Struct, frozen=True):
    """What writing letters needs."""

    database: Database
    blocks: Blocks
    post: Post
    keys: Keys

    def leave(self, account_id: int, consultation_ids: Sequence[int], thread_ids: Sequence[int] = ()) -> str:
        """The letter's address for leaving."""
        token = rules.leave_token(self.keys, account_id, consultation_ids, thread_ids)
        return f"{self.post.origin}/dialog/mine/leave/{token}"

    def footer(self, locale: Locale, leave: str) -> str:
        settings = f"{self.post.origin}/dialog/mine/following"
        words = locale.filled(FOOTER, {"settings": settings, "leave": leave})
        return f"\n\n--\n{words}\n\n{self.post.city.office}\n"


class Part(msgspec.Struct, frozen=True):
    """Of a digest: what is new in one thing."""

    title: str
    path: str
    lines: list[str]

    def text(self, origin: str) -> str:
        return "\n".join([self.title, f"{origin}{self.path}", "", *self.lines])


async def tell_authors(desk: Desk) -> int:
    """Every letter that is due. Returns how many went out."""
    sent = 0
    while True:
        async with desk.database.transaction() as tx:
            letter = await store.due_letter(tx)
            if letter is None:
                return sent
            told = await _tell_author(desk, tx, letter)
            await store.settle_letter(tx, letter, sent=told)
        sent += told


async def _tell_author(desk: Desk, tx: Tx, letter: DueLetter) -> bool:
    answer = await store.answer(tx, letter.answer_id)
    consultation = await dialog_store.consultation(tx, letter.consultation_id)
    if answer is None or consultation is None or consultation.state == "draft":
        return False
    if letter.account_id is None or answer.status != letter.status:
        return False
    found = await views.entries(tx, desk.blocks, consultation, only=answer.block_id)
    entry = next((one for one in found if one.ref == answer.ref), None)
    if entry is None:  # hidden or taken back since
        return False
    await push.tell(tx, letter.account_id, _answered(answer, consultation, entry))
    if letter.email is None or letter.rhythm == "none":
        return False
    locale = desk.post.locales.get(letter.language or "")
    values: dict[str, object] = {
        "title": consultation.title,
        "quote": _quote(entry.text, 600),
        "status": locale.gettext(rules.STATUSES[answer.status]),
        "answer": answer.answer,
        "link": f"{desk.post.origin}{entry.path}",
    }
    text = locale.filled(ANSWER_TEXT, values)
    subject = locale.filled(ANSWER_SUBJECT, values)
    leave = desk.leave(letter.account_id, [consultation.id])
    return await _send(desk, tx, locale, letter.email, subject, text, leave)


def _answered(answer: Answer, consultation: Consultation, entry: Entry) -> push.Note:
    return push.Note(
        ref=f"outcome/{answer.id}/{answer.status}",
        tag=f"outcome/{answer.block_id}/{answer.ref}",
        title=consultation.title[:200],
        text=_("The office has answered you"),
        path=entry.path,
    )


async def _send(desk: Desk, tx: Tx, locale: Locale, to: str, subject: str, text: str, leave: str) -> bool:
    """False where the account's address takes no mail: that must not hold up the letters of others."""
    text += desk.footer(locale, leave)
    try:
        await send_mail(tx, to=to, subject=_subject(desk, subject), text=text, leave=leave)
    except Invalid as problem:
        log.warning("letter cannot be sent", fields=list(problem.fields))
        return False
    return True


async def send_digests(desk: Desk, now: datetime | None = None) -> int:
    """Digests that are due, one letter for each account and rhythm. Returns how many went out.

    However many processes do this at once, a letter is written by the one that holds what it tells of, in the
    transaction that marks it as told: one that dies loses and doubles nothing. What the mail server has taken while its
    sender died before the mark goes out again, under the same Message-ID: better twice than never.
    """
    sent = 0
    zone = ZoneInfo(desk.post.city.time_zone)
    for rhythm in DIGESTS:
        async with desk.database.transaction(readonly=True) as tx:
            moment = now or await tx.now()
        before, last = rules.due_before(rhythm, moment, zone), 0
        while True:
            async with desk.database.transaction(readonly=True) as tx:
                due = {*await store.due_accounts(tx, rhythm, before, last, ACCOUNTS_AT_ONCE)}
                due |= {*await following.due_accounts(tx, rhythm, before, last, ACCOUNTS_AT_ONCE)}
            accounts = sorted(due)[:ACCOUNTS_AT_ONCE]
            if not accounts:
                break
            for account_id in accounts:
                async with desk.database.transaction() as tx:
                    if rhythm == "instant" and await push.quiet_left(tx, account_id, moment, zone):
                        continue
                    sent += await _digest(desk, tx, account_id, rhythm, before, moment - rules.SETTLED)
            last = accounts[-1]
    return sent


async def _digest(desk: Desk, tx: Tx, account_id: int, rhythm: Rhythm, before: datetime, until: datetime) -> bool:
    """One letter with a part for each consultation and thread; none where nothing is new."""
    due = await store.take_due(tx, account_id, rhythm, before)
    threads = await following.take_due(tx, account_id, rhythm, before)
    address = await store.address(tx, account_id)
    if address is None or not (due or threads):
        return False
    email, language = address
    locale = desk.post.locales.get(language)
    parts: list[Part] = []
    for one in due:
        consultation = await dialog_store.consultation(tx, one.consultation_id)
        if consultation is None or consultation.state == "draft":
            continue
        lines = await news(desk, tx, locale, consultation, account_id, one.told_at, until)
        if lines:
            parts.append(Part(consultation.title, consultation.path, lines))
    processes = len(parts)
    parts += await _thread_parts(desk, tx, locale, account_id, threads, until)
    await store.set_told(tx, account_id, [one.consultation_id for one in due], until)
    await following.set_told(tx, account_id, threads, until)
    if not parts:
        return False
    title = locale.gettext(DIGEST_SUBJECT if len(parts) == 1 else MORE_SUBJECT) % {
        "title": parts[0].title,
        "count": len(parts),
    }
    if processes:  # a thread's entries were told at once
        await push.tell(tx, account_id, _digest_note(parts, title, until))
    leave = desk.leave(account_id, [one.consultation_id for one in due], [one.thread_id for one in threads])
    text = "\n\n\n".join([locale.gettext(DIGEST_START), *(one.text(desk.post.origin) for one in parts)])
    return await _send(desk, tx, locale, email, title, text, leave)


async def _thread_parts(
    desk: Desk, tx: Tx, locale: Locale, account_id: int, threads: Sequence[Follow], until: datetime
) -> list[Part]:
    """Of threads whose consultation sends no letters of its own; «no mail» for a consultation is meant for them too."""
    parts = []
    for one in threads:
        found = await following.thread_news(tx, locale, one, until, desk.post.origin)
        if found is None:
            continue
        spot, lines = found
        known = await store.following(tx, account_id, spot.place.consultation.id)
        if known is not None and (known.rhythm in rules.TELLING or known.rhythm == "none"):
            continue
        parts.append(Part(following.title_of(spot), spot.path, lines))
    return parts


def _digest_note(parts: Sequence[Part], title: str, until: datetime) -> push.Note:
    return push.Note(
        ref=f"digest/{until.isoformat()}",
        tag="digest",
        title=(parts[0].title if len(parts) == 1 else title)[:200],
        text=_("There is news in what you follow"),
        path=parts[0].path if len(parts) == 1 else "/dialog/mine/following",
    )


async def news(
    desk: Desk,
    tx: Tx,
    locale: Locale,
    consultation: Consultation,
    account_id: int,
    after: datetime,
    until: datetime,
) -> list[str]:
    """What everybody may read now and has come in this time, without what the person wrote."""
    own = await participant_store.participant_of(tx, consultation.id, account_id)
    found = await views.entries(tx, desk.blocks, consultation)
    written = [one for one in found if after < one.at <= until and (own is None or one.participant_id != own.id)]
    answered = [one for one in found if one.answer is not None and after < one.answer.answered_at <= until]
    lines = []
    for phase in await dialog_store.phases(tx, consultation.id):
        if consultation.state == "published" and after < phase.starts_at <= until:
            lines.append(locale.filled(_("• Begun: %(phase)s"), {"phase": phase.title}))
        if consultation.state == "published" and after < phase.ends_at <= until:
            lines.append(locale.filled(_("• Ended: %(phase)s"), {"phase": phase.title}))
    for notice in await participant_store.notices(tx, consultation.id):
        if after < notice.created_at <= until:
            words = _("• Longer: %(reason)s") if notice.what == "extended" else _("• Cancelled: %(reason)s")
            lines.append(locale.filled(words, {"reason": notice.reason}))
    if any(after < one.published_at <= until for one in await store.versions(tx, consultation.id)):
        lines.append(locale.gettext(_("• The office has published its conclusions")))
    if written:
        lines.append(
            locale.ngettext("• %(n)s new contribution", "• %(n)s new contributions", len(written)) % {"n": len(written)}
        )
        lines += _quotes(written, desk.post.origin)
    if answered:
        lines.append(
            locale.ngettext("• %(n)s answer of the office", "• %(n)s answers of the office", len(answered))
            % {"n": len(answered)}
        )
        lines += _quotes(answered, desk.post.origin)
    return lines


def _quotes(found: Sequence[Entry], origin: str) -> list[str]:
    return [f"   – {_quote(one.text, LONGEST_QUOTE)}\n     {origin}{one.path}" for one in found[-QUOTED:]]


def _quote(text: str, longest: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[:longest]}…"


def _subject(desk: Desk, text: str) -> str:
    """A mail's subject is one line of at most 200 characters."""
    return f"{_quote(text, 190 - len(desk.post.city.name))} · {desk.post.city.name}"


async def letters_service(app: web.Application) -> AsyncIterator[None]:
    """Looks for letters that are due. Every process does; a letter is held by the one that writes it."""
    desk = Desk(app[DATABASE], app[BLOCKS], Post.of(app), app[IDENTITY].keys)

    async def watch() -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                authors, digests = await tell_authors(desk), await send_digests(desk)
            except Unavailable:
                continue
            if authors or digests:
                log.info("letters of consultations", authors=authors, digests=digests)

    task = app[SUPERVISOR].run("letters of consultations", watch)
    yield
    task.cancel()
