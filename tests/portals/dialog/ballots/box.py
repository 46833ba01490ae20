"""A vote in a fresh database."""

from app.identity.keys import Keys
from portals.dialog.ballots import desk
from portals.dialog.ballots.feature import kind
from portals.dialog.ballots.model import OptionDraft, VoteSettings
from portals.dialog.ballots.urn import Urn
from tests.portals.dialog.stage import CLERK, HOUR, Stage

TITLES = ("Park", "Basen", "Ścieżka")


class Hall:
    """A stage with a vote: `urn`, `block`, `ids` of the options."""

    def __init__(self, stage, urn):
        self.stage = stage
        self.urn = urn
        self.block = None
        self.ids: list[int] = []

    @classmethod
    async def open(cls, database, settings=None, drafts=(), titles=TITLES, **draft):
        urn = Urn(Keys(b"k" * 32))
        hall = cls(await Stage.set(database, kind(urn)), urn)
        await hall.stage.make(**draft)
        phase = await hall.stage.phase(HOUR, 2 * HOUR)
        hall.block = await hall.stage.block("ballots", settings or VoteSettings(), phase)
        for one in drafts or [OptionDraft(title=title) for title in titles]:
            added = await desk.add_option(database, CLERK, hall.block.id, one)
            hall.ids.append(added.id)
        async with database.transaction() as tx:
            await tx.execute(
                "UPDATE consultation_phase SET starts_at = clock_timestamp() - interval '1 hour' WHERE id = $1",
                phase.id,
            )
        await hall.stage.publish()
        return hall
