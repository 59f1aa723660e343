"""What one step of a job did, and how steps add up."""

from collections import Counter
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SeriesShare:
    """What a job did to the cards of one series; the amount is in its currency, 0 where no money moves."""

    currency: str
    cards: int
    amount_micros: int

    def __add__(self, other: "SeriesShare") -> "SeriesShare":
        return SeriesShare(self.currency, self.cards + other.cards, self.amount_micros + other.amount_micros)


@dataclass(frozen=True, slots=True)
class JobStep:
    """The cards that were changed, by the number of their series."""

    by_series: dict[int, SeriesShare]

    @classmethod
    def of(cls, series_number: int, currency: str, amount_micros: int = 0) -> "JobStep":
        """One card."""
        return cls({series_number: SeriesShare(currency, 1, amount_micros)})

    def __add__(self, other: "JobStep") -> "JobStep":
        sums = dict(self.by_series)
        for number, share in other.by_series.items():
            sums[number] = sums[number] + share if number in sums else share
        return JobStep(sums)

    @property
    def cards(self) -> int:
        return sum(share.cards for share in self.by_series.values())

    @property
    def amounts(self) -> dict[str, int]:
        """Micros by currency."""
        sums: Counter[str] = Counter()
        for share in self.by_series.values():
            sums[share.currency] += share.amount_micros
        return dict(sums)

    def as_json(self) -> dict[str, Any]:
        return {
            "cards": self.cards,
            "amounts_micros": self.amounts,
            "series": [
                {"series": number, "cards": s.cards, "currency": s.currency, "amount_micros": s.amount_micros}
                for number, s in sorted(self.by_series.items())
            ],
        }


def nothing() -> JobStep:
    return JobStep({})
