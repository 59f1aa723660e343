"""The settings in force and where they come from; and how the platform is, part by part."""

from flask import current_app
from flask_admin import expose

from admin_web.access import now
from admin_web.page import ConsolePage
from billing.rights import Right
from services.live.health import health
from services.store.settings_report import setting_rows
from web_base.database import read_session
from web_base.texts import lazy_gettext


class SettingsPage(ConsolePage):
    right = Right.SEE_SYSTEM
    is_of_all = True

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Settings"), category="System", endpoint="settings", url="/settings")

    @expose("/")
    def index(self) -> str:
        return self.render("console/settings.html", rows=setting_rows(current_app.config["SETTINGS"]))


class HealthPage(ConsolePage):
    right = Right.SEE_SYSTEM
    is_of_all = True

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Health"), category="System", endpoint="health", url="/health")

    @expose("/")
    def index(self) -> str:
        parts = health(read_session(), current_app.config["SETTINGS"], now())
        return self.render("console/health.html", parts=parts, at=now())
