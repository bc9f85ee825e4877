"""What the score of a backtest calls covered: offered for sale, paired, or bid for at the best price to be paired."""

from collections.abc import Callable

import pytest

from dutchbook.app.backtest.scorekeeper import Scorekeeper
from dutchbook.app.backtest.stage import Stage
from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Price, Size
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import NewOrder
from dutchbook.storage.journal import Journal
from tests.app.backtest.rig import STILL, after, stage_of

ACCOUNT, OTHER = "us", "somebody"


class Street:
    """A market in which nobody else does anything, an account of ours in it, and another one."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.exchange: Exchange = stage.venues[Venue.POLYMARKET]
        self.market: Market = next(iter(self.exchange.listings.values())).market
        for account in (ACCOUNT, OTHER):
            self.exchange.open_account(account)
            self.exchange.deposit(account, Money(1_000 * DOLLAR), 0)
        self.score = Scorekeeper(self.exchange, ACCOUNT)
        self._orders = 0

    def at(self, seconds: float) -> "Street":
        self.stage.live(after(seconds))
        return self

    def bid(self, outcome: OutcomeId, cents: int, account: str = ACCOUNT, size: int = 20) -> str:
        return self._order(outcome, Side.BUY, cents, account, size)

    def sell(self, outcome: OutcomeId, cents: int) -> str:
        return self._order(outcome, Side.SELL, cents, ACCOUNT, 20)

    def _order(self, outcome: OutcomeId, side: Side, cents: int, account: str, size: int) -> str:
        self._orders += 1
        order = NewOrder(
            id=f"o{self._orders}",
            account=account,
            market=self.market.id,
            outcome=outcome,
            side=side,
            price=Price(cents * 100),
            size=Size(size * CONTRACT),
            tif=TimeInForce.GTC,
        )
        self.exchange.submit(order)
        return order.id

    @property
    def longest(self) -> float:
        """Without cover, in seconds, as of the last change."""
        return self.score.worst.unhedged / SECOND


@pytest.fixture
def street(journals: Callable[[], Journal]) -> Street:
    """Ten seconds on, our bid for YES at 0.50 was filled: we hold 20 that nothing covers."""
    street = Street(stage_of(journals(), text=STILL)).at(10)
    street.bid(street.market.yes, 50)
    street.bid(street.market.no, 50, OTHER)
    return street


def test_what_nothing_covers_counts_until_the_end(street: Street) -> None:
    street.at(13).score.close(after(13))
    assert street.longest == 3


def test_a_bid_for_the_other_outcome_covers_while_it_is_the_best(street: Street) -> None:
    street.at(13).bid(street.market.no, 45)
    assert street.longest == 3
    street.at(20).bid(street.market.no, 46, OTHER)
    street.at(22).bid(street.market.no, 47)
    street.at(60).score.close(after(60))
    assert street.longest == 3, "and for the two seconds in which somebody bade more, once more"
    street.bid(street.market.no, 48, OTHER)
    street.at(64).score.close(after(64))
    assert street.longest == 4


def test_a_bid_behind_others_covers_nothing(street: Street) -> None:
    street.bid(street.market.no, 46, OTHER)
    street.at(13).bid(street.market.no, 45)
    street.at(16).score.close(after(16))
    assert street.longest == 6


def test_a_bid_for_less_than_is_held_leaves_the_rest_without_cover(street: Street) -> None:
    street.at(13).bid(street.market.no, 45, size=12)
    street.at(16).score.close(after(16))
    assert street.longest == 6


def test_a_bid_that_is_cancelled_covers_no_more(street: Street) -> None:
    order = street.at(11).bid(street.market.no, 45)
    street.at(20).exchange.cancel(ACCOUNT, order)
    street.at(24).score.close(after(24))
    assert street.longest == 4


def test_a_sale_covers_at_any_price_once_it_may_stand(street: Street) -> None:
    street.at(30).sell(street.market.yes, 79)
    street.at(90).score.close(after(90))
    assert street.longest == 20
