"""Messages: who writes to whom, who reads what, receipts, confirmations, and that nothing crosses a wall."""

from datetime import timedelta

import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.diary import actions as families
from schools.diary.model import FamilyRules
from schools.messages import actions, rules, store, views
from schools.messages.model import (
    Draft,
    MessageSent,
    ReceiptChanged,
    ThreadChanged,
    inbox_room,
    receipts_room,
    thread_room,
)
from schools.messages.notices import TellReaders, _tell
from schools.structure import bulk_store
from tests.schools.stage import (
    COUNSELLOR,
    FOREIGN_PRINCIPAL,
    FOREIGN_TEACHER,
    HOMEROOM,
    OTHER_TEACHER,
    OUTSIDERS,
    PARENT,
    PRINCIPAL,
    PUPIL,
    SECRETARY,
    STRANGER,
    TEACHER,
)

INSIDERS = (TEACHER, HOMEROOM, OTHER_TEACHER, PRINCIPAL, SECRETARY, COUNSELLOR, PARENT, PUPIL)


HOMEROOM_NAME = "Marcin Wolny"


@pytest.fixture
async def named(stage):
    async with stage.inside() as tx:
        found = await tx.value("SELECT id FROM staff WHERE account_id = $1", HOMEROOM.account_id)
        await bulk_store.rename(tx, "staff", found, *HOMEROOM_NAME.split())


async def staff_id(stage, actor) -> int:
    async with stage.inside() as tx:
        return await tx.value("SELECT id FROM staff WHERE account_id = $1", actor.account_id)


async def written(stage, actor, *to, subject="Zebranie", text="W środę o 17", to_confirm=False, school_id=None):
    draft = Draft(to=list(to), subject=subject, text=text, to_confirm=to_confirm)
    return await actions.send(stage.database, actor, school_id or stage.school_id, draft)


async def inbox(stage, actor, words="", school_id=None):
    async with stage.database.transaction(readonly=True) as tx:
        return await actions.inbox(tx, actor, school_id or stage.school_id, words)


async def thread(stage, actor, thread_id):
    async with stage.database.transaction(readonly=True) as tx:
        return await actions.thread_view(tx, actor, stage.school_id, thread_id)


async def receipts(stage, actor, thread_id):
    async with stage.database.transaction(readonly=True) as tx:
        return (await actions.receipts_view(tx, actor, stage.school_id, thread_id)).receipts


def parents_of(stage, class_name="4a") -> str:
    return f"class:{stage.a.classes[class_name].id}:guardians"


async def second_parent(stage, actor=STRANGER) -> int:
    """A guardian of another pupil of the class, who signs in too."""
    other = stage.a.classes["4a"].pupils[8]
    async with stage.inside() as tx:
        await bulk_store.bind_account(tx, "guardian", stage.a.guardians[other], actor.account_id)
    return stage.a.guardians[other]


@pytest.mark.parametrize(
    ("sender", "recipient", "pupils_write", "may"),
    [
        ("staff", "staff", False, True),
        ("staff", "guardian", False, True),
        ("staff", "pupil", False, True),
        ("guardian", "staff", False, True),
        ("guardian", "guardian", True, False),
        ("guardian", "pupil", True, False),
        ("pupil", "staff", True, True),
        ("pupil", "staff", False, False),
        ("pupil", "pupil", True, False),
        ("pupil", "guardian", True, False),
    ],
)
def test_who_may_write_to_whom(sender, recipient, pupils_write, may):
    assert rules.can_write(sender, recipient, pupils_write=pupils_write) is may


@pytest.mark.parametrize(
    "text",
    ["", "staff", "staff:x", "staff:1:2", "class:4", "class:4:staff", "school:4", "moon:1", "staff:-1", "pupil:٣"],
)
def test_addresses_that_mean_nothing(text):
    assert rules.address(text) is None


async def test_parents_never_write_to_parents_and_teachers_only_to_their_own(stage):
    other_parent = await second_parent(stage)
    stranger_staff = await staff_id(stage, OTHER_TEACHER)
    refused = [
        (PARENT, f"guardian:{other_parent}"),
        (PARENT, f"pupil:{stage.a.classes['4a'].pupils[8]}"),
        (PARENT, f"staff:{stranger_staff}"),  # teaches another class
        (PARENT, parents_of(stage)),
        (PARENT, "school:staff"),
        (PUPIL, f"pupil:{stage.a.classes['4a'].pupils[8]}"),
        (PUPIL, f"guardian:{other_parent}"),
        (OTHER_TEACHER, f"parents:{stage.child}"),
        (OTHER_TEACHER, f"pupil:{stage.child}"),
        (OTHER_TEACHER, parents_of(stage)),
        (TEACHER, "school:guardians"),
        (TEACHER, f"parents:{stage.child_b}"),  # of the other school
        (PRINCIPAL, f"class:{stage.b.classes['4a'].id}:guardians"),
        (PRINCIPAL, "staff:999999"),
    ]
    for actor, to in refused:
        with pytest.raises(Invalid) as problem:
            await written(stage, actor, to)
        assert list(problem.value.fields) == ["to"], (actor.login, to)
    allowed = [
        (PARENT, f"staff:{await staff_id(stage, TEACHER)}"),
        (PARENT, f"staff:{await staff_id(stage, PRINCIPAL)}"),
        (PUPIL, f"staff:{await staff_id(stage, HOMEROOM)}"),
        (TEACHER, f"parents:{stage.child}"),
        (TEACHER, f"staff:{stranger_staff}"),
        (COUNSELLOR, parents_of(stage)),
        (SECRETARY, "school:guardians"),
    ]
    for actor, to in allowed:
        await written(stage, actor, to)
    with pytest.raises(Invalid):
        await written(stage, PARENT, f"staff:{await staff_id(stage, TEACHER)}", to_confirm=True)
    await families.set_family_rules(stage.database, PRINCIPAL, stage.school_id, FamilyRules(pupils_write=False))
    with pytest.raises(Invalid):
        await written(stage, PUPIL, f"staff:{await staff_id(stage, HOMEROOM)}")


async def test_outsiders_and_the_other_school(stage):
    made = await written(stage, HOMEROOM, parents_of(stage))
    for actor in OUTSIDERS:
        with pytest.raises(NotFound):
            await inbox(stage, actor)
        for verb in (actions.read, actions.confirm, actions.remind):
            with pytest.raises(NotFound):
                await verb(stage.database, actor, stage.school_id, made.id)
        with pytest.raises(NotFound):
            await actions.reply(stage.database, actor, stage.school_id, made.id, "Halo")
        with pytest.raises(NotFound):
            await written(stage, actor, "school:staff")
    for actor in (TEACHER, OTHER_TEACHER, PRINCIPAL, SECRETARY, COUNSELLOR, PUPIL):
        with pytest.raises(NotFound):  # in the school, not in the thread
            await thread(stage, actor, made.id)
    for actor in (FOREIGN_TEACHER, FOREIGN_PRINCIPAL, PARENT):
        with pytest.raises(NotFound):  # the same number in the other school is nothing
            await actions.read(stage.database, actor, stage.b.school_id, made.id)
    assert (await inbox(stage, PARENT, school_id=stage.b.school_id)).threads == []


async def test_an_announcement_is_read_confirmed_and_remembered(stage, named):
    stage.backplane.published.clear()
    made = await written(stage, HOMEROOM, parents_of(stage), subject="Wycieczka", to_confirm=True)
    assert (made.kind, made.audience) == ("broadcast", "guardians|4a")
    (told,) = stage.backplane.of(inbox_room(stage.school_id, PARENT.account_id))
    assert isinstance(told, ThreadChanged)
    assert (told.thread.unread, told.thread.to_confirm, told.thread.who) == (True, True, HOMEROOM_NAME)
    assert (await inbox(stage, PARENT)).unread == [made.id]
    assert (await inbox(stage, HOMEROOM)).unread == []

    before = await receipts(stage, HOMEROOM, made.id)
    assert len(before) == 25
    assert sum(one.reachable for one in before) == 1
    with pytest.raises(NotFound):
        await receipts(stage, PARENT, made.id)  # recipients do not see one another
    await actions.read(stage.database, PARENT, stage.school_id, made.id)
    assert (await inbox(stage, PARENT)).unread == []
    await actions.confirm(stage.database, PARENT, stage.school_id, made.id)
    await actions.confirm(stage.database, PARENT, stage.school_id, made.id)
    after = [one for one in await receipts(stage, HOMEROOM, made.id) if one.confirmed_at]
    assert [one.reachable for one in after] == [True]
    events = stage.backplane.of(receipts_room(stage.school_id, made.id))
    assert [type(one) for one in events] == [ReceiptChanged, ReceiptChanged]
    folded = {one.id: one for one in before} | {one.receipt.id: one.receipt for one in events}
    assert list(folded.values()) == await receipts(stage, HOMEROOM, made.id)
    lists = stage.backplane.of(inbox_room(stage.school_id, PARENT.account_id))
    assert [lists[-1].thread] == (await inbox(stage, PARENT)).threads

    assert await actions.remind(stage.database, HOMEROOM, stage.school_id, made.id) == 24
    assert (await inbox(stage, PARENT)).unread == []  # who has confirmed is left in peace
    with pytest.raises(Conflict):
        await actions.remind(stage.database, HOMEROOM, stage.school_id, made.id)
    with pytest.raises(NotFound):
        await actions.remind(stage.database, PARENT, stage.school_id, made.id)
    assert (await stage.audited())[-3:] == ["message.send", "message.confirm", "message.remind"]


async def test_an_answer_to_many_is_read_by_the_author_alone(stage):
    await second_parent(stage)
    made = await written(stage, HOMEROOM, parents_of(stage))
    talk = await actions.reply(stage.database, PARENT, stage.school_id, made.id, "Przyjdę")
    again = await actions.reply(stage.database, PARENT, stage.school_id, made.id, "I żona też")
    assert (talk.id, talk.kind, talk.answers_id) == (again.id, "talk", made.id)
    assert talk.id != made.id
    assert [one.text for one in (await thread(stage, HOMEROOM, talk.id)).messages] == ["Przyjdę", "I żona też"]
    with pytest.raises(NotFound):
        await thread(stage, STRANGER, talk.id)
    assert len((await thread(stage, STRANGER, made.id)).messages) == 1
    with pytest.raises(Forbidden):
        await actions.reply(stage.database, HOMEROOM, stage.school_id, made.id, "Do wszystkich")
    await actions.reply(stage.database, HOMEROOM, stage.school_id, talk.id, "Dziękuję")
    assert (await inbox(stage, PARENT)).unread == sorted([made.id, talk.id])


async def test_a_talk_and_its_events(stage):
    to = f"staff:{await staff_id(stage, TEACHER)}"
    made = await written(stage, PARENT, to, subject="  Poprawa \n kartkówki ")
    assert (made.kind, made.subject) == ("talk", "Poprawa kartkówki")
    first = await thread(stage, TEACHER, made.id)
    stage.backplane.published.clear()
    await actions.reply(stage.database, TEACHER, stage.school_id, made.id, "W środę")
    events = stage.backplane.of(thread_room(stage.school_id, made.id))
    assert [type(one) for one in events] == [MessageSent]
    assert [*first.messages, *(one.message for one in events)] == (await thread(stage, TEACHER, made.id)).messages
    await actions.read(stage.database, PARENT, stage.school_id, made.id)
    (seen,) = [one for one in await receipts(stage, TEACHER, made.id) if one.kind == "guardian"]
    assert seen.read_to == events[0].message.id


async def test_a_parent_whose_rights_end_is_out(stage):
    made = await written(stage, HOMEROOM, parents_of(stage))
    talk = await actions.reply(stage.database, PARENT, stage.school_id, made.id, "Przyjdę")
    other = stage.a.classes["4a"].pupils[9]
    async with stage.inside() as tx:  # keeps the school through another child, and loses this one
        guardian = stage.a.guardians[stage.child]
        await tx.execute(
            "INSERT INTO guardianship (school_id, guardian_id, pupil_id) VALUES (current_school(), $1, $2)",
            guardian,
            other,
        )
        await tx.execute(
            "UPDATE guardianship SET during = daterange(NULL, $2) WHERE pupil_id = $1", stage.child, stage.today
        )
    for gone in (made.id, talk.id):
        with pytest.raises(NotFound):
            await thread(stage, PARENT, gone)
    params = {"school_id": str(stage.school_id), "thread_id": str(talk.id)}
    async with stage.database.transaction(readonly=True) as tx:
        with pytest.raises(NotFound):
            await views.thread_snapshot(tx, PARENT, params)
    assert (await inbox(stage, PARENT)).threads == []
    stage.backplane.published.clear()
    with pytest.raises(Conflict):
        await actions.reply(stage.database, HOMEROOM, stage.school_id, talk.id, "Jest tam kto?")
    new = await written(stage, HOMEROOM, parents_of(stage))
    assert (await inbox(stage, PARENT)).unread == [new.id]  # through the other child


async def test_parents_of_a_pupil_who_moved_keep_old_threads_and_get_no_new_ones(stage):
    old = await written(stage, HOMEROOM, parents_of(stage))
    async with stage.inside() as tx:
        await tx.execute(
            "UPDATE class_membership SET during = daterange(lower(during), $2) WHERE pupil_id = $1",
            stage.child,
            stage.today,
        )
        await tx.execute(
            "INSERT INTO class_membership (school_id, pupil_id, class_id, during)"
            " VALUES (current_school(), $1, $2, daterange($3, NULL))",
            stage.child,
            stage.a.classes["5a"].id,
            stage.today,
        )
    await written(stage, HOMEROOM, parents_of(stage))
    there = await written(stage, OTHER_TEACHER, parents_of(stage, "5a"))
    assert {one.id for one in (await inbox(stage, PARENT)).threads} == {old.id, there.id}


async def test_inbox_room_is_of_one_account(stage):
    for actor in INSIDERS:
        async with stage.database.transaction(readonly=True) as tx:
            own = {"school_id": str(stage.school_id), "account_id": str(actor.account_id)}
            assert (await views.inbox_snapshot(tx, actor, own)).school_id == stage.school_id
    async with stage.database.transaction(readonly=True) as tx:
        with pytest.raises(NotFound):
            await views.inbox_snapshot(
                tx, PRINCIPAL, {"school_id": str(stage.school_id), "account_id": str(PARENT.account_id)}
            )


async def test_words_are_found_and_hostile_ones_stay_words(stage, named):
    hostile = "<img src=x onerror=alert(1)> 100% _żółć_ \\ ' OR 1=1 --"
    made = await written(stage, HOMEROOM, parents_of(stage), subject=hostile[:200], text=hostile)
    await written(stage, HOMEROOM, parents_of(stage), subject="Kiermasz")
    assert (await thread(stage, PARENT, made.id)).messages[0].text == hostile
    assert [one.id for one in (await inbox(stage, PARENT, "zolc")).threads] == [made.id]
    assert [one.id for one in (await inbox(stage, PARENT, "100%")).threads] == [made.id]
    assert [one.id for one in (await inbox(stage, PARENT, "_zolc_ \\")).threads] == [made.id]
    assert (await inbox(stage, PARENT, "%%%")).threads == []
    assert len((await inbox(stage, PARENT, "wolny")).threads) == 2
    assert (await inbox(stage, TEACHER, "zolc")).threads == []
    for subject, text, field in ((" ", "x", "subject"), ("x", " ", "text")):
        with pytest.raises(Invalid) as refused:
            await written(stage, HOMEROOM, parents_of(stage), subject=subject, text=text)
        assert list(refused.value.fields) == [field]


async def test_notices_say_nothing_of_the_message(stage):
    made = await written(stage, HOMEROOM, parents_of(stage), subject="Tajne", text="Bardzo tajne")
    async with stage.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO push_device (account_id, endpoint, public_key, auth) VALUES ($1, 'https://push.example/1', $2, $3)",
            PARENT.account_id,
            bytes(65),
            bytes(16),
        )
    newest = (await thread(stage, PARENT, made.id)).messages[-1].id
    payload = TellReaders(stage.school_id, made.id, newest)
    await _tell(stage.database, payload)
    await _tell(stage.database, payload)  # a job may run twice
    async with stage.database.transaction() as tx:
        rows = await tx.records("SELECT account_id, title, text, path FROM push_message")
    assert [tuple(row) for row in rows] == [
        (PARENT.account_id, "Szkoła A", "A new message in the school register", made.path)
    ]
    async with stage.database.transaction() as tx:
        assert (await store.choices(tx, PARENT.account_id)).mail is False


def test_reminders_are_an_hour_apart():
    from datetime import UTC, datetime

    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    assert rules.can_remind(None, now)
    assert not rules.can_remind(now - timedelta(minutes=59), now)
    assert rules.can_remind(now - timedelta(hours=1), now)
