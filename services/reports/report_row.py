"""One row of a report: its figures, and what follows from them."""

from dataclasses import dataclass
from typing import Any

from billing.money import divide_floor
from services.reports.report_terms import By


@dataclass(frozen=True, slots=True)
class ReportRow:
    """`figures` are by the names of services.reports.figures; amounts are in `currency`."""

    of: dict[By, str | None]
    currency: str
    figures: dict[str, int]

    @property
    def asr_per_mille(self) -> int:
        """The answered share of the calls."""
        return divide_floor(self.figures["answered"] * 1_000, self.figures["calls"])

    @property
    def acd_seconds(self) -> int:
        """The mean length of answered calls."""
        answered = self.figures["answered"]
        return divide_floor(self.figures["talk_seconds"], answered) if answered else 0

    @property
    def margin_micros(self) -> int:
        """What is left of the calls' price after tax and the carriers' price."""
        figures = self.figures
        return figures["cost_micros"] - figures["tax_micros"] - figures["buy_cost_micros"]

    @property
    def delivered_per_mille(self) -> int | None:
        """Of the time told to those callers who talked up to the limit, the share that they got."""
        announced = self.figures["announced_to_limit_seconds"]
        return divide_floor(self.figures["delivered_to_limit_seconds"] * 1_000, announced) if announced else None

    def order(self) -> tuple[str, int, list[str]]:
        day = self.of.get(By.DAY) or ""
        return day, -self.figures["cost_micros"], [value or "" for value in self.of.values()]

    def as_json(self) -> dict[str, Any]:
        derived = {
            "asr_per_mille": self.asr_per_mille,
            "acd_seconds": self.acd_seconds,
            "margin_micros": self.margin_micros,
            "delivered_per_mille": self.delivered_per_mille,
        }
        return {
            **{by.value: value for by, value in self.of.items()},
            "currency": self.currency,
            **self.figures,
            **derived,
        }
