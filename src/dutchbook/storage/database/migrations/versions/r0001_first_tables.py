"""The first tables."""

from collections.abc import Callable, Mapping

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Forwards."""
    for make in _TABLES.values():
        make()


def downgrade() -> None:
    """Back. Indexes go with their tables."""
    for name in reversed(list(_TABLES)):
        op.drop_table(name)


def _actions() -> None:
    op.create_table(
        "actions",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), server_default="", nullable=False),
        sa.Column("by", sa.Text(), server_default="", nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("hash", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("run", "seq", name=op.f("pk_actions")),
    )
    op.create_index(op.f("ix_actions_at"), "actions", ["at"], unique=False)


def _closed_trades() -> None:
    op.create_table(
        "closed_trades",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("mode", sa.Text(), server_default="", nullable=False),
        sa.Column("venue", sa.Text(), server_default="", nullable=False),
        sa.Column("strategy", sa.Text(), server_default="", nullable=False),
        sa.Column("market", sa.Text(), server_default="", nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("proceeds", sa.BigInteger(), nullable=False),
        sa.Column("fees", sa.BigInteger(), nullable=False),
        sa.Column("profit", sa.BigInteger(), nullable=False),
        sa.Column("closed_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("run", "seq", "outcome", name=op.f("pk_closed_trades")),
    )
    op.create_index(op.f("ix_closed_trades_closed"), "closed_trades", ["closed"], unique=False)
    op.create_index(op.f("ix_closed_trades_mode_closed"), "closed_trades", ["mode", "closed"], unique=False)
    op.create_index(op.f("ix_closed_trades_strategy"), "closed_trades", ["strategy"], unique=False)


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), server_default="", nullable=False),
        sa.Column("decision", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("strategy", sa.Text(), server_default="", nullable=False),
        sa.Column("market", sa.Text(), server_default="", nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("intent", sa.Text(), server_default="", nullable=False),
        sa.Column("order", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("run", "seq", "stage", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_at"), "decisions", ["at"], unique=False)
    op.create_index(op.f("ix_decisions_market"), "decisions", ["market"], unique=False)
    op.create_index(op.f("ix_decisions_run_at"), "decisions", ["run", "at"], unique=False)
    op.create_index(op.f("ix_decisions_stage_at"), "decisions", ["stage", "at"], unique=False)


def _edits() -> None:
    op.create_table(
        "edits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), server_default="", nullable=False),
        sa.Column("by", sa.Text(), server_default="", nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edits")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_edits_at"), "edits", ["at"], unique=False)


def _equity() -> None:
    op.create_table(
        "equity",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), server_default="", nullable=False),
        sa.Column("equity", sa.BigInteger(), nullable=False),
        sa.Column("high_water", sa.BigInteger(), nullable=False),
        sa.Column("day_start", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run", "seq", name=op.f("pk_equity")),
    )
    op.create_index(op.f("ix_equity_mode_at"), "equity", ["mode", "at"], unique=False)
    op.create_index(op.f("ix_equity_run_at"), "equity", ["run", "at"], unique=False)


def _fills() -> None:
    op.create_table(
        "fills",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), server_default="", nullable=False),
        sa.Column("venue", sa.Text(), server_default="", nullable=False),
        sa.Column("wallet", sa.Text(), server_default="", nullable=False),
        sa.Column("order", sa.Text(), server_default="", nullable=False),
        sa.Column("id", sa.Text(), server_default="", nullable=False),
        sa.Column("intent", sa.Text(), server_default="", nullable=False),
        sa.Column("strategy", sa.Text(), server_default="", nullable=False),
        sa.Column("market", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("side", sa.Text(), server_default="", nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("maker", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("run", "seq", name=op.f("pk_fills")),
    )
    op.create_index(op.f("ix_fills_at"), "fills", ["at"], unique=False)
    op.create_index(op.f("ix_fills_run_order"), "fills", ["run", "order"], unique=False)
    op.create_index(op.f("ix_fills_strategy"), "fills", ["strategy"], unique=False)
    op.create_index(op.f("ix_fills_wallet_at"), "fills", ["wallet", "at"], unique=False)


def _intents() -> None:
    op.create_table(
        "intents",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("strategy", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("market", sa.Text(), server_default="", nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("edge", sa.BigInteger(), nullable=False),
        sa.Column("max_loss", sa.BigInteger(), nullable=False),
        sa.Column("legs", sa.Integer(), nullable=False),
        sa.Column("ending", sa.Text(), server_default="", nullable=False),
        sa.Column("result", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("run", "id", name=op.f("pk_intents")),
    )
    op.create_index(op.f("ix_intents_strategy"), "intents", ["strategy"], unique=False)


def _journal_lines() -> None:
    op.create_table(
        "journal_lines",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("before", sa.Text(), server_default="", nullable=False),
        sa.Column("hash", sa.Text(), server_default="", nullable=False),
        sa.Column("about", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("run", "seq", name=op.f("pk_journal_lines")),
    )
    op.create_index(op.f("ix_journal_lines_run_about"), "journal_lines", ["run", "about"], unique=False)


def _markets() -> None:
    op.create_table(
        "markets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("venue", sa.Text(), server_default="", nullable=False),
        sa.Column("question", sa.Text(), server_default="", nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("yes", sa.Text(), server_default="", nullable=False),
        sa.Column("no", sa.Text(), server_default="", nullable=False),
        sa.Column("yes_label", sa.Text(), server_default="", nullable=False),
        sa.Column("no_label", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("closes", sa.BigInteger(), nullable=True),
        sa.Column("payout", sa.BigInteger(), nullable=True),
        sa.Column("rules", sa.Text(), server_default="", nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_markets")),
    )
    op.create_index(op.f("ix_markets_no"), "markets", ["no"], unique=False)
    op.create_index(op.f("ix_markets_yes"), "markets", ["yes"], unique=False)


def _near_misses() -> None:
    op.create_table(
        "near_misses",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.BigInteger(), nullable=True),
        sa.Column("mode", sa.Text(), server_default="", nullable=False),
        sa.Column("bundle", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("ratio", sa.BigInteger(), nullable=False),
        sa.Column("best", sa.BigInteger(), nullable=True),
        sa.Column("short", sa.BigInteger(), nullable=False),
        sa.Column("leg", sa.Text(), server_default="", nullable=False),
        sa.Column("how", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("run", "seq", name=op.f("pk_near_misses")),
    )
    op.create_index(op.f("ix_near_misses_opened"), "near_misses", ["opened"], unique=False)


def _opportunities() -> None:
    op.create_table(
        "opportunities",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), server_default="", nullable=False),
        sa.Column("bundle", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("fees", sa.BigInteger(), nullable=False),
        sa.Column("edge", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), server_default="", nullable=False),
        sa.Column("intent", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("run", "seq", name=op.f("pk_opportunities")),
    )
    op.create_index(op.f("ix_opportunities_at"), "opportunities", ["at"], unique=False)


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), server_default="", nullable=False),
        sa.Column("venue", sa.Text(), server_default="", nullable=False),
        sa.Column("venue_id", sa.Text(), server_default="", nullable=False),
        sa.Column("intent", sa.Text(), server_default="", nullable=False),
        sa.Column("strategy", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("market", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("side", sa.Text(), server_default="", nullable=False),
        sa.Column("limit", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("filled", sa.BigInteger(), nullable=False),
        sa.Column("taken_back", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("tif", sa.Text(), server_default="", nullable=False),
        sa.Column("post_only", sa.Boolean(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("fees", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("origin", sa.Text(), server_default="", nullable=False),
        sa.Column("taken_over", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("run", "id", name=op.f("pk_orders")),
    )
    op.create_index(op.f("ix_orders_id"), "orders", ["id"], unique=False)
    op.create_index(op.f("ix_orders_market"), "orders", ["market"], unique=False)
    op.create_index(op.f("ix_orders_sent"), "orders", ["sent"], unique=False)
    op.create_index(op.f("ix_orders_status"), "orders", ["status"], unique=False)
    op.create_index(op.f("ix_orders_strategy"), "orders", ["strategy"], unique=False)


def _positions() -> None:
    op.create_table(
        "positions",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), server_default="", nullable=False),
        sa.Column("venue", sa.Text(), server_default="", nullable=False),
        sa.Column("market", sa.Text(), server_default="", nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("latest", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("run", "seq", "outcome", name=op.f("pk_positions")),
    )
    op.create_index(op.f("ix_positions_at"), "positions", ["at"], unique=False)
    op.create_index(op.f("ix_positions_run_outcome_seq"), "positions", ["run", "outcome", "seq"], unique=False)


def _projections() -> None:
    op.create_table(
        "projections",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_projections")),
    )


def _risk_events() -> None:
    op.create_table(
        "risk_events",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("rule", sa.Text(), server_default="", nullable=False),
        sa.Column("strategy", sa.Text(), server_default="", nullable=False),
        sa.Column("market", sa.Text(), server_default="", nullable=False),
        sa.Column("limit", sa.Text(), server_default="", nullable=False),
        sa.Column("found", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("run", "seq", "number", name=op.f("pk_risk_events")),
    )
    op.create_index(op.f("ix_risk_events_at"), "risk_events", ["at"], unique=False)
    op.create_index(op.f("ix_risk_events_rule"), "risk_events", ["rule"], unique=False)


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("mode", sa.Text(), server_default="", nullable=False),
        sa.Column("strategies", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("settings", sa.Text(), server_default="", nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.Text(), server_default="", nullable=False),
        sa.Column("bankroll", sa.BigInteger(), nullable=False),
        sa.Column("equity", sa.BigInteger(), nullable=True),
        sa.Column("cash", sa.BigInteger(), nullable=True),
        sa.Column("positions_at_cost", sa.BigInteger(), nullable=True),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("fills", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_mode_started"), "runs", ["mode", "started"], unique=False)


def _strategies() -> None:
    op.create_table(
        "strategies",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("risk_level", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_strategies")),
    )


def _strategy_runs() -> None:
    op.create_table(
        "strategy_runs",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("mode", sa.Text(), server_default="", nullable=False),
        sa.Column("intents", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run", "strategy", name=op.f("pk_strategy_runs")),
    )
    op.create_index(op.f("ix_strategy_runs_strategy"), "strategy_runs", ["strategy"], unique=False)


def _strategy_wallets() -> None:
    op.create_table(
        "strategy_wallets",
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("wallet", sa.String(), nullable=False),
        sa.Column("share_ppm", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("strategy", "wallet", name=op.f("pk_strategy_wallets")),
    )


def _trade_notes() -> None:
    op.create_table(
        "trade_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("by", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_notes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_trade_notes_run_subject"), "trade_notes", ["run", "subject"], unique=False)


def _wallet_equity_snapshots() -> None:
    op.create_table(
        "wallet_equity_snapshots",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("wallet", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("cash", sa.BigInteger(), nullable=True),
        sa.Column("positions_at_cost", sa.BigInteger(), nullable=False),
        sa.Column("realised", sa.BigInteger(), nullable=False),
        sa.Column("fees", sa.BigInteger(), nullable=False),
        sa.Column("latest", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("run", "seq", "wallet", name=op.f("pk_wallet_equity_snapshots")),
    )
    op.create_index(
        op.f("ix_wallet_equity_snapshots_wallet_at"), "wallet_equity_snapshots", ["wallet", "at"], unique=False
    )


def _wallets() -> None:
    op.create_table(
        "wallets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("mode", sa.Text(), server_default="", nullable=False),
        sa.Column("venue", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("opening", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallets")),
        sa.UniqueConstraint("mode", "venue", name=op.f("uq_wallets_mode_venue")),
    )


def _watchlist() -> None:
    op.create_table(
        "watchlist",
        sa.Column("market", sa.String(), nullable=False),
        sa.Column("venue", sa.Text(), server_default="", nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("above", sa.BigInteger(), nullable=True),
        sa.Column("below", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("market", name=op.f("pk_watchlist")),
    )


_TABLES: Mapping[str, Callable[[], None]] = {
    "actions": _actions,
    "closed_trades": _closed_trades,
    "decisions": _decisions,
    "edits": _edits,
    "equity": _equity,
    "fills": _fills,
    "intents": _intents,
    "journal_lines": _journal_lines,
    "markets": _markets,
    "near_misses": _near_misses,
    "opportunities": _opportunities,
    "orders": _orders,
    "positions": _positions,
    "projections": _projections,
    "risk_events": _risk_events,
    "runs": _runs,
    "strategies": _strategies,
    "strategy_runs": _strategy_runs,
    "strategy_wallets": _strategy_wallets,
    "trade_notes": _trade_notes,
    "wallet_equity_snapshots": _wallet_equity_snapshots,
    "wallets": _wallets,
    "watchlist": _watchlist,
}
