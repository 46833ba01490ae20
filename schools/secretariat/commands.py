"""The command that opens a school: `run.py school add`."""

from datetime import UTC, datetime
from typing import Annotated, Optional, get_args
from zoneinfo import ZoneInfo

import msgspec
import typer
from aiohttp import web

from app.command_line import ConfigFile, Data, InApplication
from app.database import DATABASE
from app.wire import CITY
from schools.secretariat.opening import NewSchool, open_school
from schools.structure.demo import school_year
from schools.structure.model import SchoolKind


def school_cli(run: InApplication) -> typer.Typer:
    """The group's commands; `run` opens the application for them."""
    group = typer.Typer(help="Schools.", no_args_is_help=True)

    @group.callback()
    def _group() -> None:
        """Schools."""

    @group.command("add")
    def add(
        name: Annotated[str, typer.Argument(help="The school's full name.")],
        short: Annotated[str, typer.Option(help="Its short name, for instance «SP 5».")],
        principal: Annotated[str, typer.Option(help="Login of the principal's account, which is there already.")],
        kind: Annotated[str, typer.Option(help=f"One of {', '.join(get_args(SchoolKind))}.")] = "primary",
        number: Annotated[Optional[int], typer.Option(help="Its number, if it has one.")] = None,
        rspo: Annotated[str, typer.Option(help="Its number in the national register (RSPO).")] = "",
        year: Annotated[
            Optional[int], typer.Option(help="In which its first school year here begins; this one by default.")
        ] = None,
        data: Data = None,
        config: ConfigFile = None,
    ) -> None:
        """Open a school: its first year, usual kinds of attendance and bells, and its principal."""

        async def make(application: web.Application) -> None:
            zone = application[CITY].time_zone
            said = {
                "name": name,
                "short_name": short,
                "kind": kind,
                "number": number,
                "rspo": rspo or None,
                "year": year or school_year(datetime.now(UTC).astimezone(ZoneInfo(zone)).date()),
                "principal": principal,
                "time_zone": zone,
            }
            try:
                new = msgspec.convert(said, NewSchool)
            except msgspec.ValidationError as problem:
                typer.echo(f"gryf: {problem}", err=True)
                raise typer.Exit(2) from None
            school_id = await open_school(application[DATABASE], new)
            typer.echo(f"School {school_id} is open: /schools/{school_id}/people")

        run(data, config, make)

    return group
