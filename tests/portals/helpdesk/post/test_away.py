"""Mail servers that are away for a day: nothing is lost, nothing comes or goes twice, and somebody is told.

The day passes on a clock of the test: pauses are added up instead of waited for.
"""

import asyncio
import json
from datetime import timedelta

import pytest

from app.database import DATABASE
from app.jobs.worker import Pace, run_worker
from app.mail import JOBS, Mailer, MailSettings
from app.mail.actions import SEND_MAIL
from portals.helpdesk.post import imap, sent_store
from portals.helpdesk.post.background import probe_imap
from portals.helpdesk.post.imap import Reader
from portals.helpdesk.post.outgoing import write_answers
from portals.helpdesk.post.post import POST
from tests.app.mail.test_mail import Inbox, serving
from tests.portals.helpdesk.desk import AGENT
from tests.portals.helpdesk.post.mailbox import FakeMailbox
from tests.portals.helpdesk.post.make_corpus import one
from tests.portals.helpdesk.post.stage import PostStage
from tests.portals.helpdesk.walking import walking

DAY_S = 86_400


def test_mails_are_tried_for_five_days():
    pace = Pace()
    pauses = [pace.retry_delay(failures).total_seconds() for failures in range(SEND_MAIL.attempts - 1)]
    assert sum(pauses) >= 5 * DAY_S
    assert max(pauses) == 3600  # once the server is back, the last one leaves within the hour


class Clock:
    """Time that passes as fast as somebody sleeps through it. `at`: what happens when so many seconds have passed."""

    def __init__(self, events):
        self.now = 0.0
        self.events = sorted(events, key=lambda event: event[0])
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)
        while self.events and self.events[0][0] <= self.now:
            self.events.pop(0)[1]()
        await asyncio.sleep(0)

    def __getattr__(self, name):
        return getattr(asyncio, name)


async def test_a_mailbox_that_is_away_for_a_day_is_read_once_when_it_is_back(database, tmp_path, monkeypatch):
    mailbox = FakeMailbox()
    mailbox.down = True
    letters = [one(f"while-away-{number}", body=f"awaria {number}") for number in range(30)]
    hours = [(number * 2800.0, lambda raw=raw: mailbox.put(raw)) for number, raw in enumerate(letters)]
    back = (float(DAY_S), lambda: setattr(mailbox, "down", False))
    clock = Clock([*hours, back])
    monkeypatch.setattr(imap, "asyncio", clock)
    async with mailbox.serving() as port:
        stage = await PostStage.set(
            database, tmp_path, imap_host="127.0.0.1", imap_port=port, imap_security="none", imap_user="pomoc"
        )
        reader = Reader(stage.post)
        task = asyncio.create_task(reader.run())
        try:
            async with asyncio.timeout(60):
                while clock.now < DAY_S / 2:
                    await asyncio.sleep(0.01)
                async with database.transaction() as tx:
                    assert (await sent_store.mailbox(tx, reader.name)).problem  # the lead's page says so
                told = await probe_imap({POST: stage.post})
                assert (told.ok, told.detail) == (True, "the mailbox cannot be read; it was read last: never")
                assert await stage.letters() == []
                while len(mailbox.seen) < len(letters) or (await probe_imap({POST: stage.post})).detail:
                    await asyncio.sleep(0.01)  # once read, it is still to be written down that all is well
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert clock.now >= DAY_S
        assert max(clock.pauses) <= imap.LONGEST_PAUSE_S  # five minutes after it is back at the latest
        assert [line.outcome for line in await stage.letters()] == ["ticket"] * len(letters)
        async with database.transaction() as tx:
            assert (await sent_store.mailbox(tx, reader.name)).problem == ""
        assert (await probe_imap({POST: stage.post})).detail == ""


async def test_answers_that_no_server_takes_for_a_day_leave_once_each(database, tmp_path):
    inbox = Inbox()
    async with serving(inbox) as port:
        pass  # the port is known, and nobody listens
    stage = await PostStage.set(database, tmp_path)
    for number in range(3):
        await stage.desk.reply(AGENT, stage.a, f"Odpowiedź {number}")
    while await write_answers(stage.post):
        pass
    async with database.transaction() as tx:
        count = await tx.value("SELECT count(*) FROM mail")
    assert count == 6  # to Jan, and to Ola whom he has copied in
    mailer = Mailer(MailSettings(host="127.0.0.1", port=port, security="none", address="gryf@gryf.example"), tmp_path)
    passed = await _hours_pass(database, mailer, until=timedelta(days=1))
    assert passed >= timedelta(days=1)
    async with database.transaction() as tx:
        rows = await tx.records("SELECT sent_at, refused_at, reason FROM mail")
        failed = await tx.value("SELECT count(*) FROM pgqueuer WHERE status = 'failed'")
    assert failed == 0
    assert all(row["sent_at"] is None and row["refused_at"] is None and row["reason"] for row in rows)
    server = await asyncio.get_running_loop().create_server(lambda: _smtp(inbox), "127.0.0.1", port)
    try:
        await _hours_pass(database, mailer, until=timedelta(hours=2))
    finally:
        server.close()
    ids = [_message_id(envelope) for envelope in inbox.envelopes]
    assert len(ids) == len(set(ids)) == count
    async with database.transaction() as tx:
        assert await tx.value("SELECT count(*) FROM mail WHERE sent_at IS NULL") == 0


async def _hours_pass(database, mailer, until: timedelta) -> timedelta:
    """A worker works, and each pause that it plans is skipped: the clock jumps to the next job's moment."""
    stop = asyncio.Event()
    task = asyncio.create_task(run_worker(database, JOBS, stop, Pace(tick_s=0.2), [mailer]))
    passed = timedelta()
    try:
        async with asyncio.timeout(100):
            while passed < until:
                await asyncio.sleep(0.02)
                async with database.transaction() as tx:
                    row = await tx.record(
                        "SELECT count(*) FILTER (WHERE status = 'picked' OR execute_after <= now()) AS busy,"
                        " min(execute_after) - now() AS pause FROM pgqueuer WHERE status IN ('queued', 'picked')"
                    )
                    if row["busy"]:
                        continue
                    if row["pause"] is None:
                        break
                    passed += row["pause"]
                    await tx.execute(
                        "UPDATE pgqueuer SET execute_after = execute_after - $1::interval WHERE status = 'queued'",
                        row["pause"],
                    )
    finally:
        stop.set()
        await task
    return passed


def _smtp(inbox):
    from aiosmtpd.smtp import SMTP

    return SMTP(inbox)


def _message_id(envelope) -> str:
    return next(line for line in envelope.content.decode().splitlines() if line.lower().startswith("message-id:"))


@pytest.mark.parametrize("waits", [False, True])
async def test_readiness_tells_of_mail_that_waits_and_stays_ready(database_url, tmp_path, waits):
    async with walking(database_url, tmp_path) as walk:
        if waits:
            async with walk.site.app[DATABASE].transaction() as tx:
                await tx.execute(
                    "INSERT INTO mail (id, recipient, subject, content, attempts, created_at)"
                    " VALUES (gen_random_uuid(), 'a@b.example', 'x', 'y', 3, '2026-11-29 06:00Z')"
                )
        async with walk.client("N") as client, client.get("/readyz") as answer:
            told = json.loads(await answer.text())["parts"]["mail.delayed"]
        expected = "1 wait for the mail server, the oldest since 2026-11-29 06:00 UTC" if waits else ""
        assert told == {"ok": True, "detail": expected}
