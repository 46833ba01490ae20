"""Brings Debian's Chromium for the browser tests where apt may be used; elsewhere says in one line what is skipped."""

import os
import shutil
import subprocess


def main() -> int:
    if shutil.which("chromium"):
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium for the browser tests …")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
            subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not shutil.which("chromium"):
        print("No Chromium here and no way to install it: the browser tests will be skipped.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
