"""Markets are listed, traded, paused, named, refined, closed and paid while one watches, and by their truths."""

from collections import Counter

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, SECOND, Money, Price, Size
from dutchbook.exchange.living.world import World
from dutchbook.exchange.matching.messages import (
    ExchangeEvent,
    GridMoved,
    ListingAdded,
    Matched,
    NewOrder,
    OrderState,
    StatusMoved,
)
from tests.exchange.living.village import MAKER, QUESTIONS, after, every_kind, question, scenario, town, world_of


@pytest.mark.parametrize("kind", QUESTIONS)
def test_every_question_settles_by_its_truth_at_both_venues(kind: str) -> None:
    paid: Counter[bool] = Counter()
    quiet = {"all": {"makers": [MAKER | {"requote": "1m"}]}}
    for seed in range(5):
        world = world_of(scenario(question(kind), crowds=quiet), seed)
        world.advance(after(1_500))
        for outcome in world.truths():
            market = world.exchanges[outcome.venue].listings[outcome.market].market
            assert outcome.verdict is not None
            assert market.status is MarketStatus.RESOLVED
            assert market.payout == (ONE if outcome.verdict else 0)
            paid[outcome.verdict] += 1
    assert paid[True] > 0
    assert paid[False] > 0


def test_a_stricter_venue_pays_no_more_than_the_other_and_sometimes_less() -> None:
    differ = 0
    for seed in range(30):
        world = world_of(scenario(question("binary", kalshi_stricter="50%", chance="90%", lasts="1m")), seed)
        world.advance(after(200))
        verdicts = {outcome.venue: outcome.verdict for outcome in world.truths()}
        assert verdicts[Venue.POLYMARKET] or not verdicts[Venue.KALSHI]
        differ += verdicts[Venue.POLYMARKET] is not verdicts[Venue.KALSHI]
    assert 5 <= differ <= 22


def test_prices_follow_the_truth() -> None:
    world = world_of(every_kind())
    away = []
    for minute in range(2, 15):
        world.advance(after(60 * minute))
        for outcome in world.truths():
            bid, ask = world.exchanges[outcome.venue].top(outcome.market)
            if outcome.verdict is None and bid and ask:
                away.append(abs((bid.price + ask.price) / 2 - outcome.chance / 100))
    assert len(away) > 200
    assert sorted(away)[len(away) // 2] < 150
    assert sorted(away)[len(away) * 9 // 10] < 600


def test_a_placeholder_trades_only_once_it_has_its_name() -> None:
    world = world_of(scenario(question("election")))
    exchange = world.exchanges[Venue.POLYMARKET]
    slot = next(listing.id for listing in exchange.listings.values() if listing.market.placeholder)
    world.advance(after(290))
    assert exchange.listings[slot].group_title == "Candidate C"
    assert exchange.book(slot) == ([], [])
    world.advance(after(400))
    listing = exchange.listings[slot]
    assert (listing.group_title, listing.market.placeholder) == ("Cleo", False)
    assert listing.market.title == "Test? Cleo"
    assert all(exchange.book(slot))
    assert exchange.questions[listing.market.question].augmented


def test_a_halt_begins_and_ends_as_planned() -> None:
    world = world_of(scenario(question("binary", pause={"after": "3m", "lasts": "2m"})))
    for seconds, status in ((170, MarketStatus.OPEN), (200, MarketStatus.PAUSED), (310, MarketStatus.OPEN)):
        world.advance(after(seconds))
        for exchange in world.exchanges.values():
            assert {listing.market.status for listing in exchange.listings.values()} == {status}


def test_nobody_trades_while_a_market_is_halted() -> None:
    world = world_of(scenario(question("binary", pause={"after": "3m", "lasts": "5m"})))
    times = matches(world)
    world.advance(after(900))
    halted = [at for at in times if after(180) < at < after(480)]
    assert not halted
    assert any(at > after(480) for at in times)


def test_windows_follow_one_another_by_the_clock() -> None:
    world = world_of(scenario(question("up_down", every="15m", lasts="20m", settles="20s")))
    world.advance(after(3_600))
    listings = world.exchanges[Venue.POLYMARKET].listings.values()
    closes = sorted(listing.market.closes or 0 for listing in listings)
    assert len(closes) >= 4
    assert all(close % (900 * 10**9) == 0 for close in closes)
    assert len(set(closes)) == len(closes)
    assert {listing.market.status for listing in listings} == {MarketStatus.OPEN, MarketStatus.RESOLVED}


def test_kalshi_publishes_the_strike_of_a_window_when_it_opens() -> None:
    world = world_of(scenario(question("up_down", lasts="20m", window="10m")))
    exchange = world.exchanges[Venue.KALSHI]
    [market] = exchange.listings
    world.advance(after(590))
    assert exchange.listings[market].market.strike is None
    world.advance(after(610))
    strike = exchange.listings[market].market.strike
    assert strike is not None
    assert strike.floor == pytest.approx(97_000 * 10**6, rel=0.01)


def test_ticks_get_finer_near_the_ends() -> None:
    world = world_of(scenario(question("binary", chance="95%", beliefs={"step": "5s", "drift": "30%"})), 3)
    moved: list[GridMoved] = []
    world.exchanges[Venue.POLYMARKET].listen(lambda event: keep(event, moved))
    world.advance(after(1_100))
    assert [change.after.finest() for change in moved] == [10]


def keep(event: ExchangeEvent, into: list[GridMoved]) -> None:
    if isinstance(event, GridMoved):
        into.append(event)


@pytest.mark.long
def test_the_town_shows_all_that_markets_do_within_forty_minutes() -> None:
    spec = town()
    assert spec.whale is not None
    whale = spec.whale.model_copy(update={"every": 600 * SECOND})
    world = world_of(spec.model_copy(update={"whale": whale}))
    seen: Counter[str] = Counter()

    def hear(event: ExchangeEvent) -> None:
        seen[type(event).__name__] += 1
        if isinstance(event, StatusMoved):
            seen[event.status] += 1
        if isinstance(event, Matched) and event.taker.new.account == whale.wallet:
            seen["whale"] += 1

    for exchange in world.exchanges.values():
        exchange.listen(hear)
    world.advance(after(2_400))
    for what in (ListingAdded.__name__, Matched.__name__, GridMoved.__name__, "Resolved", "paused", "closed", "whale"):
        assert seen[what] > 0, f"{what} never happened"


def matches(world: World) -> list[int]:
    """The times of all matches from now on."""
    times: list[int] = []

    def hear(event: ExchangeEvent) -> None:
        if isinstance(event, Matched):
            times.append(event.at)

    for exchange in world.exchanges.values():
        exchange.listen(hear)
    return times


def test_ended_orders_of_the_scenarios_traders_are_soon_forgotten_and_a_users_are_not() -> None:
    world = world_of(scenario(question("binary")))
    exchange = world.exchanges[Venue.KALSHI]
    [market] = [listing.market for listing in exchange.listings.values()]
    exchange.open_account("user", Money(100 * DOLLAR))
    world.advance(after(5))
    mine = NewOrder(
        id="mine",
        account="user",
        market=market.id,
        outcome=market.yes,
        side=Side.BUY,
        price=Price(100),
        size=Size(CONTRACT),
    )
    exchange.submit(mine)
    exchange.cancel("user", "mine")
    world.advance(after(600))
    kept = [order for account in exchange.accounts for order in exchange.orders_of(account)]
    ended = [order for order in kept if order.state is not OrderState.LIVE]
    assert len(kept) > len(ended)
    assert [order.new.id for order in ended if order.updated < after(600 - 16)] == ["mine"]
    assert exchange.order("mine") is not None
