"""A meeting's picture: on air and off, who may feed it, the guest beside the host."""

from typing import Final

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from media.continuity.mixing import MixState
from media.continuity.model import Slot
from media.hls.marks import Mark
from media.keys import hash_key, new_key, new_stream_id
from media.streams import STREAMS, PublishGrant
from portals.dialog.access import Place, access_block_to_manage, access_block_to_moderate, access_block_to_take_part
from portals.dialog.meeting import key_store, rules, store, views
from portals.dialog.meeting.actions import KIND, NOT_LIVE, finish, tell_hand
from portals.dialog.meeting.model import Hand, Key, Meeting, MeetingChanged, NewKey, room

MARKED: Final = {"answer": "question", "poll": "poll", "guest": "guest"}
"""What stands on the time bar, and as what."""


class Source(msgspec.Struct, frozen=True):
    """What feeds the meeting: encoders that send, what is asked for, where the rehearsal is seen.

    `mixing`: whether host and guest are put into one picture: off, starting, on, failed (the host is seen alone).
    """

    sending: list[str]
    feeding: str
    guest_on_air: bool
    mixing: str
    preview: str | None


async def _subject(tx: Tx, actor: Actor, place: Place, verb: str, **facts: object) -> None:
    await tx.audit(actor, f"meeting.{verb}", f"consultation/{place.consultation.id}", block=place.block.id, **facts)


async def _held(tx: Tx, place: Place) -> Meeting:
    return await store.hold(tx, place.block.id, new_stream_id())


async def start(app: web.Application, actor: Actor, block_id: int) -> Meeting:
    """Goes on air: people see the picture from now on, and it is recorded. Without an encoder it is a live talk."""
    async with app[DATABASE].transaction() as tx:
        place = await access_block_to_moderate(tx, actor, block_id, KIND)
        if (await _held(tx, place)).state != "planned":
            raise Conflict(_("The meeting was started before"))
        if place.stage != "running" or place.consultation.state != "published":
            raise Conflict(_("Start it while its phase runs"))
        meeting = await store.set_state(tx, block_id, "live")
        tx.publish(room(block_id), MeetingChanged(meeting))
        await _subject(tx, actor, place, "start")
        title = place.block.title or place.consultation.title
        tx.after_commit(lambda: _put_on_air(app, meeting.stream_id, title))
        return meeting


def _put_on_air(app: web.Application, stream_id: str, title: str) -> None:
    app[STREAMS].put_on_air(stream_id, title)


async def end(app: web.Application, actor: Actor, block_id: int) -> Meeting:
    """For good; the same address plays the recording from now on."""
    async with app[DATABASE].transaction() as tx:
        place = await access_block_to_moderate(tx, actor, block_id, KIND)
        if (await _held(tx, place)).state != "live":
            raise Conflict(NOT_LIVE)
        await finish(tx, block_id, guests=True)
        meeting = await store.set_state(tx, block_id, "ended")
        tx.publish(room(block_id), MeetingChanged(meeting))
        await _subject(tx, actor, place, "end")
        tx.after_commit(lambda: app[STREAMS].take_off_air(meeting.stream_id))
        return meeting


# keys


async def make_key(database: Database, actor: Actor, block_id: int, label: str) -> NewKey:
    """For the host's encoder or studio page. This answer is the only place where it can be read."""
    label = rules.clean(label) or "Encoder"
    if len(label) > 80:
        raise Invalid(fields={"label": _("This is too long: 80 characters at most")})
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        if (await _held(tx, place)).state == "ended":
            raise Conflict(NOT_LIVE)
        return await _new_key(tx, actor, place, label, None)


async def make_guest_key(database: Database, actor: Actor, block_id: int) -> NewKey:
    """For the page of a guest who was invited; it dies with the invitation."""
    async with database.transaction() as tx:
        place = await access_block_to_take_part(tx, actor, block_id, KIND)
        hand = await store.own_hand(tx, block_id, place.participant_id or 0)
        if hand is None or hand.state not in {"invited", "on_air"}:
            raise Conflict(_("The host has not invited you, or does no longer"))
        return await _new_key(tx, actor, place, "Guest", hand.id)


async def _new_key(tx: Tx, actor: Actor, place: Place, label: str, hand_id: int | None) -> NewKey:
    key = new_key()
    row = await key_store.add_key(tx, place.block.id, hand_id, label, hash_key(key), key[-4:], actor.account_id)
    await _subject(tx, actor, place, "key", key=row.id, hint=row.hint, hand=hand_id)
    return NewKey(row.id, label, key, row.hint)


async def revoke_key(app: web.Application, actor: Actor, block_id: int, key_id: int) -> Key:
    """An encoder that publishes with it is cut."""
    async with app[DATABASE].transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        return await _revoke(app, tx, actor, place, key_id, None)


async def give_guest_key_back(app: web.Application, actor: Actor, block_id: int, key_id: int) -> Key:
    async with app[DATABASE].transaction() as tx:
        place = await access_block_to_take_part(tx, actor, block_id, KIND)
        hand = await store.own_hand(tx, block_id, place.participant_id or 0)
        if hand is None:
            raise NotFound
        return await _revoke(app, tx, actor, place, key_id, hand.id)


async def _revoke(app: web.Application, tx: Tx, actor: Actor, place: Place, key_id: int, hand_id: int | None) -> Key:
    row = await key_store.revoke_key(tx, place.block.id, key_id, hand_id)
    if row is None:
        raise NotFound
    meeting = await store.meeting(tx, place.block.id)
    await _subject(tx, actor, place, "key-revoke", key=key_id, hint=row.hint)
    slot = Slot.PRIMARY if hand_id is None else Slot.BACKUP
    tx.after_commit(lambda: app[STREAMS].revoke(meeting.stream_id, slot=slot))
    return row


# the guest


async def invite(app: web.Application, actor: Actor, block_id: int, hand_id: int) -> Hand:
    """The owner of a raised hand may send picture and sound now. One guest at a time: another one goes."""
    async with app[DATABASE].transaction() as tx:
        place = await access_block_to_moderate(tx, actor, block_id, KIND)
        meeting = await _held(tx, place)
        if meeting.state != "live":
            raise Conflict(NOT_LIVE)
        row = await store.locked_hand(tx, block_id, hand_id)
        if row is None or row.state == "down":
            raise NotFound
        for other in await store.hands(tx, block_id):
            if other.state in {"invited", "on_air"} and other.id != hand_id:
                await tell_hand(tx, await store.set_hand(tx, other.id, "down"))
        row = await store.set_hand(tx, hand_id, "invited")
        await _subject(tx, actor, place, "invite", hand=hand_id)
        tx.after_commit(lambda: _guest_off(app, meeting.stream_id))
        return await tell_hand(tx, row)


async def put_guest_on_air(
    app: web.Application, actor: Actor, block_id: int, hand_id: int, *, on_air: bool, alone: bool = False
) -> Hand:
    """Viewers see and hear host and guest (`alone`: the guest), or the host again. It is marked in the recording."""
    async with app[DATABASE].transaction() as tx:
        place = await access_block_to_moderate(tx, actor, block_id, KIND)
        meeting = await _held(tx, place)
        row = await store.locked_hand(tx, block_id, hand_id)
        if row is None or row.state not in {"invited", "on_air"}:
            raise NotFound
        if on_air and Slot.BACKUP not in app[STREAMS].encoders(meeting.stream_id):
            raise Conflict(_("The guest does not send a picture yet"))
        row = await store.set_hand(tx, hand_id, "on_air" if on_air else "invited")
        await _subject(tx, actor, place, "guest-on" if on_air else "guest-off", hand=hand_id)
        tx.after_commit(lambda: _show_guest(app, meeting.stream_id, on_air=on_air, alone=alone))
        return await tell_hand(tx, row)


def _show_guest(app: web.Application, stream_id: str, *, on_air: bool, alone: bool) -> None:
    app[STREAMS].mix(stream_id, wanted=on_air and not alone)
    app[STREAMS].pin(stream_id, Slot.BACKUP if on_air and alone else None)


async def lower(app: web.Application, actor: Actor, block_id: int, hand_id: int) -> Hand:
    """The host takes a hand off the queue; a guest is cut."""
    async with app[DATABASE].transaction() as tx:
        place = await access_block_to_moderate(tx, actor, block_id, KIND)
        meeting = await _held(tx, place)
        row = await store.locked_hand(tx, block_id, hand_id)
        if row is None or row.state == "down":
            raise NotFound
        if row.state != "up":
            tx.after_commit(lambda: _guest_off(app, meeting.stream_id))
        await _subject(tx, actor, place, "hand-lower", hand=hand_id)
        return await tell_hand(tx, await store.set_hand(tx, hand_id, "down"))


def _guest_off(app: web.Application, stream_id: str) -> None:
    _show_guest(app, stream_id, on_air=False, alone=False)
    app[STREAMS].revoke(stream_id, "the guest's turn has ended", Slot.BACKUP)


async def source(app: web.Application, actor: Actor, block_id: int) -> Source:
    """What feeds the meeting now, for the host."""
    async with app[DATABASE].transaction(readonly=True) as tx:
        await access_block_to_moderate(tx, actor, block_id, KIND)
        stream_id = (await store.meeting(tx, block_id)).stream_id
    streams = app[STREAMS]
    preview, mixing = streams.preview_id(stream_id), streams.mixing(stream_id)
    return Source(
        sorted(slot.value for slot in streams.encoders(stream_id)),
        streams.feeding(stream_id).value,
        streams.pinned(stream_id) is Slot.BACKUP or mixing is not MixState.OFF,
        mixing.value,
        f"/hls/{preview}/index.m3u8" if preview else None,
    )


# what the media core asks


async def authorise_publish(database: Database, key: str) -> PublishGrant | None:
    """What this key may publish, or None."""
    async with database.transaction() as tx:
        owner = await key_store.owner_of_key(tx, hash_key(key))
    if owner is None or owner.state == "ended" or not owner.welcome:
        return None
    slot = Slot.BACKUP if owner.guest else Slot.PRIMARY
    return PublishGrant(stream_id=owner.stream_id, on_air=owner.state == "live", label=owner.label, slot=slot)


async def marks_of(database: Database, stream_id: str) -> list[Mark]:
    """Questions, polls and guests as marks on the picture's time."""
    async with database.transaction(readonly=True) as tx:
        meeting = await key_store.by_stream(tx, stream_id)
        found = await views.moments(tx, meeting.block_id) if meeting is not None else []
    return [
        Mark(one.ref.replace("/", "-"), one.at.timestamp(), None, one.text[:200], MARKED[one.kind])
        for one in found
        if one.kind in MARKED
    ]


async def title_of(database: Database, stream_id: str) -> str:
    async with database.transaction(readonly=True) as tx:
        return await key_store.title_of_stream(tx, stream_id)
