"""Learn, decide, check. Backtest, replay, paper and live run this and nothing else."""

from collections.abc import Sequence

import msgspec

from dutchbook.domain.events import BookLost, Event
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import Intent
from dutchbook.domain.wishes import MergePair, Wake, Wish, Withdraw
from dutchbook.engine.desk import NOTHING_LEARNED, Desk, Learned
from dutchbook.engine.risk_view import DeskRisk
from dutchbook.execution.step import Step
from dutchbook.risk.ports import Rule
from dutchbook.risk.review import Approved, Verdict, review
from dutchbook.strategies.ports import Strategy, Tidies


class Decision(msgspec.Struct, frozen=True):
    """The verdict on an intent, and what execution does about it."""

    verdict: Verdict
    step: Step


class Granted(msgspec.Struct, frozen=True):
    """A wish that no rule has to judge, and what execution does about it."""

    wish: Withdraw | Wake | MergePair
    step: Step


class Turn(msgspec.Struct, frozen=True):
    """What one event led to, in the order in which it goes on record."""

    learned: Learned
    decisions: tuple[Decision | Granted, ...]


QUIET = Turn(NOTHING_LEARNED, ())
"""The turn of most market data: the books moved, nobody wants anything."""


def turn(desk: Desk, event: Event, strategies: Sequence[Strategy], view: DeskRisk, rules: Sequence[Rule]) -> Turn:
    """Apply one event, ask the strategies that care, and let every rule judge every intent.

    Ways home come first. What an approved intent may cost is reserved at once, and each strategy is asked only once the
    intents before its own have been judged: so it sees what is left.
    """
    learned = desk.learn(event)
    return QUIET if desk.calm else decide(desk, event, learned, strategies, view, rules)


def decide(
    desk: Desk, event: Event, learned: Learned, strategies: Sequence[Strategy], view: DeskRisk, rules: Sequence[Rule]
) -> Turn:
    """The rest of a `turn`, of an event that the desk has learnt and that is not nothing to anybody."""
    if learned is NOTHING_LEARNED:
        decisions: list[Decision | Granted] | None = None
    else:
        decisions = [_decide(desk, intent, view, rules) for intent in learned.step.intents]
    ready = desk.ready
    for strategy in strategies:
        wanted = strategy.books_changed(ready, desk) if ready else _wanted(desk, event, strategy)
        if wanted:
            decided = [_decide(desk, wish, view, rules) for wish in wanted]
            decisions = decided if decisions is None else [*decisions, *decided]
    return QUIET if decisions is None else Turn(learned, tuple(decisions))


def look(
    desk: Desk, outcomes: Sequence[OutcomeId], strategies: Sequence[Strategy], view: DeskRisk, rules: Sequence[Rule]
) -> Turn:
    """The turn of an event that a lane applied: these books may be looked at, and there is nothing else to learn."""
    desk.look_at(outcomes)
    decisions: list[Decision | Granted] = []
    for strategy in strategies:
        if wanted := strategy.books_changed(outcomes, desk):
            decisions += [_decide(desk, wish, view, rules) for wish in wanted]
    return Turn(NOTHING_LEARNED, tuple(decisions)) if decisions else QUIET


def tidy(desk: Desk, strategies: Sequence[Tidies], view: DeskRisk, rules: Sequence[Rule]) -> Turn:
    """What strategies put off until what they wanted has left."""
    decisions = [_decide(desk, wish, view, rules) for strategy in strategies for wish in strategy.tidy(desk)]
    return Turn(NOTHING_LEARNED, tuple(decisions)) if decisions else QUIET


def _wanted(desk: Desk, event: Event, strategy: Strategy) -> Sequence[Wish]:
    """What a strategy wants of an event that changed no book to be looked at."""
    if desk.tells:
        return strategy.on_event(event, desk)
    if isinstance(event, BookLost):
        strategy.book_lost(event.outcomes, desk)
        return strategy.on_event(event, desk)
    return ()


def _decide(desk: Desk, wish: Wish, view: DeskRisk, rules: Sequence[Rule]) -> Decision | Granted:
    if not isinstance(wish, Intent):
        return Granted(wish, desk.grant(wish))
    view.begin()
    verdict = review(wish, view, rules)
    return Decision(verdict, desk.accept(verdict) if isinstance(verdict, Approved) else desk.decline(verdict))
