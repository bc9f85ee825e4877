"""Polymarket markets with liquidity rewards as bytes on its socket: every book changes so that a quote has to move.

Books are a cent wide, with twelve levels of five hundred contracts a side, a cent apart. What changes is the
second-best bid of YES: it goes, and comes back, and with it the price at which a boundary quote stands. Orders of ours
that rest are in the books, as at any venue.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from benchmarks.election import Token, price_text
from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid, Question
from dutchbook.domain.orders import Order
from dutchbook.domain.ports import Frame
from dutchbook.domain.rewards import RewardOffer, RewardTerms
from dutchbook.domain.units import CONTRACT, DOLLAR, MILLISECOND, SECOND, Money, Nanos, Price, Size

TICKS = 1_000
CENT = 10
LEVELS = 12
SIZE = 500
_OTHER = {"BUY": "SELL", "SELL": "BUY"}
_START_MS = 1_763_700_000_000
_MONTH = Nanos(30 * 86_400 * SECOND)


class RewardMarkets:
    """So many markets, their rewards, and the frames of their books; the same ones each time."""

    def __init__(self, count: int) -> None:
        self._at = _START_MS
        self.pairs = [_pair(number) for number in range(count)]
        self._gone: set[int] = set()
        """Markets whose second-best bid is away."""
        self._own: list[Counter[tuple[str, int]]] = [Counter() for _ in range(count)]
        """Our contracts in each book of YES, by side and tick."""
        self.markets = [_market(number, *pair) for number, pair in enumerate(self.pairs)]
        self.questions = [_question(market) for market in self.markets]
        self.offers = tuple(RewardOffer(terms=_terms(market.id)) for market in self.markets)

    @property
    def now(self) -> Nanos:
        """When the last frame was received."""
        return Nanos(self._at * MILLISECOND)

    def wait(self, milliseconds: int) -> None:
        """Nothing happens for so long."""
        self._at += milliseconds

    def snapshots(self) -> list[Frame]:
        """Every book, whole."""
        return [self._frame(token.frame(self._at)) for pair in self.pairs for token in pair]

    def change(self, number: int) -> Frame:
        """The second-best bid of YES goes, or comes back: a message with both tokens, and their hashes."""
        self._gone ^= {number}
        return self._changed(number, [("BUY", _middle(number) - CENT)])

    def show(self, number: int, orders: Iterable[Order]) -> Frame | None:
        """What of ours rests in a market now: a message with the levels that changed by it; None if none did."""
        resting: Counter[tuple[str, int]] = Counter()
        yes = self.pairs[number][0]
        for order in orders:
            bid, tick = order.leg.side is Side.BUY, order.leg.limit // CENT
            here = order.leg.outcome == yes.asset
            resting["BUY" if bid is here else "SELL", tick if here else TICKS - tick] += order.leg.size // CONTRACT
        before, self._own[number] = self._own[number], resting
        moved = [place for place in {**before, **resting} if before[place] != resting[place]]
        return self._changed(number, moved) if moved else None

    def _changed(self, number: int, places: Iterable[tuple[str, int]]) -> Frame:
        """A message with these levels of YES, and what they are in the book of NO."""
        self._at += 1
        yes, no = self.pairs[number]
        found = [(side, tick, self._size(number, side, tick)) for side, tick in places]
        for side, tick, size in found:
            _both(yes, no, side, tick, size)
        rows = [
            row
            for side, tick, size in found
            for row in (self._row(yes, side, tick, size), self._row(no, _OTHER[side], TICKS - tick, size))
        ]
        message = {
            "market": yes.market,
            "price_changes": rows,
            "timestamp": str(self._at),
            "event_type": "price_change",
        }
        return self._frame(msgspec.json.encode(message))

    def _size(self, number: int, side: str, tick: int) -> str:
        """All that is offered at a level: others' and ours."""
        middle = _middle(number)
        away = side == "BUY" and tick == middle - CENT and number in self._gone
        levels = range(middle - (LEVELS - 1) * CENT, middle + 1, CENT)
        if side == "SELL":
            levels = range(middle + CENT, middle + LEVELS * CENT + 1, CENT)
        others = SIZE if tick in levels and not away else 0
        return str(others + self._own[number][side, tick])

    def _row(self, token: Token, side: str, tick: int, size: str) -> dict[str, str]:
        return {
            "asset_id": token.asset,
            "price": price_text(tick),
            "size": size,
            "side": side,
            "hash": token.hash_at(self._at),
            "best_bid": price_text(max(token.bids)),
            "best_ask": price_text(min(token.asks)),
        }

    def _frame(self, payload: bytes) -> Frame:
        return Frame("polymarket/market", self.now, payload)


def _pair(number: int) -> tuple[Token, Token]:
    market = f"0x{number + 1:064x}"
    yes, no = (Token(market, str(10**70 + 2 * number + side)) for side in (0, 1))
    middle = _middle(number)
    for step in range(LEVELS):
        _both(yes, no, "BUY", middle - step * CENT, str(SIZE))
        _both(yes, no, "SELL", middle + (step + 1) * CENT, str(SIZE))
    return yes, no


def _middle(number: int) -> int:
    """The best bid of YES."""
    return 300 + number % 40 * CENT


def _both(yes: Token, no: Token, side: str, tick: int, size: str) -> None:
    yes.change(side, tick, size)
    no.change(_OTHER[side], TICKS - tick, size)


def _market(number: int, yes: Token, no: Token) -> Market:
    over = Nanos(_START_MS * MILLISECOND + _MONTH)
    return Market(
        id=MarketId(yes.market),
        venue=Venue.POLYMARKET,
        question=QuestionId(f"rewarded-{number}"),
        title=f"Does it happen, number {number}?",
        yes=OutcomeId(yes.asset),
        no=OutcomeId(no.asset),
        grid=PriceGrid.uniform(Price(10)),
        min_size=Size(5 * CONTRACT),
        fees=NoFees(),
        neg_risk=True,
        closes=over,
        settles=over,
    )


def _question(market: Market) -> Question:
    return Question(
        id=market.question,
        venue=Venue.POLYMARKET,
        title=market.title,
        markets=(market.id,),
        exclusive=False,
        exhaustive=False,
        convertible=False,
    )


def _terms(market: MarketId) -> RewardTerms:
    return RewardTerms(market=market, daily=Money(500 * DOLLAR), max_spread=Price(350), min_size=Size(20 * CONTRACT))
