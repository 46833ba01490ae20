"""Full-text search in Polish: text becomes a `tsvector`, what people type a `tsquery`, and hits are marked in the text.

PostgreSQL has no Polish stemmer, so words are stemmed here and handed over as literals of the types. Each word gives
two lexemes at one place: the stem without its marks («żółwiami» → `zolw`), and the stem of the word without its marks,
so «zolwiami» finds it however the stemmer cuts plain letters. Words of a pair that were both written with the right
letters meet in the first; a reader without a Polish keyboard meets the writer in the second. A form with a fleeting e
(«rolek», «haseł», «bęben») has the stem without it as well, in which it meets the others («rolka», «hasło», «bębny»).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final, Literal

import msgspec
import snowballstemmer  # type: ignore[import-untyped]  # it ships no types
from aiohttp import web

Weight = Literal["A", "B", "C", "D"]

LAST_PLACE: Final = 16383
"""Highest position that a tsvector keeps."""

LONGEST_LEXEME: Final = 200
"""Characters; a tsvector takes 2046 bytes, a word of people never has so many."""

MOST_TERMS: Final = 12
"""Words and phrases of one question; more are left out."""

REMEMBERED: Final = 200_000
"""Words whose lexemes are kept; a language has fewer forms in use."""

SNIPPET: Final = 240
"""Characters of text around a hit."""

_WORD = re.compile(r"[^\W_]+")
_ASKED = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_SPREAD: Final = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "ħ": "h", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
)
_FLEETING: Final = re.compile(r"(.*[bcdfghjklmnprstwxz])i?e([bckln])")
"""A stem that may hold a fleeting e: between consonants, the last of them one before which it usually goes. Among the
100,000 most frequent words this joins a thousand with their other forms, and one in fifteen with an unrelated one.
"""
_COMMON_WORDS: Final = """
    a aby albo ale ani az bardzo bez bo by byc byl byla bylo byly co czy dla do gdy gdzie go i ich ile im inne iz ja
    jak jako je jednak jego jej jesli jest jestem jeszcze jezeli juz kiedy kto ktora ktore ktorego ktorej ktory
    ktorych ktorym lub ma mi mnie moze mozna my na nad nam nas nasz nasza nasze nich nie niej niz no o od on ona one
    oni ono oraz pan pani po pod przed przez przy sa sie sobie sprawie swoje ta tak takie tam te tego tej ten to tu
    ty tych tym u w wam was we wedlug wiec wszystko z za zas ze
"""
_COMMON: Final = frozenset(_COMMON_WORDS.split())
"""Words that stand everywhere, without marks; they keep their places, so that phrases over them still fit."""


class Term(msgspec.Struct, frozen=True):
    """A word or a phrase that was asked for: alternatives for each of its words, with their distance to the first."""

    words: tuple[tuple[int, frozenset[str]], ...]
    prefix: bool = False
    """`kowal*`: any word that begins so."""


class Query(msgspec.Struct, frozen=True):
    """What was asked. `tsquery` is empty where nothing is left to look for."""

    text: str
    tsquery: str
    terms: tuple[Term, ...]


class Piece(msgspec.Struct, frozen=True):
    """Text of a snippet; `hit`: it is what was asked for."""

    text: str
    hit: bool = False


class Snippet(msgspec.Struct, frozen=True):
    """A stretch of a text with its hits. `offset`: character of the first hit in it; None without one."""

    pieces: tuple[Piece, ...]
    offset: int | None


class _Found(msgspec.Struct, frozen=True):
    begin: int
    end: int
    term: int


def folded(text: str) -> str:
    """Small letters without marks: «Żółw» → «zolw»; ł and its kin are letters of their own, so they are named."""
    spread = unicodedata.normalize("NFKD", text.lower().translate(_SPREAD))
    return "".join(character for character in spread if not unicodedata.combining(character))


class Analyser:
    """Turns words into lexemes. Keeps state while it works: one for each thread."""

    def __init__(self) -> None:
        self._stem = snowballstemmer.stemmer("polish").stemWord
        self._known: dict[str, tuple[str, ...]] = {}

    def lexemes(self, word: str) -> tuple[str, ...]:
        """One to three, none for a word that stands everywhere."""
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[word] = self._worked_out(word)
        return known

    def _worked_out(self, word: str) -> tuple[str, ...]:
        small = word.lower()
        plain = folded(small)[:LONGEST_LEXEME]
        if not plain or plain in _COMMON:
            return ()
        first = folded(self._stem(small))[:LONGEST_LEXEME] or plain
        second = self._stem(plain) or plain
        found = dict.fromkeys((first, second))
        if first == plain and (short := _without_fleeting(small, first)):
            found[short] = None
        return tuple(found)

    def vector(self, *fields: tuple[Weight, str]) -> str:
        """Texts with their weights as a literal of `tsvector`. Between two fields lies a gap that no phrase spans."""
        places: dict[str, list[str]] = {}
        place = 0
        for weight, text in fields:
            for word in _WORD.findall(unicodedata.normalize("NFC", text)):
                place += 1
                for lexeme in self.lexemes(word):
                    places.setdefault(lexeme, []).append(f"{min(place, LAST_PLACE)}{weight}")
            place += 10
        return " ".join(f"'{lexeme}':{','.join(_unlike(at))}" for lexeme, at in places.items())

    def query(self, text: str) -> Query:
        """What people type: words (all of them), "a phrase", -word that must not be there, word* for a beginning."""
        asked = " ".join(unicodedata.normalize("NFC", text).split())
        wanted: list[tuple[Term, str]] = []
        unwanted: list[str] = []
        for found in _ASKED.finditer(asked):
            raw = found["phrase"] if found["phrase"] is not None else found["word"]
            term = self._term(raw, prefix=found["word"] is not None and raw.endswith("*"))
            if term is None or len(wanted) + len(unwanted) >= MOST_TERMS:
                continue
            if found["minus"]:
                unwanted.append(f"!({_literal(term)})")
            else:
                wanted.append((term, f"({_literal(term)})"))
        # what is only excluded would be nearly everything: that is no question
        literal = " & ".join([*(one for _term, one in wanted), *unwanted]) if wanted else ""
        return Query(asked, literal, tuple(term for term, _one in wanted))

    def _term(self, raw: str, *, prefix: bool) -> Term | None:
        words: list[tuple[int, frozenset[str]]] = []
        first: int | None = None
        for place, word in enumerate(_WORD.findall(raw)):
            lexemes = frozenset([folded(word)[:LONGEST_LEXEME]] if prefix else self.lexemes(word)) - {""}
            if lexemes:
                first = place if first is None else first
                words.append((place - first, lexemes))
        return Term(tuple(words), prefix) if words else None

    def marked(self, text: str, query: Query, length: int = SNIPPET) -> Snippet:
        """The stretch of `text` (in NFC) that holds most of what was asked, with the hits in it."""
        hits = self._hits(text, query.terms)
        begin, end = _window(text, hits, length)
        pieces: list[Piece] = []
        at = begin
        shown = [hit for hit in hits if begin <= hit.begin and hit.end <= end]
        for hit in shown:
            if hit.begin < at:
                continue
            if hit.begin > at:
                pieces.append(Piece(text[at : hit.begin]))
            pieces.append(Piece(text[hit.begin : hit.end], hit=True))
            at = hit.end
        if at < end:
            pieces.append(Piece(text[at:end]))
        if pieces and begin > 0:
            pieces.insert(0, Piece("… "))
        if pieces and end < len(text):
            pieces.append(Piece(" …"))
        return Snippet(tuple(pieces), shown[0].begin if shown else None)

    def _hits(self, text: str, terms: tuple[Term, ...]) -> list[_Found]:
        """Every word of the text that is part of a term found there, in order."""
        words = [(found.start(), found.end(), found[0]) for found in _WORD.finditer(text)]
        lexemes = [self.lexemes(word) for _begin, _end, word in words]
        found: dict[int, _Found] = {}
        for number, term in enumerate(terms):
            for place in range(len(words)):
                places = [place + distance for distance, _wanted in term.words]
                if places[-1] < len(words) and all(
                    self._fits(term, wanted, words[at][2], lexemes[at])
                    for at, (_distance, wanted) in zip(places, term.words, strict=True)
                ):
                    for at in places:
                        found.setdefault(at, _Found(words[at][0], words[at][1], number))
        return [found[at] for at in sorted(found)]

    def _fits(self, term: Term, wanted: frozenset[str], word: str, lexemes: tuple[str, ...]) -> bool:
        if not term.prefix:
            return not wanted.isdisjoint(lexemes)
        plain = folded(word)
        return any(plain.startswith(one) or any(lexeme.startswith(one) for lexeme in lexemes) for one in wanted)


def _without_fleeting(word: str, stem: str) -> str:
    """The stem as forms with an ending have it: «rolek» → `rolk`. `stem`: the whole word, which has no ending.

    Empty: no e would go. Before a soft ń only after an i («stopień»): other words in -eń are made from verbs.
    """
    found = _FLEETING.fullmatch(stem)
    if found is None or word.endswith("ć") or (word.endswith("eń") and not word.endswith("ień")):
        return ""
    short = found[1] + found[2]
    return short if len(short) > (3 if found[2] == "c" else 2) else ""


ANALYSER: web.AppKey[Analyser] = web.AppKey("analyser", Analyser)
"""For the loop; threads make their own."""


def _literal(term: Term) -> str:
    """A term as a part of a tsquery; lexemes hold letters and digits alone, so quoting them is enough."""
    text, before = "", 0
    for distance, lexemes in term.words:
        ending = ":*" if term.prefix else ""
        alternatives = " | ".join(f"'{lexeme}'{ending}" for lexeme in sorted(lexemes))
        text += (f" <{distance - before}> " if text else "") + f"({alternatives})"
        before = distance
    return text


def _unlike(places: Iterable[str]) -> Iterator[str]:
    """Without repetitions, at most 255: a tsvector keeps no more of one lexeme."""
    for count, place in enumerate(dict.fromkeys(places)):
        if count == 255:
            return
        yield place


def _window(text: str, hits: list[_Found], length: int) -> tuple[int, int]:
    """Where a snippet begins and ends: at words, around the stretch with most different terms; else the beginning."""
    if len(text) <= length:
        return 0, len(text)
    best, most = 0, (0, 0)
    for index, hit in enumerate(hits):
        inside = [other for other in hits[index:] if other.end <= hit.begin + length * 3 // 4]
        value = (len({other.term for other in inside}), len(inside))
        if value > most:
            best, most = hit.begin, value
    begin = max(0, min(best - length // 4, len(text) - length))
    end = min(len(text), begin + length)
    if begin > 0:
        space = text.find(" ", begin, best + 1)
        begin = space + 1 if space >= 0 else begin
    if end < len(text):
        space = text.rfind(" ", best + 1, end)
        end = space if space > 0 else end
    return begin, end
