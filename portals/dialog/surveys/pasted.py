"""Questions from a pasted text, as clerks have them in a letter or a document.

    # Dojazd                              a new page
    1. Jak dojeżdżasz do pracy? *         a question; * at the end: required
    ( ) autobusem                         one of these
    ( ) rowerem
    2. Czego brakuje?
    [ ] ścieżek                           several of these
    3. Oceń centrum (skala 1-5)           a scale
    4. Co jeszcze?                        nothing below: a text
    > pomoc pod pytaniem                  help of the question above

Lists with -, •, a) or a. below a question are options to choose one from.
"""

import re
from typing import Final

from portals.dialog.surveys.model import QuestionDraft, QuestionType

_NUMBERED: Final = re.compile(r"^\s*(?:pytanie\s*)?\d{1,3}\s*[.):]\s*(?P<text>\S.*)$", re.IGNORECASE)
_OPTION: Final = re.compile(r"^\s*(?P<sign>\(\s?\)|\[\s?\]|[○◯◻☐□]|[-–•*]|[a-z][.)])\s+(?P<text>\S.*)$")
_SCALE: Final = re.compile(
    r"\((?:w\s+)?(?:skala|skali|scale)[^0-9)]{0,20}(\d{1,2})\s*[-–—]\s*(\d{1,2})\)", re.IGNORECASE
)
_BOXES: Final = frozenset({"[ ]", "[]", "◻", "☐", "□"})
MOST_LINES: Final = 2_000


def questions_in(text: str) -> list[QuestionDraft]:
    """Questions in the order in which they stand; empty where there are none."""
    found: list[QuestionDraft] = []
    options: list[tuple[str, str]] = []
    helps: list[str] = []
    head = ""

    def close() -> None:
        nonlocal head
        if head:
            found.append(_question(head, options, helps))
        head = ""
        options.clear()
        helps.clear()

    for line in text.replace("\x00", "").splitlines()[:MOST_LINES]:
        stripped = line.strip()
        numbered = _NUMBERED.match(line)
        option = _OPTION.match(line)
        if not stripped:
            continue
        if stripped.startswith("#"):
            close()
            title = stripped.lstrip("# ").strip()[:500]
            if title:
                found.append(QuestionDraft(type="page", text=title))
        elif stripped.startswith(">") and head:
            helps.append(stripped.lstrip("> "))
        elif option and head:
            options.append((option["sign"], option["text"].strip()[:300]))
        elif numbered or not head or _ends_a_question(stripped) or options:
            close()
            head = (numbered["text"] if numbered else stripped).strip()
        else:
            head = f"{head} {stripped}"
    close()
    return found


def _ends_a_question(text: str) -> bool:
    return text.rstrip("* ").endswith("?")


def _question(head: str, options: list[tuple[str, str]], helps: list[str]) -> QuestionDraft:
    required = head.rstrip().endswith("*")
    head = head.rstrip("* ")
    scale = _SCALE.search(head)
    kind: QuestionType = "text"
    least = most = 0
    if scale and not options:
        kind, least, most = "scale", int(scale[1]), int(scale[2])
        head = re.sub(r"\s+([?.:])", r"\1", _SCALE.sub("", head).strip())
    elif options:
        kind = "multiple" if options[0][0] in _BOXES else "single"
    return QuestionDraft(
        type=kind,
        text=head[:500],
        help=" ".join(helps)[:500],
        required=required,
        options=[text for _sign, text in options],
        least=least,
        most=most,
    )
