"""The near-miss pool, and the bundles that come closest to their payoff."""

from dutchbook.evaluation.snapshot import BundleRow, DeskSnapshot, PoolRow
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.elements import panel
from dutchbook.interfaces.web.pages.frame import Page
from dutchbook.interfaces.web.pages.rows import Cell, Row
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.words import ratio

_POOL = (
    Column("title", "Bundle", "title"), Column("kind", "Kind"), Column("ratio", "Cost / payoff", "num"),
    Column("best", "Lowest", "num"), Column("lasted", "For", "num"), Column("short", "Lacks", "num"),
)  # fmt: skip
_BUNDLES = (
    Column("title", "Bundle", "title"), Column("kind", "Kind"), Column("legs", "Legs", "num"),
    Column("ratio", "Cost / payoff", "num"), Column("standing", "Standing"),
)  # fmt: skip
_NEAREST = 8
_STANDINGS = {
    "under": ("below its payoff", "badge good"),
    "near": ("near miss", "badge warn"),
    "far": ("far", "badge"),
    "unpriced": ("no price", "badge"),
}


def pool_panel(page: Page, span: int = 12) -> None:
    """Bundles that nearly pay, the nearest first."""
    with panel("Near misses", span=span, flush=True) as made:
        page.aged(made)
        table = DeskTable(
            "Near misses",
            _POOL,
            empty="No bundle is near its payoff now.",
            next_step="One appears here as soon as a set costs at most 2% more than it pays.",
        )

    def fast(now: DeskSnapshot) -> None:
        within = now.near_misses_open - len(now.near_misses)
        made.note.show(f"{within:,} more within single markets" if within > 0 and len(now.near_misses) < 12 else "")
        table.show(map(_pool_row, now.near_misses))

    page.each_beat(fast)


def bundles_panel(page: Page) -> None:
    """Bundles of several markets, the nearest to their payoff first."""
    with panel("Bundles", flush=True) as made:
        page.aged(made)
        table = DeskTable(
            "Bundles",
            _BUNDLES,
            empty="No bundle of several markets is watched.",
            next_step="They come with questions whose markets exclude or imply each other.",
        )

    def fast(now: DeskSnapshot) -> None:
        made.note.show(f"nearest of {now.bundles_total:,} to what they pay")
        table.show(map(_bundle_row, now.bundles[:_NEAREST]))

    page.each_beat(fast)


def _pool_row(row: PoolRow) -> Row:
    return {
        "id": row.bundle,
        "title": Cell(row.title, to=shown.bundle_path(row.bundle)),
        "kind": shown.KINDS[row.kind],
        "ratio": Cell(ratio(row.ratio), rank=row.ratio),
        "best": Cell(ratio(row.best), rank=row.best),
        "lasted": shown.span(row.lasted),
        "short": shown.price(row.short),
    }


def _bundle_row(row: BundleRow) -> Row:
    words, tone = _STANDINGS.get(row.standing, (row.standing, "badge"))
    return {
        "id": row.bundle,
        "title": Cell(row.title, to=shown.bundle_path(row.bundle)),
        "kind": shown.KINDS[row.kind],
        "legs": Cell(str(row.legs), rank=row.legs),
        "ratio": Cell(ratio(row.ratio), rank=row.ratio),
        "standing": Cell(words, tone=tone),
    }
