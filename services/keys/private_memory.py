"""Memory that holds keys and PINs must not be written to disk by a crash."""

import resource


def leave_no_core() -> None:
    """From now on a crash of this process, and of what it starts, leaves no core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
