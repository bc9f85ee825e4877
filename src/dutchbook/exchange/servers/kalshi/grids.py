"""A price grid in Kalshi's words: `price_ranges` and the label of the structure (protocol section 2.2)."""

from collections.abc import Mapping
from types import MappingProxyType

from dutchbook.domain.markets import PriceGrid
from dutchbook.exchange.servers.kalshi.formats import price_text

_LABELS: Mapping[tuple[int, int], str] = MappingProxyType(
    {
        (100, 100): "linear_cent",
        (10, 10): "deci_cent",
        (10, 100): "tapered_deci_cent",
        (50, 100): "center_whole_edge_half_cent",
        (20, 100): "center_whole_edge_quint_cent",
        (50, 50): "center_half_edge_half_cent",
        (20, 50): "center_half_edge_quint_cent",
        (10, 50): "center_half_edge_deci_cent",
        (20, 20): "center_quint_edge_quint_cent",
        (10, 20): "center_quint_edge_deci_cent",
        (1, 1): "center_centi_edge_centi_cent",
        (1, 10): "center_deci_edge_centi_cent",
    }
)
"""By the steps at the edges and in the middle."""
_OTHER = "banded_centi_cent"
"""The only label of the enum whose bands are described nowhere."""


def structure_label(grid: PriceGrid) -> str:
    """`price_level_structure` of a grid."""
    steps = [int(band.step) for band in grid.bands]
    edge, middle = steps[0], steps[len(steps) // 2]
    return _LABELS.get((edge, middle), _OTHER) if steps[-1] == edge else _OTHER


def price_ranges(grid: PriceGrid) -> list[dict[str, str]]:
    """`price_ranges` of a grid."""
    return [
        {"start": price_text(band.start), "end": price_text(band.end), "step": price_text(band.step)}
        for band in grid.bands
    ]
