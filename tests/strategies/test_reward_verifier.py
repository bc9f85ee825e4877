"""What venues say that our quotes earn, beside what their rule gives: measured each minute, compared at each word."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from dutchbook.domain.book import Level, Side
from dutchbook.domain.events import RewardsListed, RewardsStated, TimerFired
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import IntentId, Leg, Order, OrderId, OrderStatus, TimeInForce
from dutchbook.domain.rewards import MarketEarnings, OrderScoring, RewardOffer, RewardTerms, SideScoring
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.domain.wishes import Wake
from dutchbook.strategies.reward_maker.competition import Competition
from dutchbook.strategies.reward_maker.observations import RewardsCompared, RewardsSampled
from dutchbook.strategies.reward_maker.verifying import DAY, MINUTE, RewardsToday, RewardVerifier
from tests.catalogue.makers import market
from tests.strategies.desk import PaperDesk

MIDNIGHT = Nanos(1_790_035_200 * SECOND)
A = market("0xa")
K = market("KX-1", venue=Venue.KALSHI)
OF_A = RewardTerms(market=A.id, daily=Money(1_440 * DOLLAR), max_spread=Price(300), min_size=Size(10 * CONTRACT))
OF_K = RewardTerms(
    market=K.id,
    daily=Money(1_440 * DOLLAR),
    max_spread=Price(10_000),
    min_size=Size(0),
    sides=SideScoring(target_size=Size(500 * CONTRACT), discount_ppm=500_000),
)
LEVELS = ((4_900, 300), (4_800, 500)), ((5_100, 300), (5_200, 500))


class Stage:
    """A verifier, the books that it looks at, and our orders."""

    def __init__(self, *, shown: bool = True) -> None:
        assert MIDNIGHT % DAY == 0
        self.desk = PaperDesk([A, K])
        self.desk.now = MIDNIGHT
        self.orders: list[Order] = []
        self.known = {one.id: one for one in (A, K)}
        self.competition = Competition()
        self.verifier = RewardVerifier(lambda: self.orders, self.known.get, shown=shown, competition=self.competition)
        self.fill(A)
        self.fill(K)

    def fill(self, of: Market, bids: Any = LEVELS[0], asks: Any = LEVELS[1]) -> None:
        """The market's YES book, in contracts."""
        self.desk.books[of.yes].replace(
            [Level(Price(price), Size(size * CONTRACT)) for price, size in bids],
            [Level(Price(price), Size(size * CONTRACT)) for price, size in asks],
            self.desk.now,
        )

    def listed(self, *terms: RewardTerms, venue: Venue = Venue.POLYMARKET, whole: bool = True) -> Sequence[object]:
        offers = tuple(RewardOffer(terms=each) for each in terms)
        return self.verifier.on_event(RewardsListed(venue, offers, self.desk.now, whole), self.desk)

    def order(self, of: Market, side: Side, price: int, contracts: int, *, no: bool = False, **facts: Any) -> Order:
        size = Size(contracts * CONTRACT)
        outcome = of.no if no else of.yes
        leg = Leg(outcome, of.id, side, Price(price), size, Price(price), TimeInForce.GTC, post_only=True)
        number = len(self.orders) + 1
        made = Order(
            id=OrderId(f"o{number}"),
            intent=IntentId(f"i{number}"),
            leg=leg,
            venue_id=f"0x{number}",
            status=OrderStatus.OPEN,
            created=Nanos(self.desk.now - 60 * SECOND),
        )
        self.orders.append(replace(made, **facts))
        return self.orders[-1]

    def sample(self) -> list[Any]:
        self.verifier.on_event(TimerFired("reward-maker:sample", self.desk.now), self.desk)
        return list(self.verifier.observations())

    def state(self, venue: Venue = Venue.POLYMARKET, **facts: Any) -> RewardsCompared:
        day = Nanos(self.desk.now // DAY * DAY - DAY)
        statement = RewardsStated(venue=venue, day=day, received=self.desk.now, **facts)
        self.verifier.on_event(statement, self.desk)
        [compared] = self.verifier.observations()
        assert isinstance(compared, RewardsCompared)
        return compared


def test_it_is_woken_in_the_middle_of_each_minute() -> None:
    stage = Stage()
    [wake] = stage.listed(OF_A)
    assert isinstance(wake, Wake)
    assert wake.at == MIDNIGHT + MINUTE + MINUTE // 2
    assert stage.listed(OF_A) == ()
    stage.desk.now = wake.at
    [again] = stage.verifier.on_event(TimerFired(wake.name, wake.at), stage.desk)
    assert isinstance(again, Wake)
    assert again.at == wake.at + MINUTE


def test_each_minute_gives_our_share_of_a_minutes_reward() -> None:
    stage = Stage()
    stage.listed(OF_A)
    # All there is at one cent from the middle on both sides is ours.
    stage.order(A, Side.BUY, 4_900, 300)
    stage.order(A, Side.BUY, 4_900, 300, no=True)  # a bid of 0.49 for NO is an ask of 0.51
    [seen] = stage.sample()
    ours, others = (2 / 3) ** 2 * 300, (1 / 3) ** 2 * 500
    assert seen == RewardsSampled({A.id: seen.today}, seen.today, stage.desk.now)
    assert seen.today == int(DOLLAR * ours / (ours + others))
    [second] = stage.sample()
    assert second.today == pytest.approx(2 * seen.today, abs=1)


def test_on_paper_our_quotes_are_added_to_the_books_that_are_seen() -> None:
    shares = []
    for shown in (True, False):
        stage = Stage(shown=shown)
        stage.listed(OF_A)
        stage.order(A, Side.BUY, 4_900, 300)
        stage.order(A, Side.SELL, 5_100, 300)
        [seen] = stage.sample()
        shares.append(seen.today)
    assert shares[1] < shares[0]


@pytest.mark.parametrize(
    "facts",
    [
        {"status": OrderStatus.SENDING},
        {"status": OrderStatus.UNKNOWN},
        {"created": Nanos(MIDNIGHT - SECOND)},
        {"filled": Size(295 * CONTRACT)},
    ],
    ids=["on its way", "unknown", "too young", "too little left"],
)
def test_orders_that_do_not_rest_long_and_large_enough_earn_nothing(facts: dict[str, Any]) -> None:
    stage = Stage()
    stage.listed(OF_A)
    stage.order(A, Side.BUY, 4_900, 300, **facts)
    assert stage.sample() == []


def test_markets_without_a_known_book_or_a_reward_are_left_out() -> None:
    stage = Stage()
    stage.listed(OF_A)
    stage.order(A, Side.BUY, 4_900, 300)
    stage.desk.books[A.yes].lose("a message is missing")
    assert stage.sample() == []
    stage.fill(A)
    assert len(stage.sample()) == 1
    stage.listed()
    assert stage.sample() == []


def test_terms_of_some_markets_leave_the_others_as_they_are() -> None:
    stage = Stage()
    stage.listed(OF_A)
    stage.listed(OF_K, venue=Venue.KALSHI)
    stage.listed(venue=Venue.POLYMARKET, whole=False)
    stage.order(A, Side.BUY, 4_900, 300)
    stage.order(K, Side.BUY, 4_900, 300)
    [seen] = stage.sample()
    assert set(seen.earned) == {A.id, K.id}


def test_kalshis_rule_scores_each_side_by_itself() -> None:
    stage = Stage()
    stage.listed(OF_K, venue=Venue.KALSHI)
    stage.order(K, Side.BUY, 4_800, 250)
    [seen] = stage.sample()
    # One cent behind the best bid counts half: 125 of 300 + 250, of one of two sides.
    assert seen.today == int(DOLLAR * 125 / 550 / 2)


def test_a_statement_is_put_beside_our_own_reckoning() -> None:
    stage = Stage()
    stage.listed(OF_A)
    stage.order(A, Side.BUY, 4_900, 300)
    stage.order(A, Side.SELL, 5_100, 300)
    for _ in range(10):
        stage.desk.now = Nanos(stage.desk.now + MINUTE)
        stage.sample()
    compared = stage.state(markets=(MarketEarnings(market=A.id, share_ppm=900_000, earned=Money(0)),))
    [row] = compared.markets
    ours, others = (2 / 3) ** 2 * 300, (1 / 3) ** 2 * 500
    assert row.share_ppm == round(ours / (ours + others) * 1_000_000)
    assert (row.stated_ppm, row.earned, row.paid) == (900_000, 0, 0)
    # Ten minutes at a dollar a minute, nine tenths of them.
    assert stage.verifier.today == RewardsToday(stage.verifier.today.earned, Money(9 * DOLLAR), 0)


def test_a_venues_word_teaches_what_the_others_have() -> None:
    stage = Stage()
    stage.listed(OF_A)
    stage.order(A, Side.BUY, 4_900, 300)
    stage.order(A, Side.SELL, 5_100, 300)
    for minute in range(20):
        stage.desk.now = Nanos(MIDNIGHT + (minute + 1) * MINUTE)
        stage.sample()
        if minute == 5:
            stage.state(markets=(MarketEarnings(market=A.id, share_ppm=850_000),))
            assert stage.competition.of(A.id) == 1, "too early"
    [row] = stage.state(markets=(MarketEarnings(market=A.id, share_ppm=850_000),)).markets
    others = 1_000_000 / row.share_ppm - 1
    assert stage.competition.of(A.id) == pytest.approx((1 / 0.85 - 1) / others)


def test_a_market_that_opened_today_is_sampled_since_then() -> None:
    stage = Stage()
    stage.known[A.id] = replace(A, opens=Nanos(MIDNIGHT + 8 * MINUTE))
    stage.listed(OF_A)
    stage.order(A, Side.BUY, 4_900, 300)
    stage.order(A, Side.SELL, 5_100, 300)
    stage.desk.now = Nanos(MIDNIGHT + 10 * MINUTE)
    for _ in range(2):
        stage.sample()
    [row] = stage.state(markets=(MarketEarnings(market=A.id, share_ppm=500_000),)).markets
    ours, others = (2 / 3) ** 2 * 300, (1 / 3) ** 2 * 500
    assert row.share_ppm == round(ours / (ours + others) * 1_000_000)
    assert stage.verifier.today.stated == DOLLAR  # half of two minutes at a dollar


def test_a_market_of_which_the_venue_says_nothing_is_told_too() -> None:
    stage = Stage()
    stage.listed(OF_A)
    stage.order(A, Side.BUY, 4_900, 300)
    stage.sample()
    [row] = stage.state().markets
    assert row.market == A.id
    assert row.share_ppm > 0
    assert (row.stated_ppm, row.paid) == (None, None)
    assert stage.verifier.today.stated is None


def test_orders_on_which_rule_and_venue_differ_are_named() -> None:
    stage = Stage()
    stage.listed(OF_A)
    inside, outside = stage.order(A, Side.BUY, 4_900, 100), stage.order(A, Side.BUY, 2_000, 100)
    young = stage.order(A, Side.BUY, 4_900, 100, created=stage.desk.now)
    names = [order.venue_id for order in (inside, outside, young)]
    agreed = stage.state(orders=tuple(OrderScoring(name, name != outside.venue_id) for name in names))
    assert (agreed.unscored, agreed.unforeseen) == ((), ())
    differing = stage.state(orders=tuple(OrderScoring(name, name == outside.venue_id) for name in (*names, "0xgone")))
    assert differing.unscored == (inside.venue_id,)
    assert differing.unforeseen == (outside.venue_id,)
    assert stage.verifier.today.differing == 2


def test_what_a_day_paid_is_compared_with_what_was_measured_on_it() -> None:
    stage = Stage()
    stage.listed(OF_A)
    stage.order(A, Side.BUY, 4_900, 300)
    stage.order(A, Side.SELL, 5_100, 300)
    [seen] = stage.sample()
    stage.desk.now = Nanos(MIDNIGHT + DAY + MINUTE)
    compared = stage.state(markets=(MarketEarnings(market=A.id, earned=Money(500_000)),))
    assert compared.day == MIDNIGHT
    [row] = compared.markets
    assert (row.earned, row.paid, row.share_ppm) == (seen.today, 500_000, 0)
    assert stage.verifier.today.earned == 0
    stage.desk.now = Nanos(MIDNIGHT + 3 * DAY)
    assert stage.state(markets=(MarketEarnings(market=MarketId("0xa"), earned=Money(1)),)).markets[0].earned == 0
