import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.files.names import MOST_NAME_BYTES, clean_name, content_disposition
from app.files.ranges import ByteRange, Unsatisfiable, requested_range


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("Uchwała nr 5.pdf", "Uchwała nr 5.pdf"),
        ("C:\\Users\\Łucja\\plan.docx", "plan.docx"),
        ("../../etc/passwd", "passwd"),
        ("za\u0307z\u0307o\u0301łc\u0301.txt", "zȧżółć.txt"),
        ("a\0b\r\n\u202egpj.exe", "abgpj.exe"),
        ("a<b>:c?.txt", "a_b__c_.txt"),
        ("  .hidden ", "hidden"),
        ("...", "file"),
        ("", "file"),
        ("a/b/", "file"),
    ],
)
def test_names_are_cleaned(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


def test_a_long_name_keeps_its_ending() -> None:
    name = clean_name("ż" * 300 + ".pdf")
    assert name.endswith("ż.pdf")
    assert len(name.encode()) <= MOST_NAME_BYTES


@given(st.text())
def test_a_clean_name_stays_clean(name: str) -> None:
    cleaned = clean_name(name)
    assert cleaned
    assert len(cleaned.encode()) <= MOST_NAME_BYTES
    assert not set(cleaned) & set('/\\\0\r\n"')
    header = content_disposition("attachment", cleaned)
    assert header.isascii()
    assert header.isprintable()


def test_polish_letters_in_the_header() -> None:
    assert content_disposition("attachment", "plan.pdf") == 'attachment; filename="plan.pdf"'
    assert (
        content_disposition("inline", "Łódź 5%.pdf")
        == "inline; filename=\"Lodz 5_.pdf\"; filename*=UTF-8''%C5%81%C3%B3d%C5%BA%205%25.pdf"
    )


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=10-19", ByteRange(10, 20)),
        ("bytes=90-", ByteRange(90, 100)),
        ("bytes=-10", ByteRange(90, 100)),
        ("bytes=-1000", ByteRange(0, 100)),
        ("bytes=50-1000", ByteRange(50, 100)),
        ("bytes=0-1,5-6", None),
        ("bytes=9-5", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("lines=1-2", None),
        ("", None),
        ("bytes=" + "9" * 40 + "-", None),
        ("bytes=٣-٤", None),
    ],
)
def test_ranges(header: str, expected: ByteRange | None) -> None:
    assert requested_range(header, 100) == expected


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-0", 0), ("bytes=-5", 0)]
)
def test_ranges_outside_the_file(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        requested_range(header, size)
