"""A client with tables and a plan of its own, for tests of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from account_world import AccountWorld, an_account_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

from sqlalchemy.orm import Session


@pytest.fixture
def trade(session: Session) -> AccountWorld:
    return an_account_world(session)


@pytest.fixture
def committed_trade(engine: Engine) -> Iterator[AccountWorld]:
    with Session(engine, autoflush=False) as session:
        made = an_account_world(session)
        session.commit()
        yield made
