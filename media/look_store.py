"""SQL of the wish to see how a stream fares, which a web node tells the media node."""

from typing import Any, Final

from app.database import Tx

CHANNEL: Final = "gryf_look"


async def ask_to_look(tx: Tx, stream_id: str) -> None:
    """When the transaction commits. Nothing is written: a wish that nobody hears is said again by the next reader."""
    await tx.execute("SELECT pg_notify($1, $2)", CHANNEL, stream_id)


async def answers(connection: Any) -> None:
    """Raises where the server has gone."""
    await connection.execute("SELECT 1")
