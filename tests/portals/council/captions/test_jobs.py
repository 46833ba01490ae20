"""Drafts ordered, made, failed, tried again and stopped, as a worker does it."""

import sys

import pytest

from app.database import DATABASE
from app.errors import Conflict, NotFound
from app.jobs.queue import running
from media.packet import Tracks
from media.speech.desk import SpeechDesk
from media.speech.failure import SENTENCES, SpeechFailure
from media.speech.settings import Engine, SpeechSettings
from portals.council import actions as council
from portals.council.captions import cue_store, jobs, store
from portals.council.captions.model import CaptionTrackChanged, QueueChanged
from tests.media.archive.recorded import STREAM, record
from tests.media.hls import feed
from tests.portals.council.captions.test_booth import CLERK, MAGDA, app, look, records, session

__all__ = ["app", "session"]

ENGINE = """
import json, sys
print(json.dumps([{"start": 0.5, "end": 2, "text": "Otwieram sesję."}, {"start": 2.5, "end": 4, "text": "Witam państwa."}]))
"""


@pytest.fixture
async def recorded(app, session, tmp_path):
    """The session has ended and was recorded: a picture and a tone."""
    database = app[DATABASE]
    picture, frames = feed.video(6)
    sound, samples = feed.audio(6)
    await record(database, tmp_path / "recordings", (0.0, Tracks(picture, sound), feed.interleaved(frames, samples)))
    async with database.transaction() as tx:
        await tx.execute("UPDATE council_session SET stream_id = $2 WHERE id = $1", session.id, STREAM)
    return await council.end_session(app, CLERK, session.id)


def desk(folder, script: str = ENGINE) -> SpeechDesk:
    path = folder / "engine.py"
    path.write_text(script)
    command = f"{sys.executable} {path} {{wav}}"
    return SpeechDesk(folder / "recordings", SpeechSettings(engine=Engine.COMMAND, command=command))


async def work(app, track, part) -> None:
    with running(1, (part,)):
        await jobs.run_recognise(app[DATABASE], jobs.Recognise(track.id))


async def test_a_draft_is_made_once(app, recorded, tmp_path):
    database = app[DATABASE]
    track = await jobs.order_draft(database, MAGDA, recorded.id, "pl")
    assert (track.state, track.kind) == ("making", "draft")
    queued = await look(app, records, "SELECT entrypoint FROM pgqueuer WHERE entrypoint = 'captions.recognise'")
    assert len(queued) == 1
    with pytest.raises(Conflict):
        await jobs.order_draft(database, MAGDA, recorded.id, "pl")
    database.backplane.published.clear()
    await work(app, track, desk(tmp_path))
    await work(app, track, desk(tmp_path))  # a job may run twice
    done = await look(app, store.track, track.id)
    assert (done.state, done.percent, done.source.startswith("python")) == ("working", 100, True)
    cues = await look(app, cue_store.cues, track.id, 0, 10)
    assert [(cue.begin_ms, cue.text) for cue in cues] == [(500, "Otwieram sesję."), (2500, "Witam państwa.")]
    told = [
        one
        for one in database.backplane.in_room(f"council/captions/{track.id}")
        if isinstance(one, CaptionTrackChanged)
    ]
    assert told[-1].track == done
    assert [one.track.rev for one in told] == sorted(one.track.rev for one in told)
    assert any(isinstance(one, QueueChanged) for one in database.backplane.in_room("council/captions"))


async def test_a_failure_says_what_to_do_and_can_be_tried_again(app, recorded, tmp_path):
    database = app[DATABASE]
    track = await jobs.order_draft(database, MAGDA, recorded.id, "pl")
    await work(app, track, desk(tmp_path, "import sys; sys.exit('broken')"))
    failed = await look(app, store.track, track.id)
    assert (failed.state, failed.reason) == ("failed", SENTENCES[SpeechFailure.ENGINE])
    again = await jobs.retry_draft(database, MAGDA, track.id)
    assert (again.state, again.reason) == ("making", "")
    with pytest.raises(Conflict):
        await jobs.retry_draft(database, MAGDA, track.id)
    await work(app, track, desk(tmp_path))
    assert (await look(app, store.track, track.id)).state == "working"


async def test_a_stopped_draft_leaves_nothing(app, recorded, tmp_path):
    database = app[DATABASE]
    track = await jobs.order_draft(database, MAGDA, recorded.id, "pl")
    await jobs.cancel_draft(database, MAGDA, track.id)
    with pytest.raises(NotFound):
        await jobs.cancel_draft(database, MAGDA, track.id)  # it is gone
    await work(app, track, desk(tmp_path))
    assert (await look(app, store.track, track.id)).state == "removed"
    assert await look(app, cue_store.count, track.id) == 0
    assert (await jobs.order_draft(database, MAGDA, recorded.id, "pl")).version == 2


async def test_without_a_recording_there_is_nothing_to_hear(app, session):
    with pytest.raises(Conflict):
        await jobs.order_draft(app[DATABASE], MAGDA, session.id, "pl")  # on air still
    await council.end_session(app, CLERK, session.id)
    with pytest.raises(Conflict):
        await jobs.order_draft(app[DATABASE], MAGDA, session.id, "pl")
