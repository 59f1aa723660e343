"""The rules between the fields of an account, each with a sentence that says what to change."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from models import CallerIdMode, Client, IdentBy, TrunkProtocol
from services.accounts.account_lists import AccountLists
from services.accounts.effective_terms import chosen_term

LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,79}")
HOST = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
DIGITS = ("tech_prefix", "cut_prefix", "add_prefix", "terminator_tech_prefix")
WORDS = ("name", "originator_tag", "terminator_tag")
Problem = tuple[str, str]


def account_problems(values: Mapping[str, Any], lists: AccountLists, client: Client) -> dict[str, str]:
    """`values` is the whole account as it shall be."""
    problems: dict[str, str] = {}
    for check in (_spelling(values), _identity(values, lists), _originator(values, client)):
        problems |= dict(check)
    for check in (_terminator(values, client), _shown(values, lists)):
        problems |= dict(check)
    return problems


def _spelling(values: Mapping[str, Any]) -> Iterator[Problem]:
    for name in DIGITS:
        text = values[name] or ""
        if text and not (text.isascii() and text.isdigit()):
            yield name, f"The {name.replace('_', ' ')} is {text}: it holds only the digits 0-9."
    for name in WORDS:
        if values[name] and not values[name].isprintable():
            yield name, f"The {name.replace('_', ' ')} holds a sign that cannot be printed: leave it out."
    proxy = values["proxy"]
    if proxy and not _is_host(proxy):
        yield "proxy", f"The proxy {proxy} is no host name and no address: write one such as sip.example.com."


def registers_with_us(values: Mapping[str, Any]) -> bool:
    """A carrier without a host: it is where its login has registered."""
    return bool(values["terminator_enabled"] and not values["proxy"] and values["ident_by"] == IdentBy.NAME)


def _is_host(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        # digits and dots alone are an address that went wrong
        return HOST.fullmatch(text) is not None and not re.fullmatch(r"[0-9.]+", text)
    return "%" not in text


def _identity(values: Mapping[str, Any], lists: AccountLists) -> Iterator[Problem]:
    """One of three ways is chosen (JA-26); what belongs to another way is refused, since it would do nothing. A login
    with addresses is taken from these only.
    """
    ident_by = values["ident_by"]
    if lists.networks and ident_by == IdentBy.ANI:
        yield "addresses", "The account is identified by ani: leave the addresses empty, or choose ip or name."
    if lists.numbers and ident_by != IdentBy.ANI:
        yield "numbers", f"The account is identified by {ident_by}: leave the numbers empty, or choose ani."
    if ident_by == IdentBy.NAME and not LOGIN.fullmatch(values["name"]):
        yield (
            "name",
            (
                f"{values['name']} cannot be a login: use letters, digits and . _ @ + -, or identify the account "
                "by ip or ani."
            ),
        )
    if not values["originator_enabled"]:
        return
    if ident_by == IdentBy.IP and not lists.networks:
        yield "addresses", "Name the addresses from which its calls come, or choose another way to identify it."
    if ident_by == IdentBy.ANI and not lists.numbers:
        yield "numbers", "Name the numbers by which its calls are known, or choose another way to identify it."


def _originator(values: Mapping[str, Any], client: Client) -> Iterator[Problem]:
    if not values["originator_enabled"]:
        return
    if chosen_term(values["originator_rate_table_id"], client.originator_rate_table_id).id is None:
        yield (
            "originator_rate_table_id",
            (
                "Neither the account nor its client has a rate table for its calls: choose one, or switch the "
                "originator settings off."
            ),
        )
    if chosen_term(values["originator_routing_plan_id"], client.originator_routing_plan_id).id is None:
        yield (
            "originator_routing_plan_id",
            (
                "Neither the account nor its client has a routing plan: choose one, or switch the originator "
                "settings off."
            ),
        )


def _terminator(values: Mapping[str, Any], client: Client) -> Iterator[Problem]:
    if values["registers"] and not (values["proxy"] and LOGIN.fullmatch(values["name"])):
        yield (
            "registers",
            (
                "To register there the account needs a proxy, and a name that can be a login: letters, digits and "
                ". _ @ + -."
            ),
        )
    if not values["terminator_enabled"]:
        return
    if chosen_term(values["terminator_rate_table_id"], client.terminator_rate_table_id).id is None:
        yield (
            "terminator_rate_table_id",
            (
                "Neither the account nor its client has a rate table for calls that it takes: choose one, or "
                "switch the terminator settings off."
            ),
        )
    if not values["proxy"]:
        yield from _without_proxy(values)


def _without_proxy(values: Mapping[str, Any]) -> Iterator[Problem]:
    """A gateway that is known by its login may tell by a registration where it is."""
    if values["ident_by"] != IdentBy.NAME:
        yield (
            "proxy",
            (
                "Calls need a place to go: give the host name or address of its gateway, or identify the account by "
                "name, so that its gateway registers with us."
            ),
        )
    elif values["protocol"] == TrunkProtocol.IAX2:
        yield "proxy", "By IAX2 no gateway registers with us: give its host name or address, or choose a SIP protocol."


def _shown(values: Mapping[str, Any], lists: AccountLists) -> Iterator[Problem]:
    mode, count = values["caller_id_mode"], len(lists.shown_numbers)
    if mode == CallerIdMode.FIXED and count != 1:
        yield "shown_numbers", f"A fixed caller id is one number, here are {count}: name one, or choose a pool."
    if mode in (CallerIdMode.POOL_RANDOM, CallerIdMode.POOL_POLLED) and count == 0:
        yield "shown_numbers", "A pool of caller ids needs numbers: name some, or choose another way."
    if mode in (CallerIdMode.PASSED, CallerIdMode.WITHHELD) and count:
        yield "shown_numbers", f"With the caller id {mode} no number is used: leave them empty, or choose a pool."
