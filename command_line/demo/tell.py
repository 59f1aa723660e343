"""Shows a demo call on the terminal, line by line as it happens, and its figures at the end."""

from typing import Any

from billing.money import text_from_micros
from command_line.demo.proof import Check
from command_line.show import console, money

COLOURS = {"hears": "cyan", "presses": "yellow", "route": "magenta", "talks": "green"}
LABEL_WIDTH = 9


def tell(kind: str, text: str) -> None:
    """One line: what happened, and the words; what follows a line break is set smaller."""
    first, _, rest = text.partition("\n")
    colour = COLOURS.get(kind, "white")
    console.print(f"  [{colour}]{kind:<{LABEL_WIDTH}}[/]", first, sep="", markup=True)
    if rest:
        console.print(" " * (LABEL_WIDTH + 2) + rest, style="dim", markup=False)


def tell_figures(call: dict[str, Any], before_micros: int, after_micros: int) -> None:
    """The record of the call as an operator would read it."""
    currency = call["currency"]
    for route in call["tried"]:
        console.print(f"  route    {route['route']}: {route['dial_status']} (cause {route['hangup_cause'] or '-'})")
    console.print(f"  talked   {call['talk_seconds']} s ({call['talk_ms']} ms), billed as {call['billed_seconds']} s")
    for line in call["charge_lines"]:
        console.print(f"  charge   {text_from_micros(line['amount_micros'], 6):>12}  {line['label']}")
    console.print(f"  balance  {money(before_micros, currency)} before, {money(after_micros, currency)} after")


def tell_checks(found: list[Check]) -> bool:
    """True when all hold."""
    for check in found:
        mark = "[green]right[/]" if check.holds else "[red]WRONG[/]"
        console.print(f"  {mark}    {check.what}")
    return all(check.holds for check in found)
