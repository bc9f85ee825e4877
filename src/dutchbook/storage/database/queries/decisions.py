"""The decision log: what was decided where on the way, with the proof of each entry."""

from sqlalchemy import ColumnElement, Connection, FromClause, and_, func, select

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.storage.database.decision_words import Decision, Stage
from dutchbook.storage.database.filters import FIRST, DecisionFilter, Page
from dutchbook.storage.database.queries.integrity import SealedRow, proven
from dutchbook.storage.database.queries.reading import found, paged, record, within
from dutchbook.storage.database.rows import DecisionRecord, DecisionSummary
from dutchbook.storage.database.tables import DECISIONS, JOURNAL_LINES

_D, _L = DECISIONS.c, JOURNAL_LINES.c
_JOINED = DECISIONS.join(JOURNAL_LINES, and_(_L.run == _D.run, _L.seq == _D.seq))
_HOUR = 3_600 * SECOND
_ALL = DecisionFilter()


def decisions(connection: Connection, wanted: DecisionFilter = _ALL, page: Page = FIRST) -> tuple[DecisionRecord, ...]:
    """Entries, the newest first."""
    query = (
        select(DECISIONS, _L.kind.label("line_kind"), _L.cause, _L.body, _L.before, _L.hash)
        .select_from(_JOINED)
        .where(*_conditions(wanted))
        .order_by(_D.at.desc(), _D.run.desc(), _D.seq.desc(), _D.stage)
    )
    return tuple(_entry(dict(row)) for row in connection.execute(paged(query, page)).mappings())


def count_decisions(connection: Connection, wanted: DecisionFilter = _ALL) -> int:
    """How many entries there are."""
    query = select(func.count()).select_from(_needed(wanted)).where(*_conditions(wanted))
    return int(connection.execute(query).scalar_one())


def summary(connection: Connection, wanted: DecisionFilter = _ALL) -> DecisionSummary:
    """The entries in numbers."""
    query = select(_D.stage, _D.decision, _D.strategy, func.count(), func.max(_D.at))
    query = query.select_from(_needed(wanted)).where(*_conditions(wanted)).group_by(_D.stage, _D.decision, _D.strategy)
    by_stage: dict[Stage, int] = {}
    by_decision: dict[Decision, int] = {}
    by_strategy: dict[str, int] = {}
    judged: dict[Decision, int] = {}
    newest = 0
    for stage, decision, strategy, count, at in connection.execute(query):
        by_stage[Stage(stage)] = by_stage.get(Stage(stage), 0) + count
        by_decision[Decision(decision)] = by_decision.get(Decision(decision), 0) + count
        if Stage(stage) is Stage.RISK:
            judged[Decision(decision)] = judged.get(Decision(decision), 0) + count
        if strategy:
            by_strategy[strategy] = by_strategy.get(strategy, 0) + count
        newest = max(newest, at)
    # Each intent is judged once; what follows of one that trades are many entries.
    asked = judged.get(Decision.TRADE, 0) + judged.get(Decision.NO_TRADE, 0)
    return DecisionSummary(
        total=sum(by_stage.values()),
        by_stage=by_stage,
        by_decision=by_decision,
        by_strategy=by_strategy,
        recent=_since(connection, wanted, Nanos(newest - _HOUR)),
        trade_ppm=judged.get(Decision.TRADE, 0) * 1_000_000 // asked if asked else None,
    )


def _since(connection: Connection, wanted: DecisionFilter, at: Nanos) -> int:
    query = select(func.count()).select_from(_needed(wanted)).where(*_conditions(wanted), _D.at >= at)
    return int(connection.execute(query).scalar_one())


def _needed(wanted: DecisionFilter) -> FromClause:
    """What counting has to look at: the journal's lines only where a text is searched for in them."""
    return _JOINED if wanted.search.strip() else DECISIONS


def _conditions(wanted: DecisionFilter) -> list[ColumnElement[bool]]:
    conditions = within(wanted.scope, _D.run, _D.mode, _D.at)
    if wanted.stages:
        conditions.append(_D.stage.in_([str(stage) for stage in wanted.stages]))
    if wanted.decisions:
        conditions.append(_D.decision.in_([str(decision) for decision in wanted.decisions]))
    if wanted.kinds:
        conditions.append(_D.kind.in_(wanted.kinds))
    for column, value in ((_D.strategy, wanted.strategy), (_D.market, wanted.market), (_D.order, wanted.order)):
        if value is not None:
            conditions.append(column == value)
    # The body names all the other fields; the title, which it does not, comes from the market.
    return [*conditions, *found(wanted.search, _D.text, _D.title, _D.strategy, _D.stage, _D.decision, _L.body, _L.hash)]


def _entry(row: dict[str, object]) -> DecisionRecord:
    # An entry says what was observed, its line that something was.
    sealed = record({**row, "kind": row["line_kind"]}, SealedRow)
    return record({**row, "cause": sealed.cause or "", "proven": proven(sealed)}, DecisionRecord)
