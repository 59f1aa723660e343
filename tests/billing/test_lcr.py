from datetime import UTC, datetime, timedelta

from billing.lcr import ANY_MOMENT, CallMoment, Candidate, CarrierLoad, Route, SkipReason, ordered_routes
from billing.rating import FREE_PRICE, AccessSurcharge, CallPrice, Tariff, Tax
from billing.routing_plan import CarrierFacts, PlanTerms, RoutingStrategy
from billing.share import next_draw

SELL = CallPrice(Tariff(70_000))
HOUR = 3_600


NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
IDS: dict[str, int] = {}


def carrier(
    endpoint: str, price_per_minute_micros: int, priority: int = 1, number: str = "37061234567", **facts: object
) -> Candidate:
    return carrier_with(endpoint, Tariff(price_per_minute_micros), priority, number, **facts)


def carrier_with(
    endpoint: str, buy: Tariff, priority: int = 1, number: str = "37061234567", **facts: object
) -> Candidate:
    carrier_id = IDS.setdefault(endpoint, len(IDS) + 1)
    known = CarrierFacts(carrier_id, endpoint, 45, priority, rate_table_id=1, currency="USD", **facts)
    return Candidate(known, "370", buy, number)


def choose(
    *candidates: Candidate,
    sell: CallPrice = SELL,
    strategy: RoutingStrategy = RoutingStrategy.LEAST_COST,
    granted_seconds: int = HOUR,
    moment: CallMoment = ANY_MOMENT,
    **terms: object,
) -> tuple[tuple[Route, ...], dict[str, SkipReason]]:
    routes, skipped = ordered_routes(candidates, sell, PlanTerms(strategy, **terms), granted_seconds, moment)
    return routes, {each.carrier.endpoint: each.reason for each in skipped}


def route(*candidates: Candidate, **how: object) -> tuple[list[str], dict[str, SkipReason]]:
    """Endpoints in order, and why others are not among them."""
    routes, skipped = choose(*candidates, **how)
    return [route.endpoint for route in routes], skipped


def at(**loads: CarrierLoad) -> CallMoment:
    """Now, with these loads by the name of the carrier."""
    return CallMoment(NOW, 0, {IDS[endpoint]: load for endpoint, load in loads.items()})


def firsts(weights: dict[str, int], calls: int) -> dict[str, int]:
    """How many of so many calls each carrier gets first."""
    candidates = [carrier(name, 10_000, weight=weight) for name, weight in weights.items()]
    found, draw = dict.fromkeys(weights, 0), 12_345
    for _ in range(calls):
        draw = next_draw(draw)
        found[route(*candidates, strategy=RoutingStrategy.SHARE, moment=CallMoment(NOW, draw))[0][0]] += 1
    return found


def test_the_cheapest_carrier_is_tried_first() -> None:
    assert route(carrier("dear", 30_000), carrier("cheap", 10_000), carrier("middle", 20_000)) == (
        ["cheap", "middle", "dear"],
        {},
    )


def test_the_price_is_that_of_a_minute_with_its_fees() -> None:
    by_blocks = carrier_with("blocks", Tariff(10_000, first_block_seconds=180))
    with_fee = carrier_with("fee", Tariff(10_000, connect_fee_micros=15_000))
    assert route(by_blocks, with_fee)[0] == ["fee", "blocks"]


def test_ties_go_to_priority_and_then_to_the_name() -> None:
    assert route(carrier("b", 10_000, 2), carrier("c", 10_000, 1), carrier("a", 10_000, 2))[0] == ["c", "a", "b"]


def test_by_priority_the_price_decides_only_ties() -> None:
    candidates = carrier("cheap", 10_000, 2), carrier("dear", 30_000, 1), carrier("middle", 20_000, 1)
    assert route(*candidates, strategy=RoutingStrategy.PRIORITY)[0] == ["middle", "dear", "cheap"]


def test_a_carrier_dearer_than_the_sale_is_skipped() -> None:
    """features.md 2e, loss guard; as dear as the sale is no loss."""
    assert route(carrier("even", 70_000), carrier("loss", 70_001)) == (["even"], {"loss": SkipReason.LOSS})


def test_tax_activation_fee_and_access_surcharge_are_no_revenue() -> None:
    sell = CallPrice(Tariff(70_000), AccessSurcharge(10_000, 10_000), (Tax("VAT", 200_000),), 2_000_000)
    assert route(carrier("loss", 70_001), sell=sell) == ([], {"loss": SkipReason.LOSS})


def test_a_loss_at_the_end_of_the_granted_time_is_a_loss() -> None:
    """A connection fee covers the first minute, but not an hour."""
    sell = CallPrice(Tariff(10_000, connect_fee_micros=100_000))
    assert route(carrier("loss", 20_000), sell=sell) == ([], {"loss": SkipReason.LOSS})
    assert route(carrier("fair", 20_000), sell=sell, granted_seconds=300) == (["fair"], {})


def test_a_short_call_is_guarded_at_its_end() -> None:
    minute_blocks = carrier_with("blocks", Tariff(60_000, first_block_seconds=60))
    assert route(minute_blocks, granted_seconds=30) == ([], {"blocks": SkipReason.LOSS})
    assert route(minute_blocks, granted_seconds=60)[0] == ["blocks"]


def test_a_first_minute_that_is_given_away_is_no_loss() -> None:
    sell = CallPrice(Tariff(70_000, free_seconds=60))
    assert route(carrier("fair", 20_000), sell=sell)[0] == ["fair"]


def test_a_routing_plan_may_allow_losses() -> None:
    assert route(carrier("loss", 90_000), loss_guard=False)[0] == ["loss"]


def test_every_carrier_loses_against_the_free_price() -> None:
    """So an unlimited card is routed by the price of its rate table."""
    assert route(carrier("any", 1), sell=FREE_PRICE) == ([], {"any": SkipReason.LOSS})


def test_the_price_cap_is_measured_from_the_cheapest_left() -> None:
    candidates = carrier("cheap", 10_000), carrier("near", 12_000), carrier("far", 12_001)
    assert route(*candidates, price_cap_percent=20) == (["cheap", "near"], {"far": SkipReason.ABOVE_PRICE_CAP})


def test_the_price_cap_holds_by_priority_as_well() -> None:
    candidates = carrier("far", 30_000, 1), carrier("cheap", 10_000, 2)
    assert route(*candidates, strategy=RoutingStrategy.PRIORITY, price_cap_percent=20)[0] == ["cheap"]


def test_no_more_routes_are_tried_than_allowed() -> None:
    candidates = [carrier(f"c{n}", n * 1_000) for n in range(1, 5)]
    assert route(*candidates) == (["c1", "c2", "c3"], {"c4": SkipReason.BEYOND_ROUTES_MAX})


def test_a_number_that_the_dialplan_cannot_dial_is_skipped() -> None:
    assert route(carrier("short", 1, number="37"), carrier("odd", 1, number="370w1"), carrier("good", 2)) == (
        ["good"],
        {"short": SkipReason.NUMBER_NOT_DIALABLE, "odd": SkipReason.NUMBER_NOT_DIALABLE},
    )


def test_without_candidates_there_is_no_route() -> None:
    assert route(price_cap_percent=20) == ([], {})


def test_a_route_carries_its_own_buy_price() -> None:
    """A2B's fault: after fail-over the first carrier's price stays on the record."""
    routes, _ = choose(carrier("a", 10_000), carrier("b", 20_000))
    assert [route.buy.price_per_minute_micros for route in routes] == [10_000, 20_000]


def test_calls_are_shared_out_by_weight_to_within_two_calls() -> None:
    found = firsts({"a": 70, "b": 20, "c": 10}, 1_000)
    assert all(abs(found[name] - calls) <= 2 for name, calls in {"a": 700, "b": 200, "c": 100}.items())


def test_a_carrier_of_no_weight_only_takes_over() -> None:
    assert firsts({"a": 1, "spare": 0}, 100) == {"a": 100, "spare": 0}
    assert route(carrier("b", 2), carrier("a", 1), strategy=RoutingStrategy.SHARE)[0] == ["a", "b"]
    none = carrier("dear", 2, weight=0), carrier("cheap", 1, weight=0)
    assert route(*none, strategy=RoutingStrategy.SHARE)[0] == ["cheap", "dear"]


def test_behind_the_carrier_whose_share_it_is_the_cheapest_comes_next() -> None:
    candidates = carrier("a", 30_000, weight=0), carrier("b", 20_000, weight=0), carrier("c", 50_000, weight=1)
    assert route(*candidates, strategy=RoutingStrategy.SHARE)[0] == ["c", "b", "a"]


def test_a_share_that_is_too_dear_goes_to_those_within_the_cap() -> None:
    candidates = carrier("cheap", 10_000, weight=1), carrier("far", 30_000, weight=1_000)
    found = route(*candidates, strategy=RoutingStrategy.SHARE, price_cap_percent=20)
    assert found == (["cheap"], {"far": SkipReason.ABOVE_PRICE_CAP})


def test_a_full_carrier_is_skipped() -> None:
    """JA-46."""
    candidates = carrier("full", 1, capacity=2), carrier("free", 2, capacity=2), carrier("any", 3)
    moment = at(full=CarrierLoad(2), free=CarrierLoad(1), any=CarrierLoad(99))
    assert route(*candidates, moment=moment) == (["free", "any"], {"full": SkipReason.FULL})
    assert route(carrier("none", 1, capacity=0)) == ([], {"none": SkipReason.FULL})


def test_a_carrier_that_rests_is_skipped_unless_nothing_else_is_left() -> None:
    tired = CarrierLoad(failures_in_row=10, rested_until=NOW + timedelta(seconds=1))
    candidates = carrier("tired", 1), carrier("fresh", 2)
    assert route(*candidates, moment=at(tired=tired)) == (["fresh"], {"tired": SkipReason.RESTED})
    assert route(*candidates, moment=at(tired=tired, fresh=tired)) == (["tired", "fresh"], {})
    full = carrier("tired", 1), carrier("fresh", 2, capacity=0)
    assert route(*full, moment=at(tired=tired)) == (["tired"], {"fresh": SkipReason.FULL})


def test_a_carrier_that_has_rested_is_probed() -> None:
    rested = CarrierLoad(failures_in_row=10, rested_until=NOW)
    (first, second), _ = choose(carrier("rested", 1), carrier("fresh", 2), moment=at(rested=rested))
    assert (first.endpoint, first.is_probe, second.is_probe) == ("rested", True, False)
