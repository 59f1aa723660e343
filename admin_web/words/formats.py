"""How amounts, moments and durations look on a page, as in every web door (web_base/formats.py)."""

from web_base.formats import (
    NOTHING,
    ago,
    clock,
    dashed,
    day,
    duration,
    exact_money,
    fee,
    moment,
    money,
    set_up_formats,
    spoken,
    whole,
)

__all__ = [
    "NOTHING",
    "ago",
    "clock",
    "dashed",
    "day",
    "duration",
    "exact_money",
    "fee",
    "moment",
    "money",
    "set_up_formats",
    "spoken",
    "whole",
]
