"""Demo data: addresses of the helpdesk, letters that became tickets, and some that wait for a decision."""

from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from aiohttp import web

from app.database import DATABASE
from portals.helpdesk import setup_store
from portals.helpdesk.post import store
from portals.helpdesk.post.intake import take_in
from portals.helpdesk.post.post import POST
from portals.helpdesk.post.rows import AddressDraft
from portals.helpdesk.setup_model import Queue

DOMAIN: Final = "slupsk.example"
_LETTERS: Final[tuple[tuple[str, str, str, dict[str, str]], ...]] = (
    (
        "Krystyna Zielińska <przedszkole3@przedszkola.example>",
        "Nie przychodzą SMS-y z kodem",
        (
            "Dzień dobry,\nod rana nikt w przedszkolu nie dostaje kodów do logowania.\n\n"
            "-- \nKrystyna Zielińska\nPrzedszkole nr 3"
        ),
        {},
    ),
    (
        "Serwerownia <czujnik@monitoring.example>",
        "ALARM: temperatura 31 °C",
        "Czujnik 4, szafa B: 31 °C, próg 27 °C.",
        {"Auto-Submitted": "auto-generated"},
    ),
    (
        "Centrum Ofert <oferty@newsletter.example>",
        "Tusze do drukarek nawet 70% taniej!",
        "Tylko w tym tygodniu…",
        {"List-Id": "Oferty <oferty.newsletter.example>", "Precedence": "list"},
    ),
    (
        "Mail Delivery System <MAILER-DAEMON@mx.example>",
        "Undelivered Mail Returned to Sender",
        "The mail system\n\n<ktos@nieznany.example>: host mx.nieznany.example said: 550 5.1.1 User unknown",
        {"Return-Path": "<>", "Auto-Submitted": "auto-replied"},
    ),
    (
        "Marek Dudek <marek.dudek@sp8.example>",
        "Automatyczna odpowiedź: nieobecność do 4 grudnia",
        "Dziękuję za wiadomość. Wracam 4 grudnia.",
        {"Auto-Submitted": "auto-replied"},
    ),
)


async def fill(app: web.Application) -> None:
    """Does not mind what is there: an address is kept, a letter comes once."""
    database = app[DATABASE]
    async with database.transaction() as tx:
        queues = await setup_store.things(tx, Queue, active=True)
        if not queues or await store.addresses(tx):
            return
        pairs = (("pomoc", "Sprawy techniczne"), ("szkoly", "Szkoły"), ("awarie", "Awarie po godzinach"))
        for (local, name), queue in zip(pairs, (queues * 3)[:3], strict=True):
            draft = AddressDraft(address=f"{local}@{DOMAIN}", name=name, queue_id=queue.id)
            await store.put_address(tx, 0, draft)
    for number, (sender, subject, text, headers) in enumerate(_LETTERS, start=1):
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = sender, f"pomoc@{DOMAIN}", subject
        message["Message-ID"] = f"<demo-{number}@{DOMAIN}>"
        for name, value in headers.items():
            message[name] = value
        message.set_content(text)
        if number == 1:
            message.add_attachment(
                b"MZ\x90\x00\x03", maintype="application", subtype="octet-stream", filename="kody.exe"
            )
        await take_in(app[POST], message.as_bytes(), "lmtp", [f"pomoc@{DOMAIN}"])
