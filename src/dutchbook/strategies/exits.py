"""Exits: stop loss, take profit, the longest holding time, a price that is as good as paid, and the market's close.

They want what all strategies want, by intents through risk; what only reduces risk passes where opening does not.
"""

from collections.abc import Collection, Container, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from dutchbook.domain.book import BookView, Side
from dutchbook.domain.events import Event, TimerFired
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market, PriceGrid
from dutchbook.domain.orders import EXIT, Intent, Leg, PlanKind, TimeInForce
from dutchbook.domain.pricing.merge import LOT
from dutchbook.domain.units import ONE, Money, Nanos, Price, Size, decimal_text, dollars, notional_down
from dutchbook.portfolio.positions import Position
from dutchbook.portfolio.valuation import CompleteSet
from dutchbook.strategies.exit_settings import ExitSettings
from dutchbook.strategies.ports import DeskView

_MILLION = 1_000_000
_NOTHING: tuple[Intent, ...] = ()


class Holdings(Protocol):
    """What exits read of the portfolio."""

    def positions(self) -> Mapping[OutcomeId, Position]: ...

    def complete_sets(self) -> Sequence[CompleteSet]:
        """Sets of held outcomes that pay together, whatever happens."""
        ...

    def sellable(self, outcome: OutcomeId) -> Size:
        """Contracts that are held, settled, and not being sold already."""
        ...

    def opened_at(self, outcome: OutcomeId) -> Nanos | None:
        """When the position was opened by a trade; None if that is not known."""
        ...

    def market(self, market: MarketId) -> Market | None: ...


class Trigger(StrEnum):
    """Why a position is given up."""

    STOP_LOSS = "stop loss"
    TAKE_PROFIT = "take profit"
    HELD_LONG = "held too long"
    SURE = "as good as resolved"
    CLOSING = "the market closes soon"


class ExitStrategy:
    """Watches what is held and belongs to no set, at each change of its book, and at each timer of the desk."""

    name = EXIT

    def __init__(self, holdings: Holdings, settings: ExitSettings) -> None:
        self._holdings = holdings
        self._settings = settings
        self._tried: dict[OutcomeId, Nanos] = {}

    def outcomes(self) -> Collection[OutcomeId]:
        """None that would not be watched anyhow: what is held was bought by somebody who watches its book."""
        return ()

    def deep(self) -> Container[OutcomeId]:
        """A new best bid is enough."""
        return ()

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:
        """Look at what is held of these outcomes. The other side of a market moves with it."""
        held = self._holdings.positions()
        return self._wanted([outcome for outcome in outcomes if outcome in held], desk) if held else _NOTHING

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        """What has no price is not sold."""

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Intent]:
        """Time passes for all that is held."""
        return self._wanted(list(self._holdings.positions()), desk) if isinstance(event, TimerFired) else _NOTHING

    def _wanted(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:
        if not outcomes:
            return _NOTHING
        positions = self._holdings.positions()
        alone: Mapping[OutcomeId, Size] | None = None
        found: list[Intent] = []
        for outcome in outcomes:
            position = positions[outcome]
            market, book = self._holdings.market(position.market), desk.book(outcome)
            if market is None or book is None or (cause := self._cause(position, market, book, desk)) is None:
                continue
            if alone is None:  # what is alone matters where there is cause to sell, which is seldom
                alone = loose(positions, self._holdings.complete_sets())
            intent = self._exit(position, market, book, (*cause, alone.get(outcome, Size(0))), desk)
            if intent is not None:
                found.append(intent)
        return found

    def _cause(
        self, position: Position, market: Market, book: BookView, desk: DeskView
    ) -> tuple[Trigger, Price] | None:
        """Why a position is to be sold, and the bid that says so."""
        bid = book.best_bid if book.usable and market.payout is None else None
        trigger = None if bid is None else self._trigger(position, market, bid, desk.now)
        if bid is None or trigger is None or self._at_it(position.outcome, desk):
            return None
        return trigger, bid

    def _exit(
        self,
        position: Position,
        market: Market,
        book: BookView,
        found: tuple[Trigger, Price, Size],
        desk: DeskView,
    ) -> Intent | None:
        trigger, bid, alone = found
        size = Size(min(alone, self._holdings.sellable(position.outcome)) // LOT * LOT)
        if size <= 0 or notional_down(bid, size) < market.min_notional:
            return None
        self._tried[position.outcome] = desk.now
        return self._intent(position, market, book, (trigger, bid, size), desk)

    def _at_it(self, outcome: OutcomeId, desk: DeskView) -> bool:
        tried = self._tried.get(outcome)
        recent = tried is not None and desk.now - tried < self._settings.repeat_after
        return recent or desk.busy(_subject(outcome))

    def _trigger(self, position: Position, market: Market, bid: Price, now: Nanos) -> Trigger | None:
        settings = self._settings
        worth, cost = bid * position.size, position.cost * ONE
        opened = self._holdings.opened_at(position.outcome)
        if settings.stop_loss and worth * _MILLION <= cost * (_MILLION - settings.stop_loss):
            return Trigger.STOP_LOSS
        if settings.before_close and market.closes is not None and market.closes - now <= settings.before_close:
            return Trigger.CLOSING
        if settings.take_profit and cost and worth * _MILLION >= cost * (_MILLION + settings.take_profit):
            return Trigger.TAKE_PROFIT
        if settings.sure_price and bid >= settings.sure_price and worth >= cost:
            return Trigger.SURE
        if settings.max_holding and opened is not None and now - opened >= settings.max_holding:
            return Trigger.HELD_LONG
        return None

    def _intent(
        self, position: Position, market: Market, book: BookView, found: tuple[Trigger, Price, Size], desk: DeskView
    ) -> Intent:
        trigger, bid, size = found
        limit = _no_worse(market.grid, Price(max(1, bid - self._settings.reach)), bid)
        leg = Leg(position.outcome, position.market, Side.SELL, limit, size, bid, TimeInForce.IOC)
        paid = Money(-(-position.cost * size // position.size))
        gain = Money(notional_down(bid, size) - paid)
        return Intent(
            id=desk.next_intent(),
            strategy=EXIT,
            kind=EXIT,
            subject=_subject(position.outcome),
            legs=(leg,),
            cost=Money(0),
            edge=Money(0),
            max_loss=Money(0),
            oldest=book.received,
            at=desk.now,
            reason=f"{trigger}: {decimal_text(size, 6)} of {position.outcome} cost {dollars(paid)} and the bid is "
            f"{decimal_text(bid, 4)}, {'a gain' if gain >= 0 else 'a loss'} of {dollars(Money(abs(gain)))} before fees",
            plan=PlanKind.MARKET,
        )


def loose(positions: Mapping[OutcomeId, Position], sets: Sequence[CompleteSet]) -> dict[OutcomeId, Size]:
    """What is held of each outcome beyond YES-and-NO pairs and whole sets: what a price can hurt."""
    left = {outcome: int(position.size) for outcome, position in positions.items()}
    by_market: dict[MarketId, list[OutcomeId]] = {}
    for position in positions.values():
        by_market.setdefault(position.market, []).append(position.outcome)
    pairs = [tuple(both) for both in by_market.values() if len(both) == 2]
    for outcomes in (*pairs, *(complete.outcomes for complete in sets)):
        size = min(left.get(outcome, 0) for outcome in outcomes)
        for outcome in outcomes if size else ():
            left[outcome] -= size
    return {outcome: Size(size) for outcome, size in left.items() if size}


def _no_worse(grid: PriceGrid, lowest: Price, bid: Price) -> Price:
    """The lowest price of the grid that is not below `lowest`; the bid stands on the grid."""
    price = int(lowest)
    while price < bid and not grid.contains(Price(price)):
        price += 1
    return Price(price)


def _subject(outcome: OutcomeId) -> str:
    return f"{EXIT}:{outcome}"
