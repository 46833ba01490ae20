"""House rules about the repository: what may be committed."""

import re
import subprocess

from tests.house.sources import ROOT


def tracked() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


def test_lock_files_carry_no_address():
    for name in ("requirements.lock", "requirements-test.lock", "package-lock.json"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert '"resolved"' not in text, name
        assert not re.search(r"--(extra-)?index-url|https?://[\w.-]*(pypi|pythonhosted|npmjs)", text), name


def test_every_locked_package_has_hashes():
    for name in ("requirements.lock", "requirements-test.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pinned = re.findall(r"^[a-z0-9][\w.\-\[\]]*==[^\s;\\]+", text, flags=re.MULTILINE)
        assert len(pinned) > 20
        assert len(re.findall(r"^[a-z0-9].*\\$", text, flags=re.MULTILINE)) == len(pinned), name


def test_no_large_or_third_party_file():
    names = tracked()
    assert [name for name in names if (ROOT / name).stat().st_size > 1_000_000] == []
    assert [name for name in names if name.startswith(("node_modules/", "static/vendor/", ".venv/"))] == []


def test_no_machine_path():
    found = []
    for name in tracked():
        if name.endswith((".lock", ".png", ".json")) or name == "tests/house/test_repository.py":
            continue
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        found += [name for _ in re.finditer(r"(?<![\w.])/(work|root|home/\w+)/", text)]
    assert found == []
