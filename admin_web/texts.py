"""The console's texts: its own catalogues, looked up as every web door does (web_base/texts.py)."""

from pathlib import Path
from typing import Final

from web_base.texts import gettext, lazy_gettext, translated

__all__ = ["FOLDER", "gettext", "lazy_gettext", "translated"]
FOLDER: Final = Path(__file__).parent / "translations"
