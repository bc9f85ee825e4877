"""Strategies that lie, repeat themselves and never stop: no limit is ever broken, whatever becomes of their orders.

The judge does not use the exposure's own sums: at any moment it lets everything that is alive fill at its limit, and
looks at the positions that come out.
"""

import random
from collections.abc import Callable

import msgspec
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.orders import Fill, Intent, IntentId, Leg, Order, OrderId, OrderStatus, Report, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Price, Size, notional_up
from dutchbook.portfolio.entries import Deposit, FillBooked, LedgerEntry, Split
from dutchbook.portfolio.exposure import Exposure
from dutchbook.portfolio.ledger import Ledger
from dutchbook.risk.review import Refused, review
from dutchbook.risk.rules import guardian_rules
from dutchbook.risk.settings import RiskSettings
from tests.risk.desk import NOW, TestDesk, market_named, no, yes

BANKROLL = 1_000 * DOLLAR
PROFILE = RiskSettings.model_validate({"ratcheting_stop": 1, "daily_loss": 1, "slippage": 1, "slippage_floor": 1})
"""The limits on capital alone: the stops would end the attack before it reaches them."""
RULES = guardian_rules(PROFILE)
POLYMARKET = [MarketId(f"poly{number}") for number in range(7)]
KALSHI = [MarketId(f"kalshi{number}") for number in range(7)]


class Attack:
    """A desk under attack: every intent is reviewed, what passes becomes orders whose fate is drawn."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.desk = TestDesk(PROFILE, BANKROLL)
        for names, venue in ((POLYMARKET, Venue.POLYMARKET), (KALSHI, Venue.KALSHI)):
            for name in names:
                self.desk.markets[name] = market_named(name, venue)
                self.desk.quote(yes(name), 4_900, 5_000)
                self.desk.quote(no(name), 4_900, 5_000)
        self.unsent: dict[IntentId, list[Leg]] = {}
        self.alive: dict[OrderId, Order] = {}
        self.history: list[Callable[[Ledger, Exposure], object]] = [
            lambda ledger, _: ledger.apply(Deposit(Money(BANKROLL)))
        ]
        self.approved = self.refused = self.made = 0

    def run(self, intents: int) -> None:
        while self.made < intents:
            self.rng.choice((self.attack, self.attack, self.attack, self.send, self.report, self.report, self.finish))()

    def attack(self) -> None:
        self.made += 1
        intent = self._intent()
        if isinstance(review(intent, self.desk, RULES), Refused):
            self.refused += 1
            return
        self.approved += 1
        self._tell(lambda _, exposure: exposure.reserve(intent))
        self._split_what_is_missing(intent)
        self.unsent[intent.id] = list(intent.legs)
        self.judge()

    def send(self) -> None:
        if not self.unsent:
            return
        intent = self.rng.choice(list(self.unsent))
        legs = self.unsent[intent]
        if legs:
            name = OrderId(f"o{self.made}.{len(self.alive)}.{self.rng.random()}")
            self._order(Order(id=name, intent=intent, leg=legs.pop(), created=NOW).after(Report.SENT))

    def report(self) -> None:
        if not self.alive:
            return
        order = self.rng.choice(list(self.alive.values()))
        match self.rng.randrange(5):
            case 0 if order.status is OrderStatus.SENDING:
                self._order(order.after(Report.TIMEOUT))
            case 1 if order.status in (OrderStatus.SENDING, OrderStatus.UNKNOWN):
                self._order(order.after(Report.ACCEPTED))
            case 2:
                self._order(order.after(Report.CANCELLED))
            case _:
                self._fill(order, self.rng.randint(1, order.remaining))

    def finish(self) -> None:
        """The basket gives up: what was not sent never will be, what is alive or unknown stays so."""
        if self.unsent:
            intent = self.rng.choice(list(self.unsent))
            del self.unsent[intent]
            self._tell(lambda _, exposure: exposure.release(intent))

    def judge(self) -> None:
        """Let all that is alive or approved fill at its limit, and hold what comes out to the limits."""
        cost: dict[MarketId, int] = dict(self.desk.ledger.cost_by_market)
        for leg, size in self._pending():
            if leg.side is Side.BUY:
                cost[leg.market] = cost.get(leg.market, 0) + notional_up(leg.limit, Size(size))
        assert max(cost.values(), default=0) <= BANKROLL // 10
        for names in (POLYMARKET, KALSHI):
            assert sum(cost.get(name, 0) for name in names) <= BANKROLL // 2
        assert sum(cost.values()) <= BANKROLL
        bought = sum(cost.values()) - self.desk.ledger.positions_at_cost
        assert bought <= self.desk.ledger.cash

    def _pending(self) -> list[tuple[Leg, int]]:
        unsent = [(leg, int(leg.size)) for legs in self.unsent.values() for leg in legs]
        return unsent + [(order.leg, order.remaining) for order in self.alive.values()]

    def _intent(self) -> Intent:
        legs = tuple(self._leg() for _ in range(self.rng.choice((1, 1, 2, 3, 7))))
        name = self.rng.choice(list(self.unsent)) if self.unsent and self.rng.random() < 0.05 else f"i{self.made}"
        return Intent(
            id=IntentId(name),
            strategy=self.rng.choice(("greedy", "execution/home", "risk")),
            kind=self.rng.choice(("bundle", "way_home")),
            subject="whatever",
            legs=legs,
            cost=self.rng.choice((Money(0), Money(1), Money(10**15))),
            edge=Money(10**12),
            max_loss=Money(self.rng.choice((0, 0, 0, -1))),
            oldest=NOW,
            at=NOW,
            reason="trust me",
        )

    def _leg(self) -> Leg:
        market = self.rng.choice(POLYMARKET + KALSHI)
        outcome = self.rng.choice((yes, no))(market)
        side = self.rng.choice((Side.BUY, Side.BUY, Side.SELL))
        price = Price(100 * self.rng.randint(30, 60))
        size = Size(int(CONTRACT * self.rng.choice((1, 7, 30, 90, 250, 5_000)) * self.rng.random()) + 1)
        leg = Leg(outcome, market, side, price, size, price, self.rng.choice(list(TimeInForce)))
        return leg if self.rng.random() > 0.02 else self._nonsense(leg)

    def _nonsense(self, leg: Leg) -> Leg:
        changes: list[dict[str, object]] = [
            {"size": -leg.size},
            {"size": 0.5},
            {"limit": -leg.limit},
            {"limit": ONE + 100},
            {"limit": float("nan")},
            {"market": MarketId("nowhere")},
            {"outcome": OutcomeId("nothing")},
        ]
        return msgspec.structs.replace(leg, **self.rng.choice(changes))

    def _split_what_is_missing(self, intent: Intent) -> None:
        """What execution does before it sells what is not there."""
        for market in {leg.market for leg in intent.legs if leg.side is Side.SELL}:
            sold = [leg.outcome for leg in intent.legs if leg.side is Side.SELL and leg.market == market]
            missing = max(self.desk.outgoing(outcome) - self.desk.held(outcome) for outcome in sold)
            if missing > 0:
                self._book(Split(market, yes(market), no(market), Size(missing)))
                moved = Money(missing)
                self._tell(lambda _, exposure, m=market, a=moved: exposure.moved(intent.id, m, a))  # type: ignore[misc]

    def _fill(self, order: Order, size: int) -> None:
        leg = order.leg
        better = self.rng.randint(0, leg.limit) if leg.side is Side.BUY else self.rng.randint(leg.limit, ONE)
        price = self.rng.choice((leg.limit, Price(better)))
        self._book(
            FillBooked(
                Fill(
                    order=order.id,
                    intent=order.intent,
                    outcome=leg.outcome,
                    market=leg.market,
                    side=leg.side,
                    price=price,
                    size=Size(size),
                    fee=Money(0),
                    at=NOW,
                )
            )
        )
        self._order(order.after_fill(Size(size)))

    def _order(self, order: Order) -> None:
        if order.status.final:
            self.alive.pop(order.id, None)
        else:
            self.alive[order.id] = order
        self._tell(lambda _, exposure: exposure.order_changed(order))

    def _book(self, entry: LedgerEntry) -> None:
        self._tell(lambda ledger, _: ledger.apply(entry))

    def _tell(self, what: Callable[[Ledger, Exposure], object]) -> None:
        what(self.desk.ledger, self.desk.exposure)
        self.history.append(what)


@pytest.mark.parametrize("seed", range(4))
def test_no_limit_is_broken_by_any_intent_and_whatever_becomes_of_its_orders(seed: int) -> None:
    attack = Attack(seed)
    attack.run(5_000)
    attack.judge()
    assert attack.approved > 100
    assert attack.refused > 1_000


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1_000, 1_020))
def test_no_limit_is_broken_in_a_million_intents(seed: int) -> None:
    Attack(seed).run(50_000)


def test_a_restart_finds_the_same_reservations() -> None:
    attack = Attack(5)
    attack.run(2_000)
    ledger = Ledger()
    exposure = Exposure(ledger, lambda name: attack.desk.markets[name].venue, lambda *_: Money(0))
    for what in attack.history:
        what(ledger, exposure)
    assert dict(ledger.positions) == dict(attack.desk.ledger.positions)
    for market in POLYMARKET + KALSHI:
        assert exposure.market(market) == attack.desk.market_exposure(market)
    assert exposure.reserved() == attack.desk.exposure.reserved() > 0


def test_a_flood_of_intents_in_one_turn_stays_within_the_limits() -> None:
    attack = Attack(6)
    for _ in range(3_000):
        attack.attack()
    assert attack.desk.deployed() <= BANKROLL
    assert attack.desk.deployed() > BANKROLL * 9 // 10  # the flood really went up to the limit


def test_the_judge_finds_a_guardian_that_forgets_reservations() -> None:
    attack = Attack(7)
    attack.desk.exposure.market = lambda market: Money(attack.desk.ledger.cost_by_market.get(market, 0))  # type: ignore[method-assign]
    with pytest.raises(AssertionError):
        attack.run(3_000)
