"""Raw bytes → letters: each fault that letters are known to have, one case each, and bytes that are none at all."""

import struct
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portals.helpdesk.post.model import Letter, Nature, Reason, SetAside
from portals.helpdesk.post.reading.charsets import clean_line, codec_of, decoded
from portals.helpdesk.post.reading.headers import decode_words, mailboxes, message_ids, parameters
from portals.helpdesk.post.reading.parts import MOST_DEPTH, MOST_PARTS
from portals.helpdesk.post.reading.plain import html_text, unflowed
from portals.helpdesk.post.reading.reader import read_letter
from portals.helpdesk.post.reading.tnef import Damaged, decompressed_rtf, unpack
from portals.helpdesk.post.reading.trimming import ANSWER_ABOVE, newly_written
from tests.portals.helpdesk.post.making import attached, encoded, letter, multipart, part, tnef

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PANGRAM = "Zażółć gęślą jaźń"


def read(raw: bytes) -> Letter:
    found = read_letter(raw, NOW)
    assert isinstance(found, Letter), found
    return found


def simple(*headers, body=b"Tresc.") -> Letter:
    return read(letter("From: Jan <jan@szkola.example>", "Subject: Drukarka", *headers, body=body))


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        (PANGRAM.encode("iso8859-2"), "ISO-8859-2", PANGRAM),
        (PANGRAM.encode("cp1250"), "Windows-1250", PANGRAM),
        (PANGRAM.encode("cp1250"), "cp-1250", PANGRAM),
        (PANGRAM.encode("cp1250"), "unknown-8bit", PANGRAM),
        (PANGRAM.encode("iso8859-2"), "unknown-8bit", PANGRAM),
        (PANGRAM.encode(), "unknown-8bit", PANGRAM),
        (PANGRAM.encode(), "iso-8859-2", PANGRAM),  # lies
        (PANGRAM.encode(), "us-ascii", PANGRAM),
        (PANGRAM.encode("cp1250"), "iso-8859-2", PANGRAM),
        (PANGRAM.encode("cp1250"), "utf-8", PANGRAM),
        (PANGRAM.encode("cp1250"), "iso-8859-1", PANGRAM),
        (PANGRAM.encode("iso8859-2"), "iso-8859-1", PANGRAM),
        ("Ça va, déjà vu à l'œuvre".encode("cp1252"), "windows-1252", "Ça va, déjà vu à l'œuvre"),
        ("Größe 3 m²".encode("latin-1"), "iso-8859-1", "Größe 3 m²"),
        (PANGRAM.encode("utf-7"), "utf-7", PANGRAM),
        (PANGRAM.encode("utf-16"), "utf-16", PANGRAM),
        (b"plain ascii", "utf-16", "plain ascii"),  # lies
        ("Привіт".encode("koi8-u"), "koi8-u", "Привіт"),
        ("Привіт".encode("cp1251"), "windows-1251", "Привіт"),
        ("日本".encode("iso-2022-jp"), "iso-2022-jp", "日本"),
        (PANGRAM.encode(), "zlib", PANGRAM),
        (PANGRAM.encode(), "idna", PANGRAM),
        (b"a\\x41", "unicode_escape", "a\\x41"),
        (b"abc", "../../etc/passwd", "abc"),
        (b"", "utf-8", ""),
        (PANGRAM.encode()[:-1] + b".", "utf-8", PANGRAM[:-1] + "\ufffd."),  # cut in mid-character
        (b"a\0b\x07c\r\nd\re\nf\x1b[0m", "utf-8", "abc\nd\ne\nf[0m"),
        (b"+2AA-x", "utf-7", "x"),  # half of a surrogate pair
    ],
)
def test_bytes_become_text(data, charset, text):
    assert decoded(data, charset) == text


@pytest.mark.parametrize(
    ("name", "codec"),
    [("ISO-8859-2", "iso8859-2"), ('"utf-8"', "utf-8"), ("x-cp1250", "cp1250"), ("base64", None), ("rot13", None),
     ("punycode", None), ("nonsense", None), ("a\0b", None), ("x" * 500, None), ("", None)],
)  # fmt: skip
def test_a_charset_is_one_that_letters_are_written_in(name, codec):
    assert codec_of(name) == codec


def test_one_line_hides_and_turns_nothing():
    assert clean_line("faktura\u202efdp.exe\r\nBcc: x\u200b@y") == "fakturafdp.exe Bcc: x@y"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"=?utf-8?q?Za=C5=BC=C3=B3=C5=82=C4=87?=", "Zażółć"),
        (b"=?utf-8?b?xYI=?= =?utf-8?b?xIc=?=", "łć"),  # white space between two is none
        (b"=?utf-8?q?Za=C5?= =?utf-8?q?=BC=C3=B3=C5=82?= =?UTF-8?q?=C4=87?=", "Zażółć"),  # split in mid-character
        (b"=?utf-8?b?WmHF?= =?utf-8?b?vMOzxYLEhw==?=", "Zażółć"),
        (b"=?iso-8859-2?q?Za=BF=F3=B3=E6_g=EA=B6l=B1?=", "Zażółć gęślą"),
        (b"=?utf-8?q?a?= =?iso-8859-2?q?=B1?=", "aą"),
        (b"=?utf-8*pl?q?drzwi?=", "drzwi"),  # with a language, RFC 2231
        (b"Re: =?utf-8?b?xYI?= x", "Re: ł x"),  # base64 without its filling
        (b"=?utf-8?b?!!!?=", ""),
        (b"=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        (b"=?nonsense?q?Za=C5=BC=C3=B3=C5=82=C4=87?=", "Zażółć"),
        (b"Za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87", "Zażółć"),  # raw UTF-8
        (b"Za\xbf\xf3\xb3\xe6", "Zażółć"),  # raw ISO 8859-2 or Windows-1250
        (b"=?utf-8?q?ticket_=3D=3Futf-8=3Fq=3Fx=3F=3D?=", "ticket =?utf-8?q?x?="),  # decoded once only
        (b"", ""),
    ],
)
def test_encoded_words(value, text):
    assert decode_words(value) == text


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"jan@x.example", [("", "jan@x.example")]),
        (b"Jan Wr\xc3\xb3na <jan@x.example>", [("Jan Wróna", "jan@x.example")]),
        (b'"Wrona, Jan" <jan@x.example>, ola@x.example', [("Wrona, Jan", "jan@x.example"), ("", "ola@x.example")]),
        (b"jan@x.example (Jan Wrona)", [("Jan Wrona", "jan@x.example")]),
        (b"=?utf-8?q?Wrona=2C_Jan?= <jan@x.example>", [("Wrona, Jan", "jan@x.example")]),
        (b"=?utf-8?q?boss=40urzad=2Eexample=2C?= <evil@y.example>", [("boss@urzad.example,", "evil@y.example")]),
        (b"Klasa: a@x.example, b@x.example;", [("", "a@x.example"), ("", "b@x.example")]),
        (b"undisclosed-recipients:;", []),
        (b"<@relay.example:jan@x.example>", [("", "jan@x.example")]),
        (b'"boss@urzad.example" <evil@y.example>', [("boss@urzad.example", "evil@y.example")]),
        (b"boss@urzad.example <evil@y.example>", [("boss@urzad.example", "evil@y.example")]),
        (b"Jan (a, b) <jan@x.example>", [("Jan", "jan@x.example")]),
        (b"Jan <jan @ x.example>", [("Jan", "jan@x.example")]),
        (b"Jan <>", []),
        (b"nobody", []),
        (b'"unclosed <a@x.example>', []),
        (b"a@x.example@y.example", [("", "a@x.example@y.example")]),
        (b"", []),
    ],
)
def test_addresses(value, found):
    assert [(one.name, one.address) for one in mailboxes(value)] == found


def test_a_thousand_addresses_are_cut():
    assert len(mailboxes(b", ".join(b"a%d@x.example" % number for number in range(3000)))) == 100


@pytest.mark.parametrize(
    ("value", "main", "name"),
    [
        (b'attachment; filename="raport.pdf"', "attachment", "raport.pdf"),
        (b"attachment; filename*=UTF-8''Za%C5%BC%C3%B3%C5%82%C4%87.pdf", "attachment", "Zażółć.pdf"),
        (b"attachment; filename*0*=utf-8''Za%C5; filename*1*=%BC%C3%B3; filename*2=.pdf", "attachment", "Zażó.pdf"),
        (b"attachment; filename*1=b.pdf; filename*0=a", "attachment", "ab.pdf"),  # in the wrong order
        (b"attachment; filename=plain.txt; filename*=iso-8859-2'pl'%B1.txt", "attachment", "ą.txt"),
        (b'attachment; filename="=?utf-8?b?xYIucGRm?="', "attachment", "ł.pdf"),  # against RFC 2047, and common
        (b'attachment; filename="a;b.pdf"', "attachment", "a;b.pdf"),
        (b'attachment; filename="C:\\temp\\x.doc"', "attachment", "C:\\temp\\x.doc"),
        (b'attachment; filename="a\\"b.pdf"', "attachment", 'a"b.pdf'),
        (b"attachment; filename*=nonsense''%B9.txt", "attachment", "ą.txt"),
        (b"ATTACHMENT; FILENAME=A.PDF", "attachment", "A.PDF"),
        (b"attachment; filename", "attachment", None),
        (b"", "", None),
        (b"attachment; filename=\xb9.txt", "attachment", "ą.txt"),
    ],
)
def test_names_of_files(value, main, name):
    found = parameters(value)
    assert (found[0], found[1].get("filename")) == (main, name)


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        (b"<a@b>", ("a@b",)),
        (b"<a@b> <c@d>\t<a@b>", ("a@b", "c@d")),
        (b"<[foo]@bar>", ("[foo]@bar",)),  # Python's own parser raises IndexError here
        (b"a@b", ("a@b",)),
        (b"Your message of Monday <a@b>", ("a@b",)),
        (b"<>", ()),
        (b"<a b@c>", ("b@c",)),
        (b"", ()),
    ],
)
def test_message_ids(value, ids):
    assert message_ids(value) == ids


def test_many_references_keep_the_first_and_the_latest():
    found = message_ids(b" ".join(b"<%d@x>" % number for number in range(5000)))
    assert (len(found), found[0], found[-1]) == (60, "0@x", "4999@x")


@pytest.mark.parametrize(
    ("text", "flowed"),
    [
        ("jeden \ndwa\ntrzy", "jeden dwa\ntrzy"),
        ("> cytat \n> dalej\nnowe", "> cytat dalej\nnowe"),
        ("> cytat \nnowe", "> cytat \nnowe"),
        (" >nie cytat", ">nie cytat"),
        ("tekst \n-- \npodpis", "tekst \n-- \npodpis"),
    ],
)
def test_lines_that_flow(text, flowed):
    assert unflowed(text, delete_space=False) == flowed


def test_lines_that_flow_without_their_space():
    assert unflowed("jed \nen", delete_space=True) == "jeden"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Jeden</p><p>Dwa<br>Trzy</p>", "Jeden\n\nDwa\nTrzy"),
        ("a<script>alert(1)</script>b<style>p{}</style>", "ab"),
        ("<p>x</p><blockquote><p>stare</p></blockquote>nowe", "x\n\n> stare\n>\nnowe"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a | b\nc"),
        ('<a href="https://x.example/">strona</a>', "strona <https://x.example/>"),
        ('<a href="https://x.example/">https://x.example</a>', "https://x.example"),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ("<pre>a  b\n  c</pre>", "a  b\n  c"),
        ("&lt;script&gt; &amp; &nbsp; x", "<script> & x"),
        ("<!-- <p>ukryte</p> --><p>widać</p>", "widać"),
        ("<p>niedomknięte", "niedomknięte"),
        ("", ""),
    ],
)
def test_html_is_told(html, text):
    assert html_text(html) == text


@pytest.mark.parametrize(
    ("text", "fresh"),
    [
        ("Dzień dobry\n-- \nJan Wrona\ntel. 1", "Dzień dobry"),
        ("Dobrze.\n\nW dniu 25.11.2026 o 10:00, Pomoc pisze:\n> stare\n> stare", "Dobrze."),
        ("Dobrze.\n\nOn Mon, 30 Nov 2026 at 10:00, Helpdesk <pomoc@x.example>\nwrote:\n\n> old", "Dobrze."),
        ("Так.\n\n30 листопада 2026 Допомога <a@b.example> пише:\n> старе", "Так."),
        ("Tak.\n\n-----Original Message-----\nFrom: x\nSent: y\nold", "Tak."),
        (
            "Tak.\n\n________________________________\nOd: Pomoc <a@b.example>\nWysłano: wtorek\nDo: Jan\nTemat: x\nold",
            "Tak.",
        ),
        ("Tak.\n\nOd: Pomoc\nWysłano: wtorek\nTemat: x\n\nold", "Tak."),
        (f"Tak.\n\n> {ANSWER_ABOVE}\n> old", "Tak."),
        ("W dniu 25.11 Pomoc pisze:\n> pytanie\n\nOdpowiedź pod spodem.", "Odpowiedź pod spodem."),
        ("> pytanie 1\ntak\n> pytanie 2\nnie", "> pytanie 1\ntak\n> pytanie 2\nnie"),  # answers in between stay
        ("Nic nowego:\n> cytat", "Nic nowego:"),
        ("> sam cytat", "> sam cytat"),  # nothing would be left
        ("-- \nsam podpis", "-- \nsam podpis"),
        ("Nie działa.\n\nWysłane z iPhone'a", "Nie działa."),
        ("Nie działa.\nSent from my Galaxy", "Nie działa."),
        ("Kolega napisał:\ndrukarka nie działa", "Kolega napisał:\ndrukarka nie działa"),
        ("Od: kogo to jest?\nNie wiem", "Od: kogo to jest?\nNie wiem"),
        ("a\n----------\nb", "a\n----------\nb"),
        ("", ""),
    ],
)
def test_what_is_new_in_a_letter(text, fresh):
    assert newly_written(text) == fresh


def test_a_plain_letter():
    found = simple(
        "To: Pomoc <pomoc@gryf.example>", "Cc: ola@szkola.example", "Message-ID: <1@szkola.example>",
        "In-Reply-To: <2@x>", "References: <3@x> <2@x>", "Date: Mon, 30 Nov 2026 10:00:00 +0100",
        "Delivered-To: szkoly@gryf.example", "Received: by a", "Received: by b", body="Nie drukuje.\n-- \nJan",
    )  # fmt: skip
    assert (found.sender.name, found.sender.address) == ("Jan", "jan@szkola.example")
    assert found.message_id == "1@szkola.example"
    assert found.answers == ("2@x", "3@x")
    assert found.recipients == ("szkoly@gryf.example", "pomoc@gryf.example", "ola@szkola.example")
    assert found.sent_at == datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert (found.text, found.fresh) == ("Nie drukuje.\n-- \nJan", "Nie drukuje.")
    assert (found.nature, found.hops, found.mended) == (Nature.PERSON, 2, ())


@pytest.mark.parametrize(
    "date",
    ["", "Date: ", "Date: wczoraj", "Date: Mon, 30 Nov 0001 10:00:00 +0000", "Date: Fri, 31 Dec 9999 23:59:59 -1200",
     "Date: Mon, 1 Jan 1990 00:00:00 +0000", "Date: Mon, 30 Nov 2026 99:99:99 +9999", "Date: Tue, 31 Dec 2099 10:00 +0000"],
)  # fmt: skip
def test_dates_that_cannot_be_true_are_none(date):
    found = simple(*[date] if date else [])
    assert found.sent_at is None
    assert "date" in found.mended


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (["Subject: x"], Reason.NO_SENDER),
        (["From: ", "Subject: x"], Reason.NO_SENDER),
        (["From: ktokolwiek", "Subject: x"], Reason.NO_SENDER),
        (["From: a@x.example", "From: b@x.example", "Subject: x"], Reason.SEVERAL_SENDERS),
        (["Zupełnie nic"], Reason.NOT_MAIL),
        (["X-Only: mine"], Reason.NOT_MAIL),
    ],
)
def test_who_wrote_must_be_clear(headers, reason):
    found = read_letter(letter(*headers), NOW)
    assert isinstance(found, SetAside)
    assert found.reason is reason


def test_several_in_one_from_and_other_fields_in_its_place():
    assert (
        read(letter("From: a@x.example, b@x.example", "Sender: b@x.example", "Subject: x")).sender.address
        == "b@x.example"
    )
    assert read(letter("From: a@x.example, b@x.example", "Subject: x")).sender.address == "a@x.example"
    assert read(letter("From: a@x.example", "From: A@x.example", "Subject: x")).sender.address == "a@x.example"
    assert read(letter("Sender: c@x.example", "Subject: x")).sender.address == "c@x.example"
    assert read(letter("From: Łukasz <l@żółw.example>", "Subject: x")).sender.address == "l@xn--w-uga1v8h.example"


def test_empty_letters():
    assert read_letter(letter("From: a@x.example", "Subject: ", body=b" \n\n"), NOW).reason is Reason.EMPTY
    assert read(letter("From: a@x.example", "Subject: Sam temat", body=b"")).text == ""
    assert read(letter("From: a@x.example", "Subject: Bez linii")[:-12]).subject == "Bez linii"
    assert read_letter(b"", NOW) == SetAside(Reason.NOT_MAIL)


def test_line_ends_of_every_kind():
    raw = letter("From: a@x.example", "Subject: x", body="jeden\ndwa")
    for breaks in (b"\n", b"\r"):
        assert read(raw.replace(b"\r\n", breaks)).text == "jeden\ndwa"
    assert read(b"\r\n\n" + raw).text == "jeden\ndwa"
    assert read(b"From jan Mon Nov 30\n" + raw).text == "jeden\ndwa"


def test_a_body_in_alternatives():
    plain, html = part("text/plain; charset=utf-8", "zwykły"), part("text/html; charset=utf-8", "<p>ładny</p>")
    head = 'Content-Type: multipart/alternative; boundary="=-gryf-1"'
    assert simple(head, body=multipart(plain, html)).text == "zwykły"
    assert simple(head, body=multipart(html, plain)).text == "zwykły"
    assert simple(head, body=multipart(part("text/plain", " "), html)).text == "ładny"
    invitation = part("text/calendar; method=REQUEST", "BEGIN:VCALENDAR\r\nEND:VCALENDAR")
    found = simple(head, body=multipart(plain, html, invitation))
    assert found.text == "zwykły"
    assert [(one.name, one.type) for one in found.enclosures] == [("text-1.ics", "text/calendar")]


def test_html_alone_with_its_own_charset():
    html = b'<html><head><meta charset="iso-8859-2"></head><p>' + PANGRAM.encode("iso8859-2") + b"</p></html>"
    assert simple("Content-Type: text/html", body=html).text == PANGRAM


def test_files_and_their_names():
    body = multipart(
        part("text/plain", "Patrz zdjęcie"),
        attached("zdjecie.png", "image/png", b"\x89PNG"),
        encoded("image/png", b"\x89PNG2", "Content-ID: <a@b>"),
        part("message/rfc822", letter("From: b@x.example", "Subject: Tamten list", body="dawne")),
        encoded("application/pkcs7-signature; name=smime.p7s", b"0\x80"),
        attached("puste.txt", "text/plain", b""),
        encoded("text/plain; charset=windows-1250; name=log.txt", "błąd".encode("cp1250")),
    )
    found = simple('Content-Type: multipart/mixed; boundary="=-gryf-1"', body=body)
    assert found.text == "Patrz zdjęcie"
    assert [(one.name, one.inline, one.seal) for one in found.enclosures] == [
        ("zdjecie.png", False, False), ("image-2.png", True, False), ("Tamten list.eml", False, False),
        ("smime.p7s", False, True), ("log.txt", False, False),
    ]  # fmt: skip
    assert found.enclosures[4].content == "błąd".encode()


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("multipart/mixed", "bez granicy", "bez granicy"),
        ("multipart/mixed; boundary=nigdy", "granica nie przychodzi", "granica nie przychodzi"),
        ("multipart/mixed; boundary=a", "--a\n\nniedomknięte", "niedomknięte"),
        ("multipart/mixed; boundary=a", "wstęp\n--a\nContent-Type: text/plain\n\nx\n--a--\npo", "x"),
        ("multipart/mixed; boundary=a", "--a\n\njeden\n--ab\nnadal\n--a--", "jeden\n--ab\nnadal"),
        ("text", "typ bez podtypu", "typ bez podtypu"),
        ("nonsense//;;; =", "byle co", "byle co"),
        ('text/plain; charset="utf-8; format=flowed', "niedomknięty cudzysłów", "niedomknięty cudzysłów"),
    ],
)
def test_parts_that_are_written_wrongly(content_type, body, text):
    assert simple(f"Content-Type: {content_type}", body=body).text == text


def nested(depth: int) -> bytes:
    inner = part("text/plain", "na dnie")
    for level in range(depth):
        inner = part(f"multipart/mixed; boundary=b{level}", multipart(inner, boundary=f"b{level}"))
    return b"From: a@x.example\r\nSubject: x\r\n" + inner


def test_nesting_has_a_limit():
    assert read(nested(MOST_DEPTH)).text == "na dnie"
    assert read_letter(nested(MOST_DEPTH + 1), NOW).reason is Reason.TOO_DEEP
    assert read_letter(nested(3000), NOW).reason is Reason.TOO_DEEP


def test_parts_have_a_limit():
    head = 'Content-Type: multipart/mixed; boundary="=-gryf-1"'
    many = letter(
        "From: a@x.example", "Subject: x", head, body=multipart(*[part("text/plain", "x")] * (MOST_PARTS + 5))
    )
    found = read_letter(many, NOW)
    assert found == SetAside(Reason.TOO_MANY_PARTS, "a@x.example", "x")


def test_headers_have_a_limit():
    raw = letter("From: a@x.example", "Subject: x", "X-Long: " + "y" * 300_000)
    assert read_letter(raw, NOW).reason is Reason.HEADERS_TOO_LARGE
    assert read(letter("From: a@x.example", "Subject: x", *["X-A: b"] * 5000)).subject == "x"


def test_winmail_dat_is_opened():
    packed = tnef(("Raport końcowy.pdf", b"%PDF-1.4"), ("wirus.exe", b"MZ"), text="Treść z Outlooka")
    body = multipart(encoded("application/ms-tnef; name=winmail.dat", packed))
    found = simple('Content-Type: multipart/mixed; boundary="=-gryf-1"', body=body)
    assert found.text == "Treść z Outlooka"
    assert [one.name for one in found.enclosures] == ["Raport końcowy.pdf", "wirus.exe"]
    hidden = multipart(part("text/plain", "x"), encoded("application/octet-stream; name=a.bin", packed))
    found = simple('Content-Type: multipart/mixed; boundary="=-gryf-1"', body=hidden)
    assert (found.text, [one.name for one in found.enclosures]) == ("x", ["Raport końcowy.pdf", "wirus.exe"])


def test_a_damaged_winmail_dat_stays_a_file():
    body = multipart(part("text/plain", "x"), encoded("application/ms-tnef; name=winmail.dat", tnef(("a", b"b"))[:-3]))
    found = simple('Content-Type: multipart/mixed; boundary="=-gryf-1"', body=body)
    assert [one.name for one in found.enclosures] == ["winmail.dat"]
    assert "winmail.dat" in found.mended


def test_messages_within_winmail_dat_have_a_limit():
    inner = tnef(("plik.txt", b"x"))
    for _ in range(3):
        value = struct.pack("<IHHII", 1, 0x0D, 0x3701, 1, 16 + len(inner)) + b"\0" * 16 + inner
        value += b"\0" * (-len(inner) % 4)
        raw = struct.pack("<BII", 2, 0x00069002, 0) + struct.pack("<H", 0)
        raw += struct.pack("<BII", 2, 0x00069005, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)
        inner = b"\x78\x9f\x3e\x22\x01\x00" + raw
    assert [one.name for one in unpack(inner).files][:1] == ["plik.txt"]
    with pytest.raises(Damaged):
        unpack(inner, depth=2)


def test_rtf_of_the_specification():
    """The example of MS-OXRTFCP, 3.1."""
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232 0af32068656c090020627705b06c647d0a800fa0"
    )
    assert decompressed_rtf(packed) == rb"{\rtf1\ansi\ansicpg1252\pard hello world}" + b"\r\n"


REPORT = multipart(
    part("text/plain", "Nie udało się"),
    part("message/delivery-status", "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; jan@x.example\n"
         "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 No such user"),
    part("text/rfc822-headers", "Message-ID: <our-1@gryf.example>\nSubject: Odp"),
)  # fmt: skip


def test_a_report_of_a_mail_server():
    found = simple('Content-Type: multipart/report; report-type=delivery-status; boundary="=-gryf-1"', body=REPORT)
    assert found.nature is Nature.BOUNCE
    (one,) = found.deliveries
    assert (one.outcome, one.message_ids, one.recipient, one.status, one.reason) == (
        "failed", ("our-1@gryf.example",), "jan@x.example", "5.1.1", "550 5.1.1 No such user",
    )  # fmt: skip


def test_a_report_in_words():
    raw = letter(
        "From: MAILER-DAEMON@mx.example", "Subject: failure notice", "Return-Path: <>",
        body="Hi. This is the qmail-send program.\n<jan@x.example>:\n550 5.1.1 user unknown\n\n"
        "--- Below this line is a copy.\nMessage-ID: <our-2@gryf.example>\n",
    )  # fmt: skip
    (one,) = read(raw).deliveries
    assert (one.outcome, one.message_ids, one.status) == ("failed", ("our-2@gryf.example",), "5.1.1")


@pytest.mark.parametrize(
    ("headers", "nature"),
    [
        (["Auto-Submitted: auto-replied"], Nature.ANSWERING_MACHINE),
        (["Auto-Submitted: auto-replied (vacation)"], Nature.ANSWERING_MACHINE),
        (["X-Autoreply: yes"], Nature.ANSWERING_MACHINE),
        (["Precedence: auto_reply"], Nature.ANSWERING_MACHINE),
        (["Subject: =?utf-8?q?Automatyczna_odpowied=C5=BA=3A_urlop?="], Nature.ANSWERING_MACHINE),
        (["Auto-Submitted: auto-generated"], Nature.MACHINE),
        (["Auto-Submitted: no"], Nature.PERSON),
        (["Precedence: bulk"], Nature.MACHINE),
        (["Precedence: list"], Nature.LIST),
        (["List-Id: Nauczyciele <n.szkola.example>"], Nature.LIST),
        (["Return-Path: <>"], Nature.MACHINE),
        (["Return-Path: <jan@szkola.example>"], Nature.PERSON),
        (["Precedence: first-class"], Nature.PERSON),
    ],
)
def test_who_writes(headers, nature):
    subject = [] if headers[0].startswith("Subject") else ["Subject: x"]
    assert read(letter("From: jan@szkola.example", *subject, *headers)).nature is nature


def test_the_same_letter_over_two_ways_has_one_digest():
    one = simple("Date: Mon, 30 Nov 2026 10:00:00 +0100", body="jeden  \ndwa")
    two = simple("Received: by x", "X-Spam: no", "Date: Mon, 30 Nov 2026 10:00:00 +0100", body="jeden\ndwa ")
    assert one.digest == two.digest
    assert simple("Date: Mon, 30 Nov 2026 10:00:01 +0100", body="jeden\ndwa").digest != one.digest


@given(st.binary(max_size=3000))
@settings(max_examples=300)
def test_no_bytes_stop_the_reader(data):
    assert isinstance(read_letter(data, NOW), Letter | SetAside)
    found = read_letter(b"From: a@x.example\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=a\r\n" + data, NOW)
    assert isinstance(found, Letter) or found.reason is not Reason.FAULT, found


@given(st.lists(st.sampled_from([b"--a", b"--a--", b"\n", b"\r\n", b"Content-Type: multipart/alternative; boundary=a\n",
        b"Content-Type: text/html\n\n<p>", b"Content-Transfer-Encoding: base64\n", b"begin 644 x\n", b"=?utf-8?b?",
        b"Content-Type: message/rfc822\n\n", b"\0", b"\xff\xfe", b"Content-Disposition: attachment; filename*0*=", b"x"]),
        max_size=60))  # fmt: skip
@settings(max_examples=300)
def test_no_order_of_pieces_stops_the_reader(pieces):
    found = read_letter(
        b"From: a@x.example\nSubject: x\nContent-Type: multipart/mixed; boundary=a\n" + b"".join(pieces), NOW
    )
    assert isinstance(found, Letter) or found.reason is not Reason.FAULT, found


@given(st.binary(max_size=400))
@settings(max_examples=300)
def test_no_bytes_stop_the_opener_of_winmail_dat(data):
    for candidate in (b"\x78\x9f\x3e\x22\x01\x00" + data, tnef(("a", b"b"), text="c")[: len(data)] + data):
        try:
            found = unpack(candidate)
        except Damaged:
            continue
        assert all(isinstance(one.content, bytes) and one.content for one in found.files)
        assert sum(len(one.content) for one in found.files) <= len(candidate), "nothing comes out that was not in it"


@pytest.mark.alone
def test_hostile_sizes_take_no_time():
    """What grows faster than the letter would show here: each of these is one to three megabytes."""
    head = "From: a@x.example\r\nSubject: x\r\n"
    shapes = {
        "one line": head + "\r\n" + "a" * 1_000_000,
        "quotes": head + "\r\n" + "> " * 500_000,
        "divs": head + "Content-Type: text/html\r\n\r\n" + "<div>" * 150_000,
        "angles": head + "Content-Type: text/html\r\n\r\n" + "<" * 1_000_000,
        "boundaries": head + "Content-Type: multipart/mixed; boundary=a\r\n\r\n" + "--a-\r\n" * 200_000,
        "addresses": head + "To: " + "a@b.example," * 15_000 + "\r\n\r\nx",
        "words": head + "X: " + "=?utf-8?q?" * 20_000 + "\r\nCc: " + '"' * 50_000 + "\r\n\r\nx",
        "wrote": head + "\r\n" + "W dniu 1 a\r\n" * 80_000,
        "fields": head + "\r\n" + "Od: x\r\n" * 100_000,
        "blank": head + "\r\n" + "\r\n" * 500_000 + "x",
        "base64": head + "Content-Transfer-Encoding: base64\r\n\r\n" + "=" * 1_000_000,
    }
    slow = {}
    for name, text in shapes.items():
        began = time.process_time()
        assert isinstance(read_letter(text.encode(), NOW), Letter), name
        if (took := time.process_time() - began) > 2:
            slow[name] = took
    assert slow == {}
