"""Keys, tokens and the installation's secret."""

import pytest

from app.errors import ConfigurationError
from app.identity.keys import Keys, digest, new_token, read_secret

KEYS = Keys(b"one secret of this installation, long enough")
OTHERS = Keys(b"another installation's secret, long enough too")


def test_a_token_fits_its_parts_and_its_purpose_alone():
    token = KEYS.issue("form", "session/a", "b")
    assert KEYS.accepts("form", token, "session/a", "b")
    assert not KEYS.accepts("form", token, "session/a", "c")
    assert not KEYS.accepts("form", token, "session/a")
    assert not KEYS.accepts("device", token, "session/a", "b")
    assert not OTHERS.accepts("form", token, "session/a", "b")
    assert token != KEYS.issue("form", "session/a", "b")


def test_parts_are_not_run_together():
    assert KEYS.sign("form", "ab", "c") != KEYS.sign("form", "a", "bc")
    assert KEYS.sign("form", "abc") != KEYS.sign("form", "a", "b", "c")


@pytest.mark.parametrize("token", ["", ".", "a", "a.", ".b", "ż.ó", "a.b.c"])
def test_rubbish_is_no_token(token):
    assert not KEYS.accepts("form", token, "session/a")


def test_what_is_sealed_opens_for_its_owner_alone():
    sealed = KEYS.seal(b"twenty bytes exactly", 7)
    assert KEYS.unseal(sealed, 7) == b"twenty bytes exactly"
    assert KEYS.unseal(sealed, 8) is None
    assert OTHERS.unseal(sealed, 7) is None
    assert KEYS.unseal(sealed[:-1], 7) is None
    assert KEYS.unseal(b"", 7) is None
    assert KEYS.seal(b"twenty bytes exactly", 7) != sealed
    assert b"twenty" not in sealed


def test_tokens_are_long_and_stored_as_digests():
    token = new_token()
    assert len(token) == 43
    assert token != new_token()
    assert len(digest(token)) == 32
    assert token.encode() not in digest(token)


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path):
    first = read_secret("", tmp_path / "data")
    path = tmp_path / "data" / "secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(first) >= 32
    assert read_secret("", tmp_path / "data") == first
    assert read_secret("", tmp_path / "other") != first


def test_the_setting_wins(tmp_path):
    assert read_secret("s" * 32, tmp_path) == b"s" * 32
    assert list(tmp_path.iterdir()) == []


def test_a_weak_or_damaged_secret_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match="at least 32"):
        read_secret("short", tmp_path)
    (tmp_path / "secret").write_text("cut")
    with pytest.raises(ConfigurationError, match="damaged"):
        read_secret("", tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be"):
        read_secret("", tmp_path / "file")
