"""The days that a report of cards or wrong entries is asked for, checked before anything is read."""

from datetime import date

from services.reports.report_terms import ReportRefused

DAYS_MAX = 400  # a year and a month


def check_days(first: date, last: date) -> None:
    days = (last - first).days + 1
    if days < 1:
        raise ReportRefused(f"The last day, {last}, is before the first, {first}: exchange them.")
    if days > DAYS_MAX:
        raise ReportRefused(f"That are {days} days: ask for at most {DAYS_MAX}.")
