import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.files.sniff import HTML, OFFICE, SVG, UNKNOWN, ZIP, is_text, office_type, settled_type, sniff, text_type

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"GIF89a\1\0\1\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\x24\0\0\0AVI LIST", UNKNOWN),
        (b"\0\0\0\x20ftypisom\0\0\2\0", "video/mp4"),
        (b"\0\0\0\x20ftypM4A \0\0\2\0", "audio/mp4"),
        (b"\0\0\0\x20ftypheic\0\0\2\0", UNKNOWN),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\x82\x84webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\x82\x88matroska", UNKNOWN),
        (b"ID3\4\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64\0\0", "audio/mpeg"),
        (b"\xff\xf1\x50\x80\0\0", "audio/aac"),
        (b"\xff\xfe\x90\x64\0\0", UNKNOWN),
        (b"OggS" + bytes(24) + b"OpusHead", "audio/ogg"),
        (b"OggS" + bytes(24) + b"\x80theora", "video/ogg"),
        (b"PK\3\4\x14\0", ZIP),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", SVG),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x --><svg >", SVG),
        (b"  \n<!DOCTYPE html><p>", HTML),
        (b"<script>alert(1)</script>", HTML),
        (b"<svg/onload=alert(1)>", SVG),
        (b"<?xml version='1.0'?><note/>", UNKNOWN),
        ("Zażółć <b>gęślą</b>".encode(), None),
        (b"MZ\x90\0", None),
        (b"", None),
    ],
)
def test_the_head_tells_the_type(head: bytes, kind: str | None) -> None:
    assert sniff(head) == kind


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("WEBVTT\n\n00:00.000 --> 00:01.000\nx", "a.txt", "text/vtt"),
        ("1\n00:00:01,000 --> 00:00:02,000\nCześć", "a.srt", "application/x-subrip"),
        ("a;b\n1;2", "Uczniowie.CSV", "text/csv"),
        ("# Uchwała", "a.md", "text/markdown"),
        ("just text", "a.srt", "text/plain"),
        ("WEBVTTX", "a.vtt", "text/plain"),
    ],
)
def test_kinds_of_text(text: str, name: str, kind: str) -> None:
    assert text_type(text, name) == kind


def test_text_has_no_control_characters() -> None:
    assert is_text("Zażółć\tgęślą\r\njaźń\f")
    assert not is_text("a\0b")
    assert not is_text("\x1b[31m")


@pytest.mark.parametrize(
    ("found", "name", "claimed", "kept"),
    [
        ("image/png", "a.png", "image/png", "image/png"),
        ("image/png", "a.pdf", "image/png", None),
        ("image/png", "a.png", "application/pdf", None),
        ("image/jpeg", "a.JPG", "image/jpg", "image/jpeg"),
        ("image/png", "scan", "application/octet-stream", "image/png"),
        ("video/webm", "voice.webm", "audio/webm;codecs=opus", "audio/webm"),
        ("video/mp4", "voice.m4a", "audio/x-m4a", "audio/mp4"),
        ("text/csv", "a.csv", "application/vnd.ms-excel", "text/csv"),
        ("text/plain", "a.md", "text/plain; charset=utf-8", "text/plain"),
        (HTML, "a.txt", "text/plain", None),
        (SVG, "a.svg", "image/svg+xml", SVG),
        (ZIP, "a.docx", "", None),
        ("text/plain", "a.exe", "", "text/plain"),
        ("text/plain", "report.pdf", "", None),
    ],
)
def test_a_claim_that_contradicts_the_bytes_is_refused(found: str, name: str, claimed: str, kept: str | None) -> None:
    assert settled_type(found, name, claimed) == kept


def test_office_documents_are_told_apart() -> None:
    odt = "application/vnd.oasis.opendocument.text"
    assert office_type(frozenset({"mimetype", "content.xml"}), odt, "") == odt
    assert office_type(frozenset({"mimetype"}), odt, "") == ZIP
    types = f'<Override ContentType="{DOCX}.main+xml"/>'
    assert office_type(frozenset({"_rels/.rels", "word/document.xml"}), "", types) == DOCX
    assert office_type(frozenset({"_rels/.rels", "word/vbaProject.bin"}), "", types) == ZIP
    assert office_type(frozenset({"a.txt"}), "", "") == ZIP


@given(st.binary(max_size=300))
def test_no_bytes_break_the_sniffer(head: bytes) -> None:
    kind = sniff(head)
    assert kind is None or "/" in kind


def made_zip(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_every_office_type_has_an_ending() -> None:
    assert len(OFFICE) == 6
