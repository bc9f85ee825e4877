"""What we think that quotes earn, beside what the simulated venues' own samplers give: two readings of one rule."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dutchbook.domain.book import Book
from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import NoFees
from dutchbook.domain.pricing.kalshi_rewards import snapshot_share
from dutchbook.domain.pricing.rewards import (
    Resting,
    adjusted_middle,
    least_score,
    reward_share,
    sample,
    sided_score,
)
from dutchbook.domain.rewards import RewardTerms, SideScoring
from dutchbook.domain.units import CONTRACT, DAY, DOLLAR, SECOND, Money, Nanos, Price, Size, complement
from dutchbook.exchange.incentives import snapshot_scores
from dutchbook.exchange.listing import IncentiveProgramme, Listing, RewardProgramme
from dutchbook.exchange.matching.messages import SelfTrade
from dutchbook.exchange.rules import KALSHI
from tests.exchange.matching_stage import START, Stage

M0 = MarketId("m0")
REWARD = RewardProgramme(max_spread=Price(300), min_size=Size(20 * CONTRACT), daily_rate=Money(50 * DOLLAR))
TERMS = RewardTerms(market=M0, daily=REWARD.daily_rate, max_spread=REWARD.max_spread, min_size=REWARD.min_size)
PROGRAMME = IncentiveProgramme(
    id="p",
    starts=START,
    ends=Nanos(START + 600 * SECOND),
    reward=Money(100 * DOLLAR),
    target_size=Size(200 * CONTRACT),
)
SCORING = SideScoring(target_size=PROGRAMME.target_size, discount_ppm=PROGRAMME.discount_ppm)


class Quote(msgspec.Struct, frozen=True):
    """A purchase of YES or NO, in cents and contracts, by a maker."""

    maker: str
    no: bool
    cents: int
    contracts: int

    def in_yes_book(self) -> Resting:
        price = Price(self.cents * 100)
        return Resting(not self.no, complement(price) if self.no else price, Size(self.contracts * CONTRACT))


def quotes(low: int, high: int) -> st.SearchStrategy[list[Quote]]:
    """YES below `low` and NO below 100 - `high`: nothing crosses."""

    def one(no: bool) -> st.SearchStrategy[Quote]:
        top = 100 - high if no else low
        return st.builds(
            Quote,
            st.sampled_from(("ann", "bob", "cid")),
            st.just(no),
            st.integers(max(1, top - 6), top),
            st.integers(5, 300),
        )

    return st.lists(one(no=False) | one(no=True), min_size=1, max_size=12)


def placed(stage: Stage, asked: Sequence[Quote]) -> Book:
    """The YES book with these quotes in it."""
    for quote in asked:
        stage.buy(quote.maker, quote.cents, quote.contracts, no=quote.no, self_trade=SelfTrade.ALLOW)
    bids, asks = stage.exchange.book(M0)
    book = Book(stage.exchange.listings[M0].market.yes)
    book.replace(bids, asks, stage.clock.now())
    return book


middles = st.sampled_from([(49, 51), (30, 32), (8, 10), (9, 12), (90, 92), (95, 97)])


@settings(max_examples=150, deadline=None)
@given(middles.flatmap(lambda ends: quotes(*ends)))
def test_polymarkets_sampler_and_our_reading_of_its_rule_agree(asked: list[Quote]) -> None:
    change = {"change": lambda listing: msgspec.structs.replace(listing, rewards=REWARD)}
    stage = Stage(**change, cash=100_000 * DOLLAR, fees=NoFees())  # type: ignore[arg-type]
    stage.later((DAY - START % DAY) / 10**9 + 1)
    book = placed(stage, asked)
    stage.later(120)
    stated = stage.exchange.rewards.shares(M0)
    middle = adjusted_middle(book, TERMS.min_size)
    makers = sorted({quote.maker for quote in asked})
    own = {name: [quote.in_yes_book() for quote in asked if quote.maker == name] for name in makers}
    scored = {} if middle is None else {n: least_score(sided_score(TERMS, middle, own[n]), middle) for n in makers}
    everybody = sum(scored.values())
    ruled = {name: reward_share(score, everybody - score) for name, score in scored.items() if score}
    assert stated == pytest.approx(ruled, abs=1e-6)
    for name in makers:
        # Seen from outside, without knowing whose orders are whose, we never think that we earn more.
        guessed = sample(TERMS, book, own[name])
        assert (0.0 if guessed is None else guessed.share) <= stated.get(name, 0.0) + 1e-6


def with_programme(listing: Listing) -> Listing:
    return msgspec.structs.replace(listing, incentives=(PROGRAMME,))


@settings(max_examples=100, deadline=None)
@given(middles.flatmap(lambda ends: quotes(*ends)))
def test_kalshis_snapshots_and_our_reading_of_their_rule_agree(asked: list[Quote]) -> None:
    stage = Stage(KALSHI, change=with_programme, cash=100_000 * DOLLAR, fees=NoFees())
    book = placed(stage, asked)
    stated = snapshot_scores(stage.exchange._floor.markets[M0], PROGRAMME)
    total = sum(stated.values())
    for name in sorted({quote.maker for quote in asked}):
        bids: dict[Price, Size] = {}
        against: dict[Price, Size] = {}
        for quote in asked:
            if quote.maker == name:
                side, price = against if quote.no else bids, Price(quote.cents * 100)
                side[price] = Size(side.get(price, 0) + quote.contracts * CONTRACT)
        share = snapshot_share(SCORING, book, bids, against)
        assert share == pytest.approx(stated.get(name, 0) / total if total else 0.0, abs=1e-6)
