"""How sources become entries, and where a hit leads. Pure."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.search import Analyser, Query
from portals.council.records.search.model import Entry, Kind, Question, Row, Source

PAGE: Final = 20
KINDS: Final[tuple[Kind, ...]] = (
    "session",
    "item",
    "paper",
    "vote",
    "speech",
    "transcript",
    "resolution",
    "interpellation",
)
OWN_PAGES: Final[dict[str, str]] = {
    "paper": "/council/papers/",
    "resolution": "/council/resolutions/",
    "interpellation": "/council/interpellations/",
}


def entries_of(sources: Iterable[Source], analyser: Analyser) -> list[Entry]:
    """What the index holds of the sources."""
    return [_entry(source, analyser) for source in sources]


def _entry(source: Source, analyser: Analyser) -> Entry:
    title = unicodedata.normalize("NFC", source.title)
    text, cues = joined(source.cues) if source.cues else (unicodedata.normalize("NFC", source.text), [])
    # whoever looks for a session or a paper by its title finds it once, and not each of its passages
    fields = [("D", text)] if source.kind == "transcript" or source.part else [("A", title), ("B", text)]
    return Entry(
        kind=source.kind,
        source_id=source.source_id,
        part=source.part,
        session_id=source.session_id,
        told_at=source.told_at,
        public_from=source.public_from,
        title=title,
        text=text,
        moment=source.moment,
        begin_ms=source.cues[0][0] if source.cues else None,
        cues=cues,
        page=source.page,
        words=analyser.vector(*fields),  # type: ignore[arg-type]  # the letters are weights
    )


def joined(cues: list[tuple[int, str, str]]) -> tuple[str, list[tuple[int, int]]]:
    """The cues of a passage as one text, a speaker's name before the first words, and where each cue begins in it."""
    text, places, before = "", [], ""
    for begin_ms, speaker, words in cues:
        if text:
            text += " "
        places.append((len(text), begin_ms))
        if speaker and speaker != before:
            text += f"{speaker}: "
        before = speaker
        text += unicodedata.normalize("NFC", " ".join(words.split()))
    return text, places


def second_of(row: Row, offset: int | None) -> int | None:
    """The second of what is shown of the recording at which the cue begins that holds this character."""
    if row.begin_ms is None:
        return None
    begin_ms = row.begin_ms
    for place, cue_ms in row.cues:
        if offset is not None and place <= offset:
            begin_ms = cue_ms
    return max(0, begin_ms - row.shown_from_ms) // 1000


def path_of(row: Row, position_s: int | None) -> str:
    """Where a hit leads: to the thing itself and its page, the second of the recording, or at least to its session."""
    if row.kind in OWN_PAGES:
        return f"{OWN_PAGES[row.kind]}{row.source_id}" + (f"?page={row.page}" if row.page is not None else "")
    assert row.slug is not None  # all others belong to a session
    path = f"/council/sessions/{row.slug}"
    if position_s is not None:
        return f"{path}#t={position_s}"
    return f"{path}/items/{row.source_id}" if row.kind == "item" else path


def year_bounds(year: int | None, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """From New Year's midnight in the city to the next one."""
    if year is None:
        return None, None
    return datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)


def committee_of(question: Question) -> int | None:
    """0: the council; None: everybody."""
    if not question.body:
        return None
    return 0 if question.body == "council" else int(question.body)


def is_too_common(query: Query) -> bool:
    """Something was typed, and none of it can be looked for."""
    return bool(query.text) and not query.tsquery
