"""`run.py search …` on the command line."""

import typer
from aiohttp import web

from app.actor import SYSTEM
from app.command_line import ConfigFile, Data, InApplication
from app.database import DATABASE
from portals.council.records.search import actions


def search_cli(run: InApplication) -> typer.Typer:
    """The group's commands; `run` opens the application for them."""
    group = typer.Typer(help="The search over sessions.", no_args_is_help=True)

    @group.callback()
    def _group() -> None:
        """The search over sessions."""

    @group.command("reindex")
    def reindex(data: Data = None, config: ConfigFile = None) -> None:
        """Make the index anew; people may go on searching meanwhile."""

        async def make(application: web.Application) -> None:
            count = await actions.reindex(application[DATABASE], SYSTEM)
            typer.echo(f"{count} sources were read.")

        run(data, config, make)

    return group
