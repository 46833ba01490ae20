"""Continuity as a part of the media layer: its settings, and what stands before the packager of a stream on air."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from app.feature import Feature
from app.i18n import LOCALES
from app.wire import CITY, section
from media.codec.slate import SlateDesign, encode_slate
from media.continuity.model import SENTENCES, CodedSlate, Size, SlateKind
from media.continuity.programme import Programme
from media.continuity.settings import ContinuitySettings
from media.continuity.slates import Slates
from media.packager import Packager
from media.stream import Stream

log = structlog.get_logger(__name__)

CONTINUITY: Final = Feature(name="continuity", folder=Path(__file__).parent, settings=ContinuitySettings)
"""Mount it before the streaming core."""

SLATES: web.AppKey[Slates] = web.AppKey("slates", Slates)


def make_slates(app: web.Application) -> Slates:
    """Slates in the city's first language, with its name."""
    city, settings = app[CITY], section(app, ContinuitySettings)
    locale = app[LOCALES].get(city.languages[0])

    def encode(kind: SlateKind, size: Size, text: str) -> CodedSlate:
        return encode_slate(
            SlateDesign(
                sentence=locale.gettext(SENTENCES[kind]),
                detail=text,
                city=city.name,
                size=size,
                background=settings.background,
                accent=settings.accent,
                logo=settings.logo,
            )
        )

    return Slates(encode)


def presenter(slates: Slates, settings: ContinuitySettings) -> Callable[[Stream, Packager], Programme]:
    """Makes what chooses between a stream's source and a slate."""

    def present(stream: Stream, packager: Packager) -> Programme:
        return Programme(stream, packager, slates, settings)

    return present
