"""What a scripted caller presses: entries in the order in which the call server waits for keys.

The signs:

    1005668240#               an entry ends with '#', or when the server has as many digits as it wants (a '#' right
                              after that is dropped; ",#" presses one at the next wait);
    1005668240#123456789012   what is left over is for the next wait, as with keys that were pressed too early;
    12,3#                     ',' or a new line separates entries: here the first wait gets 12, then times out;
    w                         this wait times out, nothing is pressed;
    h                         the caller hangs up here, in mid-entry too: 12h;
    !1#                       the entry begins while the prompt still speaks (the rest of it is not heard).

Blanks mean nothing. When nothing is left every wait times out.
"""

import re
from typing import Final

KEY_SCRIPT_CHARACTERS_MAX: Final = 10_000
HANG_UP: Final = "h"
WAIT: Final = "w"
INTERRUPT: Final = "!"
_ENTRY: Final = re.compile(r"!?[0-9*#]*h?|w")
_SEPARATORS: Final = re.compile(r"[,\n]")
_BLANKS: Final = re.compile(r"[ \t\r]+")
_ENTRY_EDGES: Final = re.compile(r"(?<=[^,])(?=[w!])|(?<=w)(?=[^,])")  # these two begin an entry without a comma


class KeyScriptRefused(ValueError):
    """The script holds something that is no key; the message never repeats the script, which may hold a PIN."""


def parse_key_script(text: str) -> list[str]:
    """The entries, each `!?keys h?`; an empty one is a wait in which nothing is pressed."""
    if len(text) > KEY_SCRIPT_CHARACTERS_MAX:
        raise KeyScriptRefused(f"The keys are {len(text)} characters long; at most {KEY_SCRIPT_CHARACTERS_MAX}.")
    joined = _SEPARATORS.sub(",", _BLANKS.sub("", text.strip()))
    if not joined:
        return []
    entries = _ENTRY_EDGES.sub(",", joined).split(",")
    for position, entry in enumerate(entries, start=1):
        if not _ENTRY.fullmatch(entry):
            raise KeyScriptRefused(
                f"Entry {position} of the keys holds something else than 0-9, * and #. "
                "Also known: ',' between entries, w (wait), h (hang up, last), ! (interrupt, first)."
            )
    return ["" if entry == WAIT else entry for entry in entries]
