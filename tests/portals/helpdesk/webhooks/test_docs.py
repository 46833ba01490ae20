"""docs/webhooks.md holds the schema of the messages as they are in the code, and lists each one."""

import json
import re
from typing import Any

import msgspec

from portals.helpdesk.webhooks.feature import FEATURE
from portals.helpdesk.webhooks.model import AlarmMessage, EntryMessage, OutageMessage, ProbeMessage, TicketMessage
from tests.house.sources import ROOT

PAGE = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
KINDS = (TicketMessage, EntryMessage, AlarmMessage, OutageMessage, ProbeMessage)


def schema() -> dict[str, Any]:
    found, components = msgspec.json.schema_components(KINDS, ref_template="#/$defs/{name}")
    return {"anyOf": list(found), "$defs": components}


def test_the_schema_is_current():
    block = re.search(r"<!-- schema -->\n```json\n(.*)\n```\n<!-- /schema -->", PAGE, flags=re.DOTALL)
    assert block is not None
    assert json.loads(block[1]) == json.loads(json.dumps(schema()))


def test_every_message_is_listed():
    assert set(re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", PAGE, flags=re.MULTILINE)) == {
        one.name for one in FEATURE.outgoing
    }
