"""Projects from a draft to the ballot: real rows, the database's clock."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from portals.dialog.access import access_block
from portals.dialog.ballots import store as ballots
from portals.dialog.ballots.feature import kind as vote_kind
from portals.dialog.ballots.model import VoteSettings
from portals.dialog.ballots.urn import Urn
from portals.dialog.budget import actions, rules, store, views
from portals.dialog.budget.feature import KIND
from portals.dialog.budget.model import BudgetSettings, CostItem, Project, ProjectChanged, ProjectDraft
from portals.dialog.map.model import Bounds, Ground
from portals.dialog.refusals import Closed
from tests.portals.dialog.stage import AUDITOR, CLERK, HOUR, JAN, MODERATOR, NOBODY, OLA, OTHERS, Stage

GOOD = ProjectDraft(
    title="Ławki nad Słupią",
    summary="Dwanaście ławek przy ścieżce.",
    description="Ławki co sto metrów, z oparciem i podłokietnikami, żeby starsze osoby mogły odpocząć.",
    district="Zatorze",
    place="Ścieżka od mostu do pętli",
    supporters=12,
    items=(CostItem("Ławki", 24_000), CostItem("Montaż", 6_000)),
)
SETTINGS = BudgetSettings(district_most_pln=50_000, supporters=10)


async def opened(database, settings=SETTINGS):
    stage = await Stage.set(database, KIND)
    block = await stage.running("budget", settings)
    await stage.joins(JAN)
    return stage, block


async def sent_in(database, block, draft=GOOD):
    made = await actions.make_project(database, JAN, block.id, draft)
    return await actions.submit(database, JAN, made.id, ("Zatorze",))


async def test_a_draft_is_its_authors_alone_until_it_is_sent_in(database):
    stage, block = await opened(database)
    made = await actions.make_project(database, JAN, block.id, GOOD)
    await stage.joins(OLA)
    async with database.transaction(readonly=True) as tx:
        for who in (OLA, NOBODY, CLERK, AUDITOR):
            with pytest.raises(NotFound):
                await actions.access_project(tx, who, made.id)
        assert (await actions.listed(tx, NOBODY, block.id)).projects == []
    assert stage.backplane.of(f"dialog/budget/{block.id}") == []
    for act in (
        actions.change_project(database, OLA, made.id, GOOD, made.rev),
        actions.submit(database, OLA, made.id),
        actions.withdraw(database, CLERK, made.id),
        actions.appeal(database, OLA, made.id, "x" * 50),
    ):
        with pytest.raises(NotFound):
            await act
    with pytest.raises(Conflict):
        await actions.change_project(database, JAN, made.id, GOOD, made.rev + 7)
    sent = await actions.submit(database, JAN, made.id, ("Zatorze",))
    assert (sent.state, sent.number, sent.cost_pln) == ("submitted", 1, 30_000)
    async with database.transaction(readonly=True) as tx:
        snapshot = await actions.listed(tx, NOBODY, block.id)
    (told,) = stage.backplane.of(f"dialog/budget/{block.id}")
    assert isinstance(told, ProjectChanged)
    assert [told.project] == snapshot.projects
    with pytest.raises(Forbidden):
        await actions.change_project(database, JAN, made.id, GOOD, sent.rev)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"summary": ""}, "summary"),
        ({"description": "krótko"}, "description"),
        ({"place": ""}, "place"),
        ({"items": ()}, "estimate"),
        ({"items": (CostItem("Złoto", 50_001),)}, "estimate"),
        ({"supporters": 9}, "supporters"),
        ({"district": "Atlantyda"}, "district"),
    ],
)
async def test_what_is_missing_is_named_beside_its_field(database, change, field):
    _stage, block = await opened(database)
    made = await actions.make_project(database, JAN, block.id, msgspec.structs.replace(GOOD, **change))
    with pytest.raises(Invalid) as refused:
        await actions.submit(database, JAN, made.id, ("Zatorze",))
    assert set(refused.value.fields) == {field}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"lat": 54.4}, "lng"),
        ({"lat": 91.0, "lng": 17.0}, "lat"),
        ({"supporters": -1}, "supporters"),
        ({"items": (CostItem("x", 1),) * 41}, "estimate"),
    ],
)
def test_a_draft_that_cannot_be_kept_is_refused(change, field):
    assert set(rules.draft_faults(rules.cleaned(msgspec.structs.replace(GOOD, **change)))) == {field}


def test_estimates_are_read_as_people_write_them():
    assert rules.read_estimate("Ławki: 12 000 zł\n\nKosze:800") == (CostItem("Ławki", 12_000), CostItem("Kosze", 800))
    assert rules.read_estimate("") == ()
    for odd in ("Ławki", "Ławki: dużo", ": 12", "Ławki: -5", "Ławki: 1,5"):
        assert rules.read_estimate(odd) is None


async def test_check_correction_admission_and_the_ballot(database):
    stage = await Stage.set(database, KIND, vote_kind(Urn(None)))
    await stage.make()
    block = await stage.block("budget", SETTINGS, await stage.phase())
    vote = await stage.block("ballots", VoteSettings(budget=True, city_pool=1), await stage.phase(HOUR, 2 * HOUR))
    await stage.publish()
    await stage.joins(JAN)
    one = await sent_in(database, block)
    for who in OTHERS:
        for act in (
            actions.check(database, who, one.id, {}, one.rev),
            actions.decide(database, who, one.id, "admitted", "", one.rev),
            actions.put_on_ballot(database, who, block.id, vote.id),
        ):
            with pytest.raises(NotFound):
                await act
    one = await actions.check(database, CLERK, one.id, {"Teren": False, "Koszt": True}, one.rev)
    with pytest.raises(Invalid):
        await actions.decide(database, CLERK, one.id, "admitted", "", one.rev)
    with pytest.raises(Invalid):
        await actions.decide(database, CLERK, one.id, "correction", "źle", one.rev)
    one = await actions.decide(database, CLERK, one.id, "correction", "Proszę podać numer działki.", one.rev)
    assert one.due_at is not None
    await stage.end(stage.phases[0])  # projects are taken no more, and still the author may correct
    with pytest.raises(Closed):
        await actions.make_project(database, JAN, block.id, GOOD)
    one = await actions.change_project(
        database, JAN, one.id, msgspec.structs.replace(GOOD, place="Działka 12/4"), one.rev
    )
    one = await actions.submit(database, JAN, one.id)
    assert (one.state, one.number) == ("submitted", 1)
    one = await actions.check(database, CLERK, one.id, {"Teren": True, "Koszt": True}, one.rev)
    one = await actions.decide(database, CLERK, one.id, "admitted", "", one.rev)
    assert await actions.put_on_ballot(database, CLERK, block.id, vote.id) == 1
    assert await actions.put_on_ballot(database, CLERK, block.id, vote.id) == 0
    async with database.transaction() as tx:
        (option,) = await ballots.options(tx, vote.id)
        assert (option.title, option.cost_pln, option.district, option.ref) == (
            "Ławki nad Słupią", 30_000, "Zatorze", f"project/{one.id}",
        )  # fmt: skip
        assert [step.state for step in await store.steps(tx, one.id)] == [
            "submitted", "correction", "submitted", "admitted",
        ]  # fmt: skip
    verbs = [verb for verb in await stage.audited() if verb.startswith("budget.")]
    assert verbs == [
        "budget.make", "budget.submitted", "budget.check", "budget.correction", "budget.change", "budget.submitted",
        "budget.check", "budget.admitted", "budget.ballot", "budget.ballot",
    ]  # fmt: skip


async def test_a_rejection_is_appealed_once_and_in_time(database):
    _stage, block = await opened(database)
    one = await sent_in(database, block)
    one = await actions.decide(database, CLERK, one.id, "rejected", "Teren nie należy do miasta.", one.rev)
    with pytest.raises(Invalid):
        await actions.appeal(database, JAN, one.id, "bo tak")
    one = await actions.appeal(database, JAN, one.id, "Działka 12/4 jest miejska od 2019 roku.")
    one = await actions.decide(database, CLERK, one.id, "rejected", "Działka jest w dzierżawie do 2040 roku.", one.rev)
    assert one.due_at is None
    with pytest.raises(Conflict):
        await actions.appeal(database, JAN, one.id, "Proszę spojrzeć jeszcze raz na mapę.")
    two = await sent_in(database, block)
    await actions.decide(database, CLERK, two.id, "rejected", "Teren nie należy do miasta.", two.rev)
    await database.pool.execute("UPDATE budget_project SET due_at = clock_timestamp() WHERE id = $1", two.id)
    with pytest.raises(Conflict):
        await actions.appeal(database, JAN, two.id, "Działka 12/4 jest miejska od 2019 roku.")


async def test_what_was_withdrawn_leaves_the_list_without_its_words(database):
    stage, block = await opened(database)
    one = await sent_in(database, block)
    await actions.withdraw(database, JAN, one.id)
    told = stage.backplane.of(f"dialog/budget/{block.id}")[-1].project
    assert (told.state, told.title, told.summary) == ("withdrawn", "", "")
    async with database.transaction(readonly=True) as tx:
        assert (await actions.listed(tx, CLERK, block.id)).projects == []
        with pytest.raises(NotFound):
            await actions.access_project(tx, CLERK, one.id)
    with pytest.raises(Conflict):
        await actions.withdraw(database, JAN, one.id)


async def test_an_anonymous_author_stays_so_in_lists_and_views(database):
    stage = await Stage.set(database, KIND)
    block = await stage.running("budget", SETTINGS, shown_as=("anonymous",))
    await stage.joins(JAN)
    one = await sent_in(database, block)
    async with database.transaction(readonly=True) as tx:
        for who, name in (
            (NOBODY, ""),
            (OLA, ""),
            (CLERK, "Jan Wrona"),
            (AUDITOR, "Jan Wrona"),
            (MODERATOR, "Jan Wrona"),
        ):
            place, project = await actions.access_project(tx, who, one.id)
            view = await views.project_view(tx, who, place, project)
            assert (view.author.name, view.author.key, view.name) == ("", "", name)
        assert b"Wrona" not in msgspec.json.encode(await actions.listed(tx, CLERK, block.id))


async def test_only_places_within_the_city_are_drawn(database):
    stage, block = await opened(database)
    bounds = Bounds(16.9, 54.4, 17.14, 54.52)
    for title, lat, lng in (("Tu", 54.46, 17.03), ("Warszawa", 52.23, 21.01), ("Bez miejsca", None, None)):
        made = await actions.make_project(
            database, JAN, block.id, msgspec.structs.replace(GOOD, title=title, lat=lat, lng=lng)
        )
        await actions.submit(database, JAN, made.id, ("Zatorze",))
    async with database.transaction(readonly=True) as tx:
        place = await access_block(tx, NOBODY, block.id, "budget")
        drawn = views.drawn(Ground(bounds, "", ""), place, await store.projects(tx, block.id, ("submitted",)))
    assert [(one.title, one.lat, one.lng) for one in drawn.spots] == [("Tu", 54.46, 17.03)]
    assert drawn.spots[0].path.startswith(f"{stage.consultation.path}/budget/")


def test_deadlines_are_exact():
    now = datetime.now(UTC)
    project = Project(
        id=1, block_id=1, participant_id=1, number=1, state="correction", title="", summary="", description="",
        district="", place="", lat=None, lng=None, supporters=0, items=[], cost_pln=0, checks={}, due_at=now,
        submitted_at=None, created_at=now, rev=1,
    )  # fmt: skip
    assert not rules.can_change(project, now)
    assert rules.can_change(project, now - timedelta(microseconds=1))
