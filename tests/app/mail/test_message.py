import email
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid, TooLarge
from app.mail.message import MOST_ATTACHED_BYTES, Attachment, Mail, Sender, checked_address, checked_mail, compose

SENDER = Sender("sesje@slupsk.example", "Urząd Miejski w Słupsku")
ID = UUID("6f1b5f9e-0f0e-4a57-9a5e-2f0f5f3c1d11")
DATE = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def mail(**changes: object) -> Mail:
    values: dict[str, object] = {
        "to": "jan@example.org", "subject": "Sesja", "text": "Zażółć gęślą jaźń", "html": "", "reply_to": "",
        "attachments": (), "automatic": True,
    }  # fmt: skip
    return checked_mail(**{**values, **changes})  # type: ignore[arg-type]


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_polish_letters_survive_in_ascii_bytes() -> None:
    content = compose(mail(subject="Porządek obrad — zażółć gęślą jaźń " * 4), SENDER, ID, DATE)
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    message = parsed(content)
    assert message["Subject"] == ("Porządek obrad — zażółć gęślą jaźń " * 4).strip()
    assert message["From"].addresses[0].display_name == "Urząd Miejski w Słupsku"
    assert message.get_content().strip() == "Zażółć gęślą jaźń"


def test_headers_of_an_automatic_mail() -> None:
    message = parsed(compose(mail(reply_to="sekretariat@slupsk.example"), SENDER, ID, DATE))
    assert message["Message-ID"] == f"<{ID}@slupsk.example>"
    assert message["Date"] == "Wed, 25 Nov 2026 09:30:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["To"] == "jan@example.org"
    assert message["Reply-To"] == "sekretariat@slupsk.example"
    assert message["MIME-Version"] == "1.0"


def test_a_mail_a_person_wrote_may_be_answered_by_machines() -> None:
    assert "Auto-Submitted" not in parsed(compose(mail(automatic=False), SENDER, ID, DATE))


def test_a_letter_is_left_with_one_post() -> None:
    address = f"https://konsultacje.slupsk.example/dialog/mine/leave/12.3-4-5.{'x' * 43}"
    content = compose(mail(leave=address), SENDER, ID, DATE)
    assert f"List-Unsubscribe: <{address}>\r\n".encode() in content  # in one piece: folded it would be no address
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in content
    assert b"List-Unsubscribe" not in compose(mail(), SENDER, ID, DATE)
    for wrong in ("mailto:x@example.org", "https://a.example/>, <https://b.example/", "https://a.example/\r\nBcc: x"):
        with pytest.raises(Invalid):
            mail(leave=wrong)


def test_html_is_the_alternative_and_files_are_attached() -> None:
    files = (
        Attachment("Sesja świąteczna.ics", "text/calendar", b"BEGIN:VCALENDAR"),
        Attachment("a", "image/png", b"\0\xff"),
    )
    message = parsed(compose(mail(html="<p>Cześć</p>", attachments=files), SENDER, ID, DATE))
    assert message.get_body(("html",)).get_content().strip() == "<p>Cześć</p>"  # type: ignore[union-attr]
    assert [part.get_filename() for part in message.iter_attachments()] == ["Sesja świąteczna.ics", "a"]
    assert [part.get_payload(decode=True) for part in message.iter_attachments()] == [b"BEGIN:VCALENDAR", b"\0\xff"]


def test_a_calendar_file_says_what_it_asks_for() -> None:
    invitation = Attachment("sesja.ics", "text/calendar", b"BEGIN:VCALENDAR", {"method": "REQUEST", "charset": "utf-8"})
    message = parsed(compose(mail(attachments=[invitation]), SENDER, ID, DATE))
    (part,) = message.iter_attachments()
    assert part.get_content_type() == "text/calendar"
    assert part["Content-Type"].params == {"method": "REQUEST", "charset": "utf-8"}


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Jan.Kowalski+sesja@Example.ORG", "Jan.Kowalski+sesja@example.org"),
        (" jan@example.org ", "jan@example.org"),
        ("biuro@urząd.example", "biuro@xn--urzd-dta.example"),
        ("a@localhost", "a@localhost"),
    ],
)
def test_addresses_that_are_taken(text: str, sent: str) -> None:
    assert checked_address(text, "to") == sent


@pytest.mark.parametrize(
    "text",
    [
        "", "jan", "@example.org", "jan@", "jan@example", "a..b@example.org", ".a@example.org", "a b@example.org",
        "łucja@example.org", "a@b@example.org", "jan@example.org\r\nBcc: x@example.org", "jan@-x.example",
        "<jan@example.org>", "a@example.org,b@example.org", "jan@exa mple.org", "x" * 65 + "@example.org",
        "jan@" + "a." * 130 + "pl", "jan@example.org\x00",
    ],
)  # fmt: skip
def test_addresses_that_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked_address(text, "to")
    assert set(caught.value.fields) == {"to"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": "a\r\nBcc: x@example.org"}, "subject"),
        ({"subject": "a\nb"}, "subject"),
        ({"subject": "a\u202eb"}, "subject"),
        ({"subject": " "}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"text": " \n"}, "text"),
        ({"reply_to": "x@example.org\nBcc: y@example.org"}, "reply_to"),
        ({"attachments": [Attachment("a\r\nX: y", "text/plain", b"")]}, "attachments"),
        ({"attachments": [Attachment("a", "text/plain\r\nX: y", b"")]}, "attachments"),
        ({"attachments": [Attachment("a", "text", b"")]}, "attachments"),
        ({"attachments": [Attachment("a", "text/plain", b"", {"x": "y\r\nX: y"})]}, "attachments"),
    ],
)
def test_what_would_break_a_header_is_refused_with_its_field(change: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        mail(**change)
    assert set(caught.value.fields) == {field}


def test_attachments_have_a_limit() -> None:
    with pytest.raises(TooLarge):
        mail(attachments=[Attachment("a", "text/plain", b"x" * (MOST_ATTACHED_BYTES + 1))])


@given(subject=st.text(max_size=220), name=st.text(max_size=40), body=st.text(max_size=300))
def test_no_text_adds_a_header_or_is_lost(subject: str, name: str, body: str) -> None:
    try:
        taken = mail(subject=subject, text=body, attachments=[Attachment(name, "text/plain", b"x")])
    except Invalid:
        return
    message = parsed(compose(taken, SENDER, ID, DATE))
    assert sorted(message.keys()) == sorted(
        [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "X-Auto-Response-Suppress",
            "MIME-Version",
            "Content-Type",
        ]
    )
    assert message["To"] == "jan@example.org"
