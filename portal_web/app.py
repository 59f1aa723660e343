"""The portal as a Flask application: settings in, pages out."""

from pathlib import Path
from typing import Final

from flask import Flask
from flask_babel import get_locale

from portal_web.access import language
from portal_web.errors import set_up_errors
from portal_web.form_token import token_field
from portal_web.pages import calls, charges, home, language_choice, log_in, phones, rates, refill
from portal_web.pages import settings as settings_page
from portal_web.words import call_word, charge_word, language_name, minutes
from services.holders.sessions import HOURS_MAX
from services.store.settings import Settings
from web_base.door import LANGUAGES, Door, open_door
from web_base.qr import qr_svg

FOLDER: Final = Path(__file__).parent
BODY_BYTES_MAX: Final = 16 * 1024  # a few short fields
PAGES: Final = (log_in, home, calls, charges, phones, refill, rates, settings_page, language_choice)


def portal_door(settings: Settings) -> Door:
    return Door("portal", FOLDER, settings.portal_https, settings.portal_proxies, HOURS_MAX, BODY_BYTES_MAX, language)


def create_app(settings: Settings) -> Flask:
    app = open_door(portal_door(settings), settings)
    set_up_errors(app)
    filters = (call_word, charge_word, language_name, minutes, qr_svg)
    app.jinja_env.filters |= {function.__name__: function for function in filters}
    app.jinja_env.globals.update(
        token_field=token_field, get_locale=get_locale, support=settings.portal_support, languages=LANGUAGES
    )
    for module in PAGES:
        app.register_blueprint(module.pages)
    return app
