"""`run.py user …` on the command line."""

from typing import Annotated, Optional

import typer
from aiohttp import web

from app.command_line import ConfigFile, Data, InApplication
from app.identity import commands
from app.identity.model import NewAccount

Login = Annotated[str, typer.Argument(help="Name to sign in with.")]


def account_cli(run: InApplication) -> typer.Typer:
    """The group's commands; `run` opens the application for them."""
    group = typer.Typer(help="Accounts.", no_args_is_help=True)

    @group.command("create")
    def create(
        login: Login,
        name: Annotated[str, typer.Option(help="Name that others see.")],
        email: Annotated[str, typer.Option(help="Address for mail.")] = "",
        role: Annotated[Optional[list[str]], typer.Option(help="Role in the whole city; may be repeated.")] = None,
        data: Data = None,
        config: ConfigFile = None,
    ) -> None:
        """Open an account; prints its first password."""

        async def make(application: web.Application) -> None:
            new = NewAccount(login=login, name=name, email=email or None)
            made = await commands.create_user(application, new, role or ())
            typer.echo(
                f"Account {made.account.login} created. Password, to be changed at the first sign-in: {made.password}"
            )

        run(data, config, make)

    @group.command("reset")
    def reset(
        login: Login,
        drop_second_factor: Annotated[bool, typer.Option(help="Take the second factor away too.")] = False,
        data: Data = None,
        config: ConfigFile = None,
    ) -> None:
        """Give an account a new password; prints it."""

        async def renew(application: web.Application) -> None:
            password = await commands.reset_user(application, login, drop_second_factor=drop_second_factor)
            typer.echo(f"Password, to be changed at the first sign-in: {password}")

        run(data, config, renew)

    return group
