"""How a running desk stands: its limits, what keeps it from opening, its venues and its strategies, as rows."""

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from dutchbook.app.assembly import Parts
from dutchbook.app.lost_books import LostBooks
from dutchbook.app.market_books import market_books
from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, Venue, venue_of
from dutchbook.domain.orders import Leg, OrderStatus
from dutchbook.domain.units import SECOND, Money, Nanos, Price, Size
from dutchbook.engine.desk import Desk
from dutchbook.evaluation.desk_rows import LimitRow, LockRow, RateRow, StrategyRow, VenueRow
from dutchbook.risk.settings import RiskSettings, percent
from dutchbook.venues.trading import Paced

_MILLION = 1_000_000
_DAY = 86_400 * SECOND
_MARKETS = 10
"""Markets whose limits are shown: those with the most capital."""
_ANY_ORDER = Leg(OutcomeId(""), MarketId(""), Side.BUY, Price(0), Size(0), Price(0))
"""An ordinary order, to ask whether a venue would take one now."""


def limit_rows(parts: Parts, risk: RiskSettings) -> tuple[LimitRow, ...]:
    """Each limit with what is used of it, those on the whole desk first."""
    return (*_desk_limits(parts.desk, risk), *_venue_limits(parts, risk), *_market_limits(parts.desk, risk))


def lock_rows(parts: Parts) -> tuple[LockRow, ...]:
    """What keeps the desk, a venue or a strategy from opening now."""
    return tuple(_locks(parts))


def venue_rows(
    parts: Parts, losses: Mapping[Venue, int], brokers: Mapping[Venue, object] = MappingProxyType({})
) -> tuple[VenueRow, ...]:
    """Every venue of which anything is known; `losses` counts how often books of it were lost."""
    desk = parts.desk
    markets: Counter[Venue] = Counter()
    books: Counter[Venue] = Counter()
    usable: Counter[Venue] = Counter()
    for market in desk.catalogue.markets():
        if market.payout is None:
            markets[market.venue] += 1
    for market, view in market_books(desk):
        books[market.venue] += 1
        usable[market.venue] += view.usable
    working = desk.execution.orders.working()
    return tuple(
        VenueRow(
            venue=venue,
            state=desk.execution.venues[venue],
            since=desk.execution.venues.since(venue) or None,
            denied=desk.execution.venues.denies(venue, _ANY_ORDER) or "",
            age=_age(desk, venue),
            markets=markets[venue],
            books=books[venue],
            books_usable=usable[venue],
            losses=losses.get(venue, 0),
            cash=desk.venue_cash.at(venue),
            exposure=desk.exposure.venue(venue),
            orders_working=sum(venue_of(order.leg.market) is venue for order in working),
            orders_unknown=sum(
                venue_of(order.leg.market) is venue and order.status is OrderStatus.UNKNOWN for order in working
            ),
            rates=_rates(brokers.get(venue)),
        )
        for venue in Venue
        if markets[venue] or _age(desk, venue) is not None
    )


def strategy_rows(parts: Parts) -> tuple[StrategyRow, ...]:
    """The strategies in the order in which they are asked."""
    execution = parts.desk.execution
    intents = execution.working()
    orders = Counter(order.intent for order in execution.orders.working())
    rows = []
    for name in parts.loop.strategy_names:
        if name == LostBooks.name:  # it only listens
            continue
        mine = [intent for intent in intents if intent.strategy == name]
        rows.append(
            StrategyRow(
                name=name,
                paused=parts.desk.paused_by(name),
                intents_working=len(mine),
                orders_working=sum(orders[intent.id] for intent in mine),
                committed=Money(sum(intent.cost for intent in mine)),
                max_loss=Money(sum(intent.max_loss for intent in mine)),
            )
        )
    return tuple(rows)


def _desk_limits(desk: Desk, risk: RiskSettings) -> Iterator[LimitRow]:
    bankroll, drawdown = desk.drawdown.bankroll, desk.drawdown
    equity = desk.valuation().low
    limit, binds = _cap(bankroll, risk.deployed_limit, risk.deployed_limit_dollars, "deployed_limit")
    yield _row("deployed_limit", "", "capital in all markets", desk.exposure.deployed(), limit, binds)
    lost = Money(max(0, drawdown.equity_at_day_start - equity))
    _, binds = _cap(bankroll, risk.daily_loss, risk.daily_loss_dollars, "daily_loss")
    yield _row("daily_loss", "", "lost since midnight UTC", lost, drawdown.daily_limit, binds)
    fallen = Money(max(0, drawdown.high_water - equity))
    room = Money(drawdown.high_water - drawdown.floor)
    binds = f"ratcheting_stop {percent(risk.ratcheting_stop)}"
    yield _row("ratcheting_stop", "", "below the high-water mark", fallen, room, binds)


def _venue_limits(parts: Parts, risk: RiskSettings) -> Iterator[LimitRow]:
    bankroll = parts.desk.drawdown.bankroll
    limit, binds = _cap(bankroll, risk.venue_limit, risk.venue_limit_dollars, "venue_limit")
    for venue in sorted({market.venue for market in parts.desk.catalogue.markets()}):
        yield _row("venue_limit", venue, venue, parts.desk.exposure.venue(venue), limit, binds)


def _market_limits(desk: Desk, risk: RiskSettings) -> Iterator[LimitRow]:
    limit, binds = _cap(desk.drawdown.bankroll, risk.position_limit, risk.position_limit_dollars, "position_limit")
    touched = set(desk.ledger.cost_by_market) | {order.leg.market for order in desk.execution.orders.working()}
    used = sorted(((desk.exposure.market(market), market) for market in touched), reverse=True)
    for amount, id_ in used[:_MARKETS]:
        market = desk.market(id_)
        yield _row("position_limit", id_, market.title if market else id_, amount, limit, binds)


def _cap(bankroll: Money, share: int, amount: Money | None, name: str) -> tuple[Money, str]:
    """The tighter of a share of the bankroll and an amount, and which of the two it is."""
    of_bankroll = Money(bankroll * share // _MILLION)
    if amount is not None and amount < of_bankroll:
        return amount, f"{name}_dollars"
    return of_bankroll, f"{name} {percent(share)} of the bankroll"


def _row(rule: str, about: str, title: str, used: Money, limit: Money, binds: str) -> LimitRow:
    return LimitRow(rule=rule, about=about, title=title, used=used, limit=limit, binds=binds)


def _locks(parts: Parts) -> Iterator[LockRow]:
    desk = parts.desk
    if desk.halt_reason is not None:
        yield LockRow(about="desk", reason=f"halted: {desk.halt_reason}", lift="dutchbook resume --i-checked")
    for strategy, by in desk.pauses.items():
        lift = f"dutchbook resume {strategy}".strip()
        yield LockRow(about=strategy or "all strategies", reason=f"paused by {by}", lift=lift)
    if (reason := desk.drawdown.paused(desk.now)) is not None:
        until = Nanos((desk.now // _DAY + 1) * _DAY)
        yield LockRow(about="desk", reason=reason, until=until, lift="at midnight UTC, by itself")
    for venue in Venue:
        if (reason := desk.execution.venues.denies(venue, _ANY_ORDER)) is not None:
            since = desk.execution.venues.since(venue) or None
            yield LockRow(about=venue, reason=reason, since=since, lift="when the venue or its account says so")


def _rates(broker: object) -> tuple[RateRow, ...]:
    if not isinstance(broker, Paced):
        return ()
    return tuple(RateRow(name=one.name, left=one.left, capacity=one.capacity) for one in broker.fillings())


def _age(desk: Desk, venue: Venue) -> Nanos | None:
    """Since anything was heard of a venue: the sources of its frames begin with its name."""
    heard = [at for source, at in desk.heard.items() if source == venue or source.startswith(f"{venue}/")]
    return Nanos(max(0, desk.now - max(heard))) if heard else None
