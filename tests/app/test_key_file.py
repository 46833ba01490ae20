"""A key is made once, whoever asks at once, and nobody else reads it."""

import multiprocessing
import secrets

import pytest

from app.key_file import read_key


def fresh() -> bytes:
    return secrets.token_hex(16).encode()


def test_it_is_made_once_and_for_this_account_alone(tmp_path):
    path = tmp_path / "not" / "there" / "key"
    first = read_key(path, fresh)
    assert read_key(path, fresh) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["key"]


def test_another_process_that_was_quicker_has_made_it(tmp_path):
    path = tmp_path / "key"

    def make() -> bytes:
        path.write_bytes(b"theirs")  # between our look and our link
        return b"ours"

    assert read_key(path, make) == b"theirs"
    assert [one.name for one in tmp_path.iterdir()] == ["key"]


def test_all_that_start_at_once_read_the_same(tmp_path):
    with multiprocessing.get_context("fork").Pool(4) as pool:
        found = pool.starmap(read_key, [(tmp_path / "key", fresh)] * 40)
    assert len(set(found)) == 1
    assert len(found[0]) == 32


def test_what_cannot_be_made_leaves_nothing(tmp_path):
    def fail() -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read_key(tmp_path / "key", fail)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="Not a directory"):
        read_key(tmp_path / "file" / "key", fresh)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
