from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Level, Side
from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.events import (
    BookLost,
    BookSnapshot,
    LevelAdded,
    MarketListed,
    MarketResolved,
    MarketStatusChanged,
    OrderFilled,
    TradePrinted,
)
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.orders import IntentId, Leg, Order, OrderId, Report, TimeInForce
from dutchbook.domain.pricing.fees import taker_fee
from dutchbook.domain.units import CONTRACT, MILLISECOND, Money, Nanos, Price, Size
from dutchbook.exchange.paper.fill_model import PaperExchange
from dutchbook.exchange.paper.settings import PaperSettings
from tests.exchange.paper.stage import FEES, NO, YES, Stage, Views, fills, kalshi_market, market, report


def test_a_fill_or_kill_order_walks_the_book_at_each_levels_price_and_fee() -> None:
    stage = Stage()
    stage.show({40: 100}, {42: 10, 43: 20, 45: 100})
    answers = stage.trade(43, 25)
    assert fills(answers) == [(42, 10), (43, 15)]
    fees = [a.fill.fee for a in answers if isinstance(a, OrderFilled)]
    assert fees == [
        taker_fee(FEES, Price(4_200), Size(10 * CONTRACT)),
        taker_fee(FEES, Price(4_300), Size(15 * CONTRACT)),
    ]
    assert all(fee > 0 for fee in fees)


def test_a_fill_or_kill_order_that_cannot_be_filled_whole_takes_nothing() -> None:
    stage = Stage()
    stage.show({40: 100}, {42: 10, 43: 20, 45: 100})
    assert report(stage.trade(43, 31))[0] is Report.CANCELLED
    assert "FOK orders are fully filled or killed" in report(stage.trade(43, 31))[1]
    assert fills(stage.trade(43, 30)) == [(42, 10), (43, 20)]


def test_depth_is_taken_once_however_often_it_is_shown() -> None:
    stage = Stage()
    stage.show({40: 100}, {42: 10})
    assert fills(stage.trade(42, 10)) == [(42, 10)]
    stage.show({40: 100}, {42: 10})
    assert report(stage.trade(42, 10))[0] is Report.CANCELLED
    assert stage.exchange.depth(YES, Side.BUY) == []


def test_what_was_taken_as_yes_is_missing_for_no() -> None:
    """Buying YES at 42 takes the same resting order that a sale of NO at 58 would meet."""
    stage = Stage()
    stage.show({40: 100}, {42: 10})
    stage.trade(42, 6)
    assert stage.exchange.depth(NO, Side.SELL) == [Level(Price(5_800), Size(4 * CONTRACT))]
    assert stage.exchange.depth(NO, Side.BUY) == [Level(Price(6_000), Size(100 * CONTRACT))]


def test_a_level_that_grows_offers_its_growth_and_one_that_shrank_no_more_than_it_shows() -> None:
    stage = Stage()
    stage.show({40: 100}, {42: 10})
    stage.trade(42, 8)
    stage.level(Side.SELL, 42, 15)
    assert stage.exchange.depth(YES, Side.BUY)[0].size == 7 * CONTRACT
    stage.level(Side.SELL, 42, 4)
    assert stage.exchange.depth(YES, Side.BUY) == []
    stage.level(Side.SELL, 42, 9)
    assert stage.exchange.depth(YES, Side.BUY)[0].size == 5 * CONTRACT


def test_snapshots_shrink_what_was_taken_like_single_changes_do() -> None:
    stage = Stage()
    stage.show({40: 100}, {42: 10, 43: 10})
    stage.trade(43, 20)
    stage.show({40: 100}, {42: 4})
    assert stage.exchange.depth(YES, Side.BUY) == []
    stage.show({40: 100}, {42: 9, 43: 10})
    sizes = [level.size // CONTRACT for level in stage.exchange.depth(YES, Side.BUY)]
    assert sizes == [5, 10]


def test_a_level_that_vanished_and_came_back_is_new() -> None:
    stage = Stage()
    stage.show({40: 100}, {42: 10})
    stage.trade(42, 10)
    stage.level(Side.SELL, 42, 0)
    stage.level(Side.SELL, 42, 10)
    assert fills(stage.trade(42, 10)) == [(42, 10)]


def test_an_immediate_or_cancel_order_takes_what_is_there_and_the_rest_is_cancelled() -> None:
    stage = Stage()
    stage.show({40: 100}, {42: 10})
    answers = stage.trade(42, 25, tif=TimeInForce.IOC)
    assert fills(answers) == [(42, 10)]
    assert report(answers)[0] is Report.CANCELLED
    empty = stage.trade(42, 25, tif=TimeInForce.IOC)
    assert fills(empty) == []
    assert "no orders found to match with FAK order" in report(empty)[1]


def test_a_book_that_vanished_while_the_order_travelled_kills_it() -> None:
    stage = Stage()
    stage.show({40: 100}, {42: 10})
    order = stage.order(42, 10)
    at = stage.exchange.submit(order, stage.market, stage.now)
    stage.level(Side.SELL, 42, 0)
    answers = stage.exchange.arrive(order.id, at)
    assert fills(answers) == []
    assert report(answers)[0] is Report.CANCELLED


def test_an_order_travels_for_the_latency_and_at_most_the_jitter_more() -> None:
    stage = Stage(settings=PaperSettings(latency="20ms", jitter="5ms"))  # type: ignore[arg-type]
    stage.show({40: 100}, {42: 1_000})
    times = [stage.exchange.submit(stage.order(42, 1), stage.market, stage.now) - stage.now for _ in range(200)]
    assert min(times) >= 20 * MILLISECOND
    assert max(times) <= 25 * MILLISECOND
    assert len(set(times)) > 100


def test_two_exchanges_with_the_same_seed_answer_at_the_same_times() -> None:
    first, second = Stage(), Stage()
    times = [
        [stage.exchange.submit(stage.order(42, 10), stage.market, Nanos(i)) for i in range(20)]
        for stage in (first, second)
    ]
    assert times[0] == times[1]


def test_an_unknown_or_crossed_book_kills_orders_and_says_why() -> None:
    stage = Stage()
    answers = stage.trade(42, 10)
    assert report(answers)[0] is Report.CANCELLED
    assert "unknown" in report(answers)[1]
    stage.show({44: 10}, {42: 10})
    assert "crossed" in report(stage.trade(42, 10))[1]
    stage.show({40: 10}, {42: 10})
    stage.views.books[YES].lose("a gap")
    stage.see(BookLost((YES,), "a gap", stage.now))
    assert fills(stage.trade(42, 10)) == []


@pytest.mark.parametrize(
    ("cents", "contracts", "tif", "words"),
    [
        (42, 2, TimeInForce.FOK, "invalid amount for a marketable BUY order ($0.84), min size: $1.00"),
        (30, 4, TimeInForce.GTC, "Size (4.00) lower than the minimum: 5.00"),
        (0, 10, TimeInForce.FOK, "breaks minimum tick size rule: 0.01"),
        (100, 10, TimeInForce.FOK, "breaks minimum tick size rule: 0.01"),
        (42, 10, TimeInForce.GTD, "invalid expiration"),
    ],
)
def test_the_venue_refuses_in_its_own_words(cents: int, contracts: int, tif: TimeInForce, words: str) -> None:
    stage = Stage()
    stage.show({40: 100}, {42: 100})
    answers = stage.trade(cents, contracts, tif=tif)
    assert fills(answers) == []
    assert report(answers)[0] is Report.REJECTED
    assert words in report(answers)[1]


def test_a_price_between_two_ticks_is_refused() -> None:
    stage = Stage()
    stage.show({40: 100}, {42: 100})
    order = stage.order(42, 10)
    order = msgspec.structs.replace(order, leg=msgspec.structs.replace(order.leg, limit=Price(4_250)))
    at = stage.exchange.submit(order, stage.market, stage.now)
    assert "Price (0.425) breaks" in report(stage.exchange.arrive(order.id, at))[1]


def test_a_market_that_closed_or_resolved_meanwhile_refuses() -> None:
    stage = Stage()
    stage.show({40: 100}, {42: 100})
    stage.trade(42, 10)
    stage.see(MarketStatusChanged(stage.market.id, MarketStatus.PAUSED, stage.now))
    assert report(stage.trade(42, 10)) == (Report.REJECTED, "the market is not yet ready to process new orders")
    stage.see(MarketListed(stage.market, stage.now))  # metadata from before the pause
    assert report(stage.trade(42, 10)) == (Report.REJECTED, "the market is not yet ready to process new orders")
    stage.see(MarketResolved(stage.market.id, Price(10_000), stage.now))
    assert report(stage.trade(42, 10)) == (Report.REJECTED, "No orderbook exists for the requested token id")


def test_the_same_order_id_cannot_be_sent_twice_and_a_stranger_cannot_arrive() -> None:
    stage = Stage()
    order = stage.order(42, 10)
    stage.exchange.submit(order, stage.market, stage.now)
    with pytest.raises(IllegalTransition, match="sent twice"):
        stage.exchange.submit(order, stage.market, stage.now)
    with pytest.raises(IllegalTransition, match="without having been sent"):
        stage.exchange.arrive(OrderId("stranger"), stage.now)


def test_orders_on_their_way_claim_what_they_will_take_of_either_outcome() -> None:
    stage = Stage()
    stage.show({40: 100}, {42: 10, 44: 10})
    stage.exchange.submit(stage.order(42, 15), stage.market, stage.now)
    assert stage.exchange.unclaimed(YES, Side.BUY) == [Level(Price(4_400), Size(10 * CONTRACT))]
    stage.exchange.submit(stage.order(55, 4, side=Side.SELL, outcome=NO), stage.market, stage.now)
    assert stage.exchange.unclaimed(YES, Side.BUY) == [Level(Price(4_400), Size(6 * CONTRACT))]
    assert stage.exchange.unclaimed(YES, Side.SELL) == [Level(Price(4_000), Size(100 * CONTRACT))]
    assert len(stage.exchange.depth(YES, Side.BUY)) == 2


def test_a_resting_order_waits_until_a_level_reaches_it_and_pays_the_makers_fee() -> None:
    stage = Stage()
    stage.show({40: 100}, {44: 10})
    accepted = stage.trade(42, 10, tif=TimeInForce.GTC)
    assert report(accepted)[0] is Report.ACCEPTED
    assert stage.level(Side.SELL, 43, 5) == []
    answers = stage.level(Side.SELL, 42, 6)
    assert fills(answers) == [(42, 6)]
    [filled] = [a.fill for a in answers if isinstance(a, OrderFilled)]
    assert filled.maker
    assert filled.fee == 0
    assert fills(stage.level(Side.SELL, 41, 30)) == [(42, 4)]
    assert stage.exchange.resting() == ()


def test_a_resting_order_takes_what_crosses_at_once_and_rests_with_the_remainder() -> None:
    stage = Stage()
    stage.show({40: 100}, {42: 6})
    answers = stage.trade(42, 10, tif=TimeInForce.GTC)
    assert report(answers)[0] is Report.ACCEPTED
    assert fills(answers) == [(42, 6)]
    assert len(stage.exchange.resting()) == 1


def test_a_print_through_a_resting_order_fills_it_and_one_at_its_price_does_not() -> None:
    stage = Stage()
    stage.show({40: 100}, {44: 10})
    stage.trade(42, 10, tif=TimeInForce.GTC)
    at_price = TradePrinted(YES, Price(4_200), Size(50 * CONTRACT), Side.SELL, stage.now)
    assert stage.see(at_price) == []
    through_as_no = TradePrinted(NO, Price(5_900), Size(4 * CONTRACT), Side.BUY, stage.now)
    assert fills(stage.see(through_as_no)) == [(42, 4)]
    by_a_buyer = TradePrinted(YES, Price(4_100), Size(50 * CONTRACT), Side.BUY, stage.now)
    assert stage.see(by_a_buyer) == []


def test_one_print_is_shared_by_resting_orders_best_price_first() -> None:
    stage = Stage()
    stage.show({30: 100}, {44: 10})
    stage.trade(41, 10, tif=TimeInForce.GTC)
    stage.trade(42, 10, tif=TimeInForce.GTC)
    answers = stage.see(TradePrinted(YES, Price(4_000), Size(12 * CONTRACT), Side.SELL, stage.now))
    assert fills(answers) == [(42, 10), (41, 2)]


def test_a_cancel_ends_a_resting_order_and_says_nothing_about_one_that_is_done() -> None:
    stage = Stage()
    stage.show({40: 100}, {44: 10})
    stage.trade(42, 10, tif=TimeInForce.GTC)
    [order] = stage.exchange.resting()
    at = stage.exchange.cancel((order,), stage.now)
    assert at > stage.now
    assert report(stage.exchange.cancel_arrived(order, at))[0] is Report.CANCELLED
    assert stage.exchange.cancel_arrived(order, at) == []


def test_a_resolution_cancels_what_rests() -> None:
    stage = Stage()
    stage.show({40: 100}, {44: 10})
    stage.trade(42, 10, tif=TimeInForce.GTC)
    answers = stage.see(MarketResolved(stage.market.id, Price(0), stage.now))
    assert report(answers)[0] is Report.CANCELLED
    assert stage.exchange.resting() == ()


def test_a_kalshi_book_of_bids_only_serves_both_outcomes_and_speaks_kalshis_words() -> None:
    views, listed = Views(), kalshi_market()
    views.add(listed.yes)
    views.mirror(listed.no, listed.yes)
    exchange = PaperExchange(views, PaperSettings(), Random(1))
    views.apply(BookSnapshot(listed.yes, (Level(Price(4_000), Size(10 * CONTRACT)),), (), Nanos(1)))

    def send(name: str, price: int, size: int, now: int) -> tuple[Report, str] | list[tuple[int, int]]:
        leg = Leg(listed.no, listed.id, Side.BUY, Price(price), Size(size * CONTRACT), Price(price))
        order = Order(id=OrderId(name), intent=IntentId("i"), leg=leg, created=Nanos(now))
        exchange.submit(order, listed, Nanos(now))
        answers = exchange.arrive(order.id, Nanos(now))
        return fills(answers) or report(answers)

    assert send("a", 6_000, 8, 2) == [(60, 8)]
    assert send("b", 6_000, 8, 3) == (Report.CANCELLED, "fill_or_kill_insufficient_resting_volume")
    shrunk = LevelAdded(listed.yes, Side.BUY, Price(4_000), -7 * CONTRACT, Nanos(4))
    views.apply(shrunk)
    exchange.observe(shrunk)
    assert exchange.depth(listed.no, Side.BUY) == []
    assert send("c", 6_050, 8, 5) == (Report.REJECTED, "invalid_price")
    assert send("d", 6_000, 8, 10**12) == (Report.REJECTED, "MARKET_INACTIVE")


def test_books_nobody_traded_in_are_shown_as_they_are() -> None:
    stage = Stage()
    stage.show({40: 100}, {42: 10})
    assert stage.exchange.depth(YES, Side.SELL) == [Level(Price(4_000), Size(100 * CONTRACT))]
    assert stage.exchange.depth(OutcomeId("unheard of"), Side.BUY) == []


moves = st.lists(
    st.one_of(
        st.tuples(st.just("level"), st.integers(40, 44), st.integers(0, 30), st.booleans()),
        st.tuples(st.just("snapshot"), st.integers(40, 44), st.integers(0, 30), st.booleans()),
        st.tuples(st.just("order"), st.integers(40, 44), st.integers(1, 40), st.booleans()),
    ),
    max_size=40,
)


@given(moves, st.sampled_from([TimeInForce.FOK, TimeInForce.IOC]))
def test_fills_at_a_level_never_exceed_what_was_shown_there(
    steps: list[tuple[str, int, int, bool]], tif: TimeInForce
) -> None:
    """At each ask: the sum of our fills is at most what it showed at first plus each growth since, as YES or as NO."""
    stage = Stage(market(min_notional=Money(0)))
    stage.show({30: 10}, {})
    shown: dict[int, int] = {}
    offered: dict[int, int] = {}
    filled: dict[int, int] = {}

    def now_shows(cents: int, contracts: int) -> None:
        offered[cents] = offered.get(cents, 0) + max(0, contracts - shown.get(cents, 0))
        shown[cents] = contracts

    for kind, cents, contracts, as_no in steps:
        if kind == "level":
            now_shows(cents, contracts)
            stage.level(Side.SELL, cents, contracts)
        elif kind == "snapshot":
            now_shows(cents, contracts)
            stage.show({30: 10}, {c: s for c, s in shown.items() if s})
        else:
            answers = (
                stage.trade(100 - cents, contracts, side=Side.SELL, outcome=NO, tif=tif)
                if as_no
                else stage.trade(cents, contracts, tif=tif)
            )
            done = 0
            for price, size in fills(answers):
                level = 100 - price if as_no else price
                assert level <= cents
                filled[level] = filled.get(level, 0) + size
                done += size
            assert done <= contracts
            assert tif is TimeInForce.IOC or done in (0, contracts)
        assert all(size <= offered.get(cents, 0) for cents, size in filled.items())


resting_moves = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(38, 46), st.integers(0, 30)),
        st.tuples(st.just("order"), st.integers(36, 44), st.integers(5, 40)),
        st.tuples(st.just("print"), st.integers(36, 44), st.integers(1, 60)),
    ),
    max_size=40,
)


@given(resting_moves)
def test_resting_orders_never_trade_more_than_their_size_nor_beyond_their_limit(
    steps: list[tuple[str, int, int]],
) -> None:
    """Whatever reaches them, level or print; an order that is filled whole is gone from the book."""
    stage = Stage(market(min_notional=Money(0)))
    stage.show({30: 10}, {})
    ordered: dict[OrderId, tuple[int, int]] = {}
    traded: dict[OrderId, int] = {}
    for kind, cents, contracts in steps:
        if kind == "ask":
            answers = stage.level(Side.SELL, cents, contracts)
        elif kind == "order":
            order = stage.order(cents, contracts, tif=TimeInForce.GTC)
            ordered[order.id] = (cents, contracts)
            answers = stage.exchange.arrive(order.id, stage.exchange.submit(order, stage.market, stage.now))
        else:
            answers = stage.see(TradePrinted(YES, Price(cents * 100), Size(contracts * CONTRACT), Side.SELL, stage.now))
            assert sum(size for _, size in fills(answers)) <= contracts
        for answer in answers:
            if isinstance(answer, OrderFilled):
                limit, _ = ordered[answer.fill.order]
                assert answer.fill.price <= limit * 100
                traded[answer.fill.order] = traded.get(answer.fill.order, 0) + answer.fill.size // CONTRACT
    waiting = {order for order, (_, size) in ordered.items() if traded.get(order, 0) < size}
    assert waiting == set(stage.exchange.resting())
    assert all(traded[order] <= ordered[order][1] for order in traded)
