"""docs/live.md holds the protocol's schema and every room, as they are in the code."""

import json
import re

import run
from realtime.protocol import schema
from tests.house.sources import ROOT

PAGE = (ROOT / "docs" / "live.md").read_text(encoding="utf-8")


def test_the_schema_is_current():
    block = re.search(r"<!-- schema -->\n```json\n(.*)\n```\n<!-- /schema -->", PAGE, flags=re.DOTALL)
    assert block is not None
    assert json.loads(block[1]) == json.loads(json.dumps(schema()))


def test_every_room_and_event_is_listed():
    rows = dict(re.findall(r"^\| `([^`]+/[^`]+)` \| [^|]+ \| (.*) \|$", PAGE, flags=re.MULTILINE))
    rooms = {room.pattern: room for feature in run.FEATURES for room in feature.rooms}
    assert set(rows) == set(rooms)
    for pattern, room in rooms.items():
        assert set(re.findall(r"`(\w+)`", rows[pattern])) == {event.__name__ for event in room.events}
