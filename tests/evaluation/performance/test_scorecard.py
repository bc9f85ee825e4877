"""The scorecard says met or missed only where the interval says so."""

from random import Random

import pytest

from dutchbook.domain.orders import Intent, IntentId
from dutchbook.domain.units import DAY, SECOND, Money, Nanos
from dutchbook.evaluation.performance.lots import LotBook, Origin
from dutchbook.evaluation.performance.scorecard import Evidence, scorecard, verdict
from dutchbook.evaluation.performance.trades import Trade, trades_of
from dutchbook.evaluation.report_object import Drawdown, Estimate, Lasted, Ppm, Score, Verdict
from tests.portfolio.entries import bought, sold, yes

MINUTE = 60 * SECOND


def evidence(**said: object) -> Evidence:
    base: dict[str, object] = {
        "returns": (),
        "trades": (),
        "drawdown": None,
        "days": 1,
        "ran": ((Nanos(0), Nanos(DAY)),),
        "span": (Nanos(0), Nanos(DAY)),
    }
    return Evidence(**{**base, **said})  # type: ignore[arg-type]


def scored(name: str, **said: object) -> Score:
    return next(score for score in scorecard(evidence(**said), Random(1)) if name in score.name)


def trade(strategy: str, price: int) -> Trade:
    book = LotBook()
    book.take(bought(yes(), 5_000, 1_000_000), Origin(Nanos(1), "bought", trade=IntentId("i1")))
    book.take(sold(yes(), price, 1_000_000), Origin(Nanos(2), "sold", trade=IntentId("i1")))
    intent = Intent(
        id=IntentId("i1"),
        strategy=strategy,
        kind="oracle",
        subject="s",
        legs=(),
        cost=Money(1),
        edge=Money(1),
        max_loss=Money(1),
        oldest=Nanos(0),
        at=Nanos(0),
        reason="",
    )
    [made] = trades_of(book, {intent.id: intent})
    return made


@pytest.mark.parametrize(
    ("low", "high", "above", "said"),
    [
        (1.6, 2.0, True, Verdict.MET),
        (1.0, 2.0, True, Verdict.UNDECIDED),
        (0.1, 1.4, True, Verdict.MISSED),
        (None, 1.4, True, Verdict.MISSED),
        (1.6, None, False, Verdict.MISSED),
        (1.0, 1.4, False, Verdict.MET),
        (1.0, None, False, Verdict.UNDECIDED),
    ],
)
def test_a_verdict_needs_the_whole_interval(low: float | None, high: float | None, above: bool, said: Verdict) -> None:
    assert verdict(1.5, Estimate(value=1.5, low=low, high=high), above=above) is said


def test_without_anything_seen_there_is_no_verdict() -> None:
    bare = evidence(ran=(), span=(Nanos(0), Nanos(0)), days=0)
    assert {score.verdict for score in scorecard(bare, Random(1))} == {Verdict.NO_DATA}
    assert all(score.actual.note for score in scorecard(bare, Random(1)))


def test_only_trades_on_what_an_oracle_told_count_for_their_win_rate() -> None:
    assert scored("win rate", trades=[trade("bundle", 9_000)] * 500).verdict is Verdict.NO_DATA
    won, lost = trade("oracle-sniper", 9_000), trade("oracle-sniper", 1_000)
    assert scored("win rate", trades=[won] * 300 + [lost] * 100).verdict is Verdict.MET
    assert scored("win rate", trades=[won, lost]).verdict is Verdict.UNDECIDED
    assert scored("win rate", trades=[won] * 100 + [lost] * 300).verdict is Verdict.MISSED


def test_a_good_and_steady_year_meets_the_sharpe_ratio() -> None:
    chance = Random(3)
    assert scored("Sharpe", returns=[chance.gauss(0.003, 0.01) for _ in range(365)]).verdict is Verdict.MET
    assert scored("Sharpe", returns=[chance.gauss(-0.003, 0.01) for _ in range(365)]).verdict is Verdict.MISSED


def test_a_drawdown_that_was_too_deep_is_missed_whatever_follows() -> None:
    deep = Drawdown(share=Ppm(250_000), money=Money(1), peak=Nanos(0), trough=Nanos(1), recovered=None)
    assert scored("drawdown", drawdown=deep).verdict is Verdict.MISSED
    assert scored("drawdown", drawdown=None).verdict is Verdict.UNDECIDED
    assert scored("drawdown", drawdown=None, returns=[0.001, -0.001] * 50).verdict is Verdict.MET


def test_uptime_counts_the_time_between_the_first_start_and_the_last_sign_of_life() -> None:
    month = Nanos(60 * DAY)
    whole = scored("uptime", ran=((Nanos(0), month),), span=(Nanos(0), month))
    assert (whole.actual.value, whole.verdict) == (1.0, Verdict.MET)
    half = scored("uptime", ran=((Nanos(0), Nanos(30 * DAY)),), span=(Nanos(0), month))
    assert (half.actual.value, half.verdict) == (0.5, Verdict.MISSED)


def test_alerts_that_nobody_answered_count_as_endless() -> None:
    quick, slow = Lasted(MINUTE), Lasted(20 * MINUTE)
    assert scored("response", responses=None).verdict is Verdict.NO_DATA
    assert scored("response", responses=[quick] * 30).verdict is Verdict.MET
    assert scored("response", responses=[slow] * 20 + [None] * 10).verdict is Verdict.MISSED
    waiting = scored("response", responses=[quick] * 2 + [None] * 3)
    assert (waiting.actual.value, waiting.verdict) == (None, Verdict.UNDECIDED)
    assert "2 of 5" in waiting.actual.note
