"""The head of an AGI session: who calls, and what the dialplan asks for, in the order in which Asterisk 22 sends it."""

from collections.abc import Sequence
from typing import Final

from simulator.channel import Channel

VERSION: Final = "22.10.1"
MARK: Final = "SIM"  # in the channel's name and type: no call of the simulator can pass for a real one
UNKNOWN: Final = "unknown"


def agi_head(channel: Channel, script: str, arguments: Sequence[str], address: tuple[str, int]) -> bytes:
    host, port = address
    fields = {
        "network": "yes",
        "network_script": script,
        "request": f"agi://{host}:{port}/{script}",
        "channel": channel.name,
        "language": channel.language,
        "type": MARK,
        "uniqueid": channel.unique_id,
        "version": VERSION,
        "callerid": channel.caller_id or UNKNOWN,
        "calleridname": UNKNOWN,
        "callingpres": "0",
        "callingani2": "0",
        "callington": "0",
        "callingtns": "0",
        "dnid": UNKNOWN,
        "rdnis": UNKNOWN,
        "context": "card",
        "extension": "s",
        "priority": "1",
        "enhanced": "0.0",
        "accountcode": "",
        "threadid": "1",
    } | {f"arg_{place}": argument for place, argument in enumerate(arguments, start=1)}
    lines = "".join(f"agi_{name}: {value}\n" for name, value in fields.items())
    return f"{lines}\n".encode()
