"""A web door as a Flask application: what every door keeps to, however its pages are drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from flask import Flask
from flask_babel import Babel

from services.store.settings import Settings
from web_base.cookie import PathSessions
from web_base.database import set_up_database
from web_base.formats import set_up_formats
from web_base.headers import set_up_headers
from web_base.proxies import believe_proxies
from web_base.secret import cookie_secret
from web_base.texts import set_up_texts

LANGUAGES: Final = ["en", "es"]


@dataclass(frozen=True, slots=True)
class Door:
    """What differs between doors. `name` is that of cookie and secret, `folder` holds the door's templates, files and
    translations; `proxies` are believed, so many before the door.
    """

    name: str
    folder: Path
    is_https: bool
    proxies: int
    hours_max: int
    body_bytes_max: int
    language: Callable[[], str]

    @property
    def texts(self) -> Path:
        return self.folder / "translations"


def open_door(door: Door, settings: Settings) -> Flask:
    """Without pages yet. A cookie and a secret of its own: who is let in here is nobody elsewhere."""
    app = Flask(door.folder.name, root_path=str(door.folder))
    app.config.update(
        SECRET_KEY=cookie_secret(settings.state_dir.resolve() / f"{door.name}_secret"),
        SESSION_COOKIE_NAME=f"callingcard_{door.name}",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=door.is_https,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=door.hours_max),
        MAX_CONTENT_LENGTH=door.body_bytes_max,
        LANGUAGES=LANGUAGES,
        ZONE=settings.zone,
        SETTINGS=settings,
        GUARD_RULES=settings.guard_rules,
    )
    app.session_interface = PathSessions()
    believe_proxies(app, door.proxies)
    Babel(app, locale_selector=door.language)
    set_up_texts(app, door.texts)
    set_up_database(app, settings)
    set_up_headers(app)
    set_up_formats(app)
    return app
