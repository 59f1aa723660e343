"""What services tell word by word is told in the operator's language too: a call's sum, and acts of the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask_babel import force_locale
from sqlalchemy import update

from admin_web.words.told import worked
from billing.rights import Role
from models import Operator
from services.audit.audit import Act, Actor, Door, note
from tests.admin_web.conftest import Visitor, text_of
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from tests.factories import World


@pytest.fixture
def spaniard(world: World, signed_in: Callable[..., Visitor]) -> Visitor:
    visitor = signed_in(Role.OWNER)
    world.session.execute(update(Operator).values(language="es"))
    world.session.commit()
    return visitor


def test_a_worked_sum_is_told_sentence_by_sentence(app: Flask) -> None:
    how = "90 s + 5 s surcharge = 95 s; 95 s in blocks of 60/6 s = 96 s; 0.07 a minute x 96 s / 60, rounded up"
    with app.app_context(), force_locale("es"):
        assert worked(how) == (
            "90 s + 5 s de recargo = 95 s; 95 s en bloques de 60/6 s = 96 s; "
            "0,07 por minuto x 96 s / 60, redondeado hacia arriba"
        )
    with app.app_context(), force_locale("en"):
        assert worked(how) == how


def test_the_page_of_a_call_worked_out_has_no_english_line(spaniard: Visitor) -> None:
    page = text_of(spaniard.get("/simulate/?number=447911123456&card=1-000000001&seconds=90"))
    assert "por minuto" in page
    assert "redondeado hacia arriba" in page
    for word in ("a minute", "rounded up", "blocks of", "connection fee"):
        assert word not in page, word


def test_the_audit_log_says_what_was_done_in_words(world: World, spaniard: Visitor) -> None:
    actor = Actor("Rosa", Door.CLI)
    note(world.session, actor, Act("account.password_set", "account", "7"), NOW)
    note(world.session, actor, Act("password drawn", "operator", "Olga"), NOW)
    world.session.commit()
    page = spaniard.get("/audit/")
    assert '<span title="account.password_set">contraseña fijada</span>' in page.text
    assert "contraseña generada" in text_of(page)
    found = text_of(spaniard.get("/audit/?act=account.password"))
    assert "contraseña fijada" in found
    assert "contraseña generada" not in found
    with spaniard.client.get("/audit/?download=csv", buffered=True) as answer:
        assert "account.password_set" in answer.text


def test_prompts_say_where_they_are_used_in_words_of_the_reader(spaniard: Visitor) -> None:
    page = text_of(spaniard.get("/prompts/"))
    assert "pide el PIN" in page
    assert "asks for the PIN" not in page
