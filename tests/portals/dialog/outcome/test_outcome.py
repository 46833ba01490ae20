"""What became of contributions: answers, letters, digests, the report, and that nothing hidden leaves the portal."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from app.actor import ANONYMOUS
from app.config import City
from app.errors import Conflict, Invalid, NotFound
from app.i18n import Locales
from app.identity.keys import Keys
from app.identity.post import Post
from app.mail.message import Mail
from portals.dialog import participation
from portals.dialog.blocks import BlockKind, Contribution, Figure, NoSettings
from portals.dialog.outcome import actions, exporting, letters, rules, store, views
from portals.dialog.outcome.feature import kind
from portals.dialog.outcome.model import Answered, Chosen, ConclusionsPublished, outcome_room
from portals.dialog.small_numbers import told_counts
from tests.portals.dialog.stage import AUDITOR, CLERK, EWA, HOUR, JAN, OLA, OTHERS, Stage

ROOT = Path(__file__).resolve().parents[4]
SAID = {"jan": '=HYPERLINK("x") Więcej ławek', "ola": "Zażółć łąki", "ewa": "Słowa ukryte"}
WARSAW = ZoneInfo("Europe/Warsaw")


class Wall:
    """A kind of block with what people put on it; its owner hides and takes away."""

    def __init__(self):
        self.said: list[Contribution] = []
        self.kind = BlockKind(
            name="wall",
            label="Wall",
            description="Wall",
            data=self.data,
            contributions=self.given,
            figures=self.figures,
        )

    async def data(self, _tx, _actor, _place):
        return NoSettings()

    async def given(self, _tx, _actor, _place):
        return list(self.said)

    async def figures(self, _tx, _actor, _place):
        return [Figure("Comments", len(self.said))]

    async def put(self, stage, block, name, participant_id):
        async with stage.database.transaction() as tx:
            at = await tx.now() - timedelta(minutes=2)
        self.said.append(
            Contribution(
                block_id=block.id, ref=f"say/{name}", participant_id=participant_id, text=SAID.get(name, name), at=at,
                path=f"/dialog/x#{name}",
            )
        )  # fmt: skip

    def change(self, name, **values):
        self.said = [msgspec.structs.replace(one, **values) if one.ref == f"say/{name}" else one for one in self.said]


class Scene:
    """A running consultation: Jan under his name, Ola anonymous, Ewa under a pseudonym."""

    @classmethod
    async def set(cls, database):
        self = cls()
        self.wall = Wall()
        self.stage = stage = await Stage.set(database, self.wall.kind)
        stage.blocks.add(kind(stage.blocks))
        await stage.make(shown_as=("name", "pseudonym", "anonymous"))
        self.block = await stage.block("wall", None, await stage.phase(-24 * HOUR, 24 * HOUR))
        self.outcome = await stage.block("outcome", None)
        await stage.publish()
        self.jan = await stage.joins(JAN)
        self.ola = await stage.joins(OLA, shown_as="anonymous")
        self.ewa = await stage.joins(EWA, shown_as="pseudonym", pseudonym="Sowa")
        for name, person in (("jan", self.jan), ("ola", self.ola), ("ewa", self.ewa)):
            await self.wall.put(stage, self.block, name, person.id)
        city = City()
        post = Post(Locales.read(ROOT, city), city, "https://gryf.example")
        self.desk = letters.Desk(database, stage.blocks, post, Keys(b"k" * 32))
        return self

    def chosen(self, *names, rev=0):
        return [Chosen(self.block.id, f"say/{name}", rev) for name in names]

    async def answer(self, *names, status="accepted", text="**Tak**", rev=0, actor=CLERK):
        where = self.stage
        return await actions.answer(
            where.database, where.blocks, actor, self.outcome.id, self.chosen(*names, rev=rev), status, text
        )

    async def execute(self, sql, *values):
        async with self.stage.database.transaction() as tx:
            return await tx.execute(sql, *values)

    async def mails(self):
        async with self.stage.database.transaction() as tx:
            rows = await tx.records("SELECT content FROM mail ORDER BY created_at, id")
        return [msgspec.msgpack.decode(row["content"], type=Mail) for row in rows]

    async def letters(self):
        await self.execute("UPDATE outcome_letter SET due_at = clock_timestamp()")
        return await letters.tell_authors(self.desk)

    async def report(self):
        async with self.stage.database.transaction(readonly=True) as tx:
            return await views.report(tx, self.stage.blocks, self.stage.consultation)


@pytest.fixture
async def scene(database):
    return await Scene.set(database)


async def test_many_are_answered_at_once_and_all_or_none(scene):
    assert await scene.answer("jan", "ola") == 2
    events = scene.stage.backplane.of(outcome_room(scene.outcome.id))
    assert [(one.answer.ref, one.answer.status) for one in events] == [("say/jan", "accepted"), ("say/ola", "accepted")]
    assert all(isinstance(one, Answered) for one in events)
    assert "outcome.answer" in await scene.stage.audited()
    with pytest.raises(Conflict):  # the second clerk has not seen Jan's answer
        await scene.answer("ewa", "jan", status="rejected")
    async with scene.stage.database.transaction() as tx:
        assert len(await store.answers(tx, scene.stage.consultation.id)) == 2
    assert await scene.answer("jan", status="partly", rev=1) == 1


async def test_what_is_wrong_with_an_answer_is_said_beside_its_field(scene):
    for names, status, text, field in (
        ((), "accepted", "Tak", "chosen"),
        (("jan",), "rejected", " ", "answer"),
        (("jan",), "else", "Tak", "decision"),
        (("jan",), "later", "x" * 20_001, "answer"),
    ):
        with pytest.raises(Invalid) as problem:
            await scene.answer(*names, status=status, text=text)
        assert field in problem.value.fields
    with pytest.raises(Conflict):
        await scene.answer("nobody")
    assert await scene.answer("jan", status="considered", text="") == 1


async def test_only_clerks_answer_and_write(scene):
    for actor in OTHERS:
        with pytest.raises(NotFound):
            await scene.answer("jan", actor=actor)
        for act in (actions.save_draft, actions.publish):
            with pytest.raises(NotFound):
                await act(scene.stage.database, actor, scene.outcome.id, "Wnioski", 0)
    with pytest.raises(NotFound):
        await actions.set_rhythm(scene.stage.database, ANONYMOUS, scene.stage.consultation.id, "daily")


async def test_authors_get_one_letter_for_a_decision(scene):
    await scene.answer("jan", status="considered", text="")
    assert await scene.letters() == 0
    await scene.answer("jan", rev=1)
    await scene.answer("jan", text="Tak, od maja", rev=2)  # corrected: the same decision
    assert await scene.letters() == 1
    assert await scene.letters() == 0
    (mail,) = await scene.mails()
    assert mail.to == "jan@gryf.example"
    assert "Tak, od maja" in mail.text
    assert "Więcej ławek" in mail.text
    assert mail.leave.startswith("https://gryf.example/dialog/mine/leave/3.")
    await scene.answer("jan", status="rejected", text="Jednak nie", rev=3)
    assert await scene.letters() == 1


async def test_what_was_hidden_erased_or_not_wanted_is_not_told(scene):
    await scene.answer("jan", "ola", "ewa")
    scene.wall.change("ewa", visible=False)
    await participation.erase(scene.stage.database, scene.stage.blocks, CLERK, scene.ola.id)
    await actions.set_rhythm(scene.stage.database, JAN, scene.stage.consultation.id, "none")
    assert await scene.letters() == 0
    assert await scene.mails() == []
    scene.wall.change("ewa", visible=True)
    assert await scene.letters() == 0  # settled
    told = scene.stage.backplane.of(outcome_room(scene.outcome.id))
    scene.wall.change("ewa", visible=False)
    await scene.answer("ewa", rev=1)  # the clerk may answer what is hidden; nobody hears of it
    assert scene.stage.backplane.of(outcome_room(scene.outcome.id)) == told


async def test_an_address_that_takes_no_mail_holds_up_nobody(scene):
    await scene.execute("UPDATE account SET email = 'jan bez małpy' WHERE id = 3")
    await scene.answer("jan", "ewa")
    assert await scene.letters() == 1
    assert [mail.to for mail in await scene.mails()] == ["ewa@gryf.example"]


async def test_nothing_hidden_deleted_anonymous_or_erased_leaves_in_an_export(scene):
    await scene.wall.put(scene.stage, scene.block, "gone", scene.jan.id)
    await scene.answer("jan", "ola", "ewa", "gone")
    hidden = scene.stage.backplane.of(outcome_room(scene.outcome.id))
    assert len(hidden) == 4
    scene.wall.change("ewa", visible=False)  # hidden
    scene.wall.said = [one for one in scene.wall.said if one.ref != "say/gone"]  # deleted
    await participation.erase(scene.stage.database, scene.stage.blocks, JAN, scene.jan.id)  # erased
    report = await scene.report()
    locale = scene.desk.post.locales.get("pl")
    now = datetime.now(UTC)
    made = exporting.open_report(scene.stage.consultation, report, "https://gryf.example", locale, now)
    document = exporting.document(scene.stage.consultation, report, "Urząd", locale, now)
    files = [exporting.json_of(made).decode(), exporting.csv_of(made).decode(), msgspec.json.encode(document).decode()]
    for text in files:
        assert "Zażółć łąki" in text
        for secret in (
            "Słowa ukryte",
            "gone",
            "Jan Wrona",
            "Aleksandra",
            "Bielska",
            "Ewa",
            "Sowa",
            "ola@",
            scene.ola.pseudonym,
        ):
            assert secret not in text
    rows = list(csv.DictReader(io.StringIO(files[1].removeprefix("\ufeff")), delimiter=";"))
    assert [(row["author_shown"], row["author"]) for row in rows] == [("erased", ""), ("anonymous", "")]
    assert rows[0]["text"].startswith("'=HYPERLINK")
    assert msgspec.json.decode(files[0], type=type(made), strict=True) == made
    assert set(exporting.schema()["$defs"]) >= {"OpenReport", "OpenContribution"}
    assert report.statuses["accepted"] == 2
    pdf = exporting.pdf_of(document, now)
    assert pdf.startswith(b"%PDF")
    assert b"/StructTreeRoot" in pdf


async def test_a_kind_that_shows_no_authors_names_nobody_here_either(scene):
    scene.wall.change("jan", named=False)
    report = await scene.report()
    assert [(one.author.shown, one.author.name) for one in report.entries[:1]] == [("anonymous", "")]
    await scene.answer("jan")
    assert await scene.letters() == 1  # the author hears of it all the same


async def test_few_people_are_not_told(scene):
    turnout = (await scene.report()).turnout
    assert (turnout.people, turnout.kinds, turnout.contributors) == (None, [], None)
    assert told_counts({"a": 9, "b": 3, "c": 6}) == {"a": 9, "b": None, "c": None}
    assert told_counts({"a": 9, "b": 3, "c": 4}) == {"a": 9, "b": None, "c": None}
    assert told_counts({"a": 5, "b": 0}) == {"a": 5, "b": 0}
    assert told_counts({"a": 4}) == {"a": None}


async def test_conclusions_become_versions(scene):
    database, block = scene.stage.database, scene.outcome.id
    draft = await actions.save_draft(database, CLERK, block, "Szkic", 0)
    assert (await scene.report()).versions == []
    with pytest.raises(Conflict):
        await actions.save_draft(database, CLERK, block, "Inny", 0)
    with pytest.raises(Invalid):
        await actions.publish(database, CLERK, block, "  ", draft.rev)
    assert (await actions.publish(database, CLERK, block, "# Wnioski", draft.rev)).number == 1
    assert (await actions.publish(database, CLERK, block, "# Wnioski 2", draft.rev + 1)).number == 2
    assert [one.text for one in (await scene.report()).versions] == ["# Wnioski 2", "# Wnioski"]
    assert scene.stage.backplane.of(outcome_room(block)) == [ConclusionsPublished(1), ConclusionsPublished(2)]
    assert (await scene.stage.audited())[-3:] == ["outcome.draft", "outcome.publish", "outcome.publish"]


async def test_a_digest_tells_what_may_be_read_once(scene):
    consultation = scene.stage.consultation.id
    for actor, rhythm in ((JAN, "daily"), (OLA, "weekly"), (EWA, "own"), (AUDITOR, "daily")):
        await actions.set_rhythm(scene.stage.database, actor, consultation, rhythm)
    await scene.answer("ola")
    await scene.execute(
        "UPDATE outcome_follow SET told_at = told_at - interval '8 days', looked_at = looked_at - interval '8 days'"
    )
    await scene.execute("UPDATE outcome_answer SET answered_at = answered_at - interval '2 minutes'")
    scene.wall.change("ewa", visible=False)
    assert await letters.send_digests(scene.desk) == 3
    assert await letters.send_digests(scene.desk) == 0
    mails = {mail.to: mail for mail in await scene.mails()}
    assert set(mails) == {"jan@gryf.example", "ola@gryf.example", "auditor@gryf.example"}
    jan = mails["jan@gryf.example"].text
    assert "Plac Zwycięstwa" in jan
    assert "• 1 nowy głos\n   – Zażółć łąki" in jan
    assert "• 1 odpowiedź urzędu" in jan
    assert "Więcej ławek" not in jan  # his own
    assert all("Słowa ukryte" not in mail.text for mail in mails.values())
    assert rules.left_by(scene.desk.keys, mails["jan@gryf.example"].leave.rpartition("/")[2]) == (3, [consultation], [])


async def test_digests_go_out_in_the_morning():
    def due(rhythm, *when):
        return rules.due_before(rhythm, datetime(*when, tzinfo=WARSAW), WARSAW)

    assert due("daily", 2026, 11, 29, 6, 59) == datetime(2026, 11, 28, 7, tzinfo=WARSAW)
    assert due("daily", 2026, 11, 29, 7, 0) == datetime(2026, 11, 29, 7, tzinfo=WARSAW)
    assert due("weekly", 2026, 11, 29, 12) == datetime(2026, 11, 23, 7, tzinfo=WARSAW)
    assert due("weekly", 2026, 11, 30, 6) == datetime(2026, 11, 23, 7, tzinfo=WARSAW)
    assert due("weekly", 2026, 11, 30, 8) == datetime(2026, 11, 30, 7, tzinfo=WARSAW)


async def test_a_letters_link_leaves_and_nothing_else(scene):
    consultation = scene.stage.consultation.id
    await actions.set_rhythm(scene.stage.database, JAN, consultation, "instant")
    token = rules.leave_token(scene.desk.keys, 3, [consultation])
    assert rules.left_by(scene.desk.keys, token) == (3, [consultation], [])
    assert rules.left_by(scene.desk.keys, rules.leave_token(scene.desk.keys, 3, [], [5, 7])) == (3, [], [5, 7])
    for wrong in (token.replace("3.", "4.", 1), token[:-1], "", "..", f"3.{consultation}.", "3.x." + token[-43:]):
        assert rules.left_by(scene.desk.keys, wrong) is None
    for _again in range(2):
        await actions.leave(scene.stage.database, 3, [consultation, 999_999])
    async with scene.stage.database.transaction() as tx:
        assert (await store.following(tx, 3, consultation)).rhythm == "none"
    await scene.execute("UPDATE outcome_follow SET looked_at = looked_at - interval '8 days'")
    assert await letters.send_digests(scene.desk) == 0


def test_a_ticked_box_names_a_contribution():
    assert rules.chosen_of("12:comment/3:1") == Chosen(12, "comment/3", 1)
    assert rules.chosen_of("12:a:b:0") == Chosen(12, "a:b", 0)
    for wrong in ("", "12", "12:x", "x:comment/3:1", "12::1", "12:a:-1", "²:a:1"):
        assert rules.chosen_of(wrong) is None
