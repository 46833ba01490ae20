"""Makes the virtual environment, and says in one line what a bare Debian lacks for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def main(folder: str) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036  # runs on whatever `python3` is
        print(f"Gryf needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}", file=sys.stderr)
        return 1
    result = subprocess.run([sys.executable, "-m", "venv", folder], capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return 0
    shutil.rmtree(Path(folder), ignore_errors=True)
    package = f"python3.{sys.version_info.minor}-venv"
    if "ensurepip" in result.stdout + result.stderr and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {package} …")
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", package], check=False, stdout=subprocess.DEVNULL)
        return subprocess.run([sys.executable, "-m", "venv", folder], check=False).returncode
    print(f"The virtual environment cannot be made; try: sudo apt-get install {package}", file=sys.stderr)
    print((result.stdout + result.stderr).strip(), file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
