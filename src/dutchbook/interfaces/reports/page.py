"""A report as one page of HTML that needs nothing else: no network, no script, charts inline, light and dark."""

from collections.abc import Iterable, Sequence
from html import escape

from dutchbook.evaluation.report_object import RunReport, Verdict
from dutchbook.interfaces.reports import charts, figures
from dutchbook.interfaces.reports.style import STYLE
from dutchbook.interfaces.words import NOBODY, money, percent, signed_money

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Nothing is fetched and nothing runs, whatever a market calls itself."""

MOST_ROWS = 100
"""Of one table: a page stays below a megabyte, whatever a run did."""


def page(report: RunReport) -> str:
    """The whole page. Every text of the report is escaped: titles come from venues."""
    title = escape(figures.headline(report))
    body = "".join(_sections(report))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def _sections(report: RunReport) -> Iterable[str]:
    yield _header(report)
    yield "<main>"
    yield _cards(report)
    yield _limits(report)
    yield _section("Equity", charts.equity_chart(report.curve), charts.drawdown_chart(report.curve))
    days, months = report.performance.days, report.performance.months
    yield _section(
        "Results over time",
        charts.period_chart("Net result of each day (UTC)", days) if len(days) > 1 else "",
        charts.period_chart("Net result of each month (UTC)", months) if len(months) > 1 else "",
        charts.spread_chart(report.performance.spread),
        _table(figures.months(report)),
    )
    yield _section("Money and trades", _pairs(figures.capital_pairs(report)), _pairs(figures.trade_pairs(report)))
    yield _section(
        "Where it came from",
        charts.slice_chart("By strategy, dollars", report.by_strategy),
        charts.slice_chart("By way of closing, dollars", report.by_exit),
        *(_table(made) for made in figures.contributions(report)),
        _paragraph(figures.apart_words(report)),
    )
    yield _section(
        "Orders",
        _pairs(figures.order_pairs(report)),
        _pairs(figures.exposure_pairs(report)),
        charts.age_chart(report.orders.by_age),
        _table(figures.ages(report)),
        _table(figures.slippages(report)),
    )
    yield _section("Compared with", _table(figures.yardsticks(report)))
    yield _section("Scorecard", _table(figures.scores(report.scores)))
    yield _section(
        "Trades",
        _table(figures.trades("Best trades", report.best)),
        _table(figures.trades("Worst trades", report.worst)),
        _table(figures.held(report)),
    )
    yield _section("Incidents", _table(figures.incidents(report)) or "<p>None on record.</p>")
    yield _section("What this is", _pairs(figures.data_pairs(report)), _pairs(figures.identity_pairs(report)))
    yield "</main>"


def _header(report: RunReport) -> str:
    identity = report.identity
    mode = escape(identity.mode)
    return (
        f'<header><span class="badge mode-{mode}">{mode.upper()}</span>'
        f"<h1>{escape(', '.join(identity.strategies) or 'no strategy')}</h1>"
        f"<p>{escape(identity.run)} · {escape(figures.period(report))}</p></header>"
    )


def _cards(report: RunReport) -> str:
    capital, found, orders = report.capital, report.performance, report.orders
    worst = found.drawdown
    rate = found.win_rate.value
    cards = (
        ("Net result", signed_money(capital.net), f"{percent(capital.share)} of what was put in", capital.net),
        ("Equity", money(capital.equity), f"cash {money(capital.cash)}", 0),
        ("Fees", money(capital.fees), f"{orders.fills:,} fills of {orders.sent:,} orders", 0),
        ("Deepest drawdown", NOBODY if worst is None else percent(worst.share), _drawdown_days(report), 0),
        (
            "Trades",
            f"{found.trades:,}",
            f"{NOBODY if rate is None else f'{rate:.0%}'} won, {found.open_trades:,} open",
            0,
        ),
        ("Sharpe ratio", figures.number(found.sharpe.value), found.sharpe.note or f"{found.sharpe.sample:,} days", 0),
    )
    inner = "".join(
        f'<div class="card"><span>{escape(name)}</span><strong class="{_sign(amount)}">{escape(value)}</strong>'
        f"<small>{escape(beside)}</small></div>"
        for name, value, beside, amount in cards
    )
    return f'<section class="cards" aria-label="Key figures">{inner}</section>'


def _drawdown_days(report: RunReport) -> str:
    worst = report.performance.drawdown
    if worst is None:
        return "equity never fell"
    return f"{money(worst.money)}, {'recovered' if worst.recovered is not None else 'not recovered'}"


def _limits(report: RunReport) -> str:
    if not report.limits:
        return ""
    rows = "".join(f"<li>{escape(limit)}</li>" for limit in report.limits)
    return f'<section class="limits"><h2>What this cannot show</h2><ul>{rows}</ul></section>'


def _section(title: str, *parts: str) -> str:
    drawn = "".join(part for part in parts if part.startswith("<figure"))
    rest = "".join(part for part in parts if not part.startswith("<figure"))
    inner = (f'<div class="charts">{drawn}</div>' if drawn else "") + rest
    return f"<section><h2>{escape(title)}</h2>{inner}</section>" if inner else ""


def _pairs(made: figures.Pairs) -> str:
    title, rows = made
    inner = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows)
    return f"<h3>{escape(title)}</h3><dl>{inner}</dl>"


def _table(made: figures.Table) -> str:
    title, columns, rows = made
    if not rows:
        return ""
    numbers = [column.startswith(">") for column in columns]
    heads = "".join(
        f'<th scope="col"{_number(right)}>{escape(column.removeprefix(">"))}</th>'
        for column, right in zip(columns, numbers, strict=True)
    )
    body = "".join(f"<tr>{_cells(row, numbers)}</tr>" for row in rows[:MOST_ROWS])
    if len(rows) > MOST_ROWS:
        body += (
            f'<tr><td colspan="{len(columns)}">and {len(rows) - MOST_ROWS:,} more: dutchbook report --json</td></tr>'
        )
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{escape(title)}"><table>'
        f"<caption>{escape(title)}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(row: Sequence[str], numbers: Sequence[bool]) -> str:
    return "".join(f"<td{_number(right)}>{_marked(cell)}</td>" for cell, right in zip(row, numbers, strict=True))


def _marked(cell: str) -> str:
    """A cell; verdicts stand out, by a sign and not by their colour alone."""
    sign = _VERDICTS.get(cell)
    return f'<b class="verdict {sign[1]}">{sign[0]} {escape(cell.lower())}</b>' if sign else escape(cell)


_VERDICTS = {
    Verdict.MET.upper(): ("✓", "gain"),
    Verdict.MISSED.upper(): ("✗", "loss"),
    Verdict.UNDECIDED.upper(): ("?", "open"),
    Verdict.NO_DATA.upper(): ("-", "open"),
}


def _number(right: bool) -> str:
    return ' class="number"' if right else ""


def _sign(amount: int) -> str:
    return "gain" if amount > 0 else "loss" if amount < 0 else ""


def _paragraph(words: str) -> str:
    return f"<p>{escape(words)}</p>" if words else ""
