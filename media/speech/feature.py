"""Recognition of speech as a feature: its settings, and what the worker has for it."""

from pathlib import Path

from aiohttp import web

from app.feature import Feature
from app.wire import data_folder, section
from media.settings import MediaSettings
from media.speech.desk import SpeechDesk
from media.speech.settings import SpeechSettings

FEATURE = Feature(name="speech", folder=Path(__file__).parent, needs=("media",), settings=SpeechSettings)


def speech_desk(app: web.Application) -> SpeechDesk:
    """For the worker: what jobs ask for with `app.jobs.part`."""
    return SpeechDesk(data_folder(app) / section(app, MediaSettings).recordings, section(app, SpeechSettings))
