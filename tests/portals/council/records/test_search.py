"""What is found, what is not, and that the index misses no change, whoever makes it and however it comes about."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from app.actor import SYSTEM
from app.database import DATABASE
from portals.council import actions as council
from portals.council import store as council_store
from portals.council.model import SessionDraft
from portals.council.records.search import rules
from portals.council.records.search import store as search_store
from portals.council.records.search.actions import Indexer, reindex
from portals.council.records.search.model import Row

BEGAN = datetime(2026, 9, 25, 8, 0, tzinfo=UTC)


def titles(found):
    return ["".join(piece["text"] for piece in hit["title"]) for hit in found["hits"]]


def marked(pieces):
    return [piece["text"] for piece in pieces if piece["hit"]]


async def run(site, sql, *values):
    async with site.app[DATABASE].transaction() as tx:
        return await tx.value(sql, *values)


async def ended_session(site, title="XV sesja", agenda=("Otwarcie", "Opieka nad żółwiami w parku")):
    """A session that was held and recorded in memory only: captions count from its start."""
    async with site.app[DATABASE].transaction() as tx:
        session = await council.plan_in(tx, SYSTEM, SessionDraft("XV", title, "Ratusz", BEGAN, list(agenda)))
        await council_store.start_session(tx, session.id)
        await council_store.end_session(tx, session.id)
        await council_store.backdate_session(tx, session.id, BEGAN, BEGAN + timedelta(hours=2))
    return session


async def captions(site, session, cues, state="published", kind="uploaded", language="pl"):
    track = await run(
        site,
        "INSERT INTO caption_track (session_id, language, kind, version, state) VALUES ($1, $2, $3,"
        " (SELECT count(*) + 1 FROM caption_track), $4) RETURNING id",
        session.id,
        language,
        kind,
        state,
    )
    async with site.app[DATABASE].transaction() as tx:
        await tx.connection.executemany(
            "INSERT INTO caption_cue (track_id, begin_ms, end_ms, speaker, text, folded) VALUES ($1, $2, $3, $4, $5, '')",
            [(track, begin, begin + 4000, speaker, text) for begin, speaker, text in cues],
        )
    return track


async def test_agenda_and_sessions_are_found_by_any_form_of_a_word(site, find):
    session = await ended_session(site)
    for asked in ("zolw", "żółwie", "zolwiami", "ŻÓŁWIOM"):
        found = await find(asked)
        assert titles(found) == ["Opieka nad żółwiami w parku"], asked
        assert found["counts"] == {"item": 1}
        # without a recording there is no second: the item's own page
        assert found["hits"][0]["path"] == f"/council/sessions/{session.slug}/items/{found['hits'][0]['id']}"
    assert marked((await find("zolw"))["hits"][0]["title"]) == ["żółwiami"]


async def test_a_transcript_is_entered_at_the_second_of_the_cue_that_was_found(site, find):
    session = await ended_session(site)
    await captions(
        site,
        session,
        [
            (100_000, "Anna Kowal", "Dzień dobry państwu."),
            (104_000, "Anna Kowal", "Proszę o remont"),
            (107_500, "Anna Kowal", "glorietki nad rzeką."),
            (112_000, "Barnaba Wyżlin", "Glorietka jest droga."),
            (4_000_000, "", "Glorietka wraca po przerwie."),
        ],
    )
    found = await find("remont glorietka", kind="transcript")
    assert [hit["position_s"] for hit in found["hits"]] == [104]
    assert found["hits"][0]["path"] == "/council/sessions/xv-2026-09-25#t=104"
    assert marked(found["hits"][0]["text"])[:2] == ["remont", "glorietki"]
    # the name of who speaks stands before the words, and is found
    assert [hit["position_s"] for hit in (await find("Wyżlina"))["hits"] if hit["kind"] == "transcript"] == [112]
    assert sorted(hit["position_s"] for hit in (await find("glorietka", kind="transcript"))["hits"]) == [107, 4000]


async def test_a_trim_moves_positions_and_hides_what_it_cut_off(site, find):
    session = await ended_session(site)
    await captions(site, session, [(10_000, "", "próba mikrofonu"), (700_000, "", "otwieram kuwetę")])
    await run(
        site,
        "INSERT INTO recording (stream_id, began_at, ended_at, part_ms, segment_s, target_s, trim_begin_90k)"
        " VALUES ($1, $2, $2, 200, 2, 2, $3)",
        session.stream_id,
        BEGAN,
        600 * 90_000,
    )
    assert (await find("mikrofon"))["total"] == 0
    assert [hit["position_s"] for hit in (await find("kuweta"))["hits"]] == [100]


async def test_only_published_captions_are_found_and_a_withdrawal_gives_back_what_was_typed_live(site, find):
    session = await ended_session(site)
    live = await captions(site, session, [(1000, "", "wiewiórka na żywo")], state="working", kind="live")
    draft = await captions(site, session, [(1000, "", "wiewiórka po korekcie")], state="working", kind="copy")

    async def text():
        return ["".join(piece["text"] for piece in hit["text"]) for hit in (await find("wiewiórka"))["hits"]]

    assert await text() == ["wiewiórka na żywo"]
    await run(site, "UPDATE caption_track SET state = 'published' WHERE id = $1", draft)
    assert await text() == ["wiewiórka po korekcie"]
    await run(site, "UPDATE caption_cue SET text = 'wiewiórka poprawiona' WHERE track_id = $1", draft)
    assert await text() == ["wiewiórka poprawiona"]
    await run(site, "UPDATE caption_track SET state = 'withdrawn' WHERE id = $1", draft)
    assert await text() == ["wiewiórka na żywo"]
    await run(site, "DELETE FROM caption_cue WHERE track_id = $1", live)
    assert await text() == []


async def test_what_was_muted_is_not_read_either(site, find):
    session = await ended_session(site)
    await captions(
        site, session, [(60_000, "", "adres domowy pani"), (70_000, "", "dziękuję za głos w sprawie adresu")]
    )
    await run(
        site,
        "INSERT INTO recording (stream_id, began_at, ended_at, part_ms, segment_s, target_s) VALUES ($1, $2, $2, 200, 2, 2)",
        session.stream_id,
        BEGAN,
    )
    assert (await find("domowy"))["total"] == 1
    redaction = await run(
        site,
        "INSERT INTO recording_redaction (stream_id, begin_90k, end_90k, mute, picture, area_left, area_top, area_width,"
        " area_height, legal_basis, reason, state) VALUES ($1, $2, $3, true, '', 0, 0, 1, 1, 'RODO', 'adres', 'published')"
        " RETURNING id",
        session.stream_id,
        59 * 90_000,
        66 * 90_000,
    )
    assert (await find("domowy"))["total"] == 0
    assert (await find("adres"))["total"] == 1
    await run(site, "UPDATE recording_redaction SET state = 'withdrawn' WHERE id = $1", redaction)
    assert (await find("domowy"))["total"] == 1


async def test_papers_are_found_when_and_while_they_are_public(site, find):
    session = await ended_session(site)
    add = (
        "INSERT INTO council_paper (session_id, position, title, kind, audience, public_from)"
        " VALUES ($1, 1, $2, 'other', $3, $4) RETURNING id"
    )
    now = datetime.now(UTC)
    public = await run(site, add, session.id, "Opinia o borsukach", "public", None)
    await run(site, add, session.id, "Notatka o borsukach", "councillors", None)
    later = await run(site, add, session.id, "Raport o borsukach", "councillors", now + timedelta(days=2))
    found = await find("borsuk")
    assert titles(found) == ["Opinia o borsukach"]
    assert found["hits"][0]["path"] == f"/council/papers/{public}"
    await run(site, "UPDATE council_paper SET public_from = $2 WHERE id = $1", later, now - timedelta(minutes=1))
    assert sorted(titles(await find("borsuki"))) == ["Opinia o borsukach", "Raport o borsukach"]
    await run(site, "UPDATE council_paper SET removed_at = now(), removal_reason = 'pomyłka' WHERE id = $1", public)
    assert titles(await find("borsuk")) == ["Raport o borsukach"]


async def test_speeches_of_a_closed_part_are_not_found(site, find):
    session = await ended_session(site)
    add = (
        "INSERT INTO council_speech (session_id, speaker, kind, state, limit_s, began_at, ended_at)"
        " VALUES ($1, $2, 'speech', 'spoken', 300, $3, $3)"
    )
    await run(site, add, session.id, "Barnaba Jawny", BEGAN + timedelta(minutes=5))
    await run(site, add, session.id, "Barnaba Tajny", BEGAN + timedelta(minutes=35))
    assert len(titles(await find("Barnaba"))) == 2
    await run(
        site,
        "INSERT INTO council_interval (session_id, kind, began_at, ended_at, legal_basis, reason, recording)"
        " VALUES ($1, 'closed', $2, $3, 'art. 61 Konstytucji', 'dane osobowe', 'none')",
        session.id,
        BEGAN + timedelta(minutes=30),
        BEGAN + timedelta(minutes=40),
    )
    assert titles(await find("Barnaba")) == ["Barnaba Jawny"]


async def test_closed_votes_are_found_by_their_title_and_their_item(site, find):
    session = await ended_session(site)
    vote = (
        "INSERT INTO council_vote (session_id, item_id, number, title, secret, majority, abstentions_count, tie, state,"
        " opened_at, closed_at, outcome) VALUES ($1, (SELECT id FROM agenda_item WHERE session_id = $1 AND position = 2),"
        " $2, $3, false, 'simple', false, 'rejected', $4, $5, $6, $7) RETURNING id"
    )
    await run(site, vote, session.id, 1, "Zakup lornetki", "closed", BEGAN, BEGAN, "adopted")
    open_vote = await run(site, vote, session.id, 2, "Zakup lunety", "open", BEGAN, None, "")
    assert titles(await find("lornetka")) == ["Zakup lornetki"]
    assert titles(await find("żółwie", kind="vote")) == ["Zakup lornetki"]
    assert titles(await find("luneta")) == []
    await run(
        site,
        "UPDATE council_vote SET state = 'closed', closed_at = now(), outcome = 'rejected' WHERE id = $1",
        open_vote,
    )
    assert titles(await find("luneta")) == ["Zakup lunety"]
    await run(
        site, "UPDATE agenda_item SET title = 'Opieka nad jeżami' WHERE session_id = $1 AND position = 2", session.id
    )
    assert (await find("żółwie"))["total"] == 0
    assert (await find("jeż"))["counts"] == {"item": 1, "vote": 2}


async def test_filters_by_year_body_and_kind_and_counts_of_every_kind(site, find):
    committee = await run(
        site,
        "INSERT INTO council_committee (term_id, name) VALUES ((SELECT max(id) FROM council_term), 'Komisja Zieleni')"
        " RETURNING id",
    )
    first = await ended_session(site, "Sesja o borsukach", ["Borsuki w mieście"])
    await ended_session(site, "Posiedzenie o borsukach", ["Borsuki za miastem"])
    await run(site, "UPDATE council_session SET committee_id = $1 WHERE title LIKE 'Posiedzenie%'", committee)
    await run(
        site,
        "UPDATE council_session SET planned_at = '2024-12-31 23:30Z', started_at = '2024-12-31 23:30Z' WHERE id = $1",
        first.id,
    )
    await run(site, "UPDATE agenda_item SET began_at = NULL WHERE session_id = $1", first.id)
    assert (await find("borsuk"))["counts"] == {"session": 2, "item": 2}
    only = await find("borsuk", kind="item")
    assert (only["total"], only["counts"]) == (2, {"session": 2, "item": 2})
    # half past midnight in Warsaw is the next year there
    assert sorted(titles(await find("borsuk", year=2025))) == ["Borsuki w mieście", "Sesja o borsukach"]
    assert (await find("borsuk", year=2024))["total"] == 0
    assert sorted(titles(await find("borsuk", body=str(committee)))) == [
        "Borsuki za miastem",
        "Posiedzenie o borsukach",
    ]
    assert sorted(titles(await find("borsuk", body="council"))) == ["Borsuki w mieście", "Sesja o borsukach"]
    assert titles(await find("borsuk", sort="newest", kind="session"))[0] == "Posiedzenie o borsukach"


async def test_pages_hold_everything_once(site, find):
    agenda = [f"Punkt {number} o borsukach" for number in range(45)]
    await ended_session(site, "XVI sesja", agenda)
    first = await find("borsuk")
    assert (first["total"], first["pages"]) == (45, 3)
    pages = [titles(await find("borsuk", page=number)) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert sorted(title for page in pages for title in page) == sorted(agenda)
    assert (await find("borsuk", page=4))["hits"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"q": "w i na"}, "q"),
        ({"q": "x" * 201}, "q"),
        ({"q": "a", "year": "zeszły"}, "year"),
        ({"q": "a", "kind": "all"}, "kind"),
    ],
)
async def test_a_question_that_cannot_be_asked_is_refused_with_a_word(site, query, field):
    async with site.client() as client:
        async with client.get("/api/council/search", params=query) as answer:
            assert answer.status == 422
            assert field in (await answer.json())["fields"]
        async with client.get("/council/search", params=query) as answer:
            assert answer.status == 422
            page = await answer.text()
    assert 'aria-invalid="true"' in page
    if field == "q" and len(query["q"]) < 200:
        assert f'value="{query["q"]}"' in page


async def test_words_are_shown_as_words_and_never_as_markup(site, find, indexed):
    await ended_session(site, "XVII sesja", ["<b>Borsuk</b> & <script>alert(1)</script>"])
    await indexed()
    async with site.client() as client, client.get("/council/search", params={"q": 'borsuk "><script>'}) as answer:
        page = await answer.text()
    assert "<script>alert" not in page
    assert '"><script>' not in page


async def test_a_change_that_commits_while_the_index_is_made_is_not_lost(site, indexed):
    """The indexer reads a row before a slow writer commits; the writer's line makes it read once more."""
    session = await ended_session(site)
    await indexed()
    database = site.app[DATABASE]
    item = await run(site, "SELECT id FROM agenda_item WHERE session_id = $1 AND position = 1", session.id)
    async with database.transaction() as slow:
        await slow.execute("UPDATE agenda_item SET title = 'Borsuk' WHERE id = $1", item)
        await run(site, "UPDATE council_session SET place = 'Inne miejsce' WHERE id = $1", session.id)
        await asyncio.sleep(1.5)  # the server's own indexer goes over it meanwhile
        assert (
            await run(site, "SELECT title FROM council_search_entry WHERE kind = 'item' AND source_id = $1", item)
            == "Otwarcie"
        )
    await indexed()
    assert (
        await run(site, "SELECT title FROM council_search_entry WHERE kind = 'item' AND source_id = $1", item)
        == "Borsuk"
    )


async def test_two_indexers_and_many_writers_leave_the_index_as_a_fresh_one(site, indexed):
    database = site.app[DATABASE]
    sessions = [await ended_session(site, f"Sesja {number}", ["Otwarcie", "Budżet", "Drogi"]) for number in range(3)]
    indexers = [Indexer(database), Indexer(database)]
    writing = True

    async def index(indexer):
        while writing:
            await indexer.index_changes()

    async def write(session, number):
        for step in range(15):
            await run(
                site,
                "UPDATE agenda_item SET title = $2 WHERE session_id = $1 AND position = $3",
                session.id,
                f"Zmiana {step} {number}",
                number,
            )

    tasks = [asyncio.create_task(index(one)) for one in indexers]
    await asyncio.gather(*(write(session, number) for session in sessions for number in (1, 2, 3)))
    writing = False
    await asyncio.gather(*tasks)
    await indexed()
    kept = await _index(site)
    await reindex(database, SYSTEM)
    assert kept == await _index(site)
    assert sum("Zmiana 14" in row["title"] for row in kept) == 9


async def _index(site):
    async with site.app[DATABASE].transaction() as tx:
        return await tx.records("SELECT * FROM council_search_entry ORDER BY kind, source_id, part")


async def test_reindexing_mends_whatever_happened_to_the_index(site, find):
    await ended_session(site)
    assert (await find("żółw"))["total"] == 1
    async with site.app[DATABASE].transaction() as tx:
        await tx.execute("DELETE FROM council_search_entry")
        await tx.execute("DELETE FROM council_search_stale")
        await tx.execute(
            "INSERT INTO council_search_entry (kind, source_id, part, told_at, title, text, words)"
            " VALUES ('item', 999999, 0, now(), 'Widmo', '', '''widm'':1A')"
        )
    assert await reindex(site.app[DATABASE], SYSTEM) > 10
    assert (await find("żółw"))["total"] == 1
    assert (await find("widmo"))["total"] == 0
    assert await run(site, "SELECT count(*) FROM audit_entry WHERE action = 'search.reindex'") == 1


async def test_a_session_that_goes_takes_its_entries_along(site, find):
    session = await ended_session(site)
    await captions(site, session, [(0, "", "borsuk")])
    assert (await find("borsuk"))["total"] == 1
    await run(site, "DELETE FROM council_session WHERE id = $1", session.id)
    assert (await find("borsuk"))["total"] == 0
    assert (await find("żółw"))["total"] == 0


async def test_writers_do_not_wait_for_the_index(site, indexed):
    await indexed()
    database = site.app[DATABASE]
    async with database.transaction() as tx:
        await search_store.wait_for_indexing(tx)
        await tx.execute("SELECT * FROM council_search_stale FOR UPDATE")
        async with asyncio.timeout(30):  # what is held above is held until this is over
            await ended_session(site, "XVIII sesja", ["Budżet"])


def test_the_second_is_that_of_the_cue_which_holds_the_hit():
    row = Row(
        "transcript",
        1,
        0,
        BEGAN,
        "",
        "",
        None,
        10_000,
        [(0, 10_000), (20, 14_900), (40, 19_000)],
        None,
        "s",
        "t",
        "x",
        None,
        0,
    )
    assert [rules.second_of(row, offset) for offset in (None, 0, 19, 20, 39, 40, 90)] == [10, 10, 10, 14, 14, 19, 19]


def test_cues_are_joined_with_the_name_of_whoever_begins_to_speak():
    text, places = rules.joined(
        [(0, "Anna", "Dzień  dobry."), (9, "Anna", "Proszę"), (20, "Jan", "Nie."), (30, "", "(gwar)")]
    )
    assert text == "Anna: Dzień dobry. Proszę Jan: Nie. (gwar)"
    assert [text[place:].split(" ")[0] for place, _ms in places] == ["Anna:", "Proszę", "Jan:", "(gwar)"]


async def test_the_program_and_the_database_cut_passages_alike(site):
    from portals.council.records.search.model import PASSAGE_MS

    definition = await run(site, "SELECT pg_get_viewdef('council_search_source'::regclass)")
    assert f"begin_ms / {PASSAGE_MS})" in definition


async def test_the_stale_list_refuses_nothing_a_trigger_may_bring(site):
    with pytest.raises(asyncpg.NotNullViolationError):
        await run(site, "INSERT INTO council_search_stale (kind) VALUES ('item')")
