"""Menu key 3: add the credit of a voucher."""

import structlog

from billing.refusals import Refusal
from fastagi.flow.conversation import Conversation
from fastagi.flow.gate import trunk_of
from fastagi.flow.menu_end import AGAIN, MenuEnd
from ivr_prompts.compose import spoken_money
from services.cards.card_facts import CardFacts
from services.vouchers.redeem_voucher import Redeemed, VoucherRefusal

CODE_DIGITS_MAX = 16
log = structlog.get_logger()


async def enter_voucher(talk: Conversation, card: CardFacts) -> MenuEnd:
    """A code is as secret as a PIN: whoever has it has its money."""
    code = (await talk.ask(["enter-voucher"], CODE_DIGITS_MAX, secret=True)).digits
    if not code:
        talk.say(Refusal.NOTHING_ENTERED.value)
        return AGAIN
    match await talk.desk.top_up(talk.access, card, code, talk.caller_id, trunk_of(talk.call.channel)):
        case Redeemed(amount_micros=amount_micros, balance_micros=balance_micros, currency=currency):
            log.info("card topped up", card_id=card.card_id, amount_micros=amount_micros)
            talk.say("topped-up-with", *spoken_money(talk.language, amount_micros, currency))
            talk.say("your-balance-is", *spoken_money(talk.language, balance_micros, currency))
        case VoucherRefusal() as refusal:
            log.info("voucher refused", card_id=card.card_id, refusal=refusal.value)
            talk.say(refusal.prompt_id)
        case Refusal() as refusal:
            log.info("voucher turned away", card_id=card.card_id, refusal=refusal.value)
            talk.say(refusal.value)
    return AGAIN
