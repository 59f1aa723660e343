"""The demo's own login to the console: an owner whose password is drawn anew at each start."""

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from billing.rights import Role
from command_line.actor import cli_actor
from services.operators.operator_facts import find_operator
from services.operators.save_operator import OperatorRole, create_operator, enable_operator, set_password

NAME = "demo"
PASSWORD_BYTES = 9


def demo_login(session: Session, now: datetime) -> tuple[str, str]:
    """Name and password; where operators were made by hand, the demo's stands beside them."""
    if find_operator(session, NAME) is None:
        create_operator(session, NAME, OperatorRole(Role.OWNER), cli_actor(), now)
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    enable_operator(session, NAME, cli_actor(), now)
    set_password(session, NAME, password, cli_actor(), now)
    return NAME, password
