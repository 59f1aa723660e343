"""The portal while its database is away: a page that says so, in the visitor's language, and no trace of programs."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from portal_web.app import create_app
from services.store.settings import Settings
from tests.portal_web.conftest import Holder, text_of
from web_base.database import engines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[Holder]:
    """Its cookie is right, and nobody answers on the port of the database."""
    with socket.socket() as taken:  # bound and not listened on: whoever connects is refused at once
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql+psycopg://nobody@127.0.0.1:{taken.getsockname()[1]}/cards"
        app = create_app(Settings(state_dir=tmp_path, database_url=url, _env_file=None))
        app.testing = True
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["token"] = "x" * 40
        yield Holder(client)
        for engine in engines(app):
            engine.dispose()


def test_a_holder_is_told_to_come_back(holder: Holder) -> None:
    page = holder.client.get("/", headers={"Accept-Language": "es"})
    assert page.status_code == 503
    assert "El portal necesita un momento de descanso" in text_of(page)
    assert "psycopg" not in page.text
    assert "The portal has to rest for a moment" in text_of(holder.get("/calls"))
