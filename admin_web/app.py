"""The console as a Flask application: settings in, pages out."""

from pathlib import Path
from uuid import uuid4

from flask import Flask
from flask_admin import Admin
from flask_admin.theme import Theme
from flask_babel import get_locale

from admin_web.access import has_keys, has_right, language, theme_wanted
from admin_web.acts import csrf
from admin_web.entrance.browser_name import browser_name
from admin_web.entrance.second_step import pages
from admin_web.errors import set_up_errors
from admin_web.forms.form import label
from admin_web.menu import calls_up, menu_groups
from admin_web.stream import set_up_streams
from admin_web.views import HOME, views
from admin_web.words.call_words import cause, outcome
from admin_web.words.told import worked
from billing.rights import Right
from services.operators.sessions import HOURS_MAX
from services.store.settings import Settings
from web_base.door import Door, open_door
from web_base.headers import nonce

FOLDER = Path(__file__).parent
BODY_BYTES_MAX = 64 * 1024  # forms; files have a page and a limit of their own


def console_door(settings: Settings) -> Door:
    return Door(
        "console", FOLDER, settings.console_https, settings.console_proxies, HOURS_MAX, BODY_BYTES_MAX, language
    )


def create_app(settings: Settings) -> Flask:
    app = open_door(console_door(settings), settings)
    app.config["CSRF_SESSION_KEY"] = "csrf"
    app.jinja_env.globals["portal_address"] = settings.portal_address
    app.jinja_env.filters |= {"field_label": label, "browser_name": browser_name, "outcome": outcome, "cause": cause}
    app.jinja_env.filters["worked"] = worked
    set_up_errors(app)
    set_up_streams(app, threads=settings.database_connections)
    app.register_blueprint(pages)
    _draw_console(app)
    return app


def _draw_console(app: Flask) -> None:
    theme = Theme(folder="bootstrap4", base_template="console/base.html")
    with app.app_context():  # trap A4
        admin = Admin(app, name="Callingcard", url="/", index_view=HOME(), theme=theme, csp_nonce_generator=nonce)
        for view in views():
            admin.add_view(view)
    app.jinja_env.globals.update(
        menu_groups=lambda: menu_groups(admin), calls_up=calls_up, has_right=has_right, Right=Right
    )
    app.jinja_env.globals.update(form_token=lambda: uuid4().hex)
    app.jinja_env.globals.update(csrf=csrf, theme_wanted=theme_wanted, get_locale=get_locale, has_keys=has_keys)
