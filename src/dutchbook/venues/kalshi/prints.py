"""Trades as events: each says prices of YES and NO, a size and which side the taker gained."""

from dutchbook.domain.book import Side
from dutchbook.domain.events import TradePrinted
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import Nanos, Price, Size
from dutchbook.venues.kalshi import wire
from dutchbook.venues.kalshi.numbers import nanos_of, positive_size, quote_price, quote_price_of_no
from dutchbook.venues.memo import Memo

_TAKERS = {"yes": Side.BUY, "no": Side.SELL}


class Prints:
    """Reads trades; remembers texts."""

    __slots__ = ("_of_no", "_of_yes", "_sizes")

    def __init__(self) -> None:
        self._of_yes: Memo[Price] = Memo(quote_price)
        self._of_no: Memo[Price] = Memo(quote_price_of_no)
        self._sizes: Memo[Size] = Memo(positive_size)

    def read(self, message: wire.TradeBody, outcome: OutcomeId, received: Nanos) -> TradePrinted:
        """A print in terms of YES: who gained NO sold YES. Raises ValueError for one that contradicts itself."""
        price = self._of_yes[message.yes_price_dollars]
        if self._of_no[message.no_price_dollars] != price:
            raise ValueError("prices of YES and NO that do not add up to a dollar")
        gained = message.taker_outcome_side or message.taker_side
        if gained is None:
            raise ValueError("a trade without its taker's side")
        at = None if message.ts_ms is None else nanos_of(message.ts_ms)
        size, taker = self._sizes[message.count_fp], _TAKERS[gained]
        return TradePrinted(outcome, price, size, taker, received, at, message.trade_id)
