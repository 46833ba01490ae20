"""Pages of the helpdesk's mail: addresses and ways in, letters that were set aside, one letter."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

import wtforms
from aiohttp import web
from wtforms.validators import InputRequired

from app.database import DATABASE
from app.errors import Conflict, Invalid, NotFound
from app.forms import Form, read, require_action, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import current_actor
from portals.helpdesk import setup_store
from portals.helpdesk import store as tickets
from portals.helpdesk.post import addressing, releasing, sent_store, store
from portals.helpdesk.post.background import LISTENS
from portals.helpdesk.post.model import Letter
from portals.helpdesk.post.post import POST
from portals.helpdesk.post.reading.reader import read_letter
from portals.helpdesk.post.reading_out import raw_answer
from portals.helpdesk.post.rows import AddressDraft
from portals.helpdesk.post.words import OUTCOMES, REASONS, VIAS, WHY_WITHHELD
from portals.helpdesk.setup_model import Queue
from portals.intranet import actions as intranet

SETTINGS: Final = "/pomoc/ustawienia/poczta"
LETTERS: Final = "/pomoc/poczta"
A_PAGE: Final = 50


class AddressForm(Form):
    """An address of ours."""

    rev = wtforms.HiddenField(default="0")
    address = wtforms.StringField(
        _("E-mail address"),
        description=_("Letters to it become tickets"),
        validators=[InputRequired(_("This is needed here"))],
        render_kw={"type": "email", "maxlength": 254, "autocomplete": "off"},
    )
    name = wtforms.StringField(_("What it is for"), render_kw={"maxlength": 80})
    queue_id = wtforms.SelectField(_("Queue"), choices=[], validate_choice=False)
    unit_id = wtforms.SelectField(
        _("Unit"),
        description=_("Tickets of this address belong to it, whoever writes"),
        choices=[],
        validate_choice=False,
    )
    active = wtforms.BooleanField(_("In use"), default=True)


def _number(text: str | None) -> int:
    """Of a choice; 0 for what is none, which no row has."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


async def show_settings(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/ustawienia/poczta`: addresses, and whether letters come in."""
    post = request.app[POST]
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await store.addresses(tx)
        mailboxes = await sent_store.mailboxes(tx)
        waiting, _newest = await store.waiting(tx)
    return await render(
        request,
        "helpdesk_post/settings.html",
        addresses=found,
        mailboxes=mailboxes if post.settings.imap_host else [],
        imap=bool(post.settings.imap_host),
        listens=request.app.get(LISTENS, post.settings.lmtp),
        scanner=post.files.scanner is not None,
        waiting=waiting,
    )


async def edit_address(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /pomoc/ustawienia/poczta/{address_id}`: 0 makes a new one."""
    actor, address_id = await current_actor(request), int(request.match_info["address_id"])
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        old = await store.address(tx, address_id) if address_id else None
        if address_id and old is None:
            raise NotFound
        queues = await setup_store.things(tx, Queue, active=True)
        units = await intranet.unit_choices(tx)
    form = await read(request, AddressForm, obj=old)
    locale = form.locale
    form.queue_id.choices = [(str(one.id), one.name) for one in queues]
    form.unit_id.choices = [("", locale.gettext("the sender's own")), *((str(one.id), one.name) for one in units)]
    if not form.posted and old is not None:
        form.queue_id.data, form.unit_id.data = str(old.queue_id), str(old.unit_id or "")
    if form.posted and form.validate():
        draft = AddressDraft(
            address=form.address.data or "",
            name=form.name.data or "",
            queue_id=_number(form.queue_id.data),
            unit_id=_number(form.unit_id.data) if form.unit_id.data else None,
            active=bool(form.active.data),
            rev=_number(form.rev.data),
        )
        try:
            await addressing.save_address(request.app[DATABASE], actor, address_id, draft)
        except (Invalid, Conflict) as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(SETTINGS)
    return await render(request, "helpdesk_post/address.html", status=form.status, form=form, old=old)


async def show_letters(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/poczta`: letters that wait for a decision; `?all=1`: every letter."""
    everything = request.query.get("all") == "1"
    before = _number(request.query.get("before")) or None
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await store.letters(tx, waiting_only=not everything, before_id=before, limit=A_PAGE + 1)
        waiting, newest = await store.waiting(tx)
        named = await tickets.tickets(tx, [one.ticket_id for one in found if one.ticket_id])
    return await render(
        request,
        "helpdesk_post/letters.html",
        letters=found[:A_PAGE],
        more=found[A_PAGE - 1].id if len(found) > A_PAGE else None,
        everything=everything,
        waiting=waiting,
        newest=newest,
        tickets={one.id: one for one in named},
        outcomes=OUTCOMES,
        reasons=REASONS,
    )


async def show_letter(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/poczta/{letter_id}`: what it says, as far as it can be read, and what can be done."""
    actor, post = await current_actor(request), request.app[POST]
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        line = await releasing.access_letter(tx, actor, int(request.match_info["letter_id"]))
        withheld = await store.withheld(tx, line.id)
        ticket = await tickets.ticket(tx, line.ticket_id) if line.ticket_id else None
        _stored, raw = await releasing.raw_of(post, tx, line)
    found = await asyncio.to_thread(read_letter, raw, datetime.now(UTC))
    return await render(
        request,
        "helpdesk_post/letter.html",
        letter=line,
        ticket=ticket,
        withheld=withheld,
        text=found.text[:20_000] if isinstance(found, Letter) else "",
        enclosures=[(one.name, len(one.content)) for one in found.enclosures] if isinstance(found, Letter) else [],
        outcomes=OUTCOMES,
        reasons=REASONS,
        vias=VIAS,
        why=WHY_WITHHELD,
        may_decide=actor.has("helpdesk_lead"),
    )


async def send_raw(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/poczta/{letter_id}/raw`: the bytes as they came, as a download that no browser opens."""
    return await raw_answer(request, int(request.match_info["letter_id"]))


async def act(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/poczta/{letter_id}/{verb}`"""
    await require_action(request)
    actor, post = await current_actor(request), request.app[POST]
    letter_id = int(request.match_info["letter_id"])
    back = f"{LETTERS}/{letter_id}"
    said: tuple[str, dict[str, Any]]
    try:
        match request.match_info["verb"]:
            case "ticket":
                ticket = await releasing.make_ticket(post, actor, letter_id)
                await flash(request, _("The letter is ticket %(number)s now"), number=ticket.number)
                return see_other(ticket.desk_path)
            case "discard":
                await releasing.discard(post, actor, letter_id)
                await flash(request, _("Discarded"), undo=f"{back}/restore")
                return see_other(LETTERS)
            case "discard-storm":
                count = await releasing.discard_storm(post, actor, letter_id)
                await flash(request, _("Letters that were discarded: %(count)s"), count=count)
                return see_other(LETTERS)
            case "restore":
                await releasing.restore(post, actor, letter_id)
                said = _("It waits for a decision again"), {}
            case _:
                free = await releasing.check_again(post, actor, letter_id)
                said = (_("Files that came free: %(count)s"), {"count": free}) if free else (_("Nothing came free"), {})
    except Conflict as problem:
        await flash(request, problem.detail, kind="warning")
        return see_other(back)
    await flash(request, said[0], **said[1])
    return see_other(back)
