"""The random-walk market, judged by a reader written for this test alone."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice, pairwise
from typing import Any

import pytest

from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.markets import Market
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.walk.random_walk import RandomWalkMarket

START = Nanos(1_780_000_000_000_000_000)
FRAMES = 12_000


class Token:
    """One token's book as the wire shows it: texts of prices to texts of sizes."""

    def __init__(self) -> None:
        self.bids: dict[str, str] = {}
        self.asks: dict[str, str] = {}
        self.last_trade = ""

    def top(self) -> tuple[Decimal, Decimal]:
        return max(map(Decimal, self.bids)), min(map(Decimal, self.asks))


class Reader:
    """Folds frames into books and keeps the hashes that each group of one market and timestamp ends with."""

    def __init__(self, markets: tuple[Market, ...]) -> None:
        self.markets = {market.id: market for market in markets}
        self.tokens: dict[str, Token] = defaultdict(Token)
        self.kinds: Counter[str] = Counter()
        self.resolved: dict[str, str] = {}
        self.checked = 0
        self.last_stamp: dict[str, int] = {}

    def read(self, frames: Iterator[Frame]) -> None:
        pending: list[dict[str, Any]] = []
        for frame in frames:
            payload = json.loads(frame.payload)
            for message in payload if isinstance(payload, list) else [payload]:
                if pending and _group(message) != _group(pending[0]):
                    self.close(pending)
                    pending = []
                self.kinds[message["event_type"]] += 1
                self.apply(message)
                pending.append(message)

    def apply(self, message: dict[str, Any]) -> None:
        if message["event_type"] == "book":
            token = self.tokens[message["asset_id"]]
            token.bids = {level["price"]: level["size"] for level in message["bids"]}
            token.asks = {level["price"]: level["size"] for level in message["asks"]}
            token.last_trade = message["last_trade_price"]
        elif message["event_type"] == "price_change":
            for change in message["price_changes"]:
                token = self.tokens[change["asset_id"]]
                levels = token.bids if change["side"] == "BUY" else token.asks
                levels.pop(change["price"], None)
                if change["size"] != "0":
                    levels[change["price"]] = change["size"]
        elif message["event_type"] == "last_trade_price":
            market = self.markets[message["market"]]
            shown = f"{Decimal(message['price']):.3f}"
            assert [self.tokens[token].last_trade for token in (market.yes, market.no)] == [shown, shown]
        elif message["event_type"] == "market_resolved":
            self.resolved[message["market"]] = message["winning_asset_id"]

    def close(self, group: list[dict[str, Any]]) -> None:
        """At the end of a group every hash in it must be that of the state reached, and the tokens must mirror."""
        stamp = int(group[0]["timestamp"])
        market = self.markets[group[0]["market"]]
        assert stamp > self.last_stamp.get(market.id, 0), "two groups of one market share a timestamp"
        self.last_stamp[market.id] = stamp
        for message in group:
            parts = message.get("price_changes", [message] if message["event_type"] == "book" else [])
            for part in parts:
                token = self.tokens[part["asset_id"]]
                assert part["hash"] == sha1_of(market, part["asset_id"], message["timestamp"], token)
                self.checked += 1
                if "best_bid" in part:
                    assert (Decimal(part["best_bid"]), Decimal(part["best_ask"])) == token.top()
        self.mirror(market)

    def mirror(self, market: Market) -> None:
        yes, no = self.tokens[market.yes], self.tokens[market.no]
        assert _numbers(yes.bids) == {1 - price: size for price, size in _numbers(no.asks).items()}
        assert _numbers(yes.asks) == {1 - price: size for price, size in _numbers(no.bids).items()}
        assert yes.top()[0] < yes.top()[1], "a crossed book"


def sha1_of(market: Market, token_id: str, timestamp: str, token: Token) -> str:
    """The book hash, from the protocol's words and nothing of the program's."""

    def levels(side: dict[str, str], reverse: bool) -> str:
        ordered = sorted(side, key=Decimal, reverse=reverse)
        return ",".join(f'{{"price":"{price}","size":"{side[price]}"}}' for price in ordered)

    tick = {10: "0.001", 100: "0.01"}[market.grid.finest()]
    text = (
        f'{{"market":"{market.id}","asset_id":"{token_id}","timestamp":"{timestamp}","hash":"",'
        f'"bids":[{levels(token.bids, False)}],"asks":[{levels(token.asks, True)}],"min_order_size":"5",'
        f'"tick_size":"{tick}","neg_risk":{str(market.neg_risk).lower()},"last_trade_price":"{token.last_trade}"}}'
    )
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _group(message: dict[str, Any]) -> tuple[str, str]:
    return message["market"], message["timestamp"]


def _numbers(side: dict[str, str]) -> dict[Decimal, str]:
    return {Decimal(price): size for price, size in side.items()}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_hash_verifies_and_both_tokens_mirror_each_other(seed: int) -> None:
    walk = RandomWalkMarket(seed, START, rate=40)
    reader = Reader(walk.markets)
    reader.read(islice(walk.frames(), FRAMES))
    assert reader.checked > FRAMES
    assert set(reader.kinds) == {"book", "price_change", "last_trade_price", "market_resolved"}
    assert min(reader.kinds.values()) >= 1


def test_the_first_frames_are_arrays_with_every_token() -> None:
    walk = RandomWalkMarket(1, START)
    first = [json.loads(frame.payload) for frame in islice(walk.frames(), len(walk.questions))]
    tokens = [message["asset_id"] for books in first for message in books]
    assert sorted(tokens) == sorted(token for market in walk.markets for token in (market.yes, market.no))


def test_a_new_connection_begins_with_the_books_as_they_stand_and_goes_on() -> None:
    walk = RandomWalkMarket(1, START)
    list(islice(walk.frames(), 501))  # most likely cut off within a group
    reader = Reader(walk.markets)
    reader.read(islice(walk.frames(), 3_000))
    assert reader.checked > 3_000


def test_the_same_seed_gives_the_same_frames_and_another_seed_others() -> None:
    runs = [list(islice(RandomWalkMarket(seed, START).frames(), 1_000)) for seed in (5, 5, 6)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_frames_come_in_order_of_receipt_at_about_the_rate_asked_for() -> None:
    frames = list(islice(RandomWalkMarket(1, START, rate=100).frames(), 5_000))
    times = [frame.received for frame in frames]
    assert times[0] == START
    assert all(earlier < later for earlier, later in pairwise(times))
    assert 40 * SECOND < times[-1] - times[0] < 60 * SECOND


def test_a_rate_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="rate"):
        RandomWalkMarket(1, START, rate=0)


def test_planted_opportunities_and_near_misses_are_in_the_books_when_the_label_says_so() -> None:
    """Sums of the top of the wire's books, with fees by the venue's formula."""
    walk = RandomWalkMarket(4, START, rate=200)
    reader = Reader(walk.markets)
    questions = {question.id: [reader.markets[m] for m in question.markets] for question in walk.questions}
    seen: Counter[tuple[BundleKind, bool]] = Counter()
    labelled = 0
    for frame in islice(walk.frames(), 60_000):
        reader.read(iter([frame]))
        if len(walk.planted) > labelled and frame.received >= walk.planted[labelled].at:
            plant = walk.planted[labelled]
            labelled += 1
            earned = _margin(plant.kind, plant.market, questions[plant.question], reader)
            assert abs(earned - Decimal(plant.margin) / 10**6) < Decimal("0.0001")
            assert plant.until > plant.at
            seen[plant.kind, plant.margin > 0] += 1
    assert {kind for kind, good in seen if good} == {BundleKind.ALL_YES, BundleKind.ALL_NO, BundleKind.LADDER}
    assert sum(count for (_, good), count in seen.items() if not good) >= 3


def test_only_planted_bundles_pay() -> None:
    """Outside of the planted times no partition's YES or NO cost less than they pay, fees included."""
    walk = RandomWalkMarket(9, START, rate=100)
    reader = Reader(walk.markets)
    markets = {question.id: [reader.markets[m] for m in question.markets] for question in walk.questions}
    partitions = [question for question in walk.questions if question.exhaustive]
    frames = walk.frames()
    reader.read(islice(frames, len(walk.questions)))
    for _ in range(200):
        reader.read(islice(frames, 40))
        busy = {plant.question for plant in walk.planted[-2:]}
        for question in partitions:
            if question.id in busy or any(m in reader.resolved for m in question.markets):
                continue
            for kind in (BundleKind.ALL_YES, BundleKind.ALL_NO):
                assert _margin(kind, "", markets[question.id], reader) < 0


def test_resolved_questions_pay_one_partition_winner_and_fall_silent() -> None:
    walk = RandomWalkMarket(1, START, rate=20)
    reader = Reader(walk.markets)
    reader.read(islice(walk.frames(), 12_000))
    by_question = {question.id: question for question in walk.questions}
    over = [q for q in by_question.values() if q.exhaustive and all(m in reader.resolved for m in q.markets)]
    assert over
    for question in over:
        winners = [m for m in question.markets if reader.resolved[m] == reader.markets[m].yes]
        assert len(winners) == 1
    later = [frame.payload for frame in islice(walk.frames(), 2_000)]
    assert not any(market.encode() in payload for market in reader.resolved for payload in later)


def test_the_catalogue_has_every_kind_of_question() -> None:
    walk = RandomWalkMarket(1, START)
    by_id = {market.id: market for market in walk.markets}
    election = next(q for q in walk.questions if len(q.markets) == 8)
    assert election.exclusive
    assert election.exhaustive
    assert election.convertible
    assert [by_id[m].catch_all for m in election.markets] == [False] * 7 + [True]
    assert all(by_id[m].neg_risk for m in election.markets)
    kinds = {market.strike.kind for market in walk.markets if market.strike}
    assert {"greater", "before", "between", "less", "greater_or_equal"} <= kinds
    assert any(len(q.markets) == 1 for q in walk.questions)
    tokens = [token for market in walk.markets for token in (market.yes, market.no)]
    assert len(set(tokens)) == len(tokens)
    assert all(token.isdigit() and len(token) <= 78 for token in tokens)


def _margin(kind: BundleKind, lead: str, markets: list[Market], reader: Reader) -> Decimal:
    """What a set earns after fees: rate x p x (1 - p) for each leg."""
    tops = [reader.tokens[market.yes].top() for market in markets]
    payoff = Decimal(1)
    if kind is BundleKind.ALL_YES:
        legs = [(market, ask) for market, (_, ask) in zip(markets, tops, strict=True)]
    elif kind is BundleKind.ALL_NO:
        legs = [(market, 1 - bid) for market, (bid, _) in zip(markets, tops, strict=True)]
        payoff = Decimal(len(markets) - 1)
    else:
        wide = next(i for i, market in enumerate(markets) if market.id == lead)
        legs = [(markets[wide], tops[wide][1]), (markets[wide + 1], 1 - tops[wide + 1][0])]
    return payoff - sum((price + _fee(market, price) for market, price in legs), Decimal(0))


def _fee(market: Market, price: Decimal) -> Decimal:
    rate = Decimal(getattr(market.fees, "rate_ppm", 0)) / 10**6
    return rate * price * (1 - price)
