"""What servers that a test started have logged is shown with its failure: they ran in processes of their own."""

from pathlib import Path

import pytest

SHOWN_CHARACTERS = 12_000


def logs_of(item: pytest.Item) -> list[tuple[str, str]]:
    """Titles and ends of the logs beside the test's files, and of products it shares with others."""
    given = getattr(item, "funcargs", {})
    paths = set(given["tmp_path"].glob("*.log")) if "tmp_path" in given else set()
    paths |= {Path(value["log"]) for value in given.values() if isinstance(value, dict) and "log" in value}
    return [(path.name, path.read_text(errors="replace")[-SHOWN_CHARACTERS:]) for path in sorted(paths)]
