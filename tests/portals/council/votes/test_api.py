"""Votes over HTTP, as programs and pages use them, on the demo's council."""

from app.database import DATABASE


async def answer_of(client, method, path, body=None):
    async with client.request(method, path, json=body) as answer:
        return answer.status, await answer.json() if answer.content_type.endswith("json") else None


async def live_session(client):
    _status, found = await answer_of(client, "GET", "/api/council/sessions")
    return found["live"][0]["id"], [session["id"] for session in found["past"]]


async def test_the_demo_shows_votes_of_every_kind(site):
    async with site.client() as client:
        live, past = await live_session(client)
        _status, view = await answer_of(client, "GET", f"/api/council/sessions/{live}/votes")
        assert [one["vote"]["state"] for one in view["votes"]] == ["closed"]
        assert view["quorum"]["present"] == 21
        assert sum(member["state"] == "late" for member in view["members"]) == 1
        kinds, outcomes = set(), set()
        for session_id in past:
            _status, view = await answer_of(client, "GET", f"/api/council/sessions/{session_id}/votes")
            if not view["votes"]:
                continue  # a session of before the city voted electronically
            assert 6 <= len(view["votes"]) <= 10
            numbers = {one["vote"]["id"]: one["vote"]["number"] for one in view["votes"]}
            for one in view["votes"]:
                vote = one["vote"]
                assert vote["opened_at"] < vote["closed_at"]
                assert (
                    vote["votes_for"] + vote["votes_against"] + vote["abstained"] + vote["absent"]
                    == vote["entitled"]
                    == 23
                )
                assert vote["repeats_id"] is None or vote["repeats_id"] in numbers
                kinds.add((vote["secret"], vote["majority"], vote["repeats_id"] is not None))
                outcomes.add(vote["outcome"])
                assert len(one["voters"]) == 23
        assert outcomes == {"adopted", "rejected"}
        assert {secret for secret, _majority, _again in kinds} == {True, False}
        assert {majority for _secret, majority, _again in kinds} == {"simple", "absolute", "absolute_statutory"}
        assert True in {again for _secret, _majority, again in kinds}


async def test_filling_the_demo_twice_changes_nothing(site):
    from portals.council.votes import demo

    async with site.app[DATABASE].transaction() as tx:
        before = await tx.value("SELECT count(*) FROM council_vote")
    await demo.fill(site.app)
    async with site.app[DATABASE].transaction() as tx:
        assert await tx.value("SELECT count(*) FROM council_vote") == before


async def test_a_vote_over_http(site):
    async with site.client("clerk") as clerk, site.client("chair") as chair, site.client() as anyone:
        live, _past = await live_session(anyone)
        base = f"/api/council/sessions/{live}/votes"
        status, vote = await answer_of(clerk, "POST", base, {"title": "Uchwała"})
        assert (status, vote["state"]) == (201, "draft")
        assert (await answer_of(anyone, "GET", f"{base}/{vote['id']}"))[0] == 404
        assert (await answer_of(clerk, "POST", f"{base}/{vote['id']}/open"))[0] == 200
        own = f"{base}/{vote['id']}/ballots/own"
        status, ballot = await answer_of(chair, "PUT", own, {"choice": "for", "op_id": "0123456789ab"})
        assert (status, ballot["choice"], ballot["voted"]) == (200, "for", True)
        for wrong in (
            {"choice": "maybe", "op_id": "0123456789ab"},
            {"choice": "for", "op_id": "short"},
            {"choice": "for", "op_id": "x" * 65},
            {"choice": "for", "op_id": "with spaces in it"},
            {"choice": "for"},
            {"op_id": "0123456789ab"},
        ):
            assert (await answer_of(chair, "PUT", own, wrong))[0] == 422, wrong
        status, problem = await answer_of(clerk, "POST", base, {"title": " "})
        assert (status, set(problem["fields"])) == (422, {"title"})
        assert "tytuł" in problem["fields"]["title"]
        status, problem = await answer_of(clerk, "POST", f"{base}/{vote['id']}/cancel", {"reason": ""})
        assert (status, set(problem["fields"])) == (422, {"reason"})
        status, second = await answer_of(clerk, "POST", base, {"title": "Druga"})
        assert (await answer_of(clerk, "POST", f"{base}/{second['id']}/open"))[0] == 409
        assert (await answer_of(clerk, "DELETE", f"{base}/{second['id']}"))[0] == 204
        status, closed = await answer_of(clerk, "POST", f"{base}/{vote['id']}/close")
        assert (status, closed["votes_for"], closed["outcome"]) == (200, 1, "adopted")
        status, named = await answer_of(anyone, "GET", f"{base}/{vote['id']}")
        assert {voter["name"]: voter["choice"] for voter in named["voters"]}["Anna Kowal"] == "for"
        status, _late = await answer_of(chair, "PUT", own, {"choice": "against", "op_id": "another-name"})
        assert status == 409
        anna = next(voter["councillor_id"] for voter in named["voters"] if voter["name"] == "Anna Kowal")
        fix = {"councillor_id": anna, "choice": "against", "reason": "Zły przycisk"}
        status, named = await answer_of(clerk, "POST", f"{base}/{vote['id']}/corrections", fix)
        assert (status, named["vote"]["outcome"], len(named["corrections"])) == (200, "rejected", 1)
        status, again = await answer_of(clerk, "POST", f"{base}/{vote['id']}/repeat", {"reason": "Pomyłka"})
        assert (status, again["repeats_id"]) == (201, vote["id"])


async def test_attendance_over_http(site):
    async with site.client("clerk") as clerk, site.client("councillor") as councillor, site.client() as anyone:
        live, _past = await live_session(anyone)
        base = f"/api/council/sessions/{live}/attendance"
        _status, own = await answer_of(councillor, "GET", f"/api/council/sessions/{live}/votes/own")
        me = own["member"]["councillor_id"]
        assert (await answer_of(clerk, "PUT", f"{base}/{me}", {"state": "left"}))[1]["state"] == "left"
        assert (await answer_of(councillor, "POST", f"{base}/own"))[1]["state"] == "present"
        assert (await answer_of(clerk, "PUT", f"{base}/{me}", {"state": "asleep"}))[0] == 422
        assert (await answer_of(clerk, "PUT", f"{base}/999999", {"state": "present"}))[0] == 404
        status, everybody = await answer_of(clerk, "POST", f"{base}/all")
        assert status == 200
        assert {member["state"] for member in everybody["members"]} == {"present", "late"}
        _status, history = await answer_of(clerk, "GET", f"{base}/changes")
        mine = [change for change in history["changes"] if change["councillor_id"] == me]
        assert [change["state"] for change in mine][-2:] == ["left", "present"]
        assert mine[-1]["by_councillor"] is True


async def test_rooms_open_to_those_they_are_for(site):
    async def status(client, room):
        async with client.get("/api/live/snapshot", params={"room": room}) as answer:
            return answer.status

    async with (
        site.client() as anyone,
        site.client("resident") as resident,
        site.client("clerk") as clerk,
        site.client("councillor") as councillor,
        site.client("chair") as chair,
    ):
        live, _past = await live_session(anyone)
        room = f"council/session/{live}/votes"
        _status, own = await answer_of(councillor, "GET", f"/api/council/sessions/{live}/votes/own")
        mine = f"{room}/own/{own['member']['councillor_id']}"
        assert await status(anyone, room) == 200
        assert [await status(who, f"{room}/desk") for who in (anyone, resident, councillor, chair, clerk)] == [
            401,
            403,
            404,
            404,
            200,
        ]
        assert [await status(who, mine) for who in (anyone, resident, clerk, chair, councillor)] == [
            401,
            403,
            403,
            404,
            200,
        ]
        for nonsense in ("council/session/x/votes", "council/session/999999/votes", f"{room}/own/x"):
            assert await status(councillor, nonsense) == 404


async def test_every_route_is_in_the_api_document(site):
    async with site.client() as client:
        _status, document = await answer_of(client, "GET", "/api/openapi.json")
    paths = [path for path in document["paths"] if "/attendance" in path or "/votes" in path]
    assert "/api/council/sessions/{session_id}/votes/{vote_id}/ballots/own" in paths
    assert len(paths) >= 14


async def test_pages_show_the_votes(site):
    async with site.client() as client:
        async with client.get("/api/council/sessions") as answer:
            past = next(one for one in (await answer.json())["past"] if one["number"] == "XXX")
        async with client.get(f"/council/sessions/{past['slug']}", headers={"Accept-Language": "pl"}) as answer:
            text = await answer.text()
    assert answer.status == 200
    assert text.count('class="vote-line"') == 7 + 1  # and the row that scripts clone
    assert "Uznanie skargi na Zarząd Infrastruktury Miejskiej za bezzasadną" in text
    assert "Rondo Kaszubskie" in text
