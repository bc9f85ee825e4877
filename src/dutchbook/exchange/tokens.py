"""Token operations: cash becomes sets of YES and NO and back, NO becomes YES of the others, the decided is paid."""

from collections.abc import Sequence

from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.markets import KalshiFees, MarketStatus, Question
from dutchbook.domain.units import ONE, Money, Size, decimal_text, dollars
from dutchbook.exchange.accounts import Account
from dutchbook.exchange.closing import Closing
from dutchbook.exchange.floor import Floor
from dutchbook.exchange.market_state import MarketState
from dutchbook.exchange.matching.messages import Refusal, Refused

_MILLION = 1_000_000


class Tokens:
    """Works on settled cash and contracts alone; what open orders count on may be used, and then ends those orders."""

    def __init__(self, floor: Floor, closing: Closing) -> None:
        self._floor = floor
        self._closing = closing

    def split(self, account: Account, market: MarketState, size: Size) -> None:
        """One dollar becomes one YES and one NO."""
        self._check(market, size)
        self._check_cash(account, market.shard, size)
        account.move_cash(market.shard, -size)
        market.sets += size
        account.move_tokens(market.yes, size)
        account.move_tokens(market.no, size)
        account.pay_for(market.yes, size // 2)
        account.pay_for(market.no, size - size // 2)
        self._closing.watch(account, market.shard)
        self._floor.tell_funds(account, "split", market.id, -size, size)

    def merge(self, account: Account, market: MarketState, size: Size) -> None:
        """One YES and one NO become one dollar."""
        self._check(market, size)
        for outcome in (market.yes, market.no):
            self._check_held(account, outcome, size)
        cost = account.cost_share(market.yes, size)
        account.give_up(market.yes, size, cost)
        account.give_up(market.no, size, size - cost)
        account.move_cash(market.shard, size)
        market.sets -= size
        self._closing.watch_tokens(account, market)
        self._floor.tell_funds(account, "merge", market.id, size, -size)

    def convert(self, account: Account, question_id: QuestionId, given: Sequence[MarketId], size: Size) -> Size:
        """NO of k markets become YES of all others of the question and k - 1 dollars each, less the adapter's fee.

        The adapter keeps all NO of the question against the dollars it paid. Returns the contracts of each YES.
        """
        question = self._convertible(question_id, given)
        if size <= 0:
            raise Refused(Refusal.TOO_SMALL, f"{question_id}: nothing to convert - name a size above 0")
        chosen = [self._unresolved(market) for market in dict.fromkeys(given)]
        others = [self._unresolved(market) for market in question.markets if market not in given]
        for market in chosen:
            self._check_held(account, market.no, size)
        fee = -(-size * question.conversion_fee_ppm // _MILLION)
        self._move(account, chosen, others, size=size, out=size - fee)
        for market in chosen:
            self._closing.watch_tokens(account, market)
        cash = (len(chosen) - 1) * (size - fee)
        self._floor.tell_funds(account, "convert", chosen[0].id, cash, Size(size - fee))
        return Size(size - fee)

    def redeem(self, account: Account, market: MarketState) -> Money:
        """Pay what an account holds of a decided market. Raises Refused before that, and when it holds nothing."""
        payout = market.market.payout
        if market.status is not MarketStatus.RESOLVED or payout is None:
            raise Refused(Refusal.NOT_SETTLED, f"{market.id}: not decided yet - redeem once it is resolved")
        if not (account.held(market.yes) or account.held(market.no)):
            raise Refused(Refusal.NOT_SETTLED, f"{market.id}: {account.id} holds nothing that is settled")
        return self.pay_out(account, market, payout, "redeem")

    def pay_out(self, account: Account, market: MarketState, payout: int, why: str) -> Money:
        """Turn contracts of a decided market into dollars; odd fractions of the account's unit stay with the venue."""
        yes, no = account.held(market.yes), account.held(market.no)
        exact = yes * payout + no * (ONE - payout)
        unit = market.fees.unit if isinstance(market.fees, KalshiFees) else 1
        cash = exact // (ONE * unit) * unit
        of_yes = yes * payout // ONE if yes else 0
        account.give_up(market.yes, yes, of_yes)
        account.give_up(market.no, no, cash - of_yes)
        account.move_cash(market.shard, cash)
        market.paid += cash
        if account is not self._floor.adapter:
            self._floor.tell_funds(account, why, market.id, cash, -(yes + no))
        return Money(cash)

    def _move(
        self, account: Account, chosen: Sequence[MarketState], others: Sequence[MarketState], *, size: int, out: int
    ) -> None:
        adapter, shard = self._floor.adapter, chosen[0].shard
        cash = (len(chosen) - 1) * out
        cost = sum(account.cost_share(market.no, size) for market in chosen)
        carried = max(0, cost - cash) if others else 0
        for market in chosen:
            account.give_up(market.no, size, account.cost_share(market.no, size))
            adapter.move_tokens(market.no, size)
        account.realised = Money(account.realised + cash + carried - cost)
        for number, market in enumerate(others):
            market.sets += size
            adapter.move_tokens(market.no, size)
            adapter.move_tokens(market.yes, size - out)
            adapter.move_cash(market.shard, -size)
            account.move_tokens(market.yes, out)
            account.pay_for(market.yes, carried * (number + 1) // len(others) - carried * number // len(others))
        account.move_cash(shard, cash)
        adapter.move_cash(shard, -cash)

    def _convertible(self, question_id: QuestionId, given: Sequence[MarketId]) -> Question:
        listing = self._floor.questions.get(question_id)
        if listing is None or not listing.question.convertible:
            raise Refused(Refusal.NOT_OFFERED, f"{question_id}: no question whose NO can be converted")
        markets = listing.question.markets
        strange = [market for market in given if market not in markets]
        if strange or not given:
            raise Refused(Refusal.UNKNOWN_MARKET, f"{question_id}: has no market {strange} - name markets of it")
        return listing.question

    def _unresolved(self, market: MarketId) -> MarketState:
        state = self._floor.market(market)
        self._check(state, Size(1))
        return state

    def _check(self, market: MarketState, size: int) -> None:
        if self._floor.rules.netting:
            raise Refused(Refusal.NOT_OFFERED, f"{market.id}: this venue nets positions by itself - just trade")
        if market.status is MarketStatus.RESOLVED:
            raise Refused(Refusal.MARKET_CLOSED, f"{market.id}: is resolved - redeem instead")
        if size <= 0:
            raise Refused(Refusal.TOO_SMALL, f"{market.id}: nothing to do - name a size above 0")

    def _check_cash(self, account: Account, shard: int, need: int) -> None:
        have = account.cash(shard)
        if need > have:
            raise Refused(
                Refusal.BALANCE,
                f"{account.id}: needs {dollars(Money(need))} of {dollars(have)} dollars - deposit first",
                have=have,
                need=need,
            )

    def _check_held(self, account: Account, outcome: OutcomeId, need: int) -> None:
        have = account.held(outcome)
        if need > have:
            raise Refused(
                Refusal.BALANCE,
                f"{account.id}: has {decimal_text(have, 6)} of {outcome}, not {decimal_text(need, 6)}",
                have=have,
                need=need,
            )
