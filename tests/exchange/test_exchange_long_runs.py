"""Random tapes on whole exchanges: what must hold after every step, whatever happened."""

from typing import ClassVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dutchbook.domain.book import Side
from dutchbook.domain.units import CONTRACT, DOLLAR, MILLISECOND, ONE, Money, Nanos, Price, Size
from dutchbook.exchange.listing import Listing, RewardProgramme
from dutchbook.exchange.rules import KALSHI, POLYMARKET, VenueRules
from tests.exchange.matching_stage import COMMON, RARE, VENUES, Act, Player, Stage, Witness, tape

FAILING = msgspec.structs.replace(POLYMARKET, fail_ppm=100_000, retry_ppm=200_000)
"""A tenth of all trades fails."""
SHARED = msgspec.structs.replace(POLYMARKET, reserves_by_market=False, settlement_delays=None)
"""Tokens that are there at once, and cash that is bound for one market only."""
RULES = (*VENUES, FAILING, SHARED)


ACTS = st.builds(
    Act,
    what=st.sampled_from(sorted({*COMMON, *RARE})) | st.just("submit"),
    who=st.sampled_from(["ann", "bob"]),
    market=st.sampled_from(["m0", "m1"]),
    no=st.booleans(),
    side=st.sampled_from(Side),
    price=st.integers(1, 99) | st.integers(48, 52),
    size=st.integers(1, 40).map(lambda contracts: contracts * CONTRACT)
    | st.integers(1, 4_000).map(lambda n: n * 10_000),
    pick=st.integers(0, 2**30),
    extra=st.integers(0, 2**30),
)


def delayed(listing: Listing) -> Listing:
    """The market with a delay for takers and a reward."""
    reward = RewardProgramme(max_spread=Price(300), min_size=Size(10 * CONTRACT), daily_rate=Money(50 * DOLLAR))
    return msgspec.structs.replace(listing, taker_delay=Nanos(500 * MILLISECOND), rewards=reward)


def run(rules: VenueRules, seed: int, steps: int, *, check_every: int = 1, slow: bool = False) -> Player:
    """Play a tape under a witness, then decide the markets and redeem everything."""
    change = delayed if slow else lambda listing: listing
    stage = Stage(rules, markets=2, cash=500 * DOLLAR, seed=seed, change=change)
    witness = Witness(stage.exchange)
    player = Player(stage)
    for number, act in enumerate(tape(seed, steps)):
        player.play(act)
        if number % check_every == 0:
            witness.check()
    settle(stage, witness)
    assert witness.fills > steps // 100
    return player


def settle(stage: Stage, witness: Witness) -> None:
    """Decide both markets, one of them for neither side, and redeem until nobody holds anything."""
    exchange = stage.exchange
    for market, payout in zip(exchange.listings, (ONE, 3_700), strict=True):
        exchange.resolve(market, Price(payout))
        witness.check()
    stage.later(120)
    witness.check()
    for account, owner in exchange.accounts.items():
        for listing in exchange.listings.values():
            if owner.held(listing.market.yes) or owner.held(listing.market.no):
                exchange.redeem(account, listing.id)
        assert not owner.holdings
        assert owner.reserved() == 0
    witness.check()


@pytest.mark.parametrize("rules", RULES, ids=("polymarket", "kalshi", "failing", "shared"))
@settings(max_examples=6)
@given(seed=st.integers(0, 2**32))
def test_cash_and_contracts_are_conserved_whatever_happens(rules: VenueRules, seed: int) -> None:
    run(rules, seed, 400)


@settings(max_examples=6)
@given(seed=st.integers(0, 2**32))
def test_cash_and_contracts_are_conserved_where_takers_wait(seed: int) -> None:
    run(POLYMARKET, seed, 400, slow=True)


@pytest.mark.long
@pytest.mark.parametrize("rules", RULES, ids=("polymarket", "kalshi", "failing", "shared"))
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_hundred_thousand_steps_keep_every_promise(rules: VenueRules, seed: int) -> None:
    run(rules, seed, 100_000, check_every=997, slow=seed == 3)


def outline(stage: Stage, *, mirrored: bool) -> tuple[list[object], list[object]]:
    """All that is to be seen of an exchange: books, and what accounts have; with the outcomes swapped if told."""
    exchange, books, accounts = stage.exchange, list[object](), list[object]()
    for name in exchange.listings:
        bids, asks = exchange.book(name)
        sides = [[(level.price, level.size) for level in side] for side in (bids, asks)]
        if mirrored:
            sides = [[(Price(ONE - price), size) for price, size in side] for side in reversed(sides)]
        books.append(sides)
    for owner in exchange.accounts.values():
        held = {swapped(outcome) if mirrored else outcome: size for outcome, size in owner.holdings.items()}
        orders = [(o.new.id, o.state, o.remaining, o.filled, o.paid, o.fees, o.reason) for o in owner.orders.values()]
        accounts.append((owner.cash(), owner.reserved(), owner.fees, held, orders))
    return books, accounts


def swapped(outcome: str) -> str:
    """The market's other outcome."""
    market, _, side = outcome.partition("/")
    return f"{market}/{'no' if side == 'yes' else 'yes'}"


def played(rules: VenueRules, seed: int, *, mirrored: bool = False, pieces: int = 1) -> tuple[Stage, Player]:
    stage = Stage(rules, markets=2, seed=seed, cash=2_000 * DOLLAR, change=delayed)
    stage.pieces = pieces
    player = Player(stage, mirrored=mirrored)
    for act in tape(seed, 500):
        if act.what != "convert":  # works on NO alone
            player.play(act)
    return stage, player


@pytest.mark.parametrize("rules", [*VENUES, FAILING], ids=("polymarket", "kalshi", "failing"))
@settings(max_examples=8)
@given(seed=st.integers(0, 2**32))
def test_swapping_the_outcomes_mirrors_everything(rules: VenueRules, seed: int) -> None:
    plain, one = played(rules, seed)
    mirrored, two = played(rules, seed, mirrored=True)
    assert outline(plain, mirrored=False) == outline(mirrored, mirrored=True)
    assert one.refusals == two.refusals


@pytest.mark.parametrize("rules", [*VENUES, FAILING], ids=("polymarket", "kalshi", "failing"))
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32))
def test_one_seed_gives_one_history(rules: VenueRules, seed: int) -> None:
    first, second = played(rules, seed)[0], played(rules, seed)[0]
    assert list(map(repr, first.events)) == list(map(repr, second.events))


@pytest.mark.parametrize("rules", [*VENUES, FAILING], ids=("polymarket", "kalshi", "failing"))
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32), pieces=st.integers(2, 7))
def test_it_does_not_matter_how_often_one_looks(rules: VenueRules, seed: int, pieces: int) -> None:
    seldom, often = played(rules, seed)[0], played(rules, seed, pieces=pieces)[0]
    assert list(map(repr, seldom.events)) == list(map(repr, often.events))


class Floor(RuleBasedStateMachine):
    """Any actions in any order, shrunk to the shortest story when a promise breaks."""

    venue_rules: ClassVar[VenueRules] = POLYMARKET

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(self.venue_rules, markets=2, cash=300 * DOLLAR)
        self.witness = Witness(self.stage.exchange)
        self.player = Player(self.stage)

    @rule(act=ACTS)
    def act(self, act: Act) -> None:
        """Do one thing."""
        self.player.play(act)

    @invariant()
    def all_promises_hold(self) -> None:
        """Money, contracts, books and orders."""
        self.witness.check()


class Netting(Floor):
    """The same at the venue of signed positions."""

    venue_rules = KALSHI


class Failing(Floor):
    """The same where trades fail."""

    venue_rules = FAILING


STORIES = settings(max_examples=30, stateful_step_count=60)
Floor.TestCase.settings = Netting.TestCase.settings = Failing.TestCase.settings = STORIES
TestFloor = Floor.TestCase
TestNetting = Netting.TestCase
TestFailing = Failing.TestCase
