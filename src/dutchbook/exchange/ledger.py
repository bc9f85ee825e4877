"""Moving cash and contracts between the parties of a match, and freeing what was reserved for it."""

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import Money, Price, Size, complement
from dutchbook.exchange.accounts import Account
from dutchbook.exchange.charges import fill_fee, worst_cost
from dutchbook.exchange.floor import Floor
from dutchbook.exchange.market_state import MarketState
from dutchbook.exchange.matching.messages import Pair, PairKind, Party
from dutchbook.exchange.orders import Entry


class Posting(msgspec.Struct, frozen=True, eq=False):
    """What one side of a pair did to its account: signed, so that it can be taken back."""

    account: Account
    bought: bool
    outcome: OutcomeId
    size: int
    cash: int
    basis: int
    fee: int


class Ledger:
    """Books fills. `pairs` numbers them."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._netting = floor.rules.netting
        self._final = floor.rules.settlement_delays is None
        self._rounding = floor.rules.fee_rounding
        self.pairs = 0

    def reserve(self, order: Entry, size: Size, *, taking: bool = False) -> None:
        """Bind what `size` contracts of the order need, in place of what is bound for it now."""
        cash, tokens = self.needs(order, size, taking=taking)
        self.bind(order, cash, tokens)

    def needs(self, order: Entry, size: Size, *, taking: bool) -> tuple[int, int]:
        """Cash and contracts that `size` of the order needs at most; what is bound for it already counts as free."""
        if self._netting:
            owner, cover = order.owner, order.market.cover(bid=order.bid)
            tokens = max(0, min(size, owner.sellable(cover) + order.tokens))
            return worst_cost(order, Size(size - tokens), taking=taking), tokens
        if order.new.side is Side.SELL:
            return 0, size
        return worst_cost(order, size, taking=taking), 0

    def bind(self, order: Entry, cash: int, tokens: int) -> None:
        """Bind exactly this for the order."""
        market, owner = order.market, order.owner
        if cash != order.cash:
            owner.bind(market.shard, market.id, cash - order.cash)
            order.cash = cash
        if tokens != order.tokens:
            owner.promise(market.cover(bid=order.bid), tokens - order.tokens)
            order.tokens = tokens

    def release(self, order: Entry) -> None:
        """Free everything that is bound for the order."""
        self.bind(order, 0, 0)

    def trim(self, order: Entry) -> None:
        """After a fill of a resting order: bind what its rest needs. Contracts bound were given away first."""
        if not order.remaining:
            self.bind(order, 0, 0)
        elif self._netting:
            tokens = min(order.tokens, order.remaining)
            self.bind(order, worst_cost(order, Size(order.remaining - tokens), taking=False), tokens)
        elif order.new.side is Side.SELL:
            self.bind(order, 0, order.remaining)
        else:
            self.bind(order, worst_cost(order, order.remaining, taking=False), 0)

    def trade(self, taker: Entry, maker: Entry, size: Size, amount: int) -> tuple[Pair, tuple[Posting, Posting]]:
        """Book one meeting. `amount` is the price of the YES side in micro-dollars, the NO side's is the rest."""
        self.pairs += 1
        kind = _kind(taker, maker)
        market = taker.market
        if self._netting or kind is PairKind.MINT:
            market.sets += size
        elif kind is PairKind.MERGE:
            market.sets -= size
        taken = self._side(taker, maker.price, size, amount, taker=True)
        made = self._side(maker, maker.price, size, amount, taker=False)
        pair = Pair(self.pairs, kind, size, taken[0], made[0])
        market.last = maker.price
        return pair, (taken[1], made[1])

    def _side(self, order: Entry, yes_price: Price, size: Size, amount: int, *, taker: bool) -> tuple[Party, Posting]:
        new = order.new
        if new.outcome == order.market.yes:
            price, dollars = yes_price, amount
        else:
            price, dollars = complement(yes_price), size - amount
        fee = fill_fee(order, price, size, self._rounding, taker=taker)
        order.filled = Size(order.filled + size)
        order.paid = Money(order.paid + dollars)
        if self._netting:
            fee, posting = self._net(order, size, amount if order.bid else size - amount, fee)
        elif new.side is Side.BUY:
            posting = self._bought(order, size, dollars, fee)
        else:
            posting = self._sold(order, size, dollars, fee)
        if fee:
            order.fees = Money(order.fees + fee)
            order.owner.fees = Money(order.owner.fees + fee)
            self._floor.pot += fee
        return Party(order, new.outcome, new.side, price, fee), posting

    def _bought(self, order: Entry, size: Size, dollars: int, fee: int) -> Posting:
        owner, outcome = order.owner, order.new.outcome
        owner.move_cash(order.market.shard, -dollars - fee)
        if owner.allowance is not None:
            owner.allowance = Money(owner.allowance - dollars - fee)
        if self._final:
            owner.move_tokens(outcome, size)
        else:
            owner.expect_tokens(outcome, size)
        owner.pay_for(outcome, dollars)
        return Posting(owner, True, outcome, size, -dollars - fee, dollars, fee)

    def _sold(self, order: Entry, size: Size, dollars: int, fee: int) -> Posting:
        owner, outcome = order.owner, order.new.outcome
        share = owner.give_up(outcome, size, dollars)
        if self._final:
            owner.move_cash(order.market.shard, dollars - fee)
        else:
            owner.coming_cash += dollars - fee
        return Posting(owner, False, outcome, size, dollars - fee, share, fee)

    def _net(self, order: Entry, size: Size, dollars: int, fee: Money) -> tuple[Money, Posting]:
        """A fill with signed positions: buy the order's side of the market, then turn pairs into dollars."""
        market, owner = order.market, order.owner
        outcome = market.yes if order.bid else market.no
        owner.move_cash(market.shard, -dollars)
        owner.move_tokens(outcome, size)
        owner.pay_for(outcome, dollars)
        self.net(owner, market)
        # Rounding of many tiny fills can exceed what was reserved: nobody is charged what he does not have.
        fee = Money(max(0, min(fee, owner.balances[market.shard])))
        owner.move_cash(market.shard, -fee)
        return fee, Posting(owner, True, outcome, size, -dollars - fee, dollars, fee)

    def net(self, owner: Account, market: MarketState) -> None:
        """Turn pairs of YES and NO of one account into dollars at once (Kalshi protocol section 3.7)."""
        pairs = min(owner.held(market.yes), owner.held(market.no))
        if not pairs:
            return
        cost = owner.cost_share(market.yes, pairs)
        owner.give_up(market.yes, pairs, cost)
        owner.give_up(market.no, pairs, pairs - cost)
        owner.move_cash(market.shard, pairs)
        market.sets -= pairs

    def cover_again(self, owner: Account, market: MarketState) -> None:
        """After netting: orders that counted on contracts which are gone count on cash, the newest first.

        The dollars that netting released are more than what they need.
        """
        for outcome in (market.yes, market.no):
            missing = -owner.sellable(outcome)
            if missing <= 0:
                continue
            for order in reversed(tuple(owner.open.get(market.id, {}).values())):
                if order.tokens and market.cover(bid=order.bid) == outcome:
                    part = min(missing, order.tokens)
                    tokens = order.tokens - part
                    cash = worst_cost(order, Size(order.remaining - tokens), taking=False)
                    self.bind(order, cash, tokens)
                    missing -= part
                if missing <= 0:
                    break


def _kind(taker: Entry, maker: Entry) -> PairKind:
    if taker.new.outcome == maker.new.outcome:
        return PairKind.COMPLEMENTARY
    return PairKind.MINT if taker.new.side is Side.BUY else PairKind.MERGE
