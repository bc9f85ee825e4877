"""What the Data API tells of: trades, other activity, positions, as plain rows before either version writes them."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import ONE, Nanos, complement
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import Listing, QuestionListing
from dutchbook.exchange.matching.messages import FundsMoved, Matched, Pair, Settlement
from dutchbook.exchange.servers.polymarket.data_positions import Position, Positions
from dutchbook.exchange.servers.polymarket.identifiers import operation_hash, transaction_hash

KINDS = {
    "split": "SPLIT",
    "merge": "MERGE",
    "redeem": "REDEEM",
    "convert": "CONVERSION",
    "reward": "REWARD",
    "rebate": "MAKER_REBATE",
    "deposit": "DEPOSIT",
    "withdraw": "WITHDRAWAL",
}
"""The API's words for movements of funds; others are not told."""


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an account's activity. `price`, `size` and `cash` are in millionths; a trade has an outcome."""

    account: str
    kind: str
    at: Nanos
    listing: Listing | None
    outcome: OutcomeId | None = None
    side: Side | None = None
    size: int
    cash: int
    price: int = 0
    transaction: str
    is_taker: bool = True


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """A position with what it is worth. `price` is in units of 1e-5 dollars, amounts in millionths."""

    account: str
    listing: Listing
    position: Position
    price: int
    mergeable: bool = False
    """Whether the account holds the other token too."""

    @property
    def value(self) -> int:
        return self.position.size * self.price // 100_000

    @property
    def unrealised(self) -> int:
        return self.value - self.position.cost

    @property
    def resolved(self) -> bool:
        return self.listing.market.status is MarketStatus.RESOLVED


class Rows:
    """Finds rows. Matches that failed on the chain are no trades."""

    def __init__(self, exchange: Exchange, history: History, positions: Positions) -> None:
        self.exchange = exchange
        self.history = history
        self.positions = positions

    def trades_of(self, account: str) -> Iterator[Deed]:
        """An account's trades, newest first."""
        for match in reversed(self.history.matches(account)):
            yield from self._deeds(match, account)

    def trades(self) -> Iterator[Deed]:
        """Everybody's trades, newest first."""
        last = 0
        for trade in reversed(self.history.trades()):
            if trade.match.number != last:
                last = trade.match.number
                yield from self._deeds(trade.match, None)

    def funds_of(self, account: str) -> Iterator[Deed]:
        """An account's token operations and payments, newest first."""
        moved = self.history.funds(account)
        for number in range(len(moved) - 1, -1, -1):
            event = moved[number]
            if event.why in KINDS:
                yield self._operation(event, number)

    def holdings(self, account: str) -> list[Holding]:
        """All positions of an account, closed ones too."""
        positions = self.positions.of(account)
        return [self._holding(account, positions, outcome) for outcome in positions]

    def holders(self, outcome: OutcomeId) -> list[Holding]:
        """Who holds a token, the largest first."""
        found = []
        for account in self.positions.accounts():
            positions = self.positions.of(account)
            if outcome in positions and positions[outcome].size:
                found.append(self._holding(account, positions, outcome))
        return sorted(found, key=lambda one: (-one.position.size, one.account))

    def listing_of(self, outcome: OutcomeId) -> Listing | None:
        """The market of a token."""
        market = self.exchange.market_of(outcome)
        return None if market is None else self.exchange.listings[market]

    def question(self, listing: Listing) -> QuestionListing:
        """The event of a market."""
        return self.exchange.questions[listing.market.question]

    def price_of(self, listing: Listing, outcome: OutcomeId) -> int:
        """What a contract is worth, in 1e-5 dollars: the payout, the midpoint, else the last trade, else one half."""
        market = listing.market
        bid, ask = self.exchange.top(market.id)
        last = self.history.last_trade(market.id)
        if market.payout is not None:
            yes = market.payout * 10
        elif bid is not None and ask is not None:
            yes = (bid.price + ask.price) * 5
        else:
            yes = 50_000 if last is None else last.price * 10
        return yes if outcome == market.yes else 100_000 - yes

    def _holding(self, account: str, positions: Mapping[OutcomeId, Position], outcome: OutcomeId) -> Holding:
        listing = self.listing_of(outcome)
        if listing is None:
            raise LookupError(f"{outcome}: {account} holds what no market of this exchange has")
        other = positions.get(opposite(listing, outcome))
        return Holding(
            account=account,
            listing=listing,
            position=positions[outcome],
            price=self.price_of(listing, outcome),
            mergeable=not listing.market.payout and other is not None and min(other.size, positions[outcome].size) > 0,
        )

    def _deeds(self, match: Matched, account: str | None) -> Iterator[Deed]:
        if self.history.settlement_of(match.number) is Settlement.FAILED:
            return
        listing = self.exchange.listings[match.market]
        taker = match.taker.new
        if account in (None, taker.account):
            yield _trade(match, listing, taker.account, match.pairs, is_taker=True)
        makers: dict[tuple[str, str], list[Pair]] = {}
        for pair in match.pairs:
            new = pair.maker.order.new
            if account in (None, new.account):
                makers.setdefault((new.account, new.id), []).append(pair)
        for (maker, _), pairs in makers.items():
            yield _trade(match, listing, maker, pairs, is_taker=False)

    def _operation(self, event: FundsMoved, number: int) -> Deed:
        listing = None if event.market is None else self.exchange.listings.get(event.market)
        size = abs(event.size) if event.size else abs(event.cash)
        return Deed(
            account=event.account,
            kind=KINDS[event.why],
            at=event.at,
            listing=listing,
            size=size,
            cash=abs(event.cash),
            transaction=operation_hash(event.account, number),
        )


def _trade(match: Matched, listing: Listing, account: str, pairs: Sequence[Pair], *, is_taker: bool) -> Deed:
    party = pairs[0].taker if is_taker else pairs[0].maker
    size = sum(pair.size for pair in pairs)
    paid = sum(pair.size * (pair.taker if is_taker else pair.maker).price for pair in pairs)
    return Deed(
        account=account,
        kind="TRADE",
        at=match.at,
        listing=listing,
        outcome=party.outcome,
        side=party.side,
        size=size,
        cash=paid // ONE,
        price=paid * 100 // size,
        transaction=transaction_hash(match.number),
        is_taker=is_taker,
    )


def opposite(listing: Listing, outcome: OutcomeId) -> OutcomeId:
    """The other token of a market."""
    market = listing.market
    return market.no if outcome == market.yes else market.yes


def payouts(listing: Listing) -> tuple[int, int] | None:
    """What both tokens of a decided market pay, in price units."""
    payout = listing.market.payout
    return None if payout is None else (payout, complement(payout))
