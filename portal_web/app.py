"""The portal as a Flask application: settings in, pages out."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from flask import Flask
from flask_babel import Babel, get_locale

from portal_web.access import language
from portal_web.errors import set_up_errors
from portal_web.form_token import token_field
from portal_web.pages import calls, charges, home, language_choice, log_in, phones, rates, refill
from portal_web.pages import settings as settings_page
from portal_web.words import call_word, charge_word, language_name, minutes
from services.holders.sessions import HOURS_MAX
from services.store.settings import Settings
from web_base.cookie import PathSessions
from web_base.database import set_up_database
from web_base.formats import set_up_formats
from web_base.headers import set_up_headers
from web_base.proxies import believe_proxies
from web_base.qr import qr_svg
from web_base.secret import cookie_secret
from web_base.texts import set_up_texts

LANGUAGES: Final = ["en", "es"]
BODY_BYTES_MAX: Final = 16 * 1024  # a few short fields
TEXTS: Final = Path(__file__).parent / "translations"
PAGES: Final = (log_in, home, calls, charges, phones, refill, rates, settings_page, language_choice)


def create_app(settings: Settings) -> Flask:
    app = Flask("portal_web", root_path=str(Path(__file__).parent))
    app.config.update(
        SECRET_KEY=cookie_secret(settings.state_dir.resolve() / "portal_secret"),
        SESSION_COOKIE_NAME="callingcard_portal",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.portal_https,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=HOURS_MAX),
        MAX_CONTENT_LENGTH=BODY_BYTES_MAX,
        LANGUAGES=LANGUAGES,
        ZONE=settings.zone,
        SETTINGS=settings,
        GUARD_RULES=settings.guard_rules,
    )
    app.session_interface = PathSessions()
    believe_proxies(app, settings.portal_proxies)
    Babel(app, locale_selector=language)
    set_up_texts(app, TEXTS)
    set_up_database(app, settings)
    set_up_headers(app)
    set_up_formats(app)
    set_up_errors(app)
    filters = (call_word, charge_word, language_name, minutes, qr_svg)
    app.jinja_env.filters |= {function.__name__: function for function in filters}
    app.jinja_env.globals.update(
        token_field=token_field, get_locale=get_locale, support=settings.portal_support, languages=LANGUAGES
    )
    for module in PAGES:
        app.register_blueprint(module.pages)
    return app
