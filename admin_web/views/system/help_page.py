"""Help: the pages of docs/ that an operator needs, read on the console itself; empty lists lead to theirs."""

from flask import abort, url_for
from flask_admin import expose
from markupsafe import Markup

from admin_web.page import ConsolePage
from admin_web.words.help_text import help_page, help_titles
from billing.rights import Right
from web_base.texts import lazy_gettext


class Help(ConsolePage):
    right = Right.SEE_CARDS  # of every role

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Help"), category="System", endpoint="help", url="/help")

    @expose("/")
    def index(self) -> str:
        return self.render("console/help.html", topics=help_titles(_address))

    @expose("/<topic>")
    def topic(self, topic: str) -> str:
        page = help_page(topic, _address)
        if page is None:
            abort(404)
        return self.render("console/help_topic.html", title=page.title, text=Markup(page.html))  # noqa: S704 (no tags of its own)


def _address(topic: str) -> str:
    return url_for("help.topic", topic=topic)
