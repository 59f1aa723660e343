"""A command asks for its rights before it does anything: said once, for every command of the tree."""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

import click

ASKS = "asks_for"  # marks a callback that asks already


def asking(command: click.Command, path: str) -> click.Command:
    """The command (all commands of a group) that asks by its path, such as `account gateway edit`, when it is run."""
    if isinstance(command, click.Group):
        command.asks_as = path  # type: ignore[attr-defined]  # read by a lazy group when it imports
        for name, part in command.commands.items():
            asking(part, f"{path} {name}")
    elif command.callback is not None and not hasattr(command.callback, ASKS):
        command.callback = _first_asked(command.callback, path)
    return command


def _first_asked(callback: Callable[..., Any], path: str) -> Callable[..., Any]:
    @wraps(callback)
    def asked(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (the command's own)
        import_module("command_line.ask_rights").ask_rights(path)
        return callback(*args, **kwargs)

    setattr(asked, ASKS, path)
    return asked
