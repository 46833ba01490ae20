"""Outgoing mail: queued in the caller's transaction, sent by the worker over SMTP or written to a folder."""

from app.mail.actions import JOBS, send_mail
from app.mail.mailer import MAILER, Mailer, MailSettings
from app.mail.message import Attachment, Mail, Sender, checked_address, compose
from app.mail.store import MailLine, delayed_mail, mail_lines

__all__ = [
    "JOBS",
    "MAILER",
    "Attachment",
    "Mail",
    "MailLine",
    "MailSettings",
    "Mailer",
    "Sender",
    "checked_address",
    "compose",
    "delayed_mail",
    "mail_lines",
    "send_mail",
]
