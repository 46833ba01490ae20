"""Markdown that people write, as HTML that may stand on a page: markdown-it, then nh3.

Raw HTML is shown as the text it is; images, scripts, styles and addresses other than http(s), mailto and tel do not
pass. Headings begin below the page's own.
"""

from typing import Final

import nh3
from markdown_it import MarkdownIt
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


def render_markdown(text: str) -> Markup:
    """What the text looks like. Pure and quick for what fits a form; longer texts are cut at `LONGEST_TEXT`."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    tokens = parser.parse(text[:LONGEST_TEXT])
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + TOP_HEADING - 1)}"
    html = parser.renderer.render(tokens, parser.options, {})
    clean = nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(_SCHEMES),
        link_rel="nofollow noopener ugc",
    )
    return Markup(clean)  # noqa: S704  # nh3 has just cleaned it
