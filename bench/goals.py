"""The goals of a complete call, and the table that shows where we stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Goal:
    """A measured figure and what it should be."""

    operation: str
    measured: float
    goal: float
    unit: str = ""
    at_least: bool = False

    @property
    def is_reached(self) -> bool:
        return self.measured >= self.goal if self.at_least else self.measured <= self.goal


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*row)
    Console(width=110).print(table)


def show_goals(goals: Sequence[Goal]) -> list[str]:
    """Print the table; the operations whose goal was missed."""
    rows = [
        (
            goal.operation,
            f"{goal.measured:.2f}",
            f"{'>=' if goal.at_least else '<='} {goal.goal:g} {goal.unit}".strip(),
            "reached" if goal.is_reached else "MISSED",
        )
        for goal in goals
    ]
    show_table("Goals", ("operation", "measured", "goal", ""), rows)
    return [goal.operation for goal in goals if not goal.is_reached]
