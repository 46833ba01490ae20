"""Commands of accounts and stream keys, as an operator types them; what they do runs in the product."""

import re

import pytest
from typer import Typer
from typer.testing import CliRunner

from app.database import DATABASE
from app.identity.account_cli import account_cli
from portals.council.key_cli import key_cli


class Typed:
    """Runs a group's commands: what they would do in an application is kept, to be done in that of the test."""

    def __init__(self, make) -> None:
        self.asked = []
        self.cli = Typer()
        self.cli.add_typer(make(lambda *asked: self.asked.append(asked)), name="group")

    async def __call__(self, app, *words: str) -> tuple[str | None, str | None]:
        done = CliRunner().invoke(self.cli, ["group", *words])
        assert done.exit_code == 0, done.output
        data, config, body = self.asked.pop()
        await body(app)
        return data, config and str(config)


async def test_an_account_is_opened_and_gets_a_new_password(site, capsys):
    typed = Typed(account_cli)
    words = ("create", "zofia.zuk", "--name", "Zofia Żuk", "--email", "zofia@gryf.example", "--role", "clerk")
    assert await typed(site.app, *words, "--data", "here", "--config", "gryf.toml") == ("here", "gryf.toml")
    first = re.search(r"Account zofia.zuk created\. .* sign-in: (\S+)", capsys.readouterr().out)[1]
    assert await typed(site.app, "reset", "zofia.zuk") == (None, None)
    second = re.search(r"sign-in: (\S+)", capsys.readouterr().out)[1]
    async with site.client() as client:
        for password, status in ((first, 422), (second, 200)):
            async with client.post("/api/sign-in", json={"login": "zofia.zuk", "password": password}) as answer:
                assert answer.status == status, await answer.text()


async def test_a_stream_key_is_made_and_revoked(site, capsys):
    typed = Typed(key_cli)
    slug = await site.app[DATABASE].pool.fetchval("SELECT slug FROM council_session WHERE state = 'live'")
    await typed(site.app, "create", slug, "--label", "zapasowy", "--slot", "backup")
    number, key = re.search(r"Key (\d+) \(zapasowy\): (\S+)", capsys.readouterr().out).groups()
    assert len(key) > 20
    await typed(site.app, "revoke", slug, number)
    assert f"Key {number} (zapasowy) is revoked." in capsys.readouterr().out


@pytest.mark.parametrize("words", [["create"], ["create", "zofia"], ["reset"], ["nothing"]])
def test_what_is_missing_is_said(words):
    done = CliRunner().invoke(Typed(account_cli).cli, ["group", *words])
    assert done.exit_code == 2
    assert re.search(r"Missing (argument|option)|No such command", done.output)
