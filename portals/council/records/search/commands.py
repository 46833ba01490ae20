"""`run.py search …` on the command line."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Optional

import typer
from aiohttp import web

from app.actor import SYSTEM
from app.database import DATABASE
from portals.council.records.search import actions

Runner = Callable[[str | None, Callable[[web.Application], Awaitable[Any]]], None]
"""(data folder, what to do with the application) → done."""


def search_cli(run: Runner) -> typer.Typer:
    """The group's commands; `run` opens the application for them."""
    group = typer.Typer(help="The search over sessions.", no_args_is_help=True)

    @group.callback()
    def _group() -> None:
        """The search over sessions."""

    @group.command("reindex")
    def reindex(
        data: Annotated[Optional[str], typer.Option("--data", help="Folder in which all state lies.")] = None,
    ) -> None:
        """Make the index anew; people may go on searching meanwhile."""

        async def make(application: web.Application) -> None:
            count = await actions.reindex(application[DATABASE], SYSTEM)
            typer.echo(f"{count} sources were read.")

        run(data, make)

    return group
