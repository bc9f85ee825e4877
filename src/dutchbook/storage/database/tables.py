"""The tables. Names of columns are those of the rows; money, prices, sizes and times are whole numbers.

`DERIVED` tables say what the journals say and can be made anew from them; `KEPT` ones hold what people wrote here.
"""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key(name: str) -> "Column[str]":
    return Column(name, String, primary_key=True)


def _line(name: str = "seq") -> "Column[int]":
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _text(name: str) -> "Column[str]":
    return Column(name, Text, nullable=False, server_default="")


def _whole(name: str) -> "Column[int]":
    return Column(name, BigInteger, nullable=False)


def _maybe(name: str) -> "Column[int]":
    return Column(name, BigInteger, nullable=True)


def _flag(name: str) -> "Column[bool]":
    return Column(name, Boolean, nullable=False)


RUNS = Table(
    "runs",
    METADATA,
    _key("run"),
    _text("mode"),
    _text("strategies"),
    _text("source"),
    _text("settings"),
    _whole("started"),
    _whole("last"),
    _maybe("ended"),
    _whole("lines"),
    _text("head"),
    _whole("bankroll"),
    _maybe("equity"),
    _maybe("cash"),
    _maybe("positions_at_cost"),
    _whole("orders"),
    _whole("fills"),
    _whole("refused"),
    _text("problem"),
    Column("number", Integer, nullable=False),
    Index(None, "mode", "started"),
)
"""A run of a desk. `strategies` are words with commas between."""

PROJECTIONS = Table(
    "projections",
    METADATA,
    _key("run"),
    Column("segment", Integer, nullable=False),
    _whole("offset"),
    _whole("seq"),
    _text("digest"),
    Column("state", LargeBinary, nullable=False),
)
"""How far each journal was read, committed together with what was read, and what its reader has to remember."""

JOURNAL_LINES = Table(
    "journal_lines",
    METADATA,
    _key("run"),
    _line(),
    _whole("at"),
    _text("kind"),
    Column("cause", Text, nullable=True),
    _text("body"),
    _text("before"),
    _text("hash"),
    _text("about"),
    _text("text"),
    Index(None, "run", "about"),
)
"""Journal lines as they stand there, but for those that only keep time. `before` is the hash of the line before.

`about` is the order that a line is about."""

DECISIONS = Table(
    "decisions",
    METADATA,
    _key("run"),
    _line(),
    _key("stage"),
    _whole("at"),
    _text("mode"),
    _text("decision"),
    _text("kind"),
    _text("strategy"),
    _text("market"),
    _text("title"),
    _text("intent"),
    _text("order"),
    _text("subject"),
    _text("text"),
    Index(None, "at"),
    Index(None, "stage", "at"),
    Index(None, "run", "at"),
    Index(None, "market"),
)
"""The decision log; the journal line of `seq` is the proof."""

INTENTS = Table(
    "intents",
    METADATA,
    _key("run"),
    _key("id"),
    _whole("seq"),
    _whole("at"),
    _text("strategy"),
    _text("kind"),
    _text("subject"),
    _text("reason"),
    _text("market"),
    _flag("approved"),
    _whole("cost"),
    _whole("edge"),
    _whole("max_loss"),
    Column("legs", Integer, nullable=False),
    _text("ending"),
    _maybe("result"),
    Index(None, "strategy"),
)
"""What strategies wanted. `ending` and `result` are those of the basket, once it is over."""

ORDERS = Table(
    "orders",
    METADATA,
    _key("run"),
    _key("id"),
    _whole("seq"),
    _text("mode"),
    _text("venue"),
    _text("venue_id"),
    _text("intent"),
    _text("strategy"),
    _text("reason"),
    _text("market"),
    _text("outcome"),
    _text("side"),
    Column("limit", BigInteger, nullable=False),
    _whole("size"),
    _whole("filled"),
    _whole("taken_back"),
    _text("status"),
    _text("tif"),
    _flag("post_only"),
    _whole("sent"),
    _maybe("answered"),
    _whole("updated"),
    _maybe("ended"),
    _whole("fees"),
    _text("detail"),
    _text("origin"),
    _text("taken_over"),
    Index(None, "id"),
    Index(None, "sent"),
    Index(None, "status"),
    Index(None, "strategy"),
    Index(None, "market"),
)

"""`origin` is the run that sent it. A run that goes on with it has a row of its own, which `taken_over` names."""

FILLS = Table(
    "fills",
    METADATA,
    _key("run"),
    _line(),
    _whole("at"),
    _text("mode"),
    _text("venue"),
    _text("wallet"),
    _text("order"),
    _text("id"),
    _text("intent"),
    _text("strategy"),
    _text("market"),
    _text("outcome"),
    _text("side"),
    _whole("price"),
    _whole("size"),
    _whole("fee"),
    _flag("maker"),
    _text("state"),
    Index(None, "at"),
    Index(None, "run", "order"),
    Index(None, "wallet", "at"),
    Index(None, "strategy"),
)

CLOSED_TRADES = Table(
    "closed_trades",
    METADATA,
    _key("run"),
    _line(),
    _key("outcome"),
    _text("mode"),
    _text("venue"),
    _text("strategy"),
    _text("market"),
    _whole("opened"),
    _whole("closed"),
    _whole("size"),
    _whole("cost"),
    _whole("proceeds"),
    _whole("fees"),
    _whole("profit"),
    _text("closed_by"),
    Index(None, "closed"),
    Index(None, "mode", "closed"),
    Index(None, "strategy"),
)

POSITIONS = Table(
    "positions",
    METADATA,
    _key("run"),
    _line(),
    _key("outcome"),
    _whole("at"),
    _text("mode"),
    _text("venue"),
    _text("market"),
    _whole("size"),
    _whole("cost"),
    _text("why"),
    _flag("latest"),
    Index(None, "run", "outcome", "seq"),
    Index(None, "at"),
)
"""What is held of an outcome from a line on; `latest` while no later line changed it."""

EQUITY = Table(
    "equity",
    METADATA,
    _key("run"),
    _line(),
    _whole("at"),
    _text("mode"),
    _whole("equity"),
    _whole("high_water"),
    _whole("day_start"),
    Index(None, "mode", "at"),
    Index(None, "run", "at"),
)

OPPORTUNITIES = Table(
    "opportunities",
    METADATA,
    _key("run"),
    _line(),
    _whole("at"),
    _text("mode"),
    _text("bundle"),
    _text("kind"),
    _whole("size"),
    _whole("cost"),
    _whole("fees"),
    _whole("edge"),
    _text("verdict"),
    _text("intent"),
    Index(None, "at"),
)

NEAR_MISSES = Table(
    "near_misses",
    METADATA,
    _key("run"),
    _line(),
    _whole("opened"),
    _maybe("closed"),
    _text("mode"),
    _text("bundle"),
    _text("kind"),
    _whole("ratio"),
    _maybe("best"),
    _whole("short"),
    _text("leg"),
    _text("how"),
    Index(None, "opened"),
)

RISK_EVENTS = Table(
    "risk_events",
    METADATA,
    _key("run"),
    _line(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _whole("at"),
    _text("mode"),
    _text("kind"),
    _text("rule"),
    _text("strategy"),
    _text("market"),
    Column("limit", Text, nullable=False, server_default=""),
    _text("found"),
    _text("text"),
    Index(None, "at"),
    Index(None, "rule"),
)

ACTIONS = Table(
    "actions",
    METADATA,
    _key("run"),
    _line(),
    _whole("at"),
    _text("action"),
    _text("by"),
    _text("why"),
    _text("detail"),
    _text("hash"),
    Index(None, "at"),
)
"""Commands to the desk, as its journal has them."""

MARKETS = Table(
    "markets",
    METADATA,
    _key("id"),
    _text("venue"),
    _text("question"),
    _text("title"),
    _text("yes"),
    _text("no"),
    _text("yes_label"),
    _text("no_label"),
    _text("status"),
    _maybe("closes"),
    _maybe("payout"),
    _text("rules"),
    _whole("seen"),
    Index(None, "yes"),
    Index(None, "no"),
)
"""Markets that a desk ordered in, as they were described last."""

WALLET_SNAPSHOTS = Table(
    "wallet_equity_snapshots",
    METADATA,
    _key("run"),
    _line(),
    _key("wallet"),
    _whole("at"),
    _maybe("cash"),
    _whole("positions_at_cost"),
    _whole("realised"),
    _whole("fees"),
    _flag("latest"),
    Index(None, "wallet", "at"),
)

STRATEGY_RUNS = Table(
    "strategy_runs",
    METADATA,
    _key("run"),
    _key("strategy"),
    _text("mode"),
    _whole("intents"),
    _whole("refused"),
    Index(None, "strategy"),
)
"""How often each strategy of a run wanted something, and how often risk said no."""

WALLETS = Table(
    "wallets",
    METADATA,
    _key("id"),
    _text("name"),
    _text("mode"),
    _text("venue"),
    _text("address"),
    _text("status"),
    _maybe("opening"),
    _text("note"),
    _whole("created"),
    _whole("updated"),
    UniqueConstraint("mode", "venue"),
)

STRATEGIES = Table(
    "strategies",
    METADATA,
    _key("name"),
    _text("title"),
    _text("description"),
    _text("kind"),
    _text("risk_level"),
    _text("status"),
    _whole("created"),
    _whole("updated"),
)

STRATEGY_WALLETS = Table(
    "strategy_wallets",
    METADATA,
    _key("strategy"),
    _key("wallet"),
    Column("share_ppm", Integer, nullable=False),
    _whole("created"),
    _whole("updated"),
)

TRADE_NOTES = Table(
    "trade_notes",
    METADATA,
    Column("id", Integer, primary_key=True),
    _text("run"),
    _text("subject"),
    _text("text"),
    _text("by"),
    _whole("at"),
    Index(None, "run", "subject"),
    sqlite_autoincrement=True,
)

WATCHLIST = Table(
    "watchlist",
    METADATA,
    _key("market"),
    _text("venue"),
    _text("title"),
    _text("note"),
    _maybe("above"),
    _maybe("below"),
    _text("by"),
    _whole("at"),
)

EDITS = Table(
    "edits",
    METADATA,
    Column("id", Integer, primary_key=True),
    _whole("at"),
    _text("action"),
    _text("by"),
    _text("why"),
    _text("detail"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)
"""Who changed what is kept here, and why; never changed afterwards."""

KEPT: Sequence[Table] = (WALLETS, STRATEGIES, STRATEGY_WALLETS, TRADE_NOTES, WATCHLIST, EDITS)
DERIVED: Sequence[Table] = tuple(table for table in METADATA.sorted_tables if table not in KEPT)
