"""`run.py stream-key …` on the command line."""

from typing import Annotated

import typer
from aiohttp import web

from app.actor import SYSTEM
from app.command_line import ConfigFile, Data, InApplication
from app.database import DATABASE
from media.continuity.model import Slot
from portals.council import actions


def key_cli(run: InApplication) -> typer.Typer:
    """The group's commands; `run` opens the application for them."""
    group = typer.Typer(help="Stream keys of council sessions.", no_args_is_help=True)

    @group.command("create")
    def create(
        session: Annotated[
            str, typer.Argument(help="Last part of the session's address, for instance xxxi-2026-11-25.")
        ],
        label: Annotated[str, typer.Option(help="What the key is for.")] = "",
        slot: Annotated[Slot, typer.Option(help="Whether it is for the backup encoder.")] = Slot.PRIMARY,
        data: Data = None,
        config: ConfigFile = None,
    ) -> None:
        """Make a stream key; prints it once."""

        async def make(application: web.Application) -> None:
            key = await actions.create_key_by_slug(application[DATABASE], SYSTEM, session, label, slot)
            typer.echo(f"Key {key.id} ({key.label}): {key.key}")

        run(data, config, make)

    @group.command("revoke")
    def revoke(
        session: Annotated[str, typer.Argument(help="Last part of the session's address.")],
        key_id: Annotated[int, typer.Argument(help="Number of the key.")],
        data: Data = None,
        config: ConfigFile = None,
    ) -> None:
        """Revoke a stream key; a running server turns its encoder away at the next connection."""

        async def take_back(application: web.Application) -> None:
            key = await actions.revoke_key_by_slug(application, SYSTEM, session, key_id)
            typer.echo(f"Key {key.id} ({key.label}) is revoked.")

        run(data, config, take_back)

    return group
