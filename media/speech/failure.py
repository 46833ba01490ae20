"""Why a draft could not be made, and what to do about it."""

from enum import StrEnum
from typing import Final

from app.i18n import _


class SpeechFailure(StrEnum):
    """Stable words; `SENTENCES` says them to people."""

    NOT_SET_UP = "not-set-up"
    MISSING = "missing"
    NO_SOUND = "no-sound"
    ENGINE = "engine"
    TOO_DEMANDING = "too-demanding"
    NO_WORDS = "no-words"
    GONE = "gone"
    OURS = "ours"


SENTENCES: Final = {
    SpeechFailure.NOT_SET_UP: _(
        "No recogniser is set up here: ask the administrator for the settings «speech», or upload captions"
    ),
    SpeechFailure.MISSING: _(
        "The recogniser that is set up is not installed: ask the administrator to install it, then try again"
    ),
    SpeechFailure.NO_SOUND: _("This recording has no sound to recognise"),
    SpeechFailure.ENGINE: _("The recogniser ended with a fault: try again, or ask the administrator what its log says"),
    SpeechFailure.TOO_DEMANDING: _(
        "The recogniser needed more time or memory than it may use: a smaller model, or higher limits, would help"
    ),
    SpeechFailure.NO_WORDS: _("No words were recognised: look whether the language and the sound are right"),
    SpeechFailure.GONE: _("The recording is not there any more"),
    SpeechFailure.OURS: _("Something went wrong on our side: try again"),
}


class EngineFailed(Exception):
    """A recogniser could not do its work. `detail` is for the log."""

    def __init__(self, failure: SpeechFailure, detail: str = "") -> None:
        super().__init__(f"{failure.value}: {detail}")
        self.failure = failure
        self.detail = detail
