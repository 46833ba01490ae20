"""Captions files, read strictly and written plainly."""

import pytest

from app.errors import Invalid
from media.packet import CLOCK_HZ
from media.uploads.captions import Cue, clean_text, embedded_text, language_tag, read_captions, shifted, write_vtt

SRT = """1
00:00:01,000 --> 00:00:04,500
Dzień dobry państwu.

2
00:01:00,250 --> 00:01:02,000
<font color="red">Otwieram</font> <i>sesję</i>
& głosowanie

"""


def test_srt_becomes_vtt():
    assert write_vtt(read_captions(SRT.encode())) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:04.500\nDzień dobry państwu.\n\n"
        "00:01:00.250 --> 00:01:02.000\nOtwieram <i>sesję</i>\n&amp; głosowanie\n"
    )


def test_vtt_goes_through_once_and_again():
    source = (
        "WEBVTT - tytuł\nKind: captions\n\nNOTE uwaga\nw dwóch liniach\n\nSTYLE\n::cue { color: red }\n\n"
        "wstęp\n00:01.000 --> 00:02.500 line:0 position:20%\n<v Anna>Cześć &amp; witam\n\n"
        "01:00:00.000 --> 01:00:01.000\nGodzina\n"
    )
    once = write_vtt(read_captions(source.encode()))
    assert once == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nCześć &amp; witam\n\n01:00:00.000 --> 01:00:01.000\nGodzina\n"
    )
    assert write_vtt(read_captions(once.encode())) == once


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1250"])
def test_encodings(encoding):
    assert read_captions(SRT.encode(encoding))[0].text == "Dzień dobry państwu."


def test_windows_lines_and_cues_out_of_order():
    text = "1\r\n00:00:05,000 --> 00:00:06,000\r\nB\r\n\r\n2\r\n00:00:01,000 --> 00:00:02,000\r\nA\r\n"
    assert [cue.text for cue in read_captions(text.encode())] == ["A", "B"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("1\n00:00:01,000 -> 00:00:02,000\nx\n", 2),
        ("1\n00:00:01,000 --> 00:00:02,000\nx\n\n2\n00:00:0x,000 --> 00:00:09,000\ny\n", 6),
        ("1\n00:00:03,000 --> 00:00:02,000\nx\n", 2),
        ("1\n00:00:03,000 -->\nx\n", 2),
        ("słowa bez czasu\n", 2),
        ("1\n00:99:03,000 --> 00:99:04,000\nx\n", 2),
    ],
)
def test_a_mistake_names_its_line(text, line):
    with pytest.raises(Invalid) as caught:
        read_captions(text.encode())
    assert caught.value.values == {"line": line}
    assert caught.value.detail.startswith("Line %(line)s: ")


def test_nothing_to_read():
    with pytest.raises(Invalid):
        read_captions(b"WEBVTT\n\n")
    with pytest.raises(Invalid):
        read_captions(b"\x00\x01\x02")
    with pytest.raises(Invalid):
        read_captions(b"x" * (2 * 1024 * 1024 + 1))


def test_nothing_but_three_marks_comes_through():
    assert clean_text("<b>A</b><script>alert(1)</script>\n\n<c.x>B</c> {\\an8}C --> D") == (
        "<b>A</b>&lt;script&gt;alert(1)&lt;/script&gt;\nB C --&gt; D"
    )


def test_embedded_packets():
    assert embedded_text("subrip", b"Raz\nDwa") == "Raz\nDwa"
    assert embedded_text("mov_text", b"\x00\x03Raz\x00\x00\x00\x0cstyl....") == "Raz"
    assert embedded_text("ass", b"0,0,Default,,0,0,0,,{\\i1}Raz,\\NDwa") == "Raz,\nDwa"


def test_shift_leaves_out_what_is_over():
    cues = [Cue(0, CLOCK_HZ, "a"), Cue(CLOCK_HZ, 3 * CLOCK_HZ, "b"), Cue(4 * CLOCK_HZ, 5 * CLOCK_HZ, "c")]
    assert list(shifted(cues, 2 * CLOCK_HZ)) == [Cue(0, CLOCK_HZ, "b"), Cue(2 * CLOCK_HZ, 3 * CLOCK_HZ, "c")]


def test_languages():
    assert language_tag(" pl ") == "pl"
    assert language_tag("sr-Latn") == "sr-Latn"
    for wrong in ("", "polski", "p", "pl_PL", "<b>"):
        with pytest.raises(Invalid):
            language_tag(wrong)
