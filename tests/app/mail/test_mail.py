import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.config import Sources, load_section
from app.database import Database
from app.errors import ConfigurationError, Invalid
from app.feature import Job
from app.jobs import Pace, run_worker
from app.mail import JOBS, Mailer, MailLine, MailSettings, mail_lines, send_mail

PACE = Pace(tick_s=0.1, retry_first_s=0.02, retry_factor=1, finish_s=0.3, cancel_s=0.5)


class Inbox:
    """What the server got, and what it answers."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.rcpt: list[str] = []
        self.data: list[str] = []
        self.tls: list[bool] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.rcpt:
            return self.rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.data:
            return self.data.pop(0)
        self.envelopes.append(envelope)
        self.tls.append(session.ssl is not None)
        return "250 taken"


@asynccontextmanager
async def serving(inbox: Inbox, **options: Any) -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(inbox, **options), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def settings(port: int, **changes: Any) -> MailSettings:
    values = {"host": "127.0.0.1", "port": port, "security": "none", "address": "gryf@slupsk.example", "timeout_s": 5.0}
    return MailSettings(**{**values, **changes})


@asynccontextmanager
async def working(database: Database, mailer: Mailer) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(run_worker(database, JOBS, stop, PACE, [mailer]))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 8)


async def line_when(database: Database, ready: Callable[[MailLine], bool]) -> MailLine:
    async with asyncio.timeout(20):
        while True:
            async with database.transaction() as tx:
                (line,) = await mail_lines(tx, 10)
            if ready(line):
                return line
            await asyncio.sleep(0.02)


async def greet(database: Database) -> None:
    async with database.transaction() as tx:
        await send_mail(tx, to="los@example.org", subject="Zażółć gęślą jaźń", text="Sesja o świcie")


async def test_a_mail_arrives_with_polish_letters(database: Database, tmp_path: Path) -> None:
    inbox = Inbox()
    async with serving(inbox) as port:
        await greet(database)
        async with working(database, Mailer(settings(port), tmp_path, "Urząd Miejski w Słupsku")):
            line = await line_when(database, lambda line: line.sent_at is not None)
    (envelope,) = inbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("gryf@slupsk.example", ["los@example.org"])
    message = message_from_bytes(envelope.content, policy=default)  # type: ignore[arg-type]  # bytes, as decode_data is off
    assert message["Subject"] == "Zażółć gęślą jaźń"
    assert message["From"].addresses[0].display_name == "Urząd Miejski w Słupsku"
    assert message.get_content().strip() == "Sesja o świcie"  # type: ignore[attr-defined]
    assert message["Message-ID"] == f"<{line.id}@slupsk.example>"
    assert line.attempts == 1
    assert await database.pool.fetchval("SELECT content FROM mail") is None


async def test_a_rollback_sends_nothing(database: Database) -> None:
    with pytest.raises(Invalid):
        async with database.transaction() as tx:
            await send_mail(tx, to="a@example.org", subject="x", text="y")
            await send_mail(tx, to="b@example.org", subject="x\r\nBcc: c@example.org", text="y")
    assert await database.pool.fetchval("SELECT (SELECT count(*) FROM mail) + (SELECT count(*) FROM pgqueuer)") == 0


@pytest.mark.parametrize("where", ["rcpt", "data"])
async def test_a_4xx_answer_is_tried_again(database: Database, tmp_path: Path, where: str) -> None:
    inbox = Inbox()
    getattr(inbox, where).extend(["451 greylisted", "452 still greylisted"])
    async with serving(inbox) as port:
        await greet(database)
        async with working(database, Mailer(settings(port), tmp_path)):
            line = await line_when(database, lambda line: line.sent_at is not None)
    assert (line.attempts, line.reason, len(inbox.envelopes)) == (3, "", 1)


@pytest.mark.parametrize(("where", "answer"), [("rcpt", "550 no such user"), ("data", "554 spam")])
async def test_a_5xx_answer_is_final(database: Database, tmp_path: Path, where: str, answer: str) -> None:
    inbox = Inbox()
    getattr(inbox, where).append(answer)
    async with serving(inbox) as port:
        await greet(database)
        async with working(database, Mailer(settings(port), tmp_path)):
            line = await line_when(database, lambda line: line.refused_at is not None)
    assert (line.attempts, line.reason, line.sent_at) == (1, answer, None)
    assert inbox.envelopes == []
    assert await database.pool.fetchval("SELECT content FROM mail") is None


async def test_no_server_delays_and_the_mail_leaves_when_it_is_back(database: Database, tmp_path: Path) -> None:
    inbox = Inbox()
    async with serving(inbox) as port:
        pass
    await greet(database)
    mailer = Mailer(settings(port), tmp_path)
    async with working(database, mailer):
        line = await line_when(database, lambda line: line.attempts >= 1)
        assert line.reason
        server = await asyncio.get_running_loop().create_server(lambda: SMTP(inbox), "127.0.0.1", port)
        await line_when(database, lambda line: line.sent_at is not None)
        server.close()
    assert len(inbox.envelopes) == 1


async def test_a_server_that_drops_the_line_delays(database: Database, tmp_path: Path) -> None:
    async def drop(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        writer.close()

    server = await asyncio.start_server(drop, "127.0.0.1", 0)
    await greet(database)
    async with working(database, Mailer(settings(server.sockets[0].getsockname()[1]), tmp_path)):
        line = await line_when(database, lambda line: line.attempts >= 2)
    server.close()
    assert line.sent_at is None
    assert line.refused_at is None


async def test_a_wrong_password_delays_rather_than_loses_mail(database: Database, tmp_path: Path) -> None:
    inbox = Inbox()
    options = {"authenticator": lambda *_: AuthResult(success=False, handled=False), "auth_require_tls": False}
    async with serving(inbox, **options) as port:
        await greet(database)
        async with working(database, Mailer(settings(port, user="gryf", password="wrong"), tmp_path)):
            line = await line_when(database, lambda line: line.attempts >= 2)
    assert line.refused_at is None
    assert line.reason.startswith("535 ")


async def test_without_a_host_mails_become_files(database: Database, tmp_path: Path) -> None:
    await greet(database)
    async with working(database, Mailer(MailSettings(), tmp_path)):
        line = await line_when(database, lambda line: line.sent_at is not None)
    (file,) = (tmp_path / "outbox").iterdir()
    assert file.name.endswith(f"-{line.id}.eml")
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert message["To"] == "los@example.org"
    assert message["From"] == "gryf@localhost"


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "cert.pem"
    pem.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    private = folder / "key.pem"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, private)
    return context, pem


async def check(mailer: Mailer) -> str:
    try:
        return await mailer.check()
    except ConfigurationError as problem:
        return f"! {problem}"


async def test_starttls_with_a_trusted_certificate_only(tmp_path: Path, database: Database) -> None:
    context, pem = certificate(tmp_path)
    inbox = Inbox()
    async with serving(inbox, tls_context=context, require_starttls=True) as port:
        good = Mailer(settings(port, security="starttls", ca_file=str(pem)), tmp_path)
        assert await check(good) == f"127.0.0.1:{port} takes our mail"
        assert (await check(Mailer(settings(port, security="starttls"), tmp_path))).startswith(
            "! mail server 127.0.0.1"
        )
        await greet(database)
        async with working(database, good):
            await line_when(database, lambda line: line.sent_at is not None)
    assert inbox.tls == [True]


async def test_starttls_is_not_stripped(tmp_path: Path) -> None:
    async with serving(Inbox()) as port:
        assert (await check(Mailer(settings(port, security="starttls"), tmp_path))).startswith("! ")


def test_settings_come_from_the_environment_and_are_checked(tmp_path: Path) -> None:
    sources = Sources(file={"mail": {"host": "mail.example.org"}}, environment={"GRYF_MAIL_SECURITY": "tls"})
    loaded = load_section(MailSettings, "mail", sources, port=465)
    assert (loaded.host, loaded.security, loaded.port) == ("mail.example.org", "tls", 465)
    with pytest.raises(ConfigurationError, match="address is needed"):
        Mailer(loaded, tmp_path)
    with pytest.raises(ConfigurationError, match="not an e-mail address"):
        Mailer(MailSettings(address="nobody"), tmp_path)
    with pytest.raises(ConfigurationError, match="security"):
        load_section(MailSettings, "mail", Sources(file={}, environment={"GRYF_MAIL_SECURITY": "maybe"}))


async def test_old_mail_is_forgotten(database: Database, tmp_path: Path) -> None:
    send, purge = JOBS
    await greet(database)
    await greet(database)
    await database.pool.execute(
        "UPDATE mail SET created_at = now() - interval '31 days' WHERE id = (SELECT id FROM mail LIMIT 1)"
    )
    run: Callable[[Database, Any], Awaitable[None]] = purge.run
    await run(database, purge.payload())
    assert await database.pool.fetchval("SELECT count(*) FROM mail") == 1
    assert isinstance(send, Job)
