"""A routing plan on the terminal."""

from typing import Any

from rich.table import Table

from command_line.show import console


def show_plan(report: dict[str, Any]) -> None:
    pairs = Table(show_header=False, box=None)
    cap = "-" if report["price_cap_percent"] is None else f"{report['price_cap_percent']} % above the cheapest"
    for name, value in (
        ("plan", report["name"]),
        ("strategy", report["strategy"].value),
        ("routes", str(report["routes_max"])),
        ("price cap", cap),
        ("loss guard", "yes" if report["loss_guard"] else "no: calls may lose money"),
        ("currency", report["currency"] or "-"),
        ("used by", ", ".join(report["users"]) or "nobody"),
        ("version", str(report["version"])),
    ):
        pairs.add_row(name, value)
    console.print(pairs)
    carriers = Table("Carrier", "Priority", "Weight", "Tag", "Calls", "Fares", box=None)
    for row in report["carriers"]:
        calls = str(row["calls"]) if row["capacity"] is None else f"{row['calls']} of {row['capacity']}"
        calls = "not counted" if row["capacity"] is None and not row["calls"] else calls
        terms = (str(row["priority"]), str(row["weight"]), row["tag"] or "-")
        carriers.add_row(row["endpoint"], *terms, calls, _fares(row))
    console.print(carriers)
    if report["rules"]:
        console.print(_rules(report["rules"]))


def _fares(row: dict[str, Any]) -> str:
    if not row["is_enabled"]:
        return "switched off"
    if row["rested_until"] is not None:
        return f"rests until {row['rested_until']:%Y-%m-%d %H:%M:%S}"
    return f"{row['failures_in_row']} failures in a row" if row["failures_in_row"] else "well"


def _rules(rules: list[dict[str, Any]]) -> Table:
    table = Table("Rule for", "Of tag", "Does", box=None)
    for rule in rules:
        table.add_row(rule["prefix"] or "any number", rule["originator_tag"] or "anyone", "; ".join(_does(rule)))
    return table


def _does(rule: dict[str, Any]) -> list[str]:
    if rule["is_blocked"]:
        return ["blocked"]
    told = []
    if rule["strategy"] is not None:
        told.append(rule["strategy"].value)
    if rule["routes_max"] is not None:
        told.append(f"{rule['routes_max']} routes")
    if rule["price_cap_percent"] is not None:
        told.append(f"cap {rule['price_cap_percent']} %")
    if rule["carrier_tag"] is not None:
        told.append(f"carriers of tag {rule['carrier_tag']}")
    if rule["carriers"]:
        told.append("only " + ", ".join(one["endpoint"] for one in rule["carriers"]))
    return told or ["as the plan"]
