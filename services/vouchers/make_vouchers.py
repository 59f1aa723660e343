"""Make a batch of vouchers: its terms first, then its codes chunk by chunk; killed anywhere, it goes on when it is run
again.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from billing.money import MINOR_DIGITS
from billing.pin import most_cards
from billing.states import PinEntryMode, VoucherStatus
from models import Voucher, VoucherBatch
from services.audit.audit import Act, Actor, note
from services.keys.closed_keys import refuse_closed_key
from services.keys.pin_keys import PinKeys
from services.money.book_movement import BALANCE_MICROS_MAX
from services.money.house_wallets import open_house
from services.store.bulk_insert import ROW_REFUSED, insert_columns
from services.vouchers.voucher_codes import CODE_LENGTH_MAX, CODE_LENGTH_MIN, code_digests, drawn_codes, encrypted_codes
from services.vouchers.voucher_job import lock_voucher_job, note_vouchers, open_job

QUANTITY_MAX = 1_000_000
NAME_CHARACTERS_MAX = 120
CHUNK_VOUCHERS = 5_000  # one transaction: on SQLite a call waits for it, so it ends well within a second
DRAWS_MAX = 100  # codes are at most one in ten million of their space, so that the second draw finishes
RACES_MAX = 5  # how often two batches made at once may draw one code


class VouchersRefused(ValueError):
    """The vouchers cannot be made so; the sentence says what to change."""


class VouchersCancelled(VouchersRefused):
    """Whoever makes the batch stops here."""


@dataclass(frozen=True, slots=True)
class NewVoucherBatch:
    """`expires_at` is the first moment at which no voucher of the batch can be redeemed; None: never."""

    name: str
    currency: str
    value_micros: int
    quantity: int
    code_length: int = 14
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VouchersMade:
    """How far a batch is. It can be redeemed when `done` is `total`."""

    done: int
    total: int

    @property
    def is_whole(self) -> bool:
        return self.done == self.total


def open_voucher_batch(session: Session, terms: NewVoucherBatch, actor: Actor, now: datetime) -> int:
    """The id of the batch. The same name and terms give the same batch: a command that was cut short is repeated."""
    batch = session.scalars(select(VoucherBatch).where(VoucherBatch.name == terms.name)).one_or_none()
    if batch is not None:
        return _same_batch(batch, terms)
    _check(session, terms, now)
    open_house(session, terms.currency)
    values = asdict(terms)
    batch_id = session.scalars(insert(VoucherBatch).values(**values, created_at=now).returning(VoucherBatch.id)).one()
    shown = {**values, "expires_at": terms.expires_at.isoformat() if terms.expires_at else None}
    note(session, actor, Act("voucher_batch.opened", "voucher_batch", str(batch_id), after=shown), now)
    open_job(session, batch_id, terms.quantity, shown, actor, now)
    return batch_id


def make_vouchers(
    session: Session, keys: PinKeys, batch_id: int, now: datetime, *, chunk: int = CHUNK_VOUCHERS
) -> VouchersMade:
    """Make the next chunk; call it, each time in its own transaction, until the batch is whole. The last chunk dates
    the batch, and from then on its vouchers can be redeemed.
    """
    job = lock_voucher_job(session, batch_id)
    batch = session.scalars(
        select(VoucherBatch)
        .where(VoucherBatch.id == batch_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    _refuse_cancelled(batch)
    if batch.made_at is not None:
        return VouchersMade(batch.quantity, batch.quantity)
    done = session.scalars(select(func.coalesce(func.max(Voucher.serial), 0)).where(Voucher.batch_id == batch_id)).one()
    serials = range(done + 1, min(done + chunk, batch.quantity) + 1)
    if serials:
        _make(session, keys, batch, serials)
        refuse_closed_key(session, keys.number)
    made = VouchersMade(done + len(serials), batch.quantity)
    if made.is_whole:
        session.execute(update(VoucherBatch).where(VoucherBatch.id == batch_id).values(made_at=now))
    note_vouchers(session, job, made.done, now)
    return made


def _refuse_cancelled(batch: VoucherBatch) -> None:
    if batch.cancelled_at is not None:
        raise VouchersCancelled(f"The making of the batch {batch.name} was cancelled: choose another name.")


def _same_batch(batch: VoucherBatch, terms: NewVoucherBatch) -> int:
    if any(getattr(batch, name) != value for name, value in asdict(terms).items()):
        raise VouchersRefused(f"There is a batch {terms.name} with other terms: choose another name.")
    _refuse_cancelled(batch)
    return batch.id


def _check(session: Session, terms: NewVoucherBatch, now: datetime) -> None:
    if not terms.name.strip() or len(terms.name) > NAME_CHARACTERS_MAX:
        raise VouchersRefused(f"A batch needs a name of 1 to {NAME_CHARACTERS_MAX} characters.")
    if terms.currency not in MINOR_DIGITS:
        raise VouchersRefused(f"The currency {terms.currency} is not known: give its ISO code, for example USD.")
    if not 0 < terms.value_micros <= BALANCE_MICROS_MAX:
        raise VouchersRefused("The value of a voucher is above 0, and no more than a card may hold.")
    if not 1 <= terms.quantity <= QUANTITY_MAX:
        raise VouchersRefused(f"A batch has 1 to {QUANTITY_MAX} vouchers.")
    if not CODE_LENGTH_MIN <= terms.code_length <= CODE_LENGTH_MAX:
        raise VouchersRefused(f"A code has {CODE_LENGTH_MIN} to {CODE_LENGTH_MAX} digits.")
    if terms.expires_at is not None and terms.expires_at <= now:
        raise VouchersRefused("The batch would have expired already: choose a later date, or none.")
    _check_space(session, terms)


def _check_space(session: Session, terms: NewVoucherBatch) -> None:
    """A code is accepted alone, as a PIN is in PIN-only groups: a random try hits with one in ten million at most."""
    others = select(func.coalesce(func.sum(VoucherBatch.quantity), 0))
    total = int(session.scalars(others.where(VoucherBatch.code_length == terms.code_length)).one()) + terms.quantity
    total_max = most_cards(PinEntryMode.PIN_ONLY, terms.code_length)
    if total > total_max:
        raise VouchersRefused(
            f"{total} vouchers are too many for codes of {terms.code_length} digits (at most {total_max}): "
            "choose longer codes, or fewer vouchers."
        )


def _make(session: Session, keys: PinKeys, batch: VoucherBatch, serials: range) -> None:
    """A batch made at the same time may take a code between our look and our insert: then all are drawn again."""
    for _ in range(RACES_MAX):
        codes = _free_codes(session, keys, batch.code_length, len(serials))
        columns = {
            "serial": serials,
            "code_digest": list(codes),
            "code_encrypted": encrypted_codes(keys, list(codes.values()), batch.id, serials),
        }
        same = {"batch_id": batch.id, "code_key": keys.number, "status": VoucherStatus.READY}
        try:
            with session.begin_nested():
                insert_columns(session, Voucher, columns, same)
        except ROW_REFUSED:
            continue
        return
    raise VouchersRefused("Other batches took the same codes again and again: make one batch after the other.")


def _free_codes(session: Session, keys: PinKeys, length: int, quantity: int) -> dict[bytes, str]:
    """New codes by their digests."""
    codes: dict[bytes, str] = {}
    for _ in range(DRAWS_MAX):
        codes |= drawn_codes(keys, quantity - len(codes), length)
        # While keys are rotated, a voucher may stand under an older one.
        tokens = {token: digest for digest, code in codes.items() for token in code_digests(keys, code)}
        for taken in session.scalars(select(Voucher.code_digest).where(Voucher.code_digest.in_(list(tokens)))):
            codes.pop(tokens[taken], None)
        if len(codes) == quantity:
            return codes
    raise VouchersRefused(f"No free codes of {length} digits were found: choose longer codes.")
