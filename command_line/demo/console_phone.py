"""The phone of the demo's console: by text always, by the browser where set-up and this machine allow it."""

from pathlib import Path

import admin_web
from command_line.demo.processes import require_free_port
from command_line.errors import Failure
from services.store.settings import Settings
from telephony.program import AsteriskProgram
from telephony.web_phone import MODULES

WEBSOCKET_PORT = 8088  # Asterisk's own default
LIBRARY = Path(admin_web.__path__[0]) / "static" / "vendor" / "jssip.min.js"


def with_browser_phone(wanted: Settings, asterisk: AsteriskProgram) -> tuple[Settings, str]:
    """The settings with its websocket, and a sentence where there is none."""
    if not LIBRARY.exists():
        return without(wanted), "text only, since npm brought no SIP library (make assets)"
    if missing := [name for name in MODULES if not (asterisk.modules / name).exists()]:
        return without(wanted), f"text only, since this Asterisk lacks {', '.join(missing)}"
    port = wanted.phone_websocket_port or WEBSOCKET_PORT
    try:
        require_free_port("127.0.0.1", port, "the browser phone", "CALLINGCARD_PHONE_WEBSOCKET_PORT")
    except Failure as taken:
        return without(wanted), f"text only: {taken.message}"
    return wanted.model_copy(update={"phone_websocket_port": port}), f"by text and in the browser (websocket {port})"


def without(wanted: Settings) -> Settings:
    return wanted.model_copy(update={"phone_websocket_port": None})


def phone_environment(wanted: Settings, trace: Path) -> dict[str, str]:
    """What the console is told beside its settings; an empty port is none."""
    port = wanted.phone_websocket_port
    return {
        "CALLINGCARD_CONSOLE_PHONE": "true",  # a demo is there to be tried
        "CALLINGCARD_TRACE_FILE": str(trace),
        **({} if port is None else {"CALLINGCARD_PHONE_WEBSOCKET_PORT": str(port)}),
    }
