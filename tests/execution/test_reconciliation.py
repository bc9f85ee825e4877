"""The desk against statements of its account: what differs is found, put on record and set right, once."""

from random import Random

import pytest
from msgspec.structs import replace

from dutchbook.domain.book import Side
from dutchbook.domain.events import StatedOrder, StatedPosition
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.orders import Leg, Report, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.execution.reconciliation import CENT, DUST
from dutchbook.execution.step import Step
from dutchbook.portfolio.entries import Adopted, CashAdopted, Merge, Settlement, Split, Withdrawal
from tests.execution.rig import Rig
from tests.execution.stage import no, yes
from tests.execution.test_order_outcomes import BOOKS, resting

KINDS = (
    "outside order",
    "missed fill",
    "partial then cancelled",
    "ghost fill reversed",
    "dust",
    "opposite outcome match",
    "resolved market",
    "pages that shift",
    "outside trade",
    "cash",
)


def stated(rig: Rig, seconds: float = 0.0) -> Step:
    """A statement that was asked for just now, after so long."""
    rig.now = Nanos(rig.now + int(seconds * SECOND) + 1)
    return rig.hear(rig.statement())


def running(rig: Rig) -> Rig:
    """A desk past its first statement: from now on a difference has to stand."""
    stated(rig)
    return rig


def diverge(rig: Rig, kind: str, random: Random) -> None:
    """Let something happen at the venue that the desk did not hear of."""
    venue, size = rig.venue, random.randrange(1, 40 * CONTRACT)
    outcome = random.choice([yes, no])(random.randrange(3))
    if kind == "outside order":
        side, price = random.choice(list(Side)), Price(100 * random.randrange(1, 100))
        market = next(m.id for m in rig.markets if outcome in (m.yes, m.no))
        venue.foreign.append(
            StatedOrder(
                venue_id=f"x{size}",
                outcome=outcome,
                market=market,
                side=side,
                price=price,
                size=Size(size),
                filled=Size(0),
            )
        )
    elif kind == "dust":
        venue.sizes[outcome] = venue.sizes.get(outcome, 0) + random.randrange(1, DUST)
        venue.cash += random.randrange(-CENT + 1, CENT)
    elif kind == "cash":
        venue.cash += random.choice([-1, 1]) * random.randrange(CENT, 50 * DOLLAR)
    elif kind == "outside trade":
        venue.sizes[outcome] = venue.sizes.get(outcome, 0) + size
        venue.costs[outcome] = venue.costs.get(outcome, 0) + size // 3
        venue.cash -= size // 3
    elif kind == "resolved market":
        resolve(rig, random.randrange(3), paid=random.random() < 0.5)
    else:
        trade_unheard(rig, kind, random)


def resolve(rig: Rig, number: int, *, paid: bool) -> None:
    """A market resolves, the ledger settles at once; the venue has paid already, or still shows the position."""
    market = rig.markets[number]
    if market.payout is not None:
        return
    rig.markets[number] = replace(market, status=MarketStatus.RESOLVED, payout=Price(10_000))
    rig.ledger.apply(Settlement(market.id, market.yes, market.no, Price(10_000)))
    rig.execution.moved(market.id, Nanos(rig.now))
    if paid:
        rig.venue.cash += rig.venue.sizes.pop(market.yes, 0)
        rig.venue.sizes.pop(market.no, None)


def trade_unheard(rig: Rig, kind: str, random: Random) -> None:
    """An order of ours trades, and the news of it is lost."""
    number = random.choice([i for i, market in enumerate(rig.markets) if market.payout is None] or [None])
    if number is None:
        return
    leg = Leg(
        yes(number), rig.markets[number].id, Side.BUY, Price(3_000), Size(20 * CONTRACT), Price(3_000), TimeInForce.GTC
    )
    [order] = rig.start(rig.intent(f"{kind} {rig.now}", (leg,))).orders
    rig.report(order.id, Report.ACCEPTED)
    size = 20 * CONTRACT if kind == "missed fill" else random.randrange(1, 20 * CONTRACT)
    fill = rig.trade(order.id, size, provisional=kind == "ghost fill reversed")
    if kind == "ghost fill reversed":
        rig.tell(fill)
        rig.fail(fill)
    if kind == "opposite outcome match":
        # The venue shows the trade as a sale of the twin: it is told of with the right order all the same.
        rig.venue.orders[order.id].open = False
    elif kind != "missed fill":
        rig.cancel_arrives(order.id) if random.random() < 0.5 else setattr(rig.venue.orders[order.id], "open", False)


@pytest.mark.parametrize("seed", range(50))
def test_ten_divergences_of_any_kind_leave_desk_and_venue_equal_and_quiet(seed: int) -> None:
    """Quantities to the unit but for dust, cash within a cent; further statements change nothing more."""
    random = Random(seed)
    rig = running(Rig(BOOKS)) if seed % 2 else Rig(BOOKS)
    for _ in range(10):
        rig.now = Nanos(rig.now + SECOND)
        diverge(rig, random.choice(KINDS), random)
    for _ in range(8):
        rig.pass_time(25, answering=True)
        rig.answer(rig.state())
    assert not rig.execution.orders.unknown()
    assert_equal(rig)
    ids = [order.id for order in rig.execution.orders]
    before = (rig.ledger.cash, dict(rig.ledger.positions))
    for _ in range(10):
        rig.pass_time(25, answering=True)
        step = rig.state()
        assert not step.operations
        assert not step.differences
        rig.answer(step)
    assert (rig.ledger.cash, dict(rig.ledger.positions)) == before
    assert [order.id for order in rig.execution.orders] == ids
    rig.ledger.check()


def assert_equal(rig: Rig) -> None:
    resolved = {o: m for m in rig.markets if m.payout is not None for o in (m.yes, m.no)}
    unpaid = sum(size for o, size in rig.venue.sizes.items() if o in resolved and o == resolved[o].yes)
    assert abs(rig.ledger.cash - rig.venue.cash - unpaid) < CENT
    for outcome in {*rig.ledger.positions, *rig.venue.sizes} - set(resolved):
        assert abs(rig.ledger.held(outcome) - rig.venue.sizes.get(outcome, 0)) < DUST


def test_what_is_found_at_a_start_is_adopted_at_once_at_the_venues_size_and_cost() -> None:
    rig = Rig(BOOKS)
    rig.venue.sizes[yes(1)], rig.venue.costs[yes(1)] = 123_456_789, 45_678_912
    rig.venue.cash -= 45_678_912
    step = stated(rig)
    position = rig.ledger.positions[yes(1)]
    assert (position.size, position.cost) == (123_456_789, 45_678_912)
    assert {difference.subject for difference in step.differences} == {yes(1), "cash"}
    assert rig.agrees()
    assert rig.ledger.adopted == 0  # what was paid for it is missing in cash


def holding(rig: Rig) -> Rig:
    """A desk at its start, with ten contracts of the first market."""
    order = resting(rig)
    rig.tell(rig.trade(order.id, order.leg.size))
    rig.now = Nanos(rig.now + SECOND)
    return rig


def paid(rig: Rig) -> None:
    """The venue pays a dollar for each contract of the first market, and shows none any more."""
    rig.venue.cash += rig.venue.sizes.pop(yes(0))


def decided(rig: Rig) -> None:
    """The desk hears that the first market pays a dollar."""
    rig.markets[0] = replace(rig.markets[0], status=MarketStatus.RESOLVED, payout=Price(10_000))
    step = rig.execution.resolved(rig.markets[0], Nanos(rig.now))
    for entry in step.operations:
        rig.ledger.apply(entry)


def test_at_a_start_contracts_that_were_paid_are_not_given_up_while_cash_cannot_be_compared() -> None:
    """A market was decided while no desk listened, and another one's order is in doubt."""
    rig = holding(Rig(BOOKS))
    leg = Leg(yes(1), rig.markets[1].id, Side.BUY, Price(3_000), Size(CONTRACT), Price(3_000), TimeInForce.GTC)
    [order] = rig.start(rig.intent("another view", (leg,))).orders
    rig.report(order.id, Report.TIMEOUT)
    paid(rig)
    assert stated(rig).operations == ()
    decided(rig)
    rig.venue.orders[order.id].open = False
    rig.report(order.id, Report.CANCELLED)
    assert stated(rig).operations == ()
    assert rig.agrees()


@pytest.mark.parametrize("shown", ["closed", "open, beyond its close"])
def test_at_a_start_what_a_market_that_has_ended_pays_is_waited_for(shown: str) -> None:
    rig = holding(Rig(BOOKS))
    market = rig.markets[0]
    over = replace(market, status=MarketStatus.CLOSED) if shown == "closed" else replace(market, closes=Nanos(rig.now))
    rig.markets[0] = over
    paid(rig)
    step = stated(rig)
    assert step.operations == ()
    assert {difference.subject for difference in step.differences} == {yes(0), "cash"}
    decided(rig)
    assert stated(rig).operations == ()
    assert rig.agrees()


def test_after_a_short_absence_a_difference_has_to_stand_as_in_a_running_desk() -> None:
    """A venue reads back late what the desk before this one just did."""
    rig = holding(Rig(BOOKS))
    rig.execution.resume(Nanos(rig.now), Nanos(rig.now))
    size, cost = rig.venue.sizes.pop(yes(0)), rig.venue.costs.pop(yes(0))
    assert stated(rig).operations == ()
    rig.venue.sizes[yes(0)], rig.venue.costs[yes(0)] = size, cost
    for _ in range(3):
        assert stated(rig, 25).operations == ()
    assert rig.agrees()


def test_after_a_long_absence_a_difference_is_corrected_at_once() -> None:
    rig = holding(Rig(BOOKS))
    last = Nanos(rig.now)
    rig.now = Nanos(rig.now + 20 * SECOND)
    rig.execution.resume(Nanos(rig.now), last)
    rig.venue.cash += DOLLAR
    assert [type(entry) for entry in stated(rig).operations] == [CashAdopted]


def test_at_a_start_a_difference_has_to_stand_where_an_order_rests() -> None:
    """It may trade while the account is read: cash shows it before the fill is listed."""
    rig = Rig(BOOKS)
    order = resting(rig)
    rig.report(order.id, Report.ACCEPTED)
    before = rig.statement()
    fill = rig.trade(order.id, order.leg.size)
    rig.now = Nanos(rig.now + 1)
    early = replace(before, cash=Money(rig.venue.cash), asked=Nanos(rig.now))
    assert rig.hear(early).operations == ()
    rig.tell(fill)
    assert stated(rig, 1).operations == ()
    assert rig.agrees()


def test_what_has_to_stand_is_asked_for_again_as_soon_as_it_may_be_corrected() -> None:
    rig = running(Rig(BOOKS))
    rig.venue.cash += DOLLAR
    stated(rig)
    rig.pass_time(21, answering=True)
    assert len(rig.swept) == 1
    assert rig.agrees()


def test_without_a_stated_cost_what_is_found_counts_at_the_bid() -> None:
    rig = Rig(BOOKS)
    position = StatedPosition(yes(0), rig.markets[0].id, Size(10 * CONTRACT))
    rig.hear(replace(rig.statement(), positions=(position,)))
    assert rig.ledger.positions[yes(0)].cost == 4_800_000


def test_in_a_running_desk_a_difference_has_to_stand() -> None:
    rig = running(Rig(BOOKS))
    rig.venue.cash += DOLLAR
    first = stated(rig, 5)
    assert first.operations == ()
    assert "if it stands" in first.differences[0].action
    assert stated(rig, 10).differences == ()
    last = stated(rig, 15)
    assert [type(entry) for entry in last.operations] == [CashAdopted]
    assert last.alerts


def test_the_money_of_a_new_account_is_taken_over_without_an_alert_and_any_other_with_one() -> None:
    new = Rig(BOOKS)
    new.ledger.apply(Withdrawal(Money(1_000 * DOLLAR)))
    first = stated(new)
    assert [type(entry) for entry in first.operations] == [CashAdopted]
    assert [difference.subject for difference in first.differences] == ["cash"]
    assert first.alerts == ()
    known = Rig(BOOKS)
    known.venue.cash += DOLLAR
    assert stated(known).alerts


def test_a_venue_that_reads_back_late_leads_to_no_correction() -> None:
    rig = running(Rig(BOOKS))
    order = resting(rig)
    rig.report(order.id, Report.ACCEPTED)
    old = rig.statement()
    rig.tell(rig.trade(order.id, order.leg.size))
    for _ in range(5):
        rig.now = Nanos(rig.now + 2 * SECOND)
        late = replace(old, asked=Nanos(rig.now), received=Nanos(rig.now), orders=())
        assert rig.hear(late).operations == ()
    for _ in range(5):
        assert stated(rig, 25).operations == ()
    assert rig.agrees()


def test_nothing_is_compared_while_an_order_is_in_doubt_or_a_fill_is_not_settled() -> None:
    rig = running(Rig(BOOKS))
    order = resting(rig)
    fill = rig.trade(order.id, 4 * CONTRACT, provisional=True)
    rig.report(order.id, Report.TIMEOUT)
    for _ in range(3):
        assert rig.hear(replace(rig.statement(), orders=())).operations == ()
        rig.now = Nanos(rig.now + 30 * SECOND)
    rig.tell(fill)
    rig.report(order.id, Report.CANCELLED)
    rig.venue.orders[order.id].open = False
    rig.venue.cash += 5 * DOLLAR
    for _ in range(3):
        assert stated(rig, 30).operations == ()
    rig.settle(fill)
    stated(rig, 30)
    assert [type(entry) for entry in stated(rig, 30).operations] == [CashAdopted]


def test_nothing_is_compared_while_operations_are_under_way() -> None:
    rig = Rig(BOOKS)
    rig.venue.cash -= 20 * DOLLAR
    rig.under_way.add(rig.markets[0].venue)
    assert stated(rig).operations == ()
    rig.under_way.clear()
    assert stated(rig).operations != ()


def test_what_a_resolved_market_still_shows_is_cash_already_and_is_taken_over_neither_before_nor_after_it_pays() -> (
    None
):
    rig = Rig(BOOKS)
    order = resting(rig)
    rig.tell(rig.trade(order.id, order.leg.size))
    running(rig)
    rig.now = Nanos(rig.now + SECOND)
    resolve(rig, 0, paid=False)
    for _ in range(3):
        assert stated(rig, 30).operations == ()
    rig.venue.cash += rig.venue.sizes.pop(yes(0))
    for _ in range(3):
        assert stated(rig, 30).operations == ()


def test_a_position_in_a_market_that_nobody_listed_is_not_assumed_away_but_stops_the_desk() -> None:
    rig = Rig(BOOKS)
    strange = StatedPosition(OutcomeId("?"), MarketId("0x?"), Size(CONTRACT), Money(1))
    step = rig.hear(replace(rig.statement(), positions=(strange,)))
    assert step.halts[0].venue is None
    assert "0x?" in step.halts[0].reason
    assert step.operations == ()


def test_a_strangers_order_is_told_once_and_left_alone() -> None:
    rig = running(Rig(BOOKS))
    diverge(rig, "outside order", Random(1))
    first = stated(rig, 30)
    assert "left alone" in first.differences[0].action
    assert (first.cancels, first.alerts != ()) == ((), True)
    assert stated(rig, 30).alerts == ()


def test_an_order_that_was_to_be_over_and_rests_is_cancelled_once_that_stands() -> None:
    rig = running(Rig(BOOKS))
    order = resting(rig)
    rig.report(order.id, Report.CANCELLED)
    assert stated(rig, 1).cancels == ()
    assert stated(rig, 25).cancels == (order.id,)


def test_an_order_proven_absent_that_stands_in_the_account_is_an_incident() -> None:
    rig = running(Rig(BOOKS))
    order = resting(rig)
    rig.report(order.id, Report.TIMEOUT)
    rig.report(order.id, Report.ABSENT)
    step = stated(rig, 1)
    assert step.halts
    assert step.cancels == (order.id,)


def test_an_adoption_names_its_venue_and_what_is_missing_leaves_at_average_cost() -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    rig.tell(rig.trade(order.id, order.leg.size))
    running(rig)
    rig.venue.sizes[yes(0)] -= 4 * CONTRACT
    stated(rig, 30)
    [adopted] = stated(rig, 30).operations
    assert adopted == Adopted(yes(0), rig.markets[0].id, -4 * CONTRACT, Money(0), "polymarket states it")
    assert rig.ledger.positions[yes(0)].cost == 3_000_000
    assert rig.ledger.realised == 0


def test_statements_are_asked_for_regularly_from_the_connection_on() -> None:
    rig = Rig(BOOKS)
    rig._done(rig.execution.connect([rig.markets[0].venue], Nanos(rig.now)))
    rig.pass_time(185)
    assert len(rig.swept) == 4


def test_a_statement_that_was_asked_for_before_the_last_trade_is_not_held_against_it() -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    old = rig.statement()
    rig.now = Nanos(rig.now + SECOND)
    rig.tell(rig.trade(order.id, order.leg.size))
    assert rig.hear(replace(old, received=Nanos(rig.now))).operations == ()
    assert rig.agrees()


def test_yes_and_no_that_kalshi_made_a_dollar_of_are_merged_in_the_ledger_too() -> None:
    rig = Rig(BOOKS)
    rig.markets = [replace(market, venue=Venue.KALSHI) for market in rig.markets]
    rig.cash_at = lambda venue: rig.ledger.cash if venue is Venue.KALSHI else Money(0)  # type: ignore[method-assign]
    market = rig.markets[0]
    rig.ledger.apply(Split(market.id, market.yes, market.no, Size(10 * CONTRACT)))
    rig.venue.sizes.clear()
    step = rig.hear(replace(rig.statement(), venue=Venue.KALSHI))
    assert step.operations == (Merge(market.id, market.yes, market.no, Size(10 * CONTRACT)),)
    assert step.differences == ()
    assert (rig.held(), rig.ledger.cash) == ({}, 1_000 * DOLLAR)


def test_the_same_pair_stays_where_a_venue_lets_it_be() -> None:
    rig = Rig(BOOKS)
    market = rig.markets[0]
    entry = Split(market.id, market.yes, market.no, Size(10 * CONTRACT))
    rig.ledger.apply(entry)
    rig.venue.operate(entry)
    assert stated(rig).operations == ()
