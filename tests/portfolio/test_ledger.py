"""What the ledger books, entry by entry, and what it refuses."""

import msgspec
import pytest

from dutchbook.domain.errors import LedgerError
from dutchbook.domain.identity import MarketId, QuestionId
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Size
from dutchbook.portfolio.entries import Convert, Deposit, FeeRefund, LedgerEntry, Withdrawal
from dutchbook.portfolio.ledger import Ledger
from tests.portfolio.entries import bought, claim, merge, no, settlement, sold, split, yes


def funded(amount: int = 100 * DOLLAR) -> Ledger:
    ledger = Ledger()
    ledger.apply(Deposit(Money(amount)))
    return ledger


def after(*entries: LedgerEntry) -> Ledger:
    ledger = funded()
    for entry in entries:
        ledger.apply(entry)
        ledger.check()
    return ledger


def test_a_purchase_turns_cash_into_a_position_and_a_fee() -> None:
    ledger = after(bought(yes(), 4_700, 10 * CONTRACT, fee=12_345))
    assert ledger.cash == 100_000_000 - 4_700_000 - 12_345
    assert (ledger.positions[yes()].size, ledger.positions[yes()].cost) == (10 * CONTRACT, 4_700_000)
    assert (ledger.fees, ledger.realised) == (12_345, 0)


def test_a_sale_realises_the_difference_to_average_cost_before_fees() -> None:
    ledger = after(
        bought(yes(), 4_000, 10 * CONTRACT),
        bought(yes(), 6_000, 10 * CONTRACT),
        sold(yes(), 5_500, 4 * CONTRACT, 1_000),
    )
    assert ledger.realised == 4 * 50_000
    assert ledger.positions[yes()].cost == 16 * 500_000
    assert ledger.fees == 1_000


def test_a_rebate_is_a_negative_fee() -> None:
    ledger = after(bought(yes(), 5_000, CONTRACT, fee=-250))
    assert ledger.fees == -250
    assert ledger.cash == 100_000_000 - 500_000 + 250


def test_prices_that_are_no_whole_micro_dollars_are_rounded_against_us() -> None:
    ledger = after(bought(yes(), 3_333, 7), sold(yes(), 3_333, 7))
    assert ledger.realised == -1  # 2.3331 micro-dollars: bought for 3, sold for 2


def test_the_cost_of_a_part_is_rounded_against_the_profit_of_its_sale() -> None:
    ledger = after(bought(yes(), 3_333, 3), sold(yes(), 10_000, 1))
    assert ledger.realised == 0  # sold for 1, and the whole micro-dollar that the three cost goes with the first
    assert ledger.positions[yes()].cost == 0


def test_the_last_contract_takes_all_the_cost_that_is_left() -> None:
    ledger = after(bought(yes(), 3_333, 3), *[sold(yes(), 0, 1)] * 3)
    assert yes() not in ledger.positions
    assert ledger.positions_at_cost == 0
    assert ledger.realised == -1


def test_a_split_costs_a_dollar_a_set_and_a_merge_gives_it_back() -> None:
    ledger = after(split(3 * CONTRACT))
    assert ledger.cash == 97 * DOLLAR
    assert ledger.positions[yes()].cost == ledger.positions[no()].cost == 1_500_000
    ledger.apply(merge(3 * CONTRACT))
    assert (ledger.cash, ledger.realised, dict(ledger.positions)) == (100 * DOLLAR, 0, {})


def test_both_sides_bought_below_a_dollar_merge_into_profit() -> None:
    ledger = after(bought(yes(), 4_600, 10 * CONTRACT), bought(no(), 4_900, 10 * CONTRACT), merge(10 * CONTRACT))
    assert ledger.realised == 500_000


def test_a_settlement_pays_both_outcomes_their_part() -> None:
    ledger = after(bought(yes(), 4_000, 10 * CONTRACT), bought(no(), 5_000, 4 * CONTRACT), settlement(7_500))
    assert ledger.realised == 7_500_000 - 4_000_000 + 1_000_000 - 2_000_000
    assert not ledger.positions


def test_a_market_settles_once_and_one_without_a_position_books_nothing() -> None:
    ledger = after(bought(yes(), 4_000, CONTRACT), settlement(10_000))
    assert ledger.apply(settlement(10_000)) == []
    assert ledger.cash == 100 * DOLLAR + 600_000


def test_a_deposit_a_withdrawal_and_a_refund_are_no_profit() -> None:
    ledger = after(Withdrawal(Money(30 * DOLLAR)), FeeRefund(Money(10_000), "rounding"))
    assert (ledger.deposits, ledger.withdrawals) == (100 * DOLLAR, 30 * DOLLAR)
    assert (ledger.realised, ledger.fees, ledger.cash) == (0, -10_000, 70 * DOLLAR + 10_000)


NAMES = [MarketId(name) for name in "abcd"]
NO_ASKS = (5_600, 7_000, 8_100, 8_800)
"""The NO prices of formula B6: a dollar less the YES bids .44, .30, .19 and .12."""


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_converting_a_subset_of_no_and_selling_the_yes_brings_what_the_formula_says(size: int) -> None:
    ledger = funded(1_000 * DOLLAR)
    chosen, others = NAMES[:size], NAMES[size:]
    for name, price in zip(chosen, NO_ASKS, strict=False):
        ledger.apply(bought(no(name), price, 100 * CONTRACT))
    gives, takes = tuple(claim(no(name)) for name in chosen), tuple(claim(yes(name)) for name in others)
    ledger.apply(Convert(QuestionId("q"), gives, takes, Size(100 * CONTRACT)))
    for name, price in zip(others, NO_ASKS[size:], strict=True):
        ledger.apply(sold(yes(name), 10_000 - price, 100 * CONTRACT))
    ledger.check()
    assert ledger.realised == 5 * DOLLAR  # .05 a set, whatever the subset
    assert not ledger.positions


def test_a_conversion_keeps_its_fee_of_dollars_and_of_contracts() -> None:
    gives, takes = (claim(no(NAMES[0])), claim(no(NAMES[1]))), (claim(yes(NAMES[2])),)
    ledger = after(
        bought(no(NAMES[0]), 9_000, 10 * CONTRACT),
        bought(no(NAMES[1]), 9_000, 10 * CONTRACT),
        Convert(QuestionId("q"), gives, takes, Size(10 * CONTRACT), fee_ppm=20_000),
    )
    assert ledger.fees == 200_000
    assert ledger.cash == 100 * DOLLAR - 18 * DOLLAR + 9_800_000
    assert ledger.positions[yes(NAMES[2])].size == 9_800_000
    assert ledger.positions[yes(NAMES[2])].cost == 8 * DOLLAR
    assert ledger.realised == 0


@pytest.mark.parametrize(
    "entry",
    [
        sold(yes(), 5_000, 11 * CONTRACT),
        sold(no(), 5_000, 1),
        bought(yes(), 9_500, 101 * CONTRACT),
        bought(yes(), 10_001, 1),
        bought(yes(), -1, 1),
        bought(yes(), 5_000, 0),
        bought(yes(), 5_000, -1),
        split(96 * CONTRACT),
        split(0),
        merge(1),
        settlement(10_001),
        settlement(-1),
        Deposit(Money(0)),
        Deposit(Money(-5)),
        Withdrawal(Money(95 * DOLLAR + 1)),
        Withdrawal(Money(-1)),
        FeeRefund(Money(0), "none"),
        Convert(QuestionId("q"), (), (claim(yes()),), Size(1)),
        Convert(QuestionId("q"), (claim(yes()), claim(yes())), (), Size(1)),
        Convert(QuestionId("q"), (claim(no()),), (), Size(1)),
        Convert(QuestionId("q"), (claim(yes()),), (), Size(1), fee_ppm=1_000_000),
        Convert(QuestionId("q"), (claim(yes()),), (), Size(1), fee_ppm=-1),
    ],
    ids=repr,
)
def test_what_is_not_there_or_makes_no_sense_is_refused_and_books_nothing(entry: LedgerEntry) -> None:
    ledger = after(bought(yes(), 5_000, 10 * CONTRACT))
    before = (ledger.cash, dict(ledger.positions), ledger.fees, ledger.realised, dict(ledger.cost_by_market))
    with pytest.raises(LedgerError, match="nothing booked"):
        ledger.apply(entry)
    assert before == (ledger.cash, dict(ledger.positions), ledger.fees, ledger.realised, dict(ledger.cost_by_market))
    ledger.check()


def test_an_outcome_cannot_belong_to_two_markets() -> None:
    ledger = after(bought(yes(), 5_000, CONTRACT))
    wrong = msgspec.structs.replace(bought(yes(), 5_000, CONTRACT).fill, market=MarketId("sun"))
    with pytest.raises(LedgerError, match="held in rain, not in sun"):
        ledger.apply(msgspec.structs.replace(bought(yes(), 5_000, CONTRACT), fill=wrong))


def test_a_ledger_that_was_tampered_with_is_found_out() -> None:
    ledger = after(bought(yes(), 5_000, CONTRACT))
    ledger._positions[yes()] = msgspec.structs.replace(ledger.positions[yes()], cost=Money(1))
    with pytest.raises(LedgerError, match="positions cost 1"):
        ledger.check()


def test_a_lost_micro_dollar_is_found_out() -> None:
    ledger = after(bought(yes(), 5_000, CONTRACT))
    ledger._withdrawals += 1
    with pytest.raises(LedgerError, match="deposits - withdrawals"):
        ledger.check()


def test_entries_survive_the_journal() -> None:
    entry: LedgerEntry = split(5)
    assert msgspec.json.decode(msgspec.json.encode(entry), type=LedgerEntry.__value__) == entry
