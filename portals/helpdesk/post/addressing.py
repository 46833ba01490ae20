"""Addresses of ours: made and changed by the lead."""

from app.actor import Actor
from app.database import Database
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from app.mail import checked_address
from portals.helpdesk import rules, setup_store
from portals.helpdesk.access import access_setup
from portals.helpdesk.post import store
from portals.helpdesk.post.rows import AddressDraft
from portals.helpdesk.setup_model import Queue


async def save_address(database: Database, actor: Actor, address_id: int, draft: AddressDraft) -> int:
    """Makes an address (`address_id` 0) or changes it; its id. Raises `Invalid` by field, `Conflict`, NotFound."""
    access_setup(actor)
    faults: dict[str, str] = {}
    try:
        address = checked_address(draft.address, "address").lower()
    except Invalid as problem:
        address, faults = "", dict(problem.fields)
    if "+" in address.rpartition("@")[0]:
        faults["address"] = _("Write the address without what stands behind +: letters find it by themselves")
    name = rules.one_line(draft.name)
    if len(name) > 80:
        faults["name"] = rules.TOO_LONG[80]
    async with database.transaction() as tx:
        queue = await setup_store.thing(tx, Queue, draft.queue_id)
        if queue is None or not queue.active:
            faults["queue_id"] = _("Choose one of what is offered")
        if draft.unit_id is not None and not await setup_store.units(tx, [draft.unit_id]):
            faults["unit_id"] = _("Choose one of what is offered")
        if faults:
            raise Invalid(fields=faults)
        if address_id and await store.address(tx, address_id) is None:
            raise NotFound
        checked = AddressDraft(
            address=address,
            name=name,
            queue_id=draft.queue_id,
            unit_id=draft.unit_id,
            active=draft.active,
            rev=draft.rev,
        )
        saved = await store.put_address(tx, address_id, checked)
        if saved is None:
            others = [one for one in await store.addresses(tx) if one.address == address and one.id != address_id]
            if others:
                raise Invalid(fields={"address": _("This address is there already")})
            raise Conflict("Somebody else has changed this in the meantime")
        await tx.audit(actor, "post.save_address", f"helpdesk-address/{saved}", address=address, queue=draft.queue_id)
    return saved
