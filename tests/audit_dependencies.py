"""make audit: no locked package has a published advisory; one clear sentence where the advisories cannot be reached."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).parents[1]
SECONDS_MAX = 300
UNREACHABLE = "The published advisories cannot be reached: the dependencies were not audited. Is there a network?"


def main() -> int:
    """0 when nothing is known against them, or when it could not be asked."""
    found: list[str] = []
    for file in ("requirements.txt", "requirements-dev.txt"):
        told = audited(HOUSE / file)
        if told is None:
            sys.stderr.write(f"{UNREACHABLE}\n")
            return 0
        found += known(told)
    for line in sorted(set(found)):
        sys.stderr.write(f"{line}\n")
    return 1 if found else 0


def audited(file: Path) -> str | None:
    """What pip-audit tells of a lock file; None when its source cannot be reached."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--timeout", "20"]
    command += ["--disable-pip", "--require-hashes", "-r", str(file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.stdout.lstrip().startswith("{") else None


def known(told: str) -> list[str]:
    """A line for each advisory."""
    return [
        f"{package['name']} {package['version']}: {advisory['id']}, mended in {', '.join(advisory['fix_versions'])}"
        for package in json.loads(told)["dependencies"]
        for advisory in package.get("vulns", ())
    ]


if __name__ == "__main__":
    raise SystemExit(main())
