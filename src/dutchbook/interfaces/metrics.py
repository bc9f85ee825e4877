"""What Prometheus scrapes: the desk's figures, drawn from one picture of it. Nothing is counted here.

Counters begin anew with each run, as Prometheus expects of a process that was restarted. Names that other programs use
stand beside ours, with the same values. What is not known is not there: never a zero that means "no desk answers".
"""

from collections.abc import Iterable, Iterator, Sequence
from statistics import median

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric

from dutchbook.app.latency import Stage
from dutchbook.domain.units import DOLLAR, SECOND, Nanos
from dutchbook.evaluation.desk_rows import LimitRow, VenueRow
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.storage.alert_book import AlertState
from dutchbook.storage.alert_words import Tier

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""What the answer is to be labelled as."""
_LIVE_ORDERS = frozenset({"sandbox", "live"})
"""Modes whose orders leave; others simulate them."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """All that is told. Without a `snapshot` no desk runs, or none answers; `age` is how old it is."""

    version: str
    snapshot: DeskSnapshot | None = None
    age: Nanos | None = None
    running: bool = False
    venues: Sequence[VenueRow] = ()
    limits: Sequence[LimitRow] = ()
    alerts: Sequence[AlertState] = ()
    """All of the book."""


def response_of(alerts: Iterable[AlertState]) -> Nanos | None:
    """The median time until an alert was acknowledged; None where nobody had to yet."""
    taken = [alert.response for alert in alerts if alert.response is not None]
    return Nanos(int(median(taken))) if taken else None


def metrics_text(figures: Figures) -> bytes:
    """All metrics in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(figures))
    return generate_latest(registry)


class _Collector:
    """Makes metrics of figures when it is asked."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: what there is depends on the figures."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        figures = self._figures
        yield InfoMetricFamily("dutchbook_build", "The program.", value={"version": figures.version})
        yield _gauge("dutchbook_desk_running", "Whether a desk runs in this home.", int(figures.running))
        yield from _alerts(figures.alerts)
        if figures.snapshot is not None:
            yield from _desk(figures.snapshot, figures.age)
            yield from _known_elsewhere(figures.snapshot)
        yield from _venues(figures.venues)
        yield from _limits(figures.limits)


def _alerts(alerts: Sequence[AlertState]) -> Iterator[Metric]:
    yield _gauge("dutchbook_alerts_open", "Alerts that nobody acknowledged yet.", sum(one.waits for one in alerts))
    raised = GaugeMetricFamily("dutchbook_alerts", "Alerts in the book, by tier.", labels=["tier"])
    undelivered = 0
    tiers = dict.fromkeys(Tier, 0)
    for one in alerts:
        tiers[one.raised.tier] += 1
        undelivered += bool(one.pending)
    for tier, count in tiers.items():
        raised.add_metric([tier], count)
    yield raised
    yield _gauge("dutchbook_alerts_undelivered", "Alerts that a channel has not taken.", undelivered)
    if (response := response_of(alerts)) is not None:
        words = "Median time until an acknowledgement."
        yield _gauge("dutchbook_alert_response_seconds", words, response / SECOND)


def _desk(desk: DeskSnapshot, age: Nanos | None) -> Iterator[Metric]:
    mode = InfoMetricFamily("dutchbook_run", "The run that is at work.")
    mode.add_metric([], {"mode": desk.mode, "run": desk.run, "source": desk.source})
    yield mode
    if age is not None:
        yield _gauge("dutchbook_picture_age_seconds", "How old these figures are.", age / SECOND)
    if desk.data_age is not None:
        yield _gauge("dutchbook_data_age_seconds", "Time since the last frame of market data.", desk.data_age / SECOND)
    yield _gauge("dutchbook_uptime_seconds", "How long the run has worked.", desk.elapsed / SECOND)
    yield _gauge("dutchbook_halted", "Whether the desk is halted.", int(desk.halted is not None))
    yield _gauge("dutchbook_paused", "Whether opening is paused.", int(desk.paused is not None))
    for name, words, amount in (
        ("equity", "Cash and positions at their bids", desk.equity),
        ("cash", "Cash", desk.cash),
        ("high_water", "The most that equity was", desk.high_water),
        ("exposure", "Positions at cost and what open purchases may spend", desk.exposure),
        ("realised", "Realised profit, gross", desk.realised),
        ("unrealised", "Unrealised profit", desk.unrealised),
        ("fees", "Fees paid", desk.fees),
    ):
        yield _gauge(f"dutchbook_{name}_dollars", f"{words}, in dollars.", amount / DOLLAR)
    for name, words, count in (
        ("frames", "Frames of market data", desk.frames),
        ("intents", "Intents of strategies", desk.intents),
        ("orders", "Orders", desk.orders),
        ("fills", "Fills", desk.fills_total),
        ("opportunities", "Opportunities seen", desk.opportunities),
        ("near_misses", "Near misses seen", desk.near_misses_seen),
        ("journal_lines", "Lines of the journal", desk.journal_lines),
    ):
        yield _counter(f"dutchbook_{name}", f"{words}, in this run.", count)
    for name, words, count in (
        ("orders_working", "Orders at work", desk.orders_working),
        ("near_misses_open", "Near misses now", desk.near_misses_open),
        ("books", "Books", desk.books_total),
        ("books_usable", "Books that are known", desk.books_usable),
        ("bundles", "Bundles watched", desk.bundles_total),
    ):
        yield _gauge(f"dutchbook_{name}", f"{words}.", count)
    refused = CounterMetricFamily("dutchbook_refusals", "Refusals of risk, by rule.", labels=["rule"])
    for rule, count in sorted(desk.refusals.items()):
        refused.add_metric([rule], count)
    yield refused
    yield from _latency(desk)


def _latency(desk: DeskSnapshot) -> Iterator[Metric]:
    took = GaugeMetricFamily(
        "dutchbook_stage_seconds", "How long a stage of the way of an order took.", labels=["stage", "quantile"]
    )
    times = CounterMetricFamily("dutchbook_stage", "How often a stage was measured.", labels=["stage"])
    for row in desk.stages:
        took.add_metric([row.stage, "0.5"], row.median_us / 1e6)
        took.add_metric([row.stage, "0.99"], row.p99_us / 1e6)
        times.add_metric([row.stage], row.count)
    yield took
    yield times


def _known_elsewhere(desk: DeskSnapshot) -> Iterator[Metric]:
    """The names of `orders.simulated`, `risk.kills` and so on, as Prometheus writes names."""
    leaves = desk.mode in _LIVE_ORDERS
    simulated, submitted = (0, desk.orders) if leaves else (desk.orders, 0)
    yield _counter("orders_simulated", "Orders to the fill model: alias of dutchbook_orders.", simulated)
    yield _counter("orders_submitted", "Orders that left: alias of dutchbook_orders.", submitted)
    yield _counter("orders_filled", "Fills: alias of dutchbook_fills.", desk.fills_total)
    yield _counter("risk_violations", "Refused intents: alias of dutchbook_refusals.", desk.refused)
    yield _gauge(
        "risk_kills", "Whether the kill switch holds: alias of dutchbook_halted.", int(desk.halted is not None)
    )
    for row in desk.stages:
        if row.stage == Stage.ACKNOWLEDGED:
            yield _counter("api_calls", "Orders that a venue answered.", row.count)
            yield _gauge(
                "api_latency_ms", "Median time from the bytes of an order to that answer.", row.median_us / 1e3
            )


def _venues(venues: Sequence[VenueRow]) -> Iterator[Metric]:
    if not venues:
        return
    for name, words, value in (
        ("up", "Whether the venue takes orders", lambda row: int(row.state == "up" and not row.denied)),
        ("books_usable", "Books of the venue that are known", lambda row: row.books_usable),
        ("orders_working", "Orders at work there", lambda row: row.orders_working),
        ("orders_unknown", "Orders there of which nobody knows whether they live", lambda row: row.orders_unknown),
        ("data_age_seconds", "Time since its last frame", lambda row: None if row.age is None else row.age / SECOND),
        ("exposure_dollars", "Capital at work there", lambda row: row.exposure / DOLLAR),
    ):
        metric = GaugeMetricFamily(f"dutchbook_venue_{name}", f"{words}.", labels=["venue"])
        for row in venues:
            if (found := value(row)) is not None:
                metric.add_metric([row.venue], found)
        yield metric
    lost = CounterMetricFamily("dutchbook_venue_losses", "How often books of a venue were lost.", labels=["venue"])
    for row in venues:
        lost.add_metric([row.venue], row.losses)
    yield lost


def _limits(limits: Sequence[LimitRow]) -> Iterator[Metric]:
    """How full each limit is, by its fullest use: limits on markets would be a series for each market."""
    fullest: dict[str, float] = {}
    for row in limits:
        share = row.used / row.limit if row.limit else 1.0
        fullest[row.rule] = max(fullest.get(row.rule, 0.0), share)
    if fullest:
        metric = GaugeMetricFamily("dutchbook_limit_used_ratio", "Share of a limit that is used.", labels=["rule"])
        for rule, share in sorted(fullest.items()):
            metric.add_metric([rule], share)
        yield metric


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _counter(name: str, words: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(name, words, value=value)
