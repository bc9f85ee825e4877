"""What people keep beside the record: notes on orders and trades, a watchlist, acknowledged alerts."""

from functools import partial
from typing import Annotated

import msgspec
from fastapi import Path, Query
from pydantic import StringConstraints

from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.quantities import PriceSetting
from dutchbook.interfaces.web.api.bodies import Id, Name, Reason, Search, Why
from dutchbook.interfaces.web.api.filters import Pages, Word
from dutchbook.interfaces.web.api.routes import Routes, Who
from dutchbook.interfaces.web.api.views import Done
from dutchbook.interfaces.web.context import AppContext
from dutchbook.storage.alert_book import AlertState
from dutchbook.storage.alert_words import Tier
from dutchbook.storage.database.edits import notes as note_edits
from dutchbook.storage.database.queries import kept
from dutchbook.storage.database.rows import TradeNote, WatchedMarket
from dutchbook.storage.roles import Role

Long = Annotated[str, StringConstraints(min_length=1, max_length=4_000, pattern=r"^[^\x00]*$")]


class NewNote(Reason):
    """Something about an order, or about an outcome of a run."""

    run: Name
    subject: Name
    text: Long


class WatchMarket(Reason):
    """A market to keep an eye on; `above` and `below` are prices in dollars that are worth an alert."""

    market: Name
    venue: Venue
    title: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] = ""
    note: Annotated[str, StringConstraints(max_length=4_000, pattern=r"^[^\x00]*$")] = ""
    above: PriceSetting | None = None
    below: PriceSetting | None = None


class Notes(msgspec.Struct, frozen=True):
    """Notes, the newest first."""

    notes: tuple[TradeNote, ...]


class Watchlist(msgspec.Struct, frozen=True):
    """The markets that somebody watches."""

    markets: tuple[WatchedMarket, ...]


class Alerts(msgspec.Struct, frozen=True):
    """Alerts, the newest first. `open` counts those that nobody acknowledged."""

    alerts: tuple[AlertState, ...]
    open: int


def keeping_routes(context: AppContext) -> Routes:
    """Notes, watchlist and alerts."""
    routes = Routes("keeping")
    _notes(routes, context)
    _watchlist(routes, context)
    _alerts(routes, context)
    return routes


def _notes(routes: Routes, context: AppContext) -> None:
    history = context.history

    @routes.get("/notes", Notes)
    async def notes(page: Pages, run: Word | None = None, subject: Word | None = None, search: Search = "") -> Notes:
        """What people wrote about orders and trades."""
        return Notes(await history.read(partial(kept.notes, run=run, subject=subject, search=search, page=page)))

    @routes.on("POST", "/notes", TradeNote, Role.OPERATOR, 201)
    async def add_note(who: Who, body: NewNote) -> TradeNote:
        """Write something about an order or a trade."""
        return await context.edit(who, body.why, note_edits.add_note, body.run, body.subject, body.text)

    @routes.on("DELETE", "/notes/{number}", Done, Role.OPERATOR)
    async def delete_note(
        who: Who, number: Annotated[int, Path(ge=0, le=2**31 - 1)], why: Annotated[Why, Query()] = ""
    ) -> Done:
        """Take a note away; that it was written stays on record."""
        await context.edit(who, why, note_edits.delete_note, number)
        return Done("the note is taken away")


def _watchlist(routes: Routes, context: AppContext) -> None:
    history = context.history

    @routes.get("/watchlist", Watchlist)
    async def watchlist() -> Watchlist:
        """Markets that somebody keeps an eye on."""
        return Watchlist(await history.read(kept.watchlist))

    @routes.on("PUT", "/watchlist", WatchedMarket, Role.OPERATOR)
    async def watch(who: Who, body: WatchMarket) -> WatchedMarket:
        """Put a market on the watchlist, or change what is there."""
        wanted = note_edits.Watch(
            market=MarketId(body.market),
            venue=body.venue,
            title=body.title,
            note=body.note,
            above=body.above,
            below=body.below,
        )
        return await context.edit(who, body.why, note_edits.watch, wanted)

    @routes.on("DELETE", "/watchlist/{market:path}", Done, Role.OPERATOR)
    async def unwatch(who: Who, market: Id, why: Annotated[Why, Query()] = "") -> Done:
        """Take a market from the watchlist."""
        await context.edit(who, why, note_edits.unwatch, MarketId(market))
        return Done(f"{market} is watched no more")


def _alerts(routes: Routes, context: AppContext) -> None:
    @routes.get("/alerts", Alerts)
    async def alerts(page: Pages, tier: Tier | None = None, open_only: bool = False) -> Alerts:
        """What a person should hear of, with deliveries and acknowledgements."""
        found = [one for one in context.alerts.alerts().values() if tier is None or one.raised.tier is tier]
        unseen = [one for one in found if one.acknowledged is None]
        newest = (unseen if open_only else found)[::-1]
        return Alerts(tuple(newest[page.offset : page.offset + page.limit]), len(unseen))

    @routes.post("/alerts/{alert}/acknowledge", AlertState)
    async def acknowledge(who: Who, alert: Id) -> AlertState:
        """Say that somebody has seen it: it counts on every surface, and ends repetitions."""
        return context.alerts.acknowledge(alert, who.by, context.clock.now())
