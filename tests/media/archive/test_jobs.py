"""What the clock starts: recordings that were forgotten are worked up all the same."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.actor import Actor
from app.database import Database
from app.errors import NotFound
from app.jobs.queue import running
from media.archive import store
from media.archive.feature import feature
from media.archive.jobs import CATCH_UP, JOBS, Nothing
from media.archive.model import AssetState
from media.archive.plan import Archive
from media.archive.products import PRODUCTS, when_ended
from media.archive.settings import ArchiveSettings
from tests.media.archive import recorded
from tests.media.archive.recorded import STREAM
from tests.media.hls import feed


async def queued(database: Database) -> list[str]:
    async with database.transaction(readonly=True) as tx:
        rows = await tx.records("SELECT entrypoint FROM pgqueuer WHERE status = 'queued' ORDER BY id")
    return [row["entrypoint"] for row in rows]


async def catch_up(database: Database, tmp_path: Path) -> None:
    with running(1, [Archive(tmp_path, ArchiveSettings(), tmp_path / "key")]):
        await CATCH_UP.run(database, Nothing())


@pytest.fixture
async def forgotten(database: Database, tmp_path: Path) -> Database:
    """Recorded years ago, ended, and no job was queued."""
    track, packets = feed.audio(4)
    await recorded.record(database, tmp_path, (0, recorded.Tracks(audio=track), list(packets)))
    return database


async def test_the_end_queues_one_job(database: Database, tmp_path: Path):
    track, packets = feed.audio(4)
    turn = (0, recorded.Tracks(audio=track), list(packets))
    await recorded.record(database, tmp_path, turn, when_ended=when_ended)
    assert await queued(database) == ["archive.products"]
    await catch_up(database, tmp_path)
    assert await queued(database) == ["archive.products"], "what is queued is not queued twice"


async def test_recordings_without_products_are_found(forgotten: Database, tmp_path: Path):
    await catch_up(forgotten, tmp_path)
    assert await queued(forgotten) == ["archive.products"]


async def test_what_waits_too_long_is_queued_again_and_what_failed_is_left(forgotten: Database, tmp_path: Path):
    async with forgotten.transaction() as tx:
        await store.set_asset_state(tx, STREAM, "audio", AssetState.FAILED, reason="x")
        await store.set_asset_state(tx, STREAM, "podcast", AssetState.RUNNING)
    await catch_up(forgotten, tmp_path)
    assert await queued(forgotten) == []
    async with forgotten.transaction() as tx:
        await tx.execute("UPDATE recording_asset SET changed_at = changed_at - $1::interval", timedelta(minutes=11))
    await catch_up(forgotten, tmp_path)
    assert await queued(forgotten) == ["archive.products"]


async def test_a_recording_that_nobody_ended_is_ended_after_a_silence(forgotten: Database, tmp_path: Path):
    async with forgotten.transaction() as tx:
        await tx.execute("UPDATE recording SET ended_at = NULL")
        await tx.execute("UPDATE recording_segment SET began_at = now() - interval '2 hours'")
    await catch_up(forgotten, tmp_path)
    assert await queued(forgotten) == []
    async with forgotten.transaction() as tx:
        await tx.execute("UPDATE recording_segment SET began_at = now() - interval '4 hours'")
    await catch_up(forgotten, tmp_path)
    assert await queued(forgotten) == ["archive.products"]
    async with forgotten.transaction() as tx:
        assert await tx.value("SELECT now() - ended_at < interval '4 hours' FROM recording")


def test_every_job_is_declared():
    names = ["archive.products", "archive.copy", "archive.redact", "archive.catch_up", "archive.keep_rules"]
    assert [job.name for job in JOBS] == names
    assert PRODUCTS in JOBS


async def test_the_room_is_closed_to_who_may_not_know(forgotten: Database):
    async def only_anna(_tx, actor: Actor, stream_id: str) -> bool:
        return actor.login == "anna" and stream_id == STREAM

    room, _ = feature(may_know=only_anna).rooms
    async with forgotten.transaction(readonly=True) as tx:
        view = await room.snapshot(tx, Actor(login="anna"), {"stream_id": STREAM})
        assert view.duration_s > 3.9
        with pytest.raises(NotFound):
            await room.snapshot(tx, Actor(), {"stream_id": STREAM})
        open_room, _ = feature().rooms
        assert (await open_room.snapshot(tx, Actor(), {"stream_id": "nobody"})).began_at is None
