"""The two ways in on a bad day: storms, limits, servers and databases that are away, letters that break the reader."""

import asyncio
import contextlib

import pytest

from portals.helpdesk.events import alerts_room
from portals.helpdesk.post import imap, intake, sent_store
from portals.helpdesk.post.imap import Reader
from portals.helpdesk.post.lmtp import listening
from portals.helpdesk.post.reading import reader as reading
from tests.portals.helpdesk.post.mailbox import FakeMailbox
from tests.portals.helpdesk.post.make_corpus import one
from tests.portals.helpdesk.post.stage import ADDRESSES, PostStage, hand_in_soon

POMOC, SIEC, _SZKOLY = ADDRESSES


@pytest.fixture
async def stage(database, tmp_path):
    return await PostStage.set(database, tmp_path, lmtp="127.0.0.1:0", most_bytes=100_000, lmtp_connections=3)


async def until(ready, seconds: float = 20):
    async with asyncio.timeout(seconds):
        while not (found := await ready()):
            await asyncio.sleep(0.02)
    return found


async def talk(where: str, *sent: bytes) -> list[bytes]:
    """What is answered to each piece, the greeting first."""
    host, _, port = where.rpartition(":")
    stream, writer = await asyncio.open_connection(host, int(port))
    answers = [await stream.readline()]
    for piece in sent:
        writer.write(piece)
        await writer.drain()
        answers.append(await stream.readuntil(b"\r\n"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.3):
                while more := await stream.read(65536):
                    answers[-1] += more
    writer.close()
    return answers


async def test_each_recipient_has_an_answer(stage):
    async with listening(stage.post) as where:
        answers = await hand_in_soon(where, one("multi"), [POMOC, "nikt@gryf.example", SIEC, "gryf@gryf.example"])
    assert {address: code for address, (code, _words) in answers.items()} == {
        POMOC: 250, "nikt@gryf.example": 550, SIEC: 250, "gryf@gryf.example": 250,
    }  # fmt: skip
    first, second, third = await stage.letters()
    assert {first.outcome, second.outcome} == {"ticket"}
    assert first.ticket_id != second.ticket_id
    assert (third.outcome, third.reason) == ("aside", "no_address")  # our sender is no address of the helpdesk
    assert [one.ticket.subject for one in stage.desk.backplane.of(alerts_room(stage.desk.second))] == [
        "Drukarka w pokoju 12"
    ]


async def test_a_letter_that_is_too_large_is_refused_and_the_next_one_is_taken(stage):
    async with listening(stage.post) as where:
        answers = await hand_in_soon(where, one("large", body="x" * 120_000), [POMOC, SIEC])
        assert [code for code, _words in answers.values()] == [552, 552]
        assert (await hand_in_soon(where, one("small"), [POMOC]))[POMOC][0] == 250
    assert [line.outcome for line in await stage.letters()] == ["ticket"]


async def test_what_is_sent_in_one_go_is_told_apart(stage):
    """Pipelined commands, doubled dots, a letter of nothing."""
    head = b"MAIL FROM:<a@x.example>\r\nRCPT TO:<pomoc@gryf.example>\r\nDATA\r\n"
    raw = one("dots", body="..kropki\n.kropka\nkoniec")
    stuffed = raw.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n"
    async with listening(stage.post) as where:
        answers = await talk(
            where, b"LHLO mx.example\r\n", head, stuffed + head, b".\r\n" + head,
            stuffed.replace(b"<dots@", b"<dots2@") + b"NOOP\r\nQUIT\r\n",
        )  # fmt: skip
    assert answers[2].startswith(b"250 ")
    assert answers[2].endswith(b"354 End data with <CR><LF>.<CR><LF>\r\n")
    assert answers[3].startswith(b"250 2.0.0 taken\r\n")
    assert answers[3].endswith(b"354 End data with <CR><LF>.<CR><LF>\r\n")
    assert answers[4].startswith(b"250 2.0.0 taken\r\n")
    assert answers[5].startswith(b"250 2.0.0 taken\r\n250 OK\r\n221 ")
    letters = await stage.letters()
    assert [(line.outcome, line.reason) for line in letters] == [("ticket", ""), ("aside", "not_mail"), ("ticket", "")]
    texts = await stage.texts(letters[0].ticket_id)
    assert "..kropki" in texts[0]
    assert "\n.kropka" in texts[0]


async def test_too_many_connections_are_turned_away_and_come_back(stage):
    async with listening(stage.post) as where:
        host, _, port = where.rpartition(":")
        open_ones = [await asyncio.open_connection(host, int(port)) for _ in range(3)]
        for stream, _writer in open_ones:
            assert (await stream.readline()).startswith(b"220 ")
        stream, writer = await asyncio.open_connection(host, int(port))
        assert await stream.read() == b"421 4.3.2 too many connections\r\n"
        writer.close()
        open_ones[0][1].close()
        assert (await until(lambda: hand_in_soon_or_none(where)))[POMOC][0] == 250
        for _stream, writer in open_ones:
            writer.close()


async def hand_in_soon_or_none(where: str):
    try:
        return await hand_in_soon(where, one("after"), [POMOC])
    except OSError:
        return None


async def test_a_storm_of_one_sender(database, tmp_path, monkeypatch):
    """Others are not stopped, few tickets are made, and the sender's server is told to come later."""
    monkeypatch.setattr(intake, "MOST_STORMED", 20)
    stage = await PostStage.set(database, tmp_path, lmtp="127.0.0.1:0", sender_burst=10, sender_every_s=3600.0)
    codes = []
    async with listening(stage.post) as where:

        async def storm(start: int) -> None:
            for number in range(start, start + 20):
                letter = one(f"storm-{number}", body=f"alarm {number}", sender="From: kamera@szkola8.example")
                codes.append((await hand_in_soon(where, letter, [POMOC]))[POMOC][0])

        async with asyncio.TaskGroup() as tasks:
            for start in (0, 100, 200):
                tasks.create_task(storm(start))
            for number in range(5):
                answer = await hand_in_soon(where, one(f"other-{number}", body=f"inny {number}"), [POMOC])
                assert answer[POMOC][0] == 250
    letters = await stage.letters()
    stormed = [line for line in letters if line.sender == "kamera@szkola8.example"]
    assert sum(line.outcome == "ticket" for line in stormed) == 10
    assert 20 <= sum(line.reason == "storm" for line in stormed) <= 23  # those that came at the very same moment
    assert sum(line.outcome == "ticket" for line in letters if line not in stormed) == 5
    assert len(codes) == 60
    assert codes.count(451) == 60 - len(stormed)


async def test_a_letter_that_breaks_the_reader_is_kept_and_stops_nobody(stage, monkeypatch):
    whole = reading.contents_of

    def broken(tree, mended):
        if b"trucizna" in tree.body:
            raise ZeroDivisionError("a fault of ours")
        return whole(tree, mended)

    monkeypatch.setattr(reading, "contents_of", broken)
    async with listening(stage.post) as where:
        for name, body in (("poison", "trucizna"), ("fine", "zwykły")):
            assert (await hand_in_soon(where, one(name, body=body), [POMOC]))[POMOC][0] == 250
    poison, fine = await stage.letters()
    assert (poison.outcome, poison.reason, poison.detail) == ("aside", "fault", "ZeroDivisionError: a fault of ours")
    assert (poison.sender, poison.subject) == ("maria@szkola8.example", "Drukarka w pokoju 12")
    assert fine.outcome == "ticket"


async def test_while_the_database_is_away_letters_stay_where_they_are(stage):
    async with listening(stage.post) as where:
        await stage.post.database.pool.close()
        assert (await hand_in_soon(where, one("away"), [POMOC]))[POMOC][0] == 451


async def test_the_same_letter_at_the_same_moment_is_one(stage):
    async with asyncio.TaskGroup() as tasks:
        came = [tasks.create_task(intake.take_in(stage.post, one("twin"), "lmtp", [POMOC])) for _ in range(4)]
    assert sorted(one.result()[0].outcome for one in came) == ["repeated", "repeated", "repeated", "ticket"]
    assert len(await stage.letters()) == 1
    files = [path for path in stage.post.files.storage.folder.rglob("*-*") if path.is_file()]
    assert len(files) == 1 + 2  # with those of the stage


# IMAP


@pytest.fixture
def mailbox():
    return FakeMailbox()


@contextlib.asynccontextmanager
async def reading_from(mailbox, database, tmp_path, monkeypatch, **settings):
    monkeypatch.setattr(imap, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(imap, "LONGEST_PAUSE_S", 0.2)
    async with mailbox.serving() as port:
        options = {
            "imap_host": "127.0.0.1",
            "imap_port": port,
            "imap_security": "none",
            "imap_user": "pomoc",
            "imap_every_s": 1.0,
        }
        stage = await PostStage.set(database, tmp_path, **{**options, **settings})
        reader = Reader(stage.post)
        task = asyncio.create_task(reader.run())
        try:
            yield stage, reader
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def taken(stage, count: int):
    async def ready():
        found = await stage.letters()
        return found if len(found) >= count else None

    return await until(ready)


async def test_new_letters_are_told_at_once_and_old_ones_are_left(mailbox, database, tmp_path, monkeypatch):
    mailbox.put(one("read-long-ago"), seen=True)
    unread = mailbox.put(one("unread"))
    async with reading_from(mailbox, database, tmp_path, monkeypatch, imap_every_s=30.0) as (stage, _reader):
        assert [line.subject for line in await taken(stage, 1)] == ["Drukarka w pokoju 12"]
        await until(lambda: soon(unread in mailbox.seen))
        await until(lambda: soon("IDLE" in mailbox.log))
        fresh = mailbox.put(one("fresh", "Subject: Nowy"))
        assert [line.subject for line in await taken(stage, 2)] == ["Drukarka w pokoju 12", "Nowy"]  # long before 30 s
        await until(lambda: soon(fresh in mailbox.seen))


async def soon(value):
    return value


async def test_seen_is_said_after_commit_and_a_cut_between_makes_no_second(mailbox, database, tmp_path, monkeypatch):
    mailbox.cut_before_store = True
    uid = mailbox.put(one("cut"))
    async with reading_from(mailbox, database, tmp_path, monkeypatch) as (stage, _reader):
        await taken(stage, 1)
        await until(lambda: soon(mailbox.connections >= 3))
        assert uid not in mailbox.seen
        mailbox.cut_before_store = False
        await until(lambda: soon(uid in mailbox.seen))
        assert len(await stage.letters()) == 1


async def test_somebody_else_opens_a_letter_first(mailbox, database, tmp_path, monkeypatch):
    async with reading_from(mailbox, database, tmp_path, monkeypatch) as (stage, _reader):
        mailbox.put(one("first"))
        await taken(stage, 1)
        mailbox.put(one("opened-elsewhere", "Subject: Otwarty"), seen=True)
        assert [line.subject for line in await taken(stage, 2)][1] == "Otwarty"


async def test_a_mailbox_that_was_made_anew_gives_nothing_twice(mailbox, database, tmp_path, monkeypatch):
    for number in range(3):
        mailbox.put(one(f"kept-{number}", body=f"treść {number}"))
    async with reading_from(mailbox, database, tmp_path, monkeypatch) as (stage, reader):
        await taken(stage, 3)
        mailbox.rebuild()
        mailbox.cut()
        late = mailbox.put(one("late", "Subject: Po odbudowie"))
        assert [line.subject for line in await taken(stage, 4)][3] == "Po odbudowie"
        await until(lambda: soon(late in mailbox.seen))
        assert len(await stage.letters()) == 4

        async def up_to_date():
            async with stage.post.database.transaction() as tx:
                known = await sent_store.mailbox(tx, reader.name)
            return (known.uidvalidity, known.last_uid) == (8, late)

        await until(up_to_date)


async def test_a_server_that_is_away_is_tried_until_it_is_back(mailbox, database, tmp_path, monkeypatch):
    mailbox.down = True
    mailbox.put(one("waits"))
    monkeypatch.setattr(imap, "ANSWER_S", 0.5)
    async with reading_from(mailbox, database, tmp_path, monkeypatch) as (stage, reader):

        async def problem():
            async with stage.post.database.transaction() as tx:
                return (await sent_store.mailbox(tx, reader.name)).problem

        assert await until(problem)
        assert stage.post.figures.imap._value.get() == 0
        mailbox.down = False
        await taken(stage, 1)

        async def fine():
            return not await problem()

        await until(fine)
        assert stage.post.figures.imap._value.get() == 1


async def test_a_wrong_password_is_told_to_the_lead(mailbox, database, tmp_path, monkeypatch):
    async with reading_from(mailbox, database, tmp_path, monkeypatch, imap_password="wrong") as (stage, reader):

        async def problem():
            async with stage.post.database.transaction() as tx:
                return (await sent_store.mailbox(tx, reader.name)).problem

        assert "AUTHENTICATIONFAILED" in await until(problem)


async def test_a_letter_too_large_is_set_aside_by_its_head(mailbox, database, tmp_path, monkeypatch):
    uid = mailbox.put(one("huge", body="x" * 50_000))
    async with reading_from(mailbox, database, tmp_path, monkeypatch, most_bytes=20_000) as (stage, _reader):
        (line,) = await taken(stage, 1)
        assert (line.reason, line.subject, line.sender) == (
            "too_large",
            "Drukarka w pokoju 12",
            "maria@szkola8.example",
        )
        assert line.bytes < 1000
        await until(lambda: soon(uid in mailbox.seen))


async def test_a_storm_stays_in_the_mailbox(mailbox, database, tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "MOST_STORMED", 2)
    uids = [mailbox.put(one(f"s-{number}", body=f"alarm {number}")) for number in range(8)]
    other = mailbox.put(one("other", "From: inna@szkola8.example"))
    async with reading_from(mailbox, database, tmp_path, monkeypatch, sender_burst=3, sender_every_s=3600.0) as (
        stage,
        _reader,
    ):
        await until(lambda: soon(other in mailbox.seen))
        assert [uid in mailbox.seen for uid in uids] == [True] * 5 + [False] * 3
        assert [line.reason for line in await stage.letters()] == ["", "", "", "storm", "storm", ""]


async def test_without_idle_it_looks_now_and_then(mailbox, database, tmp_path, monkeypatch):
    mailbox.idle = False
    async with reading_from(mailbox, database, tmp_path, monkeypatch) as (stage, _reader):
        mailbox.put(one("one"))
        await taken(stage, 1)
        mailbox.put(one("two", body="drugi"))
        assert len(await taken(stage, 2)) == 2
    assert "IDLE" not in mailbox.log
