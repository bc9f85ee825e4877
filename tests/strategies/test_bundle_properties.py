"""Whatever the books do: no intent loses, exceeds the depth, or rests on a book that cannot be trusted."""

from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import KalshiFees, Market, PolymarketFees
from dutchbook.domain.orders import Intent
from dutchbook.domain.pricing.depth import walk
from dutchbook.domain.units import ONE
from dutchbook.strategies.appraisal import Why
from dutchbook.strategies.index import Standing
from tests.catalogue.makers import above, market, question
from tests.strategies.desk import Quotes, Story

POLYMARKET = [market(name, fees=PolymarketFees(rate_ppm=20_000)) for name in "abc"]
KALSHI = [market(name, venue=Venue.KALSHI, fees=KalshiFees()) for name in "abc"]
LADDER = [above(k) for k in (60, 65, 70, 75)]

type Step = tuple[int, tuple[Quotes, Quotes], str]


def _steps(seed: int, markets: Sequence[Market], *, fair: Sequence[int]) -> list[Step]:
    """A restless market: quotes around fair prices in cents, often wrong, at times crossed, half told or lost."""
    rng = Random(seed)
    steps: list[Step] = [(i, _quotes(rng, cents), "whole") for i, cents in enumerate(fair)]
    for _ in range(rng.randrange(40)):
        which = rng.randrange(len(markets))
        how = rng.choices(["whole", "half", "lost", "lost unsaid"], [90, 4, 3, 3])[0]
        steps.append((which, _quotes(rng, fair[which]), how))
    return steps


def _quotes(rng: Random, fair: int) -> tuple[Quotes, Quotes]:
    middle = fair + rng.randrange(-4, 5)
    gap = rng.choices([-1, 0, 1, 2, 4], [1, 1, 10, 10, 5])[0]
    bids = [(max(middle - deep, 1) / 100, rng.randrange(1, 4_000) / 100) for deep in range(rng.randrange(4))]
    asks = [(min(middle + gap + deep, 99) / 100, rng.randrange(1, 4_000) / 100) for deep in range(rng.randrange(4))]
    return bids, asks


def _play(told: Story, markets: Sequence[Market], steps: list[Step]) -> None:
    for which, (bids, asks), how in steps:
        chosen = markets[which % len(markets)]
        told.pass_time()
        changed = told.desk.quote_market(chosen, bids, asks)
        if how == "half":
            continue  # its instant is not complete yet: nobody is told
        if how.startswith("lost"):
            for outcome in changed:
                told.desk.books[outcome].lose("gap")
            if how == "lost":
                told.strategy.book_lost(changed, told.desk)
            continue
        for intent in told.look(changed):
            _check(told, intent)


def _check(told: Story, intent: Intent) -> None:
    bundle = _bundle(told, intent)
    assert not bundle.mirrored
    paid = brought = 0
    for leg, plan in zip(intent.legs, bundle.legs, strict=True):
        assert (leg.outcome, leg.side) == (plan.outcome, plan.side)
        _check_book(told, plan.published or plan.outcome)
        within = [
            level
            for level in told.desk.depth(leg.outcome, leg.side)
            if (level.price <= leg.limit if leg.side is Side.BUY else level.price >= leg.limit)
        ]
        taken = walk(within, leg.size, side=leg.side, fees=plan.fees)
        assert taken.size == leg.size, "the books hold what is ordered within the limit"
        assert plan.grid.contains(leg.limit)
        paid += taken.fee + (taken.notional if leg.side is Side.BUY else 0)
        brought += taken.notional if leg.side is Side.SELL else 0
    size = intent.legs[0].size
    assert {leg.size for leg in intent.legs} == {size}
    assert 0 < intent.edge <= bundle.payoff * size // ONE + brought - paid
    assert intent.cost <= told.settings.max_basket_cash
    assert intent.max_loss >= 0


def _bundle(told: Story, intent: Intent) -> Bundle:
    return next(tracked.bundle for tracked in told.strategy.index if tracked.bundle.id == intent.subject)


def _check_book(told: Story, outcome: OutcomeId) -> None:
    book = told.desk.book(outcome)
    assert book is not None
    assert book.usable
    if book.best_bid is not None and book.best_ask is not None:
        assert book.best_bid < book.best_ask


SEEDS = st.integers(0, 2**32)


def _partition(seed: int) -> Story:
    asked = question(POLYMARKET, exclusive=True, exhaustive=True, convertible=True)
    told = Story(asked, POLYMARKET, cash="25")
    _play(told, POLYMARKET, _steps(seed, POLYMARKET, fair=(33, 35, 31)))
    return told


def _shared(seed: int) -> Story:
    told = Story(question(KALSHI, exclusive=True, exhaustive=True), KALSHI)
    _play(told, KALSHI, _steps(seed, KALSHI, fair=(30, 38, 31)))
    return told


def _ladder(seed: int) -> Story:
    told = Story(question(LADDER), LADDER, capital_yield="4%", least_yield="10%")
    _play(told, LADDER, _steps(seed, LADDER, fair=(56, 54, 52, 50)))
    return told


@given(SEEDS)
def test_intents_on_a_partition_are_sound(seed: int) -> None:
    _partition(seed)


@given(SEEDS)
def test_intents_on_shared_books_are_sound(seed: int) -> None:
    _shared(seed)


@given(SEEDS)
def test_intents_on_a_ladder_are_sound(seed: int) -> None:
    _ladder(seed)


@pytest.mark.parametrize("play", [_partition, _shared, _ladder])
def test_these_markets_do_hold_all_that_they_are_to_prove(play: Callable[[int], Story]) -> None:
    stats = [play(seed).strategy.stats for seed in range(60)]
    assert sum(s.intents for s in stats) > 20
    assert sum(s.near_misses for s in stats) > 50
    assert sum(s.crossed for s in stats) > 10
    for why in (Why.UNSETTLED, Why.BOOK_UNKNOWN, Why.CROSSED):
        assert sum(s.declined[why] for s in stats) > 0, why


@given(SEEDS)
def test_the_tops_and_standings_kept_are_those_of_a_strategy_that_starts_now(seed: int) -> None:
    told = Story(question(LADDER), LADDER)
    steps = _steps(seed, LADDER, fair=(56, 54, 52, 50))
    _play(told, LADDER, [(which, quotes, "whole") for which, quotes, _ in steps])
    fresh = Story(question(LADDER), LADDER)
    fresh.desk = told.desk
    fresh.look([outcome for outcome, book in told.desk.books.items() if book.usable])
    assert [(t.bundle.id, t.missing, t.missing or t.cost, t.standing) for t in told.strategy.index] == [
        (t.bundle.id, t.missing, t.missing or t.cost, t.standing) for t in fresh.strategy.index
    ]
    assert {m.bundle.id for m in told.strategy.pool.members()} == {m.bundle.id for m in fresh.strategy.pool.members()}
    for watch in told.strategy.index.watches.values():
        assert watch.hot == sum(reader.standing is Standing.UNDER for reader in watch.readers())
