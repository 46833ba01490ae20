"""The helpdesk with its mail: a desk, three addresses, two tickets that came by mail, and ways to bring letters."""

import asyncio
import smtplib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from prometheus_client import CollectorRegistry

from app.actor import SYSTEM
from app.config import City
from app.database import Database
from app.files import FileStore
from app.i18n import Locales
from portals.helpdesk import actions
from portals.helpdesk import store as tickets
from portals.helpdesk.drafts import NewTicket, Requester, Wanted
from portals.helpdesk.model import Ticket
from portals.helpdesk.post import sent_store, store
from portals.helpdesk.post.post import Figures, Post
from portals.helpdesk.post.rows import AddressDraft, LetterLine, NewLetter
from portals.helpdesk.post.settings import PostSettings
from tests.conftest import ROOT
from tests.portals.helpdesk.desk import TEACHER, Desk
from tests.portals.helpdesk.post.make_corpus import KEYS, SENT_A, START_A

ADDRESSES = ("pomoc@gryf.example", "siec@gryf.example", "szkoly@gryf.example")


@dataclass
class PostStage:
    """`a`: Jan's ticket with an answer of ours; `b`: Anna's, closed. `post`: what the part itself works with."""

    desk: Desk
    post: Post
    a: Ticket
    b: Ticket

    @classmethod
    async def set(cls, database: Database, folder: Path, files: FileStore | None = None, **settings) -> "PostStage":
        desk = await Desk.set(database)
        city = City(name="Gryf", office="Urząd Miejski")
        post = Post(
            database=database,
            files=files or FileStore.in_folder(folder),
            keys=KEYS,
            locales=Locales.read(ROOT, city),
            city=city,
            origin="https://gryf.example",
            address="gryf@gryf.example",
            settings=PostSettings(**{"sender_burst": 5000, "file_bytes": 50_000, "receipts": False, **settings}),
            figures=Figures(CollectorRegistry()),
        )
        async with database.transaction() as tx:
            for address, queue in zip(ADDRESSES, (desk.first, desk.second, desk.first), strict=True):
                await store.put_address(tx, 0, AddressDraft(address=address, queue_id=queue))
        jan = Requester(name=TEACHER.name, account_id=TEACHER.account_id, email="jan@gryf.example")
        anna = Requester(name="Anna", email="anna@szkola8.example")
        a = await cls._by_mail(post, jan, "Rzutnik", START_A)
        b = await cls._by_mail(post, anna, "Tablica", "start-b@szkola8.example")
        assert (a.id, b.id) == (1001, 1002)
        async with database.transaction() as tx:
            await store.add_parties(tx, a.id, ["ola@szkola5.example"], 5)
            mail_id = UUID(SENT_A.partition("@")[0])
            await sent_store.add_sent(tx, SENT_A, mail_id, a.id, None, "jan@gryf.example", automatic=False)
            locked = await tickets.ticket(tx, b.id, lock=True)
            columns = await actions.columns_of(tx, SYSTEM, locked, Wanted(state="closed"))
            await actions.change_in(tx, SYSTEM, locked, columns)
        return cls(desk, post, a, b)

    @staticmethod
    async def _by_mail(post: Post, requester: Requester, subject: str, message_id: str) -> Ticket:
        async with post.database.transaction() as tx:
            ticket = await actions.send_ticket_in(
                tx, SYSTEM, NewTicket(subject=subject, text="Nie działa"), requester, "mail"
            )
            raw = await post.files.deposit(b"x", name="list.eml", kind="message/rfc822")
            await post.files.keep(tx, raw, None)
            new = NewLetter(
                way="lmtp", address_id=1, message_key=message_id, digest="0", target=ADDRESSES[0],
                sender=requester.email, sender_name="", subject=subject, file_id=raw.id, bytes=1,
            )  # fmt: skip
            letter_id = await store.add_letter(tx, new)
            await store.settle(tx, letter_id, "ticket", ticket_id=ticket.id)
        return ticket

    async def letters(self) -> list[LetterLine]:
        """The oldest first, without the two of the stage."""
        async with self.post.database.transaction(readonly=True) as tx:
            return (await store.letters(tx, waiting_only=False, before_id=None, limit=5000))[::-1][2:]

    async def texts(self, ticket_id: int) -> list[str]:
        """What was said in a ticket, the oldest first."""
        async with self.post.database.transaction(readonly=True) as tx:
            return [one.text for one in await tickets.entries(tx, [ticket_id])]

    async def mails(self) -> list[dict]:
        """Letters that wait to be sent, decoded."""
        import msgspec

        from app.mail.message import Mail

        async with self.post.database.transaction() as tx:
            rows = await tx.records("SELECT id, content FROM mail ORDER BY created_at, recipient")
        return [
            {"id": row["id"], **msgspec.structs.asdict(msgspec.msgpack.decode(row["content"], type=Mail))}
            for row in rows
        ]


SENDERS = ThreadPoolExecutor(32, "mail server")
"""Threads of their own: the server reads letters in the loop's, and would wait for those who wait for it."""


def hand_in(
    where: str, raw: bytes, recipients: list[str], sender: str = "mx@corpus.example"
) -> dict[str, tuple[int, bytes]]:
    """As a mail server does by LMTP, with the standard library's client; answers by recipient. Blocking."""
    host, _, port = where.rpartition(":")
    with smtplib.LMTP(host, int(port), local_hostname="corpus.example", timeout=60) as client:
        client.ehlo()  # of this class it says LHLO
        client.mail(sender)
        answers = {one: client.rcpt(one) for one in recipients}
        accepted = [one for one, (code, _words) in answers.items() if code == 250]
        if not accepted:
            return answers
        client.putcmd("data")
        client.getreply()
        stuffed = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
        stuffed = stuffed.replace(b"\r\n.", b"\r\n..")
        client.send((b"." if stuffed.startswith(b".") else b"") + stuffed + b".\r\n")
        for one in accepted:
            answers[one] = client.getreply()
    return answers


async def hand_in_soon(where: str, raw: bytes, recipients: list[str]) -> dict[str, tuple[int, bytes]]:
    return await asyncio.get_running_loop().run_in_executor(SENDERS, hand_in, where, raw, recipients)


def now() -> datetime:
    return datetime.now(UTC)
