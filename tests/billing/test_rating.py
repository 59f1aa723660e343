import pytest

from billing.money import micros_from_text, text_from_micros
from billing.rating import (
    FREE_PRICE,
    AccessSurcharge,
    CallCharge,
    CallPrice,
    ChargeKind,
    Step,
    Tariff,
    Tax,
    affordable_seconds,
    call_cost,
)

CALL_SECONDS_MAX = 14_400
VAT = Tax("VAT", 200_000)


def tariff(price: str = "0.10", blocks: str = "1/1", steps: tuple[Step, ...] = (), **terms: str | int) -> Tariff:
    """Amounts are written as text, "60/6" is first block and increment."""
    first_block, increment = blocks.split("/")
    return Tariff(
        micros_from_text(price),
        first_block_seconds=int(first_block),
        increment_seconds=int(increment),
        steps=steps,
        **{
            (name if isinstance(value, int) else f"{name}_micros"): value
            if isinstance(value, int)
            else micros_from_text(value)
            for name, value in terms.items()
        },
    )


def limit_cost_left(price: CallPrice, available: str, seconds_max: int = CALL_SECONDS_MAX) -> tuple[int, str, str]:
    available_micros = micros_from_text(available)
    limit_seconds = affordable_seconds(price, available_micros, seconds_max)
    cost_micros = call_cost(price, limit_seconds).total_micros
    return limit_seconds, text_from_micros(cost_micros, 6), text_from_micros(available_micros - cost_micros)


STEP_OF_VECTOR_11 = Step(seconds=120, price_per_minute_micros=500_000)
STEP_OF_VECTOR_12 = Step(seconds=90, price_per_minute_micros=400_000, increment_seconds=60)


# features.md 3.11; "overdraws elsewhere": A2Billing ends this single call below zero.
@pytest.mark.parametrize(
    ("terms", "credit", "limit_seconds", "cost", "left"),
    [
        pytest.param(tariff(), "1.00", 600, "1.000000", "0.00", id="1 plain"),
        pytest.param(tariff(blocks="60/60"), "0.25", 120, "0.200000", "0.05", id="2 blocks of a minute"),
        pytest.param(tariff(blocks="60/1"), "0.05", 0, "0.000000", "0.05", id="3 first block; overdraws elsewhere"),
        pytest.param(tariff(blocks="300/60"), "0.30", 0, "0.000000", "0.30", id="4 long block; overdraws elsewhere"),
        pytest.param(
            tariff(surcharge_seconds=20), "1.00", 580, "1.000000", "0.00", id="5 surcharge; overdraws elsewhere"
        ),
        pytest.param(tariff(cost_min="0.50"), "0.20", 0, "0.000000", "0.20", id="6 minimum cost; overdraws elsewhere"),
        pytest.param(
            tariff(block_fee="0.05", block_fee_seconds=60),
            "1.00",
            419,
            "0.998334",
            "0.001666",
            id="7 block fee; overdraws elsewhere",
        ),
        pytest.param(
            tariff(disconnect_fee="0.30", disconnect_fee_after_seconds=120),
            "1.00",
            420,
            "1.000000",
            "0.00",
            id="8 disconnect fee; overdraws elsewhere",
        ),
        pytest.param(
            tariff(round_up_above_seconds=60, round_up_to_seconds=600),
            "0.50",
            60,
            "0.100000",
            "0.40",
            id="9 rounded up; overdraws elsewhere",
        ),
        pytest.param(tariff(connect_fee="0.30"), "1.00", 420, "1.000000", "0.00", id="10 connect fee"),
        pytest.param(tariff(steps=(STEP_OF_VECTOR_11,)), "1.20", 240, "1.200000", "0.00", id="11 step"),
        pytest.param(
            tariff(blocks="60/60", steps=(STEP_OF_VECTOR_12,)),
            "1.00",
            210,
            "1.000000",
            "0.00",
            id="12 step in blocks; overdraws elsewhere",
        ),
    ],
)
def test_the_twelve_vectors_of_a2billing_never_overdraw(
    terms: Tariff, credit: str, limit_seconds: int, cost: str, left: str
) -> None:
    assert limit_cost_left(CallPrice(terms), credit) == (limit_seconds, cost, left)


@pytest.mark.parametrize(
    ("connect_fee", "credit", "limit_seconds"), [("0", "0.00", 0), ("0.30", "0.30", 0), ("0", "0.015", 9)]
)
def test_near_zero_the_limit_is_exact(connect_fee: str, credit: str, limit_seconds: int) -> None:
    price = CallPrice(tariff(connect_fee=connect_fee))
    assert affordable_seconds(price, micros_from_text(credit), CALL_SECONDS_MAX) == limit_seconds


def test_nine_seconds_near_zero_cost_all_of_it() -> None:
    assert limit_cost_left(CallPrice(tariff()), "0.015") == (9, "0.015000", "0.00")


@pytest.mark.parametrize(
    ("balance", "price", "connect_fee", "limit_seconds"),
    [
        ("0.09", "0.10", "0", 54),
        ("0.19", "0.10", "0", 114),
        ("1.00", "0.10", "0.05", 570),
        ("2.50", "0.70", "0", 214),
        ("5.00", "0.07", "0.10", 4_200),
        ("50.00", "0.10", "0", 30_000),
    ],
)
def test_the_limits_of_the_table_against_astpp(balance: str, price: str, connect_fee: str, limit_seconds: int) -> None:
    terms = CallPrice(tariff(price, connect_fee=connect_fee))
    assert affordable_seconds(terms, micros_from_text(balance), 100_000) == limit_seconds
    assert affordable_seconds(terms, micros_from_text(balance), CALL_SECONDS_MAX) == min(limit_seconds, 14_400)


SEVEN_CENTS = tariff("0.07", "60/6", connect_fee="0.10")


@pytest.mark.parametrize(
    ("price", "available", "limit_seconds", "cost", "cost_of_one_second_more"),
    [
        pytest.param(CallPrice(SEVEN_CENTS), "5.00", 4_200, "5.00", "5.007", id="3.3"),
        pytest.param(CallPrice(SEVEN_CENTS), "2.50", 2_052, "2.494", "2.501", id="3.1, half of 5.00"),
        pytest.param(
            CallPrice(SEVEN_CENTS, activation_fee_micros=2_000_000),
            "5.00",
            2_484,
            "4.998",
            "5.005",
            id="3.5, activation fee (JC-36)",
        ),
        pytest.param(CallPrice(SEVEN_CENTS, taxes=(VAT,)), "5.00", 3_480, "4.992", "5.0004", id="3.5, tax (JC-34)"),
    ],
)
def test_the_worked_examples(
    price: CallPrice, available: str, limit_seconds: int, cost: str, cost_of_one_second_more: str
) -> None:
    assert affordable_seconds(price, micros_from_text(available), CALL_SECONDS_MAX) == limit_seconds
    assert text_from_micros(call_cost(price, limit_seconds).total_micros) == cost
    assert text_from_micros(call_cost(price, limit_seconds + 1).total_micros) == cost_of_one_second_more


def test_each_term_of_a_charge_is_shown() -> None:
    price = CallPrice(
        tariff(
            "0.10",
            connect_fee="0.02",
            cost_min="1.00",
            disconnect_fee="0.30",
            block_fee="0.05",
            block_fee_seconds=30,
        ),
        AccessSurcharge(fee_micros=10_000, price_per_minute_micros=60_000),
        (VAT, Tax("City", 10_000)),
        activation_fee_micros=2_000_000,
    )
    assert call_cost(price, 65) == CallCharge(
        talk_seconds=65,
        billed_seconds=65,
        connect_fee_micros=20_000,
        talk_micros=108_334,
        block_fee_micros=100_000,
        disconnect_fee_micros=300_000,
        minimum_top_up_micros=471_666,
        access_surcharge_micros=75_000,
        taxes=(("VAT", 215_000), ("City", 10_750)),
        activation_fee_micros=2_000_000,
    )


def test_the_lines_of_a_charge_are_its_ledger_rows() -> None:
    price = CallPrice(tariff(connect_fee="0.02", cost_min="0.20"), taxes=(VAT,), activation_fee_micros=500_000)
    lines = [(line.kind, line.label, line.amount_micros) for line in call_cost(price, 60).lines()]
    assert lines == [
        (ChargeKind.ACTIVATION_FEE, "activation fee", 500_000),
        (ChargeKind.CONNECT_FEE, "connection fee", 20_000),
        (ChargeKind.CALL, "call", 180_000),
        (ChargeKind.TAX, "VAT", 40_000),
    ]


@pytest.mark.parametrize("talk_seconds", [0, 1, 10])
def test_free_seconds_cost_nothing_and_do_not_activate(talk_seconds: int) -> None:
    price = CallPrice(
        tariff(blocks="60/60", free_seconds=10, connect_fee="0.30", cost_min="1"),
        AccessSurcharge(1, 1),
        (VAT,),
        activation_fee_micros=1,
    )
    assert call_cost(price, talk_seconds) == CallCharge(talk_seconds)
    assert call_cost(price, talk_seconds).lines() == ()


def test_a_call_beyond_the_free_seconds_is_billed_from_its_first_second() -> None:
    assert call_cost(CallPrice(tariff(free_seconds=10)), 11).total_micros == 18_334


def test_increments_follow_the_first_block() -> None:
    """Decision of 3.11: 30/18 bills 48 s for a call of 31 s, A2Billing bills 36."""
    price = CallPrice(tariff(blocks="30/18"))
    assert [call_cost(price, seconds).billed_seconds for seconds in (1, 30, 31, 48, 49)] == [30, 30, 48, 48, 66]


def test_every_begun_step_costs_its_fee_and_its_own_increment() -> None:
    steps = (Step(10, 60_000, 6, fee_micros=1_000), Step(20, 30_000, 20, fee_micros=2_000))
    price = CallPrice(tariff("0.006", "1/30", steps))
    charges = {seconds: call_cost(price, seconds) for seconds in (1, 10, 11, 30, 31, 61)}
    assert {seconds: (charge.billed_seconds, charge.talk_micros) for seconds, charge in charges.items()} == {
        1: (6, 7_000),
        10: (12, 13_000),
        11: (32, 25_000),
        30: (32, 25_000),
        31: (62, 28_000),
        61: (92, 31_000),
    }


def test_the_first_block_is_the_least_that_is_cut_into_steps() -> None:
    price = CallPrice(tariff("0.06", "60/1", (Step(30, 120_000),)))
    assert call_cost(price, 1) == CallCharge(1, billed_seconds=60, talk_micros=90_000)


def test_the_disconnect_fee_is_due_from_its_second_on() -> None:
    price = CallPrice(tariff("0", disconnect_fee="0.30", disconnect_fee_after_seconds=120))
    assert [call_cost(price, seconds).disconnect_fee_micros for seconds in (119, 120)] == [0, 300_000]


def test_only_durations_between_threshold_and_target_are_rounded_up() -> None:
    price = CallPrice(tariff(round_up_above_seconds=60, round_up_to_seconds=600))
    assert [call_cost(price, seconds).billed_seconds for seconds in (60, 61, 600, 601)] == [60, 600, 600, 601]


def test_a_free_price_is_limited_by_the_length_of_call_only() -> None:
    """V-7: an unlimited card talks for 0."""
    assert limit_cost_left(FREE_PRICE, "0") == (CALL_SECONDS_MAX, "0.000000", "0.00")


def test_money_that_is_not_there_buys_no_free_second() -> None:
    assert affordable_seconds(CallPrice(tariff(free_seconds=10)), -1, 100) == 0


def test_a_negative_duration_cannot_be() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        call_cost(FREE_PRICE, -1)
