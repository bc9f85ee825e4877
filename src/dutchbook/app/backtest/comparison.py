"""Several strategies over the same seeds: means, spreads, and who beats whom where."""

from collections.abc import Mapping, Sequence
from statistics import mean

import msgspec

from dutchbook.app.backtest.contenders import AS_WRITTEN, BASELINES, NOTHING
from dutchbook.app.backtest.report import Report, in_dollars, parts_in_dollars
from dutchbook.domain.units import SECOND, Money
from dutchbook.evaluation.making import Result
from dutchbook.strategies.names import STRATEGIES

_INTRODUCTION = (
    "Made by `{command}`; do not edit. Dollars, means over {seeds} seeds, costs negative: `docs/backtest.md` says what "
    "the columns mean and what a simulation cannot show."
)
_SHOWN = ("rewards", "rebates", "spread", "adverse_selection", "hedging", "fees", "net")


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy over all seeds. `beats` counts the seeds with a better net result than another's, by its name."""

    strategy: str
    seeds: int
    mean: Result
    worst: Money
    best: Money
    beats: Mapping[str, int]
    lost_to: Mapping[str, tuple[int, ...]]
    """The seeds in which another strategy did as well or better."""
    fills: float
    orders: float
    breach: Money
    unhedged_s: float
    self_trades: int
    halted: int

    def as_json(self) -> dict[str, object]:
        """Money as decimal strings in dollars."""
        return {
            "strategy": self.strategy,
            "seeds": self.seeds,
            "mean": {
                **parts_in_dollars(self.mean),
                "net": f"{in_dollars(self.mean.net):.2f}",
            },
            "worst": f"{in_dollars(self.worst):.2f}",
            "best": f"{in_dollars(self.best):.2f}",
            "beats": dict(self.beats),
            "lost_to": {name: list(seeds) for name, seeds in self.lost_to.items()},
            "orders": self.orders,
            "fills": self.fills,
            "max_exposure_breach": f"{in_dollars(self.breach):.2f}",
            "oldest_unhedged_fill_s": self.unhedged_s,
            "self_trades": self.self_trades,
            "halted": self.halted,
        }


def compared(reports: Sequence[Report]) -> list[Summary]:
    """A summary of each strategy, in the order in which they came."""
    by_strategy: dict[str, dict[int, Report]] = {}
    for report in reports:
        by_strategy.setdefault(report.strategy, {})[report.seed] = report
    return [_summary(name, of, by_strategy) for name, of in by_strategy.items()]


def _summary(name: str, of: Mapping[int, Report], everybody: Mapping[str, Mapping[int, Report]]) -> Summary:
    nets = [each.result.net for each in of.values()]
    fields = Result.__struct_fields__
    lost = {
        other: tuple(seed for seed, each in of.items() if seed in theirs and each.result.net <= theirs[seed].result.net)
        for other, theirs in everybody.items()
        if other != name
    }
    return Summary(
        strategy=name,
        seeds=len(of),
        mean=Result(
            **{field: Money(round(mean(getattr(each.result, field) for each in of.values()))) for field in fields}
        ),
        worst=min(nets),
        best=max(nets),
        beats={other: len(of) - len(seeds) for other, seeds in lost.items()},
        lost_to=lost,
        fills=mean(each.fills for each in of.values()),
        orders=mean(each.orders for each in of.values()),
        breach=max(each.breach for each in of.values()),
        unhedged_s=max(each.unhedged for each in of.values()) / SECOND,
        self_trades=sum(each.self_trades for each in of.values()),
        halted=sum(each.halted is not None for each in of.values()),
    )


def markdown(summaries: Sequence[Summary], reports: Sequence[Report], command: str) -> str:
    """The comparison as a page of the documentation: means, what may never be, and the net result of each seed."""
    names = [summary.strategy for summary in summaries]
    return (
        "\n\n".join(
            (
                "# Market makers against their baselines",
                _INTRODUCTION.format(command=command, seeds=max(each.seeds for each in summaries)) + _fewer(summaries),
                _table(
                    ("strategy", *(name.replace("_", " ") for name in _SHOWN), "worst seed", "best seed", "fills"),
                    [_means(summary) for summary in summaries],
                ),
                _table(("strategy", "what it does"), [(name, _what(name)) for name in names]),
                "## What may never be",
                _table(
                    ("strategy", "beyond its exposure", "longest without cover", "trades with itself", "halted seeds"),
                    [_never(summary) for summary in summaries],
                ),
                "## Net result of each seed",
                _table(("seed", *names), _seeds(names, reports)),
                *(
                    _lost(summary)
                    for summary in summaries
                    if AS_WRITTEN in summary.lost_to and _is_ours(summary.strategy)
                ),
            )
        )
        + "\n"
    )


def _fewer(summaries: Sequence[Summary]) -> str:
    """Which strategies were run over fewer seeds than others, if any: their means are of those alone."""
    most = max(each.seeds for each in summaries)
    return "".join(f" `{each.strategy}` was run over {each.seeds} of them." for each in summaries if each.seeds < most)


def _means(summary: Summary) -> tuple[str, ...]:
    parts = (f"{in_dollars(getattr(summary.mean, name)):.2f}" for name in _SHOWN)
    ends = (f"{in_dollars(end):.2f}" for end in (summary.worst, summary.best))
    return (summary.strategy, *parts, *ends, f"{summary.fills:.0f}")


def _never(summary: Summary) -> tuple[str, ...]:
    return (
        summary.strategy,
        f"{in_dollars(summary.breach):.2f}",
        f"{summary.unhedged_s:.1f} s",
        str(summary.self_trades),
        str(summary.halted),
    )


def _seeds(names: Sequence[str], reports: Sequence[Report]) -> list[tuple[str, ...]]:
    found = {(each.strategy, each.seed): f"{in_dollars(each.result.net):.2f}" for each in reports}
    seeds = sorted({each.seed for each in reports})
    return [(str(seed), *(found.get((name, seed), "") for name in names)) for seed in seeds]


def _lost(summary: Summary) -> str:
    """In which seeds one of ours is no better than the rules of the document, if in any."""
    seeds, better = summary.lost_to[AS_WRITTEN], summary.beats[AS_WRITTEN]
    where = f"; not in {', '.join(map(str, seeds))}" if seeds else ""
    name = summary.strategy
    return f"`{name}` has a better net result than `{AS_WRITTEN}` in {better} of {summary.seeds} seeds{where}."


def _what(name: str) -> str:
    return BASELINES.get(name) or STRATEGIES[name]


def _is_ours(name: str) -> bool:
    return name not in BASELINES and name != NOTHING


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [" | ".join(header), " | ".join("---" for _ in header), *(" | ".join(row) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)
