"""Following a thread: who becomes a follower, what they are told, and what nobody is told."""

from pathlib import Path

import msgspec
import pytest

from app.actor import Actor
from app.config import City
from app.errors import Invalid, NotFound, SignInNeeded
from app.i18n import Locales
from app.identity.post import Post
from app.jobs.queue import running
from app.push import actions as push_actions
from app.push.jobs import SEND_PUSH
from portals.dialog import participation
from portals.dialog.discussion import actions, follow_store, following, moderation
from portals.dialog.discussion.following import NEW_ENTRY, NEW_OFFICIAL, NEW_REPLY, TELL_FOLLOWERS, TellFollowers
from portals.dialog.discussion.model import DiscussionSettings
from portals.dialog.discussion.notices import SHORT, TELL, TellPerson
from tests.app.push.browser import Browser
from tests.portals.dialog.discussion.talk import Talk
from tests.portals.dialog.stage import AUDITOR, CLERK, EWA, JAN, MODERATOR, NOBODY, OLA

CITY = City()
POST = Post(Locales.read(Path(__file__).resolve().parents[4], CITY), CITY, "https://gryf.example")
POLISH = POST.locales.get("pl")


class Followers(Talk):
    """A talk in which everybody has a browser."""

    async def ready(self):
        await self.joined()
        for actor in (JAN, OLA, EWA, AUDITOR):
            given = Browser().device(f"https://push.example/{actor.login}")
            await push_actions.add_device(self.database, actor, **given, label="")
        return self

    async def follows(self, actor, rhythm="daily"):
        return await following.set_follow(self.database, actor, self.block.id, "", rhythm)

    async def work(self):
        """Does what followers wait for, twice: they are told once. Returns (who, text) of every note so far."""
        async with self.database.transaction() as tx:
            rows = await tx.records("SELECT payload FROM pgqueuer WHERE entrypoint = $1", TELL_FOLLOWERS.name)
        for row in [*rows, *rows]:
            with running(1, ()):
                await TELL_FOLLOWERS.run(self.database, msgspec.json.decode(row["payload"], type=TellFollowers))
        async with self.database.transaction() as tx:
            notes = await tx.records(
                "SELECT a.login, m.text, m.path, m.title, m.tag, m.ref FROM push_message m"
                " JOIN account a ON a.id = m.account_id ORDER BY m.id"
            )
        self.notes = notes
        return [(one["login"], one["text"]) for one in notes]

    async def sending(self):
        async with self.database.transaction() as tx:
            return await tx.value("SELECT count(*) FROM pgqueuer WHERE entrypoint = $1", SEND_PUSH.name)

    async def state(self, actor):
        async with self.database.transaction() as tx:
            found = await following.followed_threads(tx, actor)
        return [(one.title, one.follow.rhythm, one.follow.unread) for one in found]

    async def decide(self, what, comment, *more):
        await getattr(moderation, what)(self.database, MODERATOR, comment.id, *more)


@pytest.fixture
async def talk(database):
    return await (await Followers.set(database)).ready()


async def test_followers_are_told_of_what_others_write_and_not_of_their_own(talk):
    await talk.follows(JAN)
    await talk.follows(AUDITOR)  # reads, and takes no part
    entry = await talk.says(OLA, "Więcej ławek")
    assert await talk.work() == [("jan", NEW_ENTRY), ("auditor", NEW_ENTRY)]
    note = talk.notes[0]
    assert note["title"] == "Plac Zwycięstwa"
    assert note["path"].endswith(f"/discussion/{entry.id}")
    assert "ławek" not in str([tuple(one) for one in talk.notes])  # no words, no names
    assert "Olcha" not in str([tuple(one) for one in talk.notes])
    assert await talk.state(JAN) == [(note["title"], "daily", 1)]
    await following.mark_seen(talk.database, JAN, talk.block.id, "")
    assert await talk.state(JAN) == [(note["title"], "daily", 0)]
    assert await talk.sending() == 2


async def test_writing_makes_a_follower_unless_it_is_not_wanted(talk):
    await talk.says(JAN, "Pierwszy głos")
    assert [one[1:] for one in await talk.state(JAN)] == [("daily", 0)]  # one's own is read
    await talk.follows(JAN, "off")
    await talk.says(JAN, "Drugi głos")
    assert await talk.state(JAN) == []
    await following.set_by_writing(talk.database, OLA, wanted=False)
    await talk.says(OLA, "Głos Oli")
    assert await talk.state(OLA) == []
    assert await talk.work() == []
    await following.set_by_writing(talk.database, OLA, wanted=True)
    await talk.says(OLA, "Drugi głos Oli")
    assert len(await talk.state(OLA)) == 1
    audited = await talk.stage.audited()
    assert audited.count("discussion.follow_by_writing") == 2
    assert "discussion.follow" in audited


async def test_a_reply_and_an_answer_of_the_office_say_what_they_are_and_come_once(talk):
    first = await talk.says(JAN, "Ile to kosztuje?")
    await talk.follows(EWA)
    await talk.says(OLA, "Dwa miliony", parent_id=first.id)
    assert await talk.work() == [("jan", NEW_REPLY), ("ewa", NEW_ENTRY)]
    await moderation.answer(talk.database, CLERK, talk.block.id, "Urząd", "2,3 mln zł", first.id)
    async with talk.database.transaction() as tx:
        rows = await tx.records("SELECT payload FROM pgqueuer WHERE entrypoint = $1", TELL.name)
    for row in [*rows, *rows]:
        with running(1, (POST,)):
            await TELL.run(talk.database, msgspec.json.decode(row["payload"], type=TellPerson))
    told = await talk.work()
    assert sorted(told[2:]) == [("ewa", NEW_OFFICIAL), ("jan", SHORT["answer"]), ("ola", NEW_OFFICIAL)]


async def test_what_a_moderator_holds_removes_or_hides_is_told_to_nobody(database):
    talk = await (await Followers.set(database, DiscussionSettings(moderation="before"))).ready()
    await talk.follows(JAN, "instant")
    held = await talk.says(OLA, "Czeka na moderatora")
    assert await talk.work() == []
    assert [one[2] for one in await talk.state(JAN)] == [0]
    await talk.decide("refuse", held, "Poza tematem")
    assert await talk.work() == []
    second = await talk.says(OLA, "Ten zostanie pokazany")
    await talk.decide("approve", second)
    assert await talk.work() == [("jan", NEW_ENTRY)]
    assert [one[2] for one in await talk.state(JAN)] == [1]
    await talk.decide("refuse", second, "Jednak nie")  # it has not left yet: it never does
    assert await talk.work() == []
    third = await talk.says(OLA, "Zniknie przed czasem")
    await talk.decide("approve", third)
    await actions.withdraw_comment(database, OLA, third.id)
    assert await talk.work() == []
    assert [one[2] for one in await talk.state(JAN)] == [0]


async def test_who_may_not_read_the_thread_any_more_is_told_nothing(talk):
    await talk.follows(JAN)
    await talk.says(OLA, "Więcej ławek")
    async with talk.database.transaction() as tx:
        await tx.execute("UPDATE consultation SET state = 'draft', published_at = NULL")
    assert await talk.work() == []
    assert await talk.state(JAN) == []
    with pytest.raises(NotFound):
        await talk.follows(EWA)
    with pytest.raises(NotFound):
        await following.mark_seen(talk.database, JAN, talk.block.id, "")


async def test_names_in_a_letter_are_those_the_public_sees(database):
    talk = await Followers.set(database, shown_as=("name", "pseudonym", "anonymous"))
    await talk.ready()
    await talk.follows(JAN)
    for actor, text in ((OLA, "Głos pod pseudonimem"), (EWA, "Głos bez nazwiska"), (JAN, "Własny")):
        await talk.says(actor, text)
    async with database.transaction() as tx:
        await tx.execute("UPDATE discussion_follow SET told_at = told_at - interval '1 hour'")
        follow = (await follow_store.followed(tx, JAN.account_id, 9))[0]
        _spot, lines = await following.thread_news(
            tx, POLISH, follow, await tx.value("SELECT clock_timestamp()"), "https://gryf.example"
        )
    text = "\n".join(lines)
    assert "Olcha: Głos pod pseudonimem" in text
    assert "– Głos bez nazwiska" in text
    for hidden in ("Bielska", "Żółć", "Własny"):
        assert hidden not in text
    await participation.erase(database, talk.stage.blocks, CLERK, talk.ola.id)
    async with database.transaction() as tx:
        _spot, lines = await following.thread_news(
            tx, POLISH, follow, await tx.value("SELECT clock_timestamp()"), "https://gryf.example"
        )
    assert "Olcha" not in "\n".join(lines)


async def test_only_who_is_signed_in_follows_and_only_in_known_ways(talk):
    for act in (
        following.set_follow(talk.database, NOBODY, talk.block.id, "", "daily"),
        following.mark_seen(talk.database, NOBODY, talk.block.id, ""),
    ):
        with pytest.raises(SignInNeeded):
            await act
    with pytest.raises(NotFound):
        await following.set_by_writing(talk.database, NOBODY, wanted=True)
    with pytest.raises(Invalid):
        await talk.follows(JAN, "hourly")
    with pytest.raises(NotFound):
        await following.set_follow(talk.database, JAN, talk.block.id, "nothing", "daily")
    with pytest.raises(NotFound):
        await following.set_follow(talk.database, Actor(account_id=3), 999_999, "", "daily")
