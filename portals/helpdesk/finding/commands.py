"""`run.py tickets …` on the command line."""

import typer
from aiohttp import web

from app.actor import SYSTEM
from app.command_line import ConfigFile, Data, InApplication
from app.database import DATABASE
from portals.helpdesk.finding.indexing import reindex


def tickets_cli(run: InApplication) -> typer.Typer:
    """The group's commands; `run` opens the application for them."""
    group = typer.Typer(help="The helpdesk's tickets.", no_args_is_help=True)

    @group.callback()
    def _group() -> None:
        """The helpdesk's tickets."""

    @group.command("reindex")
    def make_anew(data: Data = None, config: ConfigFile = None) -> None:
        """Make the search's words anew; people may go on searching meanwhile."""

        async def make(application: web.Application) -> None:
            count = await reindex(application[DATABASE], SYSTEM)
            typer.echo(f"{count} tickets were read.")

        run(data, config, make)

    return group
