"""Languages of captions: codes as BCP 47 writes them, and what players call them."""

import re
from typing import Final

from babel import Locale as BabelLocale
from babel import UnknownLocaleError

from app.errors import Invalid

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")


def language_tag(text: str) -> str:
    """A language's code. Raises `Invalid`."""
    tag = text.strip().lower()
    if not _LANGUAGE.fullmatch(tag) or not _known(tag):
        raise Invalid(fields={"language": "This is not a language's code, such as pl"})
    return tag


def own_name(tag: str) -> str:
    """What its speakers call it: «Polski», «Українська»."""
    try:
        name = BabelLocale.parse(tag).get_display_name(tag)
    except (UnknownLocaleError, ValueError):
        return tag
    return (name or tag).capitalize()


def _known(tag: str) -> bool:
    try:
        BabelLocale.parse(tag)
    except (UnknownLocaleError, ValueError):
        return False
    return True
