"""Questions and a running survey for tests."""

from portals.dialog.surveys import actions, desk
from portals.dialog.surveys.feature import KIND
from portals.dialog.surveys.model import Condition, Option, Question, QuestionDraft
from tests.portals.dialog.stage import CLERK, Stage

DRAFTS = (
    QuestionDraft(type="page", text="Dojazd"),
    QuestionDraft(type="single", text="Czym do pracy?", required=True, options=["autobus", "rower", "auto"]),
    QuestionDraft(type="text", text="Czego brakuje na trasie?", when=[Condition("q2", "is", "o2")]),
    QuestionDraft(type="page", text="Miasto"),
    QuestionDraft(type="scale", text="Jak się tu mieszka?", required=True, least=1, most=5),
)


def options(*texts):
    return [Option(f"o{number}", text) for number, text in enumerate(texts, start=1)]


def question(key, kind="single", when=(), **fields):
    if kind in {"single", "multiple", "ranking", "matrix"}:
        fields.setdefault("options", options("a", "b", "c"))
    if kind == "scale":
        fields = {"least": 1, "most": 5, **fields}
    return Question(key=key, type=kind, text=fields.pop("text", f"Pytanie {key}"), when=list(when), **fields)


class Desk:
    """A stage with a survey: `block`, `changed`; `send` hands in for somebody."""

    def __init__(self, stage, block):
        self.stage = stage
        self.block = block
        self.changed = actions.Changed()

    @classmethod
    async def open(cls, database, settings=None, drafts=DRAFTS, **draft):
        stage = await Stage.set(database, KIND)
        found = cls(stage, await stage.running(KIND.name, settings, **draft))
        for one in drafts:
            await desk.add_question(database, CLERK, found.block.id, one)
        return found

    async def send(self, actor, answers, browser=None):
        return await actions.send(self.stage.database, self.changed, actor, self.block.id, browser, answers)
