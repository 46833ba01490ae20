"""How the parts of the consultation portal stand on its pages.

A part is a feature in a sub-folder of this one; its name is the kind of the blocks it brings. Its service adds a
`BlockKind`. The clerk then finds the kind in «Add a block», gives it a title, a phase and settings, and the pages
include the part's templates with `place`, `data` and `settings`:

| template of the part | where it stands |
|---|---|
| `_head.html` | head of each page that has a block of the kind: style sheets. It gets no `place` |
| `_block.html` | residents' page, once for each block |
| `_manage.html` | clerk's page of one block, below its settings |
| `_summary.html` | one line on the clerk's list of blocks and in the report |
| `_scripts.html` | end of the page, once: words and scripts. It gets no `place` |

`place` (`portals.dialog.access.Place`) says which block of which consultation, what time it is, who reads and whether
they may take part (`place.refusal`); `data` is what the kind's `data` (or `manage`) returned; `settings` its settings.
A phase that is to come shows the titles of its blocks only: `data` is not asked, except for the office's preview.

Two blocks of one kind may stand on one page: element ids carry `place.block.id`, scripts run for each `[data-…]` root.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from app.forms import Form
from app.wire import FEATURES
from portals.dialog.access import Place
from portals.dialog.model import Block, Consultation, Participant

SLOTS: Final = ("head", "block", "manage", "summary", "scripts")

BlockData = Callable[[Tx, Actor, Place], Awaitable[msgspec.Struct]]
"""Reads only, for this actor alone: what the actor may not see is not in it."""
PhaseHook = Callable[[Tx, Place], Awaitable[None]]
ErasedHook = Callable[[Tx, Participant], Awaitable[None]]
DiscardedHook = Callable[[Tx, Actor, Block], Awaitable[None]]
CopiedHook = Callable[[Tx, Actor, Block, Block], Awaitable[None]]


class NoSettings(msgspec.Struct, frozen=True):
    """Of a kind with nothing to set."""


class Figure(msgspec.Struct, frozen=True):
    """A number of a block, for lists and the report. `label`: a message id marked with `_`."""

    label: str
    value: int


class Given(msgspec.Struct, frozen=True):
    """An answer that the office gave within the part."""

    status: Literal["accepted", "partly", "rejected", "considered"]
    answer: str
    """Markdown."""
    at: datetime


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """Something a person has put into a block, for «what became of it» and exports.

    `ref`: its name within the kind, such as `comment/12`. `visible`: the public may read `text`. `named`: it is shown
    with its author; else nobody is told who wrote it, and only a letter finds them.
    """

    block_id: int
    ref: str
    participant_id: int | None
    text: str
    at: datetime
    path: str
    visible: bool = True
    named: bool = True
    given: Given | None = None
    """What «what became of it» shows until it has an answer of its own."""


class BlockKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of block. `name`: the part's feature."""

    name: str
    label: str
    """For the clerk and, where a block has no title, for residents: a message id marked with `_`."""
    description: str
    """One line for the clerk who chooses: a message id marked with `_`."""
    data: BlockData
    icon: str = "document"
    order: int = 50
    """Lower stands first among the kinds the clerk chooses from."""
    settings: type[msgspec.Struct] = NoSettings
    """Frozen, every field with a default."""
    form: type[Form] | None = None
    """Fields named as the settings' fields; None: there is nothing to set."""
    check: Callable[[Any], Mapping[str, str]] = lambda _settings: {}  # a default, not a name
    """What is wrong with settings: field → message id."""
    timed: bool = True
    """It opens and closes with its phase. Else it is read only (information, materials)."""
    without_account: bool = False
    """It can take contributions without an account where the consultation is open to everyone."""
    manage: BlockData | None = None
    """For `_manage.html`; `data` where there is none."""
    figures: Callable[[Tx, Actor, Place], Awaitable[Sequence[Figure]]] | None = None
    contributions: Callable[[Tx, Actor, Place], Awaitable[Sequence[Contribution]]] | None = None
    ready: Callable[[Tx, Place], Awaitable[Sequence[str]]] | None = None
    """What is missing before the consultation may be published: message ids."""
    phase_begun: PhaseHook | None = None
    """Once, in the transaction that tells of it. For a block without phase: when the first phase begins."""
    phase_ended: PhaseHook | None = None
    """Once, after everything that was taken in time; also when the consultation is cancelled. For a block without
    phase: when no phase is left."""
    account_erased: ErasedHook | None = None
    """A participant is erased: what the part keeps of them beside `participant_id` must go. Called before the row."""
    discarded: DiscardedHook | None = None
    """A draft with this block is thrown away: files that nothing else refers to must go. Called before the rows."""
    copied: CopiedHook | None = None
    """A consultation was copied: what the office put into the old block is put into the new one; nothing of people."""

    def read(self, block: Block) -> Any:
        """The block's settings."""
        return msgspec.convert(block.settings, self.settings)


class HeadPart(msgspec.Struct, frozen=True):
    """Something of a part in the head of a consultation's page, beside «Take part»: its template gets `data`."""

    template: str
    data: Callable[[Tx, Actor, Consultation], Awaitable[Any]]


class Shown(msgspec.Struct, frozen=True):
    """A block on a page. `template` empty: only its title is shown."""

    place: Place
    kind: BlockKind
    settings: Any
    data: msgspec.Struct | None
    template: str

    @property
    def title(self) -> str:
        """The clerk's words, else the kind's label (a message id)."""
        return self.place.block.title or self.kind.label


class Blocks:
    """The kinds of this application, added while it starts."""

    def __init__(self, templates: Mapping[str, frozenset[str]]) -> None:
        self._templates = templates
        self._kinds: dict[str, BlockKind] = {}
        self._heads: dict[str, HeadPart] = {}

    def add(self, kind: BlockKind) -> None:
        """Called by a part's service. A second kind of the same name takes the first one's place."""
        self._kinds[kind.name] = kind

    def add_head(self, part: HeadPart) -> None:
        """Called by a part's service. The same template twice stands there once."""
        self._heads[part.template] = part

    async def heads(self, tx: Tx, actor: Actor, consultation: Consultation) -> list[tuple[str, Any]]:
        """Templates for the head of a consultation's page, with what they need."""
        return [(one.template, await one.data(tx, actor, consultation)) for one in self._heads.values()]

    def in_order(self) -> list[BlockKind]:
        return sorted(self._kinds.values(), key=lambda kind: (kind.order, kind.name))

    def find(self, name: str) -> BlockKind | None:
        return self._kinds.get(name)

    def kind(self, name: str) -> BlockKind:
        """Raises NotFound for a kind whose part is not there."""
        found = self._kinds.get(name)
        if found is None:
            raise NotFound
        return found

    def template(self, kind: BlockKind, slot: str) -> str:
        """The part's template of this slot; empty where it has none."""
        name = f"_{slot}.html"
        return f"{kind.name}/{name}" if name in self._templates.get(kind.name, frozenset()) else ""

    def templates(self, kinds: Sequence[BlockKind], slot: str) -> list[str]:
        """Of each kind once, in order."""
        found = {kind.name: self.template(kind, slot) for kind in kinds}
        return [template for template in found.values() if template]

    async def shown(self, tx: Tx, actor: Actor, place: Place, slot: str = "block") -> Shown | None:
        """A block with what its template needs; None where its part is not there."""
        kind = self.find(place.block.kind)
        if kind is None:
            return None
        template = self.template(kind, slot)
        settings = kind.read(place.block)
        hidden = slot == "block" and place.phase is not None and place.stage == "coming" and not place.inside
        if hidden or not template:
            return Shown(place, kind, settings, None, "")
        load = kind.manage if slot == "manage" and kind.manage is not None else kind.data
        return Shown(place, kind, settings, await load(tx, actor, place), template)

    async def phase_begun(self, tx: Tx, places: Sequence[Place]) -> None:
        for place in places:
            kind = self.find(place.block.kind)
            if kind is not None and kind.phase_begun is not None:
                await kind.phase_begun(tx, place)

    async def phase_ended(self, tx: Tx, places: Sequence[Place]) -> None:
        for place in places:
            kind = self.find(place.block.kind)
            if kind is not None and kind.phase_ended is not None:
                await kind.phase_ended(tx, place)

    async def account_erased(self, tx: Tx, participant: Participant) -> None:
        for kind in self.in_order():
            if kind.account_erased is not None:
                await kind.account_erased(tx, participant)

    async def discarded(self, tx: Tx, actor: Actor, block: Block) -> None:
        kind = self.find(block.kind)
        if kind is not None and kind.discarded is not None:
            await kind.discarded(tx, actor, block)

    async def copied(self, tx: Tx, actor: Actor, old: Block, new: Block) -> None:
        kind = self.find(old.kind)
        if kind is not None and kind.copied is not None:
            await kind.copied(tx, actor, old, new)


BLOCKS: web.AppKey[Blocks] = web.AppKey("blocks", Blocks)


async def blocks_service(app: web.Application) -> AsyncIterator[None]:
    """Stands before the services of the parts, which add their kinds."""
    app[BLOCKS] = Blocks(
        {
            feature.name: frozenset(path.name for path in (feature.folder / "templates").glob("_*.html"))
            for feature in app[FEATURES]
        }
    )
    yield
