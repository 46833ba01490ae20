"""Settings: one file and the environment, each setting typed and described where it is declared.

Every layer declares its own section as a frozen `msgspec.Struct`; a field `port` of section `media` is read from
`GRYF_MEDIA_PORT`, else from `port` under `[media]` in the settings file, else it has its default. Fields of the section
`city` and of `server` work alike. Secrets may come from a file: `GRYF_MAIL_PASSWORD_FILE`.
"""

import os
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_origin

import msgspec

from app.errors import ConfigurationError

Described = msgspec.Meta
"""`Annotated[int, Described(description="…")]`: the description is what docs/operate.md must hold."""

Section = TypeVar("Section", bound=msgspec.Struct)


class City(msgspec.Struct, frozen=True):
    """Who runs this installation. Nothing of it is in the code."""

    name: Annotated[str, Described(description="Name of the city, as it stands in the page's header.")] = "Miasto"
    office: Annotated[str, Described(description="Name of the office, for mail and footers.")] = "Urząd Miejski"
    time_zone: Annotated[str, Described(description="IANA time zone in which all times are shown.")] = "Europe/Warsaw"
    languages: Annotated[tuple[str, ...], Described(description="Languages offered, the first is the default.")] = (
        "pl",
        "en",
        "uk",
    )
    contact: Annotated[str, Described(description="Address for questions about the service, shown in the footer.")] = ""


class Role(StrEnum):
    """What a process is there for."""

    ALL = "all"
    MEDIA = "media"
    WEB = "web"


class Server(msgspec.Struct, frozen=True):
    """The web server and where it keeps its state."""

    host: Annotated[str, Described(description="Address to listen on for HTTP.")] = "127.0.0.1"
    port: Annotated[int, Described(description="Port for HTTP; 0 takes a free one.")] = 8080
    data: Annotated[str, Described(description="Folder in which all state lies.")] = "data"
    public_url: Annotated[
        str,
        Described(description="Address people use, such as https://sesje.example.pl; empty: taken from host and port."),
    ] = ""
    database_url: Annotated[
        str,
        Described(
            description="PostgreSQL address; empty: one is started under the data folder. DATABASE_URL works too."
        ),
    ] = ""
    database_pool: Annotated[int, Described(description="Most connections to the database from one process.")] = 20
    trusted_proxies: Annotated[
        tuple[str, ...],
        Described(
            description="Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."
        ),
    ] = ()
    secure_cookies: Annotated[
        bool, Described(description="Mark cookies Secure and send HSTS; on by itself when public_url is https.")
    ] = False
    log_format: Annotated[str, Described(description="`text` for people or `json` for collectors.")] = "text"
    log_level: Annotated[str, Described(description="debug, info, warning or error.")] = "info"
    role: Annotated[
        Role,
        Described(
            description="`all`: everything in one process. `media`: carries streams, records and runs jobs. `web`: "
            "pages, API and live sockets."
        ),
    ] = Role.ALL
    media_url: Annotated[
        str, Described(description="Where a web node reaches the media node, such as http://127.0.0.1:8081.")
    ] = ""
    worker: Annotated[bool, Described(description="`serve` starts a worker process for background jobs.")] = True
    workers: Annotated[
        int,
        msgspec.Meta(ge=0, le=64),
        Described(
            description="Web processes that share the port, in front of the one that carries streams; 0: one process "
            "does it all."
        ),
    ] = 0
    reuse_port: Annotated[
        bool, Described(description="Other processes may listen on the same port; `workers` sets it for its own.")
    ] = False


class Sources(msgspec.Struct, frozen=True):
    """Where settings come from: the parsed file and the environment."""

    file: dict[str, Any]
    environment: dict[str, str]


def read_sources(path: Path | None, environment: Mapping[str, str] | None = None) -> Sources:
    """Reads the settings file (TOML) once. A path that was named and is not there is an error; None means no file."""
    env = dict(os.environ if environment is None else environment)
    if path is None:
        return Sources(file={}, environment=env)
    try:
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"settings file {path} does not exist") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise ConfigurationError(f"settings file {path}: {problem}") from None
    return Sources(file=parsed, environment=env)


def load_section(
    kind: type[Section],
    name: str,
    sources: Sources,
    defaults: Mapping[str, object] | None = None,
    **overrides: object,
) -> Section:
    """One section, checked. `overrides` (from the command line) win where they are not None; `defaults` lose to all.

    Raises `ConfigurationError` that names the setting and what is wrong with it.
    """
    known = {field.name for field in msgspec.structs.fields(kind)}
    table = sources.file.get(name, {})
    if not isinstance(table, dict):
        raise ConfigurationError(f"[{name}] in the settings file must be a table")
    unknown = sorted(set(table) - known)
    if unknown:
        raise ConfigurationError(f"[{name}] in the settings file: unknown setting {', '.join(unknown)}")
    values: dict[str, Any] = {**(defaults or {}), **table}
    for field in known:
        text = _from_environment(name, field, sources.environment)
        if text is not None:
            values[field] = text
    values.update({key: value for key, value in overrides.items() if value is not None})
    values = {
        field.name: _split(values[field.name], field.type)
        for field in msgspec.structs.fields(kind)
        if field.name in values
    }
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as problem:
        raise ConfigurationError(f"[{name}]: {problem}") from None


def check_file_sections(sources: Sources, known: set[str]) -> None:
    """A section that nothing reads is a spelling mistake: say so."""
    unknown = sorted(set(sources.file) - known)
    if unknown:
        raise ConfigurationError(f"settings file: unknown section {', '.join(f'[{name}]' for name in unknown)}")


def _from_environment(section: str, field: str, environment: Mapping[str, str]) -> str | None:
    variable = f"GRYF_{section}_{field}".upper()
    if variable in environment:
        return environment[variable]
    path = environment.get(f"{variable}_FILE")
    if path is not None:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as problem:
            raise ConfigurationError(f"{variable}_FILE: {problem}") from None
    if variable == "GRYF_SERVER_DATABASE_URL":
        return environment.get("DATABASE_URL")
    return None


def _split(value: object, kind: object) -> object:
    """A list in the environment is written with commas."""
    bare = kind.__origin__ if get_origin(kind) is Annotated else kind  # type: ignore[attr-defined]  # Annotated has it
    if isinstance(value, str) and get_origin(bare) is tuple:
        return [part.strip() for part in value.split(",") if part.strip()]
    return value
