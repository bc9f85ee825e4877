"""Markets that behave as they did not before, and markets that only look so."""

from pathlib import Path

from dutchbook.app.recorded_events import recorded_events
from dutchbook.config.alert_settings import AnomalySettings
from dutchbook.domain.book import Level, Side
from dutchbook.domain.events import BookLost, BookSnapshot, LevelAdded, LevelSet, LevelsSet, TradePrinted
from dutchbook.domain.markets import Market
from dutchbook.domain.units import CONTRACT, SECOND, Nanos, Price, Size
from dutchbook.engine.clocks import VirtualClock
from dutchbook.interfaces.alerts.anomalies import Anomalies
from dutchbook.interfaces.alerts.market_watch import MarketWatch
from dutchbook.storage.alert_words import Occasion
from tests.interfaces.alerts.walk import START, a_desk, pass_seconds

WINDOW = 300
SETTINGS = AnomalySettings.model_validate({})


def a_market(tmp_path: Path) -> Market:
    clock = VirtualClock(START)
    with a_desk(tmp_path, clock) as desk:
        return next(iter(desk.parts.desk.catalogue.markets()))


class Street:
    """One market, trade by trade, in seconds and dollars."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.anomalies = Anomalies(SETTINGS, [market])
        self.told: list[Occasion] = []

    def trade(self, second: int, dollars: int, side: Side = Side.BUY, *, no: bool = False) -> None:
        event = TradePrinted(
            outcome=self.market.no if no else self.market.yes,
            price=Price(5_000),
            size=Size(2 * dollars * CONTRACT),
            taker=side,
            received=Nanos(second * SECOND),
        )
        self.told += [notice.occasion for notice in self.anomalies.take(event, "paper")]

    def book(self, second: int, size: int) -> None:
        levels = (Level(Price(4_900), Size(size * CONTRACT)),)
        event = BookSnapshot(self.market.yes, levels, (Level(Price(5_100), Size(CONTRACT)),), Nanos(second * SECOND))
        self.anomalies.take(event, "paper")

    def look(self, second: int) -> None:
        self.told += [notice.occasion for notice in self.anomalies.look(Nanos(second * SECOND), "paper")]


def test_a_trade_of_many_dollars_is_told(tmp_path: Path) -> None:
    street = Street(a_market(tmp_path))
    street.trade(1, 4_999)
    street.trade(2, 5_000)
    assert street.told.count(Occasion.LARGE_TRADE) == 1


def test_volume_is_unusual_against_the_windows_before_it_and_told_once_a_window(tmp_path: Path) -> None:
    street = Street(a_market(tmp_path))
    for window in range(6):
        street.trade(window * WINDOW, 300, Side.BUY if window % 2 else Side.SELL)
    street.trade(6 * WINDOW, 1_400)
    assert street.told == []
    street.trade(6 * WINDOW + 1, 200, Side.SELL)
    street.trade(6 * WINDOW + 2, 900, Side.SELL)
    assert street.told == [Occasion.UNUSUAL_VOLUME]


def test_a_market_of_which_little_is_known_is_not_unusual(tmp_path: Path) -> None:
    street = Street(a_market(tmp_path))
    street.trade(0, 10)
    street.trade(WINDOW, 4_000)
    assert Occasion.UNUSUAL_VOLUME not in street.told


def test_one_sided_flow_is_told_when_its_window_is_over_and_no_counts_as_the_other_side(tmp_path: Path) -> None:
    street = Street(a_market(tmp_path))
    street.trade(0, 1_000, Side.BUY)
    street.trade(1, 1_000, Side.SELL, no=True)  # who sells NO buys YES
    assert street.told == []
    street.trade(WINDOW, 1)
    assert street.told == [Occasion.FLOW_IMBALANCE]
    balanced = Street(a_market(tmp_path))
    balanced.trade(0, 1_000, Side.BUY)
    balanced.trade(1, 1_000, Side.BUY, no=True)
    balanced.trade(WINDOW, 1)
    assert balanced.told == []


def test_depth_that_vanishes_within_a_window_is_told_once(tmp_path: Path) -> None:
    street = Street(a_market(tmp_path))
    street.book(0, 5_000)
    street.look(0)
    street.book(10, 500)
    street.look(10)
    street.book(20, 499)
    street.look(20)
    assert street.told == [Occasion.DEPTH_CHANGE]


def test_depth_that_goes_slowly_or_was_never_much_is_not_told(tmp_path: Path) -> None:
    street = Street(a_market(tmp_path))
    for step in range(20):
        street.book(step * 100, 5_000 - 240 * step)
        street.look(step * 100)
    thin = Street(a_market(tmp_path))
    thin.book(0, 900)
    thin.look(0)
    thin.book(10, 1)
    thin.look(10)
    assert street.told + thin.told == []


def test_a_book_that_was_lost_and_comes_back_is_no_change(tmp_path: Path) -> None:
    street = Street(a_market(tmp_path))
    street.book(0, 5_000)
    street.look(0)
    street.anomalies.take(BookLost((street.market.yes,), "gap", Nanos(SECOND)), "paper")
    change = LevelSet(street.market.yes, Side.BUY, Price(4_900), Size(CONTRACT))
    street.anomalies.take(LevelsSet((change,), Nanos(2 * SECOND)), "paper")
    street.anomalies.take(LevelAdded(street.market.yes, Side.BUY, Price(4_900), 5, Nanos(2 * SECOND)), "paper")
    street.look(2)
    street.book(3, 100)
    street.look(3)
    assert street.told == []


def test_a_recording_that_grows_is_read_on_without_missing_or_repeating_a_trade(tmp_path: Path) -> None:
    clock = VirtualClock(START)
    with a_desk(tmp_path, clock) as desk:
        pass_seconds(clock, desk, 30)
        desk._writer.flush()
        folder = tmp_path / "runs" / desk.run / "recording"
        events = recorded_events(folder)
        assert events is not None
        first = sum(1 for _ in events.read(10**6))
        pass_seconds(clock, desk, 30)
        desk._writer.flush()
        second = sum(1 for _ in events.read(10**6))
        assert list(events.read(10**6)) == []
    assert list(events.read(10**6)) == []  # its last segment got its final name
    whole = recorded_events(folder)
    assert whole is not None
    assert first > 0
    assert second > 0
    assert sum(1 for _ in whole.read(10**6)) == first + second


def test_without_a_recording_there_is_nothing_to_watch(tmp_path: Path) -> None:
    assert MarketWatch(SETTINGS).look(tmp_path / "nowhere", "paper") == []
