"""Open data validate by the schema that is published, hang together, and hold nothing that is secret or closed."""

import csv
import io
from datetime import timedelta

import jsonschema_rs

from app.database import DATABASE
from portals.council.records.councillors import rules
from portals.council.records.councillors.model import CouncillorRow, Pair
from portals.council.records.facts.rules import by_surname, quorum_of
from tests.portals.council.records.sittings import BEGAN, held


async def get_json(site, path, **query):
    async with site.client() as client, client.get(path, params=query) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json(content_type=None)


def loose_ends(data):
    """References to what is not in the dataset."""
    known = {
        one["id"]
        for name in ("persons", "organizations", "memberships", "events", "motions", "vote_events")
        for one in data[name]
    }
    known |= {item["id"] for event in data["events"] for item in event["agenda"]}
    pairs = [
        (one["id"], one[key])
        for name in ("memberships", "motions", "vote_events")
        for one in data[name]
        for key in one
        if key.endswith("_id")
    ]
    pairs += [(vote["vote_event_id"], vote[key]) for vote in data["votes"] for key in ("vote_event_id", "voter_id")]
    pairs += [(event["id"], attendee["person_id"]) for event in data["events"] for attendee in event["attendees"]]
    pairs += [
        (said["id"], said[key])
        for event in data["events"]
        for said in event["speeches"]
        for key in ("person_id", "agenda_item_id")
    ]
    return [pair for pair in pairs if pair[1] is not None and pair[1] not in known]


async def test_datasets_are_valid_and_whole(site):
    session, people = await held(site)
    schema = await get_json(site, "/council/open-data/schema.json")
    jsonschema_rs.meta.validate(schema)
    validator = jsonschema_rs.validator_for(schema)
    year = await get_json(site, "/api/council/open-data/sessions", year=2026)
    one = await get_json(site, f"/api/council/open-data/sessions/{session.slug}")
    council = await get_json(site, "/api/council/open-data/council")
    for data in (year, one, council):
        assert [str(error) for error in validator.iter_errors(data)] == []
        assert loose_ends(data) == []
        ids = [
            row["id"] for name in ("persons", "organizations", "events", "motions", "vote_events") for row in data[name]
        ]
        assert len(ids) == len(set(ids))
    # the schema can refuse
    assert not validator.is_valid(one | {"events": [one["events"][0] | {"status": "lost"}]})
    assert not validator.is_valid({key: value for key, value in one.items() if key != "votes"})
    assert loose_ends(one | {"persons": []})

    event = one["events"][0]
    assert (event["name"], event["start_date"]) == (session.title, "2026-09-25T10:00:00+02:00")
    assert {person["status"] for person in event["attendees"]} == {"present", "late", "left", "absent"}
    named, secret, lost = one["vote_events"]
    assert {count["option"]: count["value"] for count in named["counts"]} == {
        "yes": 2,
        "no": 1,
        "abstain": 1,
        "absent": 1,
    }
    options = {vote["voter_id"]: vote["option"] for vote in one["votes"]}
    assert [options[f"councillor/{person['id']}"] for person in people] == ["yes", "yes", "no", "abstain", "absent"]
    assert secret["secret"]
    assert {vote["vote_event_id"] for vote in one["votes"]} == {named["id"]}
    assert (lost["valid"], lost["result"]) == (False, "fail")
    assert [said["attribution_text"] for said in event["speeches"]] == [people[0]["name"], people[2]["name"]]
    assert "Jan Ukryty" not in str(one)
    assert len(council["persons"]) >= 23
    assert {one["classification"] for one in council["organizations"]} >= {"council", "club"}


async def test_a_year_of_votes_as_csv(site):
    first, _people = await held(site)
    second, _people = await held(site, "Inna, z przecinkiem", "XVI", BEGAN + timedelta(days=30))
    async with site.client() as client, client.get("/council/open-data/votes.csv", params={"year": "2026"}) as answer:
        assert answer.headers["Content-Type"].startswith("text/csv")
        rows = list(csv.reader(io.StringIO((await answer.read()).decode(), newline="")))
    assert {len(row) for row in rows} == {8}
    assert {row[0] for row in rows[1:]} >= {first.slug, second.slug}
    async with site.client() as client, client.get("/council/open-data/votes.csv", params={"year": "1990"}) as answer:
        assert (answer.status, await answer.read()) == (200, b"")


async def test_the_page_of_a_councillor_counts_what_was_done(site):
    session, people = await held(site)
    await _no_other_votes(site, session)
    profile = await get_json(site, f"/api/council/members/{people[3]['id']}")
    figures = profile["figures"]
    assert (figures["voted"], figures["votes"]) == (2, 2)
    by_name = {one["other"]: one["share"] for one in profile["agreement"]}
    assert by_name[people[0]["name"]] == 0.0
    assert by_name[people[4]["name"]] is None
    first = await get_json(site, f"/api/council/members/{people[0]['id']}")
    assert {one["other"]: one["share"] for one in first["agreement"]}[people[1]["name"]] == 1.0
    assert [vote["choice"] for vote in first["votes"]] == [None, "for"]
    # what was said in a closed part does not count
    second = await get_json(site, f"/api/council/members/{people[1]['id']}")
    assert all(said["session_slug"] != session.slug for said in second["speeches"])
    matrix = await get_json(site, "/api/council/agreement")
    names = [row["name"] for row in matrix["rows"]]
    assert sorted(names) == sorted(person["name"] for person in people[:4])
    for place, row in enumerate(matrix["rows"]):
        assert row["shares"][place] is None
        assert [other["shares"][place] for other in matrix["rows"]] == row["shares"]
    async with site.client() as client:
        for path in (f"/council/members/{people[0]['id']}", "/council/agreement", "/council/open-data"):
            async with client.get(path) as answer:
                assert answer.status == 200
                assert "żółwiami" in await answer.text() or path != f"/council/members/{people[0]['id']}"
        async with client.get(f"/council/members/{people[0]['id']}/votes.csv") as answer:
            rows = list(csv.reader(io.StringIO((await answer.read()).decode(), newline="")))
        assert [row[5] for row in rows[1:]] == ["głosowanie tajne", "za"]
        async with client.get("/council/members/999999") as answer:
            assert answer.status == 404


async def _no_other_votes(site, session):
    """The demo's own votes go, so that the figures are those of the test."""
    async with site.app[DATABASE].transaction() as tx:
        await tx.execute("DELETE FROM council_resolution")
        await tx.execute(
            "UPDATE council_vote SET repeats_id = NULL, reason = '' WHERE repeats_id IS NOT NULL AND state <> 'cancelled'"
        )
        await tx.execute("DELETE FROM council_vote WHERE session_id <> $1", session.id)


def person(number, name, club=None):
    return CouncillorRow(number, 1, "Kadencja", name, club, "", None)


def test_agreement_is_a_share_of_the_votes_in_which_both_chose():
    people = [
        person(1, "Jan Łoś", "B"),
        person(2, "Anna Las", "A"),
        person(3, "Ewa Żak", None),
        person(4, "Iga Ćma", "A"),
    ]
    pairs = [
        Pair(1, 2, 10, 5),
        Pair(2, 1, 10, 5),
        Pair(1, 4, 8, 8),
        Pair(4, 1, 8, 8),
        Pair(2, 4, 4, 0),
        Pair(4, 2, 4, 0),
    ]
    matrix = rules.matrix("Kadencja", 10, people, pairs)
    assert [row.name for row in matrix.rows] == ["Iga Ćma", "Anna Las", "Jan Łoś", "Ewa Żak"]
    assert matrix.rows[0].shares == [None, 0.0, 1.0, None]
    most, least = rules.extremes(matrix, pairs)
    assert [(pair.one.name, pair.other.name, pair.share) for pair in most] == [
        ("Jan Łoś", "Iga Ćma", 1.0),
        ("Jan Łoś", "Anna Las", 0.5),
    ]
    assert least[0].share == 0.5  # four votes are too few to compare
    assert [(one.other, one.share) for one in rules.agreements(1, people, pairs)] == [
        ("Iga Ćma", 1.0),
        ("Anna Las", 0.5),
        ("Ewa Żak", None),
    ]
    assert [rules.step(value) for value in (None, 0, 0.449, 0.95, 1)] == ["none", "0", "4", "10", "10"]


def test_polish_lists_are_sorted_by_surname():
    names = ["Zofia Ćwik", "Adam Łoś", "Ewa Lis", "Jan Cis", "Anna Nowak-Żak", "Ala Źdźbło", "Ala Zając"]
    assert sorted(names, key=by_surname) == [
        "Jan Cis",
        "Zofia Ćwik",
        "Ewa Lis",
        "Adam Łoś",
        "Anna Nowak-Żak",
        "Ala Zając",
        "Ala Źdźbło",
    ]
    assert [quorum_of(number) for number in (1, 23, 24)] == [1, 12, 12]
