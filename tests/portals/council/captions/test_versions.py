"""Versions of captions: uploaded, corrected by two at once, published, withdrawn; and the transcript residents read."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.database import DATABASE
from app.errors import Conflict, Invalid, NotFound
from media.hls.muxer import Timing
from media.packet import Tracks
from media.record import store as record_store
from media.record.model import RecordedSegment, Take
from media.speech.model import SpokenCue
from portals.council import actions as council
from portals.council.captions import actions, cue_store, editing, jobs, rules, store, transcript
from portals.council.captions.model import (
    AddCue,
    CaptionsChanged,
    CuesChanged,
    CuesReplaced,
    QueueChanged,
    RemoveCue,
    SaveCue,
)
from tests.portals.council.captions.test_booth import CLERK, MAGDA, NOBODY, OLGA, RESIDENT, app, look, records, session

__all__ = ["app", "session"]

WORDS = [
    SpokenCue(1000, 3000, "Otwieram sesję.", "Anna Kowal"),
    SpokenCue(3000, 6000, "Stwierdzam quorum.", "Anna Kowal"),
    SpokenCue(10_000, 12_000, "Wniosek formalny: żółw.", "Jan Wrona"),
]
WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.fixture
async def ended(app, session):
    return await council.end_session(app, CLERK, session.id)


async def uploaded(app, session, words=WORDS):
    return await actions.add_uploaded(app[DATABASE], MAGDA, session.id, words, "pl", "napisy.srt")


async def cues_of(app, track_id):
    return (await look(app, editing.cue_list, MAGDA, track_id, 0)).cues


async def record(app, session, seconds=60, gap_after=30):
    """A recording of `seconds` in segments of 2 s; the encoder was away for 100 s after `gap_after`."""
    began = session.started_at
    async with app[DATABASE].transaction() as tx:
        await record_store.open_recording(tx, session.stream_id, began, Timing())
        await record_store.add_takes(tx, [Take(session.stream_id, 0, began, Tracks(), 100)])
        rows = []
        for number in range(seconds // 2):
            position = number * 2
            away = 100 if position >= gap_after else 0
            rows.append(
                RecordedSegment(
                    stream_id=session.stream_id,
                    msn=number + 1,
                    take=0,
                    byte_offset=100 + number * 1000,
                    byte_length=1000,
                    began_at=began + timedelta(seconds=position + away),
                    position_90k=position * 90_000,
                    dts_90k=position * 90_000,
                    duration_90k=180_000,
                    independent=True,
                    sha256=b"x" * 32,
                )
            )
        await record_store.add_segments(tx, rows)
        await record_store.end_recording(tx, session.stream_id, rows[-1].began_at + timedelta(seconds=2))


async def test_versions_follow_one_another(app, ended):
    database = app[DATABASE]
    plane = database.backplane
    first = await uploaded(app, ended)
    assert (first.version, first.state, first.kind, first.source) == (1, "working", "uploaded", "napisy.srt")
    with pytest.raises(NotFound):
        await look(app, transcript.access_public, NOBODY, ended.id)
    plane.published.clear()
    await actions.publish_track(database, MAGDA, first.id)
    told = plane.in_room(f"council/session/{ended.id}/captions")
    assert [event.track.version for event in told if isinstance(event, CaptionsChanged)] == [1]
    second = await actions.copy_track(database, OLGA, first.id)
    assert (second.version, second.kind, second.source) == (2, "copy", "v1")
    assert [cue.text for cue in await cues_of(app, second.id)] == [cue.text for cue in WORDS]
    await actions.publish_track(database, OLGA, second.id)
    states = {track.version: track.state for track in await look(app, store.tracks, [ended.id])}
    assert states == {1: "replaced", 2: "published"}
    head = await look(app, transcript.transcript_head, NOBODY, ended.id, "", 0)
    assert head.track.version == 2
    assert [one.version for one in head.versions] == [2, 1]
    old = await look(app, transcript.transcript_head, NOBODY, ended.id, "pl", 1)
    assert old.track.version == 1
    with pytest.raises(Invalid):
        await actions.withdraw_track(database, CLERK, second.id, "  ")
    withdrawn = await actions.withdraw_track(database, CLERK, second.id, "Dane osobowe w 3. minucie")
    assert (withdrawn.state, withdrawn.reason) == ("withdrawn", "Dane osobowe w 3. minucie")
    assert (await look(app, transcript.transcript_head, NOBODY, ended.id, "", 0)).track is None
    with pytest.raises(NotFound):
        await look(app, transcript.access_public, NOBODY, ended.id, "pl", 2)
    assert (await actions.publish_track(database, MAGDA, first.id)).state == "published"
    found = {row["action"] for row in await look(app, records, "SELECT action FROM audit_entry")}
    assert {"captions.upload", "captions.copy", "captions.publish", "captions.withdraw"} <= found


async def test_what_cannot_be_published(app, session):
    database = app[DATABASE]
    track = await uploaded(app, session)
    with pytest.raises(Conflict):
        await actions.publish_track(database, MAGDA, track.id)  # on air still
    await council.end_session(app, CLERK, session.id)
    for cue in await cues_of(app, track.id):
        await editing.change_cues(database, MAGDA, track.id, [RemoveCue(cue.id, cue.rev)])
    with pytest.raises(Conflict):
        await actions.publish_track(database, MAGDA, track.id)  # no words
    with pytest.raises(Conflict):
        await actions.withdraw_track(database, CLERK, track.id, "nigdy jej nie było")
    await actions.remove_track(database, MAGDA, track.id)
    with pytest.raises(NotFound):
        await look(app, editing.track_view, MAGDA, track.id)
    assert (await uploaded(app, session)).version == 2  # its number stays taken


async def test_who_may(app, ended):
    database = app[DATABASE]
    track = await uploaded(app, ended)
    for actor in (NOBODY, RESIDENT):
        for act in (
            lambda actor=actor: actions.add_uploaded(database, actor, ended.id, WORDS, "pl", ""),
            lambda actor=actor: actions.copy_track(database, actor, track.id),
            lambda actor=actor: actions.publish_track(database, actor, track.id),
            lambda actor=actor: actions.withdraw_track(database, actor, track.id, "x"),
            lambda actor=actor: actions.remove_track(database, actor, track.id),
            lambda actor=actor: editing.change_cues(database, actor, track.id, [AddCue("a", 1, 2, "x")]),
            lambda actor=actor: editing.shift_cues(database, actor, track.id, 0, 10),
            lambda actor=actor: jobs.order_draft(database, actor, ended.id, "pl"),
            lambda actor=actor: look(app, actions.queue_view, actor),
            lambda actor=actor: look(app, editing.cue_list, actor, track.id, 0),
        ):
            with pytest.raises(NotFound):
                await act()
    await actions.publish_track(database, MAGDA, track.id)
    with pytest.raises(NotFound):
        await actions.withdraw_track(database, MAGDA, track.id, "tylko sekretarz wycofuje")
    with pytest.raises(Conflict):
        await actions.remove_track(database, MAGDA, track.id)
    with pytest.raises(Conflict):
        await editing.change_cues(database, MAGDA, track.id, [AddCue("a", 1, 2, "x")])  # published stays as it is


async def test_editors_keep_what_a_fresh_look_would_show(app, ended):
    database = app[DATABASE]
    track = await uploaded(app, ended)
    kept = {cue.id: cue for cue in await cues_of(app, track.id)}
    first, second, _third = kept.values()
    database.backplane.published.clear()

    async def same():
        for event in database.backplane.in_room(f"council/captions/{track.id}"):
            if isinstance(event, CuesChanged):
                for cue in event.cues:
                    if cue.id not in kept or kept[cue.id].rev < cue.rev:
                        kept[cue.id] = cue
                for gone in event.removed:
                    kept.pop(gone, None)
            if isinstance(event, CuesReplaced):
                kept.clear()
                kept.update({cue.id: cue for cue in await cues_of(app, track.id)})
        fresh = await cues_of(app, track.id)
        assert sorted(kept.values(), key=lambda cue: (cue.begin_ms, cue.id)) == fresh

    await editing.change_cues(  # split
        database,
        MAGDA,
        track.id,
        [
            SaveCue(first.id, first.rev, 1000, 2000, "Otwieram", "Anna Kowal"),
            AddCue("s1", 2000, 3000, "sesję.", "Anna Kowal"),
        ],
    )
    await same()
    pair = [cue for cue in kept.values() if cue.begin_ms < 3000]
    await editing.change_cues(  # merge
        database,
        OLGA,
        track.id,
        [
            SaveCue(pair[0].id, kept[pair[0].id].rev, 1000, 3000, "Otwieram sesję.", "Anna Kowal"),
            RemoveCue(pair[1].id, pair[1].rev),
        ],
    )
    await same()
    await editing.shift_cues(database, MAGDA, track.id, 3000, 250)
    await same()
    assert [cue.begin_ms for cue in await cues_of(app, track.id)] == [1000, 3250, 10_250]
    assert second.id in kept
    await editing.change_cues(database, MAGDA, track.id, [AddCue("n", 20_000, 21_000, "Koniec")])
    await editing.change_cues(database, MAGDA, track.id, [AddCue("n", 20_000, 21_000, "Koniec")])  # sent again
    await same()
    assert [cue.text for cue in kept.values()].count("Koniec") == 1


async def test_a_conflict_is_shown_and_nothing_of_the_step_is_done(app, ended):
    database = app[DATABASE]
    track = await uploaded(app, ended)
    first, second, _ = await cues_of(app, track.id)
    await editing.change_cues(database, OLGA, track.id, [SaveCue(first.id, first.rev, 1000, 3000, "Od Olgi")])
    with pytest.raises(Conflict):
        await editing.change_cues(
            database,
            MAGDA,
            track.id,
            [RemoveCue(second.id, second.rev), SaveCue(first.id, first.rev, 1000, 3000, "Od Magdy")],
        )
    now = await cues_of(app, track.id)
    assert [cue.text for cue in now][:2] == ["Od Olgi", "Stwierdzam quorum."]
    assert now[0].changed_by == "Olga Wilk"
    await editing.change_cues(database, OLGA, track.id, [RemoveCue(second.id, second.rev)])
    await editing.change_cues(database, MAGDA, track.id, [RemoveCue(second.id, second.rev)])  # both wanted it gone
    with pytest.raises(Conflict):
        await editing.change_cues(database, MAGDA, track.id, [SaveCue(second.id, second.rev, 1, 2, "nie ma jej")])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (AddCue("a", 5, 5, "x"), "end_ms"),
        (AddCue("a", 5, 4, "x"), "end_ms"),
        (AddCue("a", 5, 9, " \n\u200e"), "text"),
    ],
)
async def test_bad_captions_are_refused_beside_their_field(app, ended, change, field):
    track = await uploaded(app, ended)
    with pytest.raises(Invalid) as refused:
        await editing.change_cues(app[DATABASE], MAGDA, track.id, [change])
    assert list(refused.value.fields) == [field]


async def test_captions_cannot_be_pushed_out_of_the_recording(app, ended):
    track = await uploaded(app, ended)
    with pytest.raises(Invalid) as refused:
        await editing.shift_cues(app[DATABASE], MAGDA, track.id, 0, -1001)
    assert "by_ms" in refused.value.fields
    await editing.shift_cues(app[DATABASE], MAGDA, track.id, 0, -1000)
    assert (await cues_of(app, track.id))[0].begin_ms == 0


async def test_a_trim_moves_what_residents_see_and_no_row(app, session):
    database = app[DATABASE]
    await record(app, session)
    ended = await council.end_session(app, CLERK, session.id)
    track = await uploaded(app, ended)
    await actions.publish_track(database, MAGDA, track.id)

    async def seen():
        page = await look(app, transcript.transcript_page, NOBODY, ended.id, "", 0, 0)
        return [(line.begin_ms, line.text) for line in page.lines]

    whole = [(1000, "Otwieram sesję."), (3000, "Stwierdzam quorum."), (10_000, "Wniosek formalny: żółw.")]
    assert await seen() == whole
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE recording SET trim_begin_90k = $2, trim_end_90k = $3 WHERE stream_id = $1",
            ended.stream_id,
            4 * 90_000,
            11 * 90_000,
        )
    assert await seen() == [(0, "Stwierdzam quorum."), (6000, "Wniosek formalny: żółw.")]
    _track, _session, spoken = await look(app, transcript.words_of, NOBODY, ended.id, "", 0)
    assert [(cue.begin_ms, cue.end_ms) for cue in spoken] == [(0, 2000), (6000, 7000)]
    found = await look(app, transcript.search, NOBODY, ended.id, "", 0, "ZOLW wniosek")
    assert [(hit.index, hit.begin_ms) for hit in found.hits] == [(1, 6000)]
    assert (await look(app, transcript.search, NOBODY, ended.id, "", 0, "otwieram")).total == 0
    # what is uploaded now has times of what is shown now
    again = await uploaded(app, ended, [SpokenCue(500, 900, "Po przycięciu")])
    assert [(cue.begin_ms, cue.end_ms) for cue in await cues_of(app, again.id)] == [(4500, 4900)]
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE recording SET trim_begin_90k = 0, trim_end_90k = NULL WHERE stream_id = $1", ended.stream_id
        )
    assert await seen() == whole


async def test_lines_typed_live_are_placed_on_the_whole_recording_once_it_is_there(app, session):
    database = app[DATABASE]
    async with database.transaction() as tx:
        track = await store.add_track(tx, session.id, "pl", "live", "working", "", MAGDA.account_id)
        for number, after_s in enumerate((4, 29, 80, 140)):  # 80 lies in the gap from 30 to 130
            said = session.started_at + timedelta(seconds=after_s)
            cue = SpokenCue(after_s * 1000, after_s * 1000 + 900, f"linia {number}")
            await cue_store.add_line(
                tx, track.id, cue, f"o{number}", "Magda", (said, said + timedelta(seconds=2), said)
            )
    await record(app, session)
    await council.end_session(app, CLERK, session.id)
    await jobs.run_settle(database, jobs.Nothing())
    assert [(cue.begin_ms, cue.end_ms) for cue in await cues_of(app, track.id)] == [
        (4000, 6000),
        (29_000, 30_000),
        (30_000, 30_500),
        (40_000, 42_000),
    ]
    assert (await look(app, store.track, track.id)).settled_at is not None
    await jobs.run_settle(database, jobs.Nothing())  # nothing is left to do


async def test_the_queue_counts_calendar_days(app, session):
    database = app[DATABASE]
    await record(app, session)
    database.backplane.published.clear()
    ended = await council.end_session(app, CLERK, session.id)
    (row,) = [one for one in (await look(app, actions.queue_view, MAGDA)).rows if one.session_id == ended.id]
    assert row.recorded_at is not None
    assert row.published_version == 0
    track = await uploaded(app, ended)
    await actions.publish_track(database, MAGDA, track.id)
    events = [one for one in database.backplane.in_room("council/captions") if isinstance(one, QueueChanged)]
    (fresh,) = [one for one in (await look(app, actions.queue_view, MAGDA)).rows if one.session_id == ended.id]
    assert events[-1].row == fresh
    assert [event.row.rev for event in events] == sorted({event.row.rev for event in events})
    assert fresh.published_version == 1


@pytest.mark.parametrize(
    ("recorded", "now", "left"),
    [
        ("2026-11-25T23:30+01:00", "2026-11-25T23:59+01:00", 14),
        ("2026-11-25T23:30+01:00", "2026-11-26T00:01+01:00", 13),
        ("2026-11-25T00:10+01:00", "2026-12-09T23:59+01:00", 0),
        ("2026-11-25T00:10+01:00", "2026-12-10T00:00+01:00", -1),
        # the clocks change on 25 October: days are days
        ("2026-10-20T22:30+00:00", "2026-11-03T22:59+00:00", 1),
        ("2026-10-20T12:00+02:00", "2026-11-03T12:00+01:00", 0),
    ],
)
def test_days_left(recorded, now, left):
    assert rules.days_left(datetime.fromisoformat(recorded), datetime.fromisoformat(now), WARSAW) == left


@pytest.mark.alone
async def test_three_hundred_thousand_words_answer_quickly(app, ended):
    words = [
        SpokenCue(
            n * 1300,
            n * 1300 + 1200,
            f"To jest zdanie numer {n} w długiej debacie o budżecie miasta",
            f"Radny {n % 23}",
        )
        for n in range(30_000)
    ]
    assert rules.word_count(words) >= 300_000
    words[29_000] = SpokenCue(29_000 * 1300, 29_000 * 1300 + 1200, "Tu pada słowo gżegżółka", "Radny 3")
    track = await uploaded(app, ended, words)
    await actions.publish_track(app[DATABASE], MAGDA, track.id)

    async def timed(limit_s, read, *arguments):
        best = 9.0
        for _ in range(5):
            began = time.perf_counter()
            found = await look(app, read, *arguments)
            best = min(best, time.perf_counter() - began)
        assert best < limit_s, (read.__name__, best)
        return found

    head = await timed(0.5, transcript.transcript_head, NOBODY, ended.id, "", 0)
    assert (head.count, len(head.starts)) == (30_000, 75)
    page = await timed(0.3, transcript.transcript_page, NOBODY, ended.id, "", 0, 74)
    assert page.first == 29_600
    assert page.lines[0].begin_ms == head.starts[74]
    assert [line.index for line in page.lines][:2] == [29_600, 29_601]
    found = await timed(0.5, transcript.search, NOBODY, ended.id, "", 0, "gzegzolka")
    assert [(hit.index, hit.begin_ms) for hit in found.hits] == [(29_000, 29_000 * 1300)]
    many = await timed(0.5, transcript.search, NOBODY, ended.id, "", 0, "budżecie")
    assert (many.total, len(many.hits)) == (29_999, 1000)
    cues = await timed(0.4, editing.cue_list, MAGDA, track.id, 29_600)
    assert len(cues.cues) == 400
