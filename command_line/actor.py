"""Who sits at the command line: for the audit log, and for what asks for a right."""

import getpass
from typing import TypeVar

import click

from billing.rights import ALL_RIGHTS
from command_line.errors import Failure
from command_line.installation import read_session, settings
from services.audit.audit import Actor, Door
from services.keys.permit import Permit, PermitRefused
from services.operators.operator_facts import OperatorFacts, find_operator

Keys = TypeVar("Keys")


def cli_actor() -> Actor:
    """The user of this machine, who owns the key file and may do all; or the operator of `--as`, with its role."""
    found = acting_operator()
    if found is None:
        return Actor(getpass.getuser(), Door.CLI, rights=ALL_RIGHTS)
    return Actor(
        found.name,
        Door.CLI,
        rights=found.rights,
        reseller_id=found.reseller_id,
        distributor_id=found.distributor_id,
    )


def acting_operator() -> OperatorFacts | None:
    """The operator of `--as`; None: the user of this machine acts."""
    name = _chosen_operator()
    if name is None:
        return None
    with read_session() as session:
        found = find_operator(session, name)
    if found is None or not found.is_enabled:
        raise Failure(f"There is no enabled operator {name}.", "callingcard operator list")
    return found


def permitted(answer: Permit[Keys] | PermitRefused) -> Permit[Keys]:
    """The permit, or its refusal as a failure; ask when the transaction that noted either is committed."""
    if isinstance(answer, PermitRefused):
        raise Failure(answer.sentence, "Ask an operator of such a role, or: callingcard operator role NAME ROLE")
    return answer


def _chosen_operator() -> str | None:
    context = click.get_current_context(silent=True)
    chosen = context.find_root().params.get("as_operator") if context else None
    return chosen or settings().operator or None
