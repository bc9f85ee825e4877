"""Between the close and the payout: what venues say they decided, objections, and hands at the controls."""

from collections.abc import Callable

from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import ONE, Price
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.living.world import World
from tests.exchange.living.village import MAKER, after, question, scenario, world_of

QUIET = {"all": {"makers": [MAKER | {"requote": "1m"}]}}


def short_world(**changes: object) -> World:
    """One market at each venue: closes after a minute and pays fifty seconds later."""
    return world_of(scenario(question("binary", lasts="1m", settles="50s", **changes), crowds=QUIET))


def listed(world: World) -> list[Listing]:
    return [listing for exchange in world.exchanges.values() for listing in exchange.listings.values()]


def every(world: World, condition: Callable[[Listing], bool]) -> bool:
    return all(condition(listing) for listing in listed(world))


def test_the_outcome_is_said_before_it_is_paid() -> None:
    world = short_world()
    world.advance(after(65))
    assert every(world, lambda one: one.market.status is MarketStatus.CLOSED and one.ruling is None)
    world.advance(after(71))
    assert every(world, lambda one: one.ruling is not None and one.market.payout is None)
    world.advance(after(109))
    assert every(world, lambda one: one.market.status is MarketStatus.CLOSED)
    world.advance(after(111))
    assert every(world, lambda one: one.ruling is not None and one.market.payout == one.ruling.payout)


def test_kalshi_pays_when_the_timer_that_it_publishes_is_over() -> None:
    world = short_world()
    world.advance(after(120))
    [listing] = world.exchanges[Venue.KALSHI].listings.values()
    assert listing.ruling is not None
    assert listing.settlement_timer == after(110) - after(70)
    assert listing.ruling.at + listing.settlement_timer < after(111)


def test_an_objection_delays_the_payout() -> None:
    world = short_world(disputed="100%")
    world.advance(after(85))
    assert every(world, lambda one: one.ruling is not None and not one.ruling.disputed)
    world.advance(after(120))
    assert every(world, lambda one: one.ruling is not None and one.ruling.disputed)
    assert every(world, lambda one: one.market.status is MarketStatus.CLOSED)
    world.advance(after(200))
    assert every(world, lambda one: one.market.status is MarketStatus.RESOLVED)


def test_a_market_that_was_decided_by_hand_stays_so() -> None:
    world = short_world()
    world.advance(after(30))
    for exchange in world.exchanges.values():
        for market in exchange.listings:
            exchange.resolve(market, Price(ONE // 2))
    world.advance(after(1_000))
    assert every(world, lambda one: one.market.payout == ONE // 2)
