"""Whether an account can pay or deliver what it orders: at the limit, with the worst fee, before anything is done."""

from dutchbook.domain.book import Side
from dutchbook.domain.markets import PolymarketFees
from dutchbook.domain.pricing.polymarket_fees import polymarket_fee
from dutchbook.domain.units import Money, Size, complement, decimal_text, dollars, notional_down
from dutchbook.exchange.charges import worst_cost, worst_spend
from dutchbook.exchange.floor import Floor
from dutchbook.exchange.ledger import Ledger
from dutchbook.exchange.matching.messages import Refusal, Refused
from dutchbook.exchange.orders import Entry
from dutchbook.exchange.sweep import Sweep, own_dollars


class Means:
    """Checks orders against balances, allowances and least amounts."""

    def __init__(self, floor: Floor, ledger: Ledger) -> None:
        self._floor = floor
        self._ledger = ledger
        self._netting = floor.rules.netting
        self._by_market = floor.rules.reserves_by_market

    def check(self, order: Entry, found: Sweep | None, *, taking: bool) -> tuple[int, int]:
        """Refuse what its account cannot pay at the limit with the worst fee, or cannot deliver.

        Returns the cash and the contracts that it needs at most.
        """
        new, owner, market = order.new, order.owner, order.market
        needed, tokens = 0, 0
        if new.side is Side.SELL and not self._netting:
            self._check_tokens(order, order.remaining)
            return 0, order.remaining
        if new.spend is not None:
            needed = worst_spend(order, new.spend)
        elif self._netting:
            needed, tokens = self._ledger.needs(order, order.remaining, taking=taking)
        else:
            needed = worst_cost(order, order.remaining, taking=taking)
        if not needed:
            return needed, tokens
        bound = owner.bound_in.get(market.id, 0) if self._by_market else owner.bound.get(market.shard, 0)
        taken, cash = bound - order.cash, needed
        have = owner.balances.get(market.shard, 0) - taken
        if found is not None:
            cash = max(cash, self._exactly(order, found))
        if cash > have:
            raise Refused(
                Refusal.BALANCE,
                f"{new.id}: needs {dollars(Money(cash))} of {dollars(Money(max(0, have)))} dollars - deposit",
                have=have,
                need=cash,
            )
        if owner.allowance is not None and cash > owner.allowance - taken:
            raise Refused(
                Refusal.ALLOWANCE,
                f"{new.id}: needs an allowance of {dollars(Money(cash))} dollars - approve more",
                have=owner.allowance - taken,
                need=cash,
            )
        return needed, tokens

    def _exactly(self, order: Entry, found: Sweep) -> int:
        """What the purchases found cost, each rounded as it will be, and the most that the rest may cost."""
        fees, rules = order.market.fees, self._floor.rules
        if rules.netting or order.new.side is Side.SELL:
            return 0
        of_yes = order.new.outcome == order.market.yes
        total = sum(own_dollars(order, maker, size) for maker, size in zip(found.makers, found.sizes, strict=True))
        if isinstance(fees, PolymarketFees):
            for maker, size in zip(found.makers, found.sizes, strict=True):
                price = maker.price if of_yes else complement(maker.price)
                total += polymarket_fee(fees, price, size, rules.fee_rounding)
        if order.new.spend is not None:
            return total
        return total + worst_cost(order, Size(found.left), taking=False)

    def _check_tokens(self, order: Entry, tokens: int) -> None:
        owner, outcome = order.owner, order.new.outcome
        have = owner.sellable(outcome) + order.tokens
        if tokens > have:
            raise Refused(
                Refusal.BALANCE,
                f"{order.new.id}: sells {decimal_text(tokens, 6)} of {decimal_text(max(0, have), 6)} contracts"
                " - buy or split first",
                have=have,
                need=tokens,
            )
        if not owner.token_allowance:
            raise Refused(
                Refusal.ALLOWANCE, f"{order.new.id}: the exchange may not take your contracts - approve it", have=0
            )

    def check_notional(self, order: Entry) -> None:
        """Refuse an order that trades at once for less than the market's least amount."""
        least, new = order.market.min_notional, order.new
        amount = notional_down(new.price, order.remaining) if new.spend is None else new.spend
        if amount < least:
            raise Refused(
                Refusal.TOO_SMALL_NOTIONAL,
                f"{new.id}: {dollars(amount)} dollars are too few to trade at once - at least {dollars(least)}",
                have=amount,
                need=least,
            )
