"""SQL of maps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.database import Tx
from portals.dialog.map.model import Alignment, Category, Entry, Geometry, Layer, Mark, Outline, Spot, State

_READ = msgspec.json.Decoder(Geometry)
_ENTRY = """
SELECT e.id, e.block_id, e.category_id, e.participant_id, e.geometry, e.address, e.alignment, e.text, e.paper,
       e.made_at, e.edited_at, e.state, e.reason, e.rev,
       (SELECT count(*) FROM map_endorsement AS m WHERE m.entry_id = e.id) AS endorsements
  FROM map_entry AS e
"""

_PAGE = """
WITH known AS (
    SELECT entry_id, count(*) AS endorsements
      FROM map_endorsement JOIN map_entry AS e ON e.id = entry_id AND e.block_id = $1
     WHERE $4 = 'endorsed' GROUP BY entry_id
), wanted AS (
    SELECT e.id, e.made_at, CASE WHEN $4 = 'category' THEN e.category_id END AS first,
           coalesce(k.endorsements, 0) AS second
      FROM map_entry AS e LEFT JOIN known AS k ON k.entry_id = e.id
     WHERE e.block_id = $1 AND ($2::bigint IS NULL OR e.category_id = $2)
       AND ($3::bigint[] IS NULL OR e.id = ANY($3))
)
"""


async def entries(tx: Tx, block_id: int) -> list[Entry]:
    """Newest first, hidden and withdrawn ones too."""
    rows = await tx.records(f"{_ENTRY} WHERE e.block_id = $1 ORDER BY e.made_at DESC, e.id DESC", block_id)
    return [_entry(row) for row in rows]


async def entry_page(
    tx: Tx,
    block_id: int,
    *,
    category_id: int | None = None,
    ids: Sequence[int] | None = None,
    sort: str = "newest",
    limit: int,
    offset: int = 0,
) -> list[Entry]:
    """Of one category and of these ids, where they are named. `sort`: newest, endorsed, category."""
    rows = await tx.records(
        f"{_PAGE}, page AS (SELECT id, row_number() OVER (ORDER BY first, second DESC, made_at DESC, id DESC) AS turn"
        f" FROM wanted ORDER BY turn LIMIT $5 OFFSET $6) {_ENTRY} JOIN page AS p ON p.id = e.id ORDER BY p.turn",
        block_id,
        category_id,
        None if ids is None else list(ids),
        sort,
        limit,
        offset,
    )
    return [_entry(row) for row in rows]


async def entry_count(tx: Tx, block_id: int, *, category_id: int | None = None, shown: bool = False) -> int:
    """`shown`: only those that can be seen."""
    return int(
        await tx.value(
            "SELECT count(*) FROM map_entry WHERE block_id = $1 AND ($2::bigint IS NULL OR category_id = $2)"
            " AND (NOT $3 OR state = 'shown')",
            block_id,
            category_id,
            shown,
        )
    )


async def places(tx: Tx, block_id: int) -> list[tuple[int, int, Geometry]]:
    """Id, category and geometry of those that can be seen."""
    rows = await tx.records(
        "SELECT id, category_id, geometry::text AS geometry FROM map_entry WHERE block_id = $1 AND state = 'shown'"
        " AND geometry IS NOT NULL",
        block_id,
    )
    return [(row["id"], row["category_id"], _READ.decode(row["geometry"])) for row in rows]


async def spots(tx: Tx, block_id: int) -> list[Spot]:
    """Of all entries, oldest first."""
    rows = await tx.records(
        "SELECT id, rev, category_id, CASE WHEN state = 'shown' THEN geometry::text END AS geometry FROM map_entry"
        " WHERE block_id = $1 ORDER BY made_at, id",
        block_id,
    )
    return [
        Spot(row["id"], row["rev"], row["category_id"], msgspec.Raw((row["geometry"] or "null").encode()))
        for row in rows
    ]


async def own_ids(tx: Tx, block_id: int, participant_id: int) -> list[int]:
    """What they have put there themselves: not what the office has taken from paper."""
    rows = await tx.records(
        "SELECT id FROM map_entry WHERE block_id = $1 AND participant_id = $2 AND NOT paper ORDER BY id",
        block_id,
        participant_id,
    )
    return [row["id"] for row in rows]


async def entries_of(tx: Tx, participant_id: int) -> list[Entry]:
    rows = await tx.records(f"{_ENTRY} WHERE e.participant_id = $1 ORDER BY e.id", participant_id)
    return [_entry(row) for row in rows]


async def entry(tx: Tx, entry_id: int, *, lock: bool = False) -> Entry | None:
    rows = await tx.records(f"{_ENTRY} WHERE e.id = $1{' FOR UPDATE OF e' if lock else ''}", entry_id)
    return _entry(rows[0]) if rows else None


async def block_of(tx: Tx, entry_id: int) -> int:
    """0 where there is no such entry."""
    return int(await tx.value("SELECT block_id FROM map_entry WHERE id = $1", entry_id) or 0)


async def marks(tx: Tx, block_id: int) -> list[Mark]:
    return await tx.all(Mark, "SELECT id, rev FROM map_entry WHERE block_id = $1 ORDER BY id", block_id)


async def counts(tx: Tx, block_id: int) -> tuple[int, int, int]:
    """Entries that can be seen, how many of them came on paper, and endorsements of them."""
    found = await tx.records(
        "SELECT count(*) AS shown, count(*) FILTER (WHERE paper) AS paper, coalesce(sum((SELECT count(*)"
        " FROM map_endorsement AS m WHERE m.entry_id = e.id)), 0)::bigint AS endorsements"
        " FROM map_entry AS e WHERE block_id = $1 AND state = 'shown'",
        block_id,
    )
    return found[0]["shown"], found[0]["paper"], found[0]["endorsements"]


async def add_entry(
    tx: Tx,
    block_id: int,
    category_id: int,
    participant_id: int,
    geometry: Geometry | None,
    address: str,
    alignment: Alignment,
    text: str,
    *,
    paper: bool = False,
    made_at: datetime | None = None,
) -> int:
    return int(
        await tx.value(
            "INSERT INTO map_entry (block_id, category_id, participant_id, geometry, address, alignment, text, paper,"
            " made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9, clock_timestamp())) RETURNING id",
            block_id,
            category_id,
            participant_id,
            _plain(geometry),
            address,
            alignment,
            text,
            paper,
            made_at,
        )
    )


async def change_entry(
    tx: Tx,
    entry_id: int,
    category_id: int,
    geometry: Geometry | None,
    address: str,
    alignment: Alignment,
    text: str,
) -> None:
    await tx.execute(
        "UPDATE map_entry SET category_id = $2, geometry = $3, address = $4, alignment = $5, text = $6,"
        " edited_at = clock_timestamp(), rev = rev + 1 WHERE id = $1",
        entry_id,
        category_id,
        _plain(geometry),
        address,
        alignment,
        text,
    )


async def set_state(tx: Tx, entry_id: int, state: State, reason: str) -> None:
    await tx.execute(
        "UPDATE map_entry SET state = $2, reason = $3, rev = rev + 1 WHERE id = $1", entry_id, state, reason
    )


async def touch(tx: Tx, entry_id: int) -> None:
    """It is shown in another way."""
    await tx.execute("UPDATE map_entry SET rev = rev + 1 WHERE id = $1", entry_id)


async def endorse(tx: Tx, entry_id: int, participant_id: int) -> bool:
    """Once, however often it is asked for; whether it was new."""
    found = await tx.value(
        "INSERT INTO map_endorsement (entry_id, participant_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1",
        entry_id,
        participant_id,
    )
    return found is not None


async def take_endorsement_back(tx: Tx, entry_id: int, participant_id: int) -> bool:
    found = await tx.value(
        "DELETE FROM map_endorsement WHERE entry_id = $1 AND participant_id = $2 RETURNING 1", entry_id, participant_id
    )
    return found is not None


async def endorsed(tx: Tx, block_id: int, participant_id: int) -> list[int]:
    rows = await tx.records(
        "SELECT entry_id FROM map_endorsement JOIN map_entry AS e ON e.id = entry_id"
        " WHERE e.block_id = $1 AND map_endorsement.participant_id = $2",
        block_id,
        participant_id,
    )
    return [row["entry_id"] for row in rows]


async def paper_people(tx: Tx, block_id: int) -> list[int]:
    """Participants whose entries the office has taken from paper."""
    rows = await tx.records(
        "SELECT DISTINCT participant_id FROM map_entry WHERE block_id = $1 AND paper ORDER BY participant_id", block_id
    )
    return [row["participant_id"] for row in rows]


# categories and layers


async def categories(tx: Tx, block_id: int) -> list[Category]:
    return await tx.all(
        Category, "SELECT id, block_id, name, colour, shape FROM map_category WHERE block_id = $1 ORDER BY id", block_id
    )


async def add_category(tx: Tx, block_id: int, name: str, colour: str, shape: str) -> int | None:
    """None where there is one of this name."""
    found = await tx.value(
        "INSERT INTO map_category (block_id, name, colour, shape) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT DO NOTHING RETURNING id",
        block_id,
        name,
        colour,
        shape,
    )
    return None if found is None else int(found)


async def remove_category(tx: Tx, block_id: int, category_id: int) -> bool:
    """Only one that no entry has."""
    found = await tx.value(
        "DELETE FROM map_category AS c WHERE id = $1 AND block_id = $2"
        " AND NOT EXISTS (SELECT FROM map_entry WHERE category_id = c.id) RETURNING 1",
        category_id,
        block_id,
    )
    return found is not None


async def lock_category(tx: Tx, block_id: int, category_id: int) -> Category | None:
    """It is not removed until the transaction ends."""
    return await tx.maybe(
        Category,
        "SELECT id, block_id, name, colour, shape FROM map_category WHERE id = $1 AND block_id = $2 FOR KEY SHARE",
        category_id,
        block_id,
    )


async def layers(tx: Tx, block_id: int) -> list[Layer]:
    rows = await tx.records(
        "SELECT id, block_id, title, outlines, created_at FROM map_layer WHERE block_id = $1 ORDER BY id", block_id
    )
    return [Layer(**{**dict(row), "outlines": msgspec.convert(row["outlines"], list[Outline])}) for row in rows]


async def add_layer(tx: Tx, block_id: int, title: str, outlines: Sequence[Outline], account_id: int | None) -> int:
    return int(
        await tx.value(
            "INSERT INTO map_layer (block_id, title, outlines, created_by) VALUES ($1, $2, $3, $4) RETURNING id",
            block_id,
            title,
            msgspec.to_builtins(list(outlines)),
            account_id,
        )
    )


async def remove_layer(tx: Tx, block_id: int, layer_id: int) -> str | None:
    """Its title; None where there is none."""
    found: str | None = await tx.value(
        "DELETE FROM map_layer WHERE id = $1 AND block_id = $2 RETURNING title", layer_id, block_id
    )
    return found


async def copy_office_part(tx: Tx, old_id: int, new_id: int) -> None:
    """Categories and layers."""
    await tx.execute(
        "INSERT INTO map_category (block_id, name, colour, shape)"
        " SELECT $2, name, colour, shape FROM map_category WHERE block_id = $1 ORDER BY id",
        old_id,
        new_id,
    )
    await tx.execute(
        "INSERT INTO map_layer (block_id, title, outlines, created_by)"
        " SELECT $2, title, outlines, created_by FROM map_layer WHERE block_id = $1 ORDER BY id",
        old_id,
        new_id,
    )


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(**{**dict(row), "geometry": msgspec.convert(row["geometry"], Geometry | None)})


def _plain(geometry: Geometry | None) -> dict[str, Any] | None:
    found: dict[str, Any] | None = msgspec.to_builtins(geometry) if geometry is not None else None
    return found
