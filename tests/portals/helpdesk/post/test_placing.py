"""Where letters belong: tokens, threads, loops. Pure tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.identity.keys import Keys
from app.markup import render_markdown
from portals.helpdesk.model import MOST_TEXT
from portals.helpdesk.numbers import number_of
from portals.helpdesk.post.model import Letter, Nature, Reason
from portals.helpdesk.post.placing import MOST_HOPS, Known, Placement, Thread, place
from portals.helpdesk.post.reading.headers import Mailbox
from portals.helpdesk.post.tokens import (
    bare_subject,
    is_answer,
    number_in,
    split_address,
    ticket_of,
    token_of,
    with_number,
    with_token,
)
from portals.helpdesk.post.wording import as_markdown

OWN = frozenset({"pomoc@gryf.example", "gryf@gryf.example"})
JAN = "jan@szkola5.example"
MINE = Thread(7, frozenset({JAN}), takes_replies=True)
CLOSED = Thread(8, frozenset({JAN}), takes_replies=False)
OTHERS = Thread(9, frozenset({"ola@szkola5.example"}), takes_replies=True)


def letter(**more) -> Letter:
    return Letter(digest="d", sender=Mailbox("Jan", more.pop("sender", "Jan@Szkola5.example")), **more)


def known(**more) -> Known:
    return Known(own=OWN, **more)


@pytest.mark.parametrize(
    ("facts", "placement"),
    [
        (known(), Placement("ticket")),
        (known(by_reference=MINE), Placement("reply", 7, "reference")),
        (known(by_token=MINE), Placement("reply", 7, "token")),
        (known(by_subject=MINE), Placement("reply", 7, "subject")),
        (known(by_people=MINE), Placement("reply", 7, "people")),
        (known(by_reference=MINE, by_token=OTHERS), Placement("reply", 7, "reference")),  # headers go first
        (known(by_token=MINE, by_subject=OTHERS), Placement("reply", 7, "token")),
        (known(by_reference=OTHERS), Placement("ticket", 9, "reference")),  # a stranger's is linked
        (known(by_token=OTHERS), Placement("ticket", 9, "token")),
        (known(by_subject=OTHERS), Placement("ticket", 9, "subject")),
        (known(by_reference=CLOSED), Placement("ticket", 8, "reference")),
        (known(by_token=Thread(9, frozenset(), takes_replies=True, staff=True)), Placement("note", 9, "token")),
        (known(by_reference=Thread(9, frozenset(), takes_replies=True, staff=True)), Placement("note", 9, "reference")),
        (known(twin=5), Placement("ticket", 5, "twin")),
        (known(twin=5, by_reference=MINE), Placement("reply", 7, "reference")),
    ],
)
def test_a_persons_letter(facts, placement):
    assert place(letter(), facts) == placement


@pytest.mark.parametrize(
    ("nature", "facts", "placement"),
    [
        (Nature.MACHINE, known(), Placement("ticket")),
        (Nature.LIST, known(), Placement("aside", reason=Reason.LIST)),
        (Nature.LIST, known(known_sender=True), Placement("ticket")),
        (Nature.LIST, known(by_reference=MINE), Placement("reply", 7, "reference")),
        (Nature.LIST, known(by_reference=OTHERS), Placement("aside", reason=Reason.LIST)),
        (Nature.ANSWERING_MACHINE, known(), Placement("aside", reason=Reason.UNKNOWN_ANSWER)),
        (Nature.ANSWERING_MACHINE, known(by_token=MINE), Placement("note", 7, "token")),
        (Nature.ANSWERING_MACHINE, known(by_token=CLOSED), Placement("note", 8, "token")),
        (Nature.ANSWERING_MACHINE, known(by_token=OTHERS), Placement("aside", reason=Reason.UNKNOWN_ANSWER)),
        (Nature.BOUNCE, known(), Placement("aside", reason=Reason.UNKNOWN_BOUNCE)),
        (Nature.BOUNCE, known(bounced=3), Placement("delivery", 3, "reference")),
    ],
)
def test_a_machines_letter(nature, facts, placement):
    assert place(letter(nature=nature), facts) == placement


@pytest.mark.parametrize(
    ("sent", "facts", "loops"),
    [
        (letter(sender="pomoc@gryf.example"), known(), True),
        (letter(sender="POMOC+7-abc@gryf.example"), known(), True),
        (letter(sender="pomoc@inny.example"), known(), False),
        (letter(), known(sent_by_us=True), True),
        (letter(looped=("pomoc@gryf.example",)), known(), True),
        (letter(looped=("lista@inny.example",)), known(), False),
        (letter(hops=MOST_HOPS), known(), False),
        (letter(hops=MOST_HOPS + 1), known(), True),
        (letter(sender="pomoc@gryf.example"), known(by_token=MINE), True),
    ],
)
def test_loops(sent, facts, loops):
    assert (place(sent, facts).reason is Reason.LOOP) == loops


KEYS = Keys(b"a secret of the tests that is long enough")


@given(st.integers(1, 10**15 - 1))
def test_a_token_is_of_its_ticket_alone(ticket_id):
    token = token_of(KEYS, ticket_id)
    assert ticket_of(KEYS, token) == ticket_id
    assert ticket_of(KEYS, token.upper()) == ticket_id
    assert ticket_of(KEYS, f"{ticket_id + 1}-{token.partition('-')[2]}") is None
    assert ticket_of(Keys(b"another secret, which is long enough too"), token) is None
    assert len(with_token("pomoc@gryf.example", token).partition("@")[0]) <= 64


@pytest.mark.parametrize(
    "token", ["", "7", "7-", "-abc", "7-aaaaaaaaaaaaaaaa", "7-AAAAAAAAAAAAAAA1", "x-aaaaaaaaaaaaaaaa", "7-" + "a" * 500]
)
def test_made_up_tokens_are_none(token):
    assert ticket_of(KEYS, token) is None


def test_addresses_with_tags():
    assert split_address("Pomoc+7-abc@GRYF.example") == ("pomoc@gryf.example", "7-abc")
    assert split_address("pomoc@gryf.example") == ("pomoc@gryf.example", "")
    assert split_address("pomoc+a+b@gryf.example") == ("pomoc@gryf.example", "a+b")


def test_numbers_in_subjects():
    subject = with_number("Rzutnik", 1001)
    assert subject == f"[#{number_of(1001)}] Rzutnik".replace("\u202f", " ")
    assert number_in(f"Odp: {subject}") == 1001
    assert with_number(subject, 1001) == subject  # once
    assert number_in(subject.replace("1 001", "1 010")) is None  # two digits were swapped
    assert number_in("Rzutnik 1001") is None
    assert number_in("[#]") is None


def test_subjects_of_answers():
    assert is_answer("Odp: x")
    assert is_answer("RE[2]: x")
    assert is_answer("Відп: x")
    assert not is_answer("Reklama")
    assert bare_subject("Re: Odp: [#1 001-5]  Rzutnik  w SALI") == "rzutnik w sali"
    assert bare_subject("Rzutnik w sali") == "rzutnik w sali"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("jeden\ndwa", "<p>jeden<br>\ndwa</p>"),
        ("# nie nagłówek", "<p># nie nagłówek</p>"),
        ("*x* _y_ `z` [a](b) <b>", "<p>*x* _y_ `z` [a](b) &lt;b&gt;</p>"),
        ("> cytat", "<blockquote>\n<p>cytat</p>\n</blockquote>"),
        ("> cytat\nodpowiedź", "<blockquote>\n<p>cytat</p>\n</blockquote>\n<p>odpowiedź</p>"),
        ("&amp; \\", "<p>&amp;amp; \\</p>"),
        ("    wcięte", "<p>wcięte</p>"),
        ("tytuł\n====", "<p>tytuł<br>\n====</p>"),
        ("a | b\n--|--", "<p>a | b<br>\n--|--</p>"),
    ],
)
def test_words_look_as_they_were_written(text, html):
    assert str(render_markdown(as_markdown(text))).strip() == html


@given(st.text(max_size=400))
def test_no_words_become_links_or_pictures(text):
    html = str(render_markdown(as_markdown(text)))
    assert "<a " not in html
    assert "<img" not in html
    assert "<h" not in html.replace("<hr", "")


def test_long_words_are_cut():
    assert len(as_markdown("słowo\n" * 20_000)) <= MOST_TEXT
    assert as_markdown("słowo\n" * 20_000).endswith("[…]")
    assert len(as_markdown("*" * 100_000)) <= MOST_TEXT
