"""May the operator for whom a command is run do it? A refusal is a sentence, and a line of the audit log."""

from billing.rights import ROLE_RIGHTS, SCOPED_ROLES, RightMissing, Role
from command_line.actor import acting_operator, cli_actor
from command_line.command_rights import need_of
from command_line.errors import Failure
from command_line.installation import now, write_session
from services.audit.audit import Act, note


def ask_rights(path: str) -> None:
    """Raises Failure. Without `--as` the user of the machine acts, who owns database and key file."""
    operator = acting_operator() if need_of(path).rights else None  # before `init` there is no database to ask
    refusal = None if operator is None else rights_refusal(path, operator.role)
    if refusal is None:
        return
    with write_session() as session:
        note(session, cli_actor(), Act("command.refused", "command", path, reason=refusal), now())
    raise Failure(refusal, "Ask an operator of such a role, or: callingcard operator role NAME ROLE")


def rights_refusal(path: str, role: Role) -> str | None:
    """None: the role may."""
    need = need_of(path)
    for right in sorted(need.rights):
        if right not in ROLE_RIGHTS[role]:
            return str(RightMissing(right))
    if need.rights and role in SCOPED_ROLES and role not in need.own:
        return f"A {role.value} works on its own cards only, and callingcard {path} is about all."
    return None
