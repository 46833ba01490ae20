"""Saved views: whose they are, that two who change one are asked, and that everything can be taken back."""

import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from portals.helpdesk.finding import saved
from portals.helpdesk.finding.model import ViewDraft
from portals.helpdesk.finding.saved import views_room
from tests.portals.helpdesk.desk import (
    AGENT,
    AUDITOR,
    LEAD,
    NOBODY,
    OTHER_AGENT,
    SECOND_AGENT,
    TEACHER,
    Desk,
)
from tests.portals.helpdesk.finding.test_search import indexed
from tests.portals.helpdesk.sla.office import get, open_office, post


@pytest.fixture
async def desk(database):
    return await Desk.set(database)


def draft(name="Moje otwarte", **more) -> ViewDraft:
    return ViewDraft(**({"name": name, "question": {"state": "any_open", "assignee": "me"}} | more))


async def names(desk, actor) -> list[str]:
    return [one.name for one in (await saved.list_views(desk.database, actor)).views]


async def test_own_and_shared_ones_in_order(desk):
    await saved.add_view(desk.database, AGENT, draft("Drugi", place=20))
    await saved.add_view(desk.database, AGENT, draft("Pierwszy", place=10))
    await saved.add_view(desk.database, LEAD, draft("Całego zespołu", team_id=desk.team, place=15))
    assert await names(desk, AGENT) == ["Pierwszy", "Całego zespołu", "Drugi"]
    assert await names(desk, SECOND_AGENT) == ["Całego zespołu"]
    assert await names(desk, OTHER_AGENT) == []
    assert await names(desk, LEAD) == ["Całego zespołu"]
    for actor in (TEACHER, NOBODY):
        with pytest.raises(NotFound):
            await saved.list_views(desk.database, actor)


async def test_what_is_wrong_stands_beside_its_field(desk):
    for wrong, field in (
        (draft(""), "name"),
        (draft("x" * 61), "name"),
        (draft(question={}), "question"),
        (draft(question={"after": "1_1"}), "question"),
        (draft(question={"q": "\0 \x1f"}), "question"),
        (draft(question={"q": "x" * 401}), "question"),
        (draft(team_id=desk.team), "team_id"),
    ):
        with pytest.raises(Invalid) as refused:
            await saved.add_view(desk.database, AGENT, wrong)
        assert set(refused.value.fields) == {field}, field
    with pytest.raises(Invalid) as refused:
        await saved.add_view(desk.database, LEAD, draft(team_id=99_999))
    assert set(refused.value.fields) == {"team_id"}
    for number in range(saved.MOST_VIEWS):
        await saved.add_view(desk.database, AGENT, draft(f"Widok {number}"))
    with pytest.raises(Invalid):
        await saved.add_view(desk.database, AGENT, draft("Jeden za dużo"))


async def test_nobody_changes_what_is_not_theirs(desk):
    own = await saved.add_view(desk.database, AGENT, draft())
    shared = await saved.add_view(desk.database, LEAD, draft("Zespołu", team_id=desk.team))
    for actor in (SECOND_AGENT, OTHER_AGENT, LEAD, AUDITOR):
        for verb in (
            lambda a: saved.change_view(desk.database, a, own.id, draft("Inaczej", rev=own.rev)),
            lambda a: saved.remove_view(desk.database, a, own.id),
            lambda a: saved.set_default(desk.database, a, own.id, default=True),
            lambda a: saved.undo_view(desk.database, a, own.id, own.rev),
        ):
            with pytest.raises(NotFound):
                await verb(actor)
    for actor, refusal in ((AGENT, Forbidden), (OTHER_AGENT, NotFound)):
        with pytest.raises(refusal):
            await saved.remove_view(desk.database, actor, shared.id)
    with pytest.raises(Forbidden):
        await saved.add_view(desk.database, AUDITOR, draft())


async def test_two_who_change_one_are_asked(desk):
    shared = await saved.add_view(desk.database, LEAD, draft("Zespołu", team_id=desk.team))
    first = await saved.change_view(
        desk.database, LEAD, shared.id, draft("Nowa nazwa", team_id=desk.team, rev=shared.rev)
    )
    with pytest.raises(saved.ViewClash) as clash:
        await saved.change_view(desk.database, LEAD, shared.id, draft("Moja", team_id=desk.team, rev=shared.rev))
    assert (clash.value.theirs.name, clash.value.theirs.rev) == ("Nowa nazwa", first.rev)
    mine = await saved.change_view(desk.database, LEAD, shared.id, draft("Moja", team_id=desk.team, rev=first.rev))
    assert mine.name == "Moja"


async def test_everything_is_taken_back(desk):
    one = await saved.add_view(desk.database, AGENT, draft(place=5))
    changed = await saved.change_view(
        desk.database, AGENT, one.id, draft("Inaczej", question={"q": "drukarka"}, place=9, rev=one.rev)
    )
    back = await saved.undo_view(desk.database, AGENT, one.id, changed.rev)
    assert (back.name, back.question, back.place) == (one.name, one.question, one.place)
    gone = await saved.remove_view(desk.database, AGENT, one.id)
    assert await names(desk, AGENT) == []
    with pytest.raises(NotFound):
        await saved.remove_view(desk.database, AGENT, one.id)
    await saved.undo_view(desk.database, AGENT, one.id, gone.rev)
    assert await names(desk, AGENT) == ["Moje otwarte"]
    with pytest.raises(Conflict):  # it was undone already
        await saved.undo_view(desk.database, AGENT, one.id, gone.rev)
    assert [verb for verb in await desk.audited() if verb.startswith("helpdesk_view")] == [
        f"helpdesk_view.{verb}" for verb in ("add", "change", "undo", "remove", "undo")
    ]


async def test_one_opens_first_for_whoever_said_so(desk):
    shared = await saved.add_view(desk.database, LEAD, draft("Zespołu", team_id=desk.team))
    own = await saved.add_view(desk.database, AGENT, draft(default=True))
    assert (await saved.default_view(desk.database, AGENT)).id == own.id
    await saved.set_default(desk.database, AGENT, shared.id, default=True)
    assert (await saved.default_view(desk.database, AGENT)).id == shared.id
    assert await saved.default_view(desk.database, SECOND_AGENT) is None
    async with desk.database.transaction() as tx:
        await tx.execute("DELETE FROM helpdesk_team_member WHERE account_id = $1", AGENT.account_id)
    assert await saved.default_view(desk.database, AGENT) is None  # not shared any more


async def test_snapshot_and_events_are_the_fresh_list(desk):
    """For the agent in whose list it stands: made, changed, taken from the team, removed, brought back."""
    room = views_room(AGENT.account_id)

    async def snapshot():
        async with desk.database.transaction() as tx:
            return await saved.views_snapshot(tx, AGENT, {"account_id": str(AGENT.account_id)})

    rows = {one.id: one for one in (await snapshot()).views}
    shared = await saved.add_view(desk.database, LEAD, draft("Zespołu", team_id=desk.team))
    own = await saved.add_view(desk.database, AGENT, draft())
    moved = await saved.change_view(
        desk.database, LEAD, shared.id, draft("Cudzy", team_id=desk.other_team, rev=shared.rev)
    )
    await saved.undo_view(desk.database, LEAD, shared.id, moved.rev)
    gone = await saved.remove_view(desk.database, AGENT, own.id)
    await saved.undo_view(desk.database, AGENT, own.id, gone.rev)
    for event in desk.backplane.of(room):
        if isinstance(event, saved.ViewRemoved):
            rows.pop(event.view.id, None)
        else:
            rows[event.view.id] = event.view
    fresh = {one.id: one for one in (await snapshot()).views}
    assert rows.keys() == fresh.keys()
    for key, one in fresh.items():
        assert (rows[key].name, rows[key].rev, rows[key].question) == (one.name, one.rev, one.question)
    with pytest.raises(NotFound):
        async with desk.database.transaction() as tx:
            await saved.views_snapshot(tx, OTHER_AGENT, {"account_id": str(AGENT.account_id)})


async def test_pages(database_url, tmp_path):
    """Saved from the search, opened, counted, changed by two, removed and brought back; wrong input keeps what was typed."""
    async with open_office(database_url, tmp_path) as (site, desk):
        await desk.send("Drukarka nie drukuje")
        await desk.send("Poczta nie działa")
        await indexed(desk)
        async with site.client("adam") as agent, site.client("beata") as lead:
            place, _text = await post(
                agent, "/pomoc/widoki", "/pomoc/szukaj?q=drukarka", name="Drukarki", question_q="drukarka stan:otwarte"
            )
            assert place.startswith("/pomoc/szukaj?q=drukarka")
            assert "Drukarka" in await get(agent, place)
            async with agent.get("/api/helpdesk/views/counts") as answer:
                (count,) = (await answer.json())["counts"]
            assert (count["count"], count["more_than"]) == (1, False)
            _place, text = await post(
                agent,
                "/pomoc/widoki",
                "/pomoc/szukaj?q=drukarka",
                422,
                name="",
                question_q="drukarka",
                question_unit="SP 5",
            )
            assert 'value="drukarka jednostka:&#34;SP 5&#34;"' in text
            assert 'id="name-error"' in text
            view = f"/pomoc/widoki/{count['id']}"
            fields = {"name": "Drukarki", "question": "drukarka stan:dziwny", "place": "1", "rev": "1"}
            await post(agent, view, view, 303, **fields)
            _place, text = await post(agent, view, view, 409, **fields | {"name": "Moje drukarki"})
            assert 'value="Moje drukarki"' in text
            assert 'name="rev" type="hidden" value="2"' in text
            await post(agent, view, view, 303, **fields | {"question": "drukarka", "rev": "2", "default": "y"})
            async with agent.get("/pomoc/szukaj", allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (
                    303,
                    f"/pomoc/szukaj?q=drukarka&view={count['id']}",
                )
            await get(agent, "/pomoc/szukaj?q=")
            await post(agent, f"{view}/plain", "/pomoc/widoki")
            await post(agent, f"{view}/remove", "/pomoc/widoki")
            assert "Drukarki" not in (await get(agent, "/pomoc/widoki")).partition("<main")[2]
            await post(agent, f"{view}/undo/4", "/pomoc/widoki")
            assert "Drukarki" in (await get(agent, "/pomoc/widoki")).partition("<main")[2]
            await get(lead, view, 404)
        async with site.client("teresa") as auditor:
            await get(auditor, "/pomoc/widoki")
            await get(auditor, view, 403)
            await get(auditor, "/pomoc/szukaj?q=drukarka")
