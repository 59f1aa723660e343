"""What each command asks of the operator for whom it is run (`callingcard --as NAME`): its rights, and whose rows."""

from __future__ import annotations

from typing import Final, NamedTuple

from billing.rights import SCOPED_ROLES, Right, Role


class Need(NamedTuple):
    """All of `rights`. Whoever works on own cards only may run it if its role is in `own`: it then keeps to these."""

    rights: frozenset[Right]
    own: frozenset[Role] = frozenset()


def _needs(*rights: Right, own: frozenset[Role] = frozenset()) -> Need:
    return Need(frozenset(rights), own)


def _each(group: str, words: str, need: Need) -> dict[str, Need]:
    return {f"{group} {word}".strip(): need for word in words.split()}


RESELLERS: Final = frozenset({Role.RESELLER})
# The machine's own: files of Asterisk, keys, services. Its user may do all of it, an operator what its role says.
MACHINE: Final = _needs(Right.MANAGE_SETTINGS)
LOOK: Final = _needs(Right.SEE_SYSTEM)
RIGHTS: Final[dict[str, Need]] = {
    "init": _needs(),  # before there is any operator
    **_each("", "backup call fastagi portal restore up watch web worker", MACHINE),
    "database roles": MACHINE,
    "dial": _needs(Right.TRY_CALLS),
    **_each("", "doctor verify", LOOK),
    **_each("account", "list show", _needs(Right.SEE_ACCOUNTS)),
    **_each("account", "create disable edit", _needs(Right.MANAGE_ACCOUNTS)),
    "account delete": _needs(Right.MANAGE_ACCOUNTS, Right.DELETE),
    "account gateway list": _needs(Right.SEE_ACCOUNTS),
    **_each("account gateway", "create edit disable enable", _needs(Right.MANAGE_ACCOUNTS)),
    "account gateway delete": _needs(Right.MANAGE_ACCOUNTS, Right.DELETE),
    **_each("account password", "generate remove set", _needs(Right.MANAGE_ACCOUNTS)),
    "account password show": _needs(Right.SEE_PASSWORDS),
    **_each("asterisk", "check diff trunks", LOOK),
    "asterisk render": _needs(Right.SEE_SYSTEM, Right.SEE_PASSWORDS),  # into a folder with the passwords
    **_each("asterisk", "apply fetch", MACHINE),
    **_each("audit", "export list verify", _needs(Right.SEE_AUDIT)),
    **_each("calls", "list show", _needs(Right.SEE_CALLS, own=RESELLERS)),
    **_each("calls", "export live", _needs(Right.SEE_CALLS)),
    **_each("calls", "alarms", _needs(Right.SEE_CALLS, Right.END_CALLS)),  # closes them, too
    **_each("calls", "report", _needs(Right.SEE_MONEY)),
    "calls rollup": _needs(Right.RUN_JOBS),
    **_each("card", "show why", _needs(Right.SEE_CARDS, own=SCOPED_ROLES)),
    "card statement": _needs(Right.SEE_CARDS, own=RESELLERS),
    **_each("card", "release sell unsell", _needs(Right.SELL_CARDS, own=SCOPED_ROLES)),
    **_each("card", "block unblock unlock", _needs(Right.MANAGE_CARDS, own=RESELLERS)),
    **_each("card", "adjust recharge transfer", _needs(Right.MOVE_MONEY)),
    **_each("client", "list show", _needs(Right.SEE_ACCOUNTS)),
    "client statement": _needs(Right.SEE_ACCOUNTS, Right.SEE_MONEY),
    **_each("client", "create disable edit", _needs(Right.MANAGE_ACCOUNTS)),
    "client delete": _needs(Right.MANAGE_ACCOUNTS, Right.DELETE),
    **_each("client", "adjust pay", _needs(Right.MOVE_MONEY)),
    "currency rate list": _needs(Right.SEE_RATES),
    "currency rate set": _needs(Right.MANAGE_SETTINGS),
    **_each("fees", "expire lapse run", _needs(Right.RUN_JOBS)),
    **_each("group", "announcements list rules show", _needs(Right.SEE_CARDS)),
    **_each("group", "allow announce create deny edit forget-rule", _needs(Right.MAKE_CARDS)),
    **_each("guard", "failures status", LOOK),
    **_each("guard", "block unblock unlock", _needs(Right.MANAGE_CARDS)),
    "guard prune": _needs(Right.RUN_JOBS),
    "keys show": LOOK,
    "keys rotate": MACHINE,
    **_each("operator", "list show", _needs(Right.MANAGE_OPERATORS)),
    **_each(
        "operator", "create disable enable password reset-2fa role sign-out unlock", _needs(Right.MANAGE_OPERATORS)
    ),
    **_each("plan", "list show", _needs(Right.SEE_IVR)),
    **_each("plan", "number save", _needs(Right.MANAGE_IVR)),
    **_each("prompts", "check list", _needs(Right.SEE_IVR)),
    **_each("prompts", "build generate replace undo", _needs(Right.MANAGE_IVR)),
    **_each("rates", "export list lookup prefixes show simulate", _needs(Right.SEE_RATES)),
    **_each("rates", "import-refused import-show imports", _needs(Right.SEE_RATES)),
    **_each("rates", "add block change create edit end unblock undo", _needs(Right.MANAGE_RATES)),
    **_each("rates", "import import-apply import-forget import-resume", _needs(Right.MANAGE_RATES)),
    "rates delete": _needs(Right.MANAGE_RATES, Right.DELETE),
    "reseller list": _needs(Right.SEE_CARDS),
    **_each("reseller", "assign create edit", _needs(Right.MAKE_CARDS)),
    **_each("route", "list show test", _needs(Right.SEE_RATES)),
    **_each("route", "carrier rule save test-call", _needs(Right.MANAGE_ROUTES)),
    "route delete": _needs(Right.MANAGE_ROUTES, Right.DELETE),
    **_each("series", "list show", _needs(Right.SEE_CARDS, own=RESELLERS)),
    **_each("series", "edit generate", _needs(Right.MAKE_CARDS)),
    "series import": _needs(Right.MAKE_CARDS, Right.SEE_PINS),
    "series export": _needs(Right.SEE_CARDS, own=RESELLERS),  # with PINs the export itself asks for more
    "series print": _needs(Right.EXPORT_PINS, own=RESELLERS),
    **_each("series", "release sell unsell", _needs(Right.SELL_CARDS, own=RESELLERS)),
    **_each("series", "block unblock", _needs(Right.MANAGE_CARDS, own=RESELLERS)),
    **_each("series", "activate stop", _needs(Right.MAKE_CARDS)),
    "series delete": _needs(Right.MAKE_CARDS, Right.DELETE),
    **_each("tax", "list show", _needs(Right.SEE_RATES)),
    "tax save": _needs(Right.MANAGE_RATES),
    **_each("voucher", "list show", _needs(Right.SEE_CARDS)),
    **_each("voucher", "block make unblock", _needs(Right.MAKE_CARDS)),
    "voucher export": _needs(Right.SEE_CARDS),  # with codes the export itself asks for more
    "voucher redeem": _needs(Right.MOVE_MONEY),
}


def need_of(path: str) -> Need:
    """A command that is not listed (a test tells) asks for the most."""
    return RIGHTS.get(path, MACHINE)
