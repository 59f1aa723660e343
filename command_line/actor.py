"""Who sits at the command line, for the audit log."""

import getpass

from services.audit.audit import Actor, Door


def cli_actor() -> Actor:
    """The login name of the user; acts of the command line stand in the audit log as door `cli`."""
    return Actor(getpass.getuser(), Door.CLI)
