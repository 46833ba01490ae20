"""Writes the table of settings into docs/operate.md, from where they are declared."""

import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main() -> None:
    import msgspec

    import run
    from app.config import City, Server
    from tests.house.test_settings import declared

    kinds: dict[str, Any] = {"city": City, "server": Server} | {
        one.name: one.settings for one in run.FEATURES if one.settings
    }
    rows = ["| setting | default | meaning |", "| --- | --- | --- |"]
    for name, text in declared().items():
        section, field = name.split(".")
        fields = {one.name: one for one in msgspec.structs.fields(kinds[section])}
        default = fields[field].default
        shown = ", ".join(map(str, default)) if isinstance(default, tuple) else str(getattr(default, "value", default))
        escaped = text.replace("|", "\\|")
        rows.append(f"| `{name}` | {'`' + shown + '`' if shown else 'empty'} | {escaped} |")
    path = ROOT / "docs" / "operate.md"
    page = path.read_text(encoding="utf-8")
    table = "<!-- settings -->\n" + "\n".join(rows) + "\n<!-- /settings -->"
    path.write_text(
        re.sub(r"<!-- settings -->.*<!-- /settings -->", lambda _: table, page, flags=re.DOTALL), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
