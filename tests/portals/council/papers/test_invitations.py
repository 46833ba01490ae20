"""Invitations: the calendar file, who gets one, what follows a change, what became of each mail."""

import re
from datetime import timedelta

import msgspec
import pytest
from icalendar import Calendar

from app.database import DATABASE
from app.errors import Conflict, Invalid, NotFound
from app.mail import Mail
from portals.council import actions as council
from portals.council.members import actions as members
from portals.council.members.model import CouncillorDraft
from portals.council.model import SessionDraft
from portals.council.papers import invitation_store, invitations
from portals.council.planning import actions as planning
from tests.portals.council.stage import CLERK, OTHERS, audited

FINANCE = 5
"""The demo's meeting of a committee with five members."""


async def mails(app) -> list[Mail]:
    async with app[DATABASE].transaction() as tx:
        rows = await tx.records(
            "SELECT content FROM mail JOIN council_invitation ON mail_id = mail.id ORDER BY council_invitation.id"
        )
    return [msgspec.msgpack.decode(row["content"], type=Mail) for row in rows]


def event_of(mail: Mail):
    (attachment,) = mail.attachments
    assert attachment.type == "text/calendar"
    calendar = Calendar.from_ical(attachment.content)
    assert attachment.parameters["method"] == str(calendar["method"])
    assert all(len(line) <= 75 for line in attachment.content.split(b"\r\n"))
    return calendar, next(one for one in calendar.walk("VEVENT"))


@pytest.fixture
async def app(site):
    async with site.app[DATABASE].transaction() as tx:
        ids = [
            row["id"]
            for row in await tx.records(
                "SELECT councillor_id AS id FROM council_committee_member WHERE committee_id = 1 ORDER BY councillor_id"
            )
        ]
    for number, councillor_id in enumerate(ids):
        async with site.app[DATABASE].transaction() as tx:
            name = await tx.value("SELECT name FROM councillor WHERE id = $1", councillor_id)
        email = f"radny{number}@gryf.example" if number < 4 else ""  # one has no address
        draft = CouncillorDraft(name, email=email)
        await members.change_councillor(site.app[DATABASE], CLERK, councillor_id, draft)
    return site.app


async def session_of(app, session_id=FINANCE):
    async with app[DATABASE].transaction() as tx:
        return await council.access_session(tx, CLERK, session_id)


async def lines(app):
    async with app[DATABASE].transaction() as tx:
        return await invitations.invitation_lines(tx, await council.access_session(tx, CLERK, FINANCE))


async def test_members_with_an_address_get_a_calendar_file_of_their_own(app):
    session = await session_of(app)
    assert await invitations.send_invitations(app, CLERK, FINANCE) == 4
    sent = await mails(app)
    assert sorted(one.to for one in sent) == [f"radny{number}@gryf.example" for number in range(4)]
    for mail in sent:
        assert session.title in mail.subject
        assert "Opinia o projekcie budżetu na 2027 rok" in mail.text
        assert session.path in mail.text
        calendar, event = event_of(mail)
        assert str(calendar["method"]) == "REQUEST"
        assert str(event["summary"]) == session.title
        assert event["dtstart"].dt == session.planned_at
        assert event["dtend"].dt - event["dtstart"].dt == timedelta(minutes=240)
        assert str(event["location"]) == "Ratusz, sala 212, pl. Zwycięstwa 3"
        assert int(event["sequence"]) == 0
        assert str(event["attendee"]) == f"mailto:{mail.to}"
        assert "1. Opinia o projekcie budżetu" in str(event["description"])
    assert len({str(event_of(one)[1]["uid"]) for one in sent}) == 1
    # nobody waits any more, and the one without an address is told apart
    with pytest.raises(Invalid):
        await invitations.send_invitations(app, CLERK, FINANCE)
    found = await lines(app)
    assert (
        sorted((bool(one.recipient.address), one.newest is not None) for one in found)
        == [(False, False)] + [(True, True)] * 4
    )


async def test_a_change_is_told_with_a_higher_sequence_and_a_cancellation_cancels(app):
    database = app[DATABASE]
    session = await session_of(app)
    await invitations.send_invitations(app, CLERK, FINANCE)
    uid = str(event_of((await mails(app))[0])[1]["uid"])
    draft = SessionDraft(
        "", session.title, session.place, session.planned_at + timedelta(days=1), [], session.committee_id
    )
    await planning.change_details(app, CLERK, FINANCE, draft)
    update = (await mails(app))[4:]
    assert len(update) == 4
    calendar, event = event_of(update[0])
    assert (str(calendar["method"]), int(event["sequence"]), str(event["uid"])) == ("REQUEST", 1, uid)
    assert event["dtstart"].dt == session.planned_at + timedelta(days=1)
    # another title is no news
    await planning.change_details(app, CLERK, FINANCE, msgspec.structs.replace(draft, title="Inny tytuł"))
    assert len(await mails(app)) == 8
    await planning.call_off(app, CLERK, FINANCE, "choroba referenta")
    off = (await mails(app))[8:]
    assert len(off) == 4
    assert "choroba referenta" in off[0].text
    calendar, event = event_of(off[0])
    assert (str(calendar["method"]), int(event["sequence"]), str(event["status"])) == ("CANCEL", 2, "CANCELLED")
    assert str(event["uid"]) == uid
    with pytest.raises(Conflict):
        await invitations.send_invitations(app, CLERK, FINANCE)
    await planning.restore_session(app, CLERK, FINANCE)
    again = (await mails(app))[12:]
    assert [int(event_of(one)[1]["sequence"]) for one in again] == [3] * 4
    assert {one for one in await audited(database) if one.startswith("invitation.")} == {
        "invitation.send",
        "invitation.update",
        "invitation.cancellation",
    }


async def test_whoever_was_not_invited_hears_nothing_of_changes(app):
    await planning.call_off(app, CLERK, FINANCE, "choroba")
    assert await mails(app) == []


async def test_one_person_is_invited_once_more_and_the_state_of_each_mail_is_known(app):
    await invitations.send_invitations(app, CLERK, FINANCE)
    first = next(one.recipient for one in await lines(app) if one.recipient.address)
    assert await invitations.send_invitations(app, CLERK, FINANCE, [first.councillor_id]) == 1
    async with app[DATABASE].transaction() as tx:
        newest, *older = await invitation_store.invitations(tx, FINANCE)
        assert (newest.name, newest.state, len(older)) == (first.name, "waiting", 4)
        await tx.execute(
            "UPDATE mail SET sent_at = now(), content = NULL WHERE id = (SELECT mail_id FROM council_invitation WHERE id = $1)",
            newest.id,
        )
        await tx.execute(
            "UPDATE mail SET refused_at = now(), content = NULL, reason = '550 nie ma takiego adresu' WHERE id = (SELECT mail_id FROM council_invitation WHERE id = $1)",
            older[0].id,
        )
        await tx.execute(
            "DELETE FROM mail WHERE id = (SELECT mail_id FROM council_invitation WHERE id = $1)", older[1].id
        )
        found = await invitation_store.invitations(tx, FINANCE)
    assert [(one.state, one.reason) for one in found[:4]] == [
        ("sent", ""),
        ("refused", "550 nie ma takiego adresu"),
        ("sent", ""),
        ("waiting", ""),
    ]


async def test_only_the_office_invites(app, site):
    for actor in OTHERS:
        with pytest.raises(NotFound):
            await invitations.send_invitations(app, actor, FINANCE)
    assert await mails(app) == []
    path = f"/council/desk/{FINANCE}/invitations"
    async with site.client("clerk") as clerk:
        async with clerk.get(path) as answer:
            page = await answer.text()
            assert "radny0@gryf.example" in page
            token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        async with clerk.post(path, data={"csrf_token": token}, allow_redirects=False) as answer:
            assert answer.status == 303
        async with clerk.post(path, data={"csrf_token": token}, allow_redirects=False) as answer:
            assert answer.status == 422
    assert len(await mails(app)) == 4
