"""Every text that the console can show: its own, names and helps of fields, words of the database, and the sentences of
services. `make texts` writes what is new into the catalogues; a test asks whether all are translated.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

import admin_web
import billing
import models
import services
from admin_web import menu
from admin_web.app import FOLDER
from admin_web.forms.field_labels import UNITS
from admin_web.forms.form import plain_label
from billing.rights import Right
from fastagi.trace import Step
from ivr_prompts.entries import catalogue
from ivr_prompts.shelf import Origin
from services.store.fields import Field
from services.store.settings import Settings
from services.store.settings_report import setting_rows
from web_base.catalogue import PLACE

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(menu.__file__).parent.parent
LANGUAGES = ("es",)
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
SENTENCE = re.compile(r"[A-Z“{].*[.:?!…]|[A-Z“{].* .*", re.DOTALL)
WHISPER = re.compile(r"[A-Za-z{].* .*", re.DOTALL)
NAMED = re.compile(r"\{[a-z_]+(?::[^}]*)?\}")  # of str.format
WORD = re.compile(r"[A-Za-z]{2,}")
# SQL, and checks of the ledger.
NOT_TOLD = re.compile(r"[A-Z]{2,} [A-Z_]{2,}|I\d+ |.*\{\}|[A-Z_]+\(|SET |PRAGMA |NOT [a-z_]+ ", re.DOTALL)
# Their reasons begin with small letters.
WHISPERED = frozenset({"explain_cost.py", "live_report.py", "explain_card.py", "explain_expiry.py", "health.py"})
NOT_FOR_THE_CONSOLE = frozenset(
    {
        "platform_figures.py",
        "database_roles.py",
        "database_rights.py",
        "verify_ledger.py",
        "card_words.py",
        "snapshot.py",
        "wallet.py",
    }
)
NO_SENTENCES = frozenset({"Field", "text", "Act", "info", "warning", "error", "exception"})  # arguments of these calls
NO_WORDS = frozenset({Right})  # named in sentences only


# Words that are built where no text is read: by SQL, from the environment.
WORDS = (
    *("the card group {1}", "the client {1}", "the account {1}", "series {1}"),
    *("environment", "file", "yes", "no", "enabled"),
    *("database", "watcher", "worker", "ledger", "settlements", "calls", "guard", "keys of PINs", "disk", "spool"),
    *("answers: {1}", "empty"),
    *("step {1}", "our own", "{1} s + {2} s surcharge = {3} s"),
    *("prompts", "digits", "variables", "language", "end", "asked", "entry", "destination", "number and PIN"),
    *(step.value for step in Step),
    *(origin.value for origin in Origin),
)


NOTED_BY = frozenset({"Act", "_note", "_booked", "_act"})  # calls that name an act of the audit log


def acts() -> set[str]:
    """What the audit log says was done, and to what kind of thing."""
    found: set[str] = set()
    for file in sorted((ROOT / "services").rglob("*.py")):
        for one in ast.walk(ast.parse(file.read_text())):
            named: list[ast.expr] = []
            if isinstance(one, ast.Call) and _name(one.func) in NOTED_BY:
                named = one.args[:3]
            elif isinstance(one, ast.Assign) and getattr(one.targets[0], "id", "") == "act":
                named = [one.value]
            constants = [part for arg in named for part in ast.walk(arg) if isinstance(part, ast.Constant)]
            found |= {_spoken(part.value.rpartition(".")[2]) for part in constants if isinstance(part.value, str)}
    return {text for text in found if re.search("[A-Za-z]{2}", text)}


def prompt_groups() -> set[str]:
    """The headings of the list of prompts."""
    return {_spoken(entry.group) for entry in catalogue().entries}


def own_texts() -> set[str]:
    """What the pages say: templates and views."""
    found = extract_from_dir(ROOT / "admin_web", method_map=METHODS, options_map={}, keywords=KEYWORDS)
    return {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}


def words() -> set[str]:
    """Names of fields, their helps, the words of the database, groups of the menu."""
    found = {
        *WORDS,
        *prompt_groups(),
        *(entry.used for entry in catalogue().entries),
        *acts(),
        *menu.GROUPS,
        *UNITS.values(),
        *(one.meaning for one in setting_rows(Settings(_env_file=None))),
    }
    for module in _modules():
        for name, thing in vars(module).items():
            for field in _fields(thing):
                found |= {plain_label(field.name), field.help}
                found |= {_spoken(word) for word in field.words or ()}
            is_enum = inspect.isclass(thing) and issubclass(thing, StrEnum) and thing.__module__ == module.__name__
            if is_enum and module.__name__.split(".")[0] != "admin_web" and thing not in NO_WORDS:
                found |= {_spoken(word.value) for word in thing}
            if name.endswith("SECTIONS"):
                found |= {title for title, _ in thing}
    return {str(text) for text in found if re.search("[A-Za-z]{2}", str(text))}


def sentences() -> set[str]:
    """Of services and the trade: refusals and reasons, with {1}, {2} in the place of what is told."""
    found: set[str] = set()
    for room in ("billing", "models", "services"):
        for file in sorted((ROOT / room).rglob("*.py")):
            if file.name not in NOT_FOR_THE_CONSOLE and file.parent.name != "demo":
                shape = WHISPER if file.name in WHISPERED else SENTENCE
                found |= {text for text in _told(ast.parse(file.read_text())) if shape.fullmatch(text)}
    return found


def all_texts() -> set[str]:
    return own_texts() | words() | sentences()


def update(language: str) -> tuple[int, int]:
    """Add what is new, drop what is gone; how many are new, and how many have no translation."""
    file = FOLDER / "translations" / language / "LC_MESSAGES" / "messages.po"
    with file.open("rb") as opened:
        before = read_po(opened, locale=language)
    after, new, missing = Catalog(locale=language, charset="utf-8", fuzzy=False, header_comment="#"), 0, 0
    for text in sorted(all_texts()):
        known = before.get(text)
        new += known is None
        missing += known is None or not known.string
        after.add(text, known.string if known is not None else "")
    with file.open("wb") as opened:
        write_po(opened, after, width=0, omit_header=True)
    return new, missing


def _told(tree: ast.Module) -> Iterator[str]:
    """Texts within what is raised, returned as a value, or kept in a table of sentences: not docstrings, not SQL."""
    skipped = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    inner = {id(part) for one in ast.walk(tree) if isinstance(one, ast.JoinedStr) for part in ast.walk(one)} - {
        id(one) for one in ast.walk(tree) if isinstance(one, ast.JoinedStr)
    }
    logged = {
        id(argument)
        for one in ast.walk(tree)
        if isinstance(one, ast.Call) and _name(one.func) in NO_SENTENCES
        for argument in ast.walk(one)
    }
    for one in ast.walk(tree):
        if id(one) in skipped | inner | logged:
            continue
        text = _text(one)
        if text is not None and len(WORD.findall(PLACE.sub("", text))) > 1 and not NOT_TOLD.match(text):
            yield text


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        places_named = count(1)
        return NAMED.sub(lambda _: f"{{{next(places_named)}}}", node.value)
    if not isinstance(node, ast.JoinedStr):
        return None
    text, places = "", 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        else:
            places += 1
            text += f"{{{places}}}"
    return text


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _fields(thing: object) -> list[Field]:
    things = thing if isinstance(thing, (tuple, list)) else thing.values() if isinstance(thing, dict) else (thing,)
    return [one for one in things if isinstance(one, Field)]


def _modules() -> Iterator[object]:
    for package in (billing, models, services, admin_web):  # those of others are named in WORDS
        yield package
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(module.name)


def _spoken(word: str) -> str:
    return str(word).replace("_", " ")


if __name__ == "__main__":
    for language in LANGUAGES:
        new, missing = update(language)
        print(f"{language}: {new} new texts, {missing} without a translation")  # noqa: T201 (a tool's answer)
