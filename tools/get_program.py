"""Brings a program that tests use from Debian, where apt may be used; elsewhere says in one line what is skipped."""

import os
import shutil
import subprocess
import sys

PROGRAMS = {
    "chromium": ("chromium", "the browser tests"),
    "nginx": ("nginx-light", "the tests behind nginx"),
}
"""Package, and what needs it."""


def find(program: str) -> str | None:
    """Where it lies; servers of Debian are not on everybody's path."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")


def main(program: str) -> int:
    package, purpose = PROGRAMS[program]
    if find(program):
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {package} for {purpose} …")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", package]):
            subprocess.run(
                ["apt-get", *command],
                env=environment,
                check=False,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    if not find(program):
        print(f"No {program} here and no way to install it: {purpose} will be skipped.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
