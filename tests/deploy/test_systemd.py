"""The units in deploy/, looked at by systemd itself where it is there, and for what they promise."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.proxy import ROOT

UNITS = sorted((ROOT / "deploy").glob("*.service"))
ANALYZE = shutil.which("systemd-analyze")


def test_all_are_there():
    assert [unit.name for unit in UNITS] == ["gryf-media.service", "gryf-web.service", "gryf.service"]


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not installed here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_every_line(unit: Path, tmp_path: Path):
    for other in UNITS:  # they name each other
        text = other.read_text(encoding="utf-8")
        here = text.replace("/opt/gryf/.venv/bin/python", sys.executable).replace("/opt/gryf", str(ROOT))
        (tmp_path / other.name).write_text(here, encoding="utf-8")
    command = [str(ANALYZE), "verify", "--man=no", str(tmp_path / unit.name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    mine = [line for line in done.stderr.splitlines() if "gryf" in line]
    assert mine == []


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not installed here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_little_is_left_to_an_intruder(unit: Path):
    """systemd's own figure: 0 is locked up, 10 is open; services without any of these lines have 9.6."""
    command = [str(ANALYZE), "security", "--offline=true", "--threshold=30", "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-400:]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_roles_fit_together(unit: Path):
    text = unit.read_text(encoding="utf-8")
    command = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    options = {
        "gryf.service": [],
        "gryf-media.service": ["--role", "media", "--port", "8081"],
        "gryf-web.service": ["--role", "web", "--port", "8080"],
    }
    words = command.split()
    assert [word for word in words if word in {"--role", "media", "web", "--port", "8080", "8081"}] == options[
        unit.name
    ]
    if unit.name == "gryf-web.service":
        assert "GRYF_SERVER_MEDIA_URL=http://127.0.0.1:8081" in text
