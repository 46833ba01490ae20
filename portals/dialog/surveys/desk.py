"""What the office does: questions, versions, answers on paper, answers that are hidden or do not count."""

from collections.abc import Sequence
from typing import Final

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from portals.dialog import plan
from portals.dialog.access import Place, access_block_to_manage, access_block_to_moderate
from portals.dialog.surveys import pasted, rules, store
from portals.dialog.surveys.actions import KIND, NOT_READY, Changed, Unanswered
from portals.dialog.surveys.model import Answer, Answers, Option, Question, QuestionDraft, Survey, Version

MOST_PASTED: Final = 60_000
MORE_WORDS: Final = _("Write a reason of 500 characters at most; it is published")


async def _edited(tx: Tx, actor: Actor, block_id: int, rev: int | None) -> tuple[Place, Survey]:
    place = await access_block_to_manage(tx, actor, block_id, KIND)
    known = await store.survey(tx, block_id, lock=True)
    if rev is not None and rev != known.rev:
        raise Conflict(_("Somebody else has changed these questions meanwhile. Look at them as they are now"))
    return place, known


async def _keep(tx: Tx, actor: Actor, place: Place, questions: Sequence[Question], last_key: int, verb: str) -> None:
    """The working copy; while nobody has answered, it is the version in force at once."""
    if len(questions) > rules.MOST_QUESTIONS:
        raise Invalid(_("There are too many questions: 150 at most"))
    block_id = place.block.id
    await store.put_working(tx, block_id, questions, last_key)
    version = await store.newest_version(tx, block_id)
    if version is None:
        await store.add_version(tx, block_id, 1, questions, "", actor.account_id)
    elif not await store.has_answers(tx, block_id):
        await store.change_version(tx, version.id, questions)
    await tx.audit(actor, verb, f"consultation/{place.consultation.id}", block=block_id)
    await plan.block_changed(tx, block_id)


def drawn_up(draft: QuestionDraft, key: str, old: Question | None) -> Question:
    """A question of what was written: options that say the same keep their keys."""
    made = Question(
        key=key,
        type=draft.type,
        text=draft.text.strip(),
        help=draft.help.strip(),
        required=draft.required and draft.type != "page",
        options=_options(draft.options, old.options if old else []) if draft.type in rules.CHOICES else [],
        rows=_options(draft.rows, old.rows if old else []) if draft.type == "matrix" else [],
        least=draft.least,
        most=draft.most,
        least_label=draft.least_label.strip(),
        most_label=draft.most_label.strip(),
        when=[one for one in draft.when if one.question],
    )
    fault = rules.fault_of(made)
    if fault:
        raise Invalid(fault)
    return made


def _options(lines: Sequence[str], old: Sequence[Option]) -> list[Option]:
    texts = [line.strip() for line in lines if line.strip()]
    used = {one.key for one in old}
    free = (f"o{number}" for number in range(1, 10_000) if f"o{number}" not in used)
    taken: set[str] = set()
    found = []
    for text in texts:
        known = next((one for one in old if one.key not in taken and rules.said_alike(one.text, text)), None)
        key = known.key if known else next(free)
        taken.add(key)
        found.append(Option(key, text))
    return found


def checked(questions: Sequence[Question], key: str) -> None:
    """Raises what is wrong with this question among the others."""
    fault = rules.faults(questions).get(key)
    if fault:
        raise Invalid(fault)


async def add_question(
    database: Database, actor: Actor, block_id: int, draft: QuestionDraft, rev: int | None = None
) -> Question:
    """At the end."""
    async with database.transaction() as tx:
        place, known = await _edited(tx, actor, block_id, rev)
        made = drawn_up(draft, f"q{known.last_key + 1}", None)
        questions = [*known.working, made]
        checked(questions, made.key)
        await _keep(tx, actor, place, questions, known.last_key + 1, "survey.question")
        return made


async def change_question(
    database: Database, actor: Actor, block_id: int, key: str, draft: QuestionDraft, rev: int
) -> Question:
    """Where answers are there and the meaning changes, the question gets a new key: old answers do not answer it."""
    async with database.transaction() as tx:
        place, known = await _edited(tx, actor, block_id, rev)
        old = next((one for one in known.working if one.key == key), None)
        if old is None:
            raise NotFound
        made = drawn_up(draft, key, old)
        last_key = known.last_key
        version = await store.newest_version(tx, block_id)
        in_force = next((one for one in version.questions if one.key == key), None) if version else None
        anew = in_force is not None and not rules.same_meaning(in_force, made)
        if anew and await store.has_answers(tx, block_id):
            last_key += 1
            made = msgspec.structs.replace(made, key=f"q{last_key}")
        questions = [made if one.key == key else _pointed(one, key, made.key) for one in known.working]
        checked(questions, made.key)
        await _keep(tx, actor, place, questions, last_key, "survey.question")
        return made


def _pointed(one: Question, old: str, new: str) -> Question:
    """Conditions follow a question that got another key."""
    if old == new or not any(when.question == old for when in one.when):
        return one
    when = [msgspec.structs.replace(each, question=new) if each.question == old else each for each in one.when]
    return msgspec.structs.replace(one, when=when)


async def remove_question(database: Database, actor: Actor, block_id: int, key: str) -> None:
    async with database.transaction() as tx:
        place, known = await _edited(tx, actor, block_id, None)
        questions = [one for one in known.working if one.key != key]
        if len(questions) == len(known.working):
            raise NotFound
        if any(when.question == key for one in questions for when in one.when):
            raise Conflict(_("Other questions depend on this one: change their conditions first"))
        await _keep(tx, actor, place, questions, known.last_key, "survey.question-removed")


async def move_question(database: Database, actor: Actor, block_id: int, key: str, by: int) -> None:
    """One place up (−1) or down (1); at the edge it stays."""
    async with database.transaction() as tx:
        place, known = await _edited(tx, actor, block_id, None)
        questions = list(known.working)
        at = next((place for place, one in enumerate(questions) if one.key == key), None)
        if at is None:
            raise NotFound
        to = max(0, min(len(questions) - 1, at + by))
        questions.insert(to, questions.pop(at))
        faults = rules.faults(questions)
        if faults:
            raise Conflict(next(iter(faults.values())))
        await _keep(tx, actor, place, questions, known.last_key, "survey.moved")


async def copy_question(database: Database, actor: Actor, block_id: int, key: str) -> Question:
    """A second one like it, below it."""
    async with database.transaction() as tx:
        place, known = await _edited(tx, actor, block_id, None)
        at = next((place for place, one in enumerate(known.working) if one.key == key), None)
        if at is None:
            raise NotFound
        made = msgspec.structs.replace(known.working[at], key=f"q{known.last_key + 1}")
        questions = [*known.working[: at + 1], made, *known.working[at + 1 :]]
        await _keep(tx, actor, place, questions, known.last_key + 1, "survey.question")
        return made


async def import_questions(database: Database, actor: Actor, block_id: int, text: str) -> int:
    """Adds what stands in a pasted text; says how many."""
    if len(text) > MOST_PASTED:
        raise Invalid(fields={"text": _("This is too long: 60,000 characters at most")})
    drafts = pasted.questions_in(text)
    if not drafts:
        raise Invalid(fields={"text": _("No questions were found: write each one in a line of its own")})
    async with database.transaction() as tx:
        place, known = await _edited(tx, actor, block_id, None)
        questions, last_key = list(known.working), known.last_key
        for draft in drafts:
            last_key += 1
            fits = draft.type not in rules.CHOICES or len(draft.options) > 1
            if not fits:  # one line below a question is its help
                draft = msgspec.structs.replace(draft, type="text", help=" ".join(draft.options), options=[])
            questions.append(drawn_up(draft, f"q{last_key}", None))
        await _keep(tx, actor, place, questions, last_key, "survey.import")
    return len(drafts)


async def enforce(database: Database, actor: Actor, block_id: int, reason: str) -> Version:
    """Puts the working copy into force while answers are there: in place where no meaning changes, else as a new
    version with a reason that is published.
    """
    reason = " ".join(reason.split())
    async with database.transaction() as tx:
        place, known = await _edited(tx, actor, block_id, None)
        version = await store.newest_version(tx, block_id)
        if version is None or not rules.asked(known.working):
            raise Conflict(NOT_READY)
        faults = rules.faults(known.working)
        if faults:
            raise Conflict(next(iter(faults.values())))
        if not rules.changed_meaning(version.questions, known.working):
            await store.change_version(tx, version.id, known.working)
        elif not 1 <= len(reason) <= 500:
            raise Invalid(fields={"reason": MORE_WORDS})
        else:
            await store.add_version(tx, block_id, version.number + 1, known.working, reason, actor.account_id)
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, "survey.version", subject, block=block_id, reason=reason)
        await plan.block_changed(tx, block_id)
        newest = await store.newest_version(tx, block_id)
        assert newest is not None
        return newest


async def discard(database: Database, actor: Actor, block_id: int) -> None:
    """The working copy is as the version in force again."""
    async with database.transaction() as tx:
        place, known = await _edited(tx, actor, block_id, None)
        version = await store.newest_version(tx, block_id)
        if version is not None:
            await store.put_working(tx, block_id, version.questions, known.last_key)
            await tx.audit(actor, "survey.discard", f"consultation/{place.consultation.id}", block=block_id)


# answers


async def add_paper(
    database: Database,
    changed: Changed,
    actor: Actor,
    block_id: int,
    given: Answers,
    *,
    sheet: str,
    kind: str,
    district: str,
) -> Answer:
    """A sheet of paper. What is missing on it is missing: only what cannot be an answer is refused."""
    sheet = " ".join(sheet.split())
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        version = await store.newest_version(tx, block_id)
        if version is None:
            raise Conflict(NOT_READY)
        if not 1 <= len(sheet) <= 40:
            raise Invalid(fields={"sheet": _("Write the number on the sheet, so that it is not entered twice")})
        if kind not in place.consultation.kinds:
            raise Invalid(fields={"kind": _("Choose one of these")})
        answers = rules.kept(version.questions, given)
        loose = [msgspec.structs.replace(one, required=False) for one in version.questions]
        faults = rules.faults_in(loose, answers)
        if faults:
            raise Unanswered(faults)
        if not answers:
            raise Invalid(_("Nothing is answered yet"))
        added = await store.add_paper(tx, block_id, version.id, sheet, kind, district.strip()[:120], answers)
        if added is None:
            raise Invalid(fields={"sheet": _("A sheet with this number is there already")})
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, "survey.paper", subject, block=block_id, sheet=sheet)
        tx.after_commit(lambda: changed.blocks.add(block_id))
        return added


async def hide(database: Database, changed: Changed, actor: Actor, answer_id: int, reason: str) -> None:
    """Texts and files of an answer are not shown any more, choices count on; an empty reason shows them again."""
    await _decide(database, changed, actor, answer_id, reason, remove=False)


async def remove(database: Database, changed: Changed, actor: Actor, answer_id: int, reason: str) -> None:
    """An answer does not count: a sheet entered twice, a joke in forty copies. It cannot be taken back."""
    if not reason.strip():
        raise Invalid(fields={"reason": MORE_WORDS})
    await _decide(database, changed, actor, answer_id, reason, remove=True)


async def _decide(
    database: Database, changed: Changed, actor: Actor, answer_id: int, reason: str, *, remove: bool
) -> None:
    reason = " ".join(reason.split())[:500]
    async with database.transaction() as tx:
        answer = await store.answer(tx, answer_id, lock=True)
        if answer is None or answer.sent_at is None:
            raise NotFound
        load = access_block_to_manage if remove else access_block_to_moderate
        place = await load(tx, actor, answer.block_id, KIND)
        if answer.removed_at is not None:
            raise Conflict
        if remove:
            await store.remove(tx, answer_id, reason)
        else:
            await store.set_hidden(tx, answer_id, reason)
        verb = "survey.remove" if remove else "survey.hide" if reason else "survey.show"
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, verb, subject, block=answer.block_id, answer=answer_id, reason=reason)
        tx.after_commit(lambda: changed.blocks.add(answer.block_id))
