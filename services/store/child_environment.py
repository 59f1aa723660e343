"""The environment of a program that is not ours: without our settings, among which are passwords."""

import os


def outside_environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CALLINGCARD_")} | more
