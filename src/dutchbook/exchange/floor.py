"""What all parts of one exchange share: rules, time, markets, accounts, orders, the agenda and who listens."""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from random import Random
from typing import get_args

from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import Nanos, Size
from dutchbook.exchange.accounts import Account
from dutchbook.exchange.listing import Listing, QuestionListing
from dutchbook.exchange.market_state import MarketState
from dutchbook.exchange.matching.messages import ExchangeEvent, FundsMoved, Refusal, Refused
from dutchbook.exchange.orders import Entry
from dutchbook.exchange.rules import Mode, VenueRules

type Due = Callable[[], None]
type Listener = Callable[[ExchangeEvent], None]
_KINDS: tuple[type, ...] = get_args(ExchangeEvent.__value__)


class _Batch:
    """Numbers the batches of a floor. One within another is part of that one."""

    __slots__ = ("_begun", "_depth", "_floor")

    def __init__(self, floor: "Floor") -> None:
        self._floor = floor
        self._begun = 0
        self._depth = 0

    def __enter__(self) -> None:
        if not self._depth:
            self._begun += 1
            self._floor.batch = self._begun
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._floor.batch = 0


class Floor:
    """State without behaviour, but for looking things up, publishing, and what is due.

    `pot` holds the fees collected and not paid back, `granted` what came in from outside: deposits and
    the venue's own rewards, less withdrawals.
    """

    def __init__(self, rules: VenueRules, clock: Clock, rng: Random) -> None:
        self.rules = rules
        self.clock = clock
        self.rng = rng
        self.mode = Mode.NORMAL
        self.questions: dict[QuestionId, QuestionListing] = {}
        self.listings: dict[MarketId, Listing] = {}
        self.markets: dict[MarketId, MarketState] = {}
        self.of_outcome: dict[OutcomeId, MarketState] = {}
        self.accounts: dict[str, Account] = {}
        self.orders: dict[str, Entry] = {}
        self.adapter = Account("neg-risk-adapter", 0)
        """Holds the NO sets that conversions leave behind, against the dollars it has paid out for them."""
        self.pot = 0
        self.granted = 0
        self.batch = 0
        self.in_batch = _Batch(self)
        """Entered, what happens inside belongs to one batch."""
        self.now = clock.now()
        self._hearers: dict[type, tuple[Listener, ...]] = dict.fromkeys(_KINDS, ())
        self._agenda: list[tuple[int, int, Due]] = []
        self._entered = 0

    def publish(self, event: ExchangeEvent) -> None:
        """Tell everybody who listens to this kind, at once and in the order in which they began to."""
        for listener in self._hearers[type(event)]:
            listener(event)

    def listen(self, listener: Listener, kinds: Iterable[type]) -> None:
        """Tell `listener` of events of these kinds from now on."""
        for kind in kinds or _KINDS:
            self._hearers[kind] = (*self._hearers[kind], listener)

    def at(self, due: int, act: Due) -> None:
        """Do something when its time has come; what is due at one instant happens in the order of entry."""
        self._entered += 1
        heappush(self._agenda, (due, self._entered, act))

    def next_due(self) -> Nanos | None:
        """When the next thing is due, if any."""
        return Nanos(self._agenda[0][0]) if self._agenda else None

    def catch_up(self) -> Nanos:
        """Do all that is due by now, each thing at its own time; returns the time."""
        now = self.clock.now()
        agenda = self._agenda
        while agenda and agenda[0][0] <= now:
            due, _, act = heappop(agenda)
            self.now = Nanos(max(due, self.now))
            act()
        self.now = max(self.now, now)
        return self.now

    def market(self, market: MarketId) -> MarketState:
        """A market. Raises Refused if there is none of this name."""
        state = self.markets.get(market)
        if state is None:
            raise Refused(Refusal.UNKNOWN_MARKET, f"{market}: not listed here - see the markets of this exchange")
        return state

    def account(self, account: str) -> Account:
        """An account. Raises Refused if it was never opened."""
        found = self.accounts.get(account)
        if found is None:
            raise Refused(Refusal.UNKNOWN_ACCOUNT, f"{account}: no such account - open it first")
        return found

    def grant(self, account: Account, cash: int, why: str, market: MarketId) -> None:
        """Pay an account from the venue's own pocket, on the shard of the market that it is for."""
        account.move_cash(self.markets[market].shard, cash)
        self.granted += cash
        self.tell_funds(account, why, market, cash, 0)

    def tell_funds(self, account: Account, why: str, market: MarketId | None, cash: int, size: int) -> None:
        """Publish that an account's cash or holdings changed without a trade."""
        self.publish(FundsMoved(account.id, why, market, cash, Size(size), self.now))
