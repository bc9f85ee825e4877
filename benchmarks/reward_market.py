"""Polymarket markets with liquidity rewards as bytes on its socket: every book changes so that a quote has to move.

Books are a cent wide, with twelve levels of five hundred contracts a side, a cent apart. What changes is the
second-best bid of YES: it goes, and comes back, and with it the price at which a boundary quote stands.
"""

import msgspec

from benchmarks.election import Token, price_text
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid, Question
from dutchbook.domain.ports import Frame
from dutchbook.domain.rewards import RewardOffer, RewardTerms
from dutchbook.domain.units import CONTRACT, DOLLAR, MILLISECOND, SECOND, Money, Nanos, Price, Size

TICKS = 1_000
CENT = 10
LEVELS = 12
SIZE = "500"
_START_MS = 1_763_700_000_000
_MONTH = Nanos(30 * 86_400 * SECOND)


class RewardMarkets:
    """So many markets, their rewards, and the frames of their books; the same ones each time."""

    def __init__(self, count: int) -> None:
        self._at = _START_MS
        self.pairs = [_pair(number) for number in range(count)]
        self.markets = [_market(number, *pair) for number, pair in enumerate(self.pairs)]
        self.questions = [_question(market) for market in self.markets]
        self.offers = tuple(RewardOffer(terms=_terms(market.id)) for market in self.markets)

    @property
    def now(self) -> Nanos:
        """When the last frame was received."""
        return Nanos(self._at * MILLISECOND)

    def snapshots(self) -> list[Frame]:
        """Every book, whole."""
        return [self._frame(token.frame(self._at)) for pair in self.pairs for token in pair]

    def change(self, number: int) -> Frame:
        """The second-best bid of YES goes, or comes back: a message with both tokens, and their hashes."""
        self._at += 1
        yes, no = self.pairs[number]
        tick = max(yes.bids) - CENT
        size = "0" if tick in yes.bids else SIZE
        _both(yes, no, "BUY", tick, size)
        rows = [self._row(yes, "BUY", tick, size), self._row(no, "SELL", TICKS - tick, size)]
        message = {
            "market": yes.market,
            "price_changes": rows,
            "timestamp": str(self._at),
            "event_type": "price_change",
        }
        return self._frame(msgspec.json.encode(message))

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
    middle = 300 + number % 40 * CENT
    for step in range(LEVELS):
        _both(yes, no, "BUY", middle - step * CENT, SIZE)
        _both(yes, no, "SELL", middle + (step + 1) * CENT, SIZE)
    return yes, no


def _both(yes: Token, no: Token, side: str, tick: int, size: str) -> None:
    yes.change(side, tick, size)
    no.change("BUY" if side == "SELL" else "SELL", TICKS - tick, size)


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
