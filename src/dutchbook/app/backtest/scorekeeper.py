"""Keeps score of one account at one exchange from what really happens there: never from what the desk believes."""

import msgspec

from dutchbook.app.backtest.private_feed import sides_of, trade_name
from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.units import DAY, ONE, Money, Nanos, Size, complement
from dutchbook.evaluation.making import MakingBook, Traded
from dutchbook.exchange.accounts import Account
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import (
    BookMoved,
    ExchangeEvent,
    FundsMoved,
    Matched,
    OrderChanged,
    Pair,
    Party,
    Resolved,
    Settlement,
    SettlementMoved,
)
from dutchbook.exchange.rules import Mode

_PAID = ("reward", "incentive")
_REBATE = "rebate"


class Watermarks(msgspec.Struct, kw_only=True):
    """The worst that was seen. `unhedged` is the longest time that something which rested was held without cover."""

    exposure: Money = Money(0)
    unhedged: Nanos = Nanos(0)
    self_trades: int = 0
    fills: int = 0


class Scorekeeper:
    """Hears everything of the account, and the middles of all markets.

    Exposure of a market is what its open purchases would cost and what was paid for what is held, whole pairs left out.
    Held without cover is what is neither offered for sale, nor paired with the other outcome, nor bid for to be paired
    at the best bid, if it is enough to be ordered at all; it counts in markets in which an order of ours that rested
    was filled, while the venue takes orders.
    """

    def __init__(self, exchange: Exchange, account: str) -> None:
        self.book = MakingBook()
        self.worst = Watermarks()
        self._exchange = exchange
        self._account: Account = exchange.accounts[account]
        self._id = account
        self._chain = exchange.rules.settlement_delays is not None
        self._made: set[MarketId] = set()
        self._bare: dict[MarketId, Nanos] = {}
        self._leaning: set[MarketId] = set()
        """Markets in which a bid covers: it does no longer once somebody bids more."""
        for market in exchange.listings:
            self._look(market, Nanos(0))
        exchange.listen(self._moved, BookMoved)
        exchange.listen(self._matched, Matched)
        exchange.listen(self._changed, OrderChanged)
        exchange.listen(self._settled, SettlementMoved)
        exchange.listen(self._funded, FundsMoved)
        exchange.listen(self._resolved, Resolved)

    def equity(self) -> Money:
        """Cash, what is on its way, and everything held at the middle; what has no middle counts nothing."""
        account = self._account
        worth = sum(account.balances.values()) + account.incoming_cash()
        for outcome in sorted({*account.owned, *account.coming}):
            market = self._exchange.market_of(outcome)
            twice = None if market is None else self.book.middle(market)
            if market is not None and twice is not None:
                of_outcome = twice if outcome == self._market(market).yes else 2 * ONE - twice
                worth += (account.held(outcome) + account.incoming(outcome)) * of_outcome // (2 * ONE)
        return Money(worth)

    def owed(self, now: Nanos) -> Money:
        """Book and return rewards of the UTC day under way for the part of it that is over.

        As far as the venue would pay them: at the share reached by now, a whole day's reward is at least its smallest
        payment.
        """
        owed, least = 0, self._exchange.rules.smallest_payment
        part = now % DAY
        for market, listing in self._exchange.listings.items():
            share = self._exchange.rewards.shares(market).get(self._id, 0.0)
            daily = 0 if listing.rewards is None else int(listing.rewards.daily_rate * share)
            if daily and daily >= least:
                amount = Money(daily * part // DAY)
                self.book.rewarded(market, amount, now)
                owed += amount
        return Money(owed)

    def interrupted(self, at: Nanos) -> None:
        """The venue takes no orders from now on, or takes them again: nobody could hedge in between."""
        for market, since in self._bare.items():
            self.worst.unhedged = max(self.worst.unhedged, Nanos(at - since))
            self._bare[market] = at
        if not self._up:
            self._bare.clear()
        else:
            for market in sorted(self._made):
                self._cover(market, at)

    def close(self, at: Nanos) -> None:
        """The end: what is still without cover has been so until now."""
        self.book.judge(at)
        for since in self._bare.values():
            self.worst.unhedged = max(self.worst.unhedged, Nanos(at - since))

    @property
    def _up(self) -> bool:
        return self._exchange.mode is Mode.NORMAL

    def _market(self, market: MarketId) -> Market:
        return self._exchange.listings[market].market

    def _look(self, market: MarketId, at: Nanos) -> None:
        bid, ask = self._exchange.top(market)
        if bid is not None and ask is not None:
            self.book.moved(market, bid.price + ask.price, at)

    def _moved(self, event: ExchangeEvent) -> None:
        # A trade is told right behind the change of the book that it made: it is to meet the middle from before.
        if not isinstance(event, BookMoved):
            return
        if not event.traded:
            self._look(event.market, event.at)
        if event.market in self._leaning:
            self._cover(event.market, event.at)

    def _matched(self, event: ExchangeEvent) -> None:
        if not isinstance(event, Matched):
            return
        ours = sides_of(event, self._id)
        for pair, party in ours:
            self.book.traded(self._trade(event, pair, party), final=not self._chain)
            if party is pair.maker:
                self._made.add(event.market)
        self.worst.fills += len(ours)
        self.worst.self_trades += sum(
            pair.taker.order.new.account == self._id == pair.maker.order.new.account for pair in event.pairs
        )
        self._look(event.market, event.at)
        if ours:
            self._weigh(event.market, event.at)

    def _changed(self, event: ExchangeEvent) -> None:
        if isinstance(event, OrderChanged) and event.order.new.account == self._id:
            self._weigh(event.order.new.market, event.at)

    def _settled(self, event: ExchangeEvent) -> None:
        if not isinstance(event, SettlementMoved) or event.status not in (Settlement.MINED, Settlement.FAILED):
            return
        ours = sides_of(event.match, self._id)
        for pair, party in ours:
            name = _name(event.match, pair, party)
            if event.status is Settlement.MINED:
                self.book.confirmed(name)
            else:
                self.book.taken_back(name, event.at)
        if ours:
            self._weigh(event.match.market, event.at)

    def _funded(self, event: ExchangeEvent) -> None:
        if not isinstance(event, FundsMoved) or event.account != self._id or event.market is None:
            return
        # What is paid at midnight is for the day before.
        if event.why in _PAID:
            self.book.rewarded(event.market, Money(event.cash), Nanos(event.at - 1))
        elif event.why == _REBATE:
            self.book.rebated(event.market, Money(event.cash), Nanos(event.at - 1))
        self._weigh(event.market, event.at)

    def _resolved(self, event: ExchangeEvent) -> None:
        if isinstance(event, Resolved):
            self.book.moved(event.market, 2 * event.payout, event.at)
            self._bare.pop(event.market, None)

    def _trade(self, match: Matched, pair: Pair, party: Party) -> Traded:
        return Traded(
            id=_name(match, pair, party),
            market=match.market,
            yes=party.outcome == self._market(match.market).yes,
            buy=party.side is Side.BUY,
            price=party.price,
            size=pair.size,
            fee=party.fee,
            maker=party is pair.maker,
            at=match.at,
        )

    def _weigh(self, market: MarketId, at: Nanos) -> None:
        """What is at stake in a market now, and whether it is covered."""
        account, listed = self._account, self._market(market)
        held = {o: account.held(o) + account.incoming(o) for o in (listed.yes, listed.no)}
        pairs = min(held.values())
        exposure = int(account.reserved_in(market))
        exposure += sum(account.cost_of(o) * (size - pairs) // size for o, size in held.items() if size)
        self.worst.exposure = max(self.worst.exposure, Money(exposure))
        if market in self._made:
            self._cover(market, at)

    def _cover(self, market: MarketId, at: Nanos) -> None:
        account, listed = self._account, self._market(market)
        yes, no = (max(0, account.held(o) + account.incoming(o) - account.reserved_of(o)) for o in _outcomes(listed))
        bare = abs(yes - no)
        if bare:
            offered = self._offered(listed, listed.no if yes > no else listed.yes)
            bare -= offered
            (self._leaning.add if offered else self._leaning.discard)(market)
        least = max(listed.min_size, Size(1))
        if self._up and bare >= least and listed.payout is None:
            self._bare.setdefault(market, at)
        elif (since := self._bare.pop(market, None)) is not None:
            self.worst.unhedged = max(self.worst.unhedged, Nanos(at - since))

    def _offered(self, listed: Market, twin: OutcomeId) -> int:
        """How much we bid for an outcome at the best bid of all: whoever sells there pairs what is held of the other.

        A bid for one outcome at q is the offer of the other at 1 - q, in the same book; behind others it counts not.
        """
        best = self._exchange.top(listed.id)[0 if twin == listed.yes else 1]
        if best is None:
            return 0
        price = best.price if twin == listed.yes else complement(best.price)
        ours = self._account.open.get(listed.id, {}).values()
        bids = (o for o in ours if o.new.outcome == twin and o.new.side is Side.BUY and o.new.price == price)
        return sum(order.remaining for order in bids)


def _outcomes(market: Market) -> tuple[OutcomeId, OutcomeId]:
    return market.yes, market.no


def _name(match: Matched, pair: Pair, party: Party) -> str:
    return f"{trade_name(match, pair)}.{'m' if party is pair.maker else 't'}"
