"""Markets: search, the watchlist, pairs across venues, and the bundles nearest to their payoff."""

from dutchbook.app.control.wire import ShowMarkets
from dutchbook.app.pairing import all_pairs
from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.identity import MarketId
from dutchbook.domain.pairs import Pair, PairStatus
from dutchbook.domain.units import Nanos
from dutchbook.evaluation.desk_rows import MarketRow
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.dialogs import complain
from dutchbook.interfaces.web.pages.elements import Box, panel
from dutchbook.interfaces.web.pages.fields import Choice, Field
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.near_misses import bundles_panel
from dutchbook.interfaces.web.pages.rows import Act, Cell, Row
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.words import NOBODY
from dutchbook.storage.database.edits.notes import unwatch
from dutchbook.storage.database.queries.kept import watchlist
from dutchbook.storage.database.rows import WatchedMarket

_MOST = 200
_COLUMNS = (
    Column("market", "Market", "title"), Column("bid", "Bid", "num"), Column("ask", "Ask", "num"),
    Column("middle", "Probability", "num"), Column("sizes", "Size at best", "num"),
    Column("closes", "Closes in", "num"), Column("age", "Changed", "num"), Column("held", "Held", "num"),
    Column("bundles", "Bundles", "num"),
)  # fmt: skip
_WATCHED = (
    Column("market", "Market", "title"), Column("bid", "Bid", "num"), Column("ask", "Ask", "num"),
    Column("above", "Alert above", "num"), Column("below", "Alert below", "num"), Column("note", "Note", "text"),
    Column("acts", "Actions", "acts"),
)  # fmt: skip


def show(screens: Screens) -> None:
    """Draw the page."""
    with frame(screens, "/markets", "Markets") as page:
        _watchlist(page)
        _search(page)
        _pairs(page)
        bundles_panel(page)


def _search(page: Page) -> None:
    with panel("All markets", flush=True) as made:
        page.aged(made)
        with Box("div", "table-tools"):
            wanted = Field("Search titles, questions and ids", most=100, kind="search")
            venue = Choice("Venue", {"": "both", "polymarket": "Polymarket", "kalshi": "Kalshi"})
            over = Choice("Decided ones", {"": "hide", "yes": "show"})
        table = DeskTable(
            "Markets",
            _COLUMNS,
            empty="No market is found.",
            next_step="Search for fewer letters, or wait until the desk knows its venues' markets.",
            file="markets",
            filtered=False,
        )

    async def look() -> None:
        request = ShowMarkets(wanted.value.strip(), venue.value, _MOST, bool(over.value))
        answer = await page.screens.ask(request)
        rows = answer.markets or ()
        made.note.show(f"{len(rows):,} of {answer.total or len(rows):,}, those held or with orders first")
        now = page.screens.snapshot
        table.show(_row(row, now.at if now else Nanos(0)) for row in rows)

    page.each_second(look)


def _row(row: MarketRow, now: Nanos) -> Row:
    closes = None if row.closes is None else Nanos(max(0, row.closes - now))
    return {
        "id": row.id,
        "market": Cell(row.title, to=shown.market_path(row.id), sub=_below(row)),
        "bid": shown.price(row.bid),
        "ask": shown.price(row.ask),
        "middle": _middle(row),
        "sizes": Cell(f"{shown.size(row.bid_size).text} / {shown.size(row.ask_size).text}", rank=row.bid_size),
        "closes": shown.span(closes),
        "age": shown.span(row.age),
        "held": Cell(_held(row), rank=row.held + row.held_no),
        "bundles": Cell(str(row.bundles), rank=row.bundles),
    }


def _below(row: MarketRow) -> str:
    state = "" if row.usable or row.payout is not None else "book unknown until its next snapshot"
    paid = "" if row.payout is None else f"decided: YES pays {shown.price(row.payout).text}"
    asked = "" if row.question_title == row.title else row.question_title
    return " · ".join(part for part in (str(row.venue), row.category, asked, paid or state) if part)


def _middle(row: MarketRow) -> Cell:
    """The middle as a probability; nobody on one side leaves it unknown."""
    if row.bid is None or row.ask is None:
        return Cell(NOBODY)
    return Cell(f"{(row.bid + row.ask) / 200:.1f}%", rank=row.bid + row.ask)


def _held(row: MarketRow) -> str:
    parts = [
        f"{shown.size(size).text} {label}"
        for size, label in zip((row.held, row.held_no), row.labels, strict=True)
        if size
    ]
    if row.working:
        parts.append(f"{row.working} orders")
    return ", ".join(parts) or NOBODY


def _watchlist(page: Page) -> None:
    with panel("Watchlist", flush=True) as made:
        table = DeskTable(
            "Watchlist",
            _WATCHED,
            empty="No market is watched.",
            next_step="Open a market and press Watch: it stays here, with prices that are worth an alert.",
            on_act=lambda market, _: _forget(page, MarketId(market)),
        )

    async def look() -> None:
        try:
            kept = await page.screens.read(watchlist)
        except DutchbookError as error:
            made.note.show(str(error), "bad")
            return
        made.note.show("")
        rows = [await _watched_row(page, row) for row in kept]
        table.show(rows)

    page.each_second(look)


async def _watched_row(page: Page, row: WatchedMarket) -> Row:
    found: tuple[MarketRow, ...] = ()
    if page.screens.connected:
        found = (await page.screens.ask(ShowMarkets(row.market, limit=1))).markets or ()
    market = found[0] if found else None
    title = row.title or (market.title if market else row.market)
    return {
        "id": row.market,
        "market": Cell(title, to=shown.market_path(row.market), sub=str(row.venue)),
        "bid": shown.price(market.bid if market else None),
        "ask": shown.price(market.ask if market else None),
        "above": shown.price(row.above),
        "below": shown.price(row.below),
        "note": row.note,
        "acts": (Act("forget", "Unwatch", title, off=page.barred()),),
    }


_PAIRS = (
    Column("pair", "Pair"), Column("first", "Market", "title"), Column("second", "Its pair", "title"),
    Column("relation", "They resolve"), Column("status", "Status"), Column("reason", "Evidence", "text"),
    Column("who", "Decided by"),
)  # fmt: skip


def _pairs(page: Page) -> None:
    with panel("Pairs across venues", flush=True) as made:
        table = DeskTable(
            "Pairs across venues",
            _PAIRS,
            empty="No pair is approved or proposed.",
            next_step="Only pairs that a person approved are traded: dutchbook pairs add MARKET MARKET --reason TEXT",
        )

    async def look() -> None:
        try:
            pairs = all_pairs(page.screens.context.home)
        except DutchbookError as error:
            made.note.show(str(error), "bad")
            return
        table.show(map(_pair_row, pairs))

    page.each_second(look)


def _pair_row(pair: Pair) -> Row:
    first, second = (
        Cell(each.title or each.market, to=shown.market_path(each.market), sub=str(each.venue)) for each in pair.markets
    )
    tone = "badge good" if pair.status is PairStatus.APPROVED else "badge warn"
    return {
        "id": pair.id,
        "pair": pair.id,
        "first": first,
        "second": second,
        "relation": "opposite" if pair.inverted else "alike",
        "status": Cell(str(pair.status), tone=tone),
        "reason": pair.reason,
        "who": Cell(pair.who, hint=shown.moment(pair.at)),
    }


async def _forget(page: Page, market: MarketId) -> None:
    try:
        page.permit()
        await page.screens.edit(page.who, "", lambda c, author: unwatch(c, author, market))
    except DutchbookError as error:
        complain(error)
