"""When a position that stands alone is given up, and what is never touched."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dutchbook.domain.book import Side
from dutchbook.domain.events import BookLost, TimerFired
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Fill, Intent, IntentId, OrderId, PlanKind
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.portfolio.entries import Deposit, FillBooked
from dutchbook.portfolio.ledger import Ledger
from dutchbook.portfolio.positions import Position
from dutchbook.portfolio.valuation import CompleteSet
from dutchbook.strategies.exit_settings import ExitSettings
from dutchbook.strategies.exits import ExitStrategy, loose
from tests.catalogue.makers import market
from tests.strategies.desk import PaperDesk

HOUR = 3_600 * SECOND


class Held:
    """A portfolio with positions in markets a, b and c, bought at 50 cents."""

    def __init__(self) -> None:
        self.markets = {one.id: one for one in (market(name) for name in "abc")}
        self.desk = PaperDesk(list(self.markets.values()))
        self.ledger = Ledger()
        self.ledger.apply(Deposit(Money(1_000 * DOLLAR)))
        self.sets: list[CompleteSet] = []
        self.in_flight: dict[OutcomeId, int] = {}

    def buy(self, outcome: OutcomeId, contracts: int, price: int = 5_000) -> OutcomeId:
        home = next(one for one in self.markets.values() if outcome in (one.yes, one.no))
        self.ledger.apply(
            FillBooked(
                Fill(
                    order=OrderId("o"),
                    intent=IntentId("i"),
                    outcome=outcome,
                    market=home.id,
                    side=Side.BUY,
                    price=Price(price),
                    size=Size(contracts * CONTRACT),
                    fee=Money(0),
                    at=self.desk.now,
                )
            )
        )
        return outcome

    def positions(self) -> Mapping[OutcomeId, Position]:
        return self.ledger.positions

    def complete_sets(self) -> Sequence[CompleteSet]:
        return self.sets

    def sellable(self, outcome: OutcomeId) -> Size:
        return Size(self.ledger.held(outcome) - self.in_flight.get(outcome, 0))

    def opened_at(self, outcome: OutcomeId) -> Nanos | None:
        return self.ledger.opened_at(outcome)

    def market(self, market: MarketId) -> Market | None:
        return self.markets.get(market)


def looking(held: Held, bid: float, ask: float | None = None, **settings: object) -> list[Intent]:
    """What exits want once the YES of market a is bid at so much."""
    a = held.markets[MarketId("a")]
    held.desk.quote_market(a, [(bid, 1_000)], [(ask if ask is not None else min(bid + 0.02, 0.999), 1_000)])
    exits = ExitStrategy(held, ExitSettings.model_validate(settings))
    return list(exits.books_changed([a.yes], held.desk))


@pytest.fixture
def held() -> Held:
    held = Held()
    held.buy(held.markets[MarketId("a")].yes, 20)
    return held


def test_a_loss_of_a_fifth_is_cut_and_one_cent_less_is_borne(held: Held) -> None:
    assert looking(held, 0.41) == []
    [intent] = looking(held, 0.40)
    [leg] = intent.legs
    assert (intent.kind, intent.plan, leg.side) == ("exit", PlanKind.MARKET, Side.SELL)
    assert (leg.size, leg.expected, leg.limit) == (20 * CONTRACT, 4_000, 3_800)
    assert intent.reason.startswith("stop loss: 20.00 of")
    assert "a loss of 2.00" in intent.reason


def test_a_gain_of_three_tenths_is_taken(held: Held) -> None:
    assert looking(held, 0.64) == []
    [intent] = looking(held, 0.65)
    assert "take profit" in intent.reason


def test_a_price_as_good_as_paid_is_taken_unless_it_cost_more(held: Held) -> None:
    [intent] = looking(held, 0.99, take_profit="100%")
    assert "as good as resolved" in intent.reason
    dear = Held()
    dear.buy(dear.markets[MarketId("a")].yes, 20, 9_950)
    assert looking(dear, 0.99) == []


def test_a_position_held_for_ten_days_is_sold_at_the_next_timer(held: Held) -> None:
    a = held.markets[MarketId("a")]
    held.desk.quote_market(a, [(0.5, 1_000)], [(0.52, 1_000)])
    exits = ExitStrategy(held, ExitSettings())
    held.desk.now = Nanos(held.desk.now + 240 * HOUR - 1)
    timer = TimerFired("any", held.desk.now)
    assert exits.on_event(timer, held.desk) == []
    held.desk.now = Nanos(held.desk.now + 1)
    [intent] = exits.on_event(timer, held.desk)
    assert "held too long" in intent.reason
    assert exits.on_event(BookLost((a.yes,), "gap", held.desk.now), held.desk) == ()


def test_before_the_market_closes_the_position_is_sold_if_that_is_wanted(held: Held) -> None:
    a = MarketId("a")
    held.markets[a] = replace(held.markets[a], closes=Nanos(held.desk.now + 2 * HOUR))
    assert looking(held, 0.5) == []
    assert looking(held, 0.5, before_close="1h") == []
    [intent] = looking(held, 0.5, before_close="2h")
    assert "closes soon" in intent.reason


def test_each_rule_can_be_switched_off(held: Held) -> None:
    assert looking(held, 0.10, stop_loss=0) == []
    assert looking(held, 0.99, take_profit=0, sure_price=0) == []


def test_what_belongs_to_a_set_or_a_pair_is_no_positions_loss(held: Held) -> None:
    a, b = held.markets[MarketId("a")], held.markets[MarketId("b")]
    held.buy(b.yes, 12)
    held.sets.append(CompleteSet((a.yes, b.yes), Price(10_000)))
    [intent] = looking(held, 0.30)
    assert intent.legs[0].size == 8 * CONTRACT
    held.buy(a.no, 8)
    assert looking(held, 0.30) == []


def test_an_exit_is_not_wanted_twice_at_a_time_nor_beyond_what_may_be_sold(held: Held) -> None:
    a = held.markets[MarketId("a")]
    held.desk.quote_market(a, [(0.3, 1_000)], [(0.32, 1_000)])
    exits = ExitStrategy(held, ExitSettings())
    held.in_flight[a.yes] = 15 * CONTRACT
    [intent] = exits.books_changed([a.yes], held.desk)
    assert intent.legs[0].size == 5 * CONTRACT
    assert exits.books_changed([a.yes], held.desk) == []
    held.desk.now = Nanos(held.desk.now + 30 * SECOND)
    held.desk.working.add(intent.subject)
    assert exits.books_changed([a.yes], held.desk) == []
    held.desk.working.clear()
    assert len(exits.books_changed([a.yes], held.desk)) == 1


def test_without_a_bid_or_with_a_resolved_market_nothing_is_wanted(held: Held) -> None:
    a = held.markets[MarketId("a")]
    held.desk.quote_market(a, [], [(0.32, 1_000)])
    exits = ExitStrategy(held, ExitSettings())
    assert exits.books_changed([a.yes], held.desk) == []
    held.markets[a.id] = replace(a, payout=Price(0))
    assert looking(held, 0.01) == []


sizes = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 50), max_size=4)


@given(sizes, st.lists(st.lists(st.sampled_from("abcd"), min_size=2, max_size=3, unique=True), max_size=3))
def test_what_is_loose_is_never_more_than_what_is_held(held: dict[str, int], sets: list[list[str]]) -> None:
    positions = {
        OutcomeId(name): Position(OutcomeId(name), MarketId(name), Size(size), Money(size))
        for name, size in held.items()
    }
    complete = [CompleteSet(tuple(OutcomeId(name) for name in names), Price(10_000)) for names in sets]
    found = loose(positions, complete)
    assert all(0 < size <= held[name] for name, size in found.items())
    if not sets:
        assert dict(found) == held
