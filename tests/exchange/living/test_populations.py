"""Traders behave as their kind does: makers flee from news, gaps are rare and short, and nobody overdraws."""

from collections.abc import Sequence

import pytest

from dutchbook.domain.identity import Venue
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.living.gaps import Gap
from dutchbook.exchange.living.world import World
from dutchbook.exchange.matching.messages import Change, ExchangeEvent, OrderChanged
from tests.exchange.living.village import CROWD, MAKER, after, every_kind, question, scenario, town, world_of

QUIET = {"makers": [MAKER | {"shy": "20s"}]}
JUMPY = {"step": "1h", "news_every": "4m", "news_size": "90%"}


def test_makers_pull_their_quotes_soon_after_news_and_come_back_later() -> None:
    fled, returned = 0, 0
    for seed in range(5):
        world = world_of(
            scenario(question("binary", beliefs=JUMPY, venues=["polymarket"]), crowds={"all": QUIET}), seed
        )
        exchange = world.exchanges[Venue.POLYMARKET]
        [market] = exchange.listings
        chance = world.truths()[0].chance
        for second in range(20, 1_100):
            world.advance(after(second))
            now = world.truths()[0].chance
            if abs(now - chance) > 50_000:
                world.advance(after(second + 3))
                fled += exchange.book(market) == ([], [])
                world.advance(after(second + 60))
                returned += all(exchange.book(market))
                break
            chance = now
    assert fled >= 3
    assert returned >= 3


def test_makers_do_not_know_news_before_they_hear_of_it() -> None:
    slow = {"makers": [MAKER | {"reaction": "30s..30s", "requote": "1s", "noise": "0", "count": 1}], "mood": "0"}
    world = world_of(scenario(question("binary", beliefs=JUMPY, venues=["polymarket"]), crowds={"all": slow}), 2)
    exchange = world.exchanges[Venue.POLYMARKET]
    [market] = exchange.listings
    for second in range(20, 1_100):
        before, quotes = world.truths()[0].chance, exchange.top(market)
        world.advance(after(second))
        if abs(world.truths()[0].chance - before) > 50_000:
            world.advance(after(second + 20))
            assert [level and level.price for level in exchange.top(market)] == [q and q.price for q in quotes]
            return
    raise AssertionError("there never was any news")


def test_a_maker_leans_against_its_inventory() -> None:
    middles = []
    for skew in ("0", "0.05"):
        maker = MAKER | {"count": 1, "skew": skew, "inventory": 100, "noise": "0"}
        crowd = {"makers": [maker], "noise": {"every": "5s", "sizes": "50..60..80", "resting": "0"}, "mood": "0"}
        spec = scenario(
            question("binary", chance="50%", venues=["polymarket"], beliefs={"step": "1h"}), crowds={"all": crowd}
        )
        world = world_of(spec, 4)
        exchange = world.exchanges[Venue.POLYMARKET]
        [market] = exchange.listings
        moved = set()
        for second in range(30, 900, 10):
            world.advance(after(second))
            bid, ask = exchange.top(market)
            if bid and ask:
                moved.add((bid.price + ask.price) // 2)
        middles.append(max(moved) - min(moved))
    assert middles[1] > middles[0] + 200


def gaps_of(seed: int) -> Sequence[Gap]:
    """The gaps of the town's first forty minutes."""
    world = world_of(town(), seed)
    world.advance(after(2_400))
    return [*world.gaps.past, *world.gaps.present]


def assert_rare(gaps: Sequence[Gap], runs: int) -> None:
    spent = sum((gap.closed or after(2_400)) - gap.opened for gap in gaps)
    assert len(gaps) < 60 * runs, f"{len(gaps)} gaps in {runs} times forty minutes"
    assert spent < 0.1 * runs * 2_400 * SECOND, "there is something to take all the time"


def test_opportunities_are_rare() -> None:
    assert_rare(gaps_of(3), 1)


@pytest.mark.long
def test_opportunities_are_there_thin_and_short_over_many_seeds() -> None:
    gaps = [gap for seed in range(6) for gap in gaps_of(seed)]
    assert_rare(gaps, 6)
    assert len(gaps) > 2, "a world without gaps is not real either"
    lives = sorted((gap.closed or after(2_400)) - gap.opened for gap in gaps)
    worth = sorted(gap.edge * gap.size // 10_000 for gap in gaps)
    assert lives[len(lives) // 2] < 15 * SECOND, "gaps stand open for long"
    assert worth[len(worth) // 2] < 25_000_000, "the typical gap is worth more than 25 dollars"


def test_gaps_close_sooner_where_somebody_hunts_them() -> None:
    lives = []
    for hunters in ({"bundles": {"reaction": "20ms..200ms", "attention": "100%"}}, {}):
        crowd = {key: CROWD[key] for key in ("makers", "noise")} | {"mood": "0.03"} | hunters
        spent = 0
        for seed in range(4):
            world = world_of(scenario(question("brackets", venues=["polymarket"]), crowds={"all": crowd}), seed)
            world.advance(after(1_150))
            spent += sum((gap.closed or 0) - gap.opened for gap in world.gaps.past)
            spent += sum(world.clock.now() - gap.opened for gap in world.gaps.present)
        lives.append(spent)
    hunted, left = lives
    assert hunted * 3 < left


def test_twins_stay_close_across_venues() -> None:
    world = world_of(scenario(question("binary")))
    apart = []
    for second in range(60, 1_100, 10):
        world.advance(after(second))
        tops = [exchange.top(next(iter(exchange.listings))) for exchange in world.exchanges.values()]
        if all(bid and ask for bid, ask in tops):
            here, there = (bid.price + ask.price for bid, ask in tops if bid and ask)
            apart.append(abs(here - there) / 2)
    assert sorted(apart)[len(apart) // 2] < 150


def test_no_account_ever_goes_negative() -> None:
    world = world_of(every_kind())
    for minute in range(1, 26):
        world.advance(after(60 * minute))
        assert_solvent(world)


def assert_solvent(world: World) -> None:
    for exchange in world.exchanges.values():
        for account in exchange.accounts.values():
            assert account.cash() >= 0
            assert all(size > 0 for size in account.holdings.values())


def test_everybody_is_paid_in_the_end() -> None:
    world = world_of(every_kind())
    world.advance(after(1_800))
    for exchange in world.exchanges.values():
        for account in exchange.accounts.values():
            assert not account.holdings


def test_reward_farmers_rest_on_both_sides_within_what_scores() -> None:
    crowd = {"makers": [MAKER], "farmer": {"size": 100, "requote": "5s"}}
    rewards = {"max_spread": "0.05", "min_size": 50, "daily": "100"}
    world = world_of(scenario(question("binary", venues=["polymarket"], rewards=rewards), crowds={"all": crowd}))
    exchange = world.exchanges[Venue.POLYMARKET]
    [market] = exchange.listings
    resting: list[OrderChanged] = []

    def hear(event: ExchangeEvent) -> None:
        if isinstance(event, OrderChanged) and event.change is Change.PLACED and event.order.new.size == 100_000_000:
            resting.append(event)

    exchange.listen(hear)
    world.advance(after(300))
    bid, ask = exchange.top(market)
    assert bid is not None
    assert ask is not None
    assert resting


def test_time_never_goes_back() -> None:
    world = world_of(scenario(question("binary")))
    seen: list[Nanos] = []
    for exchange in world.exchanges.values():
        exchange.listen(lambda event: seen.append(event.at))
    world.advance(after(300))
    assert seen == sorted(seen)
    assert world.clock.now() == after(300)
    assert (world.next_at() or 0) > after(300)
