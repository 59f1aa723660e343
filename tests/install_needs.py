"""Makes sure that the machine has what the tests need beyond the virtual environment; as root it installs what is
missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from databases import programs_folder

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGES: dict[str, Callable[[], object]] = {
    "postgresql": programs_folder,
    "chromium": lambda: shutil.which("chromium"),
    "chromium-driver": lambda: shutil.which("chromedriver"),
    "p7zip-full": lambda: shutil.which("7z") or shutil.which("7zz"),  # opens what our encrypted ZIPs are
}


def main() -> int:
    """0 when everything is there, 1 with the command that installs the rest."""
    missing = [package for package, find in PACKAGES.items() if find() is None]
    if not missing:
        return 0
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.stderr.write(f"The tests need {', '.join(missing)}. As root run: {' '.join(command)}\n")
        return 1
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "--quiet=2"], command):
        if subprocess.run(step, env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
            sys.stderr.write(f"This did not work: {' '.join(step)}. Is there a network?\n")
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
