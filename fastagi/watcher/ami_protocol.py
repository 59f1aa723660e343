"""panoramisk's reader of the control port, bounded: what it cannot read ends the connection, and nothing else."""

from __future__ import annotations

from typing import Final

import structlog
from panoramisk.ami_protocol import AMIProtocol

MESSAGE_BYTES_MAX: Final = 1_000_000  # Asterisk's longest is some kilobytes
log = structlog.get_logger()


class AmiProtocol(AMIProtocol):
    """The link is made anew after it, and asks for all channels again: nothing is decided by what was half read."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Who drops us before the Manager took the connection over is told of by the Manager: it looks for `closed`."""
        if self.factory is None:
            self.closed = True
            return
        super().connection_lost(exc)  # type: ignore[no-untyped-call]  # panoramisk has no types

    def data_received(self, data: bytes) -> None:
        """An entry point: panoramisk raises on headers that come twice, on an answer without lines, and the like."""
        if sum(map(len, self.queue)) + len(data) > MESSAGE_BYTES_MAX:
            self._give_up("a message without an end")
            return
        try:
            super().data_received(data)  # type: ignore[no-untyped-call]  # panoramisk has no types
        except Exception as broken:  # noqa: BLE001 (whatever it is: it must not stay unread in the middle of a stream)
            self._give_up(type(broken).__name__)

    def _give_up(self, why: str) -> None:
        log.error("control port not understood", why=why)
        self.queue.clear()
        self.transport.abort()
