"""What templates are given of projects."""

from collections.abc import Sequence

import msgspec
from markupsafe import Markup

from app.actor import Actor
from app.database import Tx
from app.i18n import _
from app.markup import render_markdown
from portals.dialog.access import Place
from portals.dialog.ballots import actions as ballots
from portals.dialog.ballots import store as ballot_store
from portals.dialog.ballots.model import OptionResult
from portals.dialog.blocks import Contribution, Figure
from portals.dialog.budget import actions, rules, store
from portals.dialog.budget.model import PUBLIC, BudgetSettings, Project, ProjectFile, ProjectRow, Step
from portals.dialog.map.model import Ground
from portals.dialog.model import Author
from portals.dialog.participation import authors, known_names


class BudgetView(msgspec.Struct, frozen=True, kw_only=True):
    """A block of projects on the consultation's page."""

    rules: BudgetSettings
    rows: list[ProjectRow]
    own: list[Project]
    total: int


class Spot(msgspec.Struct, frozen=True):
    """A project on the map: what its sign says and where it leads."""

    title: str
    path: str
    lat: float
    lng: float


class Drawn(msgspec.Struct, frozen=True):
    """What a map of projects is drawn of. `layers`: the office's outlines; there are none here."""

    ground: Ground
    spots: list[Spot]
    layers: list[str] = []


class DeskView(msgspec.Struct, frozen=True, kw_only=True):
    """The same for the clerk: what waits comes first."""

    total: int
    projects: list[Project]
    names: dict[int, str]
    votes: list[tuple[int, str]]


class ProjectView(msgspec.Struct, frozen=True, kw_only=True):
    """A project's own page."""

    project: Project
    author: Author
    html: Markup
    steps: list[Step]
    files: list[ProjectFile]
    own: bool
    may_change: bool
    may_appeal: bool
    may_withdraw: bool
    result: OptionResult | None
    vote_path: str
    name: str
    """What the city calls the author, for the office."""
    checks: list[tuple[str, bool]]


def drawn(ground: Ground, place: Place, projects: Sequence[Project]) -> Drawn:
    """Those that say where they are, inside of the map's bounds."""
    bounds = ground.bounds
    spots = [
        Spot(one.title, rules.path_of(place.consultation.slug, one.id), one.lat, one.lng)
        for one in projects
        if one.lat is not None
        and one.lng is not None
        and bounds.south <= one.lat <= bounds.north
        and bounds.west <= one.lng <= bounds.east
    ]
    return Drawn(ground, spots)


async def view(tx: Tx, _actor: Actor, place: Place) -> BudgetView:
    projects = await store.projects(tx, place.block.id, PUBLIC)
    own = [] if place.participant_id is None else await store.own_projects(tx, place.block.id, place.participant_id)
    return BudgetView(
        rules=actions.settings_of(place),
        rows=await actions.rows(tx, place, projects),
        own=own,
        total=len(projects),
    )


async def desk_view(tx: Tx, actor: Actor, place: Place) -> DeskView:
    projects = await store.projects(tx, place.block.id, PUBLIC)
    waiting = {"submitted": 0, "appealed": 0, "correction": 1}
    return DeskView(
        total=len(projects),
        projects=sorted(projects, key=lambda one: (waiting.get(one.state, 2), one.number or 0)),
        names=await known_names(tx, actor, [one.participant_id for one in projects]),
        votes=await store.vote_blocks(tx, place.consultation.id),
    )


async def project_view(tx: Tx, actor: Actor, place: Place, project: Project) -> ProjectView:
    own = place.participant_id is not None and place.participant_id == project.participant_id
    files = await store.files(tx, project.id)
    result, vote_path = await _result(tx, place, project)
    settings = actions.settings_of(place)
    found = await authors(tx, [project.participant_id])
    names = await known_names(tx, actor, [project.participant_id])
    may_write = rules.can_change(project, place.now) and (project.state != "draft" or place.may_take_part)
    return ProjectView(
        project=project,
        author=found[project.participant_id],
        html=render_markdown(project.description),
        steps=await store.steps(tx, project.id),
        files=[one for one in files if one.what == "public" or own or place.inside],
        own=own,
        may_change=own and may_write,
        may_appeal=own and rules.can_appeal(project, place.now),
        may_withdraw=own and rules.can_withdraw(project),
        result=result,
        vote_path=vote_path,
        name=names.get(project.participant_id, ""),
        checks=[(point, project.checks.get(point, False)) for point in rules.checks_of(settings)],
    )


async def _result(tx: Tx, place: Place, project: Project) -> tuple[OptionResult | None, str]:
    """What the vote says of it, and where one votes; of several votes the last one."""
    result, path = None, ""
    for option in await ballot_store.options_called(tx, f"project/{project.id}"):
        path = f"{place.consultation.path}/ballots/{option.block_id}"
        vote = await ballot_store.vote(tx, option.block_id)
        found = await ballots.shown_result(tx, vote) if vote is not None else None
        if found is not None:
            result = next((row for row in found.options if row.option_id == option.id), None)
    return result, path


async def figures(tx: Tx, _actor: Actor, place: Place) -> Sequence[Figure]:
    projects = await store.projects(tx, place.block.id, PUBLIC)
    return [
        Figure(_("projects sent in"), len(projects)),
        Figure(_("projects admitted"), sum(one.state == "admitted" for one in projects)),
    ]


async def contributions(tx: Tx, _actor: Actor, place: Place) -> Sequence[Contribution]:
    """Every project that was sent in."""
    return [
        Contribution(
            block_id=place.block.id,
            ref=f"project/{one.id}",
            participant_id=one.participant_id,
            text=f"{one.title}. {one.summary}",
            at=one.submitted_at or one.created_at,
            path=rules.path_of(place.consultation.slug, one.id),
        )
        for one in await store.projects(tx, place.block.id, PUBLIC)
    ]
