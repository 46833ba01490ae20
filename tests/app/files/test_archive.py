import io
import stat
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.files.archive import DAMAGED, GROWS, LOCKED, PATHS, ArchiveLimits, Unsafe, check_archive
from tests.app.files.test_sniff import made_zip

GOOD = made_zip({"a.txt": "Zażółć".encode() * 40, "folder/ń.txt": b"x"})


def verdict(content: bytes, limits: ArchiveLimits | None = None) -> str:
    try:
        check_archive(io.BytesIO(content), limits or ArchiveLimits())
    except Unsafe as unsafe:
        return str(unsafe)
    return "fine"


def test_a_common_archive_is_fine() -> None:
    assert verdict(GOOD) == "fine"
    assert verdict(made_zip({})) == "fine"
    assert check_archive(io.BytesIO(GOOD), ArchiveLimits()).names == {"a.txt", "folder/ń.txt"}


def test_an_archive_written_as_a_stream_is_fine() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, block: bytes) -> int:  # type: ignore[override]  # narrower than the base, enough here
            self.data += block
            return len(block)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]  # it only writes
        archive.writestr("a.txt", b"a" * 1000)
        archive.writestr("b.txt", b"b")
    assert pipe.data[6] & 8
    assert verdict(bytes(pipe.data)) == "fine"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"PK", GOOD[:-1], GOOD[:40], b"MZ" + GOOD, GOOD + b"x", GOOD[1:],
        GOOD.replace(b"a.txt", b"b.txt", 1),
        GOOD[:14] + bytes([GOOD[14] ^ 1]) + GOOD[15:],
        GOOD[:38] + bytes([GOOD[38] ^ 0x55]) + GOOD[39:],
        GOOD + GOOD,
    ],
)  # fmt: skip
def test_what_programs_could_read_in_two_ways_is_damaged(content: bytes) -> None:
    assert verdict(content) == DAMAGED


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "a/../../b", "C:/x", "a\\..\\b", "a//b", "./a"])
def test_names_that_lead_out(name: str) -> None:
    content = made_zip({"x" * len(name): b"1"}).replace(b"x" * len(name), name.encode())
    assert verdict(content) == PATHS


def test_links_are_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert verdict(target.getvalue()) == "This archive holds links or devices"


def test_bombs_are_refused_before_they_unpack() -> None:
    assert verdict(made_zip({"zeros": bytes(20_000_000)})) == GROWS
    assert verdict(made_zip({"a": bytes(900), "b": bytes(900)}), ArchiveLimits(unpacked_bytes=1000)) == GROWS
    assert (
        verdict(made_zip({str(n): b"" for n in range(11)}), ArchiveLimits(members=10))
        == "This archive holds too many files"
    )


def test_a_size_that_lies_is_found() -> None:
    bomb = made_zip({"zeros": bytes(100_000)})
    lying = bomb.replace(struct.pack("<I", 100_000), struct.pack("<I", 10))
    assert verdict(lying) == DAMAGED


def test_one_archive_within_another_is_a_document_and_two_are_too_deep() -> None:
    inner = made_zip({"inner.zip": GOOD})
    assert verdict(inner) == "fine"
    assert verdict(made_zip({"a.bin": inner})) == "This archive holds archives within archives"
    assert verdict(made_zip({"bad.xlsx": GOOD + b"x"})) == DAMAGED


def test_encrypted_and_odd_methods_are_refused() -> None:
    assert verdict(made_zip({"a": b"x" * 100}, zipfile.ZIP_BZIP2)) == LOCKED
    encrypted = bytearray(GOOD)
    encrypted[6] |= 1
    at = encrypted.index(b"PK\1\2")
    encrypted[at + 8] |= 1
    assert verdict(bytes(encrypted)) == LOCKED


def test_two_members_of_one_name_are_refused() -> None:
    content = made_zip({"aa": b"1", "bb": b"2"}).replace(b"bb", b"Aa")
    assert verdict(content) == "This archive holds two files of one name"


@given(st.data())
def test_no_change_of_bytes_breaks_the_check(data: st.DataObject) -> None:
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert verdict(bytes(content))
