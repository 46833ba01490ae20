"""A letter's words as Markdown, which is what entries of tickets are: they look as they were written. No I/O."""

import re
from typing import Final

from portals.helpdesk.model import MOST_TEXT

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#&])")
_LIST = re.compile(r"^(\s{0,3})([-+]|\d{1,9}[.)])(\s)")
_LINES_UNDER = re.compile(r"^\s{0,3}(=+|-+)\s*$")
CUT: Final = "[…]"


def as_markdown(text: str) -> str:
    """Nothing in it is markup but quotes and lists; lines stay lines. Cut where an entry takes no more."""
    made: list[str] = []
    before = 0
    for line in text.split("\n"):
        depth = 0
        while line.lstrip().startswith(">"):
            line, depth = line.lstrip()[1:], depth + 1
        line = line.rstrip().replace("\t", "    ")
        if _LINES_UNDER.match(line):
            words = "\\" + line.strip()
        else:
            words = _SPECIAL.sub(r"\\\1", line if _LIST.match(line) else line.lstrip())
        if depth < before and made and made[-1].strip("> "):
            made.append("> " * depth)  # else Markdown takes the line for a part of the quote
        made.append("> " * depth + words)
        before = depth
    whole = "\n".join(
        line + "  " if line.strip("> ") and following.strip("> ") else line
        for line, following in zip(made, [*made[1:], ""], strict=True)
    )
    if len(whole) <= MOST_TEXT:
        return whole
    kept = whole[: MOST_TEXT - len(CUT) - 2]
    return f"{kept[: kept.rfind(chr(10))] if chr(10) in kept[-2000:] else kept.rstrip(chr(92))}\n\n{CUT}"
