"""Step two and three: what a list changes in a table, from when, and that undoing it brings every rate back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from factories import NOW
from lists import Desk, day
from sqlalchemy import select, update

from models import AuditEntry, ImportMode, ImportState, Rate, RateChange, RateImport, RateTable
from services.rate_import.refusals import FileRefused, ImportRefused, Reason
from services.routing.deck_revision import deck_revision, touch_deck

TODAY = f"{NOW:%Y-%m-%d}"
HEAD = "Code,Destination,Rate,Effective,Increment\n"


def test_an_amendment_changes_what_it_names_and_leaves_the_rest(carrier: Desk) -> None:
    carrier.has("44", 10_000)
    carrier.has("49", 20_000)
    carrier.applied("Code,Destination,Rate\n44,UK,0.015\n4477,UK mobile,0.05\n")
    assert carrier.periods() == [
        ("44", 10_000, "2020-01-01", TODAY),
        ("44", 15_000, TODAY, None),
        ("4477", 50_000, TODAY, None),
        ("49", 20_000, "2020-01-01", None),
    ]


def test_a_replacement_ends_what_it_does_not_name(carrier: Desk) -> None:
    carrier.has("44", 10_000)
    carrier.has("49", 20_000)
    carrier.has("33", 5_000, valid_from=day("2027-01-01"))  # announced: it never comes
    prepared = carrier.prepared("Code,Rate\n44,0.01\n", mode=ImportMode.REPLACE)
    assert (prepared.preview.counts["same"], prepared.preview.counts["ended"]) == (1, 2)
    carrier.applied("Code,Rate\n44,0.01\n", mode=ImportMode.REPLACE)
    assert carrier.periods() == [("44", 10_000, "2020-01-01", None), ("49", 20_000, "2020-01-01", TODAY)]


def test_old_prices_hold_until_their_successors_begin(carrier: Desk) -> None:
    carrier.has("44", 10_000)
    carrier.applied(HEAD + "44,UK,0.02,2026-12-07,60/6\n", mode=ImportMode.REPLACE)
    assert carrier.periods() == [("44", 10_000, "2020-01-01", "2026-12-07"), ("44", 20_000, "2026-12-07", None)]


def test_a_list_of_two_periods_brings_both(carrier: Desk) -> None:
    """Many carriers send what holds and what comes as two lines of one code."""
    carrier.has("44", 10_000)
    text = HEAD + "44,44,0.01,2019-05-01,1/1\n44,44,0.02,2026-12-07,1/1\n"
    assert carrier.prepared(text).preview.counts["same"] == 1
    carrier.applied(text)
    assert carrier.periods() == [("44", 10_000, "2020-01-01", "2026-12-07"), ("44", 20_000, "2026-12-07", None)]


def test_an_amendment_of_today_keeps_what_is_announced(carrier: Desk) -> None:
    carrier.has("44", 10_000, valid_until=day("2027-01-01"))
    carrier.has("44", 30_000, valid_from=day("2027-01-01"))
    carrier.applied("Code,Rate\n44,0.02\n")
    assert carrier.periods() == [
        ("44", 10_000, "2020-01-01", TODAY),
        ("44", 20_000, TODAY, "2027-01-01"),
        ("44", 30_000, "2027-01-01", None),
    ]


def test_a_price_for_a_time_gives_way_to_the_old_one_again(carrier: Desk) -> None:
    carrier.has("44", 10_000)
    before = carrier.rows()
    text = "Code,Rate,Valid from,Valid until\n44,0.005,2026-12-01,2027-01-01\n"
    import_id = carrier.applied(text)
    assert carrier.periods() == [
        ("44", 10_000, "2020-01-01", "2026-12-01"),
        ("44", 5_000, "2026-12-01", "2027-01-01"),
        ("44", 10_000, "2027-01-01", None),
    ]
    carrier.undone(import_id)
    assert carrier.rows() == before


def test_dates_of_the_past_do_not_reach_calls_that_are_charged(carrier: Desk) -> None:
    carrier.has("44", 10_000)
    carrier.applied(HEAD + "44,UK,0.02,2021-03-01,1/1\n")
    assert carrier.periods() == [("44", 10_000, "2020-01-01", TODAY), ("44", 20_000, TODAY, None)]


def test_what_a_list_is_silent_about_stays(carrier: Desk) -> None:
    terms = {"connect_fee_micros": 7, "first_block_seconds": 60, "increment_seconds": 6, "ghost_minutes_percent": 90}
    carrier.has("44", 10_000, destination_name="Britain", **terms)
    carrier.applied("Code,Rate\n44,0.02\n")
    query = select(Rate.destination_name, *(getattr(Rate, name) for name in terms))
    now_holds = carrier.session.execute(query.where(Rate.valid_from == NOW)).one()
    assert tuple(now_holds) == ("Britain", *terms.values())


def test_deleted_codes_end_and_closed_ones_are_blocked(carrier: Desk) -> None:
    """A closed code must not fall back to a shorter one: its rate stays and refuses calls."""
    for code in ("44", "4477", "4478", "4479"):
        carrier.has(code, 10_000)
    text = "Code,Rate,Effective,Status\n4477,0.01,2026-12-01,Deleted\n4478,,immediate,closed\n4479,Bloqueado,,\n"
    carrier.applied(text)
    rows = carrier.session.execute(
        select(Rate.prefix, Rate.valid_until, Rate.is_blocked, Rate.price_per_minute_micros)
        .where(Rate.rate_table_id == carrier.table_id, (Rate.valid_from == NOW) | (Rate.prefix == "4477"))
        .order_by(Rate.prefix)
    )
    assert [tuple(row) for row in rows] == [
        ("4477", day("2026-12-01"), False, 10_000),
        ("4478", None, True, 10_000),
        ("4479", None, True, 10_000),
    ]


def test_a_list_without_a_column_of_states_opens_nothing_that_is_blocked(carrier: Desk) -> None:
    carrier.has("44", 10_000, is_blocked=True)
    assert carrier.prepared("Code,Rate\n44,0.02\n").preview.counts["stay_blocked"] == 1
    assert carrier.prepared("Code,Rate,Status\n44,0.02,increase\n").preview.counts["stay_blocked"] == 0


def test_jumps_short_notices_and_wrong_words_are_flagged(carrier: Desk) -> None:
    carrier.has("44", 10_000)
    carrier.has("49", 10_000)
    carrier.has("33", 10_000)
    text = (
        "Code,Rate,Effective,Status\n44,0.0131,2026-11-25,decrease\n49,0.013,2026-12-20,increase\n33,0.0069,now,new\n"
    )
    counts = carrier.prepared(text, jump_percent=30, notice_days=7).preview.counts
    assert (counts["jumps"], counts["short_notice"], counts["words_differ"]) == (2, 1, 2)


def test_the_same_list_again_changes_nothing(carrier: Desk) -> None:
    text = HEAD + "44,UK,0.02,2026-12-07,60/6\n4477,UK mobile,0.05,immediate,60/60\n"
    carrier.applied(text)
    preview = carrier.prepared(text).preview
    assert (preview.changes, preview.counts["same"]) == ([], 2)


@pytest.mark.parametrize("mode", list(ImportMode))
def test_undoing_brings_back_every_column_of_every_rate(carrier: Desk, mode: ImportMode) -> None:
    steps = [{"seconds": 60, "price_per_minute_micros": 5, "increment_seconds": 1, "fee_micros": 0}]
    carrier.has("44", 10_000, steps=steps, valid_until=day("2026-12-24"))
    carrier.has("44", 11_000, valid_from=day("2026-12-24"), steps=steps)
    carrier.has("49", 20_000, ghost_minutes_percent=80, days=31, from_minute=480, until_minute=1080)
    carrier.has("49", 15_000)
    carrier.has("33", 5_000, is_blocked=True)
    before = carrier.rows()
    text = HEAD + "44,UK,0.02,2026-12-07,60/6\n44,UK,0.03,2026-12-24,60/6\n\n49,Germany,0.01,,1/1\n1,US,0.01,,6/6\n"
    import_id = carrier.applied(text, mode=mode)
    assert carrier.rows() != before
    carrier.undone(import_id)
    assert carrier.rows() == before


def test_imports_are_undone_from_the_last_one_back(carrier: Desk) -> None:
    carrier.has("44", 10_000)
    before = carrier.rows()
    first = carrier.applied("Code,Rate\n44,0.02\n")
    second = carrier.applied("Code,Rate\n44,0.03\n", applies_at=NOW + timedelta(days=1))
    elsewhere = carrier.applied("Code,Rate\n1,0.03\n")
    with pytest.raises(
        ImportRefused, match=f"1 rates of the import {first} .* undo first import {elsewhere}, {second}"
    ):
        carrier.undone(first)
    for import_id in (second, first, elsewhere):
        carrier.undone(import_id)
    assert carrier.rows() == before
    with pytest.raises(ImportRefused, match="it is undone"):
        carrier.undone(first)


@pytest.mark.parametrize("change", [{"price_per_minute_micros": 1}, {"valid_until": day("2027-05-05")}])
def test_a_rate_changed_by_hand_since_is_not_undone(carrier: Desk, change: dict[str, object]) -> None:
    import_id = carrier.applied("Code,Rate\n44,0.02\n")
    carrier.session.execute(update(Rate).where(Rate.rate_table_id == carrier.table_id).values(change))
    with pytest.raises(ImportRefused, match="they were changed one by one: import the list of before"):
        carrier.undone(import_id)


def test_a_table_changed_since_the_preview_is_not_overwritten(carrier: Desk) -> None:
    import_id = carrier.staged("Code,Rate\n44,0.02\n")
    touch_deck(carrier.session, carrier.table_id)
    carrier.session.expire_all()
    with pytest.raises(ImportRefused, match="has changed since the preview"):
        carrier.applies(import_id)
    assert carrier.rows() == []


def test_a_preview_of_yesterday_is_not_applied(carrier: Desk) -> None:
    import_id = carrier.staged("Code,Rate\n44,0.02\n")
    with pytest.raises(ImportRefused, match="which is past"):
        carrier.applies(import_id, NOW + timedelta(hours=2))


def test_an_import_is_applied_once_and_not_before_it_is_staged_whole(carrier: Desk) -> None:
    """F26."""
    import_id = carrier.applied("Code,Rate\n44,0.02\n")
    with pytest.raises(ImportRefused, match="it is applied already"):
        carrier.applies(import_id)
    killed = RateImport(rate_table_id=carrier.table_id, mode=ImportMode.AMEND, applies_at=NOW, table_revision=0)
    for name, value in {"file_name": "x", "file_sha256": "0" * 64, "made_by": "anna", "made_at": NOW}.items():
        setattr(killed, name, value)
    carrier.session.add(killed)
    carrier.session.flush()
    with pytest.raises(ImportRefused, match="it was not staged to its end"):
        carrier.applies(killed.id)
    with pytest.raises(ImportRefused, match="There is no import 987654"):
        carrier.applies(987_654)


def test_refused_lines_stop_the_import_unless_their_reason_is_left_out(carrier: Desk) -> None:
    """F26."""
    carrier.has("49", 20_000)
    text = "Code,Rate\n44,0.02\n49,-1\n4.4E+11,0.1\n"
    with pytest.raises(ImportRefused, match=r"2 lines are refused \(code, price\), so nothing is applied"):
        carrier.applied(text)
    with pytest.raises(ImportRefused, match=r"1 lines are refused \(code\)"):
        carrier.applied(text, left_out=frozenset({Reason.PRICE}))
    assert carrier.periods() == [("49", 20_000, "2020-01-01", None)]
    both = frozenset({Reason.PRICE, Reason.CODE})
    carrier.applied(text, left_out=both, mode=ImportMode.REPLACE)
    assert ("49", 20_000, "2020-01-01", None) in carrier.periods()  # its line is refused: that does not end it


def test_an_import_is_noted_and_tells_the_decks(carrier: Desk) -> None:
    before = deck_revision(carrier.session)
    import_id = carrier.applied("Code,Rate\n44,0.02\n")
    assert deck_revision(carrier.session) == before + 1
    revision = select(RateTable.revision).where(RateTable.id == carrier.table_id)
    assert carrier.session.scalars(revision).one() == before + 1
    carrier.undone(import_id)
    acts = select(AuditEntry.act, AuditEntry.actor).where(AuditEntry.object_kind == "rate_import")
    assert [tuple(row) for row in carrier.session.execute(acts.order_by(AuditEntry.number))] == [
        ("rates.staged", "anna"),
        ("rates.imported", "anna"),
        ("rates.import_undone", "anna"),
    ]
    kept = carrier.session.get_one(RateImport, import_id, populate_existing=True)
    assert (kept.state, kept.file_name, kept.counts["new"]) == (ImportState.UNDONE, "list.csv", 1)
    assert carrier.session.scalars(select(RateChange.line).where(RateChange.rate_import_id == import_id)).all() == [2]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "Code,Rate,Valid from,Valid until\n44,0.01,2026-12-01,2027-02-01\n44,0.02,2027-01-01,\n",
            "code 44: the period of line 2 reaches into that of line 3: end it earlier.",
        ),
        (
            "Code,Rate,Days,Hours\n44,0.01,mon-fri,08:00-18:00\n44,0.02,fri,17:00-20:00\n",
            "code 44: its hours overlap those of another rate of this code: change either.",
        ),
        (
            "code,price_per_minute,block_fee,block_fee_seconds\n44,0.01,0.5,0\n",
            "A block fee needs its length: set block_fee_seconds, or block_fee_micros to 0.",
        ),
    ],
)
def test_overlaps_and_terms_that_do_not_fit_are_refused(carrier: Desk, text: str, sentence: str) -> None:
    assert {refusal.sentence for refusal in carrier.prepared(text).preview.refused} == {sentence}


def test_hours_that_overlap_those_of_the_table_are_refused(carrier: Desk) -> None:
    carrier.has("44", 10_000, days=31, from_minute=480, until_minute=1080)
    text = "Code,Rate,Days,Hours\n44,0.02,fri,17:00-20:00\n"
    assert [refusal.reason for refusal in carrier.prepared(text).preview.refused] == [Reason.OVERLAP]
    assert carrier.prepared(text, mode=ImportMode.REPLACE).preview.refused == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("Code,Rate (EUR)\n44,0.02\n", "says EUR, but the rate table is in USD"),
        ("Code,Name\n44,Britain\n", "No column of prices per minute was found"),
        ("Code,Rate per second\n44,0.02\n", "No column of prices per minute was found"),
        ("Name,Rate\nBritain,0.02\n", "No column of dialling codes was found"),
        ("Code,Rate,Effective\n44,0.02,03/04/2027\n", "say --dates dmy or --dates mdy"),
        ("Code,Rate,Effective\n44,0.02,13/04/2027\n44,0.02,04/13/2027\n", "Some dates have the day first"),
        ('Code,Rate\n44,"1,234"\n', "Say --decimal comma or --decimal point"),
        ("Code;Rate\n44;0,02\n49;0.02\n", "Some prices have a decimal comma and some a decimal point"),
        ("Code,Rate\n", "There is no rate in the file"),
        ("", "The file is empty"),
        (b"%PDF-1.7", "The file is a PDF"),
    ],
)
def test_what_cannot_be_decided_is_refused_as_a_whole(carrier: Desk, content: str | bytes, sentence: str) -> None:
    """F26."""
    with pytest.raises(FileRefused, match=sentence):
        carrier.prepared(content, dates=None)
