"""What is looked for: words of a question, their stems, typing errors; and what an article is found by. Pure."""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from markdown_it import MarkdownIt

from app.search import Analyser, Query, Snippet, Term, folded
from portals.helpdesk.knowledge.model import Revision

MOST_WORDS: Final = 40
"""Different words of a question that are looked at."""
MOST_TERMS: Final = 16
"""The rarest of them, which are looked for."""
MOST_UNKNOWN: Final = 6
"""Words no article uses, for which others are sought."""
READ: Final = 3000
"""Characters of a long text."""
SHORTEST_PART: Final = 3
SHORTEST_MISTYPED: Final = 4
TITLE, KEYWORD, LEAD, HEADING, TEXT = 5.0, 4.0, 3.0, 3.0, 1.0
CERTAIN: Final = 2.5
"""A weight from which one word is enough to offer an article unasked."""
_WORD: Final = re.compile(r"[^\W_]+")
_JOINED: Final = re.compile(r"[^\W_]+(?:-[^\W_]+)+")


class Asked(msgspec.Struct, frozen=True):
    """A word of a question: as it was typed, without marks, and its stems."""

    typed: str
    plain: str
    lexemes: tuple[str, ...]


class Kindred(msgspec.Struct, frozen=True):
    """A word of articles that may be meant by a word of a question."""

    asked: str
    word: str
    lexemes: list[str]
    similarity: float


class Wanted(msgspec.Struct, frozen=True):
    """Lexemes that stand for one word of the question; `factor`: how sure that is, up to 1."""

    typed: str
    lexemes: Mapping[str, float]
    instead: str = ""
    """The word that is looked for in place of a misspelled one."""


def words_of(text: str) -> list[str]:
    """Words in order, and what a hyphen joins once more without it: «Wi-Fi» gives Wi, Fi, WiFi."""
    text = unicodedata.normalize("NFC", text)
    joined = [found.replace("-", "") for found in _JOINED.findall(text)]
    return [*_WORD.findall(text), *joined]


def asked_words(analyser: Analyser, text: str) -> list[Asked]:
    """Different words that say something, the first of a long text."""
    found: dict[str, Asked] = {}
    for word in words_of(text[:READ]):
        plain, lexemes = folded(word), analyser.lexemes(word)
        if lexemes and len(plain) > 1 and plain not in found:
            found[plain] = Asked(word, plain, lexemes)
        if len(found) == MOST_WORDS:
            break
    return list(found.values())


def unknown(asked: Sequence[Asked], known: Mapping[str, int], *, complete: bool) -> list[str]:
    """Words for which others must be sought: no article has them. `complete`: parts of words are looked for as well,
    which is for questions that somebody typed to find something.
    """
    strange = [one.plain for one in asked if not any(known.get(lexeme) for lexeme in one.lexemes)]
    chosen = [one.plain for one in asked] if complete else strange
    return [plain for plain in chosen if len(plain) >= SHORTEST_PART][:MOST_UNKNOWN]


def wanted_words(asked: Sequence[Asked], known: Mapping[str, int], kindred: Iterable[Kindred]) -> list[Wanted]:
    """For each word what to look for: its own stems, words that hold it, else the nearest by spelling."""
    by_word: dict[str, list[Kindred]] = {}
    for like in kindred:
        by_word.setdefault(like.asked, []).append(like)
    found = []
    for one in asked:
        lexemes = {lexeme: 1.0 for lexeme in one.lexemes if known.get(lexeme)}
        instead = ""
        near = by_word.get(one.plain, [])
        holding = [other for other in near if one.plain in other.word]
        for other in holding:
            factor = 0.7 if other.word.startswith(one.plain) else 0.4
            for lexeme in other.lexemes:
                lexemes.setdefault(lexeme, factor)
        if not lexemes:
            meant = nearest(one.plain, near)
            for other in meant:
                lexemes.update((lexeme, 0.6) for lexeme in other.lexemes)
            instead = meant[0].word if meant else ""
        found.append(Wanted(one.typed, lexemes, instead))
    return found


def nearest(plain: str, near: Sequence[Kindred]) -> list[Kindred]:
    """Words that differ by as many letters as people mistype: one of four to seven, two of longer ones."""
    if len(plain) < SHORTEST_MISTYPED:
        return []
    allowed = 1 if len(plain) < 6 else 2
    measured = [(distance(plain, one.word, allowed), -one.similarity, one) for one in near]
    best = min((steps for steps, _likeness, _one in measured), default=allowed + 1)
    if best > allowed:
        return []
    return [one for steps, _likeness, one in sorted(measured, key=lambda found: found[:2]) if steps == best]


def distance(one: str, other: str, most: int) -> int:
    """Letters added, left out, changed, or swapped with their neighbour (optimal string alignment); above `most` it is
    only known to be more.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, start=1):
        older, before, row = before, row, [place]
        for at, second in enumerate(other, start=1):
            cost = min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (letter != second))
            if place > 1 and at > 1 and letter == other[at - 2] and one[place - 2] == second:
                cost = min(cost, older[at - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:
            return most + 1
    return row[-1]


def rarest(wanted: Sequence[Wanted], known: Mapping[str, int], articles: int) -> list[Wanted]:
    """Those that tell articles apart: what stands in nearly all of them says nothing, unless nothing else is asked."""

    def articles_of(one: Wanted) -> int:
        return max((known.get(lexeme, 1) for lexeme in one.lexemes), default=0)

    found = [one for one in wanted if one.lexemes]
    telling = [one for one in found if articles_of(one) <= max(8, articles * 0.4)]
    return sorted(telling or found, key=articles_of)[:MOST_TERMS]


# what an article is found by


def postings(analyser: Analyser, revision: Revision) -> tuple[dict[str, float], dict[str, tuple[str, ...]]]:
    """Weights by lexeme, and the words they come from (without marks) with their lexemes."""
    weights: dict[str, float] = {}
    counts: dict[str, int] = {}
    spelled: dict[str, tuple[str, ...]] = {}
    body, headings = plain_text(revision.text)
    fields = (
        (TITLE, revision.title),
        (KEYWORD, " ".join(revision.keywords)),
        (LEAD, revision.lead),
        (HEADING, headings),
        (TEXT, body),
    )
    for weight, text in fields:
        for word in words_of(text):
            lexemes = analyser.lexemes(word)
            if lexemes:
                spelled[folded(word)[:80]] = lexemes
            for lexeme in lexemes:
                weights[lexeme] = max(weights.get(lexeme, 0.0), weight)
                counts[lexeme] = counts.get(lexeme, 0) + 1
    return {lexeme: weight + 0.3 * math.log2(counts[lexeme]) for lexeme, weight in weights.items()}, spelled


def plain_text(markdown: str) -> tuple[str, str]:
    """Words of Markdown without its marks, and those of its headings alone."""
    tokens = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).parse(markdown)
    texts, headings = [], []
    for place, token in enumerate(tokens):
        if token.type == "inline":
            words = "".join(
                child.content if child.type in {"text", "code_inline", "image"} else " "
                for child in token.children or ()
            )
            texts.append(words)
            if tokens[place - 1].type == "heading_open":
                headings.append(words)
        elif token.type in {"fence", "code_block"}:
            texts.append(token.content)
    return " ".join(" ".join(texts).split()), " ".join(headings)


def marked(analyser: Analyser, text: str, wanted: Sequence[Wanted], length: int) -> Snippet:
    """A stretch of the text with what was looked for in it."""
    terms = tuple(Term(((0, frozenset(one.lexemes)),)) for one in wanted if one.lexemes)
    return analyser.marked(unicodedata.normalize("NFC", text), Query("", "", terms), length)
