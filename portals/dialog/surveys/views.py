"""What templates are given of a survey."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from markupsafe import Markup

from app.actor import Actor
from app.database import Tx
from app.i18n import Locale, _
from app.markup import render_markdown
from portals.dialog.access import Place
from portals.dialog.blocks import Contribution, Figure
from portals.dialog.surveys import actions, rules, store
from portals.dialog.surveys.model import Answer, Option, Page, Question, QuestionResult, Survey, Turnout, Version


class SurveyView(msgspec.Struct, frozen=True, kw_only=True):
    """A survey as one reader sees it on the consultation's page. Who has no account learns of their answer there, on
    the survey's own page: only that one knows the browser.
    """

    version: Version | None
    questions: int
    pages: int
    answer: Answer | None
    turnout: Turnout
    results: list[QuestionResult]
    intro: Markup
    may_change: bool
    changes: list[Version]
    """Versions after the first, with their reasons."""


class DeskView(msgspec.Struct, frozen=True, kw_only=True):
    """The same for the clerk."""

    survey: Survey
    version: Version | None
    turnout: Turnout
    unsent: int
    faults: dict[str, str]
    answered: bool
    differs: bool
    """The working copy is not what is in force."""
    meaning: bool
    """Putting it into force makes a new version."""


class FillView(msgspec.Struct, frozen=True, kw_only=True):
    """The form: one page of questions. `values`: what stands in the fields; `faults`: beside them, in words."""

    version: Version
    pages: list[Page]
    page: Page
    values: Mapping[str, Any]
    typed: Mapping[str, Any]
    faults: Mapping[str, str]
    shown: frozenset[str]
    answer: Answer | None

    @property
    def place_of_page(self) -> int:
        """Among the pages that are asked: from 1."""
        return [one.number for one in self.pages].index(self.page.number) + 1

    @property
    def before(self) -> int:
        at = self.place_of_page
        return self.pages[at - 2].number if at > 1 else 0

    @property
    def after(self) -> int:
        at = self.place_of_page
        return self.pages[at].number if at < len(self.pages) else 0


async def view(tx: Tx, _actor: Actor, place: Place) -> SurveyView:
    versions = await store.versions(tx, place.block.id)
    newest = versions[-1] if versions else None
    settings = actions.settings_of(place)
    answer = await actions.own_answer(tx, place, None)
    return SurveyView(
        version=newest,
        questions=len(rules.asked(newest.questions)) if newest else 0,
        pages=len(rules.pages(newest.questions)) if newest else 0,
        answer=answer,
        turnout=await store.turnout(tx, place.block.id),
        results=await actions.public_results(tx, place),
        intro=render_markdown(settings.intro),
        may_change=settings.changeable,
        changes=versions[1:],
    )


async def desk_view(tx: Tx, _actor: Actor, place: Place) -> DeskView:
    known = await store.survey(tx, place.block.id)
    version = await store.newest_version(tx, place.block.id)
    return DeskView(
        survey=known,
        version=version,
        turnout=await store.turnout(tx, place.block.id),
        unsent=await store.count_unsent(tx, place.block.id),
        faults=rules.faults(known.working),
        answered=await store.has_answers(tx, place.block.id),
        differs=version is not None and version.questions != known.working,
        meaning=version is not None and rules.changed_meaning(version.questions, known.working),
    )


def fill_view(
    version: Version,
    answer: Answer | None,
    number: int,
    locale: Locale,
    *,
    faults: Mapping[str, tuple[str, dict[str, object]]] | None = None,
    typed: Mapping[str, Any] | None = None,
) -> FillView | None:
    """The page asked for, else the nearest one before it that is asked. None: there are no questions."""
    values = answer.shown if answer else {}
    pages = rules.shown_pages(version.questions, values)
    if not pages:
        return None
    page = next((one for one in reversed(pages) if one.number <= number), pages[0])
    said = {key: locale.filled(message, places) for key, (message, places) in (faults or {}).items()}
    return FillView(
        version=version,
        pages=pages,
        page=page,
        values=values,
        typed=typed or {},
        faults=said,
        shown=frozenset(rules.visible(version.questions, values)),
        answer=answer,
    )


def whole(version: Version) -> Page:
    """All questions on one page: for sheets of paper."""
    return Page(1, None, rules.asked(version.questions))


def when_texts(questions: Sequence[Question], one: Question, words: Mapping[str, str]) -> list[str]:
    """Conditions in words, for those whose browser does not hide questions, and for the clerk."""
    by_key = {each.key: each for each in questions}
    found = []
    for when in one.when:
        source = by_key.get(when.question)
        if source is None:
            continue
        texts = {option.key: option.text for option in source.options}
        value = "" if when.op == "answered" else f" {texts.get(when.value, when.value)}"
        found.append(f"„{source.text}” {words[when.op]}{value}")
    return found


def ranked(options: Sequence[Option], order: Sequence[str]) -> list[Option]:
    """Options in somebody's order; those without a place come after."""
    places = {key: place for place, key in enumerate(order)}
    return sorted(options, key=lambda one: places.get(one.key, len(places)))


async def figures(tx: Tx, _actor: Actor, place: Place) -> Sequence[Figure]:
    """For lists and the report."""
    turnout = await store.turnout(tx, place.block.id)
    found = [Figure(_("people have answered"), turnout.sent)]
    if turnout.paper:
        found.append(Figure(_("of them on paper"), turnout.paper))
    if turnout.open:
        found.append(Figure(_("of them without an account"), turnout.open))
    return found


async def contributions(_tx: Tx, _actor: Actor, _place: Place) -> Sequence[Contribution]:
    """Answers are counted together: none of them is anybody's contribution that gets an answer of its own."""
    return []


async def ready(tx: Tx, place: Place) -> Sequence[str]:
    known = await store.survey(tx, place.block.id)
    if not rules.asked(known.working):
        return [_("A survey has no questions yet")]
    return [_("A question of a survey has a fault")] if rules.faults(known.working) else []
