"""The password of an account (JA-32 to JA-34): generated or set, sealed by the key file, shown only audited.

SIP and RADIUS need its clear value, so it is encrypted and not digested.
"""

import re
import secrets
import string
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from billing.rights import Right, RightMissing
from models import Account
from services.accounts.save_account import usable_account
from services.accounts.sealed_password import open_password, seal_password
from services.audit.audit import Act, Actor, note
from services.keys.closed_keys import refuse_closed_key
from services.keys.pin_keys import PinKeys
from services.routing.deck_revision import touch_deck
from services.store.fields import FieldsRefused

GENERATED_CHARACTERS = 20
SIGNS = string.ascii_letters + string.digits
# What stands in Asterisk's files and in a SIP header as it is: no space, quote, ';', '\' or '#'.
SHAPE = re.compile(r"[A-Za-z0-9._~!@%^*+=:,/-]{8,80}")


NO_PASSWORD: dict[str, object] = {"password_sealed": None, "password_key": None}


def generated_password() -> str:
    """From the system's secure random source."""
    return "".join(secrets.choice(SIGNS) for _ in range(GENERATED_CHARACTERS))


def set_account_password(
    session: Session,
    keys: PinKeys,
    account_id: int,
    version: int | None,
    password: str | None,
    actor: Actor,
    now: datetime,
) -> int:
    """The version afterwards. No password: the account has none, and no one can log in by it."""
    if password is not None and not SHAPE.fullmatch(password):
        raise FieldsRefused(
            {"password": "A password has 8 to 80 letters, digits and signs of . _ ~ ! @ % ^ * + = : , / -"}
        )
    account = usable_account(session, account_id, version)
    had_one = account.password_sealed is not None
    sealed = NO_PASSWORD if password is None else seal_password(keys, account_id, password)
    save = update(Account).where(Account.id == account_id).values(**sealed, version=Account.version + 1)
    new_version = session.scalars(save.returning(Account.version)).one()
    if password is not None:
        refuse_closed_key(session, keys.number)
    before, after = {"has_password": had_one}, {"has_password": password is not None}
    note(session, actor, Act("account.password_set", "account", str(account_id), before, after), now)
    touch_deck(session)
    return new_version


def show_account_password(
    session: Session,
    keys: PinKeys,
    account_id: int,
    reason: str | None,
    actor: Actor,
    now: datetime,
    *,
    rights: Collection[Right],
) -> str | None:
    """For a person who has the right (JA-34): each look is noted, before anything is shown."""
    if Right.SEE_PASSWORDS not in rights:
        raise RightMissing(Right.SEE_PASSWORDS)
    account = usable_account(session, account_id, None)
    password = account_password(keys, account)
    note(session, actor, Act("account.password_shown", "account", str(account_id), reason=reason), now)
    return password


def account_password(keys: PinKeys, account: Account) -> str | None:
    """For the parts that log in or let in: SIP, RADIUS."""
    if account.password_sealed is None:
        return None
    return open_password(keys, account.id, account.password_sealed)
