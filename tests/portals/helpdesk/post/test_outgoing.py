"""Answers out: to whom, with what, how often; what comes back."""

from email import message_from_bytes
from email.policy import default

import pytest

from app.mail import Mail, Sender, compose
from portals.helpdesk import actions
from portals.helpdesk import store as tickets
from portals.helpdesk.drafts import Written
from portals.helpdesk.post import sent_store
from portals.helpdesk.post.background import tell_refused
from portals.helpdesk.post.intake import take_in
from portals.helpdesk.post.outgoing import write_answers
from portals.helpdesk.post.tokens import token_of
from tests.portals.helpdesk.desk import AGENT, TEACHER
from tests.portals.helpdesk.post.make_corpus import KEYS, answer, one
from tests.portals.helpdesk.post.stage import ADDRESSES, PostStage, now

POMOC = ADDRESSES[0]


@pytest.fixture
async def stage(database, tmp_path):
    return await PostStage.set(database, tmp_path)


async def test_an_answer_goes_to_everybody_who_takes_part_by_mail(stage):
    await stage.desk.reply(AGENT, stage.a, "Proszę wyłączyć i włączyć")
    assert await write_answers(stage.post) == 1
    assert await write_answers(stage.post) == 0  # once
    mails = await stage.mails()
    assert [one["to"] for one in mails] == ["jan@gryf.example", "ola@szkola5.example"]
    first = mails[0]
    assert first["subject"] == "Re: [#1 001-5] Rzutnik".replace("1 001-5", stage.a.number.replace("\u202f", " "))
    assert first["reply_to"] == f"pomoc+{token_of(KEYS, stage.a.id)}@gryf.example"
    assert "Proszę wyłączyć i włączyć" in first["text"]
    assert "Adam Bielski" in first["text"]
    assert first["answers"] == ("start-a@szkola5.example",)
    assert first["automatic"] is False
    async with stage.post.database.transaction() as tx:
        sent = await sent_store.sent_of_ticket(tx, stage.a.id)
    assert {one.message_id for one in sent[1:]} == {f"{one['id']}@gryf.example" for one in mails}


async def test_the_answer_to_our_answer_finds_its_ticket(stage):
    """All the way: what is composed is quoted by a program, and comes back as a reply without what we had said."""
    await stage.desk.reply(AGENT, stage.a, "Proszę wyłączyć i włączyć")
    await write_answers(stage.post)
    sent = (await stage.mails())[0]
    mail = Mail(**{key: value for key, value in sent.items() if key != "id"})
    message = message_from_bytes(compose(mail, Sender("gryf@gryf.example", "Urząd"), sent["id"], now()), policy=default)
    assert message["In-Reply-To"] == "<start-a@szkola5.example>"
    quoted = "\n".join(f"> {line}" for line in message.get_content().splitlines())
    body = f"Nie pomogło.\n\nW dniu 30.11.2026 o 9:00, Urząd pisze:\n{quoted}\n"
    for headers in ((f"In-Reply-To: {message['Message-ID']}",), (f"To: {message['Reply-To']}",)):
        (came,) = await take_in(stage.post, answer(f"back-{len(headers[0])}", *headers, body=body), "lmtp", [POMOC])
        assert (came.outcome, came.ticket_id) == ("reply", stage.a.id)
    assert (await stage.texts(stage.a.id))[-1] == "Nie pomogło."


async def test_files_go_along(stage):
    async def blocks():
        yield b"instrukcja"

    upload = await stage.post.files.receive(blocks(), limit_bytes=100, accept=frozenset({"text/plain"}), name="jak.txt")
    await actions.reply(stage.post.database, AGENT, stage.a.id, Written(text="W pliku"), stage.post.files, [upload])
    await write_answers(stage.post)
    (file,) = (await stage.mails())[0]["attachments"]
    assert (file.name, file.type, file.content) == ("jak.txt", "text/plain", b"instrukcja")


async def test_notes_and_words_of_requesters_are_sent_to_nobody(stage):
    await actions.note(stage.post.database, AGENT, stage.a.id, Written(text="To wina rzutnika"))
    await stage.desk.reply(TEACHER, stage.a, "Nadal nic")
    assert await write_answers(stage.post) == 0
    assert await stage.mails() == []


async def test_answers_about_a_ticket_have_a_limit(database, tmp_path):
    stage = await PostStage.set(database, tmp_path, answers_an_hour=3)
    for number in range(5):
        await stage.desk.reply(AGENT, stage.a, f"odpowiedź {number}")
    while await write_answers(stage.post):
        pass
    to_ola = [one for one in await stage.mails() if one["to"] == "ola@szkola5.example"]
    assert len(to_ola) == 3


async def test_a_receipt_for_a_person_and_for_nobody_else(database, tmp_path):
    stage = await PostStage.set(database, tmp_path, receipts=True)
    await take_in(stage.post, one("person"), "lmtp", [POMOC])
    (receipt,) = await stage.mails()
    ticket_id = (await stage.letters())[0].ticket_id
    assert (receipt["to"], receipt["automatic"]) == ("maria@szkola8.example", True)
    assert receipt["answers"] == ("person@corpus.example",)
    assert receipt["reply_to"] == f"pomoc+{token_of(KEYS, ticket_id)}@gryf.example"
    for headers in (
        ("Auto-Submitted: auto-generated",),
        ("Precedence: bulk",),
        ("Return-Path: <>",),
        ("Precedence: list",),
    ):
        await take_in(
            stage.post,
            one(f"m{headers}", *headers, sender="From: Jan <jan@gryf.example>", body=str(headers)),
            "lmtp",
            [POMOC],
        )
    await take_in(stage.post, answer("reply", f"To: pomoc+{token_of(KEYS, stage.a.id)}@gryf.example"), "lmtp", [POMOC])
    assert len(await stage.mails()) == 1


async def test_two_machines_do_not_talk_with_each_other(database, tmp_path):
    """Our receipt is answered by an answering machine, again and again: one receipt, and notes inside."""
    stage = await PostStage.set(database, tmp_path, receipts=True)
    await take_in(stage.post, one("person"), "lmtp", [POMOC])
    (receipt,) = await stage.mails()
    for number in range(3):
        letter = one(
            f"away-{number}",
            f"In-Reply-To: <{receipt['id']}@gryf.example>",
            "Auto-Submitted: auto-replied",
            body=f"Urlop {number}",
        )
        (came,) = await take_in(stage.post, letter, "lmtp", [POMOC])
        assert came.outcome == "note"
    while await write_answers(stage.post):
        pass
    assert len(await stage.mails()) == 1


async def test_what_our_own_server_refuses_is_told_to_the_agents(stage):
    await stage.desk.reply(AGENT, stage.a, "Odpowiedź")
    await write_answers(stage.post)
    async with stage.post.database.transaction() as tx:
        await tx.execute(
            "UPDATE mail SET refused_at = now(), content = NULL, reason = '550 5.1.1 no such user' WHERE recipient LIKE 'ola%'"
        )
    assert await tell_refused(stage.post) == 1
    assert await tell_refused(stage.post) == 0
    note = (await stage.texts(stage.a.id))[-1]
    assert "ola@szkola5.example" in note
    assert "550 5.1.1 no such user" in note
    async with stage.post.database.transaction() as tx:
        states = {one.recipient: one.state for one in await sent_store.sent_of_ticket(tx, stage.a.id)}
    assert states == {"jan@gryf.example": "sent", "ola@szkola5.example": "failed"}


async def test_a_letter_that_comes_back_sets_the_state_once(stage):
    from tests.portals.helpdesk.post.make_corpus import FOLDER

    for _ in range(2):
        await take_in(stage.post, (FOLDER / "bounce-failed.eml").read_bytes(), "lmtp", [POMOC])
    async with stage.post.database.transaction() as tx:
        (sent,) = await sent_store.sent_of_ticket(tx, stage.a.id)
        entries = await tickets.entries(tx, [stage.a.id])
    assert (sent.state, sent.status, sent.reason) == ("failed", "5.1.1", "550 5.1.1 mailbox")
    assert [one.kind for one in entries] == ["reply", "note"]
