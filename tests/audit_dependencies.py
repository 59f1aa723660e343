"""make audit: no locked package has a published advisory; one clear sentence where the advisories cannot be had.

Run: python tests/audit_dependencies.py [--tell]; with --tell an advisory is told and fails nothing, since it comes from
outside at any time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

HOUSE = Path(__file__).parents[1]
SECONDS_MAX = 300
UNREACHABLE = "The published advisories cannot be reached: the dependencies were not audited. Is there a network?"


def main(arguments: Sequence[str]) -> int:
    """0 when nothing is known against them, or when it could not be asked."""
    packages: list[dict[str, Any]] = []
    for file in ("requirements.txt", "requirements-dev.txt"):
        packages += audited(HOUSE / file)
    found, unasked = known(packages), not_audited(packages)
    if len(unasked) == len(packages):
        sys.stderr.write(f"{UNREACHABLE}\n")
    elif unasked:
        sys.stderr.write(f"Not audited, since the advisories do not know them: {', '.join(unasked)}\n")
    for line in found:
        sys.stderr.write(f"{line}\n")
    return 1 if found and "--tell" not in arguments else 0


def audited(file: Path) -> list[dict[str, Any]]:
    """What pip-audit tells of each package of a lock file; nothing when its source cannot be reached."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--timeout", "20"]
    command += ["--disable-pip", "--require-hashes", "-r", str(file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
        told: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return []
    return told


def known(packages: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each advisory."""
    return sorted(
        {
            f"{package['name']} {package['version']}: {advisory['id']}, mended in {', '.join(advisory['fix_versions'])}"
            for package in packages
            for advisory in package.get("vulns", ())
        }
    )


def not_audited(packages: Sequence[dict[str, Any]]) -> list[str]:
    """pip-audit passes over what its source does not answer for, and calls that a success."""
    return [package["name"] for package in packages if "vulns" not in package]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
