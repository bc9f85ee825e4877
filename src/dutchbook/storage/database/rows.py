"""What the database tells: frozen rows. Prices, sizes, money and times are the integers of the domain.

`run` names the run, `seq` the line of its journal that a row was read from; together they find the proof. `None` is
"not known" or "not yet", never zero.
"""

from enum import StrEnum

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.orders import IntentId, OrderId, OrderStatus, TimeInForce
from dutchbook.domain.units import Money, Nanos, Price, Size
from dutchbook.storage.database.decision_words import Decision, Stage


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A run whose journal is in the database. `lines` and `head` are how far it was read and proven.

    `ended` is when its last line was written, None while it goes on or if it was killed; `problem` says why reading
    stopped before the end of its journal. `equity` is the last one on record; `cash` and `positions_at_cost` are what
    its books say.
    """

    run: str
    mode: str
    strategies: tuple[str, ...]
    source: str
    settings: str
    started: Nanos
    last: Nanos
    ended: Nanos | None
    lines: int
    head: str
    bankroll: Money
    equity: Money | None
    cash: Money | None
    positions_at_cost: Money | None
    orders: int
    fills: int
    refused: int
    problem: str


class DecisionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the decision log. `text` says it in a sentence, `body` is the journal line's JSON.

    `hash` is the line's link of the hash chain; `proven` says that this entry's line still gives that hash.
    """

    run: str
    seq: int
    stage: Stage
    at: Nanos
    mode: str
    decision: Decision
    kind: str
    strategy: str
    market: MarketId
    title: str
    intent: IntentId
    order: OrderId
    subject: str
    text: str
    cause: str
    hash: str
    proven: bool
    body: str


class DecisionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How many decisions there are, in all and by stage and kind of decision.

    `trade_ppm` of what risk was asked may trade. `recent` were made in the hour before the newest.
    """

    total: int
    by_stage: dict[Stage, int]
    by_decision: dict[Decision, int]
    by_strategy: dict[str, int]
    recent: int
    trade_ppm: int | None


class OrderRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it stands, or stood at its end. `reason` is that of its intent, `detail` the venue's last word.

    `sent` is when it was put on record, right before its bytes left; `answered` the first word of the venue;
    `fees` what its fills cost. `origin` is the run that sent it; a run that took it over from a killed one has a record
    of its own, and `taken_over` of the earlier record names that run.
    """

    run: str
    id: OrderId
    seq: int
    mode: str
    venue: Venue
    venue_id: str
    intent: IntentId
    strategy: str
    reason: str
    market: MarketId
    title: str
    outcome: OutcomeId
    label: str
    side: Side
    limit: Price
    size: Size
    filled: Size
    taken_back: Size
    status: OrderStatus
    tif: TimeInForce
    post_only: bool
    sent: Nanos
    answered: Nanos | None
    updated: Nanos
    ended: Nanos | None
    fees: Money
    detail: str
    origin: str
    taken_over: str


class FillRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A trade of ours. `state` is provisional, mined, settled or reversed; on paper it is settled at once."""

    run: str
    seq: int
    at: Nanos
    mode: str
    venue: Venue
    order: OrderId
    id: str
    intent: IntentId
    strategy: str
    market: MarketId
    title: str
    outcome: OutcomeId
    label: str
    side: Side
    price: Price
    size: Size
    fee: Money
    maker: bool
    state: str
    wallet: str


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A journal line that the database keeps. `proven`: it still gives its hash."""

    run: str
    seq: int
    at: Nanos
    kind: str
    cause: str
    text: str
    hash: str
    proven: bool
    body: str


class OrderDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An order with everything around it.

    `about` is what became of it, oldest first; `chain` goes from its own line back through its causes, newest first;
    `origin` is where the chain leaves the journal: a frame of the recording, or empty. `refusals` are the rules that
    refused its intent (None did for an order that was sent). `result` is what its basket brought, once it is over.
    """

    order: OrderRecord
    fills: tuple[FillRecord, ...]
    about: tuple[JournalEntry, ...]
    chain: tuple[JournalEntry, ...]
    origin: str
    edge: Money | None
    max_loss: Money | None
    ending: str
    result: Money | None


class ClosedTrade(msgspec.Struct, frozen=True, kw_only=True):
    """A position from its first contract to its last. `closed_by`: sold, merged, converted, settled or adopted.

    `profit` = proceeds - cost - fees. Where one entry closes several outcomes at once (a merge), what it brought is
    told apart by their cost. `strategy` is the one that opened it.
    """

    run: str
    seq: int
    mode: str
    venue: Venue
    strategy: str
    market: MarketId
    title: str
    outcome: OutcomeId
    label: str
    opened: Nanos
    closed: Nanos
    size: Size
    cost: Money
    proceeds: Money
    fees: Money
    profit: Money
    closed_by: str


class TradeSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Closed trades in sums. `held` is the mean time from opening to closing."""

    trades: int
    won: int
    lost: int
    profit: Money
    fees: Money
    best: Money | None
    worst: Money | None
    held: Nanos | None


class DayResult(msgspec.Struct, frozen=True, kw_only=True):
    """What closed trades of one UTC day brought; `day` is its first nanosecond. `strategy` is empty for all."""

    day: Nanos
    strategy: str
    trades: int
    won: int
    profit: Money
    fees: Money


class EquityPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Equity at one moment: `equity` at conservative marks, as risk saw it. `drawdown_ppm` is below the high water."""

    run: str
    at: Nanos
    equity: Money
    high_water: Money
    day_start: Money
    drawdown_ppm: int


class PositionPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What was held of an outcome from `at` on; size 0 once it was closed."""

    run: str
    seq: int
    at: Nanos
    mode: str
    venue: Venue
    market: MarketId
    title: str
    outcome: OutcomeId
    label: str
    size: Size
    cost: Money
    why: str


class OpportunityRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that could be executed at a profit after all costs, and what risk said if it was asked.

    `verdict` is approved, refused, or empty where no intent followed.
    """

    run: str
    seq: int
    at: Nanos
    mode: str
    bundle: str
    kind: str
    size: Size
    cost: Money
    fees: Money
    edge: Money
    verdict: str
    intent: IntentId


class NearMissRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that nearly paid. Ratios are cost / payoff in millionths; `short` is how much cheaper a set had to be.

    `closed`, `how` and `best` are None or empty while it lasts.
    """

    run: str
    seq: int
    opened: Nanos
    closed: Nanos | None
    mode: str
    bundle: str
    kind: str
    ratio: int
    best: int | None
    short: Price
    leg: OutcomeId
    how: str


class RiskRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What risk said no to, or what stopped the desk. `kind`: refusal, quote_refused, halt, pause or drawdown."""

    run: str
    seq: int
    at: Nanos
    mode: str
    kind: str
    rule: str
    strategy: str
    market: MarketId
    limit: str
    found: str
    text: str


class ActionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Something a person did. `place`: `journal` (a command to the desk) or `database` (an edit of what is kept here).

    `by` is `web:alice`, `cli:user`, `telegram:123`; `detail` is JSON. `hash` is the journal line's, empty for edits.
    """

    place: str
    run: str
    seq: int
    at: Nanos
    action: str
    by: str
    why: str
    detail: str
    hash: str


class WalletStatus(StrEnum):
    """Whether a wallet or a strategy is in use."""

    ACTIVE = "active"
    PAUSED = "paused"
    RETIRED = "retired"


class WalletRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An account at a venue in one mode, under the name that its user gave it. Never holds a key.

    `profit` = realised - fees over all runs of its mode; `cash` and `positions_at_cost` are those of the latest run.
    `cash` is None where nobody tells what lies at which venue (paper without shares).
    """

    id: str
    name: str
    mode: str
    venue: Venue
    address: str
    status: WalletStatus
    opening: Money | None
    note: str
    created: Nanos
    updated: Nanos
    cash: Money | None
    positions_at_cost: Money
    realised: Money
    fees: Money
    profit: Money
    trades: int
    strategies: tuple[str, ...]


class StrategyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy: what its user wrote about it, and what it did over all runs of `mode` (all modes are never summed).

    `known` says that a run has used it; figures are zero before.
    """

    name: str
    title: str
    description: str
    kind: str
    risk_level: str
    status: WalletStatus
    created: Nanos
    updated: Nanos
    known: bool
    mode: str
    intents: int
    refused: int
    orders: int
    fills: int
    trades: int
    won: int
    profit: Money
    fees: Money
    wallets: tuple[str, ...]


class BindingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a wallet its user means for a strategy: a share in millionths.

    It is a plan and a measure: orders are refused by the limits of risk, not by shares.
    """

    strategy: str
    wallet: str
    share_ppm: int
    created: Nanos
    updated: Nanos


class ShareInUse(BindingRecord, frozen=True, kw_only=True):
    """A binding with what the strategy holds of the wallet now: at cost, and as a share of the wallet's capital.

    `used_ppm` is None where nobody knows that capital.
    """

    used: Money
    used_ppm: int | None


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """All wallets, strategies and bindings of one mode, and their sums.

    `capital` is cash and positions at cost in the latest run of the mode.
    """

    mode: str
    wallets: tuple[WalletRecord, ...]
    strategies: tuple[StrategyRecord, ...]
    bindings: tuple[ShareInUse, ...]
    capital: Money
    profit: Money
    active_wallets: int
    mean_share_ppm: int | None


class WalletPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A wallet after a booking of a run. `equity` = cash + positions at cost, None where the cash is not known.

    `realised` and `fees` count from the start of the run.
    """

    wallet: str
    run: str
    seq: int
    at: Nanos
    cash: Money | None
    positions_at_cost: Money
    realised: Money
    fees: Money
    equity: Money | None


class TradeNote(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wrote about an order or a closed trade. `subject` is an order's id or a trade's `outcome`."""

    id: int
    run: str
    subject: str
    text: str
    by: str
    at: Nanos


class WatchedMarket(msgspec.Struct, frozen=True, kw_only=True):
    """A market that a person keeps an eye on; `above` and `below` are prices worth an alert."""

    market: MarketId
    title: str
    venue: Venue
    note: str
    above: Price | None
    below: Price | None
    by: str
    at: Nanos


class TableFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows a table has. `derived` ones can be made anew from the journals."""

    name: str
    rows: int
    derived: bool


class BackupRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A copy of the database in the home folder."""

    path: str
    at: Nanos
    size: int


class DatabaseFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The database itself. `where` names no password; `size` in bytes, None where it cannot be told."""

    kind: str
    where: str
    version: str
    schema: str
    size: int | None
    tables: tuple[TableFigures, ...]
    runs: int
    lines: int
    newest: Nanos | None
    backups: tuple[BackupRecord, ...]
