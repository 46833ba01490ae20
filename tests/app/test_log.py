"""What a collector gets."""

import json
import logging

import pytest
import structlog

from app.log import set_up_logging


@pytest.fixture
def quiet():
    """The root logger as it was, afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def fail(password: str) -> None:
    raise ValueError(f"{len(password)} characters")


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_failure_is_told_without_what_its_variables_held(quiet, capsys, form):
    set_up_logging(form, "info")
    try:
        fail("a very secret word")
    except ValueError:
        structlog.get_logger("gryf").exception("it failed", session=12)
    line = capsys.readouterr().err
    assert "18 characters" in line
    assert "ValueError" in line
    assert "very secret" not in line.replace('fail("a very secret word")', "")  # the source line is no variable
    if form == "json":
        record = json.loads(line)
        assert record["event"] == "it failed"
        assert record["session"] == 12
        assert record["exception"][0]["exc_type"] == "ValueError"
