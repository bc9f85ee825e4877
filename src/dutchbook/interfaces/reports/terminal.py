"""A report as tables in a terminal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dutchbook.evaluation.report_object import RunReport, Score
from dutchbook.interfaces.cli.output import pairs, table
from dutchbook.interfaces.reports import figures

if TYPE_CHECKING:
    from rich.console import RenderableType

_BEST = 5


def report_parts(report: RunReport) -> "Iterator[RenderableType]":
    """The report, from what it came to to what it cannot show. Tables without a row are left out."""
    yield figures.headline(report)
    yield figures.period(report)
    for title, rows in _summaries(report):
        yield ""
        yield pairs(title, rows)
    for made in _tables(report):
        if made[2]:
            yield ""
            yield table(*made)
    if words := figures.apart_words(report):
        yield words
    yield ""
    for limit in report.limits:
        yield f"note: {limit}"


def score_parts(rows: tuple[Score, ...]) -> "Iterator[RenderableType]":
    """A scorecard alone: the notes stand below, where there is room for them."""
    title, columns, cells = figures.scores(rows)
    yield table(title, columns[:-1], [row[:-1] for row in cells])
    for row in cells:
        if row[-1]:
            yield f"note: {row[0]}: {row[-1]}"


def _summaries(report: RunReport) -> Iterator[figures.Pairs]:
    yield figures.capital_pairs(report)
    yield figures.trade_pairs(report)
    yield figures.order_pairs(report)
    yield figures.exposure_pairs(report)
    yield figures.data_pairs(report)
    yield figures.identity_pairs(report)


def _tables(report: RunReport) -> Iterator[figures.Table]:
    yield from figures.contributions(report)
    yield figures.months(report)
    yield figures.ages(report)
    yield figures.slippages(report)
    yield figures.yardsticks(report)
    yield figures.trades("Best trades", report.best[:_BEST])
    yield figures.trades("Worst trades", report.worst[:_BEST])
    yield figures.held(report)
    yield figures.incidents(report)
    title, columns, cells = figures.scores(report.scores)
    yield title, columns[:-1], [row[:-1] for row in cells]
