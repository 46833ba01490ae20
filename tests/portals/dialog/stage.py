"""A consultation in a fresh database, for the tests of the core and of every part.

stage = await Stage.set(database, KIND)                  # accounts, the registry with these kinds
block = await stage.running(KIND.name, settings)         # a published consultation whose phase runs
jan = await stage.joins(JAN)                             # a participant
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from app.actor import Actor, Grant
from app.database import Database, Publication
from portals.dialog import participation, plan, store
from portals.dialog.actions import make_in
from portals.dialog.blocks import BlockKind, Blocks
from portals.dialog.clock import tell_all
from portals.dialog.model import (
    Block,
    Consultation,
    ConsultationDraft,
    Participant,
    ParticipantDraft,
    Phase,
    PhaseDraft,
)

CLERK = Actor(account_id=1, name="Beata Lipska", login="clerk", grants=(Grant("consultation_clerk", "1"),))
MODERATOR = Actor(account_id=2, name="Igor Maj", login="mod", grants=(Grant("consultation_moderator", "1"),))
JAN = Actor(account_id=3, name="Jan Wrona", login="jan")
OLA = Actor(account_id=4, name="Aleksandra Bielska", login="ola")
EWA = Actor(account_id=5, name="Ewa Żółć", login="ewa")
AUDITOR = Actor(account_id=6, name="Teresa Maj", login="auditor", grants=(Grant("auditor", "1"),))
NOBODY = Actor()
PEOPLE = (CLERK, MODERATOR, JAN, OLA, EWA, AUDITOR)
OTHERS = (NOBODY, JAN, MODERATOR, AUDITOR)
"""Who may not manage."""
WARSAW = ZoneInfo("Europe/Warsaw")
HOUR = timedelta(hours=1)


class Backplane:
    """Keeps what was published, in order."""

    def __init__(self):
        self.published: list[Publication] = []

    async def stage(self, tx, publications):
        pass

    def dispatch(self, publications):
        self.published += publications

    def doubt(self, publications):
        pass

    def announce(self, publications):
        pass

    def of(self, room: str) -> list:
        return [one.event for one in self.published if one.room == room]


class Stage:
    """What tests need: `database`, `blocks` (the registry), `backplane`, and the consultation once it is there."""

    def __init__(self, database: Database, blocks: Blocks, backplane: Backplane):
        self.database = database
        self.blocks = blocks
        self.backplane = backplane
        self.consultation: Consultation | None = None
        self.phases: list[Phase] = []

    @classmethod
    async def set(cls, database: Database, *kinds: BlockKind) -> "Stage":
        database.backplane = Backplane()
        async with database.transaction() as tx:
            for actor in PEOPLE:
                await tx.execute(
                    "INSERT INTO account (login, name, email, folded) VALUES ($1, $2, $3, lower($2))",
                    actor.login,
                    actor.name,
                    f"{actor.login}@gryf.example",
                )
        blocks = Blocks({})
        for kind in kinds:
            blocks.add(kind)
        return cls(database, blocks, database.backplane)

    async def make(self, title: str = "Plac Zwycięstwa", **draft: Any) -> Consultation:
        """A draft; `draft`: other fields of ConsultationDraft (`open_to="verified"`, `shown_as=("anonymous",)`…)."""
        words = {"summary": "Jak ma wyglądać plac?", "contact": "konsultacje@gryf.example", **draft}
        async with self.database.transaction() as tx:
            self.consultation = await make_in(tx, CLERK, "empty", ConsultationDraft(title=title, **words))
        return self.consultation

    async def phase(self, starts: timedelta = -HOUR, ends: timedelta = HOUR, title: str = "Opinie") -> Phase:
        """A phase of the consultation, in hours from now."""
        async with self.database.transaction() as tx:
            now = await tx.now()
            draft = PhaseDraft(title=title, starts_at=now + starts, ends_at=now + ends)
            self.phases.append(await store.add_phase(tx, self.consultation.id, draft))
        return self.phases[-1]

    async def block(
        self, kind: str, settings: Mapping[str, Any] | msgspec.Struct | None = None, phase: Phase | None = None
    ) -> Block:
        return await plan.add_block(
            self.database,
            self.blocks,
            CLERK,
            self.consultation.id,
            kind,
            phase_id=phase.id if phase else None,
            settings=settings,
        )

    async def publish(self) -> None:
        """Without the checklist; the phases that run have been told of."""
        async with self.database.transaction() as tx:
            self.consultation = await store.publish_consultation(tx, self.consultation.id)
        await self.tick()

    async def running(
        self, kind: str, settings: Mapping[str, Any] | msgspec.Struct | None = None, **draft: Any
    ) -> Block:
        """A published consultation, one phase that began an hour ago and lasts one more, one block in it."""
        await self.make(**draft)
        block = await self.block(kind, settings, await self.phase())
        await self.publish()
        return block

    async def joins(self, actor: Actor, **draft: Any) -> Participant:
        """`draft`: fields of ParticipantDraft, such as `shown_as="pseudonym"`, `kind="business"`."""
        draft.setdefault("shown_as", self.consultation.shown_as[0])
        return await participation.join(self.database, actor, self.consultation.id, ParticipantDraft(**draft))

    async def end(self, phase: Phase | None = None) -> None:
        """The phase (the only one) ends now; its blocks have heard of it."""
        phase = phase or self.phases[0]
        async with self.database.transaction() as tx:
            await tx.execute("UPDATE consultation_phase SET ends_at = clock_timestamp() WHERE id = $1", phase.id)
        await self.tick()

    async def tick(self) -> int:
        """What the clock's service does; how much was told."""
        return await tell_all(self.database, self.blocks)

    async def audited(self) -> list[str]:
        async with self.database.transaction() as tx:
            return [row["action"] for row in await tx.records("SELECT action FROM audit_entry ORDER BY id")]
