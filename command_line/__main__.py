"""The callingcard command."""

import click

from command_line.account import account
from command_line.asterisk import asterisk
from command_line.audit import audit
from command_line.backup import backup, restore
from command_line.call import call
from command_line.calls import calls
from command_line.card import card
from command_line.card_money import money_verbs
from command_line.client import client
from command_line.currency import currency
from command_line.dial import dial
from command_line.doctor import doctor
from command_line.fastagi import fastagi
from command_line.fees import fees
from command_line.group import group
from command_line.guard import guard
from command_line.init import init
from command_line.keys import keys
from command_line.operator import operator
from command_line.plan import plan
from command_line.prompts import prompts
from command_line.rates import rates
from command_line.reseller import reseller
from command_line.route import route
from command_line.series import series
from command_line.tax import tax
from command_line.up import up
from command_line.verify import verify
from command_line.voucher import voucher
from command_line.watch import watch
from command_line.web import web
from command_line.worker import worker


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="callingcard")
@click.option("--as", "as_operator", metavar="OPERATOR", help="Act as this operator: its role decides about PINs.")
def main(as_operator: str | None) -> None:
    """Prepaid calling cards for Asterisk. Begin with: callingcard up"""


for command in (
    init,
    up,
    fastagi,
    watch,
    web,
    worker,
    dial,
    call,
    calls,
    card,
    group,
    series,
    plan,
    rates,
    route,
    tax,
    client,
    currency,
    reseller,
    account,
    fees,
    voucher,
    keys,
    guard,
    operator,
    audit,
    prompts,
    asterisk,
    verify,
    backup,
    restore,
    doctor,
):
    main.add_command(command)
for verb in money_verbs:
    card.add_command(verb)

if __name__ == "__main__":
    main()
