"""What a server says when it is ready: one JSON line for programs, a short page for people."""

import sys

import msgspec
from rich.console import Console
from rich.table import Table


class Ready(msgspec.Struct, kw_only=True):
    """The line a program waits for. What is not there (nothing on air) is null."""

    ready: bool = True
    http: str
    rtmp: str
    stream_key: str | None
    session: str | None
    hls: str | None
    whip: str | None
    whep: str | None
    logins: dict[str, tuple[str, str]]


def announce(ready: Ready, as_json: bool) -> None:
    """One line for programs, a short page for people."""
    if as_json:
        sys.stdout.write(msgspec.json.encode(ready).decode() + "\n")
        sys.stdout.flush()
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"\n[bold]Gryf is ready:[/bold] {ready.http}")
    if ready.session:
        console.print(f"  session on air  {ready.session}")
        console.print(f"  for an encoder  {ready.rtmp}  key: {ready.stream_key or 'made on the clerk’s desk'}")
    if ready.logins:
        table = Table("who", "login", "password", box=None, pad_edge=True)
        for role, (login, password) in ready.logins.items():
            table.add_row(role, login, password)
        console.print(table)
    console.print("Stop with Ctrl+C.\n")
