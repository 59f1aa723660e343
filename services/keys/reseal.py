"""Bring stored secrets (PINs of cards, codes of vouchers, passwords of accounts, second factors of operators) from
older keys to the newest, chunk by chunk.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import ColumnElement, Row, bindparam, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import Account, Card, Operator, Voucher
from services.accounts.sealed_password import PasswordUnreadable, open_password, sealed_password
from services.keys.pin_keys import PinKeys
from services.operators.totp import SecretUnreadable, open_secret, sealed_secret
from services.store.bulk_insert import ROW_REFUSED
from services.vouchers.voucher_codes import code_digests, decrypted_code, encrypted_codes

ROWS_A_CHUNK = 1_000  # their callers wait for this transaction: some hundredths of a second


@dataclass(frozen=True, slots=True)
class SealedTable:
    """Where secrets stand. `reseal` gives digest and encrypted copy of a row by the newest key; a secret by which no
    one looks for its row has no digest.
    """

    name: str
    model: type[Card] | type[Voucher] | type[Account] | type[Operator]
    digest: InstrumentedAttribute[bytes] | None
    sealed: InstrumentedAttribute[bytes | None]
    key: InstrumentedAttribute[int] | InstrumentedAttribute[int | None]
    place: tuple[InstrumentedAttribute[Any], ...]
    reseal: Callable[[PinKeys, Row[Any]], tuple[bytes | None, bytes]]


def _card(keys: PinKeys, row: Row[Any]) -> tuple[bytes, bytes]:
    pin = keys.decrypt(row.sealed, row.number)
    return keys.digest(pin), keys.encrypt(pin, row.number)


def _voucher(keys: PinKeys, row: Row[Any]) -> tuple[bytes, bytes]:
    code = decrypted_code(keys, row.sealed, row.batch_id, row.serial)
    sealed = encrypted_codes(keys, [code], row.batch_id, range(row.serial, row.serial + 1))
    return code_digests(keys, code)[0], sealed[0]


def _account(keys: PinKeys, row: Row[Any]) -> tuple[None, bytes]:
    return None, sealed_password(keys, row.id, open_password(keys, row.id, row.sealed))


def _operator(keys: PinKeys, row: Row[Any]) -> tuple[None, bytes]:
    return None, sealed_secret(keys, row.id, open_secret(keys, row.id, row.sealed))


SEALED_TABLES = (
    SealedTable("cards", Card, Card.pin_digest, Card.pin_encrypted, Card.pin_key, (Card.number,), _card),
    SealedTable(
        "vouchers",
        Voucher,
        Voucher.code_digest,
        Voucher.code_encrypted,
        Voucher.code_key,
        (Voucher.batch_id, Voucher.serial),
        _voucher,
    ),
    SealedTable("accounts", Account, None, Account.password_sealed, Account.password_key, (), _account),
    SealedTable("operators", Operator, None, Operator.totp_sealed, Operator.totp_key, (), _operator),
)


def reseal_chunk(session: Session, keys: PinKeys, table: SealedTable, after_id: int) -> tuple[int | None, int]:
    """The id of the last row looked at (None: there was none) and how many rows have the newest key now.

    A row stays as it is where its encrypted copy was erased, where no key opens it, or where another row has its
    secret already.
    """
    rows = session.execute(
        select(table.model.id, table.sealed.label("sealed"), table.key.label("key_before"), *table.place)
        .where(_is_due(table, keys.number), table.model.id > after_id)
        .order_by(table.model.id)
        .limit(ROWS_A_CHUNK)
        .with_for_update()
    ).all()
    if not rows:
        return None, 0
    return rows[-1].id, _store(session, table, _resealed(keys, table, rows))


def rows_due(session: Session, number: int) -> int:
    """The secrets that the newest key can take over."""
    counts = (select(func.count(table.model.id)).where(_is_due(table, number)) for table in SEALED_TABLES)
    return sum(session.scalars(count).one() for count in counts)


def keys_in_use(session: Session) -> dict[int, dict[str, int]]:
    """How many cards, vouchers, accounts and operators stand under each number of a key."""
    used: dict[int, dict[str, int]] = {}
    for table in SEALED_TABLES:
        for number, count in session.execute(select(table.key, func.count(table.model.id)).group_by(table.key)):
            if number is not None:  # an account may have no password, an operator no second factor
                used.setdefault(number, {})[table.name] = count
    return used


def _is_due(table: SealedTable, number: int) -> ColumnElement[bool]:
    return (table.key != number) & table.sealed.is_not(None)


def _resealed(keys: PinKeys, table: SealedTable, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = []
    for row in rows:
        try:
            digest, sealed = table.reseal(keys, row)
        except (InvalidTag, PasswordUnreadable, SecretUnreadable):
            continue
        values.append(
            {"of_id": row.id, "key_before": row.key_before, "copy": sealed, "key_now": keys.number}
            | ({} if digest is None else {"digest": digest})
        )
    return values


def _store(session: Session, table: SealedTable, values: list[dict[str, Any]]) -> int:
    """All at once; where the database refuses one of them, one by one."""
    columns: dict[Any, Any] = {table.sealed: bindparam("copy"), table.key: bindparam("key_now")}
    if table.digest is not None:
        columns[table.digest] = bindparam("digest")
    row = (table.model.id == bindparam("of_id")) & (table.key == bindparam("key_before"))
    change = update(table.model).where(row).values(columns)
    if not values:
        return 0
    try:
        with session.begin_nested():
            session.connection().execute(change, values)
    except ROW_REFUSED:
        return sum(_store(session, table, [value]) for value in values) if len(values) > 1 else 0
    return len(values)
