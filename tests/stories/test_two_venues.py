"""One question at two venues: a pair that a person approved, from the gap in the books to the payout, on paper."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from dutchbook.app.assembly import Parts, Terms, assemble
from dutchbook.app.looking import MemoryRecord
from dutchbook.config.load import shipped_settings
from dutchbook.config.settings import Settings
from dutchbook.domain.book import Level
from dutchbook.domain.events import BookSnapshot, FrameRef, MarketEvent, MarketResolved, MarketStatusChanged
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import KalshiFees, Market, MarketStatus, PolymarketFees
from dutchbook.domain.orders import Fill
from dutchbook.domain.pairs import Pair, PairedMarket, PairId
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, SECOND, Money, Nanos, Price, Size, complement
from dutchbook.engine.desk import Opening
from dutchbook.engine.records import VerdictRecord
from dutchbook.execution.step import BasketEnd, Ending
from tests.catalogue.makers import NOW, market

HERE = market(
    "0xrain", min_size=Size(5 * CONTRACT), min_notional=DOLLAR, fees=PolymarketFees(50_000), question="rain-tomorrow"
)
THERE = market("KX-RAIN", venue=Venue.KALSHI, min_size=Size(10_000), fees=KalshiFees(), question="KX-RAIN")
PAIR = Pair(
    id=PairId("p1"),
    first=PairedMarket(Venue.POLYMARKET, HERE.id),
    second=PairedMarket(Venue.KALSHI, THERE.id),
    reason="both read the same weather station",
    who="ann",
    at=NOW,
)
PLACE = FrameRef(0, 0)


def settings(**sections: dict[str, Any]) -> Settings:
    found = shipped_settings()
    written = {
        "cross_venue": {"mismatch": "1%", "atomic_depth": "100%", "hedge_edge": "0"},
        "bundle": {"least_yield": "0"},
    } | sections
    changed = {name: type(getattr(found, name)).model_validate(values) for name, values in written.items()}
    return found.model_copy(update=changed)


class TwoVenues:
    """A desk on paper between two venues, told what their books are."""

    def __init__(self, chosen: Settings | None = None, pairs: tuple[Pair, ...] = (PAIR,), **terms: Any) -> None:
        self.record = MemoryRecord()
        self.settings = chosen or settings()
        opening = Opening(self.settings.portfolio.bankroll, NOW)
        self.parts: Parts = assemble(
            self.settings, (), (HERE, THERE), self.record, Terms(opening=opening, pairs=pairs, wired=False, **terms)
        )
        self.now = NOW

    def tell(self, event: MarketEvent) -> None:
        self.parts.loop.event(event, PLACE)

    def quote(self, traded: Market, bid: int, ask: int, contracts: int = 200) -> None:
        """Both sides of a market's book, in cents of YES."""
        self.pass_time(0.01)
        size = Size(contracts * CONTRACT)
        best_bid, best_ask = Price(bid * 100), Price(ask * 100)
        self.tell(BookSnapshot(traded.yes, (Level(best_bid, size),), (Level(best_ask, size),), self.now))
        if not traded.shared_book:
            bids, asks = (Level(complement(best_ask), size),), (Level(complement(best_bid), size),)
            self.tell(BookSnapshot(traded.no, bids, asks, self.now))

    def gap(self) -> None:
        """YES is asked for 0.43 here and bid 0.48 there: NO is asked for 0.52."""
        self.quote(HERE, 42, 43)
        self.quote(THERE, 48, 50)

    def status(self, traded: Market, status: MarketStatus) -> None:
        self.tell(MarketStatusChanged(traded.id, status, self.now))

    def pass_time(self, seconds: float) -> None:
        self.now = Nanos(self.now + round(seconds * SECOND))
        self.parts.loop.advance(self.now, PLACE)

    def live(self, seconds: float) -> None:
        """Time goes on, and both venues' books are told again, so that nothing is stale."""
        for _ in range(round(seconds)):
            self.pass_time(1)

    def until_something_is_held(self) -> None:
        """The first fill comes within a second."""
        for _ in range(100):
            self.pass_time(0.01)
            if self.held():
                return
        raise AssertionError("nothing was bought")

    def resolve(self, traded: Market, payout: int) -> None:
        self.tell(MarketResolved(traded.id, Price(payout), self.now))

    def held(self) -> dict[OutcomeId, int]:
        return {outcome: position.size // CONTRACT for outcome, position in self.parts.desk.ledger.positions.items()}

    def kept(self, kind: type[msgspec.Struct]) -> list[Any]:
        return [body for _, _, body in self.record.lines if isinstance(body, kind)]

    def refusals(self) -> Sequence[str]:
        return [refusal.rule for record in self.kept(VerdictRecord) for refusal in record.refusals]

    @property
    def cash(self) -> Money:
        self.parts.desk.ledger.check()
        return self.parts.desk.ledger.cash


def test_a_gap_between_venues_is_bought_on_paper_and_pays_at_settlement_whoever_is_right() -> None:
    for payout in (0, ONE):
        story = TwoVenues()
        before = story.cash
        story.gap()
        story.live(2)
        assert story.held() == {HERE.yes: 200, THERE.no: 200}
        fills = story.kept(Fill)
        assert {(fill.outcome, fill.price) for fill in fills} == {(HERE.yes, 4_300), (THERE.no, 5_200)}
        [end] = story.kept(BasketEnd)
        assert (end.ending, end.sets) == (Ending.COMPLETE, 200 * CONTRACT)
        fees = sum(fill.fee for fill in fills)
        # Not yet paid: a pair is worth its dollar, less the 1 % that both venues may settle it differently.
        assert story.parts.desk.valuation().low == before - 190 * DOLLAR - fees + 198 * DOLLAR
        assert end.result == 8 * DOLLAR - fees
        story.resolve(HERE, payout)
        story.resolve(THERE, payout)
        assert story.held() == {}
        assert story.cash == before + 10 * DOLLAR - fees


def test_venues_that_settle_differently_may_cost_both_legs() -> None:
    story = TwoVenues()
    before = story.cash
    story.gap()
    story.live(2)
    fees = sum(fill.fee for fill in story.kept(Fill))
    story.resolve(HERE, 0)
    story.resolve(THERE, ONE)
    assert story.cash == before - 190 * DOLLAR - fees


@pytest.mark.parametrize("pairs", [(), (msgspec.structs.replace(PAIR, status="proposed"),)])
def test_without_a_person_s_word_a_gap_is_only_a_gap(pairs: tuple[Pair, ...]) -> None:
    story = TwoVenues(pairs=msgspec.convert(msgspec.to_builtins(pairs), tuple[Pair, ...]))
    story.gap()
    story.live(2)
    assert story.kept(Fill) == []


def test_a_venue_that_halts_between_the_legs_is_waited_for_and_hedged_when_it_is_back() -> None:
    story = TwoVenues(strategies=("leg-and-hedge",))
    before = story.cash
    # Here is the thinner book: the first leg goes there, and there it fills.
    story.quote(HERE, 42, 43, contracts=50)
    story.quote(THERE, 48, 50)
    story.until_something_is_held()
    story.status(THERE, MarketStatus.PAUSED)
    story.live(10)
    assert story.held() == {HERE.yes: 50}
    story.status(THERE, MarketStatus.OPEN)
    story.quote(THERE, 47, 50)
    story.quote(HERE, 42, 43, contracts=50)
    story.live(3)
    assert story.held() == {HERE.yes: 50, THERE.no: 50}
    [end] = [end for end in story.kept(BasketEnd) if end.sets]
    assert end.ending is Ending.COMPLETE
    fees = sum(fill.fee for fill in story.kept(Fill))
    assert story.cash == before - 48 * DOLLAR - fees


def test_a_venue_that_stays_halted_is_left_within_bounds_when_the_window_closes() -> None:
    story = TwoVenues(strategies=("leg-and-hedge",))
    before = story.cash
    story.quote(HERE, 42, 43, contracts=50)
    story.quote(THERE, 48, 50)
    story.until_something_is_held()
    story.status(THERE, MarketStatus.PAUSED)
    for _ in range(29):
        story.quote(HERE, 42, 43, contracts=50)
        story.live(1)
    assert story.held() == {HERE.yes: 50}
    for _ in range(3):
        story.quote(HERE, 42, 43, contracts=50)
        story.live(1)
    assert story.held() == {}
    [end] = story.kept(BasketEnd)
    assert end.ending is Ending.HOME
    fees = sum(fill.fee for fill in story.kept(Fill))
    assert story.cash == before - 50 * DOLLAR // 100 - fees  # a cent a contract, and the fees of both ways


def test_money_at_one_venue_pays_for_nothing_at_the_other() -> None:
    split = settings(portfolio={"bankroll": 10_000, "at_polymarket": "99.5%", "at_kalshi": "0.5%"})
    story = TwoVenues(split)
    story.gap()
    story.live(2)
    assert story.held() == {}
    assert set(story.refusals()) == {"venue_cash"}
    cash = story.parts.desk.venue_cash
    assert (cash.at(Venue.POLYMARKET), cash.at(Venue.KALSHI)) == (9_950 * DOLLAR, 50 * DOLLAR)
    enough = TwoVenues(settings(portfolio={"bankroll": 10_000, "at_polymarket": "50%", "at_kalshi": "50%"}))
    enough.gap()
    enough.live(2)
    cash = enough.parts.desk.venue_cash
    spent = [fill.fee + fill.size * fill.price // ONE for fill in enough.kept(Fill)]
    assert (cash.at(Venue.POLYMARKET), cash.at(Venue.KALSHI)) == (5_000 * DOLLAR - spent[0], 5_000 * DOLLAR - spent[1])
    assert cash.elsewhere(enough.cash) == 0
