"""A key that is the whole app, and a publication asked for while an earlier one is still being read."""

import asyncio

import pytest

from media.rtmp.events import Connected, PublishRequested
from media.rtmp.protocol import ServerConnection, State
from tests.media.rtmp.client import IDR, aac_frame, avc_frame, command, headers, opening
from tests.media.rtmp.test_server import Port, until

AGAIN = command("FCUnpublish", 6, None, "KEY") + command("publish", 7, None, "KEY", "live", stream=1)


@pytest.mark.parametrize("app", ["SECRET", "live/SECRET"])
def test_events_do_not_show_a_key_in_the_server_field(app):
    connected, requested = ServerConnection().feed(opening("", app, f"rtmp://host/{app}"))
    assert isinstance(connected, Connected)
    assert isinstance(requested, PublishRequested)
    assert requested.key == "SECRET"
    assert "SECRET" not in repr([connected, requested])


async def test_a_key_that_is_the_whole_app_never_stands_in_the_log(capsys):
    async with Port() as port:
        await port.say(opening("", "SECRET-7", "rtmp://h/SECRET-7"))
    logged = capsys.readouterr()
    assert "publisher refused" in logged.out + logged.err
    assert "SECRET" not in logged.out + logged.err


async def test_a_second_decision_is_not_forgotten_by_the_first():
    async with Port() as port:
        gate, asked, ask = asyncio.Event(), [], port.streams._authorise

        async def slow(key, address):
            asked.append(key)
            if len(asked) == 2:
                await gate.wait()
            return await ask(key, address)

        port.streams._authorise = slow
        _, writer = await port.connect()
        writer.write(opening() + headers() + avc_frame(0, IDR) + aac_frame(0) + AGAIN)
        await until(lambda: len(asked) == 2)
        (connection,) = port.server._open
        assert connection._rtmp.state is State.DECIDING
        assert not connection._transport.is_reading()
        writer.transport.abort()
        # Reading is paused, so the shell cannot see the reset: end it as the deadline or the server's stop would.
        connection.abort()
        await until(lambda: port.count("connections") == 0)
        gate.set()
        await asyncio.sleep(0)
        assert port.count("publications_total", outcome="accepted") == 1
        assert port.streams.get("s1").publisher is None
