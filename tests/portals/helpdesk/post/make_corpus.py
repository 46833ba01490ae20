"""Makes the corpus: one letter for each fault that letters have. `python -m tests.portals.helpdesk.post.make_corpus`
writes them into corpus/; what each one must become stands in corpus/outcomes.csv, written by hand.

The stage they come to is `stage.py`: ticket A (1001, Jan's, open), ticket B (1002, Anna's, closed), three addresses.
"""

import base64
from collections.abc import Callable
from pathlib import Path

from app.identity.keys import Keys
from portals.helpdesk.numbers import number_of
from portals.helpdesk.post.tokens import token_of
from tests.portals.helpdesk.post.making import EXE, PDF, PNG, attached, encoded, letter, multipart, part, tnef, zip_with

FOLDER = Path(__file__).parent / "corpus"
KEYS = Keys(b"the corpus is signed with this secret, which is none")
TICKET_A, TICKET_B = 1001, 1002
TOKEN_A, TOKEN_B = token_of(KEYS, TICKET_A), token_of(KEYS, TICKET_B)
SENT_A = "0a0a0a0a-0000-4000-8000-000000000001@gryf.example"
"""Message-ID of our answer to Jan."""
START_A = "start-a@szkola5.example"
"""Message-ID of the letter that began ticket A."""
DATE = "Date: Mon, 30 Nov 2026 10:00:00 +0100"
TO = "To: Pomoc <pomoc@gryf.example>"
JAN = "From: Jan Wrona <jan@gryf.example>"
MARIA = "From: Maria Lis <maria@szkola8.example>"
EWA = "From: Ewa Obca <ewa@obca.example>"
MIXED = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=-gryf-1"'
ALTERNATIVE = 'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="=-gryf-1"'
TEXT = part("text/plain; charset=utf-8", "Nie działa drukarka.")
PANGRAM = "Zażółć gęślą jaźń"
Made = dict[str, Callable[[], bytes]]


def one(name: str, *headers, sender: str = MARIA, subject: str = "Subject: Drukarka w pokoju 12", body=None) -> bytes:
    """A letter to pomoc@ with a Message-ID after its name."""
    given = {line.split(":")[0].lower() for line in headers if isinstance(line, str) and line}
    usual = {
        "from": sender,
        "to": TO,
        "subject": subject,
        "date": DATE,
        "message-id": f"Message-ID: <{name}@corpus.example>",
    }
    lines = [line for key, line in usual.items() if key not in given and line]
    return letter(*lines, *[line for line in headers if line], body="Nie działa drukarka." if body is None else body)


def answer(name: str, *headers, sender: str = JAN, body: str = "Nadal nie działa.") -> bytes:
    return one(name, *headers, sender=sender, subject="Subject: Re: Rzutnik", body=body)


def plain_ones() -> Made:
    return {
        "plain": lambda: one("plain"),
        "utf8-headers-raw": lambda: one("utf8-headers-raw", "Subject: Zażółć gęślą"),
        "words-split-in-mid-character": lambda: one(
            "words-split", "Subject: =?utf-8?q?Za=C5?=\r\n =?utf-8?q?=BC=C3=B3=C5=82?= =?utf-8?b?xIc=?="
        ),
        "charset-iso-8859-2": lambda: one(
            "iso2", "Content-Type: text/plain; charset=ISO-8859-2", body=PANGRAM.encode("iso8859-2")
        ),
        "charset-windows-1250": lambda: one(
            "cp1250", "Content-Type: text/plain; charset=Windows-1250", body=PANGRAM.encode("cp1250")
        ),
        "charset-utf-7": lambda: one("utf7", "Content-Type: text/plain; charset=utf-7", body=PANGRAM.encode("utf-7")),
        "charset-unknown-8bit": lambda: one(
            "unknown8", "Content-Type: text/plain; charset=unknown-8bit", body=PANGRAM.encode("iso8859-2")
        ),
        "charset-unknown-name": lambda: one(
            "nonsense", "Content-Type: text/plain; charset=x-nie-ma-takiego", body=PANGRAM.encode()
        ),
        "charset-lies-utf8": lambda: one(
            "lies8", "Content-Type: text/plain; charset=utf-8", body=PANGRAM.encode("cp1250")
        ),
        "charset-lies-iso2": lambda: one(
            "lies2", "Content-Type: text/plain; charset=iso-8859-2", body=PANGRAM.encode()
        ),
        "charset-codec-that-is-none": lambda: one(
            "zlib", "Content-Type: text/plain; charset=zlib", body=PANGRAM.encode()
        ),
        "message-id-in-brackets": lambda: one("x", "Message-ID: <[foo]@bar>"),
        "message-id-missing": lambda: one("x", "Message-ID:"),
        "date-missing": lambda: one("date-missing", "Date:"),
        "date-out-of-range": lambda: one("date-range", "Date: Fri, 31 Dec 9999 23:59:59 -1200"),
        "nul-bytes": lambda: one("nul", body=b"Nie\0 dzia\xc5\x82a\0 drukarka."),
        "bare-lf": lambda: one("bare-lf").replace(b"\r\n", b"\n"),
        "bare-cr": lambda: one("bare-cr").replace(b"\r\n", b"\r"),
        "mbox-line-first": lambda: b"From maria Mon Nov 30 10:00:00 2026\r\n" + one("mbox"),
        "junk-among-headers": lambda: one("junk", "to nie jest nagłówek"),
        "quoted-printable": lambda: one(
            "qp",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
            body="Za=C5=BC=C3=B3=C5=82=C4=87 g=C4=99=C5=9Bl=C4=85 ja=C5=BA=C5=84 =\nnadal",
        ),
        "base64-broken": lambda: one(
            "b64",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
            body=base64.b64encode(PANGRAM.encode())[:-2] + b"!!",
        ),
        "uuencoded": lambda: one(
            "uu", "Content-Transfer-Encoding: x-uuencode", body="begin 644 x\n+3FEE(&1Z:6%L80  \n`\nend\n"
        ),
        "format-flowed": lambda: one(
            "flowed",
            "Content-Type: text/plain; charset=utf-8; format=flowed",
            body="Drukarka na drugim \npiętrze nie drukuje.",
        ),
        "signature-and-quote": lambda: one("sig", body="Nie drukuje.\n\n-- \nMaria Lis\nSP 8\n"),
        "html-only": lambda: one(
            "html",
            "Content-Type: text/html; charset=utf-8",
            body="<p>Nie <b>działa</b><script>alert(1)</script></p><img src=x onerror=alert(1)><a href='javascript:x'>y</a>",
        ),
        "html-deep": lambda: one("deep-html", "Content-Type: text/html", body="<div>" * 5000 + "na dnie"),
        "alternative": lambda: one("alt", ALTERNATIVE, body=multipart(TEXT, part("text/html", "<p>inaczej</p>"))),
        "markdown-in-it": lambda: one("md", body="# nagłówek\n* gwiazdka [x](javascript:y) <b>"),
        "from-several": lambda: one(
            "several", "From: maria@szkola8.example, b@szkola8.example", "Sender: b@szkola8.example"
        ),
        "from-missing-sender-there": lambda: one("sender", "From:", "Sender: maria@szkola8.example"),
        "subject-missing": lambda: one("nosubject", "Subject:", body="Pierwsze słowa są tematem\ni dalej"),
        "subject-only": lambda: one("subjectonly", body=""),
        "subject-turns-around": lambda: one("bidi", "Subject: faktura\u202efdp.exe\u200b"),
        "subject-too-long": lambda: one("long", "Subject: " + "bardzo " * 200),
        "many-received": lambda: one("hops", *["Received: from a by b"] * 45),
    }


def files() -> Made:
    def mixed(name: str, *parts: bytes, text: bytes = TEXT) -> bytes:
        return one(name, MIXED, body=multipart(text, *parts))

    return {
        "file-png": lambda: mixed("png", attached("zdjecie.png", "image/png", PNG)),
        "file-name-rfc2231": lambda: mixed(
            "n2231", encoded("application/pdf", PDF, "Content-Disposition: attachment;\r\n filename*0*=utf-8''Za%C5;"
                             "\r\n filename*1*=%BC%C3%B3%C5%82;\r\n filename*2=.pdf"),
        ),
        "file-name-encoded-word": lambda: mixed(
            "nword", encoded("application/pdf", PDF, 'Content-Disposition: attachment; filename="=?iso-8859-2?q?=B1.pdf?="')
        ),
        "file-exe": lambda: mixed("exe", attached("faktura.exe", "application/octet-stream", EXE)),
        "file-exe-named-pdf": lambda: mixed("exepdf", attached("faktura.pdf", "application/pdf", EXE)),
        "file-html": lambda: mixed("fhtml", attached("strona.html", "text/html", b"<script>alert(1)</script>")),
        "file-svg": lambda: mixed("fsvg", attached("rysunek.svg", "image/svg+xml", b"<svg onload='x()'/>")),
        "file-zip": lambda: mixed("fzip", attached("paczka.zip", "application/zip", zip_with(("a.exe", EXE)))),
        "file-zip-bomb": lambda: mixed("bomb", attached("b.zip", "application/zip", zip_with(("zera", b"\0" * 20_000_000)))),
        "file-zip-lies": lambda: mixed("ziplies", attached("c.zip", "application/zip", zip_with(("a", b"x"), claimed_size=9))),
        "file-macros": lambda: mixed(
            "macros", attached("pismo.docm", "application/vnd.ms-word.document.macroEnabled.12",
                               zip_with(("[Content_Types].xml", b"<Types/>"), ("word/vbaProject.bin", b"x")))),
        "file-too-large": lambda: mixed("large", attached("duzy.txt", "text/plain", b"a" * 60_000)),
        "file-empty": lambda: mixed("empty", attached("pusty.pdf", "application/pdf", b"")),
        "file-many": lambda: mixed("many", *[attached(f"z{number}.png", "image/png", PNG) for number in range(25)]),
        "file-log-windows-1250": lambda: mixed(
            "log", encoded("text/plain; charset=windows-1250; name=log.txt", "błąd żółty".encode("cp1250"))
        ),
        "winmail-dat": lambda: mixed(
            "tnef", encoded("application/ms-tnef; name=winmail.dat", tnef(("Raport końcowy.pdf", PDF), ("wirus.exe", EXE)))
        ),
        "winmail-dat-damaged": lambda: mixed(
            "tnefbad", encoded("application/ms-tnef; name=winmail.dat", tnef(("a.pdf", PDF))[:-5])
        ),
        "message-attached": lambda: mixed("rfc822", part("message/rfc822", one("inner", "Subject: Tamten", body="dawne"))),
        "calendar": lambda: one(
            "ics", ALTERNATIVE,
            body=multipart(TEXT, part("text/calendar; method=REQUEST; charset=utf-8", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")),
        ),
        "smime-signed": lambda: one(
            "smime", 'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="=-gryf-1"',
            body=multipart(TEXT, encoded("application/pkcs7-signature; name=smime.p7s",
                                         bytes.fromhex("308006092a864886f70d010702a080") + b"x" * 40)),
        ),
        "pgp-signed": lambda: one(
            "pgp", 'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary="=-gryf-1"',
            body=multipart(TEXT, part("application/pgp-signature; name=podpis.asc",
                                      "-----BEGIN PGP SIGNATURE-----\r\nx\r\n-----END PGP SIGNATURE-----\r\n")),
        ),
        "boundary-never-comes": lambda: one("nobound", "Content-Type: multipart/mixed; boundary=nigdy", body="Treść mimo to"),
        "boundary-not-closed": lambda: one("unclosed", MIXED, body=multipart(TEXT, closed=False)),
        "nested-ten": lambda: one("ten", "Content-Type: multipart/mixed; boundary=b9", body=_nested(10)),
    }  # fmt: skip


def _nested(depth: int) -> bytes:
    """Without the outermost header."""
    inner = TEXT
    for level in range(depth):
        body = multipart(inner, boundary=f"b{level}")
        inner = body if level == depth - 1 else part(f"multipart/mixed; boundary=b{level}", body)
    return inner


def set_aside() -> Made:
    return {
        "nothing": lambda: b"\r\n",
        "not-mail": lambda: b"\x00\x01\x02 to nie jest list\r\n\r\nani to",
        "from-missing": lambda: one("nofrom", "From:"),
        "from-nobody": lambda: one("nobody", "From: ktokolwiek"),
        "from-twice": lambda: one("twice", "From: a@x.example\r\nFrom: b@y.example"),
        "empty": lambda: one("emptyletter", "Subject:", body=" \r\n"),
        "nested-too-deep": lambda: one("deep", "Content-Type: multipart/mixed; boundary=b39", body=_nested(40)),
        "parts-too-many": lambda: one("parts", MIXED, body=multipart(*[part("text/plain", "x")] * 500)),
        "own-sender": lambda: one("own", "From: Pomoc <pomoc@gryf.example>"),
        "own-sender-with-token": lambda: one("owntoken", f"From: pomoc+{TOKEN_A}@gryf.example"),
        "own-letter": lambda: one("x", f"Message-ID: <{SENT_A}>"),
        "x-loop": lambda: one("xloop", "X-Loop: pomoc@gryf.example"),
        "hops": lambda: one("circle", *["Received: from a by b"] * 60),
        "list": lambda: one("list", "List-Id: Oferty <oferty.obca.example>", "Precedence: list", sender=EWA),
        "answering-machine": lambda: one("away", "Auto-Submitted: auto-replied", "Subject: Automatyczna odpowiedź: urlop"),
        "read-receipt": lambda: one(
            "mdn", 'Content-Type: multipart/report; report-type=disposition-notification; boundary="=-gryf-1"',
            body=multipart(TEXT, part("message/disposition-notification", "Disposition: manual-action; displayed")),
        ),
        "bounce-unknown": lambda: one(
            "bounceunknown", "From: MAILER-DAEMON@mx.example", "Return-Path: <>", "Subject: Undelivered Mail",
            body="550 5.1.1 no such user\nMessage-ID: <nieznany@x.example>",
        ),
        "no-address": lambda: one("noaddress", "To: ktos.inny@gryf.example"),
    }  # fmt: skip


def threads() -> Made:
    def report(outcome: str, status: str) -> bytes:
        return multipart(
            part("text/plain", "Nie udało się"),
            part("message/delivery-status", "Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; jan@gryf.example"
                 f"\r\nAction: {outcome}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 {status} mailbox"),
            part("text/rfc822-headers", f"Message-ID: <{SENT_A}>\r\nSubject: Odp"),
        )  # fmt: skip

    bounce = 'Content-Type: multipart/report; report-type=delivery-status; boundary="=-gryf-1"'
    return {
        "reply-in-reply-to": lambda: answer("r1", f"In-Reply-To: <{SENT_A}>"),
        "reply-references": lambda: answer("r2", f"References: <nieznany@x.example> <{SENT_A}> <inny@x.example>"),
        "reply-to-own-letter": lambda: answer("r3", f"In-Reply-To: <{START_A}>"),
        "reply-token": lambda: answer("r4", f"To: pomoc+{TOKEN_A}@gryf.example"),
        "reply-token-capitals": lambda: answer("r5", f"To: POMOC+{TOKEN_A.upper()}@GRYF.EXAMPLE"),
        "reply-number-in-subject": lambda: answer("r6", f"Subject: Odp: [#{number_of(TICKET_A)}] Rzutnik"),
        "reply-by-people": lambda: answer("r7", "Subject: Odp: Rzutnik"),
        "reply-of-copied-in": lambda: answer(
            "r8", f"In-Reply-To: <{SENT_A}>", sender="From: Ola <ola@szkola5.example>"
        ),
        "reply-same-id-other-words": lambda: answer("r9", f"Message-ID: <{START_A}>", body="Zupełnie inne słowa"),
        "reply-list-of-known": lambda: answer("r10", f"In-Reply-To: <{SENT_A}>", "List-Id: Szkoła <s.szkola5.example>"),
        "reply-quoted": lambda: answer(
            "r11",
            f"In-Reply-To: <{SENT_A}>",
            body="Działa.\n\nW dniu 30.11.2026 o 9:00, Pomoc pisze:\n> --- ✂ ---\n> stare",
        ),
        "stranger-in-reply-to": lambda: answer("s1", f"In-Reply-To: <{SENT_A}>", sender=EWA),
        "stranger-token": lambda: answer("s2", f"To: pomoc+{TOKEN_A}@gryf.example", sender=EWA),
        "stranger-number": lambda: answer("s3", f"Subject: [#{number_of(TICKET_A)}] Rzutnik", sender=EWA),
        "token-forged": lambda: answer(
            "s4", f"To: pomoc+{TICKET_A}-aaaaaaaaaaaaaaaa@gryf.example", sender="From: Obcy <obcy4@obca.example>"
        ),
        "token-of-another-ticket": lambda: answer(
            "s5", f"To: pomoc+{TICKET_A}-{TOKEN_B[5:]}@gryf.example", sender="From: Obcy <obcy5@obca.example>"
        ),
        "number-mistyped": lambda: answer("s6", "Subject: [#1 001-0] Rzutnik", sender=EWA),
        "same-subject-no-answer": lambda: one("s7", "Subject: Rzutnik", sender=JAN),
        "closed-reply": lambda: one(
            "c1", f"To: pomoc+{TOKEN_B}@gryf.example", sender="From: Anna <anna@szkola8.example>"
        ),
        "machine-answers-ticket": lambda: answer("m1", f"In-Reply-To: <{SENT_A}>", "Auto-Submitted: auto-replied"),
        "machine-of-stranger": lambda: answer(
            "m2", f"In-Reply-To: <{SENT_A}>", "Auto-Submitted: auto-replied", sender=EWA
        ),
        "machine-alarm": lambda: one("m3", "Auto-Submitted: auto-generated", "Precedence: bulk"),
        "agent-by-mail": lambda: answer(
            "a1", f"To: pomoc+{TOKEN_A}@gryf.example", sender="From: Adam <adam@gryf.example>"
        ),
        "bounce-failed": lambda: one("b1", "From: MAILER-DAEMON@mx.example", bounce, body=report("failed", "5.1.1")),
        "bounce-delayed": lambda: one("b2", "From: MAILER-DAEMON@mx.example", bounce, body=report("delayed", "4.4.1")),
        "two-addresses": lambda: one("two", "To: pomoc@gryf.example, siec@gryf.example"),
    }


def huge() -> Made:
    """Too large to be kept: made when they are needed."""
    return {
        "line-of-a-megabyte": lambda: one("megabyte", body="a" * 1_000_000),
        "headers-too-large": lambda: one("headers", "X-Long: " + "y" * 300_000),
    }


def kept() -> Made:
    return plain_ones() | files() | set_aside() | threads()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, make in kept().items():
        (FOLDER / f"{name}.eml").write_bytes(make())


if __name__ == "__main__":
    main()
