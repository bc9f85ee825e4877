"""Real and simulated markets side by side, as a table for docs/scenarios.md.

    python -m benchmarks.calibration [--hours 6] [--seed 1]

Reads the recordings in the folder that DUTCHBOOK_DATA names (by default ../shared/data beside the repository).
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.calibration_measures import Measure, Measures, Range
from benchmarks.calibration_recorded import recorded
from benchmarks.calibration_simulated import simulated
from dutchbook.domain.identity import Venue

ROOT = Path(__file__).resolve().parents[1]

PAIRS: Sequence[tuple[str, Sequence[str], tuple[Venue, str]]] = (
    (
        "Crypto, 15 minutes, Polymarket",
        ("polymarket-btc5m-books", "polymarket-updown15m-l1"),
        (Venue.POLYMARKET, "crypto"),
    ),
    ("Crypto, 15 minutes, Kalshi (real: gold)", ("kalshi-gold15m-ws",), (Venue.KALSHI, "crypto")),
    ("Sports, Polymarket (real: baseball)", ("polymarket-mlb-ws",), (Venue.POLYMARKET, "sports")),
    ("Sports, Kalshi", ("kalshi-rest-books (sports)",), (Venue.KALSHI, "sports")),
    ("Weather brackets, Polymarket", ("polymarket-negrisk-weather",), (Venue.POLYMARKET, "weather")),
    (
        "Weather brackets, Kalshi",
        ("kalshi-weather-quotes", "kalshi-weather-trades", "kalshi-rest-books (weather)"),
        (Venue.KALSHI, "weather"),
    ),
    (
        "negRisk events, Polymarket (real: football; simulated: election)",
        ("polymarket-gamma-dumps",),
        (Venue.POLYMARKET, "election"),
    ),
    ("One question on both venues", ("cross-venue-quotes",), (Venue.KALSHI, "twins")),
)
"""What is compared: a title, the recordings (for each measure the first one that has it), the simulated family."""


def table(real: Mapping[str, Measures], living: Mapping[tuple[Venue, str], Measures]) -> Iterator[str]:
    """Lines of markdown."""
    yield "| market | measure | real: median (5-95 %) | simulated: median (5-95 %) |"
    yield "|---|---|---:|---:|"
    for title, recordings, key in PAIRS:
        simulated_ranges = living[key].ranges()
        for measure in Measure:
            found = [ranges[measure] for name in recordings if measure in (ranges := real[name].ranges())]
            if found and measure in simulated_ranges:
                yield f"| {title} | {measure} | {_shown(found[0])} | {_shown(simulated_ranges[measure])} |"


def _shown(values: Range) -> str:
    return f"{_plain(values.median)} ({_plain(values.low)} to {_plain(values.high)})"


def _plain(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.1 or value == 0 else f"{value:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=6, help="of simulated time")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    data = (ROOT / os.environ.get("DUTCHBOOK_DATA", "../shared/data")).resolve()
    sys.stdout.writelines(line + "\n" for line in table(recorded(data), simulated(chosen.hours, chosen.seed)))


if __name__ == "__main__":
    main()
