"""The figures of a report in words, the same for terminal and page: titles, rows, and what stands in each cell."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from dutchbook.domain.units import CONTRACT, Money, Nanos
from dutchbook.evaluation.report_object import (
    AgeRow,
    Comparison,
    Estimate,
    RunReport,
    Score,
    Slice,
    Slippage,
    TradeRow,
    Unit,
)
from dutchbook.interfaces.words import NOBODY, counts, iso, money, number_of, percent, signed_money, size, span

type Row = tuple[str, ...]
type Table = tuple[str, Row, list[Row]]
"""A title, the columns (one whose name begins with `>` is numbers), and the rows."""
type Pairs = tuple[str, list[tuple[str, str]]]
"""A title, and names with their values."""


def headline(report: RunReport) -> str:
    """The mode first, then what ran."""
    identity = report.identity
    return f"{identity.mode.upper()}  {', '.join(identity.strategies) or 'no strategy'}  {identity.run}"


def period(report: RunReport) -> str:
    """From when to when the run lasted."""
    began, last = report.identity.began, report.identity.last
    if began is None or last is None:
        return "no line in the journal"
    end = "" if report.identity.ended else ", without an end"
    return f"{moment(began)} to {moment(last)} UTC ({span(Nanos(last - began))}{end})"


def capital_pairs(report: RunReport) -> Pairs:
    """Where the money came from and where it is."""
    capital, performance = report.capital, report.performance
    rows = [
        ("net result", f"{signed_money(capital.net)} ({percent(capital.share)} of what was put in)"),
        (
            "made of",
            (
                f"realised {signed_money(capital.realised)}, unrealised {signed_money(capital.unrealised)}, "
                f"fees {money(capital.fees)}"
            ),
        ),
        ("began with", f"{money(capital.opening)}, put in since {signed_money(capital.put_in)}"),
        (
            "equity",
            (
                f"{money(capital.equity)}: cash {money(capital.cash)}, positions that cost "
                f"{money(capital.positions_at_cost)}"
            ),
        ),
        ("deepest drawdown", drawdown_words(report)),
        ("Sharpe ratio", estimate(performance.sharpe)),
        ("Sortino ratio", estimate(performance.sortino)),
        ("Calmar ratio", number(performance.calmar)),
    ]
    if capital.rewards:
        together = signed_money(Money(capital.net + capital.rewards))
        rows.insert(1, ("rewards", f"{money(capital.rewards)} by the venues' own word, beside it; {together} together"))
    return "Money", rows


def trade_pairs(report: RunReport) -> Pairs:
    """What trades came to."""
    found = report.performance
    average = f"{_maybe(found.average_win, signed_money)} won, {_maybe(found.average_loss, signed_money)} lost"
    return "Trades", [
        (
            "over",
            f"{number_of(found.trades, 'trade')}: {found.won:,} won, {found.lost:,} lost; {found.open_trades:,} open",
        ),
        ("win rate", estimate(found.win_rate, _share)),
        ("expectancy", estimate(found.expectancy, _dollars)),
        ("on average", average),
        ("profit factor", number(found.profit_factor)),
    ]


def order_pairs(report: RunReport) -> Pairs:
    """What became of intents and orders."""
    orders, decisions = report.orders, report.decisions
    stopped = f", {orders.stopped:,} stopped on their last step" if orders.stopped else ""
    rows = [
        ("intents", f"{decisions.intents:,}, {decisions.refused:,} refused by risk"),
        ("orders", f"{orders.sent:,} sent{stopped}"),
        ("ended", counts(orders.by_status.items()) or NOBODY),
        ("fills", f"{orders.fills:,}, {orders.by_making:,} of them while resting"),
        ("fill ratio", estimate(orders.fill_ratio, _share)),
        ("first fill after", span(None if orders.first_fill is None else Nanos(orders.first_fill))),
    ]
    if decisions.refusals:
        rows.insert(1, ("refused by", counts(decisions.refusals.items())))
    if orders.were_unknown:
        rows.append(("were unknown", f"{orders.were_unknown:,}, still so: {', '.join(orders.unknown) or 'none'}"))
    return "Orders", rows


def exposure_pairs(report: RunReport) -> Pairs:
    """How much was at work."""
    found = report.exposure
    most = f" at {moment(found.most_at)}" if found.most_at is not None else ""
    return "Exposure", [
        ("positions at cost", f"{money(found.mean)} on average, {money(found.most)} at most{most}"),
        ("time with positions", percent(found.share_of_time)),
        ("traded", f"{money(found.traded)}, {number(found.turnover)} times the equity"),
    ]


def data_pairs(report: RunReport) -> Pairs:
    """What the run saw."""
    data, identity = report.data, report.identity
    gaps = "not known" if data.gaps is None else f"{data.gaps:,}"
    return "Market data", [
        ("grade", str(identity.grade)),
        (
            "read",
            (
                f"{number_of(data.frames, 'frame')}, {number_of(data.events, 'event')}, {gaps} gaps, "
                f"{number_of(data.faults, 'fault')}"
            ),
        ),
        ("recording", "whole" if data.whole else "cut short, or none"),
    ]


def identity_pairs(report: RunReport) -> Pairs:
    """By what this run can be told apart."""
    identity = report.identity
    return "Identity", [
        ("source", identity.source or NOBODY),
        ("program", identity.code or "not kept"),
        ("settings", identity.settings or NOBODY),
        ("data", identity.data or NOBODY),
        ("journal", f"{identity.journal_lines:,} lines, head {identity.journal_head}"),
    ]


def slices(title: str, rows: Sequence[Slice]) -> Table:
    """Contributions below each other."""
    columns = (title.lower(), ">trades", ">won", ">closed, net", ">fees", ">still open", ">bought for")
    cells: list[Row] = [
        (
            row.name,
            f"{row.trades:,}",
            percent(row.won * 1_000_000 // row.trades) if row.trades else NOBODY,
            signed_money(row.net),
            money(row.fees),
            _maybe(row.held, signed_money),
            money(row.spent),
        )
        for row in rows
    ]
    return f"By {title.lower()}", columns, cells


def contributions(report: RunReport) -> Iterator[Table]:
    """By strategy, venue, category and exit."""
    yield slices("Strategy", report.by_strategy)
    yield slices("Venue", report.by_venue)
    yield slices("Category", report.by_category)
    yield slices("Exit", report.by_exit)


def months(report: RunReport) -> Table:
    """The result of each month."""
    rows: list[Row] = [(row.name, signed_money(row.net), percent(row.share)) for row in report.performance.months]
    return "Months (UTC)", ("month", ">net", ">return"), rows


def ages(report: RunReport) -> Table:
    """How many orders traded by how long they worked."""
    rows: list[Row] = [
        (_age(row), f"{row.orders:,}", f"{row.filled:,}", percent(row.share))
        for row in report.orders.by_age
        if row.orders
    ]
    return "Fill ratio by order age", ("until its first fill or end", ">orders", ">traded", ">share"), rows


def slippages(report: RunReport) -> Table:
    """What fills cost beyond a reference."""
    rows = [_slippage(row) for row in report.slippage]
    columns = ("against", ">cents a contract", ">95 % interval", ">orders", ">contracts", ">in all")
    return "Slippage (positive is worse)", columns, rows


def yardsticks(report: RunReport) -> Table:
    """The result beside other ways of doing."""
    this = ("this run", signed_money(report.capital.net), "", "")
    return "Compared with", ("what", ">net", ">95 % of draws", "how"), [this, *map(_comparison, report.comparisons)]


def scores(rows: Sequence[Score]) -> Table:
    """Targets beside what was reached."""
    columns = ("measure", ">target", ">actual", ">95 % interval", ">sample", "verdict", "note")
    return "Scorecard", columns, [_score(row) for row in rows]


def trades(title: str, rows: Sequence[TradeRow]) -> Table:
    """Trades that are over."""
    columns = ("trade", "market", "strategy", ">contracts", ">cost", ">fees", ">net", "closed")
    cells: list[Row] = [
        (row.trade or NOBODY, row.title, row.strategy, size(row.contracts), money(row.cost), money(row.fees),
         signed_money(row.net), row.ways)
        for row in rows
    ]  # fmt: skip
    return title, columns, cells


def held(report: RunReport) -> Table:
    """What is open at the end."""
    columns = ("market", "outcome", "venue", ">contracts", ">cost", ">at its bid")
    rows: list[Row] = [
        (row.title, row.label, str(row.venue), size(row.size), money(row.cost), _maybe(row.value, money))
        for row in report.held
    ]
    return "Open at the end", columns, rows


def incidents(report: RunReport) -> Table:
    """What a person should know of."""
    rows: list[Row] = [(moment(row.at), row.kind, row.text) for row in report.incidents]
    total = sum(report.incident_counts.values())
    more = f" (the first {len(rows)} of {total:,})" if total > len(rows) else ""
    return f"Incidents{more}", ("at", "kind", "what"), rows


def apart_words(report: RunReport) -> str:
    """What the tables do not hold; empty if that is nothing."""
    if not report.apart:
        return ""
    return (
        f"{signed_money(report.apart)} of the result is in no table: sets that several trades made whole, positions "
        "without a price (they stand at cost), fees that came back"
    )


def moment(at: Nanos) -> str:
    """A time to the second; JSON has it to the microsecond."""
    return (iso(at) or "")[:19].replace("T", " ")


def drawdown_words(report: RunReport) -> str:
    """The deepest fall with its dates."""
    worst = report.performance.drawdown
    if worst is None:
        return "none"
    until = "not recovered" if worst.recovered is None else f"recovered {moment(worst.recovered)}"
    dates = f"peak {moment(worst.peak)}, trough {moment(worst.trough)}, {until}"
    return f"{percent(worst.share)} ({money(worst.money)}): {dates}"


def number(value: float | None, decimals: int = 2) -> str:
    """A plain number."""
    return NOBODY if value is None else f"{value:,.{decimals}f}"


def estimate(found: Estimate, form: Callable[[float], str] = number) -> str:
    """A figure with its interval and its sample, or why there is none."""
    if found.value is None:
        return f"{NOBODY} ({found.note})" if found.note else NOBODY
    return f"{form(found.value)} ({_interval(found, form)}{number_of(found.sample, 'observation')})"


def _interval(found: Estimate, form: Callable[[float], str]) -> str:
    ends = _ends(found, form)
    return f"95 %: {ends}; " if ends else ""


def _ends(found: Estimate, form: Callable[[float], str]) -> str:
    if found.low is None and found.high is None:
        return ""
    low = "?" if found.low is None else form(found.low)
    return f"{low} to {'?' if found.high is None else form(found.high)}"


def _share(value: float) -> str:
    return f"{value * 100:.1f}%"


def _dollars(value: float) -> str:
    return signed_money(Money(round(value * 1_000_000)))


def _seconds(value: float) -> str:
    return span(Nanos(round(value * 1_000_000_000)))


_FORMS: Mapping[Unit, Callable[[float], str]] = MappingProxyType(
    {Unit.RATIO: number, Unit.SHARE: _share, Unit.SECONDS: _seconds}
)


def _score(row: Score) -> Row:
    form, actual = _FORMS[row.unit], row.actual
    value = NOBODY if actual.value is None else form(actual.value)
    target = f"{'>' if row.above else '<'} {form(row.target)}"
    return (row.name, target, value, _ends(actual, form), f"{actual.sample:,}", row.verdict.upper(), actual.note)


def _slippage(row: Slippage) -> Row:
    def cents(value: float) -> str:
        return f"{value * 100:+.3f}¢"

    each = row.each
    value = NOBODY if each.value is None else cents(each.value)
    contracts = f"{row.contracts // CONTRACT:,}"
    return (row.against, value, _ends(each, cents), f"{each.sample:,}", contracts, signed_money(row.cost))


def _comparison(row: Comparison) -> Row:
    ends = "" if row.low is None or row.high is None else f"{signed_money(row.low)} to {signed_money(row.high)}"
    return (row.name, _maybe(row.net, signed_money), ends, row.note)


def _age(row: AgeRow) -> str:
    return "longer" if row.under is None else f"under {span(Nanos(row.under))}"


def _maybe(value: Money | None, form: Callable[[Money], str]) -> str:
    return NOBODY if value is None else form(value)
