"""Access points that controllers report, and the keys with which they do."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from app.actor import Actor, Grant
from app.errors import Invalid, NotFound, SignInNeeded
from portals.equipment import actions, wifi
from portals.equipment.model import WIFI_ROOM, AccessPointSeen, SeenPoint, SeenReport
from tests.portals.intranet.stage import ADMIN, AGENT, AUDITOR, HEAD, KEEPER, OTHER, RESIDENT, Organisation


async def set_up(database):
    org = await Organisation.set(database)
    point = await org.device(kind="access_point", mac="00:1a:1e:00:00:01", channel=6)
    await org.device(kind="laptop", mac="00:1a:1e:00:00:02")
    return org, point, await wifi.make_key(database, KEEPER, " Kontroler szkół ")


async def test_a_report_says_who_was_seen(database):
    org, point, key = await set_up(database)
    report = SeenReport(
        points=[
            SeenPoint(mac="001A.1E00.0001", channel=36),
            SeenPoint(mac="00:1a:1e:00:00:02"),  # a laptop
            SeenPoint(mac="00:1a:1e:00:00:99"),
            SeenPoint(mac="nonsense"),
            SeenPoint(mac="00:1a:1e:00:00:03", channel=999),
        ]
    )
    answer = await wifi.report_seen(database, key, report)
    assert answer.known == 1
    assert answer.unknown == ["nonsense", "00:1a:1e:00:00:03", "00:1a:1e:00:00:02", "00:1a:1e:00:00:99"]
    view = await actions.show_device(database, HEAD, point.id)
    assert view.device.channel == 36
    assert not wifi.is_silent(view.device, datetime.now(UTC))
    assert wifi.is_silent(view.device, datetime.now(UTC) + timedelta(minutes=31))
    assert [(one.cause, one.by_name) for one in view.history][0] == ("report", "Kontroler szkół")
    await wifi.report_seen(database, key, report)
    assert len((await actions.show_device(database, HEAD, point.id)).history) == 2
    told = [one for one in org.backplane.of(WIFI_ROOM) if isinstance(one, AccessPointSeen)]
    async with database.transaction(readonly=True) as tx:
        fresh = await wifi.wifi_snapshot(tx, AUDITOR, {})
    assert [told[-1].point] == fresh.points


async def test_a_key_that_is_unknown_or_revoked_is_refused(database):
    _org, _point, key = await set_up(database)
    for wrong in ("", "x", key + "x"):
        with pytest.raises(SignInNeeded):
            await wifi.report_seen(database, wrong, SeenReport(points=[]))
    keys = await wifi.list_keys(database, KEEPER)
    assert [(one.label, one.used_at) for one in keys] == [("Kontroler szkół", None)]
    await wifi.report_seen(database, key, SeenReport(points=[]))
    await wifi.revoke_key(database, KEEPER, keys[0].id)
    with pytest.raises(SignInNeeded):
        await wifi.report_seen(database, key, SeenReport(points=[]))
    with pytest.raises(NotFound):
        await wifi.revoke_key(database, KEEPER, keys[0].id)
    assert (await wifi.list_keys(database, ADMIN))[0].revoked_at is not None


async def test_keys_are_for_keepers_of_the_whole_city(database):
    org, _point, _key = await set_up(database)
    own = Actor(account_id=7, name="Jan", login="jan", grants=(Grant("equipment_keeper", org.units["SP 4"].path),))
    for actor in (own, HEAD, AUDITOR, AGENT, RESIDENT):
        for refused in (
            wifi.list_keys(database, actor),
            wifi.make_key(database, actor, "x"),
            wifi.revoke_key(database, actor, 1),
        ):
            with pytest.raises(NotFound):
                await refused
    for label in ("", " ", "x" * 81):
        with pytest.raises(Invalid):
            await wifi.make_key(database, KEEPER, label)
    assert await org.audited("wifi.") == ["wifi.key"]


async def test_access_points_are_seen_by_those_of_the_unit(database):
    _org, point, _key = await set_up(database)
    for actor in (ADMIN, KEEPER, AUDITOR, AGENT, HEAD):
        assert [one.id for one in await wifi.list_access_points(database, actor)] == [point.id]
    for actor in (OTHER, RESIDENT):
        assert await wifi.list_access_points(database, actor) == []
    spare = msgspec.structs.replace(point, state="spare")
    assert wifi.is_silent(point, datetime.now(UTC))
    assert not wifi.is_silent(spare, datetime.now(UTC))
    for actor in (HEAD, OTHER, RESIDENT):
        async with database.transaction(readonly=True) as tx:
            with pytest.raises(NotFound):
                await wifi.wifi_snapshot(tx, actor, {})
