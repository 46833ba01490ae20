"""Believable surveys of Słupsk: one that runs, one that has ended. All answers are invented."""

import random
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from portals.dialog.access import block_place
from portals.dialog.demo import demo_actors, demo_block
from portals.dialog.model import Block
from portals.dialog.surveys import actions, desk, rules, store
from portals.dialog.surveys.actions import KIND
from portals.dialog.surveys.model import Answer, Answers, Condition, Question, QuestionDraft, SurveySettings

DISTRICTS: Final = ("Zatorze", "Śródmieście", "Nadrzecze", "Osiedle Niepodległości", "Ryczewo", "")
NIGHT: Final = (
    QuestionDraft(type="page", text="O jeździe nocą"),
    QuestionDraft(
        type="single",
        text="Jak często trzeba wrócić do domu po 23:00?",
        required=True,
        options=["co tydzień lub częściej", "raz, dwa razy w miesiącu", "rzadziej", "nigdy"],
    ),
    QuestionDraft(
        type="multiple",
        text="Czym wtedy najczęściej?",
        options=["taksówką", "autem", "rowerem lub hulajnogą", "pieszo"],
        most=2,
        when=[Condition("q2", "is_not", "o4")],
    ),
    QuestionDraft(
        type="text",
        text="Co przeszkadza w powrocie pieszo?",
        most=600,
        when=[Condition("q3", "is", "o4")],
    ),
    QuestionDraft(type="page", text="O nowych liniach"),
    QuestionDraft(
        type="scale",
        text="Jak bardzo potrzebny jest autobus nocny?",
        required=True,
        least=1,
        most=5,
        least_label="wcale",
        most_label="bardzo",
    ),
    QuestionDraft(
        type="single",
        text="O której ostatni kurs?",
        options=["0:30", "1:30", "2:30", "całą noc co godzinę"],
        when=[Condition("q6", "at_least", "2")],
    ),
    QuestionDraft(
        type="ranking",
        text="Dokąd najpierw?",
        options=["Zatorze", "Osiedle Niepodległości", "Ryczewo", "dworzec PKP"],
        when=[Condition("q6", "at_least", "2")],
    ),
    QuestionDraft(
        type="matrix",
        text="Co jest ważne na przystanku?",
        options=["nieważne", "ważne", "bardzo ważne"],
        rows=["światło", "wiata", "tablica z godzinami na żywo"],
    ),
    QuestionDraft(type="number", text="Ile najwyżej może kosztować bilet nocny (zł)?", most=50),
)
PARK: Final = (
    QuestionDraft(
        type="single", text="Jak często park jest po drodze?", options=["codziennie", "w weekendy", "rzadziej"]
    ),
    QuestionDraft(
        type="multiple",
        text="Czego brakuje w parku?",
        options=["ławek", "toalety", "wybiegu dla psów", "światła", "cienia"],
    ),
    QuestionDraft(
        type="scale", text="Jak bezpiecznie jest po zmroku?", least=1, most=5, least_label="źle", most_label="dobrze"
    ),
    QuestionDraft(type="text", text="Co jeszcze zmienić?", most=500),
)
WORDS: Final = (
    "Ciemno na ul. Kilińskiego, lampy gasną po północy.",
    "Brak chodnika przy torach na Zatorzu.",
    "Daleko, a ostatni autobus odjeżdża o 22:40.",
    "Psy bez smyczy nad Słupią.",
)
PARK_WORDS: Final = (
    "Więcej lip zamiast trawnika, latem nie ma gdzie usiąść.",
    "Scena letnia za głośna po 22:00.",
    "Ścieżka wzdłuż Słupi po deszczu stoi w wodzie.",
    "Proszę zostawić dzikie łąki, nie kosić wszystkiego.",
)


async def fill(app: web.Application) -> None:
    """Adds what is missing."""
    actors = await demo_actors(app)
    clerk = actors.get("consultation_clerk")
    if clerk is None:
        return
    night = SurveySettings(
        intro="Od wiosny mają wrócić autobusy nocne. **Trzy minuty**, bez konta.",
        results="during",
        thanks="Dziękujemy. Rozkład linii nocnych pokażemy tu po zakończeniu ankiety.",
    )
    block = await demo_block(app, "komunikacja-nocna", KIND, title="Ankieta o liniach nocnych", settings=night, phase=1)
    if block is not None:
        await _answered(app, clerk, block, NIGHT, 118, days=11)
    park = SurveySettings(results="after", texts_public=True, changeable=False)
    block = await demo_block(app, "park-kultury", KIND, title="Ankieta o parku", settings=park, phase=1)
    if block is not None:
        await _answered(app, clerk, block, PARK, 164, days=24, ended_days=46)
        async with app[DATABASE].transaction() as tx:
            place = await block_place(tx, clerk, block)
            await actions.ended(tx, place)


async def _answered(
    app: web.Application,
    clerk: Actor,
    block: Block,
    drafts: tuple[QuestionDraft, ...],
    count: int,
    *,
    days: int,
    ended_days: int = 0,
) -> None:
    database = app[DATABASE]
    for draft in drafts:
        await desk.add_question(database, clerk, block.id, draft)
    chance = random.Random(block.title)  # noqa: S311 - the same demonstration each time
    async with database.transaction() as tx:
        version = await store.newest_version(tx, block.id)
        assert version is not None  # made with the first question
        now = (await block_place(tx, clerk, block)).now
        for number in range(count):
            answers = rules.kept(version.questions, _answers(chance, version.questions))
            sent = now - timedelta(days=ended_days, minutes=chance.randint(20, days * 24 * 60))
            await _add(tx, block, version.id, number, answers, sent, chance)


async def _add(
    tx: Tx, block: Block, version_id: int, number: int, answers: Answers, sent: datetime, chance: random.Random
) -> None:
    paper = number % 9 == 4
    row = Answer(
        id=number,
        block_id=block.id,
        version_id=version_id,
        source="paper" if paper else "open",
        participant_id=None,
        sheet=f"BOM/{number // 9 + 1}" if paper else "",
        kind="business" if number % 31 == 7 else "resident",
        district=chance.choice(DISTRICTS) if paper else "",
        draft=None,
        answers=answers,
        page=1,
        saved_at=sent,
        sent_at=sent,
        hidden_at=None,
        removed_at=None,
        reason="",
        rev=1,
    )
    await store.backdated(tx, block.id, version_id, None, row)


def _answers(chance: random.Random, questions: list[Question]) -> Answers:
    found: dict[str, Any] = {}
    for one in rules.asked(questions):
        keys = [option.key for option in one.options]
        weights = [len(keys) - place for place in range(len(keys))]
        match one.type:
            case "single":
                found[one.key] = chance.choices(keys, weights)[0]
            case "multiple":
                found[one.key] = sorted(set(chance.choices(keys, weights, k=min(2, one.most or 2))))
            case "scale":
                found[one.key] = min(one.most, max(one.least, round(chance.gauss(3.9, 1.1))))
            case "ranking":
                found[one.key] = sorted(keys, key=lambda key: keys.index(key) + chance.gauss(0, 1.6))
            case "matrix":
                found[one.key] = {row.key: chance.choices(keys, [1, 4, 5])[0] for row in one.rows}
            case "number":
                found[one.key] = str(chance.choice((4, 5, 5, 6, 8, 10)))
            case "text" if chance.random() < 0.35:
                found[one.key] = chance.choice(WORDS if "pieszo" in one.text else PARK_WORDS)
            case _:
                pass
    return found
