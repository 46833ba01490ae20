"""All SQL of cues: the words of captions."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from app.database import Tx
from media.speech.model import SpokenCue
from media.speech.plain import folded
from portals.council.captions.model import Cue, Found, Line, LiveLine, PublicLine, ReadCue

_CUE = "id, track_id, begin_ms, end_ms, speaker, text, changed_by, rev"
_JUDGED = f"SELECT {_CUE}, coalesce(withheld, '') AS withheld FROM caption_judged"
_LINE = "id, track_id, begin_ms, end_ms, speaker, text, said_at, aired_at, changed_by, rev"
_PUBLIC_LINE = "id, begin_ms, speaker, text, said_at, aired_at, rev"


class Shown(msgspec.Struct, frozen=True):
    """What is shown of a recording, in ms of the whole: from `begin_ms` up to `end_ms`.

    `withholds`: residents do not read all of its words.
    """

    begin_ms: int = 0
    end_ms: int = 2**62
    withholds: bool = False

    @property
    def cues(self) -> str:
        """What residents' captions are read from; looking for withheld words costs more than most sessions need."""
        return "caption_read" if self.withholds else "(SELECT *, '' AS withheld FROM caption_cue) AS caption_read"


async def withholds(tx: Tx, session_id: int) -> bool:
    """Whether there are words that residents must not read: muted spans, closed parts."""
    return bool(await tx.value("SELECT EXISTS (SELECT FROM caption_withheld WHERE session_id = $1)", session_id))


async def withheld_lines(tx: Tx, session_id: int) -> list[int]:
    """Ids of lines that were typed live and are not read any more."""
    rows = await tx.records(
        "SELECT id FROM caption_judged WHERE session_id = $1 AND aired_at IS NOT NULL AND withheld IS NOT NULL",
        session_id,
    )
    return [row["id"] for row in rows]


async def cues(tx: Tx, track_id: int, first: int, count: int) -> list[Cue]:
    """In order of time, from the `first` on."""
    return await tx.all(
        Cue,
        f"{_JUDGED} WHERE track_id = $1 ORDER BY begin_ms, id OFFSET $2 LIMIT $3",
        track_id,
        first,
        count,
    )


async def cues_by_id(tx: Tx, track_id: int, ids: Sequence[int]) -> dict[int, Cue]:
    found = await tx.all(Cue, f"{_JUDGED} WHERE track_id = $1 AND id = ANY($2::bigint[])", track_id, list(ids))
    return {cue.id: cue for cue in found}


async def cue_by_op(tx: Tx, track_id: int, op: str) -> Cue | None:
    return await tx.maybe(Cue, f"{_JUDGED} WHERE track_id = $1 AND op = $2", track_id, op)


async def count(tx: Tx, track_id: int) -> int:
    return int(await tx.value("SELECT count(*) FROM caption_cue WHERE track_id = $1", track_id))


async def read(tx: Tx, track_id: int, shown: Shown) -> list[ReadCue]:
    """All words on the timeline that is shown, for files."""
    return await tx.all(
        ReadCue,
        "SELECT greatest(begin_ms - $2, 0) AS begin_ms, least(end_ms, $3) - $2 AS end_ms, text, speaker, withheld"
        f" FROM {shown.cues} WHERE track_id = $1 AND end_ms > $2 AND begin_ms < $3 ORDER BY begin_ms, id",
        track_id,
        shown.begin_ms,
        shown.end_ms,
    )


async def add_cue(tx: Tx, track_id: int, cue: SpokenCue, op: str | None, changed_by: str) -> Cue:
    cue_id = await tx.value(
        "INSERT INTO caption_cue (track_id, begin_ms, end_ms, speaker, text, folded, op, changed_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        track_id,
        cue.begin_ms,
        cue.end_ms,
        cue.speaker,
        cue.text,
        folded(cue.text),
        op,
        changed_by,
    )
    return await _judged(tx, cue_id)


async def _judged(tx: Tx, cue_id: int) -> Cue:
    return await tx.one(Cue, f"{_JUDGED} WHERE id = $1", cue_id)


async def add_cues(tx: Tx, track_id: int, cues: Sequence[SpokenCue], changed_by: str) -> None:
    """Many at once."""
    await tx.connection.copy_records_to_table(
        "caption_cue",
        columns=["track_id", "begin_ms", "end_ms", "speaker", "text", "folded", "changed_by"],
        records=[
            (track_id, cue.begin_ms, cue.end_ms, cue.speaker, cue.text, folded(cue.text), changed_by) for cue in cues
        ],
    )


async def copy_cues(tx: Tx, from_id: int, to_id: int) -> None:
    await tx.execute(
        "INSERT INTO caption_cue (track_id, begin_ms, end_ms, speaker, text, folded, changed_by, said_at, typed)"
        " SELECT $2, begin_ms, end_ms, speaker, text, folded, changed_by, said_at, typed FROM caption_cue"
        " WHERE track_id = $1"
        " ORDER BY begin_ms, id",
        from_id,
        to_id,
    )


async def delete_cues(tx: Tx, track_id: int) -> None:
    await tx.execute("DELETE FROM caption_cue WHERE track_id = $1", track_id)


async def change_cue(tx: Tx, cue_id: int, cue: SpokenCue, changed_by: str) -> Cue:
    """Who moves what was typed live has heard when it was said."""
    await tx.execute(
        "UPDATE caption_cue SET begin_ms = $2, end_ms = $3, speaker = $4, text = $5, folded = $6, changed_by = $7,"
        " typed = typed AND begin_ms = $2 AND end_ms = $3, rev = rev + 1 WHERE id = $1",
        cue_id,
        cue.begin_ms,
        cue.end_ms,
        cue.speaker,
        cue.text,
        folded(cue.text),
        changed_by,
    )
    return await _judged(tx, cue_id)


async def remove_cue(tx: Tx, cue_id: int) -> None:
    await tx.execute("DELETE FROM caption_cue WHERE id = $1", cue_id)


async def shift_cues(tx: Tx, track_id: int, from_ms: int, by_ms: int, changed_by: str) -> int:
    """Moves all that begin at `from_ms` or later; none moves before the beginning. Returns how many."""
    done = await tx.execute(
        "UPDATE caption_cue SET begin_ms = greatest(begin_ms + $3, 0), end_ms = greatest(end_ms + $3, 1),"
        " changed_by = $4, typed = false, rev = rev + 1 WHERE track_id = $1 AND begin_ms >= $2",
        track_id,
        from_ms,
        by_ms,
        changed_by,
    )
    return int(done.rpartition(" ")[2])


async def earliest_begin(tx: Tx, track_id: int, from_ms: int) -> int | None:
    found = await tx.value(
        "SELECT min(begin_ms) FROM caption_cue WHERE track_id = $1 AND begin_ms >= $2", track_id, from_ms
    )
    return None if found is None else int(found)


# what was typed live


async def add_line(
    tx: Tx, track_id: int, cue: SpokenCue, op: str, changed_by: str, moments: tuple[datetime, datetime, datetime]
) -> LiveLine:
    """`moments`: said at, said until, aired at."""
    return await tx.one(
        LiveLine,
        "INSERT INTO caption_cue (track_id, begin_ms, end_ms, speaker, text, folded, op, changed_by, said_at,"
        f" said_until, aired_at, typed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, true) RETURNING {_LINE}",
        track_id,
        cue.begin_ms,
        cue.end_ms,
        cue.speaker,
        cue.text,
        folded(cue.text),
        op,
        changed_by,
        *moments,
    )


async def line_by_op(tx: Tx, track_id: int, op: str) -> list[LiveLine]:
    """What one request made: long words become several lines, whose names begin with its own."""
    return await tx.all(
        LiveLine,
        f"SELECT {_LINE} FROM caption_cue WHERE track_id = $1 AND (op = $2 OR op LIKE $2 || '.%') ORDER BY id",
        track_id,
        op,
    )


async def line(tx: Tx, track_id: int, line_id: int) -> LiveLine | None:
    return await tx.maybe(
        LiveLine,
        f"SELECT {_LINE} FROM caption_cue WHERE track_id = $1 AND id = $2 AND aired_at IS NOT NULL",
        track_id,
        line_id,
    )


async def newest_lines(tx: Tx, track_id: int, limit: int) -> list[LiveLine]:
    """Oldest first."""
    return await tx.all(
        LiveLine,
        f"SELECT * FROM (SELECT {_LINE} FROM caption_cue WHERE track_id = $1 AND aired_at IS NOT NULL"
        " ORDER BY id DESC LIMIT $2) AS newest ORDER BY id",
        track_id,
        limit,
    )


async def newest_public_lines(tx: Tx, track_id: int, limit: int) -> list[PublicLine]:
    """Oldest first."""
    return await tx.all(
        PublicLine,
        f"SELECT * FROM (SELECT {_PUBLIC_LINE} FROM caption_judged WHERE track_id = $1 AND aired_at IS NOT NULL"
        " AND withheld IS NULL ORDER BY id DESC LIMIT $2) AS newest ORDER BY id",
        track_id,
        limit,
    )


async def said_moments(tx: Tx, track_id: int) -> list[tuple[int, datetime, datetime]]:
    """Ids of live lines with the moments of their words."""
    rows = await tx.records(
        "SELECT id, said_at, said_until FROM caption_cue WHERE track_id = $1 AND said_at IS NOT NULL ORDER BY id",
        track_id,
    )
    return [(row["id"], row["said_at"], row["said_until"]) for row in rows]


async def place_cues(tx: Tx, places: Sequence[tuple[int, int, int]]) -> None:
    """Sets begin and end in ms, by id."""
    await tx.connection.executemany(
        "UPDATE caption_cue SET begin_ms = $2, end_ms = $3, rev = rev + 1 WHERE id = $1", list(places)
    )


# the transcript


async def count_shown(tx: Tx, track_id: int, shown: Shown) -> int:
    return int(
        await tx.value(
            f"SELECT count(*) FROM {shown.cues} WHERE track_id = $1 AND end_ms > $2 AND begin_ms < $3",
            track_id,
            shown.begin_ms,
            shown.end_ms,
        )
    )


async def lines_shown(tx: Tx, track_id: int, shown: Shown, first: int, limit: int) -> list[Line]:
    return await tx.all(
        Line,
        "SELECT id, ($4 + row_number() OVER (ORDER BY begin_ms, id) - 1)::int AS index,"
        " greatest(begin_ms - $2, 0) AS begin_ms, least(end_ms, $3) - $2 AS end_ms, speaker, text, withheld FROM ("
        f"  SELECT id, begin_ms, end_ms, speaker, text, withheld FROM {shown.cues}"
        "  WHERE track_id = $1 AND end_ms > $2 AND begin_ms < $3 ORDER BY begin_ms, id OFFSET $4::int LIMIT $5"
        ") AS page ORDER BY begin_ms, id",
        track_id,
        shown.begin_ms,
        shown.end_ms,
        first,
        limit,
    )


async def page_starts(tx: Tx, track_id: int, shown: Shown, page: int) -> list[int]:
    """Where the first line of each page begins."""
    rows = await tx.records(
        "SELECT greatest(begin_ms - $2, 0) AS begin_ms FROM ("
        f"  SELECT begin_ms, row_number() OVER (ORDER BY begin_ms, id) - 1 AS place FROM {shown.cues}"
        "  WHERE track_id = $1 AND end_ms > $2 AND begin_ms < $3) AS numbered WHERE place % $4 = 0 ORDER BY place",
        track_id,
        shown.begin_ms,
        shown.end_ms,
        page,
    )
    return [int(row["begin_ms"]) for row in rows]


async def speakers(tx: Tx, track_id: int, shown: Shown) -> list[str]:
    rows = await tx.records(
        f"SELECT DISTINCT speaker FROM {shown.cues} WHERE track_id = $1 AND end_ms > $2 AND begin_ms < $3"
        " AND speaker <> '' ORDER BY speaker LIMIT 200",
        track_id,
        shown.begin_ms,
        shown.end_ms,
    )
    return [str(row["speaker"]) for row in rows]


async def hits(tx: Tx, track_id: int, shown: Shown, words: Sequence[str]) -> list[Found]:
    """Lines that hold all the words, each as it stands or as a beginning or an end of a longer one."""
    return await tx.all(
        Found,
        "SELECT index::int, begin_ms FROM ("
        "  SELECT row_number() OVER (ORDER BY begin_ms, id) - 1 AS index, folded,"
        f"   greatest(begin_ms - $2, 0) AS begin_ms FROM {shown.cues}"
        "  WHERE track_id = $1 AND end_ms > $2 AND begin_ms < $3) AS numbered"
        " WHERE folded LIKE ALL($4::text[]) ORDER BY index",
        track_id,
        shown.begin_ms,
        shown.end_ms,
        [f"%{_literal(word)}%" for word in words],
    )


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
