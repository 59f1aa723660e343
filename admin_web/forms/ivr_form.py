"""The form of an IVR plan: its lists as people write them."""

from collections.abc import Mapping
from typing import Any

from flask import request

from admin_web.forms.edit_form import Sections
from services.products.save_ivr_plan import PLAN_FIELDS
from services.store.fields import Field, FieldKind, FieldsRefused
from web_base.texts import gettext, lazy_gettext

RULES_CHARACTERS_MAX = 4_000
LANGUAGES = Field("languages", FieldKind.TEXT, "The first is its own, for example: en es", most=80)
WARNINGS = Field(
    "warning_seconds",
    FieldKind.TEXT,
    "Seconds before the end at which the caller is warned in the call, for example: 60 30",
    most=40,
    is_optional=True,
)
EMERGENCY = Field(
    "emergency_numbers", FieldKind.TEXT, "Never dialled, for example: 112 911", most=200, is_optional=True
)
REWRITES = Field(
    "rewrite_rules",
    FieldKind.TEXT,
    "One a line, for caller ids and destinations: PREFIX CUT ADD [SHORTEST-LONGEST], a dash for nothing.",
    most=RULES_CHARACTERS_MAX,
    is_optional=True,
)
PARTS = 3  # of a rewriting rule; its lengths may follow


def plan_sections() -> Sections:
    return (
        (lazy_gettext("IVR plan"), [*PLAN_FIELDS, LANGUAGES, WARNINGS]),
        (lazy_gettext("Numbers"), [REWRITES, EMERGENCY]),
    )


def plan_in_words(plan: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **plan,
        "languages": " ".join(plan["languages"]),
        "warning_seconds": " ".join(str(seconds) for seconds in plan["warning_seconds"]),
        "emergency_numbers": " ".join(plan["emergency_numbers"]),
        "rewrite_rules": "\n".join(rule_in_words(rule) for rule in plan["rewrite_rules"]),
    }


def rule_in_words(rule: Mapping[str, Any]) -> str:
    lengths = [rule.get("length_min"), rule.get("length_max")]
    told = f"{rule.get('match_prefix') or '-'} {rule.get('cut', 0)} {rule.get('add') or '-'}"
    return told if lengths == [None, None] else f"{told} {lengths[0] or ''}-{lengths[1] or ''}"


def plan_from(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the form as the service takes them, with the groups that are ticked. Raises FieldsRefused."""
    problems: dict[str, str] = {}
    plan = {**values, "languages": (values["languages"] or "").replace(",", " ").split()}
    plan["emergency_numbers"] = (values["emergency_numbers"] or "").replace(",", " ").split()
    try:
        plan["warning_seconds"] = [int(word) for word in (values["warning_seconds"] or "").replace(",", " ").split()]
    except ValueError:
        problems["warning_seconds"] = gettext("Warnings are whole seconds, for example: 60 30")
    try:
        plan["rewrite_rules"] = [_rule(line) for line in (values["rewrite_rules"] or "").split("\n") if line.strip()]
    except ValueError as wrong:
        problems["rewrite_rules"] = str(wrong)
    plan["group_ids"] = sorted({int(word) for word in request.form.getlist("group_ids") if word.isdecimal()})
    if problems:
        raise FieldsRefused(problems)
    return plan


def _rule(line: str) -> dict[str, Any]:
    told = gettext("“%(line)s” is no rule: write PREFIX CUT ADD [SHORTEST-LONGEST].", line=line.strip())
    words = line.split()
    if not PARTS <= len(words) <= PARTS + 1:
        raise ValueError(told)
    prefix, cut, add = ("" if word == "-" else word for word in words[:PARTS])
    if cut and not cut.isdecimal():
        raise ValueError(told)
    rule: dict[str, Any] = {"match_prefix": prefix, "cut": int(cut or 0), "add": add}
    if len(words) > PARTS:
        shortest, dash, longest = words[-1].partition("-")
        if not dash or not all(word.isdecimal() or not word for word in (shortest, longest)):
            raise ValueError(told)
        rule |= {"length_min": int(shortest)} if shortest else {}
        rule |= {"length_max": int(longest)} if longest else {}
    return rule
