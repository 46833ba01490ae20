"""Articles in a fresh database, for the tests."""

from app.search import Analyser
from portals.helpdesk.knowledge import actions, finding
from portals.helpdesk.knowledge.model import Described, Draft, EditedRow
from tests.portals.helpdesk.desk import AGENT, LEAD, TEACHER, Desk


class Shelf:
    """`desk` is the helpdesk around it."""

    def __init__(self, desk: Desk):
        self.desk = desk
        self.database = desk.database
        self.analyser = Analyser()

    async def write(self, title: str, text: str = "Tekst", actor=AGENT, **more) -> EditedRow:
        return await actions.create_article(self.database, actor, Draft(title=title, text=text, **more))

    async def publish(self, title: str, text: str = "Tekst", **more) -> EditedRow:
        row = await self.write(title, text, **more)
        return await actions.publish(self.database, LEAD, self.analyser, row.id, row.latest)

    async def save(self, row: EditedRow, actor=AGENT, base: int = 0, **more) -> EditedRow:
        draft = {"title": row.title, "text": "Tekst", **more}
        return await actions.save_draft(self.database, actor, row.id, Draft(**draft), base=base or row.latest)

    async def found(self, words: str, actor=TEACHER) -> list[str]:
        """Titles, the best first."""
        result = await finding.search(self.database, actor, self.analyser, words)
        return [one.article.title for one in result.articles]

    async def offered(self, text: str, actor=TEACHER, **more) -> list[str]:
        described = Described(text=text, **more)
        return [one.title for one in (await finding.suggest(self.database, actor, self.analyser, described)).articles]
