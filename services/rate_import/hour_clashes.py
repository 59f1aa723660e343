"""Rates of certain hours: two of one code that overlap are refused, since it would be chance which of them holds."""

from collections.abc import Iterator, Sequence

from billing.rate_times import RateTimes, clash
from services.rate_import.refusals import Reason, RefusedLine
from services.rate_import.table_rates import RateKey, moment_or_none
from services.rate_import.terms import ALL_WEEK
from services.rate_import.timeline import Span

HourPeriods = dict[str, list[tuple[RateTimes, int | None]]]  # by code, each with the line that brings it


def keep_hours(key: RateKey, spans: Sequence[Span], line: int | None, hours: HourPeriods) -> None:
    """Whole weeks are left out: of one code they share one timeline, where nothing overlaps."""
    if key[1] != ALL_WEEK:
        times = [(RateTimes(begins, moment_or_none(ends), *key[1]), line) for begins, ends in spans]
        hours.setdefault(key[0], []).extend(times)


def hour_clashes(hours: HourPeriods) -> Iterator[RefusedLine]:
    for prefix, found in hours.items():
        for place, (times, line) in enumerate(found):
            for other, other_line in found[:place]:
                told = line or other_line
                if told is not None and _week(times) != _week(other) and clash(times, other):
                    sentence = f"code {prefix}: its hours overlap those of another rate of this code: change either."
                    yield RefusedLine(told, Reason.OVERLAP, sentence)


def _week(times: RateTimes) -> tuple[int, int, int]:
    """Of one such week all periods share one timeline."""
    return times.days, times.from_minute, times.until_minute
