"""Sentences in the operator's language: at once, or when the page is drawn."""

from typing import cast

from flask import Flask
from flask_babel import get_locale
from flask_babel.speaklater import LazyString

from admin_web.catalogue import SOURCE_LANGUAGE, Catalogue, catalogue


def gettext(text: str, /, **values: object) -> str:
    found = _catalogue().text(text)
    return found % values if values else found


def lazy_gettext(text: str) -> str:
    """Behaves as a text; it is looked up each time that it is shown."""
    return cast("str", LazyString(gettext, text))


def translated(sentence: object) -> str:
    """A sentence of a service (a refusal, a reason), in the operator's language."""
    return _catalogue().told(str(sentence))


def set_up_texts(app: Flask) -> None:
    """In templates: _() for our own texts, the filter `translated` for sentences of services."""
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of jinja2.ext.i18n
        gettext=lambda text: _catalogue().text(text),
        ngettext=lambda one, many, count: _catalogue().text(one if count == 1 else many),
        newstyle=True,
    )
    app.jinja_env.filters["translated"] = translated


def _catalogue() -> Catalogue:
    """The texts themselves where no page is drawn."""
    locale = get_locale()
    return catalogue(SOURCE_LANGUAGE if locale is None else locale.language)
