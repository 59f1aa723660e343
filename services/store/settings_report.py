"""The settings of this installation as they are in force, and where each comes from; no secret is told."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from services.store.settings import Settings

PREFIX = "CALLINGCARD_"
DATABASE_URL = "database_url"


@dataclass(frozen=True, slots=True)
class SettingRow:
    """`source`: environment, file, or default."""

    name: str
    meaning: str
    value: str
    source: str


def setting_rows(settings: Settings, env_file: Path = Path(".env")) -> list[SettingRow]:
    in_file = _names_in(env_file)
    return [
        SettingRow(
            PREFIX + name.upper(),
            field.description or "",
            _told(name, getattr(settings, name)),
            _source(PREFIX + name.upper(), in_file),
        )
        for name, field in Settings.model_fields.items()
    ]


def _source(variable: str, in_file: frozenset[str]) -> str:
    if variable in {name.upper() for name in os.environ}:
        return "environment"
    return "file" if variable in in_file else "default"


def _names_in(env_file: Path) -> frozenset[str]:
    if not env_file.is_file():
        return frozenset()
    lines = env_file.read_text(encoding="utf-8").splitlines()
    named = (line.partition("=")[0].strip().removeprefix("export ").upper() for line in lines if "=" in line)
    return frozenset(name for name in named if name.startswith(PREFIX))


def _told(name: str, value: Any) -> str:  # noqa: ANN401 (a setting)
    if value in (None, ""):
        return ""
    if name == DATABASE_URL:
        return _without_password(str(value))
    if any(word in name for word in ("password", "secret", "token")):
        return "••••••"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _without_password(url: str) -> str:
    """Where the database is, not how to get in."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user.partition(':')[0]}:••••••@{host}", query="").geturl()
