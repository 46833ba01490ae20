"""What somebody newly wrote: without the quoted letter below and without the signature. No I/O.

Nothing is lost by it: the whole text and the raw bytes are kept, and where nothing would be left, nothing is cut.
"""

import re
from typing import Final

ANSWER_ABOVE: Final = "--- ✂ ---"
"""Our own letters carry it: whatever stands below is what we sent."""

_SIGNATURE = re.compile(r"--[ \u00a0]?")
_SENT_BY = re.compile(
    r"(wysłan[eoy] z|sent from (my|mail for|outlook)|get outlook for|pobierz (aplikację )?outlook|"
    r"uzyskaj (aplikację )?outlook|надіслано з|отримати outlook)\b.{0,80}",
    re.IGNORECASE,
)
_ON_WROTE = re.compile(
    r"(?:w dniu|dnia|on|le|am|pt|pon|wt|śr|czw|sob|niedz|nd)[.,]{0,2}\s.{4,300}"
    r"(?:pisze|napisał(?:a|\(a\)|/a)?|napisano|wrote|a écrit|schrieb)\s*:",
    re.IGNORECASE,
)
_WROTE = re.compile(r".{4,300}\s(?:pisze|napisał(?:a|\(a\)|/a)?|wrote|пише|написа(?:в|ла|в\(ла\)))\s*:", re.IGNORECASE)
_DIVIDER = re.compile(
    r"[-_=*\s]{3,}\s*(original message|wiadomość oryginalna|oryginalna wiadomość|wiadomość przekazana dalej|"
    r"forwarded message|treść oryginalna|оригінальне повідомлення)\s*[-_=*\s]{3,}|[_-]{20,}",
    re.IGNORECASE,
)
_FROM = re.compile(r"\*?(od|from|nadawca|від|von)\s?:\*?\s*\S.*", re.IGNORECASE)
_OTHER_FIELD = re.compile(
    r"\*?(wysłano|sent|data|date|do|to|temat|subject|dw|cc|надіслано|дата|кому|тема)\s?:\*?.*", re.IGNORECASE
)
_MOST_SIGNATURE_LINES: Final = 20


def newly_written(text: str) -> str:
    """The text a reader of the thread needs. Quotes between answers stay: they say what each one answers."""
    lines = text.split("\n")
    lines = lines[: _quote_start(lines)]
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith(">")):
        lines.pop()
    lines = _without_first_quote(lines)
    lines = _without_signature(lines)
    kept = "\n".join(lines).strip("\n").rstrip()
    return kept or text.strip()


def _quote_start(lines: list[str]) -> int:
    """Index of the first line that introduces the letter below, or their number."""
    for at, line in enumerate(lines):
        plain = line.strip()
        if plain.lstrip("> ").startswith(ANSWER_ABOVE):
            return at
        if _DIVIDER.fullmatch(plain) and (plain.strip("_-") or _is_head(lines, at + 1)):
            return at
        if _FROM.fullmatch(plain) and _is_head(lines, at):
            return at
        length = _attribution(lines, at)
        if length and _only_quoted(lines[at + length :]):
            return at
    return len(lines)


def _is_head(lines: list[str], at: int) -> bool:
    """Whether a forwarded letter's fields begin here: From, and two of the others close below."""
    near = [line.strip() for line in lines[at : at + 10] if line.strip()][:6]
    return bool(near) and bool(_FROM.fullmatch(near[0])) and sum(bool(_OTHER_FIELD.fullmatch(one)) for one in near) >= 2


def _attribution(lines: list[str], at: int) -> int:
    """How many lines «On … wrote:» takes here, up to 4 where a program has broken it; 0 where there is none."""
    words = ""
    for count in range(1, 5):
        line = lines[at + count - 1].strip() if at + count <= len(lines) else ""
        words = f"{words} {line}".strip()
        if not line or len(words) > 400:
            return 0
        if words.endswith(":"):
            known = _ON_WROTE.fullmatch(words) or (count == 1 and _WROTE.fullmatch(words))
            return count if known and re.search(r"[@\d]", words) else 0
    return 0


def _only_quoted(lines: list[str]) -> bool:
    """A whole quote follows and no answer after it; programs that mark no quote are believed too."""
    rest = [line for line in lines if line.strip()]
    if not rest:
        return True
    if not rest[0].lstrip().startswith(">"):
        return True
    seen_plain = False
    for line in rest:
        if not line.lstrip().startswith(">"):
            if _SIGNATURE.fullmatch(line.strip()):
                return True
            seen_plain = True
    return not seen_plain


def _without_first_quote(lines: list[str]) -> list[str]:
    """Answers below the quote: the quote above goes where it is one block with its introduction."""
    first = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    if first == len(lines):
        return lines
    start = first + _attribution(lines, first)
    while start < len(lines) and not lines[start].strip():
        start += 1
    at = start
    while at < len(lines) and (lines[at].lstrip().startswith(">") or (at > start and not lines[at].strip())):
        at += 1
    rest = lines[at:]
    if at == start or any(line.lstrip().startswith(">") for line in rest) or not any(line.strip() for line in rest):
        return lines
    return rest


def _without_signature(lines: list[str]) -> list[str]:
    for at, line in enumerate(lines):
        plain = line.rstrip("\n").lstrip()
        is_mark = _SIGNATURE.fullmatch(plain) and len(lines) - at <= _MOST_SIGNATURE_LINES
        is_note = _SENT_BY.fullmatch(plain.strip()) and len(lines) - at <= 4
        if (is_mark or is_note) and any(before.strip() for before in lines[:at]):
            return lines[:at]
    return lines
