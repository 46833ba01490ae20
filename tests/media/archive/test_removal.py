"""Recordings are removed by people and by rule: what stays is a public line."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from app.actor import SYSTEM
from app.database import Database
from app.errors import Conflict
from media.archive import removal, store
from media.archive.removal import Decision, apply_rules, finish_removals, remove_recording
from media.archive.settings import ArchiveSettings
from media.hls.muxer import Timing
from media.record import store as record_store
from media.record.model import utc
from media.record.recordings import Recordings
from media.record.writer import WriterOptions
from tests.media.archive import recorded
from tests.media.archive.recorded import STREAM, clocked
from tests.media.archive.served import served
from tests.media.archive.test_trim_and_clips import API, asked

BY_HAND = Decision("person", "clerk", "pomyłka", "Sesja")


async def test_a_person_removes_and_the_public_reads_why(database: Database, tmp_path: Path):
    async with served(database, tmp_path) as found, found.client("clerk") as clerk, found.client() as resident:
        await recorded.record(database, found.folder, clocked(8))
        await found.work()
        await asked(clerk, "POST", f"{API}/clips", 201, title="x", begin_s=1, end_s=2)
        manifest = await asked(resident, "GET", f"/recordings/{STREAM}/manifest.json")
        digest = hashlib.sha256((found.folder / STREAM / "assets" / "manifest.json").read_bytes()).hexdigest()
        assert manifest["manifest"]["stream_id"] == STREAM
        size = sum(path.stat().st_size for path in (found.folder / STREAM).rglob("*") if path.is_file())

        async with resident.post(f"{API}/removal", json={"reason": "nie podoba mi się"}) as answer:
            assert answer.status == 401
        await asked(clerk, "POST", f"{API}/removal", 422, reason="")
        said = await asked(clerk, "POST", f"{API}/removal", reason="Nagranie zawiera dane wrażliwe")
        assert said["removed_at"] is not None
        assert list(found.folder.iterdir()) == [], "the files are gone"
        for path in (f"/recordings/{STREAM}/media.m3u8", f"/recordings/{STREAM}/0.mp4", f"/hls/{STREAM}/1.m4s"):
            await asked(resident, "GET", path, 404)
        assert (await asked(resident, "GET", API))["assets"] == []
        (line,) = (await asked(resident, "GET", "/api/media/removed-recordings"))["removals"]
        assert line == said
        assert (line["title"], line["decided_by"], line["decided_as"]) == ("Sesja nr XXXI: Budżet", "person", "clerk")
        assert (line["reason"], line["manifest_sha256"]) == ("Nagranie zawiera dane wrażliwe", digest)
        assert (line["duration_s"], line["bytes"]) == (8.0, size)
        await asked(clerk, "POST", f"{API}/removal", 404, reason="jeszcze raz")
        async with database.transaction() as tx:
            audited = await tx.records(
                "SELECT login, action FROM audit_entry WHERE subject = $1", f"recording/{STREAM}"
            )
        assert ("anna", "recording.remove") in [(row["login"], row["action"]) for row in audited]


async def test_what_was_removed_does_not_come_back_with_a_restart(database: Database, tmp_path: Path):
    await recorded.record(database, tmp_path, clocked(4))
    await remove_recording(database, tmp_path, SYSTEM, STREAM, BY_HAND)
    again = Recordings(database, WriterOptions(tmp_path, min_free_mib=0))
    assert await again.start(Timing()) == []
    assert await again.summary(STREAM) is None
    await again.stop()


async def test_a_recording_that_goes_on_is_not_removed(database: Database, tmp_path: Path):
    await recorded.record(database, tmp_path, clocked(4))
    async with database.transaction() as tx:
        await record_store.open_recording(tx, STREAM, utc(recorded.BEGAN), Timing())
    with pytest.raises(Conflict):
        await remove_recording(database, tmp_path, SYSTEM, STREAM, BY_HAND)
    assert (tmp_path / STREAM / "0.mp4").exists()


async def test_a_removal_that_is_cut_short_comes_to_one_end(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    await recorded.record(database, tmp_path, clocked(4))
    hidden = tmp_path / f".removed-{STREAM}"

    # died before COMMIT: the folder has its hidden name, the rows are still there
    (tmp_path / STREAM).rename(hidden)
    await finish_removals(database, tmp_path)
    assert (tmp_path / STREAM / "0.mp4").exists()
    assert not hidden.exists()

    # died after COMMIT: the files still lie there
    async def nothing(*_args) -> None:
        """As if the process had ended here."""

    with monkeypatch.context() as patch:
        patch.setattr(removal, "finish_removals", nothing)
        unfinished = await remove_recording(database, tmp_path, SYSTEM, STREAM, BY_HAND)
    assert unfinished.removed_at is None
    assert hidden.exists()
    await finish_removals(database, tmp_path)
    assert not hidden.exists()
    async with database.transaction(readonly=True) as tx:
        done = await store.removal(tx, STREAM)
    assert done is not None
    assert done.removed_at is not None


async def pass_days(database: Database, days: int) -> None:
    """The recording and what was announced become so much older."""
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE recording SET ended_at = ended_at - $1::interval, removal_at = removal_at - $1::interval",
            timedelta(days=days),
        )


async def removal_at(database: Database):
    async with database.transaction(readonly=True) as tx:
        row = await record_store.recording(tx, STREAM)
    return row.removal_at if row is not None else "removed"


async def test_the_rule_announces_waits_and_removes(database: Database, tmp_path: Path):
    await recorded.record(database, tmp_path, clocked(4))
    async with database.transaction() as tx:
        await tx.execute("UPDATE recording SET ended_at = now()")
    rule = ArchiveSettings(keep_days=100, notice_days=30)
    await apply_rules(database, tmp_path, ArchiveSettings())
    await pass_days(database, 69)
    await apply_rules(database, tmp_path, rule)
    assert await removal_at(database) is None, "69 days old"
    await pass_days(database, 2)
    await apply_rules(database, tmp_path, ArchiveSettings())
    assert await removal_at(database) is None, "for ever is the default"
    await apply_rules(database, tmp_path, rule)
    async with database.transaction(readonly=True) as tx:
        left_days = await tx.value("SELECT extract(day FROM removal_at - now()) FROM recording")
    assert left_days == 29, "announced for the end of its notice, 101 days after the end"
    await pass_days(database, 28)
    await apply_rules(database, tmp_path, rule)
    assert (tmp_path / STREAM).exists()

    # another rule for this one takes the announcement back; the old one announces it anew, with the whole notice
    await removal.set_keep_rule(database, SYSTEM, STREAM, removal.KeepRule(0))
    await apply_rules(database, tmp_path, rule)
    assert await removal_at(database) is None
    await removal.set_keep_rule(database, SYSTEM, STREAM, removal.KeepRule(None))
    await apply_rules(database, tmp_path, rule)
    await pass_days(database, 29)
    await apply_rules(database, tmp_path, rule)
    assert (tmp_path / STREAM).exists()
    await pass_days(database, 2)
    await apply_rules(database, tmp_path, rule)
    assert await removal_at(database) == "removed"
    assert list(tmp_path.iterdir()) == []
    async with database.transaction(readonly=True) as tx:
        (line,) = await store.removals(tx, 10)
        actions = [row["action"] for row in await tx.records("SELECT action FROM audit_entry ORDER BY id")]
    assert (line.decided_by, line.decided_as) == ("rule", "retention rule")
    assert actions == [
        "recording.announce_removal",
        "recording.keep",
        "recording.keep",
        "recording.announce_removal",
        "recording.remove",
    ]
