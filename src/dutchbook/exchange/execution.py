"""What happens to an admitted order: refused for lack of funds or matches, delayed, matched, left to rest, or ended."""

from dutchbook.domain.book import Side
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import Nanos, Size, complement
from dutchbook.exchange.charges import worst_spend
from dutchbook.exchange.closing import Closing
from dutchbook.exchange.edges import refine
from dutchbook.exchange.floor import Floor
from dutchbook.exchange.groups import Groups
from dutchbook.exchange.intake import RESTING
from dutchbook.exchange.ledger import Ledger, Posting
from dutchbook.exchange.matching.messages import (
    BookMoved,
    Change,
    LevelMove,
    Matched,
    NewOrder,
    OrderChanged,
    OrderState,
    Pair,
    Refusal,
    Refused,
    SelfTrade,
)
from dutchbook.exchange.means import Means
from dutchbook.exchange.orders import Entry, leave, rest
from dutchbook.exchange.settlement import Settlements
from dutchbook.exchange.sweep import Sweep, complete, sweep, yes_dollars

_GONE = Size(0)


class Execution:
    """Runs orders through the book. `matches` numbers them."""

    def __init__(
        self, floor: Floor, ledger: Ledger, closing: Closing, groups: Groups, settlements: Settlements
    ) -> None:
        self._floor = floor
        self._ledger = ledger
        self._closing = closing
        self._groups = groups
        self._settlements = settlements
        self._means = Means(floor, ledger)
        self._netting = floor.rules.netting
        self.matches = 0

    def place(self, order: Entry) -> Entry:
        """Take an admitted order in. Raises Refused, having changed nothing."""
        new, market = order.new, order.market
        crossing, rests = market.book.crosses(order.bid, order.price), new.tif in RESTING
        if crossing and new.post_only:
            raise Refused(Refusal.WOULD_CROSS, f"{new.id}: a post-only order would trade - move its price away")
        if crossing or not rests:
            self._means.check_notional(order)
        found = sweep(order, order.remaining) if crossing else None
        if not rests:
            self._check_fill(order, found)
        needs = self._means.check(order, found, taking=crossing)
        if new.group:
            self._groups.join(order)
        self._register(order)
        if found is None and rests:
            self._ledger.bind(order, *needs)
            self._show(order, Change.PLACED)
        elif found is not None and market.taker_delay:
            self._delay(order)
        else:
            self.run(order, found)
        return order

    def run(self, order: Entry, found: Sweep | None, rests: Change = Change.PLACED) -> None:
        """Match what was found, then let the rest wait (told as `rests`) or end it."""
        if order.new.tif is TimeInForce.FOK and not self._fills(order, found):
            found = None  # where this is no refusal, it is a cancel
        whole = found is not None and complete(order, found)
        if found is not None:
            self._closing.end_all(found.own, "self_trade")
            if found.makers:
                self._match(order, found)
        if order.state is not OrderState.LIVE:
            return  # its group was triggered by what it just traded
        if whole:
            self._closing.finish(order, "", OrderState.FILLED)
        elif found is not None and found.stopped:
            self._closing.finish(order, "self_trade", OrderState.CANCELLED)
        elif order.new.tif not in RESTING:
            self._closing.finish(order, "immediate", OrderState.CANCELLED)
        else:
            self.rest(order, rests)

    def rest(self, order: Entry, change: Change) -> None:
        """Let an order wait in the book, and bind what it needs."""
        self._ledger.reserve(order, order.remaining)
        self._show(order, change)

    def _show(self, order: Entry, change: Change) -> None:
        """Put an order into the book for which everything is bound that it needs."""
        floor, market = self._floor, order.market
        total = rest(order)
        side = Side.BUY if order.bid else Side.SELL
        move = LevelMove(side, order.price, total, order.remaining)
        floor.publish(BookMoved(market.id, floor.now, (move,), False, floor.batch))
        floor.publish(OrderChanged(order, change, floor.now))

    def replace(self, order: Entry, new: NewOrder) -> None:
        """Give a resting order another price or a larger size: last in its new queue, and it may trade on the way.

        Raises Refused, having changed nothing.
        """
        floor, market, before = self._floor, order.market, (order.new, order.price, order.remaining)
        order.new, order.price = new, new.price if new.outcome == market.yes else complement(new.price)
        order.remaining = Size(new.size - order.filled)
        crossing = market.book.crosses(order.bid, order.price)
        found = sweep(order, order.remaining) if crossing else None
        after = (order.new, order.price, order.remaining)
        try:
            if crossing and new.post_only:
                raise Refused(Refusal.WOULD_CROSS, f"{new.id}: a post-only order would trade - move its price away")
            self._means.check(order, found, taking=crossing)
        finally:
            order.new, order.price, order.remaining = before
        total = leave(order)
        self._ledger.release(order)
        move = LevelMove(Side.BUY if order.bid else Side.SELL, order.price, total, -order.remaining)
        floor.publish(BookMoved(market.id, floor.now, (move,), False, floor.batch))
        order.new, order.price, order.remaining = after
        order.updated = floor.now
        self.run(order, found, Change.UPDATED)

    def _check_fill(self, order: Entry, found: Sweep | None) -> None:
        new, rules = order.new, self._floor.rules
        if new.tif is TimeInForce.FOK and rules.unfillable_fok_is_refused and not self._fills(order, found):
            raise Refused(Refusal.UNFILLABLE, f"{new.id}: cannot be filled whole now - take a worse price or less")
        if new.tif is TimeInForce.IOC and rules.fak_without_match_is_refused and (found is None or not found.makers):
            raise Refused(Refusal.NOTHING_TO_MATCH, f"{new.id}: meets nothing at its price - take a worse price")

    def _fills(self, order: Entry, found: Sweep | None) -> bool:
        """Whether a fill-or-kill goes on. One that meets its own account is treated as immediate-or-cancel."""
        if found is None:
            return False
        own = found.stopped or bool(found.own)
        return complete(order, found) or (own and order.new.self_trade is not SelfTrade.ALLOW)

    def _register(self, order: Entry) -> None:
        new, owner = order.new, order.owner
        self._floor.orders[new.id] = order
        owner.orders[new.id] = order
        of_market = owner.open.get(new.market)
        if of_market is None:
            of_market = owner.open[new.market] = {}
        of_market[new.id] = order
        if new.client_id:
            owner.client_ids.add(new.client_id)
        if new.expires is not None:
            self.watch_expiry(order)

    def _expire(self, order: Entry, expires: Nanos) -> None:
        """End an order at its time, unless it has ended or its time was changed since."""
        if order.state in (OrderState.LIVE, OrderState.DELAYED) and order.new.expires == expires:
            self._closing.end(order, "expired", OrderState.EXPIRED)

    def watch_expiry(self, order: Entry) -> None:
        """Heed a changed time of expiry."""
        expires = order.new.expires
        if expires is not None:
            self._floor.at(expires - self._floor.rules.gtd_early, lambda: self._expire(order, expires))

    def _delay(self, order: Entry) -> None:
        """Hold a marketable order back; what it may cost stays bound."""
        order.state = OrderState.DELAYED
        if order.new.spend is not None:
            self._ledger.bind(order, worst_spend(order, order.new.spend), 0)
        else:
            self._ledger.reserve(order, order.remaining, taking=True)
        order.market.delayed[order.new.id] = order
        self._floor.at(self._floor.now + order.market.taker_delay, lambda: self._wake(order))

    def _wake(self, order: Entry) -> None:
        """A delayed order meets the book as it is now."""
        if order.state is not OrderState.DELAYED:
            return
        del order.market.delayed[order.new.id]
        order.state = OrderState.LIVE
        order.updated = self._floor.now
        crossing = order.market.book.crosses(order.bid, order.price)
        found = sweep(order, order.remaining) if crossing else None
        try:
            self._check_fill(order, found)
            self._means.check(order, found, taking=True)
        except Refused as refused:
            self._closing.finish(order, str(refused.reason), OrderState.CANCELLED)
            return
        self._ledger.release(order)
        self.run(order, found)
        refine(self._floor, order.market)

    def _match(self, taker: Entry, found: Sweep) -> None:
        floor, market, ledger = self._floor, taker.market, self._ledger
        pairs: list[Pair] = []
        postings: list[Posting] = []
        left = market.book.take(taker.bid, taker.price, found.filled)
        for maker, size in zip(found.makers, found.sizes, strict=True):
            pair, posted = ledger.trade(taker, maker, size, yes_dollars(taker, maker, size))
            maker.filled_by(size)
            ledger.trim(maker)
            pairs.append(pair)
            postings += posted
        if taker.new.spend is None:
            taker.remaining = Size(found.left)
        taker.updated = floor.now
        self.matches += 1
        match = Matched(self.matches, market.id, floor.now, taker, tuple(pairs))
        floor.publish(BookMoved(market.id, floor.now, _moves(taker, found, left), True, floor.batch))
        floor.publish(match)
        self._makers_changed(found)
        self._settlements.begin(match, postings)
        self._groups.traded(match)
        self._watch(taker, found)

    def _makers_changed(self, found: Sweep) -> None:
        floor = self._floor
        for maker in found.makers:
            maker.updated = floor.now
            if maker.remaining:
                floor.publish(OrderChanged(maker, Change.UPDATED, floor.now))
            else:
                self._closing.finish(maker, "", OrderState.FILLED)

    def _watch(self, taker: Entry, found: Sweep) -> None:
        """Balances have moved: heed contracts netted away, and other orders that the cash no longer covers."""
        market = taker.market
        owners = [taker.owner]
        for maker in found.makers:
            if maker.owner not in owners:
                owners.append(maker.owner)
        for owner in owners:
            if self._netting:
                self._ledger.cover_again(owner, market)
            self._closing.watch(owner, market.shard)


def _moves(taker: Entry, found: Sweep, left: Size) -> tuple[LevelMove, ...]:
    """What a match did to the levels: all are gone but the last, which has `left`."""
    side = Side.SELL if taker.bid else Side.BUY
    moves: list[LevelMove] = []
    price, taken = found.makers[0].price, 0
    for maker, size in zip(found.makers, found.sizes, strict=True):
        if maker.price != price:
            moves.append(LevelMove(side, price, _GONE, -taken))
            price, taken = maker.price, 0
        taken += size
    moves.append(LevelMove(side, price, left, -taken))
    return tuple(moves)
