"""Sentences in the operator's language: at once, or when the page is drawn."""

from typing import cast

import flask_babel


def gettext(text: str, /, **values: object) -> str:
    return str(flask_babel.gettext(text, **values))


def lazy_gettext(text: str) -> str:
    """Behaves as a text; it is looked up each time that it is shown."""
    return cast("str", flask_babel.lazy_gettext(text))
