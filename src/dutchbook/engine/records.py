"""What goes on record besides domain values: the bodies of journal lines that the engine itself writes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

import msgspec
from msgspec.structs import replace

from dutchbook.domain.drafts import AT, OLDEST, Draft, MakeDraft
from dutchbook.domain.events import (
    AccountStated,
    CancelFailed,
    DeskEvent,
    FillMined,
    FillReversed,
    FillSettled,
    ForeignFill,
    OperationReported,
    OrderFilled,
    OrderMissing,
    OrderReported,
    TimerFired,
    VenueStateChanged,
)
from dutchbook.domain.orders import Intent, Order
from dutchbook.domain.pairs import Pair
from dutchbook.domain.units import Money, Nanos
from dutchbook.risk.ports import Refusal
from dutchbook.risk.review import Refused, Verdict
from dutchbook.strategies.reward_maker.observations import MakerFigures


class RunStarted(msgspec.Struct, frozen=True, kw_only=True):
    """First line of a journal: what this run is. Nothing of the machine, so that a replay gives the same line."""

    mode: str
    strategies: tuple[str, ...]
    settings: str
    """SHA-256 of all settings."""
    source: str
    """What is replayed or watched: a recording's content hash, or a market's name and seed."""
    cash: Money
    prefix: str = ""
    """What the ids of this run's intents and orders begin with: venues never see one id twice."""
    pairs: tuple[Pair, ...] = ()
    """The pairs across venues that a person approved before it: who, when and why."""


class Mark(msgspec.Struct, frozen=True):
    """Written every 10,000 frames, so that a journal shows how far its market data went."""

    frames: int
    events: int


class VerdictRecord(msgspec.Struct, frozen=True):
    """Risk's answer to an intent: approved if nothing refuses it."""

    approved: bool
    intent: Intent
    refusals: tuple[Refusal, ...] = ()


class FaultRecord(msgspec.Struct, frozen=True):
    """A frame that was refused, and why. The frame itself is in the recording, at the line's cause."""

    reason: str


class RunEnded(msgspec.Struct, frozen=True, kw_only=True):
    """Last line of a journal that was closed in good order."""

    frames: int
    events: int
    cash: Money
    equity: Money
    maker: MakerFigures | None = None
    """What the reward maker did, if it ran."""


def verdict_record(verdict: Verdict) -> VerdictRecord:
    """A verdict as it is kept."""
    refusals = verdict.refusals if isinstance(verdict, Refused) else ()
    return VerdictRecord(not refusals, verdict.intent, refusals)


def verdict_draft(intent: Intent, draft: MakeDraft) -> Draft:
    """The line of an approval to come, of an intent that is known but for its times."""
    return draft("verdict", VerdictRecord(True, replace(intent, oldest=cast("Nanos", OLDEST), at=cast("Nanos", AT))))


def order_draft(order: Order, draft: MakeDraft) -> Draft:
    """The line of an order to come, known but for when it is made."""
    return draft("order", replace(order, created=cast("Nanos", AT)))


_KINDS: Mapping[type, str] = MappingProxyType(
    {
        OrderReported: "report",
        FillMined: "mined",
        FillSettled: "settled",
        FillReversed: "reversed",
        OrderMissing: "missing",
        CancelFailed: "cancel_failed",
        ForeignFill: "foreign_fill",
        AccountStated: "account",
        OperationReported: "operated",
        VenueStateChanged: "venue",
        TimerFired: "timer",
    }
)
_COMMAND = "command"


def event_record(event: DeskEvent) -> tuple[str, msgspec.Struct]:
    """The kind and body of the journal line of an event that did not come from a market."""
    if isinstance(event, OrderFilled):
        return "fill", event.fill
    return _KINDS.get(type(event), _COMMAND), event
