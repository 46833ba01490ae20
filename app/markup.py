"""Markdown that people write, as HTML that may stand on a page: markdown-it, then nh3.

Raw HTML is shown as the text it is; images, scripts, styles and addresses other than http(s), mailto and tel do not
pass. Headings begin below the page's own. An article (`render_article`) shows pictures too, but only those it is given.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

LONGEST_TEXT: Final = 100_000
TOP_HEADING: Final = 3
"""What `#` becomes."""

_TAGS: Final = frozenset(
    {
        *("p", "br", "hr", "strong", "em", "del", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
        *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
    }
)
_ATTRIBUTES: Final = {"a": frozenset({"href", "title"}), "ol": frozenset({"start"})}
_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})


class Heading(NamedTuple):
    """A line of an article's contents. `level`: 2 for `#`, 3 for `##` …; `id` stands on the heading."""

    level: int
    id: str
    text: str


class RenderedArticle(NamedTuple):
    html: Markup
    contents: list[Heading]


def render_markdown(text: str) -> Markup:
    """What the text looks like. Pure and quick for what fits a form; longer texts are cut at `LONGEST_TEXT`."""
    parser = _parser()
    tokens = parser.parse(text[:LONGEST_TEXT])
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + TOP_HEADING - 1)}"
    return _clean(parser.renderer.render(tokens, parser.options, {}), _TAGS, _ATTRIBUTES)


def render_article(text: str, pictures: Mapping[str, str]) -> RenderedArticle:
    """A long text on a page of its own: `#` becomes h2, headings have ids, and the picture `![words](name)` shows the
    address that `pictures` has for the name; of others the words remain.
    """
    parser = _parser()
    tokens = parser.parse(text[:LONGEST_TEXT])
    contents: list[Heading] = []
    for place, token in enumerate(tokens):
        if token.type in {"heading_open", "heading_close"}:
            level = min(6, int(token.tag[1]) + 1)
            token.tag = f"h{level}"
            if token.type == "heading_open":
                contents.append(Heading(level, f"s-{len(contents) + 1}", _words(tokens[place + 1].children or ())))
                token.attrSet("id", contents[-1].id)
        elif token.children:
            token.children = [_shown(child, pictures) for child in token.children]
    html = parser.renderer.render(tokens, parser.options, {})
    attributes = {**_ATTRIBUTES, "img": frozenset({"src", "alt", "loading"})}
    attributes |= {f"h{level}": frozenset({"id"}) for level in range(2, 7)}
    return RenderedArticle(_clean(html, _TAGS | {"h2", "img"}, attributes), contents)


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def _words(children: Sequence[Token]) -> str:
    return "".join(child.content for child in children if child.type in {"text", "code_inline", "image"})


def _shown(token: Token, pictures: Mapping[str, str]) -> Token:
    """An image with its address, or as the words that describe it."""
    if token.type != "image":
        return token
    address = pictures.get(str(token.attrGet("src")))
    if address is None:
        return Token("text", "", 0, content=token.content)
    token.attrSet("src", address)
    token.attrSet("loading", "lazy")
    return token


def _clean(html: str, tags: frozenset[str], attributes: Mapping[str, frozenset[str]]) -> Markup:
    clean = nh3.clean(
        html,
        tags=set(tags),
        attributes={tag: set(names) for tag, names in attributes.items()},
        url_schemes=set(_SCHEMES),
        link_rel="nofollow noopener ugc",
    )
    return Markup(clean)  # noqa: S704  # nh3 has just cleaned it
