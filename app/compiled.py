"""Templates compiled once: kept in the data folder for every language, process and restart, and made ahead by a child.

Compiling one takes 20 to 400 ms of the loop, a first page needs five of them. `python -m app.compiled FOLDER
NAME=TEMPLATES …` compiles all that are not there yet, the shell's first; `serve` starts it beside the server.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import jinja2
from jinja2.bccache import Bucket

FIRST: Final = ("app/", "council/", "dialog/", "discussion/", "identity/")
"""What the first visitors are likely to open."""
EXTENSIONS: Final = ("jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols")


class Compiled(jinja2.BytecodeCache):
    """A file for each template; whatever is wrong with it (stale, torn, no room), the template is compiled anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / _edition()

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            bucket.bytecode_from_string(self._path(bucket).read_bytes())
        except (OSError, EOFError, ValueError, TypeError):
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Readers find a whole file or none."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # what lies in it is run
            number, name = tempfile.mkstemp(dir=self.folder)
        except OSError:
            return
        made = Path(name)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(bucket.bytecode_to_string())
            made.replace(self._path(bucket))
        except OSError:
            made.unlink(missing_ok=True)

    def _path(self, bucket: Bucket) -> Path:
        return self.folder / bucket.key


def environment(folders: Mapping[str, Path], compiled: Path | None, *, auto_reload: bool = False) -> jinja2.Environment:
    """Of all templates, named `<feature>/<file>`. What is compiled holds for each language laid over it."""
    made = jinja2.Environment(
        loader=jinja2.PrefixLoader({name: jinja2.FileSystemLoader(folder) for name, folder in folders.items()}),
        autoescape=jinja2.select_autoescape(("html", "xml", "svg")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=auto_reload,
        cache_size=-1,
        extensions=list(EXTENSIONS),
        bytecode_cache=Compiled(compiled) if compiled is not None else None,
    )
    made.policies["ext.i18n.trimmed"] = True
    return made


def compile_all(folders: Mapping[str, Path], compiled: Path) -> int:
    """Returns how many templates there are; 0 where another process is at it."""
    compiled.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (compiled / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return 0
        templates = environment(folders, compiled)
        for other in compiled.iterdir():
            if other.is_dir() and other.name != _edition():
                shutil.rmtree(other, ignore_errors=True)
        order = {start: turn for turn, start in enumerate(FIRST)}
        names = sorted(
            templates.list_templates(), key=lambda name: (order.get(name.split("/")[0] + "/", len(order)), name)
        )
        for name in names:
            templates.get_template(name)
        return len(names)


def _edition() -> str:
    """Files of another edition of this module, of Jinja or of Python stay unread."""
    edition = f"{jinja2.__version__} {sys.version}".encode()
    return hashlib.sha256(Path(__file__).read_bytes() + edition).hexdigest()[:16]


def _step_aside() -> None:
    """Takes of the processor what nobody else wants: a page that needs a template sooner compiles it itself.

    By niceness alone it would still get slices of 4 ms in the middle of the server's writing.
    """
    os.nice(19)
    with contextlib.suppress(AttributeError, OSError):  # Linux has it
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def main(words: Sequence[str]) -> int:
    _step_aside()
    folder, *named = words
    compile_all({name: Path(path) for name, _, path in (one.partition("=") for one in named)}, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
