"""Who may act in a block, and when: real rows, the database's clock."""

from datetime import timedelta

import msgspec
import pytest

from app.errors import Conflict, NotFound, SignInNeeded
from portals.dialog import participation, plan, store
from portals.dialog.access import (
    access_block,
    access_block_inside,
    access_block_to_manage,
    access_block_to_moderate,
    access_block_to_take_part,
)
from portals.dialog.blocks import BlockKind
from portals.dialog.clock import tell
from portals.dialog.model import BlockChanged, DuePhase, PhaseBegun, PhaseDraft, PhaseEnded
from portals.dialog.refusals import Closed, JoinNeeded, VerificationNeeded
from tests.portals.dialog.stage import AUDITOR, CLERK, HOUR, JAN, MODERATOR, NOBODY, OLA, Stage


class Heard(msgspec.Struct):
    """What a part's hooks were told."""

    begun: list[int] = []
    ended: list[int] = []
    erased: list[int] = []


def listening(heard: Heard, **more) -> BlockKind:
    async def data(tx, actor, place):
        return msgspec.Struct()

    async def begun(tx, place):
        heard.begun.append(place.block.id)

    async def ended(tx, place):
        heard.ended.append(place.block.id)

    async def erased(tx, participant):
        heard.erased.append(participant.id)

    return BlockKind(
        name="probe",
        label="Probe",
        description="",
        data=data,
        phase_begun=begun,
        phase_ended=ended,
        account_erased=erased,
        **more,
    )


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
async def stage(database, heard):
    return await Stage.set(database, listening(heard))


async def takes_part(stage, actor, block, **more):
    async with stage.database.transaction() as tx:
        return await access_block_to_take_part(tx, actor, block.id, "probe", **more)


async def test_a_participant_takes_part_while_the_phase_runs(stage, heard):
    block = await stage.running("probe")
    with pytest.raises(SignInNeeded):
        await takes_part(stage, NOBODY, block)
    with pytest.raises(JoinNeeded):
        await takes_part(stage, JAN, block)
    jan = await stage.joins(JAN)
    place = await takes_part(stage, JAN, block)
    assert place.participant_id == jan.id
    assert place.may_take_part
    assert heard.begun == [block.id]

    await stage.end()
    with pytest.raises(Closed) as refusal:
        await takes_part(stage, JAN, block)
    assert refusal.value.detail == "This ended on %(when)s"
    assert heard.ended == [block.id]
    async with stage.database.transaction(readonly=True) as tx:
        assert (await access_block(tx, NOBODY, block.id, "probe")).stage == "ended"
    kinds = [type(event) for event in stage.backplane.of(f"dialog/{stage.consultation.id}")]
    assert kinds.count(PhaseBegun) == kinds.count(PhaseEnded) == 1


async def test_the_end_waits_for_who_is_taking_part_and_is_told_once(stage, heard):
    block = await stage.running("probe")
    await stage.joins(JAN)
    phase = stage.phases[0]
    import asyncio

    async with stage.database.transaction() as tx:
        await access_block_to_take_part(tx, JAN, block.id, "probe")
        # another connection sets the end: a row that is held may not be changed, so it waits as the clock does
        ending = asyncio.create_task(stage.end())
        due = DuePhase(phase.id, stage.consultation.id, "ended", phase.ends_at)
        telling = asyncio.create_task(tell(stage.database, stage.blocks, due))
        await asyncio.sleep(0.2)
        assert heard.ended == []
    await asyncio.gather(ending, telling)
    await asyncio.gather(*(stage.tick() for _number in range(5)))
    assert heard.ended == [block.id]


async def test_what_a_phase_holds_is_not_told_before_it_begins(stage):
    await stage.make()
    block = await stage.block("probe", phase=await stage.phase(HOUR, 2 * HOUR))
    async with stage.database.transaction(readonly=True) as tx:
        with pytest.raises(NotFound):
            await access_block(tx, JAN, block.id, "probe")
        assert (await access_block(tx, AUDITOR, block.id, "probe")).stage == "coming"
    await stage.publish()
    async with stage.database.transaction(readonly=True) as tx:
        with pytest.raises(Closed):
            await access_block(tx, JAN, block.id, "probe")
        with pytest.raises(NotFound):
            await access_block(tx, CLERK, block.id, "other")


async def test_roles_of_a_block(stage):
    block = await stage.running("probe")
    async with stage.database.transaction(readonly=True) as tx:
        for load, allowed in (
            (access_block_to_manage, (CLERK,)),
            (access_block_to_moderate, (CLERK, MODERATOR)),
            (access_block_inside, (CLERK, MODERATOR, AUDITOR)),
        ):
            for actor in (CLERK, MODERATOR, AUDITOR, JAN, NOBODY):
                if actor in allowed:
                    assert (await load(tx, actor, block.id, "probe")).block.id == block.id
                else:
                    with pytest.raises(NotFound):
                        await load(tx, actor, block.id, "probe")


async def test_only_verified_people_of_a_district(stage):
    block = await stage.running("probe", open_to="verified", only_districts=("Zatorze",))
    jan = await stage.joins(JAN, district="Zatorze")
    with pytest.raises(VerificationNeeded):
        await takes_part(stage, JAN, block)
    async with stage.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO resident_verification (account_id, kind, full_name, district, state, decided_at)"
            " VALUES ($1, 'resident', 'Jan Wrona', 'Zatorze', 'verified', now())",
            JAN.account_id,
        )
    assert (await takes_part(stage, JAN, block)).participant.id == jan.id


async def test_nothing_to_ask_joins_by_itself(stage):
    block = await stage.running("probe", shown_as=("anonymous",), kinds=("resident",))
    place = await takes_part(stage, JAN, block)
    assert place.author.name == ""
    assert place.author.shown == "anonymous"
    assert (await takes_part(stage, JAN, block)).participant_id == place.participant_id


async def test_everyone_without_an_account_where_the_block_can(stage):
    block = await stage.running("probe", open_to="everyone")
    assert (await takes_part(stage, NOBODY, block, without_account=True)).participant is None
    with pytest.raises(SignInNeeded):
        await takes_part(stage, NOBODY, block)


async def test_a_block_without_phase_is_open_while_any_phase_runs(stage, heard):
    await stage.make()
    await stage.phase(-2 * HOUR, -HOUR)
    await stage.phase(-HOUR, HOUR)
    block = await stage.block("probe")
    await stage.publish()
    assert heard.begun == [block.id]
    await stage.joins(JAN)
    assert (await takes_part(stage, JAN, block)).may_take_part
    await stage.end(stage.phases[1])
    assert heard.ended == [block.id]
    with pytest.raises(Closed):
        await takes_part(stage, JAN, block)


async def test_a_participant_who_is_erased_has_no_name_left(stage, heard):
    await stage.running("probe")
    ola = await stage.joins(OLA, shown_as="pseudonym", pseudonym="Sowa z Zatorza")
    async with stage.database.transaction() as tx:
        assert (await participation.authors(tx, [ola.id]))[ola.id].name == "Sowa z Zatorza"
        assert await participation.known_names(tx, JAN, [ola.id]) == {}
        assert await participation.known_names(tx, AUDITOR, [ola.id]) == {ola.id: "Aleksandra Bielska"}
    with pytest.raises(NotFound):
        await participation.erase(stage.database, stage.blocks, JAN, ola.id)
    await participation.erase(stage.database, stage.blocks, OLA, ola.id)
    assert heard.erased == [ola.id]
    async with stage.database.transaction() as tx:
        author = (await participation.authors(tx, [ola.id]))[ola.id]
        left = await tx.value("SELECT to_jsonb(p)::text FROM consultation_participant p WHERE id = $1", ola.id)
    assert (author.name, author.shown) == ("", "erased")
    assert "Sowa" not in left
    assert "Bielska" not in left


async def test_extending_needs_a_reason_and_tells_everybody(stage):
    await stage.running("probe")
    await stage.joins(JAN)
    phase = stage.phases[0]
    draft = PhaseDraft(title=phase.title, starts_at=phase.starts_at, ends_at=phase.ends_at + timedelta(days=7))
    longer = await plan.extend_phase(stage.database, CLERK, phase.id, draft, "Prosiły o to rady osiedli")
    assert longer.ends_at == draft.ends_at
    async with stage.database.transaction() as tx:
        assert await tx.value("SELECT reason FROM consultation_notice") == "Prosiły o to rady osiedli"
    await stage.end()
    with pytest.raises(Conflict):
        await plan.extend_phase(stage.database, CLERK, phase.id, draft, "Jeszcze raz")


async def test_a_part_says_that_its_block_changed(stage):
    block = await stage.running("probe")
    async with stage.database.transaction() as tx:
        changed = await plan.block_changed(tx, block.id)
    assert changed.rev == block.rev + 1
    assert stage.backplane.of(f"dialog/{stage.consultation.id}")[-1] == BlockChanged(changed.row)
    assert await store_rev(stage) == changed.rev


async def store_rev(stage):
    async with stage.database.transaction() as tx:
        return (await store.blocks(tx, stage.consultation.id))[0].rev
