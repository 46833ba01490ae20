"""Statements, votes, the map as a job: real rows, the database's clock."""

import asyncio
from zoneinfo import ZoneInfo

import pytest
from babel.support import NullTranslations

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.i18n import Locale
from portals.dialog import participant_store
from portals.dialog.access import block_place
from portals.dialog.model import ParticipantDraft
from portals.dialog.opinions import actions, exporting, store, views
from portals.dialog.opinions.feature import KIND
from portals.dialog.opinions.model import OpinionSettings, StatementShown
from portals.dialog.refusals import Closed, JoinNeeded
from tests.portals.dialog.stage import AUDITOR, CLERK, EWA, JAN, MODERATOR, NOBODY, OLA, OTHERS, Stage

ENGLISH = Locale("en", NullTranslations(), ZoneInfo("Europe/Warsaw"))
TEXT = "Plac bez samochodów.\n=CMD() na placu, proszę.\nWięcej drzew na placu.\nTarg w każdą sobotę."


async def running(database, settings=None):
    stage = await Stage.set(database, KIND)
    block = await stage.running(KIND.name, settings)
    made = await actions.add_statements(database, CLERK, block.id, TEXT)
    return stage, block.id, [one.id for one in made]


async def jobs(database):
    async with database.transaction() as tx:
        return await tx.value("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'dialog.opinion-map'")


async def test_from_a_statement_to_a_vote(database):
    stage, block, ids = await running(database)
    with pytest.raises(JoinNeeded):
        await actions.vote(database, JAN, block, ids[0], 1)
    jan = await stage.joins(JAN)
    await stage.joins(OLA)
    seen = []
    following = await actions.vote(database, JAN, block, ids[0], 1)
    while following is not None:
        seen.append(following.id)
        following = await actions.vote(database, JAN, block, following.id, 0)
    assert sorted(seen) == ids[1:]
    # two tabs at once: one row, the last one counts
    await asyncio.gather(*(actions.vote(database, OLA, block, ids[0], choice) for choice in (1, -1, 1)))
    await actions.vote(database, OLA, block, ids[0], -1)
    async with database.transaction() as tx:
        assert await store.own_votes(tx, block, jan.id) == {ids[0]: 1, **dict.fromkeys(ids[1:], 0)}
        assert (await store.totals(tx, block))[ids[0]].disagree == 1
        assert await store.counts(tx, block) == (2, 5)
    assert await jobs(database) == 1  # asked for once, however many votes
    await actions.vote(database, OLA, block, ids[0], None)
    async with database.transaction() as tx:
        assert await store.counts(tx, block) == (1, 4)
    for wrong in (2, 7):
        with pytest.raises(Invalid):
            await actions.vote(database, JAN, block, ids[0], wrong)
    await stage.end()
    with pytest.raises(Closed):
        await actions.vote(database, JAN, block, ids[0], 1)


async def test_statements_are_read_before_they_are_shown(database):
    stage, block, ids = await running(database, OpinionSettings(most_each=2))
    await stage.joins(JAN)
    made = await actions.suggest(database, JAN, block, "  Ławki   przy fontannie są potrzebne. ")
    assert (made.text, made.state) == ("Ławki przy fontannie są potrzebne.", "waiting")
    for bad in ("krótko", "x" * 201, "PLAC bez samochodów."):
        with pytest.raises(Invalid):
            await actions.suggest(database, JAN, block, bad)
    await actions.suggest(database, JAN, block, "Rowery mogą jeździć przez plac.")
    with pytest.raises(Invalid):  # two of one person
        await actions.suggest(database, JAN, block, "Jeszcze jedno zdanie o placu.")
    with pytest.raises(Conflict):  # nobody votes on what waits
        await actions.vote(database, JAN, block, made.id, 1)
    for actor in (NOBODY, JAN, AUDITOR):
        with pytest.raises((NotFound, Forbidden)):
            await actions.decide(database, actor, made.id, "", show=True)
    for actor in OTHERS:
        with pytest.raises((NotFound, Forbidden)):
            await actions.add_statements(database, actor, block, "Zdanie, którego tu nie ma.")
    await actions.decide(database, MODERATOR, made.id, "", show=True)
    await actions.vote(database, JAN, block, made.id, 1)
    with pytest.raises(Invalid):
        await actions.decide(database, MODERATOR, ids[0], " ", show=False)
    await actions.decide(database, MODERATOR, ids[0], "Dwie myśli w jednym zdaniu", show=False)
    told = [one for one in stage.backplane.of(f"dialog/opinions/{block}") if isinstance(one, StatementShown)]
    assert [one.statement.state for one in told[-2:]] == ["shown", "refused"]
    assert told[-1].statement.text == ""  # its words are not told any more
    with pytest.raises(Conflict):
        await actions.vote(database, JAN, block, ids[0], 1)
    async with database.transaction() as tx:
        shown = await store.statements(tx, block, "shown")
        assert [one.id for one in shown] == [*ids[1:], made.id]
        found = await KIND.contributions(tx, CLERK, await block_place(tx, CLERK, await _block(stage)))
        assert [(one.text, one.visible) for one in found] == [
            ("Ławki przy fontannie są potrzebne.", True),
            ("Rowery mogą jeździć przez plac.", False),
        ]
    done = await stage.audited()
    assert {"opinion.statements", "opinion.suggest", "opinion.show", "opinion.refuse", "opinion.vote"} <= set(done)


async def _block(stage):
    from portals.dialog import store as dialog_store

    async with stage.database.transaction(readonly=True) as tx:
        [block] = await dialog_store.blocks(tx, stage.consultation.id)
    return block


async def camps(database, stage, block, ids, sizes):
    """People without accounts who vote in two camps."""
    async with database.transaction() as tx:
        for camp, size in enumerate(sizes):
            for number in range(size):
                draft = ParticipantDraft(shown_as="name", pseudonym=f"Osoba {camp} {number}")
                person = await participant_store.add_participant(
                    tx, stage.consultation.id, None, f"Nazwisko{camp}{number}", draft
                )
                for at, statement in enumerate(ids):
                    await store.put_vote(tx, statement, person, 1 if at == 2 or at % 2 == camp else -1)


async def test_the_map_is_made_told_and_exported_without_people(database):
    stage, block, ids = await running(database)
    await camps(database, stage, block, ids, (9, 8))
    ewa = await stage.joins(EWA)
    for at, statement in enumerate(ids):
        await actions.vote(database, EWA, block, statement, -1 if at in {1, 3} else 1)
    row = await actions.compute(database, block)
    async with database.transaction() as tx:
        assert await actions.map_of(tx, NOBODY, block) == row  # snapshot and event are one thing
        assert await store.place_of(tx, block, ewa.id) is not None
        view = await views.view(tx, NOBODY, await block_place(tx, NOBODY, await _block(stage)))
        hers = await views.view(tx, EWA, await block_place(tx, EWA, await _block(stage)))
    assert stage.backplane.of(f"dialog/opinions/{block}")[-1].map == row
    assert row.result.voters == 18
    assert sum(group.size for group in row.result.groups if group.size) == len(row.result.points)
    assert view.own is None
    assert hers.own is not None
    assert [one.text for one in view.agreed] == ["Więcej drzew na placu."]
    text = exporting.csv_of(ENGLISH, view.lines, view.row.result).decode()
    assert text.startswith("\ufeffStatement;Seen;")
    assert "'=CMD()" in text
    assert "Nazwisko" not in text
    assert "Osoba" not in text
    assert str(ewa.id) not in row.result.__struct_fields__
    # a statement taken off leaves the export, the map and the count
    await actions.decide(database, CLERK, ids[3], "Powtórzenie", show=False)
    row = await actions.compute(database, block)
    async with database.transaction() as tx:
        view = await views.view(tx, NOBODY, await block_place(tx, NOBODY, await _block(stage)))
    assert "Targ w każdą sobotę." not in exporting.csv_of(ENGLISH, view.lines, view.row.result).decode()
    assert len(row.result.statements) == 3


async def test_votes_that_come_while_the_map_is_made_ask_for_another(database):
    stage, block, ids = await running(database)
    await stage.joins(JAN)
    await actions.vote(database, JAN, block, ids[0], 1)
    row = await actions.compute(database, block)
    assert (row.result, row.voters) == (None, 1)
    await actions.vote(database, JAN, block, ids[1], 1)
    async with database.transaction() as tx:
        wait_s = await tx.value(
            "SELECT extract(epoch FROM max(execute_after) - now())::float8 FROM pgqueuer"
            " WHERE entrypoint = 'dialog.opinion-map'"
        )
    assert await jobs(database) == 2
    assert 0 < wait_s <= actions.EVERY_S  # not more often than that
