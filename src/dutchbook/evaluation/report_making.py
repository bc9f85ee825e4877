"""Makes the report of a run from what its journal told and what is known beside it."""

from collections.abc import Mapping, Sequence
from random import Random

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import OrderId
from dutchbook.domain.units import DOLLAR, Money, Nanos, Price, complement
from dutchbook.evaluation.performance.comparison import Quotes, comparisons
from dutchbook.evaluation.performance.curve import Curve, curve_of
from dutchbook.evaluation.performance.exposure import exposure
from dutchbook.evaluation.performance.history import RunHistory
from dutchbook.evaluation.performance.intervals import FEWEST_DAYS, YEAR_DAYS, mean, share, sharpe, sortino
from dutchbook.evaluation.performance.orders import order_figures, slippage, slippage_at_arrival
from dutchbook.evaluation.performance.scorecard import Evidence, scorecard
from dutchbook.evaluation.performance.trades import (
    Trade,
    by_category,
    by_exit,
    by_strategy,
    by_venue,
    lots_of,
    open_rows,
    spread_of,
    trade_row,
    trades_of,
)
from dutchbook.evaluation.report_object import (
    Capital,
    DataFigures,
    Decisions,
    Grade,
    Identity,
    IncidentRow,
    Lasted,
    Performance,
    Ppm,
    RunReport,
    Slippage,
    TradeRow,
)
from dutchbook.portfolio.entries import FeeRefund
from dutchbook.portfolio.ledger import LedgerState

MOST_TRADES = 10
"""Best and worst trades that are named."""
_MANY_DAYS = 30
_SHOWN_INCIDENTS = 200
_MILLION = 1_000_000


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a run besides its journal.

    `bids` are the last ones that were seen, `middles` those of each order's market when it left, in price units.
    Without a recording that was read, `quotes`, `bids` and `middles` are None.
    """

    run: str
    code: str = ""
    data: str = ""
    grade: Grade = Grade.NONE
    journal_head: str = ""
    source: str = ""
    gaps: int | None = None
    whole: bool = False
    categories: Mapping[MarketId, str] = {}
    markets: Mapping[MarketId, Market] = {}
    titles: Mapping[MarketId, str] = {}
    """What markets are called, with their questions."""
    bids: Mapping[OutcomeId, Price] | None = None
    middles: Mapping[OrderId, float] | None = None
    quotes: Quotes = {}
    responses: Sequence[Lasted | None] | None = None
    limits: tuple[str, ...] = ()


def report_of_run(history: RunHistory, beside: Beside) -> RunReport:
    """The report. The same journal and surroundings give the same one: chance is seeded with the run's name."""
    return _Making(history, beside).report()


class _Making:
    def __init__(self, history: RunHistory, beside: Beside) -> None:
        self._history = history
        self._beside = beside
        self._chance = Random(f"report of {beside.run}")  # noqa: S311 - resampling, not a secret
        self._markets = {**beside.markets, **history.markets}
        self._market_of = {outcome: market for market in self._markets.values() for outcome in (market.yes, market.no)}
        self._titles = {id_: market.title for id_, market in self._markets.items()} | dict(beside.titles)
        self._trades = trades_of(lots_of(history), history.intents)
        self._curve = curve_of(history.equity)

    def report(self) -> RunReport:
        trades = self._trades
        over = sorted((trade for trade in trades if trade.over and trade.closed), key=_net)
        best = [trade for trade in reversed(over[-MOST_TRADES:]) if trade.net > 0]
        worst = [trade for trade in over[:MOST_TRADES] if trade.net < 0]
        history, capital = self._history, self._capital()
        slipped = self._slippage()
        strategies = by_strategy(trades, self._worth)
        return RunReport(
            identity=self._identity(),
            capital=capital,
            performance=self._performance(over),
            curve=self._curve.shown(),
            by_strategy=strategies,
            by_venue=by_venue(trades, self._worth),
            by_category=by_category(trades, self._worth, lambda market: self._beside.categories.get(market, "")),
            by_exit=by_exit(trades),
            apart=Money(capital.net - sum(row.net + (row.held or 0) for row in strategies)),
            decisions=self._decisions(),
            orders=order_figures(history.orders),
            slippage=slipped,
            exposure=exposure(history.books.at_cost, history.orders.fills, history.equity, self._span),
            comparisons=comparisons(
                capital.net,
                history.orders.fills,
                self._worth,
                self._beside.quotes,
                slipped[-1] if len(slipped) > 1 else None,
                self._chance,
            ),
            best=tuple(self._row(trade) for trade in best),
            worst=tuple(self._row(trade) for trade in worst),
            held=open_rows(trades, self._markets, self._titles, self._worth),
            incidents=tuple(IncidentRow(one.at, one.kind, one.text) for one in history.incidents[:_SHOWN_INCIDENTS]),
            incident_counts=dict(history.incident_counts),
            data=self._data(),
            scores=scorecard(self._evidence(), self._chance),
            limits=(*self._beside.limits, *self._own_limits()),
        )

    @property
    def _span(self) -> tuple[Nanos, Nanos]:
        return self._history.first or Nanos(0), self._history.last

    def _worth(self, outcome: OutcomeId) -> Price | None:
        """What a contract pays or, before that, its last bid."""
        market = self._market_of.get(outcome)
        if market is not None and market.payout is not None:
            return market.payout if outcome == market.yes else complement(market.payout)
        return None if self._beside.bids is None else self._beside.bids.get(outcome)

    def _identity(self) -> Identity:
        history, beside = self._history, self._beside
        started = history.started
        return Identity(
            run=beside.run,
            mode=history.mode,
            strategies=started.strategies if started is not None else (),
            source=beside.source or (started.source if started is not None else ""),
            code=beside.code,
            settings=started.settings if started is not None else "",
            data=beside.data,
            grade=beside.grade,
            journal_head=beside.journal_head,
            journal_lines=history.lines,
            began=history.first,
            last=history.last if history.lines else None,
            ended=history.ended is not None,
        )

    def _capital(self) -> Capital:
        ledger, before, history = self._history.books.ledger, _opened(self._history.books.opening), self._history
        first, last = (history.equity[0], history.equity[-1]) if history.equity else (None, None)
        at_cost = Money(ledger.cash + ledger.positions_at_cost)
        # An ended run tells its equity; of one that was cut off the last look may be older than its last trade.
        equity = last.equity if last is not None else at_cost
        opening = first.equity if first is not None else Money(0)
        put_in = Money(history.books.put_in - (first.put_in if first is not None else 0))
        net = Money(equity - opening - put_in)
        base = opening + max(0, put_in)
        realised, fees = Money(ledger.realised - before.realised), Money(ledger.fees - before.fees)
        return Capital(
            opening=opening,
            put_in=put_in,
            equity=equity,
            cash=ledger.cash,
            positions_at_cost=ledger.positions_at_cost,
            realised=realised,
            unrealised=Money(net - realised + fees),
            fees=fees,
            refunds=self._refunds(),
            rewards=Money(sum(history.rewards.values())),
            net=net,
            share=Ppm(net * _MILLION // base) if base > 0 else None,
        )

    def _refunds(self) -> Money:
        """Fees and rewards that came back: part of `fees`, of which they were taken off."""
        entries = (booked.entry for booked in self._history.booked)
        return Money(sum(entry.amount for entry in entries if isinstance(entry, FeeRefund)))

    def _performance(self, over: Sequence[Trade]) -> Performance:
        won = [trade.net for trade in over if trade.net > 0]
        lost = [trade.net for trade in over if trade.net < 0]
        returns = self._curve.returns()
        return Performance(
            trades=len(over),
            won=len(won),
            lost=len(lost),
            open_trades=sum(not trade.over for trade in self._trades),
            win_rate=share(len(won), len(over)),
            expectancy=mean([trade.net / DOLLAR for trade in over], self._chance),
            profit_factor=round(sum(won) / -sum(lost), 4) if lost else None,
            average_win=Money(sum(won) // len(won)) if won else None,
            average_loss=Money(sum(lost) // len(lost)) if lost else None,
            sharpe=sharpe(returns),
            sortino=sortino(returns, self._chance),
            calmar=_calmar(returns, self._curve),
            drawdown=self._curve.drawdown,
            days=self._curve.days(),
            months=self._curve.months(),
            spread=spread_of([trade.net for trade in over]),
        )

    def _decisions(self) -> Decisions:
        history = self._history
        return Decisions(
            intents=history.approved + history.refused,
            approved=history.approved,
            refused=history.refused,
            refusals=dict(history.refusals),
            observed=dict(history.observed),
        )

    def _slippage(self) -> tuple[Slippage, ...]:
        orders, middles = self._history.orders, self._beside.middles
        arrival = slippage_at_arrival(orders, self._chance)
        if middles is None:
            return (arrival,)
        return (arrival, slippage("middle", orders.fills, middles, self._chance))

    def _row(self, trade: Trade) -> TradeRow:
        return trade_row(trade, self._title)

    def _title(self, trade: Trade) -> str:
        """The market of a trade; of a basket that of its first lot, and how many there are besides."""
        lots = [each.lot for each in trade.closed] or list(trade.held)
        markets = list(dict.fromkeys(lot.market for lot in lots))
        title = self._titles.get(markets[0], str(markets[0]))
        return title if len(markets) == 1 else f"{title} and {len(markets) - 1} more"

    def _data(self) -> DataFigures:
        history = self._history
        told = history.ended or history.mark
        return DataFigures(
            frames=told.frames if told is not None else 0,
            events=told.events if told is not None else 0,
            faults=history.incident_counts["fault"],
            gaps=self._beside.gaps,
            whole=self._beside.whole,
        )

    def _evidence(self) -> Evidence:
        return Evidence(
            returns=self._curve.returns(),
            trades=self._trades,
            drawdown=self._curve.drawdown,
            days=len(self._curve.days()),
            ran=(self._span,),
            span=self._span,
            responses=self._beside.responses,
        )

    def _own_limits(self) -> tuple[str, ...]:
        history, notes = self._history, []
        if history.ended is None:
            notes.append(
                "The journal has no last line: the run still goes on or was cut off, and equity is as last seen."
            )
        unpriced = sum(row.value is None for row in open_rows(self._trades, self._markets, self._titles, self._worth))
        if unpriced:
            notes.append(f"No price is known of {unpriced} open positions: what they stand at is not in the tables.")
        if history.carried is not None:
            notes.append("The run began with what an earlier one held: that counts at its average cost.")
        if len(self._curve.returns()) < _MANY_DAYS:
            notes.append(f"Fewer than {_MANY_DAYS} whole days: ratios by the year say next to nothing.")
        return tuple(notes)


class _Before(msgspec.Struct, frozen=True):
    """What the books had earned and paid before this run."""

    realised: int = 0
    fees: int = 0


def _opened(state: LedgerState | None) -> _Before:
    if state is None:
        return _Before()
    balances = {str(account): amount for account, amount in state.balances.items()}
    return _Before(-balances.get("realised", 0), balances.get("fees", 0))


def _calmar(returns: Sequence[float], curve: Curve) -> float | None:
    """The mean return of a year over the deepest drawdown."""
    if len(returns) < FEWEST_DAYS or curve.drawdown is None or not curve.drawdown.share:
        return None
    return round(sum(returns) / len(returns) * YEAR_DAYS / (curve.drawdown.share / _MILLION), 4)


def _net(trade: Trade) -> int:
    return trade.net
