"""The menu behind "*": which keys it offers to this caller, and what each leads to (features.md 2b, 5.3)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from billing.states import CardType
from fastagi.call import KeyEnd
from fastagi.flow.account_information import tell_account
from fastagi.flow.announce import say_balance
from fastagi.flow.conversation import Conversation
from fastagi.flow.languages import change_language
from fastagi.flow.menu_end import AGAIN, GOODBYE, MenuEnd
from fastagi.flow.phones import manage_phone
from fastagi.flow.short_numbers import manage_short_number
from fastagi.flow.vouchers import enter_voucher
from services.cards.card_facts import CardFacts

MENU_ROUNDS_MAX = 5  # choices in a row, so that nobody keeps a line busy by asking for the balance
HELP_KEY = "0"

Act = Callable[[Conversation, CardFacts], Awaitable[MenuEnd]]


@dataclass(frozen=True, slots=True)
class Item:
    """A key of the menu; one whose feature is off is neither spoken nor accepted."""

    key: str
    prompt: str
    is_offered: Callable[[Conversation, CardFacts], bool]
    act: Act


async def open_menu(talk: Conversation, card: CardFacts, key: str = "") -> MenuEnd:
    """`key` was pressed right after "*" and needs no menu; then, and after each act, the menu is spoken again until the
    caller goes on to the next call.
    """
    for _ in range(MENU_ROUNDS_MAX):
        items = {item.key: item for item in ITEMS if item.is_offered(talk, card)}
        if not key:
            keyed = await talk.ask([*(item.prompt for item in items.values()), "menu-hash-end"], 1)
            if keyed.end is KeyEnd.HASH:
                return GOODBYE
            key = keyed.digits
        chosen = items.get(key)
        key = ""
        if chosen is None:
            return AGAIN
        end = await chosen.act(talk, card)
        if end is not AGAIN or chosen.key != HELP_KEY:
            return end
    return AGAIN


async def _new_call(_talk: Conversation, _card: CardFacts) -> MenuEnd:
    return AGAIN


async def _balance(talk: Conversation, card: CardFacts) -> MenuEnd:
    say_balance(talk, await talk.desk.card(card.card_id), "your-balance-is")
    return AGAIN


async def _help(talk: Conversation, _card: CardFacts) -> MenuEnd:
    talk.say("enter-destination-end-with-hash", "press-hash-twice-new-call")
    return AGAIN


def _always(_talk: Conversation, _card: CardFacts) -> bool:
    return True


def _can_top_up(_talk: Conversation, card: CardFacts) -> bool:
    return card.group.menu_top_up and card.group.card_type is CardType.RECHARGEABLE


def _can_keep_phones(talk: Conversation, card: CardFacts) -> bool:
    allowed = talk.access.pinless_enabled and card.group.pinless_allowed
    return card.group.menu_phones and allowed and talk.caller_id is not None


ITEMS = (
    Item("1", "menu-1-new-call", _always, _new_call),
    Item("2", "menu-2-balance", lambda _, card: card.group.menu_balance, _balance),
    Item("3", "menu-3-top-up", _can_top_up, enter_voucher),
    Item("4", "menu-4-speed-dial", lambda _, card: card.group.menu_speed_dial, manage_short_number),
    Item("5", "menu-5-last-call", lambda _, card: card.group.menu_last_call, tell_account),
    Item("6", "menu-6-phones", _can_keep_phones, manage_phone),
    Item(
        "9",
        "menu-9-languages",
        lambda talk, card: card.group.menu_languages and len(talk.access.languages) > 1,
        change_language,
    ),
    Item(HELP_KEY, "menu-0-help", _always, _help),
)
