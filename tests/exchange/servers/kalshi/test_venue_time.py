"""The venue's own clock: what it tells, and what it lets in, when it is wrong."""

from random import Random

from dutchbook.domain.identity import Venue
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.faults.switchboard import Switchboard
from dutchbook.exchange.history import History
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.kalshi.auth import AuthRefused
from dutchbook.exchange.servers.kalshi.rest import KalshiRest
from tests.exchange.servers.kalshi.venue import BASE, Clock, make_exchange, pem, signed


def rest_with(plan: dict[str, object]) -> tuple[KalshiRest, Clock]:
    clock = Clock()
    exchange = make_exchange(clock)
    board = Switchboard(FaultPlan.model_validate(plan), Random(1), clock)
    context = ServerContext(Venue.KALSHI, clock, board, Random(5), exchange.advance)
    rest = KalshiRest(exchange, History(exchange), context)
    rest.auth.add_key("k", pem(), "ann")
    return rest, clock


def lets_in(rest: KalshiRest, clock: Clock) -> bool:
    try:
        rest.auth.check(
            "GET", BASE + "/portfolio/balance", signed("GET", BASE + "/portfolio/balance", "k", clock.now())
        )
    except AuthRefused:
        return False
    return True


def test_a_venue_whose_clock_is_ahead_refuses_honest_signatures() -> None:
    assert lets_in(*rest_with({}))
    skewed = {"name": "s", "fault": "clock_skew", "venue": "kalshi", "ahead": "11s"}
    assert not lets_in(*rest_with({"faults": [skewed]}))
