"""A consultation with every kind of block on the whole site, and in each what must leave and what must not.

Jan is known by name, Ola to the office alone, Ewa has let herself be erased. In each block that takes words there is one
entry of each of them, one that a moderator has hidden, one that its author has withdrawn, and one that is a formula.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.actor import Actor
from app.database import DATABASE
from app.throttle import store as throttle_store
from app.wire import section
from portals.dialog import participation
from portals.dialog.ballots import actions as ballots
from portals.dialog.ballots import store as ballot_store
from portals.dialog.ballots.model import OptionDraft, VoteSettings
from portals.dialog.ballots.urn import URN
from portals.dialog.blocks import BLOCKS
from portals.dialog.budget import actions as budget
from portals.dialog.budget.model import CostItem, ProjectDraft
from portals.dialog.demo import demo_actors
from portals.dialog.discussion import actions as discussion
from portals.dialog.discussion import moderation
from portals.dialog.discussion.model import CommentDraft
from portals.dialog.map import actions as maps
from portals.dialog.map import desk as map_desk
from portals.dialog.map.model import Bounds, EntryDraft
from portals.dialog.materials import actions as materials
from portals.dialog.materials.model import Content, MaterialDraft
from portals.dialog.meeting import actions as meeting
from portals.dialog.meeting import air
from portals.dialog.model import ParticipantDraft
from portals.dialog.opinions import actions as opinions
from portals.dialog.outcome import actions as outcome
from portals.dialog.outcome import views
from portals.dialog.outcome.model import Chosen
from portals.dialog.remarks import actions as remarks
from portals.dialog.remarks import drafting, version_store
from portals.dialog.remarks.model import NewRemark
from portals.dialog.settings import DialogSettings
from portals.dialog.surveys import actions as surveys
from portals.dialog.surveys import desk as survey_desk
from portals.dialog.surveys.actions import CHANGED
from portals.dialog.surveys.model import QuestionDraft, SurveySettings
from tests.portals.dialog.stage import Backplane, Stage

FORMULA = '=HYPERLINK("https://zlo.example";"kliknij tutaj")'
NEVER = ("UKRYTE", "WYCOFANE", "Cicha", "Aleksandra", "Bielska", "Jankowska", "ewa.mieszkanka", "ola.mieszkanka")
"""What the public finds nowhere. The office knows Ola's name and what was hidden; erased and withdrawn is gone for it too."""
GONE = ("Jankowska", "ewa.mieszkanka")
CITY = Bounds(16.9, 54.4, 17.14, 54.52)
POINT = {"type": "Point", "coordinates": [17.028, 54.464]}


class Exported:
    """`slug`, `number` and the ids of what was made (`ids`, by kind), for addresses."""

    def __init__(self, site: Any, actors: Mapping[str, Actor]) -> None:
        self.app, self.database = site.app, site.app[DATABASE]
        self.jan, self.ola, self.ewa = actors["resident"], actors["resident2"], actors["resident3"]
        self.clerk, self.moderator = actors["consultation_clerk"], actors["consultation_moderator"]
        self.stage = Stage(self.database, site.app[BLOCKS], Backplane())
        self.ids: dict[str, int] = {}

    @classmethod
    async def make(cls, site: Any) -> "Exported":
        made = cls(site, await demo_actors(site.app))
        await made._open()
        for fill in (made._talk, made._remarks, made._map, made._surveys, made._budget, made._materials):
            await fill()
        for fill in (made._meeting, made._opinions, made._vote, made._leave, made._answers):
            await fill()
        return made

    @property
    def places(self) -> dict[str, str]:
        """What stands in the addresses' places."""
        consultation = self.stage.consultation
        return {"slug": consultation.slug, "consultation_id": str(consultation.id)}

    async def _open(self) -> None:
        stage = self.stage
        await stage.make("Wszystkie drogi", shown_as=("name", "anonymous", "pseudonym"))
        settings = {
            "surveys": SurveySettings(results="during", texts_public=True, hide_small=False),
            "ballots": VoteSettings(most=2),
        }
        running, voting = await stage.phase(), await stage.phase(title="Głosowanie")
        kinds = ("discussion", "remarks", "map", "surveys", "budget", "materials", "meeting", "opinions", "outcome")
        for kind in (*kinds, "ballots"):
            block = await stage.block(kind, settings.get(kind), voting if kind == "ballots" else running)
            self.ids[kind] = block.id
        for title in (FORMULA, "Park"):
            async with self.database.transaction() as tx:
                await ballot_store.add_option(tx, self.ids["ballots"], OptionDraft(title=title))
        await stage.publish()
        await self._execute("UPDATE account SET created_at = now() - interval '60 days'")
        districts = section(self.app, DialogSettings).districts  # those of whoever was checked count
        for actor, shown_as in ((self.jan, "name"), (self.ola, "anonymous"), (self.ewa, "name")):
            draft = ParticipantDraft(shown_as=shown_as, pseudonym="" if actor is not self.ola else "Cicha Woda")
            await participation.join(self.database, actor, stage.consultation.id, draft, districts)

    async def _execute(self, statement: str) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(statement)

    async def _free(self) -> None:
        """Nobody is slowed down."""
        async with self.database.transaction() as tx:
            await throttle_store.forget_buckets(tx)
            await tx.execute("DELETE FROM throttle")

    async def _six(self, kind: str, say: Callable[[Actor, str], Awaitable[Any]]) -> tuple[Any, Any]:
        """Says six things; returns the one to hide and the one to withdraw."""
        made = {}
        for actor, word in (
            (self.jan, "JAWNE"),
            (self.ola, "ANONIM"),
            (self.ewa, "ODESZŁA"),
            (self.jan, FORMULA),
            (self.jan, "UKRYTE"),
            (self.jan, "WYCOFANE"),
        ):
            await self._free()
            made[word] = await say(actor, word if word == FORMULA else f"{word} w bloku {kind}")
        return made["UKRYTE"], made["WYCOFANE"]

    async def _talk(self) -> None:
        async def say(actor: Actor, text: str) -> Any:
            draft = CommentDraft(text=text)
            return (await discussion.post_comment(self.database, actor, self.ids["discussion"], draft)).comment

        hidden, withdrawn = await self._six("discussion", say)
        await moderation.refuse(self.database, self.moderator, hidden.id, "Dane innej osoby")
        await discussion.withdraw_comment(self.database, self.jan, withdrawn.id)
        self.ids["comment"] = hidden.id

    async def _remarks(self) -> None:
        block = self.ids["remarks"]
        await drafting.make_version(self.database, self.clerk, block, 0, "§ 1. Plac jest strefą pieszą.")
        async with self.database.transaction(readonly=True) as tx:
            (paragraph,) = await version_store.paragraphs(tx, (await version_store.newest(tx, block)).id)

        async def say(actor: Actor, text: str) -> Any:
            new = NewRemark(paragraph_id=paragraph.paragraph_id, version=1, text=text, quote="", starts=0)
            return await remarks.add_remark(self.database, actor, block, new)

        hidden, withdrawn = await self._six("remarks", say)
        await remarks.hide_remark(self.database, self.moderator, hidden.id, "Dane innej osoby")
        await remarks.withdraw_remark(self.database, self.jan, withdrawn.id)
        self.ids["remark"] = hidden.id

    async def _map(self) -> None:
        block = self.ids["map"]
        category = await map_desk.add_category(self.database, self.clerk, block, "Zieleń", "green", "circle")

        async def say(actor: Actor, text: str) -> Any:
            draft = EntryDraft(category_id=category, text=text, geometry=POINT, address=text[:60])
            return await maps.add_entry(self.database, actor, block, draft, CITY)

        hidden, withdrawn = await self._six("map", say)
        await maps.hide_entry(self.database, self.moderator, hidden.id, "Dane innej osoby")
        await maps.withdraw_entry(self.database, self.jan, withdrawn.id)
        self.ids["entry"] = hidden.id

    async def _surveys(self) -> None:
        """A person has one answer; what one has handed in twice is the last one."""
        block = self.ids["surveys"]
        await survey_desk.add_question(
            self.database, self.clerk, block, QuestionDraft(type="text", text="Czego brakuje?", required=True)
        )
        changed, sent = self.app[CHANGED], {}
        for actor, text in (
            (self.jan, "WYCOFANE w bloku surveys"),
            (self.jan, FORMULA),
            (self.ola, "UKRYTE w bloku surveys"),
            (self.ewa, "ODESZŁA w bloku surveys"),
        ):
            await self._free()
            sent[text] = await surveys.send(self.database, changed, actor, block, None, {"q1": text})
        await survey_desk.hide(self.database, changed, self.moderator, sent["UKRYTE w bloku surveys"].id, "Obraża")

    async def _budget(self) -> None:
        block = self.ids["budget"]

        async def say(actor: Actor, text: str) -> Any:
            draft = ProjectDraft(
                title=text,
                summary=text,
                description="Ławki co sto metrów, z oparciem i podłokietnikami, żeby każdy mógł odpocząć po drodze.",
                place="Bulwary nad rzeką",
                items=(CostItem("Ławki", 24_000),),
            )
            made = await budget.make_project(self.database, actor, block, draft)
            return made if text.startswith("UKRYTE") else await budget.submit(self.database, actor, made.id)

        _draft, withdrawn = await self._six("budget", say)  # what is hidden here is a draft: its author's alone
        await budget.withdraw(self.database, self.jan, withdrawn.id)

    async def _materials(self) -> None:
        for title, text in (("Plan", "JAWNE w bloku materials"), ("Stary plan", "UKRYTE w bloku materials")):
            made = await materials.add_material(
                self.app, self.clerk, self.ids["materials"], "text", MaterialDraft(title=title), Content(text=text)
            )
        await materials.remove_material(self.database, self.clerk, made.id, "Dane osobowe")

    async def _meeting(self) -> None:
        block = self.ids["meeting"]
        await air.start(self.app, self.clerk, block)

        async def ask(actor: Actor, text: str) -> Any:
            return await meeting.ask(self.database, actor, block, text)

        async def say(actor: Actor, text: str) -> Any:
            return await meeting.say(self.database, actor, block, text)

        for one in await self._six("meeting", ask):
            await meeting.settle(self.database, self.moderator, block, one.id, "dismissed", "Dane innej osoby")
        for one in await self._six("meeting", say):
            await meeting.hide(self.database, self.moderator, block, one.id, hidden=True)

    async def _opinions(self) -> None:
        async def say(actor: Actor, text: str) -> Any:
            made = await opinions.suggest(self.database, actor, self.ids["opinions"], f"{text} naprawdę")
            return await opinions.decide(self.database, self.moderator, made.id, "", show=True)

        for one in await self._six("opinions", say):
            await opinions.decide(self.database, self.moderator, one.id, "Dwie myśli w jednym zdaniu", show=False)

    async def _vote(self) -> None:
        async with self.database.transaction(readonly=True) as tx:
            options = [one.id for one in await ballot_store.options(tx, self.ids["ballots"])]
        for actor in (self.jan, self.ola, self.ewa):
            await self._free()
            marks = dict.fromkeys(options[: 1 + (actor is self.jan)], 1)
            await ballots.cast(self.database, self.app[URN], actor, self.ids["ballots"], marks)
        await self.stage.end(self.stage.phases[1])

    async def _leave(self) -> None:
        """Ewa's account is erased, in the whole city."""
        assert self.ewa.account_id is not None
        await participation.erase_account(self.database, self.app[BLOCKS], self.ewa, self.ewa.account_id)

    async def _answers(self) -> None:
        """The office answers everything that has been said, also what was hidden afterwards."""
        block = self.ids["outcome"]
        async with self.database.transaction(readonly=True) as tx:
            entries = await views.entries(tx, self.app[BLOCKS], self.stage.consultation, self.clerk)
        chosen = [Chosen(one.block_id, one.ref, 0) for one in entries]
        await outcome.answer(
            self.database, self.app[BLOCKS], self.clerk, block, chosen, "considered", "Odpowiedź urzędu"
        )
        await outcome.publish(self.database, self.clerk, block, "# Wnioski", 0)
