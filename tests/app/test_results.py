"""What decided markets pay is asked for until it is told, and of no market that is nobody's concern."""

from collections.abc import Iterable
from itertools import pairwise

from msgspec.structs import replace

from dutchbook.app.live.results import MOST, Results
from dutchbook.app.trading import Lookups
from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, MarketStatus, NoFees, PriceGrid
from dutchbook.domain.units import ONE, SECOND, Nanos, Price, Size

NOW = Nanos(1_790_000_000 * SECOND)


def market(number: int, *, closes: int = -1, status: MarketStatus = MarketStatus.OPEN) -> Market:
    return Market(
        id=MarketId(f"KX-{number}"),
        venue=Venue.KALSHI,
        question=QuestionId("KX"),
        title="Will it?",
        yes=OutcomeId(f"KX-{number}/yes"),
        no=OutcomeId(f"KX-{number}/no"),
        grid=PriceGrid.uniform(Price(100)),
        min_size=Size(10_000),
        fees=NoFees(),
        status=status,
        closes=Nanos(NOW + closes * SECOND),
    )


def test_markets_that_are_over_are_asked_for_less_and_less_often_until_they_tell() -> None:
    ended, open_ = market(1), market(2, closes=60)
    results = Results(lambda: (ended, open_))
    asked = [s for s in range(0, 120, 5) if results.due(Venue.KALSHI, Nanos(NOW + s * SECOND)) == (ended.id,)]
    pauses = [b - a for a, b in pairwise(asked)]
    assert asked[0] == 0
    assert pauses == sorted(pauses)
    assert pauses[-1] > pauses[0]
    assert results.read((ended.id,), (ended,), NOW) == []
    paid = replace(ended, status=MarketStatus.RESOLVED, payout=ONE)
    [told] = results.read((ended.id,), (paid, replace(open_, payout=ONE)), NOW)
    assert (told.market, told.payout) == (ended.id, ONE)
    assert results.due(Venue.KALSHI, Nanos(NOW + 30 * SECOND)) == ()
    assert results.due(Venue.POLYMARKET, Nanos(NOW + 30 * SECOND)) == ()


def test_a_market_that_closed_early_is_asked_for_too() -> None:
    early = market(1, closes=600, status=MarketStatus.CLOSED)
    assert Results(lambda: (early,)).due(Venue.KALSHI, NOW) == (early.id,)


def test_a_desk_that_trades_asks_for_what_it_has_a_stake_in_alone() -> None:
    held, other = market(1), market(2)
    lookups = Lookups()

    def holdings(venue: Venue) -> Iterable[OutcomeId]:
        return (held.no,) if venue is Venue.KALSHI else ()

    lookups.bind(Catalogue((), (held, other)), holdings)
    results = Results(lambda: (other,))
    results.trades(lookups)
    assert results.due(Venue.KALSHI, NOW) == (held.id,)


def test_not_all_at_once() -> None:
    many = [market(number) for number in range(3 * MOST)]
    results = Results(lambda: many)
    asked = [results.due(Venue.KALSHI, NOW) for _ in range(4)]
    assert [len(ids) for ids in asked] == [MOST, MOST, MOST, 0]
    assert len({id_ for ids in asked for id_ in ids}) == 3 * MOST
