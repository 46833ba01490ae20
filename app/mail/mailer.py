"""Hands a message to the next server, or, where none is set, to a folder."""

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal
from uuid import UUID

import aiosmtplib
import msgspec
from aiohttp import web

from app.config import Described
from app.errors import ConfigurationError, Invalid
from app.mail.message import Mail, Sender, checked_address, compose

QUICK_S: Final = 1.0
"""A refusal within this time holds nobody up; a server that keeps silent would hold up the worker's other jobs."""


class MailSettings(msgspec.Struct, frozen=True):
    """How mail leaves: section `mail`."""

    host: Annotated[
        str, Described(description="Server that takes our mail; empty: mails become files in `folder`.")
    ] = ""
    port: Annotated[int, Described(description="Port of the mail server.")] = 587
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Described(description="`starttls` (port 587), `tls` (port 465) or `none` (a server on this machine)."),
    ] = "starttls"
    ca_file: Annotated[
        str,
        Described(description="PEM file of the authority that signed the mail server's certificate; empty: system."),
    ] = ""
    user: Annotated[str, Described(description="Account at the mail server; empty: without signing in.")] = ""
    password: Annotated[
        str, Described(description="Password of that account; better in a file named by GRYF_MAIL_PASSWORD_FILE.")
    ] = ""
    address: Annotated[str, Described(description="Address our mail comes from; needed where `host` is set.")] = ""
    name: Annotated[str, Described(description="Name our mail comes from; empty: the office's name.")] = ""
    folder: Annotated[
        str, Described(description="Folder for .eml files when `host` is empty, below the data folder unless absolute.")
    ] = "outbox"
    timeout_s: Annotated[
        float, Described(description="Longest wait for one answer of the mail server, in seconds.")
    ] = 30.0


class Refused(Exception):
    """The server will never take this mail (a 5xx answer to the recipient or to the content)."""


class Delayed(Exception):
    """It did not work this time: no connection, a 4xx answer, a sign-in or sender that the operator must put right."""


class Mailer:
    """Sends by SMTP, one connection a mail."""

    def __init__(self, settings: MailSettings, data: Path, office: str = "") -> None:
        """`data` is the data folder, `office` the name where the settings have none. Raises ConfigurationError."""
        if settings.host and not settings.address:
            raise ConfigurationError("[mail]: address is needed where host is set")
        try:
            address = checked_address(settings.address or "gryf@localhost", "address")
        except Invalid:
            raise ConfigurationError(f"[mail]: {settings.address} is not an e-mail address") from None
        self.sender: Final = Sender(address, settings.name or office)
        self.folder: Final = data / settings.folder
        self._settings: Final = settings
        self._tls: Final = _tls_context(settings)
        self._silent_until = 0.0
        """On the loop's clock: a server that lets one mail wait is not asked for the next ones at once."""

    async def send(self, mail: Mail, mail_id: UUID, date: datetime) -> None:
        """Returns when the next server has taken it. Raises Refused or Delayed with what the server said."""
        content = await asyncio.to_thread(compose, mail, self.sender, mail_id, date)
        if not self._settings.host:
            await asyncio.to_thread(self._write, content, mail_id)
            return
        clock = asyncio.get_running_loop().time
        asked = clock()
        if asked < self._silent_until:
            raise Delayed("the mail server did not answer a moment ago")
        try:
            async with self._client() as client:
                await client.sendmail(self.sender.address, [mail.to], content)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            answer = refused.recipients[0]
            raise _outcome(answer.code, answer.message) from None
        except aiosmtplib.SMTPDataError as refused:
            raise _outcome(refused.code, refused.message) from None
        except aiosmtplib.SMTPResponseException as answer:
            raise Delayed(f"{answer.code} {answer.message}") from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as problem:
            if clock() - asked > QUICK_S:
                self._silent_until = clock() + self._settings.timeout_s
            raise Delayed(str(problem) or type(problem).__name__) from None

    async def check(self) -> str:
        """Connects and signs in, for `run.py check`; says what it found. Raises ConfigurationError with one line."""
        if not self._settings.host:
            return f"no mail server; mails become files in {self.folder}"
        try:
            async with self._client():
                return f"{self._settings.host}:{self._settings.port} takes our mail"
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as problem:
            raise ConfigurationError(f"mail server {self._settings.host}:{self._settings.port}: {problem}") from None

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.user or None,
            password=settings.password or None,
            use_tls=settings.security == "tls",
            # Exactly what is set: True refuses a server without STARTTLS, so nobody in between can strip it.
            start_tls=settings.security == "starttls",
            tls_context=self._tls,
            timeout=settings.timeout_s,
        )

    def _write(self, content: bytes, mail_id: UUID) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{mail_id}.eml"
        partial = self.folder / f".{name}"
        try:
            partial.write_bytes(content)
            partial.replace(self.folder / name)
        except OSError as problem:
            partial.unlink(missing_ok=True)
            raise Delayed(f"{self.folder}: {problem.strerror}") from None


MAILER: web.AppKey[Mailer] = web.AppKey("mailer", Mailer)


def _tls_context(settings: MailSettings) -> ssl.SSLContext | None:
    if not settings.host or settings.security == "none":
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca_file or None)
    except (OSError, ssl.SSLError) as problem:
        raise ConfigurationError(f"[mail]: ca_file {settings.ca_file}: {problem}") from None


def _outcome(code: int, message: str) -> Refused | Delayed:
    answer = f"{code} {message}"
    return Refused(answer) if 500 <= code < 600 else Delayed(answer)
