"""A comparison says over how many seeds each strategy was run, and who beats whom where."""

from dutchbook.app.backtest.comparison import compared, markdown
from dutchbook.app.backtest.contenders import AS_WRITTEN
from dutchbook.app.backtest.report import Report
from dutchbook.domain.units import DOLLAR, SECOND, Money, Nanos
from dutchbook.evaluation.making import Result
from dutchbook.strategies.baselines.at_the_middle import NAME as AT_THE_MIDDLE
from dutchbook.strategies.names import REWARD_MAKER


def report(strategy: str, seed: int, net: int) -> Report:
    return Report(
        strategy=strategy,
        scenario="rewards",
        seed=seed,
        lasts=Nanos(3_600 * SECOND),
        result=Result(spread=Money(net * DOLLAR)),
        markets=(),
        markouts=(),
        exposure=Money(30 * DOLLAR),
        exposure_limit=Money(25 * DOLLAR),
        unhedged=Nanos(4 * SECOND),
        self_trades=0,
        frames=0,
        orders=10,
        fills=seed,
        refused=0,
        unknown=0,
        halted=None,
        opening=Money(0),
        equity=Money(0),
        difference=Money(0),
        journal_head="",
        seconds=1.0,
    )


def test_means_say_over_how_many_seeds_they_are() -> None:
    ours = [report(REWARD_MAKER, seed, net) for seed, net in ((1, 4), (2, -2), (3, 1))]
    theirs = [report(AS_WRITTEN, seed, 1) for seed in (1, 2, 3)]
    some = [report(AT_THE_MIDDLE, 1, 9)]
    reports = [*ours, *theirs, *some]
    page = markdown(compared(reports), reports, "dutchbook backtest")
    assert "means over 3 seeds" in page
    assert f"`{AT_THE_MIDDLE}` was run over 1 of them." in page
    assert f"`{AS_WRITTEN}` was run" not in page
    assert f"| {REWARD_MAKER} | 5.00 | 4.0 s | 0 | 0 |" in page
    assert "| 2 | -2.00 | 1.00 |  |" in page
    assert f"`{REWARD_MAKER}` has a better net result than `{AS_WRITTEN}` in 1 of 3 seeds; not in 2, 3." in page
