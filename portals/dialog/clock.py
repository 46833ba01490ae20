"""The moment a phase begins or ends: told once, by whichever process comes first, and made up for after a restart.

The clock alone decides what is open (`rules.when_open`); this only tells of it: pages by the room, parts
by their hooks.
"""

import asyncio
from collections.abc import AsyncIterator
from itertools import groupby
from typing import Final

import structlog
from aiohttp import web

from app.actor import SYSTEM
from app.database import DATABASE, Database, Tx
from app.errors import Unavailable
from app.supervise import SUPERVISOR
from portals.dialog import store
from portals.dialog.access import Place, place_of
from portals.dialog.blocks import BLOCKS, Blocks
from portals.dialog.model import DuePhase, Phase, PhaseBegun, PhaseEnded, consultation_room

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 3.0
"""How soon a phase is noticed that another process has just planned."""
PLANNED: Final = "dialog.clock"
"""`tx.wake` for whoever plans a phase."""
AT_ONCE: Final = 100


async def tell(database: Database, blocks: Blocks, due: DuePhase) -> bool:
    """Tells that a phase has begun or ended; False where somebody has told already, or it is not due any more.

    The end waits for those who are just taking part (`access_block_to_take_part` holds the phase), so that the parts
    count everything that was taken in time.
    """
    async with database.transaction() as tx:
        await store.close_phase(tx, due.phase_id)
        phase = await store.phase(tx, due.phase_id)
        consultation = await store.consultation(tx, due.consultation_id)
        if phase is None or consultation is None or consultation.state != "published":
            return False
        due_at = phase.starts_at if due.what == "begun" else phase.ends_at
        if due_at > await tx.now() or not await store.add_transition(tx, phase.id, due.what, due_at):
            return False
        phase = await store.count_phase(tx, phase.id)
        await _announce(tx, phase, due.what)
        places = await places_of_phase(tx, phase, due.what)
        await (blocks.phase_begun if due.what == "begun" else blocks.phase_ended)(tx, places)
        await tx.audit(SYSTEM, f"consultation.phase_{due.what}", f"consultation/{consultation.id}", phase=phase.id)
    log.info("phase", what=due.what, phase=due.phase_id, consultation=due.consultation_id)
    return True


async def end_now(tx: Tx, blocks: Blocks, phase: Phase) -> None:
    """A cancelled consultation: what has begun is over."""
    await store.close_phase(tx, phase.id)
    if await store.has_transition(tx, phase.id, "begun") and await store.add_transition(
        tx, phase.id, "ended", phase.ends_at
    ):
        phase = await store.count_phase(tx, phase.id)
        await _announce(tx, phase, "ended")
        await blocks.phase_ended(tx, await places_of_phase(tx, phase, "ended"))


async def places_of_phase(tx: Tx, phase: Phase, what: str) -> list[Place]:
    """The blocks that hear of it: the phase's, and with the first beginning or the last end those without a phase."""
    consultation = await store.consultation(tx, phase.consultation_id)
    assert consultation is not None  # its phase is there
    phases = await store.phases(tx, consultation.id)
    edge = await store.is_edge(tx, consultation.id, what)
    now = await tx.now()
    return [
        place_of(consultation, phases, block, SYSTEM, None, now)
        for block in await store.blocks(tx, consultation.id)
        if block.phase_id == phase.id or (edge and block.phase_id is None)
    ]


async def _announce(tx: Tx, phase: Phase, what: str) -> None:
    event = PhaseBegun(phase) if what == "begun" else PhaseEnded(phase)
    tx.publish(consultation_room(phase.consultation_id), event)


async def tell_all(database: Database, blocks: Blocks) -> int:
    """Tells of everything that is due; for commands, demonstrations and tests. Returns how much it was."""
    told = 0
    async with database.transaction(readonly=True) as tx:
        found = await store.due_phases(tx, AT_ONCE)
    for due in found:
        told += await tell(database, blocks, due)
    return told


async def clock_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: watches the clock. Every process does, so it goes on whichever of them dies."""
    database, blocks = app[DATABASE], app[BLOCKS]
    busy: dict[int, asyncio.Task[None]] = {}

    def begin(phase_id: int, dues: list[DuePhase]) -> None:
        """Each phase has a task of its own: a part that fails holds up no other consultation."""

        async def run() -> None:
            for due in dues:
                await tell(database, blocks, due)

        busy[phase_id] = app[SUPERVISOR].run(f"phase {phase_id}", run)
        busy[phase_id].add_done_callback(lambda _task: busy.pop(phase_id, None))

    async def watch() -> None:
        while True:
            pause_s = LOOK_EVERY_S
            try:
                async with database.transaction(readonly=True) as tx:
                    found = await store.due_phases(tx, AT_ONCE)
                    coming, now = await store.next_due(tx), await tx.now()
            except Unavailable:
                found, coming = [], None
            for phase_id, dues in groupby(sorted(found, key=lambda due: due.phase_id), lambda due: due.phase_id):
                if phase_id not in busy:
                    begin(phase_id, sorted(dues, key=lambda due: due.due_at))
            if coming is not None:
                pause_s = min(pause_s, max(0.0, (coming - now).total_seconds()))
            await database.woken(PLANNED, pause_s)

    task = app[SUPERVISOR].run("the clock of consultations", watch)
    yield
    task.cancel()
