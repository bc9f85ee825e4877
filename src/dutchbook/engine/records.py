"""What goes on record besides domain values: the bodies of journal lines that the engine itself writes."""

from typing import assert_never

import msgspec

from dutchbook.domain.events import (
    CashMoved,
    DeskEvent,
    HaltOrdered,
    OrderFilled,
    OrderReported,
    Resumed,
    TimerFired,
)
from dutchbook.domain.orders import Intent
from dutchbook.domain.units import Money
from dutchbook.risk.ports import Refusal
from dutchbook.risk.review import Refused, Verdict


class RunStarted(msgspec.Struct, frozen=True, kw_only=True):
    """First line of a journal: what this run is. Nothing of the machine, so that a replay gives the same line."""

    mode: str
    strategies: tuple[str, ...]
    settings: str
    """SHA-256 of all settings."""
    source: str
    """What is replayed or watched: a recording's content hash, or a market's name and seed."""
    cash: Money


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


def verdict_record(verdict: Verdict) -> VerdictRecord:
    """A verdict as it is kept."""
    refusals = verdict.refusals if isinstance(verdict, Refused) else ()
    return VerdictRecord(not refusals, verdict.intent, refusals)


def event_record(event: DeskEvent) -> tuple[str, msgspec.Struct]:
    """The kind and body of the journal line of an event that did not come from a market."""
    match event:
        case OrderReported():
            return "report", event
        case OrderFilled(fill=fill):
            return "fill", fill
        case TimerFired():
            return "timer", event
        case CashMoved() | HaltOrdered() | Resumed():
            return "command", event
        case _:
            assert_never(event)
