"""Equity over time: money that is put in is no profit, and every fall is measured from its peak."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import DAY, Money, Nanos
from dutchbook.evaluation.performance.curve import MOST_POINTS, Curve, curve_of
from dutchbook.evaluation.performance.history import EquityPoint

HOUR = DAY // 24


def points(*equities: int, put_in: int = 100, every: int = HOUR) -> list[EquityPoint]:
    return [EquityPoint(Nanos(number * every), Money(each), Money(put_in)) for number, each in enumerate(equities)]


def test_a_deposit_is_neither_profit_nor_a_new_peak() -> None:
    curve = curve_of(
        [
            EquityPoint(Nanos(0), Money(100), Money(100)),
            EquityPoint(Nanos(1), Money(90), Money(100)),
            EquityPoint(Nanos(2), Money(190), Money(200)),
        ]
    )
    assert [point.profit for point in curve.points] == [0, -10, -10]
    assert curve.points[-1].below == 100_000


def test_a_desk_that_finds_its_money_at_the_venue_begins_with_it() -> None:
    curve = curve_of([EquityPoint(Nanos(0), Money(0), Money(0)), EquityPoint(Nanos(1), Money(500), Money(500))])
    assert curve.points[-1].profit == 0
    assert curve.drawdown is None


def test_the_deepest_fall_has_its_dates() -> None:
    worst = curve_of(points(100, 120, 90, 110, 130, 125)).drawdown
    assert worst is not None
    assert (worst.share, worst.money) == (250_000, 30)
    assert (worst.peak, worst.trough, worst.recovered) == (HOUR, 2 * HOUR, 4 * HOUR)


def test_a_fall_that_lasts_is_not_recovered() -> None:
    worst = curve_of(points(100, 120, 110)).drawdown
    assert worst is not None
    assert worst.recovered is None


def test_days_and_months_add_up_to_the_profit() -> None:
    curve = curve_of(points(100, 110, 105, 125, 90, every=12 * HOUR))
    assert [day.name for day in curve.days()] == ["1970-01-01", "1970-01-02", "1970-01-03"]
    assert [day.net for day in curve.days()] == [10, 15, -35]
    assert [month.net for month in curve.months()] == [-10]


def test_returns_are_of_whole_days_and_a_day_without_a_look_is_one_without_return() -> None:
    curve = Curve()
    for day, equity in ((0, 100), (1, 110), (4, 121), (5, 60)):
        curve.take(EquityPoint(Nanos(day * DAY), Money(equity), Money(100)))
    assert [round(each, 6) for each in curve.returns()] == [0.1, 0.0, 0.0, 0.1]


def test_runs_that_begin_anew_follow_each_other_without_a_jump() -> None:
    curve = Curve()
    for equities in ((100, 110), (1_000, 900)):
        curve.begin()
        for number, equity in enumerate(equities):
            curve.take(EquityPoint(Nanos(len(curve.points) + number), Money(equity), Money(equities[0])))
    assert curve.points[-1].profit == 10 - 100
    worst = curve.drawdown
    assert worst is not None
    assert worst.share == 100_000


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=40))
def test_no_point_lies_above_the_peak_or_below_nothing(equities: list[int]) -> None:
    curve = curve_of(points(*equities, put_in=equities[0]))
    assert all(0 <= point.below <= 1_000_000 for point in curve.points)
    assert curve.points[-1].profit == equities[-1] - equities[0]
    deepest = max(point.below for point in curve.points)
    assert deepest == (0 if curve.drawdown is None else curve.drawdown.share)
    assert sum(day.net for day in curve.days()) == curve.points[-1].profit


def test_a_long_curve_is_thinned_and_keeps_its_deepest_points() -> None:
    equities = [1_000] * 5_000
    equities[2_345] = 400
    shown = curve_of(points(*equities)).shown()
    assert len(shown) <= MOST_POINTS
    assert min(point.equity for point in shown) == 400
    assert (shown[0].at, shown[-1].at) == (0, 4_999 * HOUR)
