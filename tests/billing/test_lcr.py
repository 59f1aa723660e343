from billing.lcr import Candidate, RoutingStrategy, SkipReason, ordered_routes
from billing.rating import FREE_PRICE, AccessSurcharge, CallPrice, Tariff, Tax

SELL = CallPrice(Tariff(70_000))
HOUR = 3_600


def carrier(endpoint: str, price_per_minute_micros: int, priority: int = 1, number: str = "37061234567") -> Candidate:
    return carrier_with(endpoint, Tariff(price_per_minute_micros), priority, number)


def carrier_with(endpoint: str, buy: Tariff, priority: int = 1, number: str = "37061234567") -> Candidate:
    return Candidate(
        carrier_id=7, endpoint=endpoint, prefix="370", buy=buy, priority=priority, ring_seconds=45, number=number
    )


def route(
    *candidates: Candidate,
    sell: CallPrice = SELL,
    strategy: RoutingStrategy = RoutingStrategy.LEAST_COST,
    granted_seconds: int = HOUR,
    routes_max: int = 3,
    price_cap_percent: int | None = None,
    loss_guard: bool = True,
) -> tuple[list[str], dict[str, SkipReason]]:
    """Endpoints in order, and why others are not among them."""
    routes, skipped = ordered_routes(
        candidates,
        sell,
        strategy,
        granted_seconds=granted_seconds,
        routes_max=routes_max,
        price_cap_percent=price_cap_percent,
        loss_guard=loss_guard,
    )
    return [route.endpoint for route in routes], {each.candidate.endpoint: each.reason for each in skipped}


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
    choice = ordered_routes(
        [carrier("a", 10_000), carrier("b", 20_000)], SELL, RoutingStrategy.LEAST_COST, granted_seconds=60
    )
    prices = [route.buy_snapshot["tariff"] for route in choice.routes]
    assert [price["price_per_minute_micros"] for price in prices if isinstance(price, dict)] == [10_000, 20_000]
