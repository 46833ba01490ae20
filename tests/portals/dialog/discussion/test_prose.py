"""Words of people: what comes through, and that nothing hostile does."""

import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portals.dialog.discussion.model import DiscussionSettings, Word
from portals.dialog.discussion.prose import (
    clean_text,
    links,
    mentioned,
    name_candidates,
    pieces,
    plain,
    with_mentions,
    with_names,
    without_mentions,
)
from portals.dialog.discussion.rules import judge

HOSTILE = (
    "[klik](javascript:alert(1))",
    "[klik](JaVaScRiPt:alert(1))",
    "[klik](data:text/html;base64,PHNjcmlwdD4=)",
    "[klik](vbscript:x) [ok](//bez.schematu) [ok](/lokalny)",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "![obraz](https://zlo.example/x.svg)",
    "<https://dobry.example> <javascript:alert(1)>",
    '[a](https://x.example/"onmouseover=alert(1))',
    "&lt;script&gt; &#106;avascript:alert(1)",
    "# nagłówek\n\n```html\n<b>x</b>\n```\n\n| a | b |\n|---|---|",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_only_addresses_of_pages_come_out_as_links(text):
    body = pieces(clean_text(text))
    assert all(address.startswith(("https://", "http://", "mailto:")) for address in links(body))
    assert {piece.kind for piece in body} <= {"p", "quote", "list", "numbered"}
    assert b"onerror" not in msgspec.json.encode(body) or "onerror" in plain(body)  # as text, seen by everybody


def test_limited_markdown():
    body = pieces(
        "Jest **ważne** i *ciche*.\n\n- raz\n- dwa\n\n> cytat\n\n1. a\n2. b\n\nZob. https://slupsk.example/x?a=1."
    )
    assert [piece.kind for piece in body] == ["p", "list", "quote", "numbered", "p"]
    assert [(run.text, run.strong, run.em) for run in body[0].rows[0] if run.strong or run.em] == [
        ("ważne", True, False),
        ("ciche", False, True),
    ]
    assert links(body) == ["https://slupsk.example/x?a=1"]
    assert plain(body).splitlines()[1:4] == ["- raz", "- dwa", "> cytat"]


def test_nothing_takes_long_and_nothing_is_lost():
    for text in ("[" * 3000, "*" * 3000, ">" * 2990 + "koniec", "- " * 1490 + "koniec", "![" * 1500, "a" * 3000):
        began = time.process_time()
        body = pieces(clean_text(text))
        assert time.process_time() - began < 2
        if "koniec" in text:
            assert "koniec" in plain(body)


def test_no_hidden_characters():
    assert clean_text("a\u202eb\u200bc\x00d\ufeff\r\ne\n\n\n\nf") == "abcd\ne\n\nf"
    assert clean_text("z" + "\u0300" * 40) == clean_text("z" + "\u0300" * 3)
    assert clean_text("z\u0301o\u0301x\u0301") == "źóx\u0301"


@given(st.text(max_size=400))
def test_any_text_gives_text_and_safe_links(text):
    body = pieces(clean_text(text))
    assert all(run.href == "" or run.href.split(":")[0].lower() in {"http", "https", "mailto"}
               for piece in body for row in piece.rows for run in row)  # fmt: skip
    assert mentioned(pieces(with_mentions(clean_text(text), {}))) == []


def test_people_are_named():
    assert {"Jan Wrona", "Olcha"} <= name_candidates("hej @Jan Wrona, (@Olcha)! jan@poczta.example")
    text = with_mentions("@Jan Wrona i @Jan, pisz na jan@Jan.example, @[p5]", {"Jan Wrona": 7, "Jan": 8})
    assert text == "@[p7] i @[p8], pisz na jan@Jan.example, @ [p5]"
    body = pieces(text)
    assert mentioned(body) == [7, 8]
    shown = with_names(body, lambda who: ("Jan Wrona", "p7") if who == 7 else ("", ""))
    assert [(run.text, run.mention) for run in shown[0].rows[0] if run.mention] == [("Jan Wrona", "p7"), ("", "gone")]
    assert without_mentions(text, {7: "Jan Wrona", 8: "Jan"}).startswith("@Jan Wrona i @Jan,")


def test_words_are_whole_words_in_any_writing():
    rules = [Word("zboj", "refuse"), Word("na stos", "refuse"), Word("oszust*", "hold")]

    def judged(text):
        return judge(text, pieces(text), rules, DiscussionSettings(), new=False)

    assert judged("Ten ZBÓJ!").refused == "zboj"
    assert judged("Wszystkich na\n stos").refused == "na stos"
    assert judged("Zbójnicki taniec, na stosie") == judged("")
    assert judged("oszustwem").held_for == ("word:oszust*",)
