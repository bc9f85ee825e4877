"""Trades: all lots of one basket together, with its ways home; and what each strategy, venue and category came to."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId, Venue, venue_of
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Intent, IntentId
from dutchbook.domain.units import Money, Nanos, Price, Size, notional_down
from dutchbook.evaluation.performance.history import RunHistory
from dutchbook.evaluation.performance.holdings import HeldPart, Mark, held_parts
from dutchbook.evaluation.performance.lots import ClosedLot, Lot, LotBook
from dutchbook.evaluation.report_object import Bin, OpenRow, Slice, TradeRow

UNTOLD = "not told"
"""The name of what nobody said the strategy or the category of."""
_OPENED_ALONE = IntentId("")
_FEWEST_TO_SPREAD = 10
_BINS = 24


class Trade(msgspec.Struct, frozen=True):
    """A basket: what of it is closed, and what is still held. `intent` is None for what no strategy of ours wanted."""

    id: IntentId
    intent: Intent | None
    closed: tuple[ClosedLot, ...]
    held: tuple[Lot, ...]

    @property
    def over(self) -> bool:
        """Whether nothing of it is held any more."""
        return not self.held

    @property
    def net(self) -> Money:
        """What its closed part came to, after all fees."""
        return Money(sum(each.net for each in self.closed))

    @property
    def strategy(self) -> str:
        return self.intent.strategy if self.intent is not None else UNTOLD


def lots_of(history: RunHistory) -> LotBook:
    """The lots of a run: those it began with, and all that it booked."""
    book = LotBook()
    opening = history.books.opening
    if opening is not None:
        book.carried_over(opening.positions, opening.opened, history.first or Nanos(0))
    for booked in history.booked:
        book.take(booked.entry, booked.origin)
    return book


def trades_of(book: LotBook, intents: Mapping[IntentId, Intent]) -> list[Trade]:
    """Trades in the order in which they were opened. Lots of no basket are a trade for each outcome."""
    closed: dict[tuple[IntentId, OutcomeId | None], list[ClosedLot]] = defaultdict(list)
    held: dict[tuple[IntentId, OutcomeId | None], list[Lot]] = defaultdict(list)
    for each in book.closed:
        closed[_key(each.lot)].append(each)
    for lot in book.held():
        held[_key(lot)].append(lot)
    found = [
        Trade(key[0], intents.get(key[0]), tuple(closed.get(key, ())), tuple(held.get(key, ())))
        for key in {**dict.fromkeys(closed), **dict.fromkeys(held)}
    ]
    return sorted(found, key=_opened)


def by_strategy(trades: Sequence[Trade], mark: Mark) -> tuple[Slice, ...]:
    """The contribution of each strategy."""
    return _slices(trades, lambda trade, _: trade.strategy, mark)


def by_venue(trades: Sequence[Trade], mark: Mark) -> tuple[Slice, ...]:
    """The contribution of each venue; a trade across venues counts at each of them."""
    return _slices(trades, lambda _, lot: venue_of(lot.market), mark)


def by_category(trades: Sequence[Trade], mark: Mark, category: Callable[[MarketId], str]) -> tuple[Slice, ...]:
    """The contribution of each category of questions."""
    return _slices(trades, lambda _, lot: category(lot.market) or UNTOLD, mark)


def by_exit(trades: Sequence[Trade]) -> tuple[Slice, ...]:
    """What each way of closing brought; counted in lots, since a trade may be closed in several."""
    ways: dict[str, list[ClosedLot]] = defaultdict(list)
    for trade in trades:
        for each in trade.closed:
            ways[each.end.how].append(each)
    rows = (
        Slice(
            name=how,
            trades=len(parts),
            won=sum(each.net > 0 for each in parts),
            net=Money(sum(each.net for each in parts)),
            fees=_fees(parts),
            spent=Money(sum(each.lot.cost for each in parts)),
            held=None,
        )
        for how, parts in ways.items()
    )
    return tuple(sorted(rows, key=lambda row: (-row.net, row.name)))


def trade_row(trade: Trade, title: Callable[[Trade], str]) -> TradeRow:
    """A trade that is over, as a row."""
    parts = trade.closed
    venues = dict.fromkeys(str(venue_of(each.lot.market)) for each in parts)
    return TradeRow(
        trade=trade.id,
        strategy=trade.strategy,
        kind=trade.intent.kind if trade.intent is not None else "",
        title=title(trade),
        venue=" and ".join(venues),
        opened=min(each.lot.origin.at for each in parts),
        closed=max(each.end.at for each in parts),
        contracts=Size(sum(each.lot.size for each in parts)),
        cost=Money(sum(each.lot.cost for each in parts)),
        proceeds=Money(sum(each.proceeds for each in parts)),
        fees=_fees(parts),
        net=trade.net,
        ways=", ".join(dict.fromkeys(each.end.how for each in parts)),
    )


def spread_of(nets: Sequence[Money]) -> tuple[Bin, ...]:
    """How results of trades are spread, over bins of the same width with a round edge at zero."""
    if len(nets) < _FEWEST_TO_SPREAD:
        return ()
    width = max(1, -(-(max(*nets, 0) - min(*nets, 0)) // _BINS))
    places = Counter(net // width for net in nets)
    return tuple(
        Bin(Money(place * width), Money((place + 1) * width), places[place])
        for place in range(min(places), max(places) + 1)
    )


def open_rows(
    trades: Iterable[Trade], markets: Mapping[MarketId, Market], titles: Mapping[MarketId, str], mark: Mark
) -> tuple[OpenRow, ...]:
    """What is held, by outcome, the dearest first."""
    lots: dict[OutcomeId, list[Lot]] = defaultdict(list)
    for trade in trades:
        for lot in trade.held:
            lots[lot.outcome].append(lot)
    rows = (_open_row(outcome, held, markets.get(held[0].market), mark(outcome)) for outcome, held in lots.items())
    named = (msgspec.structs.replace(row, title=titles.get(row.market, row.title)) for row in rows)
    return tuple(sorted(named, key=lambda row: (-row.cost, row.outcome)))


def _open_row(outcome: OutcomeId, lots: Sequence[Lot], market: Market | None, price: Price | None) -> OpenRow:
    size = Size(sum(lot.size for lot in lots))
    return OpenRow(
        outcome=outcome,
        market=lots[0].market,
        venue=Venue(venue_of(lots[0].market)),
        title=market.title if market else str(lots[0].market),
        label=market.labels[outcome == market.no] if market else "",
        size=size,
        cost=Money(sum(lot.cost for lot in lots)),
        value=None if price is None else notional_down(price, size),
    )


def _slices(trades: Sequence[Trade], name_of: Callable[[Trade, Lot], str], mark: Mark) -> tuple[Slice, ...]:
    """Lots by name; a trade counts once for each name that its lots have."""
    closed: dict[str, list[ClosedLot]] = defaultdict(list)
    held: dict[str, list[HeldPart]] = defaultdict(list)
    nets: dict[str, dict[int, int]] = defaultdict(dict)
    for number, trade in enumerate(trades):
        for each in trade.closed:
            name = name_of(trade, each.lot)
            closed[name].append(each)
            if trade.over:
                nets[name][number] = nets[name].get(number, 0) + each.net
        for part in held_parts(trade.intent, trade.held, mark):
            held[name_of(trade, part.lot)].append(part)
    rows = (
        Slice(
            name=name,
            trades=len(nets[name]),
            won=sum(net > 0 for net in nets[name].values()),
            net=Money(sum(each.net for each in closed[name])),
            fees=_fees(closed[name]),
            spent=Money(sum(each.lot.cost for each in closed[name]) + sum(part.lot.cost for part in held[name])),
            held=_result(held[name]),
        )
        for name in {**dict.fromkeys(closed), **dict.fromkeys(held)}
    )
    return tuple(sorted(rows, key=lambda row: (-row.net - (row.held or 0), row.name)))


def _result(parts: Iterable[HeldPart]) -> Money | None:
    """What open lots stand at, less their cost and fees; None if one of them has no price."""
    results = [part.result for part in parts]
    known = [result for result in results if result is not None]
    return Money(sum(known)) if len(known) == len(results) else None


def _fees(parts: Iterable[ClosedLot]) -> Money:
    return Money(sum(each.fee + each.lot.fee for each in parts))


def _key(lot: Lot) -> tuple[IntentId, OutcomeId | None]:
    trade = lot.origin.trade
    return (trade, None) if trade != _OPENED_ALONE else (trade, lot.outcome)


def _opened(trade: Trade) -> Nanos:
    starts = [each.lot.origin.at for each in trade.closed] + [lot.origin.at for lot in trade.held]
    return min(starts)
