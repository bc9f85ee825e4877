"""The parts of a market maker's result are exact: whatever is traded, they add up."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import CONTRACT, ONE, SECOND, Money, Nanos, Price, Size
from dutchbook.evaluation.making import MakingBook, Traded

M = MarketId("m")


def trade(
    at: int, price: int, size: int, *, yes: bool = True, buy: bool = True, maker: bool = True, fee: int = 0
) -> Traded:
    return Traded(
        id=str(at),
        market=M,
        yes=yes,
        buy=buy,
        price=Price(price),
        size=Size(size * CONTRACT),
        fee=Money(fee),
        maker=maker,
        at=Nanos(at * SECOND),
    )


def test_a_quote_that_fills_earns_the_spread_and_pays_when_the_middle_leaves() -> None:
    """Formulas M7: bought at .47, the middle .48, then .475: .010 of spread, of which .005 is kept."""
    book = MakingBook()
    book.moved(M, 9_600, Nanos(0))
    book.traded(trade(1, 4_700, 100), final=True)
    book.moved(M, 9_500, Nanos(5 * SECOND))
    book.judge(Nanos(60 * SECOND))
    total = book.total()
    assert (total.spread, total.adverse_selection, total.net) == (1_000_000, -500_000, 500_000)
    one, ten, _ = book.markouts()
    assert (one.realised, ten.realised) == (100.0, 50.0)


def test_a_hedge_that_takes_costs_what_it_gives_to_the_middle() -> None:
    book = MakingBook()
    book.moved(M, 9_600, Nanos(0))
    book.traded(trade(1, 4_700, 100), final=True)
    book.traded(trade(2, 4_650, 100, buy=False, maker=False, fee=12_000), final=True)
    total = book.total()
    assert (total.spread, total.hedging, total.fees, total.net) == (1_000_000, -1_500_000, -12_000, -512_000)


def test_a_purchase_of_no_is_a_sale_of_yes() -> None:
    book = MakingBook()
    book.moved(M, 9_600, Nanos(0))
    book.traded(trade(1, 5_100, 100, yes=False), final=True)
    book.moved(M, 9_800, Nanos(2 * SECOND))
    total = book.total()
    assert (total.spread, total.adverse_selection) == (1_000_000, -1_000_000)


def test_a_trade_that_is_taken_back_leaves_nothing() -> None:
    book = MakingBook()
    book.moved(M, 9_600, Nanos(0))
    book.traded(trade(1, 4_700, 100, fee=5), final=False)
    book.moved(M, 9_000, Nanos(2 * SECOND))
    book.taken_back("1", Nanos(3 * SECOND))
    book.moved(M, 1_000, Nanos(4 * SECOND))
    assert book.total().net == 0
    assert book.total().spread == 0


def test_what_is_paid_for_a_day_stands_on_that_day() -> None:
    book = MakingBook()
    book.rewarded(M, Money(3), Nanos(86_400 * SECOND - 1))
    book.rebated(M, Money(2), Nanos(86_400 * SECOND))
    rows = book.by_market_and_day()
    assert (rows[M, 0].rewards, rows[M, 1].rebates) == (3, 2)


trades = st.tuples(
    st.integers(1, ONE - 1), st.integers(1, 50), st.booleans(), st.booleans(), st.booleans(), st.integers(-5, 9)
)


@given(st.lists(st.tuples(st.integers(2, 2 * ONE - 2), trades), max_size=30), st.integers(0, 2 * ONE))
def test_the_parts_are_cash_and_what_is_held_at_the_middle(steps: list, last: int) -> None:  # type: ignore[type-arg]
    book, cash, held = MakingBook(), 0, {True: 0, False: 0}
    for number, (twice, (price, size, yes, buy, maker, fee)) in enumerate(steps):
        book.moved(M, twice, Nanos(number * SECOND))
        made = trade(number, price, size, yes=yes, buy=buy, maker=maker, fee=fee)
        book.traded(made, final=True)
        cash += (-1 if buy else 1) * price * made.size * 2 - fee * 2 * ONE
        held[yes] += made.size if buy else -made.size
    book.moved(M, last, Nanos(10_000 * SECOND))
    twice = book.middle(M) or 0
    worth = held[True] * twice + held[False] * (2 * ONE - twice)
    assert abs(book.total().net - (cash + worth) / (2 * ONE)) <= 3
