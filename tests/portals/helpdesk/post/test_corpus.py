"""Every letter of the corpus, through both ways in: what it becomes is what stands beside it. None stops the rest."""

import csv
import re

import pytest

from portals.helpdesk import part_store
from portals.helpdesk import store as tickets
from portals.helpdesk.post import store
from portals.helpdesk.post.imap import Reader
from portals.helpdesk.post.lmtp import listening
from portals.helpdesk.post.reading.headers import mailboxes, split_headers
from tests.portals.helpdesk.post.mailbox import FakeMailbox
from tests.portals.helpdesk.post.make_corpus import FOLDER, huge, kept
from tests.portals.helpdesk.post.stage import ADDRESSES, PostStage, hand_in_soon

with (FOLDER / "outcomes.csv").open(encoding="utf-8", newline="") as file:
    OUTCOMES = list(csv.DictReader(file, delimiter=";"))


def raw_of(name: str) -> bytes:
    large = huge()
    return large[name]() if name in large else (FOLDER / f"{name}.eml").read_bytes()


def recipients_of(raw: bytes) -> list[str]:
    """Whom a mail server would hand it in for."""
    headers = split_headers(re.split(rb"\n\n", raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n"))[0])
    return [one.address for one in mailboxes(headers.first("to"))] or [ADDRESSES[0]]


def test_every_file_has_its_outcome_and_is_what_its_maker_makes():
    names = [one["file"] for one in OUTCOMES]
    assert len(names) == len(set(names)) >= 100
    assert {path.stem for path in FOLDER.glob("*.eml")} | set(huge()) == set(names)
    assert {name: make() for name, make in kept().items()} == {
        path.stem: path.read_bytes() for path in FOLDER.glob("*.eml")
    }
    assert all(one["why"] for one in OUTCOMES)


async def became(stage: PostStage, letters) -> dict:
    """What a letter became, in the words of the table."""
    said = {"outcome": " ".join(one.outcome for one in letters), "reason": letters[0].reason, "via": letters[-1].via}
    async with stage.post.database.transaction() as tx:
        ticket = await tickets.ticket(tx, letters[0].ticket_id) if letters[0].ticket_id else None
        withheld = await store.withheld(tx, letters[0].id)
        if ticket is None:
            return {**said, "ticket": "", "subject": "", "text": "", "kept": [], "withheld": withheld}
        entries = await tickets.entries(tx, [ticket.id])
        found = await tx.value("SELECT entry_id FROM helpdesk_letter WHERE id = $1", letters[0].id)
        entry = next((one for one in entries if one.id == found), entries[0])
        related = {one.id for one in await part_store.related(tx, ticket.id)}
    known = {stage.a.id: "A", stage.b.id: "B"}
    if letters[0].outcome == "ticket":
        link = next((known[one] for one in related if one in known), "")
        if letters[1:]:
            assert letters[1].ticket_id in related
        said["ticket"] = link
    else:
        said["ticket"] = known.get(ticket.id, ticket.number)
    return {
        **said,
        "subject": ticket.subject,
        "text": entry.text,
        "kept": [one.name for one in entry.files],
        "withheld": withheld,
    }


def faults(row: dict, found: dict) -> list[str]:
    """Where the two differ."""
    wrong = [f"{key}: {found[key]!r}" for key in ("outcome", "ticket", "via", "reason") if found[key] != row[key]]
    if row["subject"] and not found["subject"].startswith(row["subject"]):
        wrong.append(f"subject: {found['subject']!r}")
    if row["text"] and row["text"] not in found["text"].replace("  \n", "\n"):
        wrong.append(f"text: {found['text'][:200]!r}")
    if row["kept"].startswith("*"):
        wrong += [] if len(found["kept"]) == int(row["kept"][1:]) else [f"kept: {found['kept']}"]
    elif found["kept"] != [one for one in row["kept"].split("|") if one]:
        wrong.append(f"kept: {found['kept']}")
    back = [f"{one.name}={one.reason}" for one in found["withheld"]]
    if row["withheld"].startswith("*"):
        back = [f"*{len(back)}={found['withheld'][0].reason}"]
    if back != [one for one in row["withheld"].split("|") if one]:
        wrong.append(f"withheld: {back}")
    return wrong


async def check(stage: PostStage, batches: dict[str, list[int]], *, at_the_door: set[str]) -> None:
    letters = {one.id: one for one in await stage.letters()}
    wrong = {}
    for row in OUTCOMES:
        if row["file"] in at_the_door:
            continue
        mine = [letters[one] for one in batches[row["file"]]]
        if not mine:
            wrong[row["file"]] = ["nothing came of it"]
        elif found := faults(row, await became(stage, mine)):
            wrong[row["file"]] = found
    assert wrong == {}


async def newest(stage: PostStage) -> int:
    return max((one.id for one in await stage.letters()), default=0)


async def test_by_lmtp(database, tmp_path):
    stage = await PostStage.set(database, tmp_path, lmtp="127.0.0.1:0")
    batches, refused = {}, set()
    async with listening(stage.post) as where:
        for row in OUTCOMES:
            raw = raw_of(row["file"])
            before = {one.id for one in await stage.letters()}
            answers = await hand_in_soon(where, raw, recipients_of(raw))
            if any(code == 550 for code, _words in answers.values()):
                refused.add(row["file"])
            else:
                assert {code for code, _words in answers.values()} == {250}, (row["file"], answers)
            batches[row["file"]] = [one.id for one in await stage.letters() if one.id not in before]
    assert refused == {"no-address"}
    await check(stage, batches, at_the_door=refused)


async def test_by_imap(database, tmp_path):
    mailbox = FakeMailbox()
    async with mailbox.serving() as port:
        stage = await PostStage.set(
            database, tmp_path, imap_host="127.0.0.1", imap_port=port, imap_security="none", imap_user="pomoc"
        )
        reader = Reader(stage.post)
        batches = {}
        async with reader._connected() as (client, uidvalidity):
            for row in OUTCOMES:
                before = {one.id for one in await stage.letters()}
                uid = mailbox.put(raw_of(row["file"]))
                assert await reader.read_new(client, uidvalidity) == 1, row["file"]
                assert uid in mailbox.seen
                batches[row["file"]] = [one.id for one in await stage.letters() if one.id not in before]
            assert await reader.read_new(client, uidvalidity) == 0
    await check(stage, batches, at_the_door=set())


async def test_both_ways_and_twice_are_once(database, tmp_path):
    """Import is idempotent: what came by one way and comes by the other, or again, makes nothing."""
    from portals.helpdesk.post.intake import take_in

    stage = await PostStage.set(database, tmp_path)
    names = [one["file"] for one in OUTCOMES if one["outcome"] != "aside"][:40]
    for name in names:
        await take_in(stage.post, raw_of(name), "imap")
    first = [(one.id, one.outcome, one.ticket_id) for one in await stage.letters()]
    async with database.transaction() as tx:
        count = await tx.value("SELECT count(*) FROM ticket_entry")
    for name in names:
        raw = raw_of(name)
        came = await take_in(
            stage.post,
            b"Received: by another way\r\n" + raw.removeprefix(b"From maria Mon Nov 30 10:00:00 2026\r\n"),
            "lmtp",
            recipients_of(raw),
        )
        assert all(one.repeated for one in came), name
    assert [(one.id, one.outcome, one.ticket_id) for one in await stage.letters()] == first
    async with database.transaction() as tx:
        assert await tx.value("SELECT count(*) FROM ticket_entry") == count


@pytest.mark.parametrize("name", ["nested-too-deep", "from-twice", "nothing"])
async def test_what_is_set_aside_keeps_its_raw_bytes(database, tmp_path, name):
    from portals.helpdesk.post.intake import take_in
    from portals.helpdesk.post.releasing import raw_of as stored_raw

    stage = await PostStage.set(database, tmp_path)
    await take_in(stage.post, raw_of(name), "lmtp", [ADDRESSES[0]])
    (line,) = await stage.letters()
    async with database.transaction() as tx:
        _stored, raw = await stored_raw(stage.post, tx, line)
    assert raw == raw_of(name)
    assert line.waits
