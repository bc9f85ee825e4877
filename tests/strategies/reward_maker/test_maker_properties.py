"""Whatever books do and whoever trades: what must hold of the reward maker's orders at every moment."""

from unittest.mock import patch

from hypothesis import event, given, settings
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import DOLLAR, ONE
from dutchbook.strategies.reward_maker.quoter import Quoter
from tests.strategies.reward_maker.rig import DEEP, Rig

LIMIT = 25 * DOLLAR
A = MarketId("a")

shifts = st.tuples(st.just("book"), st.one_of(st.integers(-3, 3), st.integers(-3, 3), st.integers(-30, 30)))
"""A book that jumped is left alone for a while: most moves are small ones."""
fills = st.tuples(st.just("fill"), st.integers(1, 20))
unsettled = st.tuples(st.just("unsettled"), st.integers(1, 20))
waits = st.tuples(st.just("wait"), st.integers(1, 40))
days = st.lists(st.one_of(shifts, shifts, fills, unsettled, waits), min_size=3, max_size=25)
styles = st.sampled_from(
    [
        {},
        {"hedge_sell": {"patience": "10m", "completing": "unsettled", "uncovered": "4s"}},
        {"hedge_sell": {"completing": "cheaper"}},
        {"quoting": "reservation"},
    ]
)


def act(rig: Rig, what: str, amount: int) -> None:
    """One thing happens: the book moves by cents, an order of ours trades, or time passes."""
    resting = rig.resting
    if what == "book":
        by = amount / 100
        rig.quote([(p + by, s) for p, s in DEEP[0]], [(p + by, s) for p, s in DEEP[1]])
    elif what == "wait":
        rig.pass_time(amount)
    elif resting:
        order = resting[amount % len(resting)]
        contracts = min(amount, order.remaining / 1_000_000)
        provisional = what == "unsettled" and order.leg.side is Side.BUY
        rig.fill(order, contracts, provisional=provisional)
        if provisional and amount % 2:
            rig.mine(order)


def at_stake(rig: Rig) -> int:
    """What open quotes may spend, and what is held alone cost."""
    quotes = sum(
        -(-order.leg.limit * order.remaining // ONE)
        for order in rig.resting
        if order.leg.side is Side.BUY and order.leg.post_only
    )
    held = {outcome: position.size for outcome, position in rig.positions().items()}
    pairs = min(held.get(rig.markets[A].yes, 0), held.get(rig.markets[A].no, 0))
    positions = rig.positions().values()
    return quotes + sum(p.cost * (p.size - pairs) // p.size for p in positions)


@settings(max_examples=60)
@given(styles, days)
def test_exposure_holds_nothing_crosses_and_no_outcome_is_quoted_or_sold_twice(
    style: dict[str, object], day: list[tuple[str, int]]
) -> None:
    rig = Rig(**style)  # type: ignore[arg-type]
    rig.quote()
    for what, amount in day:
        act(rig, what, amount)
        assert at_stake(rig) <= LIMIT
        sides = [(order.leg.outcome, order.leg.side) for order in rig.resting if order.leg.tif != "ioc"]
        assert len(sides) == len(set(sides)), "one quote and one sale of an outcome at most"
        bids = rig.prices()
        sales = {order.leg.outcome: order.leg.limit for order in rig.resting if order.leg.side is Side.SELL}
        assert all(bids.get(outcome, 0) < price for outcome, price in sales.items())
        quoted = [o.leg.limit for o in rig.resting if o.leg.side is Side.BUY and o.leg.post_only]
        assert len(quoted) < 2 or sum(quoted) < ONE
        for outcome, price in sales.items():
            held = rig.ledger.held(outcome)
            offered = sum(o.remaining for o in rig.resting if (o.leg.outcome, o.leg.side) == (outcome, Side.SELL))
            assert 0 < offered <= held, f"{outcome} at {price}"


def resting(rig: Rig) -> list[tuple[str, str, int, int]]:
    """Our orders at work: what they trade, at which limit, and how much of them is left."""
    return sorted((o.leg.outcome, o.leg.side, o.leg.limit, o.remaining) for o in rig.resting)


@settings(max_examples=60)
@given(styles, days)
def test_a_quote_that_is_replaced_before_all_else_is_the_one_that_a_whole_look_would_place(
    style: dict[str, object], day: list[tuple[str, int]]
) -> None:
    quick, whole = Rig(**style), Rig(**style)  # type: ignore[arg-type]
    quick.quote()
    whole.quote()
    for what, amount in day:
        act(quick, what, amount)
        with patch.object(Quoter, "follow", return_value=None):
            act(whole, what, amount)
        assert resting(quick) == resting(whole)


@settings(max_examples=60)
@given(styles, days)
def test_what_is_said_beforehand_is_what_follows_and_changes_nothing_else(
    style: dict[str, object], day: list[tuple[str, int]]
) -> None:
    asked, plain = Rig(**style), Rig(**style)  # type: ignore[arg-type]
    asked.foretold = []
    asked.quote()
    plain.quote()
    for what, amount in day:
        act(asked, what, amount)
        act(plain, what, amount)
        assert resting(asked) == resting(plain)
    event(f"{len(asked.foretold)} quotes were said beforehand")


def test_a_moved_quote_is_replaced_as_soon_as_it_is_gone() -> None:
    rig, followed = Rig(), []
    rig.quote()
    follow = Quoter.follow

    def watched(*given: object) -> object:
        followed.append(follow(*given))  # type: ignore[arg-type]
        return followed[-1]

    with patch.object(Quoter, "follow", watched):
        act(rig, "book", 3)
    assert [intent is not None for intent in followed] == [True, True]
    assert len(rig.prices()) == 2
