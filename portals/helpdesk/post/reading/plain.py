"""The words of a letter as plain text: lines that flow are joined, HTML is cleaned and told. No I/O."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Final

import nh3

from portals.helpdesk.post.reading.charsets import clean_text

MOST_HTML: Final = 500_000
MOST_OPEN: Final = 300
"""Elements within one another; the time that cleaning takes grows with their square."""
MOST_TEXT: Final = 200_000
"""Signs of a letter's text; longer ones are cut, the raw bytes are kept."""

_BLOCKS: Final = frozenset(
    {"p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr"}
)
_TAGS: Final = _BLOCKS | {"a", "b", "br", "em", "i", "strong", "td", "th"}
_APART: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "blockquote", "pre"})
"""Have an empty line before them."""
_UNSEEN: Final = frozenset({"script", "style", "title", "head", "template", "noscript", "object", "svg", "math"})
_CLOSE_THEMSELVES: Final = frozenset(
    {"p", "li", "td", "th", "tr", "tbody", "thead", "tfoot", "dd", "dt", "option", "html", "body", "head"}
    | {"br", "hr", "img", "input", "meta", "link", "base", "col", "area", "wbr", "source", "o:p"}
)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]{0,60})")
_MARKUP = re.compile(r"<[^<>]*>?")
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f\u00a0]+")


def cut(text: str) -> str:
    """At most `MOST_TEXT` signs, without trailing blanks."""
    return text[:MOST_TEXT].rstrip()


def unflowed(text: str, *, delete_space: bool) -> str:
    """Paragraphs of `format=flowed` (RFC 3676) as one line each; quotes keep their depth."""
    made: list[str] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:]
        words = words.removeprefix(" ")  # space-stuffing
        flows = words.endswith(" ") and words != "-- "
        if flows and delete_space:
            words = words[:-1]
        if open_depth == depth and made and words != "-- ":
            made[-1] += words
        else:
            made.append((">" * depth + " " if depth else "") + words)
        open_depth = depth if flows else None
    return "\n".join(made)


def html_charset(html: bytes) -> str:
    """What the page itself says, for parts that do not."""
    found = _CHARSET.search(html[:4096])
    return found[1].decode("ascii") if found else ""


def html_text(html: str) -> str:
    """What a reader sees of a letter in HTML, quotes marked with `>`. Scripts, styles and comments are gone first."""
    html = html[:MOST_HTML]
    if _is_deep(html):
        return re.sub(r"\n{3,}", "\n\n", clean_text(unescape(_MARKUP.sub("", html)))).strip()
    clean = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_UNSEEN),
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )
    teller = _Teller()
    teller.feed(clean)
    teller.close()
    return teller.text()


def _is_deep(html: str) -> bool:
    """Whether more is open at once than any letter needs, whatever is closed that never was open."""
    opened: dict[str, int] = {}
    total = 0
    for found in _TAG.finditer(html):
        name = found[2].lower()
        if name in _CLOSE_THEMSELVES:
            continue
        count = opened.get(name, 0)
        if not found[1]:
            opened[name], total = count + 1, total + 1
        elif count:
            opened[name], total = count - 1, total - 1
        if total > MOST_OPEN:
            return True
    return False


class _Teller(HTMLParser):
    """Writes down cleaned HTML, line by line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line = ""
        self._quotes = 0
        self._pre = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._break(keep_empty=True)
        elif tag in _BLOCKS:
            self._break()
            if tag in _APART:
                self._empty_line()
        if tag == "blockquote":
            self._quotes += 1
        elif tag == "pre":
            self._pre += 1
        elif tag == "li":
            self._line = "- "
        elif tag == "hr":
            self._line = "---"
            self._break()
        elif tag in {"td", "th"} and self._line.strip():
            self._line = self._line.rstrip() + " | "
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._line)))

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._break()
            if tag in _APART:
                self._empty_line()
        if tag == "blockquote":
            self._quotes = max(0, self._quotes - 1)
        elif tag == "pre":
            self._pre = max(0, self._pre - 1)
        elif tag == "a" and self._links:
            address, start = self._links.pop()
            words = self._line[start:].strip()
            plain = address.removeprefix("mailto:").removeprefix("tel:")
            if plain and words and plain.rstrip("/") not in {words, words.rstrip("/")}:
                self._line = f"{self._line.rstrip()} <{plain[:500]}>"

    def handle_data(self, data: str) -> None:
        if self._pre:
            first, *others = data.split("\n")
            self._line += first
            for line in others:
                self._break(keep_empty=True)
                self._line = line
            return
        words = _SPACES.sub(" ", data)
        self._line += words.lstrip() if not self._line or self._line.endswith(" ") else words

    def text(self) -> str:
        self._break()
        text = clean_text("\n".join(self._lines)).strip("\n")
        return re.sub(r"\n{3,}", "\n\n", text)

    def _break(self, *, keep_empty: bool = False) -> None:
        if self._line.strip() or keep_empty:
            self._put(self._line.rstrip())
        self._line = ""

    def _empty_line(self) -> None:
        if self._lines and self._lines[-1].strip("> "):
            self._put("")

    def _put(self, line: str) -> None:
        self._lines.append(f"{'>' * self._quotes} {line}".rstrip() if self._quotes else line)
