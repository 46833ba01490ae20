"""Every setting is described in docs/operate.md, and nothing is described that does not exist."""

import re
import typing

import msgspec

import run
from app.config import City, Server
from tests.house.sources import ROOT


def declared() -> dict[str, str]:
    """`section.field` → its description."""
    sections: dict[str, type[msgspec.Struct]] = {"city": City, "server": Server}
    sections |= {one.name: one.settings for one in run.FEATURES if one.settings is not None}
    found = {}
    for name, kind in sections.items():
        hints = typing.get_type_hints(kind, include_extras=True)
        for field in msgspec.structs.fields(kind):
            metas = [meta for meta in getattr(hints[field.name], "__metadata__", ()) if meta.description]
            assert metas, f"{name}.{field.name} has no description"
            found[f"{name}.{field.name}"] = metas[0].description
    return found


def documented() -> dict[str, str]:
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+\.\w+)` \| .*? \| (.*?) \|$", text, flags=re.MULTILINE)
    return dict(rows)


def test_settings_are_documented() -> None:
    assert documented() == {name: text.replace("|", "\\|") for name, text in declared().items()}
