"""The callingcard command."""

from typing import Final

import click

from command_line.lazy_group import LazyGroup

COMMANDS: Final = {
    "account": ("command_line.account:account", "Accounts of clients."),
    "asterisk": ("command_line.asterisk:asterisk", "The Asterisk that carries the calls."),
    "audit": ("command_line.audit:audit", "The audit log: append-only, each entry chained to the one before."),
    "backup": ("command_line.backup:backup", "Copy the database to FILE while calls go on."),
    "call": (
        "command_line.call:call",
        "Place a real SIP call from the demo's phone, tell it as it happens, and prove it to the micro.",
    ),
    "calls": ("command_line.calls:calls", "Past calls, calls that are up, and alarms."),
    "card": ("command_line.card_money:card", "One card: what it is, what it holds."),
    "client": ("command_line.client:client", "Clients: companies that send calls to us or take ours, and their money."),
    "currency": ("command_line.currency:currency", "Currencies of reports; prices and balances are never converted."),
    "database": (
        "command_line.database:database",
        "The database: roles of PostgreSQL, one for each kind of program (docs/production.md).",
    ),
    "dial": ("command_line.dial:dial", "Call the call server from this terminal, without Asterisk."),
    "doctor": (
        "command_line.doctor:doctor",
        "Look at every part that a call needs; exit status 1 when one is missing.",
    ),
    "fastagi": ("command_line.fastagi:fastagi", "Serve Asterisk's calls until SIGTERM or Ctrl-C."),
    "fees": ("command_line.fees:fees", "Maintenance fees, expiry and lapse."),
    "group": ("command_line.group:group", "Card groups: the products, and what their callers are asked and told."),
    "guard": ("command_line.guard:guard", "The guard against guessing: locks, budgets, alarms (docs/guard.md)."),
    "init": ("command_line.init:init", "Set up this installation."),
    "keys": ("command_line.keys:keys", "The keys that protect PINs and voucher codes."),
    "operator": (
        "command_line.operator:operator",
        "Operators of the console: their roles, passwords and sessions (docs/operators.md).",
    ),
    "plan": (
        "command_line.plan:plan",
        "IVR plans: which card groups an access number accepts, and how callers are asked.",
    ),
    "portal": (
        "command_line.portal:portal",
        "Serve the card holders' portal until SIGTERM or Ctrl-C (docs/portal.md).",
    ),
    "prompts": ("command_line.prompts:prompts", "The files of what callers hear."),
    "rates": ("command_line.rates:rates", "Rate tables: what calls cost, sold or bought."),
    "reseller": ("command_line.reseller:reseller", "Resellers: they own series and see only theirs."),
    "restore": (
        "command_line.backup:restore",
        "Put the copy in FILE where no database is, bring it to this release, and prove its ledger.",
    ),
    "route": ("command_line.route:route", "Routing plans: which carriers take a call, in which order."),
    "series": ("command_line.series:series", "Card series: batches of cards with the same terms."),
    "tax": ("command_line.tax:tax", "Tax profiles: the taxes on calls, in their order."),
    "up": (
        "command_line.up:up",
        "Start everything with the demo's data, place one real call, and stay up until Ctrl-C.",
    ),
    "verify": (
        "command_line.verify:verify",
        "Prove every invariant of money, holds, calls and cards; exit status 1 and the evidence when one is broken.",
    ),
    "voucher": ("command_line.voucher:voucher", "Vouchers: codes that add credit to rechargeable cards."),
    "watch": (
        "command_line.watch:watch",
        "Watch Asterisk until SIGTERM or Ctrl-C: live calls, ends that were asked for, settlements that got lost.",
    ),
    "web": ("command_line.web:web", "Serve the console until SIGTERM or Ctrl-C (docs/console.md)."),
    "worker": (
        "command_line.worker:worker",
        "Run all jobs until SIGTERM or Ctrl-C: fees every hour, expiry and lapse every night, reports every minute.",
    ),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="callingcard")
@click.option(
    "--as", "as_operator", metavar="OPERATOR", help="Act as this operator: its role decides what may be done."
)
def main(as_operator: str | None) -> None:
    """Prepaid calling cards for Asterisk. Begin with: callingcard up"""


if __name__ == "__main__":
    main()
