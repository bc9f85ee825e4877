"""The measures of success that were set before: targets, what was reached, and whether that can be said at all."""

import math
from collections.abc import Sequence
from random import Random

import msgspec

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.evaluation.performance.intervals import bootstrap, share, sharpe
from dutchbook.evaluation.performance.trades import Trade
from dutchbook.evaluation.report_object import Drawdown, Estimate, Lasted, Score, Unit, Verdict

SHARPE, WIN_RATE, DRAWDOWN, UPTIME, RESPONSE = 1.5, 0.55, 0.20, 0.99, 300.0
"""The targets: a year's Sharpe ratio, shares, and seconds."""
_MILLION = 1_000_000
_ORACLE = "oracle"
_DAYS_TO_MIX = 20
_ENDLESS = math.inf


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a scorecard is made of, over one run or over several of one mode.

    `ran` are the stretches in which a desk ran, over `span`; `responses` how long each critical alert waited for a
    person, None for those that still do. Without an alert book `responses` is None.
    """

    returns: Sequence[float]
    trades: Sequence[Trade]
    drawdown: Drawdown | None
    days: int
    ran: Sequence[tuple[Nanos, Nanos]]
    span: tuple[Nanos, Nanos]
    responses: Sequence[Lasted | None] | None = None


def scorecard(evidence: Evidence, chance: Random) -> tuple[Score, ...]:
    """The five measures, in their order."""
    return (
        _score("Sharpe ratio", SHARPE, Unit.RATIO, sharpe(evidence.returns)),
        _score("win rate of oracle-based trades", WIN_RATE, Unit.SHARE, _win_rate(evidence.trades)),
        _score("deepest drawdown from any peak", DRAWDOWN, Unit.SHARE, _drawdown(evidence, chance), above=False),
        _score("uptime", UPTIME, Unit.SHARE, _uptime(evidence)),
        _score("response time to critical alerts", RESPONSE, Unit.SECONDS, _response(evidence.responses), above=False),
    )


def is_oracle_based(trade: Trade) -> bool:
    """Whether a strategy wanted a trade because of what it knew from outside the venues."""
    return trade.intent is not None and trade.strategy.startswith(_ORACLE)


def verdict(target: float, actual: Estimate, *, above: bool) -> Verdict:
    """What an interval says of its target. An end that is None is one that nobody knows."""
    if actual.value is None and actual.low is None:
        return Verdict.NO_DATA
    worst, best = (actual.low, actual.high) if above else (actual.high, actual.low)
    if worst is not None and (worst > target if above else worst < target):
        return Verdict.MET
    if best is not None and (best < target if above else best > target):
        return Verdict.MISSED
    return Verdict.UNDECIDED


def _score(name: str, target: float, unit: Unit, actual: Estimate, *, above: bool = True) -> Score:
    said = verdict(target, actual, above=above)
    return Score(name=name, target=target, above=above, unit=unit, actual=actual, verdict=said)


def _win_rate(trades: Sequence[Trade]) -> Estimate:
    over = [trade for trade in trades if trade.over and is_oracle_based(trade)]
    if not over:
        return Estimate(value=None, note="no strategy traded on what an oracle told")
    return share(sum(trade.net > 0 for trade in over), len(over))


def _drawdown(evidence: Evidence, chance: Random) -> Estimate:
    """The deepest fall that was seen, and those that the same days would have led to in other orders.

    With fewer than 20 days only what was seen counts: it can be too deep, but other days may fall deeper.
    """
    if not evidence.days:
        return Estimate(value=None, note="equity was never looked at")
    value = evidence.drawdown.share / _MILLION if evidence.drawdown is not None else 0.0
    if len(evidence.returns) < _DAYS_TO_MIX:
        note = f"the deepest that was seen; how deep it can get needs {_DAYS_TO_MIX} days"
        return Estimate(value=value, low=value, sample=len(evidence.returns), note=note)
    low, high = bootstrap(evidence.returns, _deepest, chance)
    return Estimate(value=value, low=low, high=high, sample=len(evidence.returns))


def _deepest(returns: Sequence[float]) -> float:
    index = peak = 1.0
    deepest = 0.0
    for each in returns:
        index *= 1 + each
        peak = max(peak, index)
        deepest = max(deepest, 1 - index / peak)
    return deepest


def _uptime(evidence: Evidence) -> Estimate:
    """The share of the time from the first start to the last sign of life in which a desk ran.

    The interval is over stretches of an hour, each up or not: outages last, and minutes of one are no new evidence.
    """
    first, last = evidence.span
    whole = last - first
    if whole <= 0:
        return Estimate(value=None, note="no time has passed")
    up = sum(until - since for since, until in evidence.ran)
    hours = max(1, whole // (3_600 * SECOND))
    counted = share(round(up / whole * hours), hours)
    note = "venues never close, so every hour is a market hour; maintenance pauses count as up"
    return Estimate(value=min(1.0, up / whole), low=counted.low, high=counted.high, sample=hours, note=note)


def _response(responses: Sequence[Lasted | None] | None) -> Estimate:
    """The median time until a person acknowledged a critical alert, with its order statistics as interval.

    Alerts that still wait count as endless: a median or an end that would be one of them is None.
    """
    if not responses:
        why = "no alert book is kept" if responses is None else "no critical alert was raised"
        return Estimate(value=None, note=why)
    waits = sorted(_ENDLESS if wait is None else wait / SECOND for wait in responses)
    count = len(waits)
    inside = sum(wait < RESPONSE for wait in waits)
    apart = math.sqrt(count)  # 1.96 standard deviations of the number below the median, which is sqrt(n) / 2
    low, high = math.floor(count / 2 - apart), math.ceil(count / 2 + apart)
    return Estimate(
        value=_finite(waits[count // 2]),
        low=_finite(waits[low]) if low >= 0 else None,
        high=_finite(waits[high]) if high < count else None,
        sample=count,
        note=f"{inside} of {count} within {RESPONSE / 60:.0f} minutes",
    )


def _finite(value: float) -> float | None:
    return None if value == _ENDLESS else value
