from itertools import product

import pytest

from billing.refusals import Refusal
from billing.states import CARD_TRANSITIONS, CardStatus, may_become

# features.md 3.2, the second table, row by row (V-9, JC-30, JC-46).
ALLOWED = {
    "inactive": "pending blocked expired",
    "pending": "activated blocked expired inactive",
    "activated": "used expired blocked",
    "used": "activated expired blocked",
    "expired": "inactive pending activated used blocked",
    "blocked": "inactive pending activated used expired",
}


@pytest.mark.parametrize("pair", list(product(CardStatus, CardStatus)), ids="-".join)
def test_a_card_changes_state_by_the_table_only(pair: tuple[CardStatus, CardStatus]) -> None:
    status, next_status = pair
    assert may_become(status, next_status) == (next_status.value in ALLOWED[status].split())


def test_every_state_has_its_row() -> None:
    assert set(CARD_TRANSITIONS) == set(CardStatus)


def test_a_refusal_is_the_prompt_that_says_it() -> None:
    assert len(Refusal) == 22
    assert all(refusal.value == refusal.name.lower().replace("_", "-") for refusal in Refusal)
