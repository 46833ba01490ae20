"""What a posted form says: fields are named `q-<key>`, rows of a matrix `q-<key>-<row>`, places of a ranking too."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from multidict import MultiDictProxy

from portals.dialog.surveys.model import Question
from portals.dialog.surveys.rules import LONGEST_TEXT, as_number


class Filled(msgspec.Struct, frozen=True):
    """Of the questions of one page: what was answered (None: nothing), and what was typed where it is no answer yet."""

    answers: dict[str, Any]
    typed: dict[str, Any]


def read_answers(posted: "MultiDictProxy[Any] | Mapping[str, Any]", questions: Sequence[Question]) -> Filled:
    """Files are left out: they are taken in by themselves."""
    answers: dict[str, Any] = {}
    typed: dict[str, Any] = {}
    for one in questions:
        if one.type in {"file", "page"}:
            continue
        value, odd = _read(posted, one)
        answers[one.key] = value
        if odd is not None:
            typed[one.key] = odd
    return Filled(answers, typed)


def _read(posted: "MultiDictProxy[Any] | Mapping[str, Any]", one: Question) -> tuple[Any, Any]:
    name = f"q-{one.key}"
    if one.type == "multiple":
        chosen = posted.getall(name, []) if isinstance(posted, MultiDictProxy) else posted.get(name, [])
        return list(dict.fromkeys(map(str, chosen))) or None, None
    if one.type == "matrix":
        rows = {row.key: str(posted[f"{name}-{row.key}"]) for row in one.rows if posted.get(f"{name}-{row.key}")}
        return rows or None, None
    if one.type == "ranking":
        return _ranking(posted, one)
    text = str(posted.get(name, "")).replace("\x00", "").replace("\r\n", "\n").strip()[: LONGEST_TEXT + 1]
    if not text:
        return None, None
    if one.type == "scale":
        return (int(text), None) if text.isascii() and text.isdigit() and len(text) < 4 else (None, text)
    if one.type == "number":
        number = as_number(text)
        return (text, text) if number is None else (f"{number:g}" if number % 1 else str(int(number)), None)
    if one.type == "date":
        try:
            return date.fromisoformat(text).isoformat(), None
        except ValueError:
            return text, text
    return text, None


def _ranking(posted: "MultiDictProxy[Any] | Mapping[str, Any]", one: Question) -> tuple[Any, Any]:
    """Options in the order of the numbers beside them; None where nobody has numbered anything."""
    typed = {option.key: str(posted.get(f"q-{one.key}-{option.key}", "")).strip() for option in one.options}
    if not any(typed.values()):
        return None, None
    places = {key: int(text) for key, text in typed.items() if text.isascii() and text.isdigit() and len(text) < 4}
    if sorted(places.values()) != list(range(1, len(one.options) + 1)):
        return list(places), typed
    return sorted(places, key=lambda key: places[key]), None


def plain(value: Any) -> Any:
    """An answer that came as JSON, cut to what can be one. Anything else is no answer."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return value.replace("\x00", "")[: LONGEST_TEXT + 1] or None
    if isinstance(value, int | float):
        return value
    if isinstance(value, list):
        return [str(one)[:40] for one in value[:100]] or None
    if isinstance(value, dict):
        return {str(key)[:40]: str(one)[:40] for key, one in list(value.items())[:100]} or None
    return None
