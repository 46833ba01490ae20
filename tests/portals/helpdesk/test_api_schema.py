"""Schemathesis over the whole API of the helpdesk and of all its parts: no failure of ours, no answer that is not said.

Whatever a part adds to the API is in it from the moment it is declared. Half of the requests are about what is there:
ids and numbers of a small helpdesk are put where the schema asks for some, so that they come further than «not found».
"""

import asyncio
import re
from http import HTTPStatus

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import run
from app.throttle import Limit
from portals.helpdesk.numbers import digits_of
from tests.portals.helpdesk.desk import NUMBER
from tests.portals.helpdesk.walking import walking

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NAMES = {one.name for one in run.FEATURES if one.name == "helpdesk" or one.name.startswith("helpdesk_")}
EXAMPLES = 15
"""Of each operation and person."""
CHECKS = (status_code_conformance, content_type_conformance, response_schema_conformance)
KINDS = {
    "number": "ticket", "into": "ticket", "other": "ticket", "parent": "ticket", "numbers": "ticket",
    "check_id": "ticket_check", "approval_id": "ticket_approval", "entry_id": "ticket_entry",
    "queue_id": "helpdesk_queue", "team_id": "helpdesk_team", "category_id": "helpdesk_category",
    "service_id": "helpdesk_service", "letter_id": "helpdesk_letter", "address_id": "helpdesk_address",
    "agreement_id": "sla_agreement", "calendar_id": "sla_calendar", "device_id": "device", "unit_id": "unit",
    "account_id": "account", "approver_id": "account", "assignee_id": "account",
}  # fmt: skip
"""Name of a place or field → table whose ids fit; others get small numbers."""
TICKETS = {"number", "into", "other", "parent", "numbers"}


async def known_of(walk) -> dict[str, list]:
    """Values that mean something, by the name of the place or field."""
    found: dict[str, list] = {}
    async with walk.desk.database.transaction() as tx:
        for name, table in KINDS.items():
            ids = [row["id"] for row in await tx.records(f"SELECT id FROM {table} ORDER BY id DESC LIMIT 8")]
            found[name] = [digits_of(one) for one in ids] if name in TICKETS else ids
        found["thing_id"] = [row["id"] for row in await tx.records("SELECT id FROM helpdesk_canned_reply LIMIT 8")]
        found["file_id"] = [str(row["file_id"]) for row in await tx.records("SELECT file_id FROM ticket_entry_file")]
    found["label"] = found["device_label"] = [NUMBER]
    found["day"] = ["2027-02-01", "2026-12-24"]
    return {name: values for name, values in found.items() if values}


def helpful(draw, known, value, name=""):
    """A generated body with what is there in some of its places."""
    if isinstance(value, dict):
        return {key: helpful(draw, known, one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [helpful(draw, known, one, name) for one in value]
    singular = {"members": "account_id", "queues": "queue_id", "units": "unit_id"}.get(name, name)
    if singular in known and value is not None and not isinstance(value, bool) and draw(st.booleans()):
        return draw(st.sampled_from(known[singular]))
    if name == "rev" and draw(st.booleans()):
        return draw(st.sampled_from([0, 1, 2]))
    return value


def cases(operation, known):
    """Requests of an operation."""

    @st.composite
    def made(draw):
        case = draw(operation.as_strategy())
        for name in list(case.path_parameters or {}):
            choices = known.get(name) or [1, 2, 3]
            if draw(st.integers(0, 3)):
                case.path_parameters[name] = draw(st.sampled_from(choices))
        if isinstance(case.body, dict):
            case.body = helpful(draw, known, case.body)
        return case

    return made()


def look_through(base_url: str, document: dict, cookie: str, known: dict) -> list[str]:
    """What is wrong with the answers. Blocking."""
    schema = schemathesis.openapi.from_dict(document)
    wrong = []

    def look(operation):
        listed = set(operation.definition.raw["responses"]) - {"default"}

        @settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
            phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=cases(operation, known))
        def ask(case):
            response = case.call(base_url=base_url, headers={"Cookie": f"gryf_session={cookie}"}, timeout=30)
            said = f"{operation.method.upper()} {operation.path} → {response.status_code}: {response.text[:300]}"
            assert response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, f"{said}\n{case.body!r}"
            assert str(response.status_code) in listed, said
            case.validate_response(response, checks=CHECKS)

        ask()

    for result in schema.get_all_operations():
        operation = result.ok()
        try:
            look(operation)
        except Exception as problem:  # noqa: BLE001  # each one is told, and the others are looked at
            wrong.append(f"{operation.method.upper()} {operation.path}: {problem!s:.1500}")
    return wrong


def described(document: dict) -> dict:
    """The helpdesk's part of the document."""
    paths = {
        path: {method: one for method, one in methods.items() if set(one["tags"]) & NAMES}
        for path, methods in document["paths"].items()
    }
    return {**document, "paths": {path: methods for path, methods in paths.items() if methods}}


@pytest.mark.parametrize("who", ["L", "A", "R", "S"])
async def test_no_failure_and_no_answer_that_is_not_said(database_url, tmp_path, monkeypatch, who):
    for limit in ("portals.helpdesk.actions.sending.SENDING", "portals.helpdesk.actions.talking.TALKING"):
        monkeypatch.setattr(limit, Limit(f"schema.{limit[-7:]}", burst=100_000, every_s=1))
    async with walking(database_url, tmp_path) as walk:
        async with walk.client("N") as client, client.get("/api/openapi.json") as answer:
            document = described(await answer.json())
        known = await known_of(walk)
        assert {"number", "queue_id", "label", "file_id", "letter_id", "agreement_id"} <= set(known)
        wrong = await asyncio.to_thread(look_through, walk.site.http, document, walk.sessions[who], known)
    assert wrong == [], "\n\n".join(wrong)


def test_every_route_of_the_helpdesk_is_described():
    """Nothing of it is a page alone: what can be done in the browser can be done by a program."""
    routes = [route for feature in run.FEATURES if feature.name in NAMES for route in feature.routes]
    described_ones = [route for route in routes if route.path.startswith("/api/")]
    assert len(described_ones) > 80
    assert all(re.match(r"[A-Z]", one.summary) for one in described_ones)
