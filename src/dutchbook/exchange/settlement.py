"""How matches become final: at once, or on a chain that takes its time, retries, and now and then fails."""

from random import Random

from dutchbook.domain.units import Money
from dutchbook.exchange.floor import Due, Floor
from dutchbook.exchange.ledger import Posting
from dutchbook.exchange.matching.messages import Matched, PairKind, Settlement, SettlementMoved
from dutchbook.exchange.rebates import Rebates
from dutchbook.exchange.rules import SettlementDelays, Span

_MILLION = 1_000_000


class Settlements:
    """Carries matches to their end (Polymarket protocol section 9): what they brought can be used once mined."""

    def __init__(self, floor: Floor, rebates: Rebates) -> None:
        self._floor = floor
        self._rebates = rebates
        self._delays = floor.rules.settlement_delays
        self.fail_ppm = floor.rules.fail_ppm
        self.retry_ppm = floor.rules.retry_ppm
        self._doomed: set[int] = set()
        self.waiting: dict[int, Matched] = {}
        """Matches that are not mined yet, by number."""

    def begin(self, match: Matched, postings: list[Posting]) -> None:
        """A match was made. Draws what will become of it."""
        delays = self._delays
        if delays is None:
            self._rebates.count(match)
            return
        self.waiting[match.number] = match
        fate = even(self._floor.rng, _MILLION)
        fails, retries = fate < self.fail_ppm, fate < self.fail_ppm + self.retry_ppm
        self._later(delays.mined, lambda: self._first(match, postings, delays, fails=fails, retries=retries))

    def doom(self, number: int) -> bool:
        """Let a match fail that is not mined yet; whether there is one of this number."""
        if number not in self.waiting:
            return False
        self._doomed.add(number)
        return True

    def _first(
        self, match: Matched, postings: list[Posting], delays: SettlementDelays, *, fails: bool, retries: bool
    ) -> None:
        fails = fails or match.number in self._doomed
        if not (fails or retries):
            self._mined(match, postings, delays)
            return
        self._tell(match, Settlement.RETRYING)
        self._later(delays.retried, lambda: self._second(match, postings, delays, fails=fails))

    def _second(self, match: Matched, postings: list[Posting], delays: SettlementDelays, *, fails: bool) -> None:
        if fails or match.number in self._doomed:
            self._failed(match, postings)
        else:
            self._mined(match, postings, delays)

    def _mined(self, match: Matched, postings: list[Posting], delays: SettlementDelays) -> None:
        shard = self._floor.markets[match.market].shard
        for posting in postings:
            if posting.bought:
                posting.account.expect_tokens(posting.outcome, -posting.size)
                posting.account.move_tokens(posting.outcome, posting.size)
            else:
                posting.account.coming_cash -= posting.cash
                posting.account.move_cash(shard, posting.cash)
        self._over(match)
        self._rebates.count(match)
        self._tell(match, Settlement.MINED)
        self._later(delays.confirmed, lambda: self._tell(match, Settlement.CONFIRMED))

    def _failed(self, match: Matched, postings: list[Posting]) -> None:
        """Take the fills back: whoever paid or delivered has it again; orders stay as they are."""
        market = self._floor.markets[match.market]
        for posting in postings:
            account, outcome = posting.account, posting.outcome
            if posting.bought:
                account.expect_tokens(outcome, -posting.size)
                account.move_cash(market.shard, -posting.cash)
                account.pay_for(outcome, -min(posting.basis, account.cost_of(outcome)))
            else:
                account.coming_cash -= posting.cash
                account.move_tokens(outcome, posting.size)
                account.pay_for(outcome, posting.basis)
                account.realised = Money(account.realised - posting.cash - posting.fee + posting.basis)
            account.fees = Money(account.fees - posting.fee)
            self._floor.pot -= posting.fee
        for pair in match.pairs:
            if pair.kind is PairKind.MINT:
                market.sets -= pair.size
            elif pair.kind is PairKind.MERGE:
                market.sets += pair.size
        self._over(match)
        self._tell(match, Settlement.FAILED)

    def _over(self, match: Matched) -> None:
        del self.waiting[match.number]
        self._doomed.discard(match.number)

    def _tell(self, match: Matched, status: Settlement) -> None:
        self._floor.publish(SettlementMoved(match, status, self._floor.now))

    def _later(self, span: Span, act: Due) -> None:
        shortest, longest = span
        self._floor.at(self._floor.now + shortest + even(self._floor.rng, longest - shortest + 1), act)


def even(rng: Random, count: int) -> int:
    """A whole number from 0 to below `count`: the draw of `Random.randrange`, in a third of its time."""
    bits, draw = count.bit_length(), rng.getrandbits
    found = draw(bits)
    while found >= count:
        found = draw(bits)
    return found
