"""Devices, quiet hours, and what becomes of a note when a push service takes it, is gone, or does not answer."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from app import push
from app.actor import Actor
from app.config import City
from app.errors import Invalid, NotFound
from app.i18n import Locales
from app.identity.post import Post
from app.jobs.queue import running
from app.push import actions, jobs, rules, store
from app.push.jobs import SendPush
from app.push.model import Device, PushSettings, Quiet
from app.push.sender import Outcome, PublicResolver, PushSender, judged
from tests.app.push.browser import Browser, PushService

ROOT = Path(__file__).resolve().parents[3]
WARSAW = ZoneInfo("Europe/Warsaw")
JAN = Actor(account_id=1, name="Jan")
OLA = Actor(account_id=2, name="Ola")
NOTE = push.Note(
    ref="comment/1", tag="thread/1", title="Rozmowa o placu", text="Saved", path="/dialog/plac/discussion/1"
)


class Desk:
    """A database with two people, a push service, and the worker's part."""

    def __init__(self, database, service, folder):
        self.database, self.service = database, service
        city = City()
        post = Post(Locales.read(ROOT, city), city, "https://gryf.example")
        self.settings = PushSettings(test_origin=service.origin)
        self.sender = PushSender(self.settings, folder, post)

    async def device(self, actor=JAN, path="/jan"):
        browser = Browser()
        given = browser.device(f"{self.service.origin}{path}")
        number = await actions.add_device(
            self.database, actor, **given, label="Chrome", test_origin=self.service.origin
        )
        return browser, number

    async def tell(self, note=NOTE, account_id=1):
        async with self.database.transaction() as tx:
            return await push.tell(tx, account_id, note)

    async def waiting(self):
        """Jobs with the seconds until they are due."""
        async with self.database.transaction() as tx:
            rows = await tx.records(
                "SELECT payload, extract(epoch FROM execute_after - now())::int AS wait FROM pgqueuer"
                " WHERE entrypoint = 'push.send' ORDER BY id"
            )
        return [(msgspec.json.decode(row["payload"], type=SendPush), row["wait"]) for row in rows]

    async def work(self):
        """Does what waits, whenever it is due; what that queues waits."""
        found = [payload for payload, _wait in await self.waiting()]
        await self.execute("DELETE FROM pgqueuer")
        for payload in found:
            with running(1, (self.sender,)):
                await jobs.SEND_PUSH.run(self.database, payload)
        return len(found)

    async def execute(self, sql, *values):
        async with self.database.transaction() as tx:
            await tx.execute(sql, *values)

    async def devices(self, actor=JAN):
        async with self.database.transaction() as tx:
            return await store.devices(tx, actor.account_id)


@pytest.fixture
async def desk(database, tmp_path):
    async with database.transaction() as tx:
        for name in ("jan", "ola"):
            await tx.execute(
                "INSERT INTO account (login, name, folded, language) VALUES ($1, $1, $1, 'pl')",
                name,
            )
    async with PushService() as service:
        yield Desk(database, service, tmp_path)


async def test_a_note_reaches_each_browser_once_and_says_nothing_of_anybody(desk):
    browser, _number = await desk.device()
    second, _number = await desk.device(path="/telefon")
    assert not await desk.tell(account_id=2)  # no browser of hers
    assert await desk.tell()
    assert not await desk.tell()  # the same thing again
    assert await desk.work() == 2
    (path, headers, body), (_path, _headers, other) = desk.service.taken
    assert path == "/jan"
    told = msgspec.json.decode(browser.reads(body))
    assert told == {
        "title": "Rozmowa o placu", "body": "Zapisano", "path": "/dialog/plac/discussion/1", "tag": "thread/1"
    }  # fmt: skip
    assert msgspec.json.decode(second.reads(other)) == told
    assert (headers["Content-Encoding"], headers["TTL"]) == ("aes128gcm", "86400")
    assert headers["Authorization"].endswith(f"k={desk.sender.public_key}")
    assert "Cookie" not in headers
    assert all(one.told_at for one in await desk.devices())


async def test_a_browser_that_is_gone_is_forgotten(desk):
    for path in ("/weg", "/tot", "/da"):
        await desk.device(path=path)
    desk.service.answers = lambda path: {"/weg": 404, "/tot": 410}.get(path, 201)
    await desk.tell()
    await desk.work()
    assert [one.endpoint.rpartition("/")[2] for one in await desk.devices()] == ["da"]
    assert await desk.waiting() == []


async def test_a_service_that_fails_is_tried_again_and_nobody_waits_for_it(desk):
    browser, _number = await desk.device()
    await desk.tell()
    desk.service.answers, desk.service.headers = (lambda _path: 503), {"Retry-After": "300"}
    await desk.work()
    ((payload, wait),) = await desk.waiting()
    assert (payload.attempt, 290 < wait <= 300) == (1, True)
    await desk.work()  # too early: it is not asked
    assert len(desk.service.taken) == 1
    ((payload, wait),) = await desk.waiting()
    assert (payload.attempt, wait > 200) == (1, True)
    await desk.execute("UPDATE push_service SET paused_until = now() - interval '1 second'")
    desk.service.answers, desk.service.headers = (lambda _path: 201), {}
    await desk.work()
    assert msgspec.json.decode(browser.reads(desk.service.taken[-1][2]))["tag"] == "thread/1"
    assert await desk.waiting() == []


async def test_it_gives_up_after_its_attempts_and_after_a_day(desk):
    await desk.device()
    await desk.tell()
    desk.service.answers = lambda _path: 500
    for attempt in range(1, rules.MOST_ATTEMPTS):
        await desk.execute("DELETE FROM push_service")
        await desk.work()
        assert [one.attempt for one, _wait in await desk.waiting()] == [attempt]
    await desk.execute("DELETE FROM push_service")
    await desk.work()
    assert await desk.waiting() == []
    await desk.tell(msgspec.structs.replace(NOTE, ref="comment/2"))
    await desk.execute("UPDATE push_message SET at = at - interval '25 hours'")
    before = len(desk.service.taken)
    await desk.work()
    assert (len(desk.service.taken), await desk.waiting()) == (before, [])


async def test_what_was_taken_back_and_who_was_disabled_is_not_told(desk):
    await desk.device()
    await desk.tell()
    async with desk.database.transaction() as tx:
        await push.take_back(tx, NOTE.ref)
    await desk.work()
    assert desk.service.taken == []
    await desk.tell()
    await desk.execute("UPDATE account SET disabled_at = now() WHERE id = 1")
    await desk.work()
    assert desk.service.taken == []
    assert not await desk.tell(msgspec.structs.replace(NOTE, ref="comment/3"))


async def test_a_browser_belongs_to_who_said_yes_last_and_only_they_switch_it_off(desk):
    browser, number = await desk.device()
    with pytest.raises(NotFound):
        await actions.forget_device(desk.database, OLA, number)
    await actions.forget_endpoint(desk.database, OLA, f"{desk.service.origin}/jan")
    assert len(await desk.devices()) == 1
    await desk.tell()
    await actions.add_device(
        desk.database, OLA, **browser.device(f"{desk.service.origin}/jan"), label="", test_origin=desk.service.origin
    )
    assert (len(await desk.devices()), len(await desk.devices(OLA))) == (0, 1)
    await desk.work()  # Jan's note does not come up on Ola's screen
    assert desk.service.taken == []
    await actions.forget_device(desk.database, OLA, number)
    assert await desk.devices(OLA) == []
    for act in (
        actions.forget_device(desk.database, Actor(), 1),
        actions.set_quiet(desk.database, Actor(), on=True),
    ):
        with pytest.raises(NotFound):
            await act


async def test_only_public_push_services_are_called(desk):
    for wrong in (
        "http://push.example/1", "https://127.0.0.1/1", "https://10.1.2.3/1", "https://[::1]/1", "https://localhost/1",
        "https://169.254.169.254/latest", "https://[::ffff:10.0.0.1]/1", "https://push.example:8443/1",
        "https://jan:x@push.example/1", "https://router/1", "ftp://push.example/1", "", "https://", "x" * 1200,
        "http://127.0.0.1:1/1", "https://[64:ff9b::a00:1]/1", "https://2130706433/",
    ):  # fmt: skip
        with pytest.raises(Invalid) as problem:
            await actions.add_device(
                desk.database, JAN, wrong, *list(Browser().device("").values())[1:], "", desk.service.origin
            )
        assert list(problem.value.fields) == ["endpoint"], wrong
    for public in ("https://fcm.googleapis.com/fcm/send/x:y", "https://updates.push.services.mozilla.com/wpush/v2/x"):
        assert rules.is_endpoint(public)
    assert not rules.is_public(ip_address("::ffff:192.168.1.1"))
    for keys in (("x", "y"), ("BA", "BTBZMqHH6r4Tts7J_aSIgg"), (Browser().device("")["public_key"], "AAAA")):
        with pytest.raises(Invalid) as problem:
            await actions.add_device(desk.database, JAN, "https://push.example/1", *keys, "", "")
        assert list(problem.value.fields) == ["keys"]


async def test_a_name_that_leads_inside_leads_nowhere(desk):
    class Names:
        found = ("10.0.0.5",)

        async def resolve(self, host, port=0, family=0):
            return [
                {"hostname": host, "host": one, "port": port, "family": family, "proto": 0, "flags": 0}
                for one in self.found
            ]

        async def close(self):
            pass

    names = Names()
    with pytest.raises(OSError, match="not a public address"):
        await PublicResolver(names).resolve("push.example", 443)
    names.found = ("142.250.1.1", "127.0.0.1")  # one good one does not excuse the other
    with pytest.raises(OSError, match="not a public address"):
        await PublicResolver(names).resolve("push.example", 443)
    names.found = ("142.250.1.1",)
    assert len(await PublicResolver(names).resolve("push.example", 443)) == 1
    browser = Browser()
    stored = Device(
        id=1, account_id=1, endpoint="https://10.0.0.5/x", public_key=browser.point, auth=browser.auth, label="",
        added_at=datetime.now(UTC), told_at=None,
    )  # fmt: skip
    assert (await desk.sender.send(stored, b"{}", rules.LATEST)).outcome is Outcome.REFUSED  # a row from elsewhere


async def test_quiet_hours_hold_a_note_until_they_end(desk):
    await desk.device()
    now = datetime.now(WARSAW)
    start, end = now - timedelta(hours=1), now + timedelta(hours=1)
    await actions.set_quiet(desk.database, JAN, on=True, start=f"{start:%H:%M}", end=f"{end:%H:%M}")
    await desk.tell()
    await desk.work()
    assert desk.service.taken == []
    ((payload, wait),) = await desk.waiting()
    left = (end.astimezone(UTC) - now.astimezone(UTC)).total_seconds()  # an hour, but in the night of a clock's change
    assert (payload.attempt, left - 200 < wait <= left) == (0, True)
    await actions.set_quiet(desk.database, JAN, on=False)
    await desk.work()
    assert len(desk.service.taken) == 1
    for start, end, fields in (("25:00", "x", {"quiet_from", "quiet_until"}), ("07:00", "07:00", {"quiet_until"})):
        with pytest.raises(Invalid) as problem:
            await actions.set_quiet(desk.database, JAN, on=True, start=start, end=end)
        assert set(problem.value.fields) == fields


def test_quiet_hours_pass_midnight_and_the_nights_on_which_clocks_change():
    night = Quiet(22 * 60, 7 * 60)

    def left(*when, quiet=night, fold=0):
        return rules.quiet_left(quiet, datetime(*when, tzinfo=WARSAW, fold=fold), WARSAW)

    hour = timedelta(hours=1)
    assert left(2026, 11, 29, 21, 59) == timedelta()
    assert left(2026, 11, 29, 22, 0) == 9 * hour
    assert left(2026, 11, 30, 6, 59) == timedelta(minutes=1)
    assert left(2026, 11, 30, 7, 0) == timedelta()
    assert left(2026, 3, 28, 22, 0) == 8 * hour  # the night has an hour less
    assert left(2026, 10, 24, 22, 0) == 10 * hour
    assert left(2026, 11, 29, 12, 0, quiet=Quiet(8 * 60, 16 * 60)) == 4 * hour
    assert left(2026, 11, 29, 12, 0, quiet=None) == timedelta()


def test_what_a_push_service_says():
    said = {201: "taken", 404: "gone", 410: "gone", 429: "delayed", 503: "delayed", 400: "refused", 302: "refused"}
    assert {status: judged(status, {}).outcome.value for status in said} == said
    assert judged(429, {"Retry-After": "99999"}).after_s == 3600
    assert judged(429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}).after_s == 0


async def test_an_account_has_at_most_twenty_browsers(desk):
    for number in range(rules.MOST_DEVICES + 1):
        await desk.execute("DELETE FROM throttle")
        await desk.device(path=f"/{number}")
    assert [one.endpoint.rpartition("/")[2] for one in await desk.devices()] == [str(one) for one in range(20, 0, -1)]
