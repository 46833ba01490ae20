"""Digests with several processes: each exactly once, whoever dies; with threads; quiet hours; leaving by one click."""

import asyncio
import contextlib

import msgspec
import pytest

from app.database import Database, open_pool
from app.jobs.queue import running
from app.mail import actions as mail_actions
from app.mail.actions import SEND_MAIL, SendMail
from app.mail.mailer import Mailer, MailSettings
from app.push import actions as push_actions
from portals.dialog.discussion import actions as discussion
from portals.dialog.discussion import following
from portals.dialog.discussion.feature import KIND
from portals.dialog.discussion.model import CommentDraft, DiscussionSettings
from portals.dialog.outcome import actions, letters, rules, store
from tests.app.push.browser import Browser
from tests.portals.dialog.outcome.test_outcome import Scene
from tests.portals.dialog.stage import AUDITOR, CLERK, EWA, JAN, MODERATOR, OLA

PEOPLE = (JAN, OLA, EWA, AUDITOR, CLERK, MODERATOR)


class Digests(Scene):
    """A scene with a discussion beside the wall."""

    @classmethod
    async def set(cls, database):
        self = await super().set(database)
        self.stage.blocks.add(KIND)
        self.talk = await self.stage.block(KIND.name, DiscussionSettings(), self.stage.phases[0])
        return self

    async def all_follow(self, rhythm="daily"):
        for actor in PEOPLE:
            await actions.set_rhythm(self.stage.database, actor, self.stage.consultation.id, rhythm)
        await self.due()

    async def due(self):
        for table in ("outcome_follow", "discussion_follow"):
            await self.execute(
                f"UPDATE {table} SET told_at = told_at - interval '8 days', looked_at = looked_at - interval '8 days'"
            )
        await self.execute("UPDATE discussion_comment SET shown_at = shown_at - interval '5 minutes'")

    async def says(self, actor, text):
        await self.execute("DELETE FROM throttle")
        await discussion.post_comment(self.stage.database, actor, self.talk.id, CommentDraft(text=text))

    async def follow(self, actor, rhythm):
        return await following.set_follow(self.stage.database, actor, self.talk.id, "", rhythm)

    async def addressed(self):
        return sorted(mail.to for mail in await self.mails())


@pytest.fixture
async def scene(database):
    return await Digests.set(database)


@contextlib.asynccontextmanager
async def other_process(scene, database_url):
    """The same work over connections of its own."""
    pool = await open_pool(database_url, 4)
    try:
        yield msgspec.structs.replace(scene.desk, database=Database(pool))
    finally:
        pool.terminate()


async def test_two_processes_send_each_digest_once(scene, database_url):
    await scene.all_follow()
    async with other_process(scene, database_url) as second:
        sent = await asyncio.gather(*(letters.send_digests(desk) for desk in (scene.desk, second) for _again in "12"))
    assert sum(sent) == 6
    assert await scene.addressed() == sorted(f"{one.login}@gryf.example" for one in PEOPLE)


async def test_one_that_looked_before_the_other_was_done_sends_nothing(scene, database_url, monkeypatch):
    """The second has its list of due accounts when the first one has not begun."""
    await scene.all_follow()
    listed, go = asyncio.Event(), asyncio.Event()
    real = store.due_accounts

    async def late(*given):
        found = await real(*given)
        if asyncio.current_task().get_name() == "late" and given[1] == "daily":
            listed.set()
            await go.wait()
        return found

    monkeypatch.setattr(store, "due_accounts", late)
    async with other_process(scene, database_url) as second:
        task = asyncio.create_task(letters.send_digests(second), name="late")
        await listed.wait()
        assert await letters.send_digests(scene.desk) == 6
        go.set()
        assert await task == 0
    assert len(await scene.mails()) == 6


async def test_a_process_that_dies_between_letter_and_mark_loses_none_and_doubles_none(scene, monkeypatch):
    await scene.all_follow()
    real, died = store.set_told, []

    async def dies(tx, account_id, *given):
        await real(tx, account_id, *given)
        if account_id == OLA.account_id and not died:
            died.append(account_id)
            raise RuntimeError

    monkeypatch.setattr(store, "set_told", dies)
    with pytest.raises(RuntimeError):
        await letters.send_digests(scene.desk)
    assert f"{OLA.login}@gryf.example" not in await scene.addressed()
    await letters.send_digests(scene.desk)
    assert await scene.addressed() == sorted(f"{one.login}@gryf.example" for one in PEOPLE)


async def test_what_the_mail_server_has_taken_may_come_twice_with_one_message_id(scene, monkeypatch, tmp_path):
    """Here we err on the side of twice: mail programs know the second one by its Message-ID."""
    await actions.set_rhythm(scene.stage.database, JAN, scene.stage.consultation.id, "daily")
    await scene.due()
    assert await letters.send_digests(scene.desk) == 1
    async with scene.stage.database.transaction() as tx:
        mail_id = await tx.value("SELECT id FROM mail")
    mailer = Mailer(MailSettings(), tmp_path, "Urząd")
    real = mail_actions.store.mark_sent

    async def dies(*_given):
        raise RuntimeError

    monkeypatch.setattr(mail_actions.store, "mark_sent", dies)
    with running(1, (mailer,)):
        with pytest.raises(RuntimeError):
            await SEND_MAIL.run(scene.stage.database, SendMail(mail_id))
        monkeypatch.setattr(mail_actions.store, "mark_sent", real)
        for _again in range(2):
            await SEND_MAIL.run(scene.stage.database, SendMail(mail_id))
    files = [one.read_text() for one in mailer.folder.glob("*.eml")]
    assert all(f"Message-ID: <{mail_id}@" in one for one in files)
    assert all("List-Unsubscribe-Post: List-Unsubscribe=One-Click" in one for one in files)
    assert 1 <= len(files) <= 2  # a folder writes over a file of the same second


async def test_a_letter_about_threads_comes_once_and_leaves_by_one_click(scene):
    await scene.follow(JAN, "daily")
    await scene.follow(AUDITOR, "daily")
    await actions.set_rhythm(scene.stage.database, AUDITOR, scene.stage.consultation.id, "weekly")
    await scene.says(OLA, "Nowe słowa")
    await scene.says(JAN, "Własne słowa")
    await scene.due()
    await scene.execute("UPDATE outcome_follow SET looked_at = now() + interval '1 day'")
    assert await letters.send_digests(scene.desk) == 2  # Ola follows by writing
    mails = {mail.to: mail for mail in await scene.mails()}
    assert set(mails) == {"jan@gryf.example", "ola@gryf.example"}  # the auditor's weekly letter will tell of it
    jan = mails["jan@gryf.example"]
    assert "Nowe słowa" in jan.text
    assert "Własne słowa" not in jan.text
    assert "Bielska" not in jan.text  # anonymous
    account, processes, threads = rules.left_by(scene.desk.keys, jan.leave.rpartition("/")[2])
    assert (account, processes, len(threads)) == (3, [], 1)
    await actions.leave(scene.stage.database, account, processes, threads)
    await scene.says(OLA, "Jeszcze jedno")
    await scene.due()
    await scene.execute("DELETE FROM mail")
    await letters.send_digests(scene.desk)
    assert await scene.addressed() == ["auditor@gryf.example", "ola@gryf.example"]  # now it does, and Jan has left
    async with scene.stage.database.transaction() as tx:
        assert await following.followed_threads(tx, JAN) == []


async def test_no_mail_about_a_consultation_is_meant_for_its_threads_too(scene):
    await scene.follow(JAN, "instant")
    await actions.set_rhythm(scene.stage.database, JAN, scene.stage.consultation.id, "none")
    await scene.says(OLA, "Nowe słowa")
    await scene.due()
    await letters.send_digests(scene.desk)
    assert "jan@gryf.example" not in await scene.addressed()


async def test_quiet_hours_hold_letters_at_once_and_not_the_morning_ones(scene):
    await actions.set_rhythm(scene.stage.database, JAN, scene.stage.consultation.id, "instant")
    await actions.set_rhythm(scene.stage.database, OLA, scene.stage.consultation.id, "daily")
    await scene.due()
    for actor in (JAN, OLA):
        await scene.execute("INSERT INTO push_quiet VALUES ($1, 1, 0)", actor.account_id)
        await scene.execute("UPDATE push_quiet SET from_minute = 1, until_minute = 0")
    async with scene.stage.database.transaction() as tx:
        now = await tx.value("SELECT date_trunc('day', clock_timestamp()) + interval '12 hours'")
    assert await letters.send_digests(scene.desk, now) == 1
    assert await scene.addressed() == ["ola@gryf.example"]
    await push_actions.set_quiet(scene.stage.database, JAN, on=False)
    assert await letters.send_digests(scene.desk) == 1  # nothing is lost


async def test_a_digest_and_an_answer_are_told_in_the_browser_too(scene):
    await push_actions.add_device(scene.stage.database, JAN, **Browser().device("https://push.example/j"), label="")
    await actions.set_rhythm(scene.stage.database, JAN, scene.stage.consultation.id, "daily")
    await scene.due()
    await letters.send_digests(scene.desk)
    await scene.answer("jan", "ewa")
    await actions.set_rhythm(scene.stage.database, JAN, scene.stage.consultation.id, "none")
    await scene.letters()
    async with scene.stage.database.transaction() as tx:
        rows = await tx.records("SELECT account_id, text, path FROM push_message ORDER BY id")
    assert [(row["account_id"], row["text"]) for row in rows] == [
        (3, "There is news in what you follow"),
        (3, "The office has answered you"),
    ]
    assert rows[0]["path"] == scene.stage.consultation.path
