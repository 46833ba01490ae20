"""What people write, taken apart: paragraphs, lists, quotes, runs of text. Pure.

There is no HTML anywhere between the person who writes and the page that draws: templates and scripts build elements of
these pieces and put the text in as text. Limited Markdown: **strong**, *emphasis*, lists, > quotes, [links](https://…)
and bare addresses; everything else stands as it was written.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec
from markdown_it import MarkdownIt
from markdown_it.token import Token

MOST_DEPTH: Final = 20
"""Nested lists and quotes; deeper ones are text."""
MOST_BRACKETS: Final = 60
"""With more of them no links are looked for: that takes time with their square."""
_RULES: Final = ("emphasis", "link", "list", "blockquote", "newline", "escape", "autolink")
_URL: Final = re.compile(r"https?://[^\s<>\"']{3,500}")
_MENTION: Final = re.compile(r"@\[p(\d{1,18})\]")
_MARKS: Final = 3
"""Combining marks on one letter; more are «zalgo»."""
_SCHEMES: Final = ("http", "https", "mailto")


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stretch of text. `who`: a participant who is mentioned; it stays inside, `mention` (a public key) goes out."""

    text: str = ""
    strong: bool = False
    em: bool = False
    href: str = ""
    mention: str = ""
    who: int = 0


class Piece(msgspec.Struct, frozen=True, omit_defaults=True):
    """`rows`: lines of a paragraph or quote (one each), items of a list."""

    kind: Literal["p", "quote", "list", "numbered"]
    rows: list[list[Run]]


def clean_text(text: str) -> str:
    """As it is kept: NFC, no control or direction characters, no towers of marks, no empty pages."""
    kept: list[str] = []
    marks = 0
    for one in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")):
        kind = unicodedata.category(one)
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if marks > _MARKS or (kind in {"Cc", "Cf", "Cs", "Co"} and one not in "\n\t\u200d"):
            continue
        kept.append(" " if one == "\t" else one)
    lines = [line.rstrip() for line in "".join(kept).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def pieces(text: str) -> list[Piece]:
    """The text's structure; mentions are still numbers."""
    rules = [one for one in _RULES if one != "link" or text.count("[") <= MOST_BRACKETS]
    parser = MarkdownIt("zero", {"html": False, "maxNesting": MOST_DEPTH}).enable(rules)
    found = list(_blocks(parser.parse(text)))
    if _letters(found) < sum(one.isalnum() for one in text) * 0.9:  # nested deeper than is read: nothing may be lost
        return [Piece("p", [list(_split(text, strong=False, em=False, href=""))])]
    return found


def _letters(body: Sequence[Piece]) -> int:
    runs = (run for piece in body for row in piece.rows for run in row)
    return sum(
        sum(one.isalnum() for one in run.text + (run.href if run.href != run.text else "")) for run in runs
    ) + sum(len(f"p{who}") for who in mentioned(body))


def links(body: Sequence[Piece]) -> list[str]:
    """Addresses it leads to."""
    return [run.href for piece in body for row in piece.rows for run in row if run.href]


def mentioned(body: Sequence[Piece]) -> list[int]:
    """Participants it names, each once, in order."""
    return list(dict.fromkeys(run.who for piece in body for row in piece.rows for run in row if run.who))


def with_names(body: Sequence[Piece], named: Callable[[int], tuple[str, str]]) -> list[Piece]:
    """The body for the public: `named` gives name and key of a participant; both empty where there is none to say."""
    if not any(run.who for piece in body for row in piece.rows for run in row):
        return list(body)
    return [Piece(piece.kind, [[_with_name(run, named) for run in row] for row in piece.rows]) for piece in body]


def _with_name(run: Run, named: Callable[[int], tuple[str, str]]) -> Run:
    if not run.who:
        return run
    name, key = named(run.who)
    return msgspec.structs.replace(run, text=name, mention=key or "gone", who=0)


def plain(body: Sequence[Piece]) -> str:
    """The words alone, for exports and letters."""
    lines = []
    for piece in body:
        for number, row in enumerate(piece.rows, start=1):
            words = "".join(_plain_run(run) for run in row)
            lead = {"quote": "> ", "list": "- ", "numbered": f"{number}. "}.get(piece.kind, "")
            lines.append(lead + words)
    return "\n".join(lines)


def _plain_run(run: Run) -> str:
    if run.mention:
        return f"@{run.text}"
    return f"{run.text} ({run.href})" if run.href and run.href != run.text else run.text


def name_candidates(text: str) -> set[str]:
    """What may be a name after each @: one to five words."""
    found: set[str] = set()
    for match in re.finditer(r"(?:^|(?<=[\s(«„\"]))@(?=\w)", text):
        words = re.split(r"[ \u00a0]", text[match.end() : match.end() + 120].split("\n", maxsplit=1)[0])[:5]
        found |= {" ".join(words[:count]).rstrip('.,;:!?)»”"') for count in range(1, len(words) + 1)}
    return {one for one in found if one}


def with_mentions(text: str, people: Mapping[str, int]) -> str:
    """«@Jan Wrona» becomes «@[p12]»; what looks like that already was typed by hand and is broken up."""
    text = text.replace("@[", "@ [")
    for name in sorted(people, key=len, reverse=True):
        text = re.sub(rf"(?:^|(?<=[\s(«„\"]))@{re.escape(name)}(?!\w)", f"@[p{people[name]}]", text, flags=re.MULTILINE)
    return text


def without_mentions(text: str, names: Mapping[int, str]) -> str:
    """The text as its author edits it."""
    return _MENTION.sub(lambda match: f"@{names.get(int(match[1]), '')}", text)


def _blocks(tokens: Sequence[Token]) -> Iterator[Piece]:
    quotes, lists = 0, list[str]()
    open_list: Piece | None = None
    for token in tokens:
        match token.type:
            case "blockquote_open":
                quotes += 1
            case "blockquote_close":
                quotes -= 1
            case "bullet_list_open" | "ordered_list_open":
                lists.append("list" if token.type[0] == "b" else "numbered")
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
                if not lists and open_list is not None:
                    yield open_list
                    open_list = None
            case "inline" if lists:
                open_list = open_list or Piece("list" if lists[0] == "list" else "numbered", [])
                open_list.rows.append(_runs(token))
            case "inline":
                yield Piece("quote" if quotes else "p", [_runs(token)])


def _runs(token: Token) -> list[Run]:
    found: list[Run] = []
    strong = em = 0
    href = ""
    for child in token.children or ():
        match child.type:
            case "strong_open":
                strong += 1
            case "strong_close":
                strong -= 1
            case "em_open":
                em += 1
            case "em_close":
                em -= 1
            case "link_open":
                href = _safe(str(child.attrGet("href") or ""))
            case "link_close":
                href = ""
            case "softbreak" | "hardbreak":
                found.append(Run(text="\n"))
            case _ if child.content:
                found += _split(child.content, strong=strong > 0, em=em > 0, href=href)
    return found


def _split(text: str, *, strong: bool, em: bool, href: str) -> Iterator[Run]:
    """Bare addresses and mentions stand out of the text around them."""
    at = 0
    pattern = _MENTION if href else re.compile(f"{_MENTION.pattern}|{_URL.pattern}")
    for match in pattern.finditer(text):
        if match.start() > at:
            yield Run(text=text[at : match.start()], strong=strong, em=em, href=href)
        at = match.end()
        if match[1]:
            yield Run(who=int(match[1]), strong=strong, em=em)
            continue
        address = match[0].rstrip(".,;:!?)»”")
        at = match.start() + len(address)
        yield Run(text=address, strong=strong, em=em, href=_safe(address))
    if at < len(text):
        yield Run(text=text[at:], strong=strong, em=em, href=href)


def _safe(address: str) -> str:
    """Only addresses of pages and mail; a page of ours has no need of a link without a host."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme not in _SCHEMES or (parts.scheme != "mailto" and not parts.hostname):
        return ""
    return address
