"""callingcard route rule: what a plan does differently for a prefix or a tag."""

from typing import Any

import click

from command_line.actor import cli_actor
from command_line.errors import refusing
from command_line.form import field_options, id_of, values_of
from command_line.installation import now, write_session
from command_line.show import console, emit_json, json_option
from models import RoutingPlan
from services.routing.plan_fields import RULE_FIELDS
from services.routing.save_routing_rule import (
    RuleCarrierTerms,
    RuleKey,
    create_rule,
    find_rule,
    remove_rule,
    update_rule,
)

ANY_NUMBER = "any"


@click.command()
@click.argument("plan")
@click.argument("prefix")
@click.option("--tag", default="", help="Only for calls of accounts with this originator tag (JA-41).")
@click.option(
    "--carrier",
    "carriers",
    multiple=True,
    metavar="ENDPOINT[:PRIORITY[:WEIGHT]]",
    help="Ask only these carriers; all of them, if any is given.",
)
@click.option("--plan-carriers", is_flag=True, help="Ask the plan's carriers again.")
@click.option("--remove", is_flag=True, help="Remove the rule.")
@field_options(RULE_FIELDS)
@json_option
def rule(
    plan: str,
    prefix: str,
    *,
    tag: str,
    carriers: tuple[str, ...],
    plan_carriers: bool,
    remove: bool,
    as_json: bool,
    **asked: Any,  # noqa: ANN401 (the options)
) -> None:
    """Create or change what PLAN does for numbers that begin with PREFIX ("any": all); what is not given stays."""
    key = RuleKey("" if prefix == ANY_NUMBER else prefix, tag)
    own = [_carrier(text) for text in carriers]
    with refusing(), write_session() as session:
        plan_id = id_of(session, RoutingPlan, "routing plan", plan)
        values = values_of(session, RULE_FIELDS, asked, {})
        if remove:
            saved = remove_rule(session, plan_id, key, cli_actor(), now())
        elif find_rule(session, plan_id, key) is None:
            saved = create_rule(session, plan_id, key, values, cli_actor(), now(), carriers=own)
        else:
            given = own if own or plan_carriers else None
            saved = update_rule(session, plan_id, key, values, cli_actor(), now(), carriers=given)
    if as_json:
        emit_json({"id": saved.id, "version": saved.version})
    else:
        done = "removed" if remove else "saved"
        console.print(f"The rule of {plan} {key} is {done} (version {saved.version}).")


def _carrier(text: str) -> RuleCarrierTerms:
    endpoint, *numbers = text.split(":")
    if len(numbers) > 2 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise click.BadParameter(f"{text!r} is no carrier: write ENDPOINT, ENDPOINT:PRIORITY or with :WEIGHT.")
    return RuleCarrierTerms(endpoint, *map(int, numbers))
