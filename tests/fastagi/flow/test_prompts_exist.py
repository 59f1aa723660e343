"""Whatever the flow can say is a prompt of every shipped language (features.md part 6)."""

from __future__ import annotations

import ast
import inspect
import pkgutil
from importlib import import_module

import pytest

import fastagi.flow
from billing.refusals import Refusal
from ivr_prompts.catalogue import catalogue
from ivr_prompts.language import languages, load_language
from models import IvrPlan

SAYING = {"say", "ask", "play", "_say_balance", "spoken_sentence", "spoken_count"}


def said_by_the_flow() -> set[str]:
    """Every sentence of the catalogue that stands as a text in the flow's sources."""
    known = {entry.prompt_id for entry in catalogue().entries}
    modules = [import_module(f"fastagi.flow.{module.name}") for module in pkgutil.iter_modules(fastagi.flow.__path__)]
    texts = {
        node.value
        for module in modules
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return texts & known


def called_with_a_text() -> set[str]:
    """The texts given to the verbs that speak, known to the catalogue or not."""
    found: set[str] = set()
    for module in pkgutil.iter_modules(fastagi.flow.__path__):
        tree = ast.parse(inspect.getsource(import_module(f"fastagi.flow.{module.name}")))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if name in SAYING:
                found |= {text for argument in call.args for text in texts_of(argument)}
    return found


def texts_of(node: ast.expr) -> set[str]:
    match node:
        case ast.Constant(value=str() as text):
            return {text}
        case ast.List(elts=elements):
            return {text for element in elements for text in texts_of(element)}
        case ast.IfExp(body=body, orelse=orelse):
            return texts_of(body) | texts_of(orelse)
    return set()


@pytest.mark.parametrize("code", languages())
def test_every_prompt_of_the_flow_has_a_text(code: str) -> None:
    spoken = said_by_the_flow() | called_with_a_text() | {refusal.value for refusal in Refusal}
    assert spoken - load_language(code).texts.keys() == set()


def test_the_collection_finds_what_the_flow_says() -> None:
    """A collection that finds nothing would prove nothing."""
    assert {"enter-pin", "goodbye", "your-balance-is", "for-this-call", "enter-new-card"} <= called_with_a_text()
    assert {"busy", "time-is-over", "choose-language", "phone-registered"} <= said_by_the_flow()


@pytest.mark.parametrize("code", languages())
def test_the_default_welcome_has_a_text(code: str) -> None:
    assert IvrPlan.__table__.c.welcome_prompt.default.arg in load_language(code).texts
