"""Sentences in the reader's language: at once, or when the page is drawn; each door has catalogues of its own."""

from pathlib import Path
from typing import Final, cast

from flask import Flask, current_app
from flask_babel import get_locale
from flask_babel.speaklater import LazyString

from web_base.catalogue import Catalogue, catalogue

KEY: Final = "callingcard.texts"
UNTRANSLATED: Final = Catalogue({}, ())


def gettext(text: str, /, **values: object) -> str:
    found = _catalogue().text(text)
    return found % values if values else found


def lazy_gettext(text: str) -> str:
    """Behaves as a text; it is looked up each time that it is shown."""
    return cast("str", LazyString(gettext, text))


def translated(sentence: object) -> str:
    """A sentence of a service (a refusal, a reason), in the reader's language."""
    return _catalogue().told(str(sentence))


def set_up_texts(app: Flask, folder: Path) -> None:
    """In templates: _() for our own texts, the filter `translated` for sentences of services."""
    app.extensions[KEY] = folder
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of jinja2.ext.i18n
        gettext=lambda text: _catalogue().text(text),
        ngettext=lambda one, many, count: _catalogue().text(one if count == 1 else many),
        newstyle=True,
    )
    app.jinja_env.filters["translated"] = translated


def _catalogue() -> Catalogue:
    """The texts themselves where no page is drawn."""
    locale = get_locale()
    if locale is None:
        return UNTRANSLATED
    folder: Path = current_app.extensions[KEY]
    return catalogue(folder, locale.language)
