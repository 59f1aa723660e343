"""Step two of an import: what a file changes in a table, before anything is written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from models import ChangeAct, ImportMode, Verdict
from services.rate_import.hour_clashes import HourPeriods, hour_clashes, keep_hours
from services.rate_import.line_reader import FileRate
from services.rate_import.read_rates import FileRates
from services.rate_import.refusals import CellRefused, Reason, RefusedLine
from services.rate_import.sheet import Progress, nothing_shown
from services.rate_import.table_rates import FOREVER, RateKey, TableRate, moment_or_none
from services.rate_import.terms import BLOCKED, MISSING, NAME, PRICE, STANDARD, Terms, check_together
from services.rate_import.timeline import Segment, Span, covering, left_of, same_terms
from services.rate_import.word_cells import ChangeWord

PROGRESS_EVERY: Final = 5_000


@dataclass(frozen=True, slots=True)
class Comparing:
    """`jump_percent`: a price that changes by more is flagged; `notice_days`: an increase that comes sooner is."""

    mode: ImportMode
    applies_at: datetime
    now: datetime
    jump_percent: int
    notice_days: int | None = None


class Change(NamedTuple):
    """What applying does to one row; see models.RateChange."""

    act: ChangeAct
    verdict: Verdict
    line: int | None
    rate_id: int | None
    key: RateKey
    valid_from: datetime
    valid_until: datetime | None
    valid_until_before: datetime | None
    price_before: int | None
    is_jump: bool
    is_short_notice: bool
    terms: Terms


@dataclass(slots=True)
class Preview:
    """`counts` are of codes: new, changed, ended, same, jumps ..."""

    changes: list[Change] = field(default_factory=list)
    refused: list[RefusedLine] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def compare(
    table: Mapping[RateKey, Sequence[TableRate]],
    file: FileRates,
    comparing: Comparing,
    progress: Progress = nothing_shown,
) -> Preview:
    preview = Preview(refused=list(file.refused))
    by_key: dict[RateKey, list[FileRate]] = {}
    for rate in file.rates:
        by_key.setdefault((rate.prefix, rate.hours), []).append(rate)
    hours: HourPeriods = {}
    for place, key in enumerate(sorted(by_key), 1):
        if place % PROGRESS_EVERY == 0:
            progress(place, len(by_key))
        _compare_key(key, table.get(key, ()), by_key[key], comparing, preview, hours)
    if comparing.mode is ImportMode.REPLACE:
        _end_missing(table, by_key, file.refused_codes, comparing, preview)
    _keep_untouched_hours(table, by_key, hours, preview)
    preview.refused += hour_clashes(hours)
    preview.refused.sort(key=lambda refusal: refusal.line)
    progress(len(by_key), len(by_key))
    return preview


def _compare_key(
    key: RateKey,
    old: Sequence[TableRate],
    rates: list[FileRate],
    comparing: Comparing,
    preview: Preview,
    hours: HourPeriods,
) -> None:
    refused_before = len(preview.refused)
    segments = _segments(key, old, _coming(old, rates, comparing, preview), comparing, preview)
    if len(preview.refused) > refused_before or not segments:
        return
    first = segments[0].begins
    replaced_from = first if comparing.mode is ImportMode.REPLACE else FOREVER
    for rate in old:
        if rate.valid_until > comparing.applies_at:
            spans = left_of(rate, segments, replaced_from)
            _change_old(key, rate, spans, segments, preview)
            keep_hours(key, spans, None, hours)
    for segment in segments:
        _tell(key, segment, comparing, preview)
        if segment.terms is not None:
            keep_hours(key, [(segment.begins, segment.ends)], segment.rate.line, hours)


def _coming(
    old: Sequence[TableRate], rates: list[FileRate], comparing: Comparing, preview: Preview
) -> list[tuple[datetime, FileRate]]:
    """The lines that say something of times from the moment of applying on, each with its beginning."""
    at = comparing.applies_at
    coming: dict[datetime, FileRate] = {}
    for rate in sorted(rates, key=lambda rate: rate.valid_from or at):
        if rate.valid_until is not None and rate.valid_until <= at:
            is_same = any(_is_same(rate, one) for one in old)
            preview.counts["same" if is_same else "past"] += 1
            continue
        begins = max(rate.valid_from or at, at)
        if begins in coming:  # both began in the past: the later one holds
            preview.counts["past"] += 1
        coming[begins] = rate
    return list(coming.items())


def _is_same(rate: FileRate, old: TableRate) -> bool:
    period = (rate.valid_from, rate.valid_until or FOREVER)
    return not rate.ends and period == (old.valid_from, old.valid_until) and same_terms(rate.given, old.terms)


def _segments(
    key: RateKey,
    old: Sequence[TableRate],
    coming: list[tuple[datetime, FileRate]],
    comparing: Comparing,
    preview: Preview,
) -> list[Segment]:
    segments: list[Segment] = []
    for place, (begins, rate) in enumerate(coming):
        ends = rate.valid_until or FOREVER
        if place + 1 < len(coming):
            follows, other = coming[place + 1]
            if rate.valid_until is not None and follows < rate.valid_until:
                _refuse_overlap(key, rate, other, preview)
            ends = min(ends, follows)
        elif rate.valid_until is None and comparing.mode is ImportMode.AMEND and not rate.ends:
            # What was announced for later stays announced.
            ends = min((one.valid_from for one in old if one.valid_from > begins), default=FOREVER)
        before = covering(old, begins)
        terms = None
        if not rate.ends:
            terms = _filled(key, rate, before or (old[-1] if old else None))
            _check(rate, terms, preview)
        segments.append(Segment(begins, ends, rate, before, terms))
    return segments


def _filled(key: RateKey, rate: FileRate, before: TableRate | None) -> Terms:
    """What the line is silent about is as it was before, or the standard."""
    base = STANDARD if before is None else before.terms
    terms = [old if new is MISSING else new for new, old in zip(rate.given, base, strict=True)]
    terms[NAME] = terms[NAME] or key[0]
    return tuple(terms)


def _check(rate: FileRate, terms: Terms, preview: Preview) -> None:
    try:
        check_together(terms)
    except CellRefused as refused:
        preview.refused.append(RefusedLine(rate.line, refused.reason, refused.sentence))


def _refuse_overlap(key: RateKey, rate: FileRate, other: FileRate, preview: Preview) -> None:
    sentence = f"code {key[0]}: the period of line {rate.line} reaches into that of line {other.line}: end it earlier."
    preview.refused.append(RefusedLine(max(rate.line, other.line), Reason.OVERLAP, sentence))


def _change_old(
    key: RateKey, rate: TableRate, spans: list[Span], segments: Sequence[Segment], preview: Preview
) -> None:
    """The old row as it is left: with another end, in parts, or gone."""
    stays = bool(spans) and spans[0][0] == rate.valid_from
    ends = spans[0][1] if stays else rate.valid_until
    closing = [one for one in segments if one.terms is None and rate.valid_from <= one.begins <= rate.valid_until]
    verdict = Verdict.ENDED if closing else Verdict.CHANGED
    line = closing[0].rate.line if closing else None
    if not stays:
        preview.changes.append(_old_change(ChangeAct.REMOVE, verdict, line, key, rate, rate.valid_until))
    elif ends != rate.valid_until:
        preview.changes.append(_old_change(ChangeAct.END, verdict, line, key, rate, ends))
    for begins, until in spans[1:] if stays else spans:
        again = _old_change(ChangeAct.BEGIN, Verdict.KEPT, None, key, rate, until)
        preview.changes.append(again._replace(valid_from=begins, rate_id=None, valid_until_before=None))


def _old_change(
    act: ChangeAct, verdict: Verdict, line: int | None, key: RateKey, rate: TableRate, ends: datetime
) -> Change:
    before, flags = moment_or_none(rate.valid_until), (rate.terms[PRICE], False, False)
    period = (rate.valid_from, moment_or_none(ends), before)
    return Change(act, verdict, line, rate.id, key, *period, *flags, rate.terms)


def _tell(key: RateKey, segment: Segment, comparing: Comparing, preview: Preview) -> None:
    """Count the line, and let its rate begin unless the table says the same already."""
    counts, old = preview.counts, segment.covering
    if segment.terms is None:
        counts["ended" if old is not None else "nothing_to_end"] += 1
        return
    if segment.is_kept and old is not None:
        has_new_end = comparing.mode is ImportMode.REPLACE and old.valid_until != segment.ends
        counts["changed" if has_new_end or old.valid_until < segment.ends else "same"] += 1
        return
    verdict = Verdict.NEW if old is None else Verdict.CHANGED
    before, price = (None if old is None else old.terms[PRICE]), segment.terms[PRICE]
    is_jump = before is not None and abs(price - before) * 100 > before * comparing.jump_percent
    is_short = before is not None and price > before and _is_short(segment.begins, comparing)
    counts[verdict.value] += 1
    counts["jumps"] += is_jump
    counts["short_notice"] += is_short
    counts["words_differ"] += _differs(segment.rate.word, before, price)
    counts["stay_blocked"] += segment.rate.given[BLOCKED] is MISSING and segment.terms[BLOCKED]
    period = (segment.begins, moment_or_none(segment.ends), None)
    line = segment.rate.line
    preview.changes.append(
        Change(ChangeAct.BEGIN, verdict, line, None, key, *period, before, is_jump, is_short, segment.terms)
    )


def _is_short(begins: datetime, comparing: Comparing) -> bool:
    return comparing.notice_days is not None and begins < comparing.now + timedelta(days=comparing.notice_days)


def _differs(word: ChangeWord | None, before: int | None, price: int) -> bool:
    """The sender calls it otherwise than it is."""
    match word:
        case ChangeWord.INCREASE:
            return before is None or price <= before
        case ChangeWord.DECREASE:
            return before is None or price >= before
        case ChangeWord.NEW:
            return before is not None
        case ChangeWord.SAME:
            return price != before
        case _:
            return False


def _end_missing(
    table: Mapping[RateKey, Sequence[TableRate]],
    by_key: Mapping[RateKey, object],
    refused_codes: set[str],
    comparing: Comparing,
    preview: Preview,
) -> None:
    at = comparing.applies_at
    for key, rates in table.items():
        holding = [rate for rate in rates if rate.valid_until > at]
        if key in by_key or not holding:
            continue
        if key[0] in refused_codes:
            preview.counts["kept_of_refused"] += 1
            continue
        preview.counts["ended"] += 1
        for rate in holding:
            act = ChangeAct.END if rate.valid_from < at else ChangeAct.REMOVE
            ends = at if act is ChangeAct.END else rate.valid_until
            preview.changes.append(_old_change(act, Verdict.ENDED, None, key, rate, ends))


def _keep_untouched_hours(
    table: Mapping[RateKey, Sequence[TableRate]], by_key: Mapping[RateKey, object], hours: HourPeriods, preview: Preview
) -> None:
    """What the file does not name stands beside what it brings."""
    if not hours:
        return
    ended = {change.rate_id for change in preview.changes if change.act is not ChangeAct.BEGIN}
    for key, rates in table.items():
        if key[0] in hours and key not in by_key:
            spans = [(rate.valid_from, rate.valid_until) for rate in rates if rate.id not in ended]
            keep_hours(key, spans, None, hours)
