"""A group of commands that are imported when they are run: a command pays for its own libraries only."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from command_line.asking import asking


class LazyGroup(click.Group):
    """`lazy` names for each command where it stands (module:attribute) and what the list of commands says of it."""

    def __init__(self, *args: Any, lazy: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:  # noqa: ANN401 (click's own)
        super().__init__(*args, **kwargs)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self.lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self.imported(cmd_name) if cmd_name in self.lazy else super().get_command(ctx, cmd_name)

    def imported(self, name: str) -> click.Command:
        module, _, attribute = self.lazy[name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return asking(command, f"{getattr(self, 'asks_as', '')} {name}".strip())

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does it, without importing a lazy command for its first sentence."""
        names = self.list_commands(ctx)
        width = formatter.width - 6 - max(map(len, names))
        rows = []
        for name in names:
            if name in self.lazy:
                rows.append((name, click.Command(name, help=self.lazy[name][1]).get_short_help_str(width)))
            elif command := super().get_command(ctx, name):
                rows.append((name, command.get_short_help_str(width)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)
