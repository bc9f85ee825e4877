"""Opportunities, near misses, and what risk said no to."""

from sqlalchemy import Connection, func, select

from dutchbook.storage.database.filters import ALL, FIRST, Page, Scope
from dutchbook.storage.database.queries.reading import paged, records, within
from dutchbook.storage.database.rows import NearMissRecord, OpportunityRecord, RiskRecord
from dutchbook.storage.database.tables import NEAR_MISSES, OPPORTUNITIES, RISK_EVENTS


def opportunities(connection: Connection, scope: Scope = ALL, page: Page = FIRST) -> tuple[OpportunityRecord, ...]:
    """Opportunities, the newest first."""
    columns = OPPORTUNITIES.c
    query = select(OPPORTUNITIES).where(*within(scope, columns.run, columns.mode, columns.at))
    query = query.order_by(columns.at.desc(), columns.run.desc(), columns.seq.desc())
    return records(connection, paged(query, page), OpportunityRecord)


def near_misses(
    connection: Connection, scope: Scope = ALL, *, open_only: bool = False, page: Page = FIRST
) -> tuple[NearMissRecord, ...]:
    """Near misses, the newest first. Those of a run that was killed stay open."""
    columns = NEAR_MISSES.c
    query = select(NEAR_MISSES).where(*within(scope, columns.run, columns.mode, columns.opened))
    if open_only:
        query = query.where(columns.closed.is_(None))
    query = query.order_by(columns.opened.desc(), columns.run.desc(), columns.seq.desc())
    return records(connection, paged(query, page), NearMissRecord)


def risk_events(
    connection: Connection, scope: Scope = ALL, *, kind: str | None = None, rule: str | None = None, page: Page = FIRST
) -> tuple[RiskRecord, ...]:
    """Refusals, halts, pauses and limits reached, the newest first; of one kind or rule if named."""
    columns = RISK_EVENTS.c
    query = select(RISK_EVENTS).where(*within(scope, columns.run, columns.mode, columns.at))
    if kind is not None:
        query = query.where(columns.kind == kind)
    if rule is not None:
        query = query.where(columns.rule == rule)
    query = query.order_by(columns.at.desc(), columns.run.desc(), columns.seq.desc(), columns.number)
    return records(connection, paged(query, page), RiskRecord)


def refusals_by_rule(connection: Connection, scope: Scope = ALL) -> dict[str, int]:
    """How often each rule said no, the most frequent first."""
    columns = RISK_EVENTS.c
    query = select(columns.rule, func.count()).where(*within(scope, columns.run, columns.mode, columns.at))
    query = query.where(columns.kind == "refusal").group_by(columns.rule).order_by(func.count().desc(), columns.rule)
    return {row[0]: row[1] for row in connection.execute(query)}
