"""Captions as people have them: of any program, mended where they are broken, and every mend told with its line."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from media.speech import reading
from media.speech.model import SpokenCue
from media.speech.plain import clean_speaker, clean_text, folded
from media.speech.reading import MOST_BYTES, read_captions
from media.speech.writing import write_srt, write_text, write_vtt

SRT = "1\r\n00:00:01,000 --> 00:00:03,500\r\nOtwieram sesję.\r\n\r\n2\r\n00:00:04,000 --> 00:00:06,000\r\nDzień dobry\r\npaństwu.\r\n"


def cues(text: str | bytes) -> list[tuple[int, int, str]]:
    data = text if isinstance(text, bytes) else text.encode()
    return [(cue.begin_ms, cue.end_ms, cue.text) for cue in read_captions(data).cues]


def notes(text: str | bytes) -> list[tuple[int, str]]:
    data = text if isinstance(text, bytes) else text.encode()
    return [(note.line, note.message) for note in read_captions(data).notes]


GOOD = [(1000, 3500, "Otwieram sesję."), (4000, 6000, "Dzień dobry\npaństwu.")]


@pytest.mark.parametrize(
    "data",
    [
        SRT.encode(),
        b"\xef\xbb\xbf" + SRT.encode(),
        SRT.replace("\r\n", "\n").encode(),
        SRT.replace("\r\n", "\r").encode(),
        SRT.encode("utf-16"),
        b"\xfe\xff" + SRT.encode("utf-16-be"),
        SRT.encode("utf-16-le"),
        SRT.encode("utf-16-be"),
        SRT.replace(",000", ".000").replace(",500", ".5").encode(),
        SRT.replace("00:00:0", "0:0:").encode(),
        SRT.replace("00:00:", "00:").encode(),
        SRT.replace(" --> ", "-->").encode(),
        SRT.replace("-->", "–>").encode(),
        SRT.replace("1\r\n00", "00").replace("2\r\n00", "00").encode(),
        SRT.replace("\r\n\r\n2", "\r\n2").encode(),
        ("WEBVTT\r\n\r\n" + SRT.replace(",", ".")).encode(),
        ("WEBVTT - napisy\nKind: captions\n\nNOTE nic\n--\n\nSTYLE\n::cue { color: red }\n\n" + SRT).encode(),
        SRT.replace("00:00:03,500", "00:00:03,500 align:start position:10%").encode(),
    ],
)
def test_what_is_only_written_differently_needs_no_mending(data):
    assert cues(data) == GOOD
    assert notes(data) == []


@pytest.mark.parametrize(("encoding", "name"), [("cp1250", "windows-1250"), ("iso8859-2", "iso-8859-2")])
def test_old_polish_letters_are_read_and_told(encoding, name):
    text = SRT.replace("sesję", "sesję: ąśź ŁÓDŹ, żółw")
    found = read_captions(text.encode(encoding))
    assert found.cues[0].text == "Otwieram sesję: ąśź ŁÓDŹ, żółw."
    assert found.encoding == name
    assert [(note.line, note.message, note.values) for note in found.notes] == [
        (1, reading.ENCODING, {"encoding": name})
    ]


def test_wrong_order_overlaps_and_backward_times_are_mended_and_told():
    text = (
        "00:10 --> 00:12\nDrugi\n\n"  # lines 1-3
        "00:05 --> 00:11\nPierwszy\n\n"  # 4: earlier, and it overlaps
        "00:20 --> 00:19\nTrzeci, którego koniec jest przed początkiem\n\n"  # 7
        "00:30 -->\nCzwarty\n"  # 10
    )
    assert cues(text) == [
        (5000, 10000, "Pierwszy"),
        (10000, 12000, "Drugi"),
        (20000, 20000 + 44 * 60, "Trzeci, którego koniec jest przed początkiem"),
        (30000, 31000, "Czwarty"),
    ]
    assert notes(text) == [
        (4, reading.OUT_OF_ORDER),
        (4, reading.OVERLAP),
        (7, reading.BACKWARDS),
        (10, reading.BACKWARDS),
    ]


def test_two_who_speak_at_once_stay_at_once():
    text = "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Anna>Tak\n\n00:01.100 --> 00:03.000\n<v Jan>Nie\n"
    found = read_captions(text.encode())
    assert [(cue.speaker, cue.begin_ms, cue.end_ms) for cue in found.cues] == [
        ("Anna", 1000, 4000),
        ("Jan", 1100, 3000),
    ]
    assert found.notes == []


def test_styles_and_scripts_go_and_words_stay():
    text = (
        '1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<font color="red">Za</font> <b>budżetem</b>\n\n'
        "2\n00:00:03,000 --> 00:00:04,000\n<script>alert(1)</script>x < 3 &amp; y &lt;b&gt;\n"
    )
    found = read_captions(text.encode())
    assert [cue.text for cue in found.cues] == ["Za budżetem", "alert(1)x < 3 & y <b>"]
    assert [(note.line, note.message) for note in found.notes] == [(2, reading.STYLING), (6, reading.STYLING)]
    # what was escaped is text, and is escaped again
    assert "&lt;b&gt;" in write_vtt(found.cues)
    assert "<script" not in write_vtt(found.cues)


def test_empty_captions_stray_words_and_hidden_characters():
    text = (
        "Tytuł filmu\nDruga linia\n\n"
        "1\n00:00:01,000 --> 00:00:02,000\n \n\n"
        "2\n00:00:03,000 --> 00:00:04,000\nTak\u202e\u0007 jest\n\nreszta zdania\n\n"
        "3\n00:00:05,000 --> 00:00:06,000\nDalej\n"
    )
    assert cues(text) == [(3000, 4000, "Tak jest\nreszta zdania"), (5000, 6000, "Dalej")]
    assert notes(text) == [(1, reading.LOST), (5, reading.EMPTY), (9, reading.STRAY)]


def test_a_number_that_is_spoken_stays():
    text = "1\n00:00:01,000 --> 00:00:02,000\nGłosów za:\n14\n\n2\n00:00:03,000 --> 00:00:04,000\n2026\n"
    assert cues(text) == [(1000, 2000, "Głosów za:\n14"), (3000, 4000, "2026")]


@pytest.mark.parametrize(
    "data", [b"", b"   \n\n", b"\x00\x01\x02\x03" * 50, b"Nie ma tu czasu\ntylko slowa", b"\x89PNG\r\n\x1a\n\x00\x00"]
)
def test_what_holds_no_captions_is_refused_with_a_word(data):
    with pytest.raises(Invalid) as refused:
        read_captions(data)
    assert "file" in refused.value.fields


def test_hostile_sizes_end_quickly():
    with pytest.raises(Invalid):
        read_captions(b"a" * (MOST_BYTES + 1))
    one_line = b"00:01 --> 00:02\n" + b"<" * 2_000_000
    assert len(cues(one_line)[0][2]) <= 1000
    deep = ("00:01 --> 00:02\n" + "<b>" * 6_000 + "x").encode()
    assert cues(deep) == [(1000, 2000, "x")]
    spaces = ("00:01 --> 00:02\nx" + " " * 500_000 + "y\n" + " " * 199 + "-->").encode()
    assert cues(spaces) == [(1000, 2000, "x\n-->")]
    assert notes(spaces)[0] == (2, reading.TOO_LONG)
    far = b"9999:00:00,000 --> 9999:00:01,000\nx\n\n00:01 --> 00:02\ny\n"
    assert cues(far) == [(1000, 2000, "y")]
    assert notes(far) == [(1, reading.TOO_LATE)]


def test_too_many_captions_are_cut_and_notes_are_counted(monkeypatch):
    monkeypatch.setattr(reading, "MOST_CUES", 3)
    text = "".join(f"00:{second:02d} --> 00:{second:02d}\nx{second}\n\n" for second in range(1, 8))
    found = read_captions(text.encode())
    assert [cue.text for cue in found.cues] == ["x1", "x2", "x3"]
    assert (10, reading.TOO_MANY) in [(note.line, note.message) for note in found.notes]
    monkeypatch.setattr(reading, "MOST_NOTES", 2)
    again = read_captions(text.encode())
    assert len(again.notes) == 2
    assert again.unlisted == 2


WORDS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60).map(clean_text).filter(bool)
NAMES = st.one_of(st.just(""), st.text(string.ascii_letters + " ąęł-.<&>", min_size=1, max_size=20).map(clean_speaker))


@st.composite
def cue_lists(draw):
    found, at = [], 0
    for _ in range(draw(st.integers(1, 12))):
        begin = at + draw(st.integers(0, 4_000_000))
        at = begin + draw(st.integers(1, 20_000))
        found.append(SpokenCue(begin, at, draw(WORDS), draw(NAMES)))
    return found


@given(cue_lists())
def test_what_is_written_as_webvtt_is_read_back(given_cues):
    found = read_captions(write_vtt(given_cues).encode())
    assert found.cues == given_cues
    assert found.notes == []


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    try:
        found = read_captions(data)
    except Invalid:
        return
    begins = [cue.begin_ms for cue in found.cues]
    assert begins == sorted(begins)
    assert all(cue.end_ms > cue.begin_ms and cue.text == clean_text(cue.text) for cue in found.cues)


@given(st.text(alphabet="0123456789:,.->< \n\tWEBVTNOaą/b", max_size=300))
def test_anything_like_captions_is_read_or_refused(text):
    test_any_bytes_are_read_or_refused.hypothesis.inner_test(text.encode())


def test_srt_is_read_back_and_names_the_speaker_once():
    said = [
        SpokenCue(1000, 2000, "Otwieram", "Anna Kowal"),
        SpokenCue(2000, 3000, "sesję --> dziś", "Anna Kowal"),
        SpokenCue(3000, 4000, "Dziękuję", "Jan Wrona"),
    ]
    text = write_srt(said)
    assert cues(text) == [
        (1000, 2000, "Anna Kowal: Otwieram"),
        (2000, 3000, "sesję → dziś"),
        (3000, 4000, "Jan Wrona: Dziękuję"),
    ]
    assert write_text(said) == ("[00:00:01] Anna Kowal: Otwieram sesję --> dziś\n\n[00:00:03] Jan Wrona: Dziękuję\n\n")


def test_letters_without_accents_find_those_with():
    assert folded("Żółw  ŁÓDŹ\nśpi") == "zolw lodz spi"
