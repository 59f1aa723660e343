"""What operators may do: rights, and the roles that hold them. A right is asked for where the act is done."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Right(StrEnum):
    """To see is one right for each part of the console; to act is one for each kind of harm that it can do."""

    SEE_CALLS = "see_calls"
    SEE_CARDS = "see_cards"
    SEE_RATES = "see_rates"
    SEE_IVR = "see_ivr"
    SEE_ACCOUNTS = "see_accounts"
    SEE_MONEY = "see_money"
    SEE_AUDIT = "see_audit"
    SEE_SYSTEM = "see_system"
    END_CALLS = "end_calls"
    TRY_CALLS = "try_calls"  # place a call from the console's own phone
    MANAGE_CARDS = "manage_cards"  # block, unblock, unlock, extend, unbind a phone
    SELL_CARDS = "sell_cards"  # release, sell, take back
    MAKE_CARDS = "make_cards"  # groups, series, vouchers
    SEE_PINS = "see_pins"  # reveal one
    EXPORT_PINS = "export_pins"  # a file or a sheet of many
    MOVE_MONEY = "move_money"  # recharge, adjust, replace, pay
    MANAGE_RATES = "manage_rates"
    MANAGE_ROUTES = "manage_routes"
    MANAGE_IVR = "manage_ivr"
    MANAGE_ACCOUNTS = "manage_accounts"
    SEE_PASSWORDS = "see_passwords"
    DELETE = "delete"
    RUN_JOBS = "run_jobs"
    MANAGE_SETTINGS = "manage_settings"
    MANAGE_OPERATORS = "manage_operators"


class Role(StrEnum):
    """features.md 2g and console.md 11.2."""

    OWNER = "owner"
    OPERATOR = "operator"
    SUPPORT = "support"
    FINANCE = "finance"
    RESELLER = "reseller"  # own series only
    DISTRIBUTOR = "distributor"  # sells cards without owning them
    AUDITOR = "auditor"


ALL_RIGHTS: Final = frozenset(Right)
_SEES_ALL: Final = frozenset(right for right in Right if right.startswith("see_")) - {
    Right.SEE_PINS,
    Right.SEE_PASSWORDS,
}
ROLE_RIGHTS: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {
        Role.OWNER: ALL_RIGHTS,
        Role.OPERATOR: ALL_RIGHTS - {Right.MANAGE_OPERATORS, Right.MANAGE_SETTINGS},
        Role.SUPPORT: frozenset(
            {
                *(Right.SEE_CALLS, Right.SEE_CARDS, Right.SEE_RATES, Right.SEE_IVR),
                *(Right.END_CALLS, Right.TRY_CALLS, Right.MANAGE_CARDS),
            }
        ),
        Role.FINANCE: _SEES_ALL | {Right.MOVE_MONEY, Right.RUN_JOBS},
        # Whoever owns a series prints its cards.
        Role.RESELLER: frozenset(
            {Right.SEE_CALLS, Right.SEE_CARDS, Right.SELL_CARDS, Right.MANAGE_CARDS, Right.EXPORT_PINS}
        ),
        Role.DISTRIBUTOR: frozenset({Right.SEE_CARDS, Right.SELL_CARDS}),
        Role.AUDITOR: _SEES_ALL,
    }
)
SCOPED_ROLES: Final = frozenset({Role.RESELLER, Role.DISTRIBUTOR})


class RightMissing(PermissionError):
    """The actor may not do this; the sentence names the right and the roles that have it."""

    def __init__(self, right: Right) -> None:
        self.right = right
        roles = ", ".join(role.value for role, rights in ROLE_RIGHTS.items() if right in rights)
        super().__init__(f"This needs the right to {right.value.replace('_', ' ')}, which these roles have: {roles}.")
