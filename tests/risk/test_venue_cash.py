"""Money at one venue pays for nothing at the other: the rule, where a venue's cash is known."""

from dutchbook.domain.identity import Venue
from dutchbook.domain.units import DOLLAR, Money
from dutchbook.risk.review import Refused, review
from dutchbook.risk.rules import guardian_rules
from dutchbook.risk.venue_cash import venue_cash
from tests.risk.desk import DEFAULTS, RAIN, SUN, WIND, TestDesk, buy, intent, sell, yes


def desk(**known: int) -> TestDesk:
    made = TestDesk()
    for venue, dollars in known.items():
        made.venue_cash_.stated(Venue(venue), Money(dollars * DOLLAR))
    return made


def test_where_no_venue_stated_its_cash_the_rule_says_nothing() -> None:
    assert venue_cash(intent(buy(yes(RAIN), 1_000_000)), desk()) is None


def test_an_intent_may_take_all_that_lies_there_and_not_a_cent_more() -> None:
    there = desk(kalshi=20)
    assert venue_cash(intent(buy(yes(SUN), 40)), there) is None
    refusal = venue_cash(intent(buy(yes(SUN), 41)), there)
    assert refusal is not None
    assert refusal.rule == "venue_cash"
    assert refusal.message == "$20.50 is needed at kalshi, $20.00 free at kalshi - take less, or move cash there"
    # All the cash of the desk is no help: it lies elsewhere.
    assert there.free_cash() == 1_000 * DOLLAR


def test_of_two_legs_each_is_paid_at_its_own_venue() -> None:
    both = intent(buy(yes(RAIN), 40), buy(yes(SUN), 40))
    assert venue_cash(both, desk(polymarket=20, kalshi=20)) is None
    assert venue_cash(both, desk(polymarket=40, kalshi=19)) is not None
    assert venue_cash(both, desk(polymarket=19, kalshi=40)) is not None


def test_markets_of_one_venue_share_its_cash_and_what_is_in_flight_is_spoken_for() -> None:
    there = desk(polymarket=30)
    first = intent(buy(yes(RAIN), 40))
    assert venue_cash(first, there) is None
    there.exposure.reserve(first)
    assert venue_cash(intent(buy(yes(WIND), 20), name="i2"), there) is None
    assert venue_cash(intent(buy(yes(WIND), 21), name="i2"), there) is not None


def test_selling_what_is_held_needs_no_cash() -> None:
    there = desk(polymarket=100)
    there.hold(yes(RAIN), 100)
    there.venue_cash_.stated(Venue.POLYMARKET, Money(0))
    assert venue_cash(intent(sell(yes(RAIN), 100)), there) is None


def test_it_is_among_the_guardians_rules() -> None:
    verdict = review(intent(buy(yes(SUN), 41)), desk(kalshi=20), guardian_rules(DEFAULTS))
    assert isinstance(verdict, Refused)
    assert [refusal.rule for refusal in verdict.refusals] == ["venue_cash"]


def test_what_is_in_flight_at_one_venue_takes_nothing_from_the_other() -> None:
    there = desk(polymarket=30, kalshi=30)
    there.exposure.reserve(intent(buy(yes(SUN), 60)))
    assert venue_cash(intent(buy(yes(RAIN), 60), name="i2"), there) is None
    assert venue_cash(intent(buy(yes(SUN), 1), name="i2"), there) is not None
