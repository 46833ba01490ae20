"""Joining: snapshot then events, without gap or duplicate; refusals; resuming."""

import pytest

from tests.realtime.conftest import Client, NoteWritten, Site


async def test_join_gives_snapshot_then_events(site: Site) -> None:
    await site.write(1, "first")
    async with site.connect() as socket:
        client = Client(socket)
        joined = await client.join("board/a", ref=7)
        assert joined["ref"] == 7
        assert joined["seq"] == 0
        assert joined["snapshot"] == {"notes": [{"id": 1, "text": "first", "rev": 1}]}
        assert joined["presence"] == {"sockets": 1, "accounts": 0}
        await site.write(2, "second")
        event = await client.hear("event")
        assert event == {
            "op": "event",
            "room": "board/a",
            "seq": 1,
            "data": {"type": "NoteWritten", "note": {"id": 2, "text": "second", "rev": 1}},
        }


async def test_rollback_publishes_nothing(site: Site) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        await client.join("board/a")
        with pytest.raises(ZeroDivisionError):
            async with site.database.transaction() as tx:
                tx.publish("board/a", NoteWritten(None))  # type: ignore[arg-type]
                raise ZeroDivisionError
        note = await site.write(5)
        event = await client.hear("event")
        assert event["seq"] == 1
        assert event["data"]["note"]["id"] == note.id
