"""Every feed is valid by its rules and by an independent reader, says what is there, and names files by their length."""

import hashlib
from datetime import UTC, datetime, timedelta

import feedparser
import icalendar
import pytest
from PIL import Image

from app.actor import SYSTEM
from app.database import DATABASE
from portals.council import actions as council
from portals.council import store as council_store
from portals.council.model import SessionDraft
from portals.council.records.feeds import formats
from portals.council.records.feeds.model import Author, Enclosure, Entry, Feed
from tests.portals.council.records.feed_rules import atom_faults, rss_faults

BEGAN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


async def get(site, path, **headers):
    async with site.client() as client, client.get(path, headers=headers) as answer:
        return answer.status, answer.headers, await answer.read()


async def recorded(site, title="Sesja <o> żółwiach & spółka \x07", sound=b"ID3 sound of the session" * 100):
    """An ended session, with an MP3 on the disk as the archive puts it there."""
    async with site.app[DATABASE].transaction() as tx:
        session = await council.plan_in(
            tx, SYSTEM, SessionDraft("XL", title, "Ratusz", BEGAN, ["Otwarcie", "Żółwie & łosie"])
        )
        await council_store.start_session(tx, session.id)
        await council_store.end_session(tx, session.id)
        await council_store.backdate_session(tx, session.id, BEGAN, BEGAN + timedelta(hours=2))
        digest = hashlib.sha256(sound).hexdigest()
        file = {
            "name": "podcast.mp3",
            "url": f"/recordings/{session.stream_id}/assets/podcast.mp3?v={digest[:8]}",
            "type": "audio/mpeg",
            "bytes": len(sound),
            "sha256": digest,
            "begin_s": 0.0,
            "end_s": 7200.4,
        }
        await tx.execute(
            "INSERT INTO recording (stream_id, began_at, ended_at, part_ms, segment_s, target_s) VALUES ($1, $2, $3, 200, 2, 2)",
            session.stream_id,
            BEGAN,
            BEGAN + timedelta(hours=2),
        )
        await tx.execute(
            "INSERT INTO recording_asset (stream_id, kind, state, files) VALUES ($1, 'podcast', 'ready', $2),"
            " ($1, 'audio', 'ready', $3)",
            session.stream_id,
            [file],
            [{**file, "name": "recording.m4a", "type": "audio/mp4", "bytes": 5}],
        )
    from media.record.library import LIBRARY

    folder = site.app[LIBRARY].folder / session.stream_id / "assets"
    folder.mkdir(parents=True)
    (folder / "podcast.mp3").write_bytes(sound)
    return session


@pytest.mark.parametrize("name", ["sessions", "resolutions"])
async def test_atom_and_rss_are_valid_and_tell_the_same(site, name):
    await recorded(site)
    status, headers, atom = await get(site, f"/council/{name}.atom")
    assert (status, headers["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
    assert atom_faults(atom) == []
    status, headers, rss = await get(site, f"/council/{name}.rss")
    assert (status, headers["Content-Type"]) == (200, "application/rss+xml; charset=utf-8")
    assert rss_faults(rss) == []
    read = [feedparser.parse(content) for content in (atom, rss)]
    assert [one.bozo for one in read] == [False, False]
    assert [one.version for one in read] == ["atom10", "rss20"]
    titles = [[entry.title for entry in one.entries] for one in read]
    assert titles[0] == titles[1]
    assert [entry.id for entry in read[0].entries] == [entry.id for entry in read[1].entries]
    assert len(titles[0]) >= 4


async def test_a_session_stands_in_its_feed_with_letters_and_agenda(site):
    session = await recorded(site)
    _status, _headers, atom = await get(site, "/council/sessions.atom")
    entry = next(one for one in feedparser.parse(atom).entries if "żółwiach" in one.title)
    # the bell cannot stand in XML; < and & can
    assert entry.title in {"Sesja &lt;o&gt; żółwiach &amp; spółka", "Sesja <o> żółwiach & spółka"}
    assert entry.link == f"{site.http}{session.path}"
    assert "1. Otwarcie\n2. Żółwie & łosie" in entry.summary.replace("&amp;", "&")
    assert entry.id.startswith("urn:uuid:")


async def test_the_id_of_an_entry_outlives_a_new_title(site):
    session = await recorded(site)
    before = {one.link: one.id for one in feedparser.parse((await get(site, "/council/sessions.atom"))[2]).entries}
    async with site.app[DATABASE].transaction() as tx:
        await tx.execute("UPDATE council_session SET title = 'Inny' WHERE id = $1", session.id)
    after = {one.link: one.id for one in feedparser.parse((await get(site, "/council/sessions.atom"))[2]).entries}
    assert before == after


async def test_the_podcast_names_the_file_and_its_true_length(site):
    session = await recorded(site)
    status, _headers, content = await get(site, "/council/podcast.xml")
    assert status == 200
    assert rss_faults(content, podcast=True) == []
    read = feedparser.parse(content)
    assert [entry.link for entry in read.entries] == [f"{site.http}{session.path}"]
    enclosure = read.entries[0].enclosures[0]
    assert (enclosure.type, read.entries[0].itunes_duration) == ("audio/mpeg", "7200")
    assert enclosure.href.startswith(f"{site.http}/recordings/{session.stream_id}/assets/podcast.mp3")
    status, headers, sound = await get(site, enclosure.href.removeprefix(site.http))
    assert (status, headers["Content-Type"]) == (200, "audio/mpeg")
    assert int(enclosure.length) == len(sound) == int(headers["Content-Length"])


async def test_the_cover_is_a_square_that_directories_take(site):
    import io

    status, _headers, picture = await get(site, "/council/podcast.png")
    assert status == 200
    with Image.open(io.BytesIO(picture)) as image:
        assert (image.format, image.size) == ("PNG", (1400, 1400))


def next_half_past_two_that_is_twice() -> datetime:
    """On the last Sunday of October clocks go back: UTC says which of the two it is. Feeds hold what is to come."""
    now = datetime.now(UTC)
    nights = [datetime(year, 10, 31, 1, 30, tzinfo=UTC) for year in (now.year, now.year + 1)]
    nights = [night - timedelta(days=(night.weekday() + 1) % 7) for night in nights]
    return next(night for night in nights if night > now)


async def test_the_calendar_survives_a_round_trip(site):
    async with site.app[DATABASE].transaction() as tx:
        twice = next_half_past_two_that_is_twice()
        session = await council.plan_in(
            tx, SYSTEM, SessionDraft("L", "Łódź; nocna, sesja\nx", "Ratusz, sala; 2", twice, ["Żółwie"])
        )
        gone = await council.plan_in(tx, SYSTEM, SessionDraft("LI", "Odwołana", "", twice, ["Żółwie"]))
        await tx.execute(
            "UPDATE council_session SET called_off_at = now(), called_off_reason = 'choroba', calendar_sequence = 2 WHERE id = $1",
            gone.id,
        )
        uid = str(await tx.value("SELECT calendar_uid FROM council_session WHERE id = $1", session.id))
    status, headers, content = await get(site, "/council/calendar.ics")
    assert status == 200
    assert headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    calendar = icalendar.Calendar.from_ical(content)
    assert icalendar.Calendar.from_ical(calendar.to_ical()) == calendar
    assert (str(calendar["VERSION"]), calendar["PRODID"] != "") == ("2.0", True)
    events = {str(event["SUMMARY"]): event for event in calendar.walk("VEVENT")}
    event = events["Łódź; nocna, sesja\nx"]
    assert event["DTSTART"].dt == twice
    assert event["DTEND"].dt > twice
    assert str(event["LOCATION"]) == "Ratusz, sala; 2"
    assert str(event["UID"]) == uid
    assert str(event["STATUS"]) == "CONFIRMED"
    assert (str(events["Odwołana"]["STATUS"]), events["Odwołana"]["SEQUENCE"]) == ("CANCELLED", 2)
    assert len({str(event["UID"]) for event in calendar.walk("VEVENT")}) == len(calendar.walk("VEVENT"))
    assert all({"UID", "DTSTAMP", "DTSTART"} <= set(event) for event in calendar.walk("VEVENT"))


@pytest.mark.parametrize("path", ["/council/sessions.atom", "/council/podcast.xml", "/council/calendar.ics"])
async def test_who_has_it_already_gets_nothing_again(site, path):
    status, headers, _content = await get(site, path)
    assert status == 200
    status, again, content = await get(site, path, **{"If-None-Match": headers["ETag"]})
    assert (status, content, again["ETag"]) == (304, b"", headers["ETag"])
    status, _headers, _content = await get(site, path, **{"If-None-Match": '"another"'})
    assert status == 200


def a_feed(**changes):
    entry = {
        "id": "https://gryf.example/1",
        "title": "Sesja",
        "url": "https://gryf.example/1",
        "published": BEGAN,
        "updated": BEGAN,
        "summary": "x",
        "enclosure": Enclosure("https://gryf.example/1.mp3", 10, "audio/mpeg", 60),
    }
    feed = {
        "title": "Sesje",
        "description": "Sesje rady",
        "site_url": "https://gryf.example/",
        "self_url": "https://gryf.example/feed",
        "language": "pl",
        "author": Author("Urząd"),
        "image_url": "https://gryf.example/i.png",
    }
    entries = [Entry(**(entry | {key: value for key, value in changes.items() if key in entry}))]
    return Feed(**feed | {key: value for key, value in changes.items() if key in feed}, entries=entries)


def test_an_empty_feed_is_valid_too():
    empty = Feed(
        title="T",
        description="D",
        site_url="https://a.example/",
        self_url="https://a.example/f",
        language="pl",
        author=Author("A"),
        entries=[],
    )
    assert atom_faults(formats.atom(empty)) == []
    assert rss_faults(formats.rss(empty)) == []


def test_the_rules_can_fail():
    assert atom_faults(formats.atom(a_feed())) == []
    assert rss_faults(formats.rss(a_feed(), podcast=True), podcast=True) == []
    assert atom_faults(formats.atom(a_feed(id="1")))
    assert atom_faults(formats.atom(a_feed(url="/1")))
    assert atom_faults(formats.atom(a_feed()).replace(b"T09:00:00Z", b" 9:00"))
    assert atom_faults(formats.atom(a_feed()).replace(b"<name>", b"<nam>").replace(b"</name>", b"</nam>"))
    assert rss_faults(formats.rss(a_feed(description="")))
    assert rss_faults(formats.rss(a_feed(enclosure=None), podcast=True), podcast=True)
    assert rss_faults(formats.rss(a_feed(enclosure=Enclosure("https://a.example/x", 0, "audio/mpeg", 1))))
    assert rss_faults(formats.rss(a_feed(image_url="")), podcast=True)
    assert rss_faults(formats.rss(a_feed()).replace(b"+0000", b"GMT"))


def test_a_long_agenda_is_cut_at_a_line():
    text = formats.shortened("\n".join(f"{number}. punkt porządku obrad" for number in range(500)))
    assert len(text) <= formats.LONGEST_SUMMARY
    assert text.endswith("punkt porządku obrad\n…")
    assert formats.shortened("krótko") == "krótko"
