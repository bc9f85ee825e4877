"""The decision log: every step from looking to holding, with the mark that proves its line of the journal."""

from typing import Annotated

import msgspec
from fastapi import Query

from dutchbook.domain.units import Nanos
from dutchbook.interfaces.web.api.bodies import Search
from dutchbook.interfaces.web.api.filters import Pages, Scopes, Word
from dutchbook.interfaces.web.api.routes import Routes
from dutchbook.interfaces.web.context import AppContext
from dutchbook.storage.database.decision_words import Decision, Stage
from dutchbook.storage.database.filters import DecisionFilter
from dutchbook.storage.database.queries.decisions import decisions as read_decisions
from dutchbook.storage.database.queries.decisions import summary as read_summary
from dutchbook.storage.database.rows import DecisionRecord, DecisionSummary


class DecisionEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One decision. `details` is the journal line, `integrity_hash` its link of the chain; `verified`: they fit."""

    id: str
    run: str
    mode: str
    stage: Stage
    decision: Decision
    kind: str
    timestamp: Nanos
    market_id: str
    title: str
    strategy: str
    order: str
    text: str
    details: msgspec.Raw
    integrity_hash: str
    verified: bool


class DecisionCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The log in numbers. `recent_rate` is decisions in the hour before the newest, `trade_ppm` trades of those that
    could have been."""

    total: int
    by_stage: dict[Stage, int]
    by_decision: dict[Decision, int]
    by_strategy: dict[str, int]
    recent_rate: int
    trade_ppm: int | None


class DecisionLog(msgspec.Struct, frozen=True, kw_only=True):
    """Entries, the newest first, and what all that fit add up to."""

    entries: tuple[DecisionEntry, ...]
    summary: DecisionCounts


def decision_routes(context: AppContext) -> Routes:
    """The decision log."""
    routes = Routes("decisions")

    @routes.get("/decisions", DecisionLog)
    async def decision_log(  # noqa: PLR0913, PLR0917 - each is a parameter of the URL
        scope: Scopes,
        page: Pages,
        stage: Annotated[tuple[Stage, ...], Query()] = (),
        decision: Annotated[tuple[Decision, ...], Query()] = (),
        strategy: Word | None = None,
        market: Word | None = None,
        order: Word | None = None,
        search: Search = "",
    ) -> DecisionLog:
        """Every decision, from what was looked at to what became of it."""
        wanted = DecisionFilter(
            scope=scope,
            stages=stage,
            decisions=decision,
            strategy=strategy,
            market=market,
            order=order,
            search=search,
        )
        entries, counts = await context.history.read(
            lambda connection: (read_decisions(connection, wanted, page), read_summary(connection, wanted))
        )
        return DecisionLog(entries=tuple(map(_entry, entries)), summary=_counts(counts))

    return routes


def _entry(record: DecisionRecord) -> DecisionEntry:
    return DecisionEntry(
        id=f"{record.run}:{record.seq}:{record.stage}",
        run=record.run,
        mode=record.mode,
        stage=record.stage,
        decision=record.decision,
        kind=record.kind,
        timestamp=record.at,
        market_id=record.market,
        title=record.title,
        strategy=record.strategy,
        order=record.order,
        text=record.text,
        details=msgspec.Raw(record.body.encode()),
        integrity_hash=record.hash,
        verified=record.proven,
    )


def _counts(found: DecisionSummary) -> DecisionCounts:
    return DecisionCounts(
        total=found.total,
        by_stage=found.by_stage,
        by_decision=found.by_decision,
        by_strategy=found.by_strategy,
        recent_rate=found.recent,
        trade_ppm=found.trade_ppm,
    )
