"""A discussion in a fresh database."""

from app.throttle import store as throttle_store
from portals.dialog.discussion import actions, views
from portals.dialog.discussion.access import access_thread
from portals.dialog.discussion.feature import KIND
from portals.dialog.discussion.model import CommentDraft, DiscussionSettings, thread_room
from tests.portals.dialog.stage import EWA, JAN, NOBODY, OLA, Stage


class Talk:
    """`stage`, `block`, and short words for what people do."""

    def __init__(self, stage, block):
        self.stage, self.block = stage, block
        self.database = stage.database

    @classmethod
    async def set(cls, database, settings=None, **draft):
        stage = await Stage.set(database, KIND)
        block = await stage.running(KIND.name, settings or DiscussionSettings(), **draft)
        async with database.transaction() as tx:
            await tx.execute("UPDATE account SET created_at = now() - interval '60 days'")
        return cls(stage, block)

    async def joined(self):
        """Jan by name, Ola under a pseudonym, Ewa as the consultation's last way says."""
        self.jan = await self.stage.joins(JAN)
        self.ola = await self.stage.joins(OLA, shown_as="pseudonym", pseudonym="Olcha")
        self.ewa = await self.stage.joins(EWA, shown_as=self.stage.consultation.shown_as[-1])
        return self

    async def says(self, actor, text, **more):
        """The row, or what only the author is told."""
        async with self.database.transaction() as tx:
            await tx.execute("DELETE FROM throttle")
        posted = await actions.post_comment(self.database, actor, self.block.id, CommentDraft(text=text, **more))
        return posted.comment or posted.own

    async def page(self, actor=NOBODY, sort=None, after=""):
        async with self.database.transaction(readonly=True) as tx:
            return await views.thread_page(tx, await access_thread(tx, actor, self.block.id), sort, after)

    async def view(self, actor=NOBODY):
        async with self.database.transaction(readonly=True) as tx:
            return await views.thread_view(tx, await access_thread(tx, actor, self.block.id))

    def told(self, subject=""):
        return self.stage.backplane.of(thread_room(self.block.id, subject))

    def forget(self):
        self.stage.backplane.published.clear()


async def free(database):
    """Nobody is slowed down."""
    async with database.transaction() as tx:
        await throttle_store.forget_buckets(tx)
        await tx.execute("DELETE FROM throttle")


def after_events(view, events):
    """A snapshot with what was told since, as a page keeps it: newest change first."""
    rows = {row.id: row for row in view.changed}
    thread = view.thread
    for event in events:
        thread = event.thread if event.thread.rev > thread.rev else thread
        comment = getattr(event, "comment", None)
        if comment is not None and (comment.id not in rows or rows[comment.id].rev < comment.rev):
            rows[comment.id] = comment
        for figures in (getattr(event, "root", None), getattr(event, "figures", None)):
            if figures is not None and figures.id in rows and rows[figures.id].rev < figures.rev:
                import msgspec

                rows[figures.id] = msgspec.structs.replace(
                    rows[figures.id], endorsements=figures.endorsements, replies=figures.replies, rev=figures.rev
                )
    return thread, sorted(rows.values(), key=lambda row: (-row.rev, -row.id))
