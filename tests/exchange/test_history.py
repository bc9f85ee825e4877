"""What the history of an exchange answers, and that it stays bounded and cheap."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Level, Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import CONTRACT, HOUR, MINUTE, ONE, SECOND, Money, Nanos, Price, Size
from dutchbook.exchange.candles import Candle, CandleTape, Ohlc
from dutchbook.exchange.history import History, HistoryLimits
from dutchbook.exchange.matching.messages import Settlement
from dutchbook.exchange.rules import KALSHI, POLYMARKET, VenueRules
from tests.exchange.matching_stage import START, Player, Stage, tape

M0 = MarketId("m0")
BOTH = pytest.mark.parametrize("rules", [KALSHI, POLYMARKET], ids=["kalshi", "polymarket"])


def watched(rules: VenueRules = KALSHI, limits: HistoryLimits | None = None, **rest: int) -> tuple[Stage, History]:
    stage = Stage(rules, **rest)  # type: ignore[arg-type]
    return stage, History(stage.exchange, limits)


def test_a_trade_is_seen_from_yes_whatever_was_traded() -> None:
    stage, history = watched(POLYMARKET)
    stage.buy("ann", 60, 5)
    stage.buy("bob", 40, 5, no=True)
    [trade] = history.trades(market=M0)
    assert (trade.price, trade.side, trade.size) == (6_000, Side.SELL, 5 * CONTRACT)
    assert history.last_trade(M0) is trade
    assert history.volume(M0) == 5 * CONTRACT


def test_each_maker_order_is_a_row_and_rows_are_found_by_account_market_and_time() -> None:
    stage, history = watched(markets=2)
    stage.sell("ann", 50, 1)
    stage.sell("bob", 51, 2)
    stage.buy("cid", 51, 3)
    stage.later(60)
    stage.sell("ann", 50, 1, market="m1")
    stage.buy("cid", 50, 1, market="m1")
    assert [(row.number, row.price) for row in history.trades()] == [(1, 5_000), (2, 5_100), (3, 5_000)]
    assert [row.number for row in history.trades(account="ann")] == [1, 3]
    assert [row.number for row in history.trades(account="ann", market=M0)] == [1]
    assert [row.number for row in history.trades(since=Nanos(START + SECOND))] == [3]
    assert [match.number for match in history.matches("cid")] == [1, 2]
    assert [match.number for match in history.matches("bob")] == [1]
    assert history.trades(market=MarketId("none")) == []


@BOTH
def test_open_interest_is_what_is_held_and_stays_as_it_was_at_the_end(rules: VenueRules) -> None:
    stage, history = watched(rules)
    stage.buy("ann", 60, 10)
    stage.buy("bob", 40, 10, no=True)
    stage.later(60)
    assert history.open_interest(M0) == 10 * CONTRACT
    stage.buy("cid", 55, 5)
    stage.sell("ann", 55, 5)
    assert history.open_interest(M0) == 10 * CONTRACT
    stage.exchange.resolve(M0, ONE)
    assert history.open_interest(M0) == 10 * CONTRACT


def test_splits_and_merges_count_for_open_interest_and_as_funds() -> None:
    stage, history = watched(POLYMARKET)
    stage.exchange.split("ann", M0, Size(7 * CONTRACT))
    stage.exchange.merge("ann", M0, Size(2 * CONTRACT))
    assert history.open_interest(M0) == 5 * CONTRACT
    stage.exchange.deposit("ann", Money(5))
    assert [move.why for move in history.funds("ann")] == ["split", "merge", "deposit"]
    assert history.funds("bob") == []


def test_a_match_moves_on_its_chain() -> None:
    stage, history = watched(POLYMARKET)
    stage.buy("ann", 60, 10)
    stage.buy("bob", 40, 10, no=True)
    assert history.settlement_of(1) is Settlement.MATCHED
    stage.later(5)
    stage.later(10)
    assert history.settlement_of(1) is Settlement.CONFIRMED


def test_a_failed_match_takes_its_contracts_back() -> None:
    stage, history = watched(POLYMARKET)
    stage.exchange.set_failures(fail_ppm=1_000_000, retry_ppm=0)
    stage.buy("ann", 60, 10)
    stage.buy("bob", 40, 10, no=True)
    stage.later(60)
    assert history.settlement_of(1) is Settlement.FAILED
    assert history.open_interest(M0) == 0


def test_what_is_kept_is_bounded_and_the_oldest_goes() -> None:
    limits = HistoryLimits(
        trades=3, trades_of_market=2, trades_of_account=2, matches_of_account=1, funds_of_account=1, failures=2
    )
    stage, history = watched(POLYMARKET, limits)
    stage.exchange.set_failures(fail_ppm=1_000_000, retry_ppm=0)
    for _ in range(5):
        stage.buy("ann", 60, 5)
        stage.buy("bob", 40, 5, no=True)
        stage.exchange.deposit("ann", Money(1))
    stage.later(60)
    assert [row.number for row in history.trades()] == [3, 4, 5]
    assert [row.number for row in history.trades(market=M0)] == [4, 5]
    assert [row.number for row in history.trades(account="bob")] == [4, 5]
    assert len(history.matches("ann")) == len(history.funds("ann")) == 1
    assert history.volume(M0) == 25 * CONTRACT
    # The venue fails them in an order of its own.
    failed = [number for number in range(1, 6) if history.settlement_of(number) is Settlement.FAILED]
    assert len(failed) == 2


def test_candles_follow_quotes_and_trades_by_the_minute() -> None:
    stage, history = watched()
    begin = Nanos(START // MINUTE * MINUTE)
    stage.buy("ann", 40, 10)
    stage.sell("bob", 60, 10)
    stage.later(1)
    stage.sell("bob", 50, 1)
    stage.buy("cid", 50, 1)
    stage.buy("ann", 30, 1)
    [candle] = history.candles(M0, MINUTE, begin, Nanos(begin + HOUR))
    assert candle.bid == Ohlc(Price(0), Price(4_000), Price(0), Price(4_000))
    assert candle.ask == Ohlc(ONE, ONE, Price(5_000), Price(6_000))
    assert candle.price == Ohlc(Price(5_000), Price(5_000), Price(5_000), Price(5_000))
    assert (candle.volume, candle.mean, candle.open_interest) == (CONTRACT, 5_000, CONTRACT)
    stage.later(600)
    stage.exchange.set_status(M0, MarketStatus.CLOSED)
    later = history.candles(M0, MINUTE, Nanos(candle.end + 1), Nanos(begin + HOUR))
    assert [(each.bid.close, each.ask.close, each.price) for each in later] == [(0, ONE, None)]


steps = st.lists(
    st.tuples(st.integers(0, 5_400), st.integers(0, 4_900), st.integers(5_000, 10_000), st.integers(0, 30)),
    min_size=1,
    max_size=60,
)


@given(steps, st.sampled_from([1, 5, 60, 1_440]))
def test_longer_candles_are_the_shorter_ones_together(rows: Sequence[tuple[int, int, int, int]], minutes: int) -> None:
    tape_, period = CandleTape(100_000, 100_000), Nanos(minutes * MINUTE)
    at = Nanos(1_000_000 * SECOND)
    first = at
    for wait, bid, ask, contracts in rows:
        at = Nanos(at + wait * SECOND)
        tape_.quote(Price(bid), Price(ask), at)
        if contracts:
            tape_.trade(Price(ask), Size(contracts * CONTRACT), at)
    whole = tape_.candles(period, Nanos(0), Nanos(at + 2 * period))
    single = tape_.candles(MINUTE, Nanos(0), Nanos(at + 2 * period))
    assert sum(each.volume for each in whole) == sum(row[3] for row in rows) * CONTRACT
    assert [each.end for each in whole] == sorted({-(-each.end // period) * period for each in single})
    for candle in whole:
        parts = [each for each in single if candle.end - period < each.end <= candle.end]
        assert candle == _together(parts, candle.end)
    assert tape_.volume_since(first) == sum(row[3] for row in rows) * CONTRACT


def _together(parts: Sequence[Candle], end: Nanos) -> Candle:
    """Written apart from the code under test."""
    prices = [each.price for each in parts if each.price is not None]
    return Candle(
        end,
        _joined([each.bid for each in parts]),
        _joined([each.ask for each in parts]),
        _joined(prices) if prices else None,
        Size(sum(each.volume for each in parts)),
        sum(each.traded for each in parts),
        parts[-1].open_interest,
    )


def _joined(parts: Sequence[Ohlc]) -> Ohlc:
    return Ohlc(parts[0].open, max(p.high for p in parts), min(p.low for p in parts), parts[-1].close)


def test_minutes_are_forgotten_before_hours() -> None:
    tape_ = CandleTape(10, 5)
    for minute in range(600):
        tape_.trade(Price(5_000), CONTRACT, Nanos(minute * MINUTE))
    assert len(tape_.candles(MINUTE, Nanos(0), Nanos(HOUR * 100))) == 11
    hours = tape_.candles(HOUR, Nanos(0), Nanos(HOUR * 100))
    assert [candle.volume for candle in hours] == [60 * CONTRACT] * 5
    assert tape_.before(Nanos(7 * HOUR)) == hours[1]


@BOTH
def test_the_history_of_a_random_day_agrees_with_the_exchange(rules: VenueRules) -> None:
    stage = Stage(rules, markets=2, cash=100_000_000_000)
    history = History(stage.exchange)
    player = Player(stage)
    for act in tape(11, 3_000):
        player.play(act)
    for market in stage.exchange.listings:
        bid, ask = stage.exchange.top(market)
        rows = history.trades(market=market)
        assert history.volume(market) == sum(row.size for row in rows) > 0
        assert history.open_interest(market) == stage.exchange.open_interest(market)
        candles = history.candles(market, HOUR, Nanos(0), Nanos(stage.clock.time + HOUR))
        assert sum(candle.volume for candle in candles) == history.volume(market)
        assert candles[-1].bid.close == (bid.price if bid else 0)
        assert candles[-1].ask.close == (ask.price if ask else ONE)
        minutes = history.candles(market, MINUTE, Nanos(0), Nanos(stage.clock.time + HOUR))
        for row in rows:
            within = next(each for each in minutes if each.end - MINUTE <= row.at < each.end)
            assert within.price is not None
            assert within.price.low <= row.price <= within.price.high


def test_what_happens_behind_the_best_quotes_does_not_look_at_the_book(monkeypatch: pytest.MonkeyPatch) -> None:
    stage, _ = watched()
    stage.buy("ann", 50, 1)
    stage.sell("bob", 60, 1)
    looks: list[MarketId] = []
    top = stage.exchange.top

    def looked(market: MarketId) -> tuple[Level | None, Level | None]:
        looks.append(market)
        return top(market)

    monkeypatch.setattr(stage.exchange, "top", looked)
    rng = Random(5)
    for _ in range(100):
        stage.buy("ann", rng.randint(1, 49), 1, tif=TimeInForce.GTC)
    assert looks == []
    stage.buy("ann", 51, 1)
    assert looks == [M0]
