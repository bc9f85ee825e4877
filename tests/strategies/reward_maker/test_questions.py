"""The worst that all markets of one question can cost together, of which at most one resolves to YES."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Size
from dutchbook.strategies.reward_maker.observations import QuoteRefused
from dutchbook.strategies.reward_maker.questions import Stake, worst_loss
from tests.strategies.reward_maker.rig import DEEP, Rig

NEG_RISK = {"neg_risk": True}


def stake(market: str, size: int, cents: int, *, yes: bool = True, open_: bool = False) -> Stake:
    return Stake(MarketId(market), yes, Size(size * CONTRACT), Money(size * cents * 10_000), open_)


def test_yes_of_several_candidates_is_lost_whole_if_another_one_wins() -> None:
    assert worst_loss([stake("a", 20, 45), stake("b", 20, 30)]) == 15 * DOLLAR


def test_no_of_several_candidates_loses_one_of_them_at_most() -> None:
    held = [stake("a", 20, 90, yes=False), stake("b", 20, 80, yes=False)]
    # If a wins: its 18 dollars are lost, and NO of b earns 4.
    assert worst_loss(held) == 14 * DOLLAR


def test_what_is_only_bid_for_counts_where_it_loses_and_never_where_it_earns() -> None:
    held = stake("a", 20, 90, yes=False)
    bid = stake("b", 20, 80, yes=False, open_=True)
    assert worst_loss([held, bid]) == 18 * DOLLAR, "what a loses, b may not fill to earn"
    assert worst_loss([bid]) == 16 * DOLLAR


def test_a_pair_and_a_full_set_lose_what_they_cost_above_a_dollar() -> None:
    assert worst_loss([stake("a", 20, 45), stake("a", 20, 53, yes=False)]) == 0
    assert worst_loss([stake("a", 20, 45), stake("a", 20, 57, yes=False)]) == Money(400_000)
    assert worst_loss([]) == 0


STAKES = st.lists(
    st.builds(
        stake, st.sampled_from("abc"), st.integers(1, 50), st.integers(1, 99), yes=st.booleans(), open_=st.booleans()
    ),
    max_size=5,
)


@given(STAKES)
def test_it_is_the_worst_of_every_outcome_and_of_everything_that_may_fill(stakes: list[Stake]) -> None:
    worst = 0
    for winner in ("a", "b", "c", "nobody"):
        for fills in product((False, True), repeat=len(stakes)):
            loss = 0
            for each, comes in zip(stakes, fills, strict=True):
                if comes or not each.open:
                    loss += each.cost - (each.size if (each.market == winner) is each.yes else 0)
            worst = max(worst, loss)
    assert worst_loss(stakes) == worst


def test_quotes_of_one_question_stop_at_what_it_may_lose_at_worst() -> None:
    rig = Rig("a", "b", "c", facts=NEG_RISK, max_loss_per_question="25")
    for name in "abc":
        rig.quote(*DEEP, name)
    # YES of a and of b are lost if c wins, 18 dollars; with YES of c it were 27 if nobody wins, with NO of c 28.20.
    assert {order.leg.outcome for order in rig.resting} == {"a+", "a-", "b+", "b-"}
    assert "question_exposure" in {line.rule for line in rig.seen() if isinstance(line, QuoteRefused)}
    rig.fill(rig.one(Side.BUY, "a+"))
    rig.fill(rig.one(Side.SELL, "a+"))
    assert worst_of(rig) <= 25 * DOLLAR


def test_markets_that_are_no_candidates_of_one_question_are_not_counted_together() -> None:
    rig = Rig("a", "b", "c", max_loss_per_question="25")
    for name in "abc":
        rig.quote(*DEEP, name)
    assert len(rig.resting) == 6


def test_what_others_bought_in_the_question_counts_too() -> None:
    rig = Rig("a", "b", facts=NEG_RISK, max_loss_per_question="25", most=1)
    rig.find(rig.markets[MarketId("b")].yes, 40, 50)
    rig.quote(*DEEP, "a")
    assert rig.prices() == {}, "YES of b is lost if a wins, 20 dollars, and if nobody does"


def worst_of(rig: Rig) -> int:
    orders = [order for order in rig.resting if order.leg.side is Side.BUY]
    return worst_loss(
        [
            Stake(
                order.leg.market,
                order.leg.outcome.endswith("+"),
                order.remaining,
                Money(order.leg.limit * order.remaining // 10_000),
                open=True,
            )
            for order in orders
        ]
    )
