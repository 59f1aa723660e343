"""The words that the dialplan and the call server exchange: variable names, scripts, shapes of values, settlement.

The dialplan holds the same names and the same regular expressions; a test compares the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Sequence


class AgiScript(StrEnum):
    """What the dialplan asks for: agi://HOST:PORT/<script>."""

    CARD_CALL = "card-call"
    ACCOUNT_CALL = "account-call"
    SETTLE = "settle"
    ROUTE = "route"  # in mid-call: may the next carrier be dialled?


class Variable(StrEnum):
    """Channel variables; who sets each one is said beside it."""

    CALL = "CARD_CALL"  # server, first: the call id, fresh for each number dialled
    DST = "CARD_DST"  # server: number to dial on each route, joined by LIST_SEPARATOR
    ROUTES = "CARD_ROUTES"  # server: endpoint names, best first, at most ROUTES_MAX
    RING = "CARD_RING"  # server: ring seconds of each route
    SHOWN = "CARD_SHOWN"  # server: the caller id shown on each route: digits, passed (the caller's own) or withheld
    CLAIM = "CARD_CLAIM"  # server: 1 for each route before which the server is asked, since lines are counted; else 0
    LIMIT = "CARD_LIMIT"  # server: argument of Dial's L(), in ms: limit[:warn[:repeat]]
    NEXT = "CARD_NEXT"  # server, last: a NextStep; anything else means that the server did not finish
    TURN = "CARD_TURN"  # server, in mid-call: a Turn; anything else means that the server is away, and the call goes on
    CAUSE = "CARD_CAUSE"  # server, with end: the Q.850 cause by which a gateway's call is refused
    SETTLED = "CARD_SETTLED"  # server, after the commit: the call id that is settled
    DID = "CARD_DID"  # dialplan: the access number dialled, digits only
    CHAN = "CARD_CHAN"  # dialplan: the caller's channel, inherited by the carrier's
    ROUND = "CARD_ROUND"  # dialplan: 1 for the first number of this caller, 2 for the next
    LAST = "CARD_LAST"  # dialplan: call id of the round before
    ROUTE = "CARD_ROUTE"  # dialplan: the route being tried
    TRIED = "CARD_TRIED"  # dialplan: every route tried so far with its outcome
    ANSWERED_AT = "CARD_ANSWERED_AT"  # dialplan: ms since the epoch, stamped on the carrier's channel
    LEG_ENDED = "CARD_LEG_ENDED"  # dialplan: call id and end of the carrier's leg, stamped on the carrier's channel
    ENDED_AT = "CARD_ENDED_AT"  # dialplan: ms since the epoch, the end of the carrier's leg
    VIA = "CARD_VIA"  # dialplan: by which transport a gateway's call came, UDP, TCP or TLS


class NextStep(StrEnum):
    """Values of CARD_NEXT."""

    DIAL = "dial"
    END = "end"


class Turn(StrEnum):
    """Values of CARD_TURN: the carrier has a line for the call, or is passed over."""

    DIAL = "dial"
    SKIP = "skip"


class SettlePlace(StrEnum):
    """Where a settlement comes from."""

    INLINE = "inline"  # the dialplan, right after Dial
    HANDLER = "handler"  # the hangup handler: the caller left first
    SPOOL = "spool"  # replayed from a spool file: the server was away


LIST_SEPARATOR: Final = ":"
ROUTES_MAX: Final = 3
ROUNDS_MAX: Final = 11  # ten calls, and a round to speak the outcome of the tenth

# Shapes of values, as the dialplan's REGEX() reads them. Zero seconds would mean "for ever" to Dial and L().
CALL_ID_REGEX: Final = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
DESTINATION_REGEX: Final = "^[0-9]{3,20}$"
ROUTE_REGEX: Final = "^[A-Za-z0-9_.]{1,40}$"
RING_REGEX: Final = "^[1-9][0-9]{0,2}$"
SHOWN_REGEX: Final = "^(passed|withheld|[0-9]{3,15})?$"  # empty, from a server of an older release: passed
LIMIT_REGEX: Final = "^[1-9][0-9]{0,8}(:[0-9]{1,9})?(:[0-9]{1,9})?$"
CAUSE_REGEX: Final = "^[1-9][0-9]{0,2}$"
VIA_REGEX: Final = "^(UDP|TCP|TLS)$"
CALLED_REGEX: Final = "^[+]?[0-9]{3,15}$"
DIALPLAN_REGEXES: Final = (
    *(CALL_ID_REGEX, DESTINATION_REGEX, ROUTE_REGEX, RING_REGEX, SHOWN_REGEX, LIMIT_REGEX),
    *(CAUSE_REGEX, VIA_REGEX, CALLED_REGEX),
)

_FIELDS: Final = 8
_ROUTE_FIELDS: Final = 2
_FIELD_SEPARATOR: Final = ","
_LINE_CHARACTERS_MAX: Final = 512  # eight bounded fields come to fewer than 400
_MILLISECONDS: Final = re.compile("[0-9]{1,15}")
_STATUS: Final = re.compile("[A-Z]{1,20}")
_CAUSE: Final = re.compile("[0-9]{0,3}")
_ROUTE: Final = re.compile(ROUTE_REGEX)
_CALL_ID: Final = re.compile(CALL_ID_REGEX)


class SettleArgumentsRefused(ValueError):
    """What came is no settlement, or no question for a route; the message says which field and is safe to log."""


@dataclass(frozen=True, slots=True)
class RouteArguments:
    """What the dialplan asks before it moves on to a route whose lines, or the last one's, are counted."""

    call_id: str
    route: str

    @classmethod
    def from_agi(cls, arguments: Sequence[str]) -> Self:
        if len(arguments) != _ROUTE_FIELDS:
            raise SettleArgumentsRefused(f"{len(arguments)} arguments instead of {_ROUTE_FIELDS}")
        call_id, route = arguments
        _require(_CALL_ID, call_id, "call id")
        _require(_ROUTE, route, "route")
        return cls(call_id, route)


@dataclass(frozen=True, slots=True)
class TriedRoute:
    """One Dial and how it ended; hangup_cause is Q.850 text, "" when Asterisk had none."""

    route: str
    dial_status: str
    hangup_cause: str

    def __str__(self) -> str:
        return f"{self.route}-{self.dial_status}-{self.hangup_cause}"

    @classmethod
    def parse(cls, text: str) -> Self:
        parts = text.split("-")
        if len(parts) != 3:
            raise SettleArgumentsRefused("tried: not name-STATUS-cause")
        route, dial_status, hangup_cause = parts
        _require(_ROUTE, route, "tried: route name")
        _require(_STATUS, dial_status, "tried: dial status")
        _require(_CAUSE, hangup_cause, "tried: hangup cause")
        return cls(route, dial_status, hangup_cause)


@dataclass(frozen=True, slots=True)
class SettleArguments:
    """Everything that a settlement knows of its call. Times are ms since the epoch, None when there is no stamp."""

    place: SettlePlace
    call_id: str
    route: str
    dial_status: str
    hangup_cause: str
    answered_at_ms: int | None
    ended_at_ms: int | None
    tried: tuple[TriedRoute, ...]

    @property
    def talk_ms(self) -> int:
        """Milliseconds talked; 0 without an answer stamp, and 0 where a clock stepped back."""
        if self.answered_at_ms is None or self.ended_at_ms is None:
            return 0
        return max(0, self.ended_at_ms - self.answered_at_ms)

    @classmethod
    def from_agi(cls, arguments: Sequence[str]) -> Self:
        """Read agi_arg_1 .. agi_arg_8; anything malformed is refused as a whole."""
        if len(arguments) != _FIELDS:
            raise SettleArgumentsRefused(f"{len(arguments)} arguments instead of {_FIELDS}")
        place, call_id, route, dial_status, hangup_cause, answered_at, ended_at, tried = arguments
        if place not in set(SettlePlace):
            raise SettleArgumentsRefused("place")
        _require(_CALL_ID, call_id, "call id")
        _require(_ROUTE, route, "route", may_be_empty=True)
        _require(_STATUS, dial_status, "dial status", may_be_empty=True)
        _require(_CAUSE, hangup_cause, "hangup cause")
        answered_at_ms, ended_at_ms = _stamp(answered_at, "answer stamp"), _stamp(ended_at, "end stamp")
        if answered_at_ms is not None and ended_at_ms is None:
            raise SettleArgumentsRefused("an answer stamp without an end stamp")
        outcome = (route, dial_status, hangup_cause)
        return cls(SettlePlace(place), call_id, *outcome, answered_at_ms, ended_at_ms, _tried(tried))

    @classmethod
    def from_spool_line(cls, line: str) -> Self:
        """Read one line of a spool file; its place becomes `spool`, whichever place wrote it."""
        text = line.removesuffix("\n")
        if len(text) > _LINE_CHARACTERS_MAX:
            raise SettleArgumentsRefused("spool line too long")
        place, separator, rest = text.partition(_FIELD_SEPARATOR)
        if place not in set(SettlePlace):
            raise SettleArgumentsRefused("place")
        return cls.from_agi(f"{SettlePlace.SPOOL}{separator}{rest}".split(_FIELD_SEPARATOR))

    def as_agi(self) -> tuple[str, ...]:
        """The eight arguments of the settle script, in order."""
        stamps = ("" if stamp is None else str(stamp) for stamp in (self.answered_at_ms, self.ended_at_ms))
        tried = LIST_SEPARATOR.join(map(str, self.tried))
        return (self.place.value, self.call_id, self.route, self.dial_status, self.hangup_cause, *stamps, tried)

    def as_spool_line(self) -> str:
        """The line that the dialplan writes when the server is away, without its line end."""
        return _FIELD_SEPARATOR.join(self.as_agi())


def goes_on(dial_status: str, hangup_cause: str, *, rang: bool) -> bool:
    """Tell whether the next route is tried: an outcome that comes from the person called, or from the number, ends it.

    The status decides first, because the cause can be left over from an earlier Dial.
    `rang` is true when the far side rang or sent early media.
    """
    match dial_status:
        case "ANSWER" | "BUSY" | "CANCEL":
            return False
        case "NOANSWER":
            return not rang
        case "CHANUNAVAIL":
            return hangup_cause not in {"1", "28"}  # no such number, number incomplete: the same on every route
        case _:
            return True


def _tried(text: str) -> tuple[TriedRoute, ...]:
    if not text:
        return ()
    parts = text.split(LIST_SEPARATOR)
    if len(parts) > ROUTES_MAX:
        raise SettleArgumentsRefused("tried: too many routes")
    return tuple(TriedRoute.parse(part) for part in parts)


def _stamp(text: str, field: str) -> int | None:
    _require(_MILLISECONDS, text, field, may_be_empty=True)
    return int(text) if text else None


def _require(shape: re.Pattern[str], text: str, field: str, *, may_be_empty: bool = False) -> None:
    if not (shape.fullmatch(text) or (may_be_empty and not text)):
        raise SettleArgumentsRefused(field)
