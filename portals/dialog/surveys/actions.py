"""Filling in a survey: begun, saved as one goes, sent, changed, withdrawn. And what the room is told."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import Database, Tx
from app.errors import AppError, Conflict, Invalid, NotFound
from app.files import FileStore, Upload, drop_file
from app.i18n import _
from app.throttle import Charge, Limit, network_of, spend
from portals.dialog import plan
from portals.dialog.access import Place, access_block, access_block_to_take_part
from portals.dialog.model import Block, Participant
from portals.dialog.surveys import counting, rules, store
from portals.dialog.surveys.model import (
    Answer,
    Answers,
    Question,
    QuestionResult,
    SurveyCounted,
    SurveySettings,
    Tally,
    Version,
    room,
)

KIND: Final = "surveys"
SAVE_LIMIT: Final = Limit("dialog.survey.save", burst=120, every_s=1)
SEND_LIMIT: Final = Limit("dialog.survey.send", burst=20, every_s=10)
OPEN_LIMIT: Final = Limit("dialog.survey.open", burst=30, every_s=60)
"""New answers without an account from one network: a library's computers, not a script."""
NOT_READY: Final = _("This survey has no questions yet")


class Changed:
    """Surveys whose totals the room has not been told of yet."""

    def __init__(self) -> None:
        self.blocks: set[int] = set()


CHANGED: web.AppKey[Changed] = web.AppKey("surveys_changed", Changed)


class SentAlready(Conflict):
    """Sent, and this survey takes no changes."""

    code = "sent-already"
    title = "This survey has been sent already"


class Unanswered(AppError):
    """Something is missing: `faults` by the question's key."""

    status = Invalid.status
    code = "invalid"
    title = "Some answers are missing or cannot be taken"

    def __init__(self, faults: Mapping[str, tuple[str, dict[str, object]]]) -> None:
        super().__init__()
        self.faults = dict(faults)


class Begun(msgspec.Struct, frozen=True):
    """A survey that somebody is filling in."""

    place: Place
    version: Version
    answer: Answer


def settings_of(place: Place) -> SurveySettings:
    return msgspec.convert(place.block.settings, SurveySettings)


async def charge(database: Database, actor: Actor, limit: Limit, block_id: int, browser: bytes | None) -> None:
    """Before the transaction: by the account, else by the network; a new answer without account costs more."""
    if actor.signed_in:
        await spend(database, Charge(limit, f"account/{actor.account_id}"))
        return
    network = f"network/{network_of(actor.address)}"
    charges = [Charge(limit, network)]
    async with database.transaction(readonly=True) as tx:
        if browser is None or await store.browser_answer(tx, block_id, browser) is None:
            charges.append(Charge(OPEN_LIMIT, network))
    await spend(database, *charges)


async def own_answer(tx: Tx, place: Place, browser: bytes | None) -> Answer | None:
    """What this person, or this browser, has filled in so far."""
    if place.participant_id is not None:
        return await store.own_answer(tx, place.block.id, place.participant_id)
    return await store.browser_answer(tx, place.block.id, browser) if browser else None


async def begun(tx: Tx, actor: Actor, block_id: int, browser: bytes | None) -> Begun:
    """The answer to write in, locked. Raises whatever keeps somebody from taking part now."""
    place = await access_block_to_take_part(tx, actor, block_id, KIND, without_account=True)
    version = await store.newest_version(tx, block_id)
    if version is None:
        raise Conflict(NOT_READY)
    person = place.participant
    if person is None and browser is None:
        raise NotFound
    answer = await store.begun_answer(
        tx,
        block_id,
        version.id,
        participant_id=person.id if person else None,
        browser=None if person else browser,
        kind=person.kind if person else "resident",
        district=person.district if person else "",
    )
    if answer.removed_at is not None or (answer.sent_at is not None and not settings_of(place).changeable):
        raise SentAlready
    return Begun(place, version, answer)


async def save(
    database: Database, actor: Actor, block_id: int, browser: bytes | None, given: Mapping[str, Any], page: int
) -> Answer:
    """Keeps what one has typed so far, question by question (None takes an answer away); nothing is checked yet.

    So two devices write into one draft, and neither undoes what the other one did to another question.
    """
    await charge(database, actor, SAVE_LIMIT, block_id, browser)
    async with database.transaction() as tx:
        known = await begun(tx, actor, block_id, browser)
        return await store.put_draft(tx, known.answer.id, merged(known, given), page)


def merged(known: Begun, given: Mapping[str, Any]) -> Answers:
    """The draft with what was given; of questions there are, and no file by its name alone."""
    types = {one.key: one.type for one in rules.asked(known.version.questions)}
    draft = {key: value for key, value in known.answer.shown.items() if key in types}
    for key, value in given.items():
        if types.get(key, "file") == "file":
            continue
        if value is None:
            draft.pop(key, None)
        else:
            draft[key] = value
    return draft


async def check_page(
    database: Database, actor: Actor, block_id: int, browser: bytes | None, given: Mapping[str, Any], page: int, to: int
) -> Answer:
    """Saves, and goes on to page `to` if nothing is missing on this one. Raises `Unanswered`; what was given stays."""
    await charge(database, actor, SAVE_LIMIT, block_id, browser)
    async with database.transaction() as tx:
        known = await begun(tx, actor, block_id, browser)
        draft = merged(known, given)
        here = next((one for one in rules.pages(known.version.questions) if one.number == page), None)
        only = [one.key for one in here.questions] if here else []
        faults = rules.faults_in(known.version.questions, draft, only) if to > page else {}
        answer = await store.put_draft(tx, known.answer.id, draft, page if faults else to)
    if faults:
        raise Unanswered(faults)
    return answer


async def send(
    database: Database, changed: Changed, actor: Actor, block_id: int, browser: bytes | None, given: Mapping[str, Any]
) -> Answer:
    """Hands the survey in. Raises `Unanswered`, `SentAlready`, `Closed` …; what was given is kept in the draft."""
    await charge(database, actor, SEND_LIMIT, block_id, browser)
    faults: dict[str, tuple[str, dict[str, object]]]
    async with database.transaction() as tx:
        known = await begun(tx, actor, block_id, browser)
        draft = merged(known, given)
        faults = rules.faults_in(known.version.questions, draft)
        if faults:
            answer = await store.put_draft(tx, known.answer.id, draft, known.answer.page)
        else:
            final = rules.kept(known.version.questions, draft)
            if not final:
                raise Invalid(_("Nothing is answered yet"))
            person = known.place.participant
            kind, district = (person.kind, person.district) if person else ("resident", "")
            answer = await store.send(tx, known.answer.id, known.version.id, final, kind, district)
            await _drop_lost_files(tx, known, final)
            verb = "survey.change" if known.answer.sent_at else "survey.send"
            await tx.audit(actor, verb, f"consultation/{known.place.consultation.id}", block=block_id)
            tx.after_commit(lambda: changed.blocks.add(block_id))
    if faults:
        raise Unanswered(faults)
    return answer


async def _drop_lost_files(tx: Tx, known: Begun, final: Answers) -> None:
    """Files of questions that have become hidden."""
    for one in rules.asked(known.version.questions):
        if one.type == "file" and one.key not in final:
            found = await store.answer_file(tx, known.answer.id, one.key)
            if found is not None:
                await drop_file(tx, found.file_id)


async def keep_file(
    database: Database,
    files: FileStore,
    actor: Actor,
    block_id: int,
    browser: bytes | None,
    question: str,
    upload: Upload,
) -> Answer:
    """A file for a question of type file; it takes the place of an earlier one."""
    async with database.transaction() as tx:
        known = await begun(tx, actor, block_id, browser)
        wanted = next((one for one in known.version.questions if one.key == question and one.type == "file"), None)
        if wanted is None:
            raise NotFound
        stored = await files.keep(tx, upload, actor.account_id)
        old = await store.put_file(tx, known.answer.id, question, stored.id)
        if old is not None:
            await drop_file(tx, old)
        draft = {**known.answer.shown, question: stored.name}
        answer = await store.put_draft(tx, known.answer.id, draft, known.answer.page)
        await tx.audit(actor, "survey.file", f"consultation/{known.place.consultation.id}", block=block_id)
        return answer


# what the room is told


async def public_results(tx: Tx, place: Place) -> list[QuestionResult]:
    """What the public may read now; empty where that is nothing."""
    settings = settings_of(place)
    told = settings.results == "during" or (settings.results == "after" and place.stage == "ended")
    if not told:
        return []
    versions = await store.versions(tx, place.block.id)
    found = counting.results(versions, await store.sent_answers(tx, place.block.id))
    return counting.public(found, hide_small=settings.hide_small, texts=settings.texts_public)


async def tally(tx: Tx, actor: Actor, block_id: int) -> Tally:
    """For whoever may read the block: the room's snapshot."""
    place = await access_block(tx, actor, block_id, KIND, without_account=True)
    return Tally(await store.turnout(tx, block_id), await public_results(tx, place))


async def tell(database: Database, block_id: int) -> Tally:
    """Tells the survey's room how it stands now, as the public may know it."""
    async with database.transaction() as tx:
        found = await tally(tx, Actor(), block_id)
        tx.publish(room(block_id), SurveyCounted(found))
        return found


# hooks of the portal


async def ended(tx: Tx, place: Place) -> None:
    """The phase is over: what was not sent goes, and the page is drawn with results."""
    for file_id in await store.drop_unsent(tx, place.block.id):
        await drop_file(tx, file_id)
    await plan.block_changed(tx, place.block.id)


async def erased(tx: Tx, participant: Participant) -> None:
    """Files somebody handed in can say who they are; choices stay without an author."""
    for one in await store.participant_files(tx, participant.id):
        await store.forget_file(tx, one.answer_id, one.question)
        await drop_file(tx, one.file_id)


async def copied(tx: Tx, actor: Actor, old: Block, new: Block) -> None:
    """The questions, as a first version; no answers."""
    version = await store.newest_version(tx, old.id)
    known = await store.survey(tx, old.id)
    questions = known.working or (version.questions if version else [])
    await store.survey(tx, new.id, lock=True)
    await store.put_working(tx, new.id, questions, known.last_key)
    if questions:
        await store.add_version(tx, new.id, 1, questions, "", actor.account_id)


def questions_by_key(version: Version) -> dict[str, Question]:
    return {one.key: one for one in version.questions}
