"""What Prometheus is told: readable by its own parser, and nothing of what is not known."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from dutchbook.app.latency import Stage
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import DOLLAR, SECOND, Money, Nanos
from dutchbook.evaluation.desk_rows import LimitRow, VenueRow
from dutchbook.evaluation.snapshot import StageFigures
from dutchbook.interfaces.metrics import Figures, metrics_text
from dutchbook.storage.alert_book import AlertBook, Raised
from dutchbook.storage.alert_words import Occasion, Tier
from tests.interfaces.telegram.rig import snapshot


def samples(figures: Figures) -> dict[str, float]:
    """All samples by name and labels."""
    found = {}
    for family in text_string_to_metric_families(metrics_text(figures).decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def venue(**chosen: object) -> VenueRow:
    facts: dict[str, object] = {
        "venue": Venue.KALSHI,
        "state": "up",
        "since": None,
        "denied": "",
        "age": Nanos(2 * 10**9),
        "markets": 1,
        "books": 2,
        "books_usable": 1,
        "losses": 3,
        "cash": None,
        "exposure": Money(5 * DOLLAR),
        "orders_working": 1,
        "orders_unknown": 0,
    }
    return VenueRow(**{**facts, **chosen})  # type: ignore[arg-type]


def test_a_desk_at_work_is_told_in_dollars_seconds_and_counts() -> None:
    desk = snapshot(orders=7, fills_total=5, refused=2, refusals={"venue_limit": 2}, halted="because")
    told = samples(Figures(version="1", snapshot=desk, age=Nanos(10**8), running=True))
    assert told["dutchbook_equity_dollars"] == 10_005.0
    assert told["dutchbook_data_age_seconds"] == 0.5
    assert told["dutchbook_fills_total"] == 5
    assert told["dutchbook_refusals_total{rule=venue_limit}"] == 2
    assert told["dutchbook_halted"] == 1
    assert told["dutchbook_desk_running"] == 1


def test_the_names_of_other_programs_have_the_same_values() -> None:
    stage = StageFigures(stage=Stage.ACKNOWLEDGED, median_us=2_500.0, p99_us=9_000.0, count=4)
    desk = snapshot(orders=7, fills_total=5, refused=2, stages=(stage,))
    told = samples(Figures(version="1", snapshot=desk, running=True))
    assert told["orders_submitted_total"] == told["dutchbook_orders_total"] == 7
    assert told["orders_simulated_total"] == 0
    assert told["orders_filled_total"] == told["dutchbook_fills_total"] == 5
    assert told["risk_violations_total"] == 2
    assert told["risk_kills"] == 0
    assert told["api_latency_ms"] == 2.5
    assert told["api_calls_total"] == 4
    assert samples(Figures(version="1", snapshot=snapshot(mode="paper", orders=7)))["orders_simulated_total"] == 7


def test_without_a_desk_there_is_no_figure_of_one() -> None:
    told = samples(Figures(version="1"))
    assert told["dutchbook_desk_running"] == 0
    assert not any("equity" in name or "orders" in name for name in told)


def test_venues_and_the_fullest_use_of_each_limit_are_told() -> None:
    limits = [
        LimitRow(rule="position_limit", about=f"m{used}", title="", used=Money(used), limit=Money(100), binds="")
        for used in (10, 60)
    ]
    rows = (venue(), venue(venue=Venue.POLYMARKET, denied="unknown order", age=None))
    told = samples(Figures(version="1", venues=rows, limits=limits))
    assert told["dutchbook_venue_up{venue=kalshi}"] == 1
    assert told["dutchbook_venue_up{venue=polymarket}"] == 0
    assert "dutchbook_venue_data_age_seconds{venue=polymarket}" not in told
    assert told["dutchbook_limit_used_ratio{rule=position_limit}"] == 0.6


def test_a_hostile_name_stays_a_label() -> None:
    desk = snapshot(source='x"} 1\ndutchbook_equity_dollars 0\n# ', refusals={'a"b\n{': 1})
    told = samples(Figures(version="1", snapshot=desk))
    assert told["dutchbook_equity_dollars"] == 10_005.0
    assert told['dutchbook_refusals_total{rule=a"b\n{}'] == 1


def test_alerts_are_counted_with_the_time_that_people_took(tmp_path: Path) -> None:
    book = AlertBook(tmp_path / "alerts.jsonl")
    for number, seconds in enumerate((10, 20, 60)):
        draft = Raised(id="", at=Nanos(0), occasion=Occasion.HALT, tier=Tier.CRITICAL, mode="live", title=str(number))
        book.acknowledge(book.raise_alert(draft).id, "cli:ann", Nanos(seconds * SECOND))
    book.raise_alert(Raised(id="", at=Nanos(0), occasion=Occasion.HALT, tier=Tier.CRITICAL, mode="live", title="open"))
    told = samples(Figures(version="1", alerts=tuple(book.alerts().values())))
    assert told["dutchbook_alerts_open"] == 1
    assert told["dutchbook_alerts{tier=critical}"] == 4
    assert told["dutchbook_alert_response_seconds"] == 20
