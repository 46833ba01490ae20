"""Materials: rows, settings, what the clerk says of one."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec
from markupsafe import Markup

from app.files import AUDIO, IMAGES, OFFICE, VIDEO
from media.uploads.model import UploadView

Kind = Literal["text", "file", "link"]
Preview = Literal["none", "waiting", "ready", "failed"]
Shape = Literal["text", "link", "pdf", "slides", "office", "image", "audio", "video", "plain"]
"""How a material is shown."""

MOST_TEXT: Final = 50_000
MOST_CHAPTERS: Final = 200
PDF: Final = "application/pdf"


class MaterialsSettings(msgspec.Struct, frozen=True):
    """`comments`: people can write below each material."""

    comments: bool = True


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """A material with its newest version. A removed one keeps its title and the reason; its content is gone."""

    id: int
    block_id: int
    ordinal: int
    kind: Kind
    title: str
    summary: str
    alt: str
    slides: bool
    chapters: str
    """Of a film or a recording, as the office has written them; `rules.read_chapters` takes them apart."""
    removed_at: datetime | None
    removal_reason: str
    rev: int
    version: int
    text: str
    link: str
    file_id: UUID | None
    name: str
    type: str
    bytes: int
    upload_id: int | None
    preview: Preview
    preview_id: UUID | None
    note: str
    changed_at: datetime

    @property
    def removed(self) -> bool:
        return self.removed_at is not None

    @property
    def has_pages(self) -> bool:
        """It can be looked at page by page."""
        return not self.removed and (self.type == PDF or self.preview == "ready")

    @property
    def shape(self) -> Shape:
        if self.kind != "file":
            return "text" if self.kind == "text" else "link"
        if self.slides and self.has_pages:
            return "slides"
        if self.type == PDF:
            return "pdf"
        shapes: tuple[tuple[frozenset[str], Shape], ...] = (
            (IMAGES, "image"),
            (AUDIO, "audio"),
            (VIDEO, "video"),
            (OFFICE, "office"),
        )
        return next((shape for types, shape in shapes if self.type in types), "plain")

    @property
    def subject(self) -> str:
        """Name of its thread among the discussions."""
        return f"material-{self.id}"


class Chapter(msgspec.Struct, frozen=True):
    """A part of a film: where it begins, in whole seconds, and what it is about."""

    starts_s: int
    title: str


class MaterialVersion(msgspec.Struct, frozen=True):
    """A version (1, 2 …). `file_id` None: a text, a link, or the bytes are gone."""

    material_id: int
    number: int
    text: str
    link: str
    file_id: UUID | None
    name: str
    type: str
    bytes: int
    sha256: str
    upload_id: int | None
    preview: Preview
    preview_id: UUID | None
    note: str
    added_at: datetime


class MaterialDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the clerk says of a material. `title` empty: taken from the file's name."""

    title: str = ""
    summary: str = ""
    alt: str = ""
    slides: bool = False
    chapters: str = ""


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a version holds beside a file. `note`: what has changed."""

    text: str = ""
    link: str = ""
    note: str = ""


class Shown(msgspec.Struct, frozen=True):
    """A material on a page. `html`: of a text; `recording`: of sound and films, once the media core has it."""

    material: Material
    html: Markup
    recording: UploadView | None
    comments: int
    chapters: list[Chapter] = []


class MaterialsData(msgspec.Struct, frozen=True):
    """What the block's templates get, in order."""

    shown: list[Shown]


class MaterialRow(msgspec.Struct, frozen=True, kw_only=True):
    """A material for programs. Addresses are empty where there is nothing at them."""

    id: int
    kind: Kind
    shape: Shape
    title: str
    summary: str
    alt: str
    version: int
    type: str
    bytes: int
    address: str
    file: str
    link: str
    removed: bool
    removal_reason: str
    changed_at: datetime
    rev: int
    chapters: list[Chapter] = []


class MaterialList(msgspec.Struct, frozen=True):
    materials: list[MaterialRow]
