"""Backtests small enough for tests: a market or two, strategies that are told what to do."""

from collections.abc import Callable, Collection, Container, Sequence
from random import Random

from dutchbook.app.backtest.post import Ways
from dutchbook.app.backtest.stage import START, Make, Stage
from dutchbook.app.strategies import Ingredients
from dutchbook.app.torture.trader import Gambler
from dutchbook.config.documents import document_of
from dutchbook.config.load import shipped_settings
from dutchbook.config.modes import Mode
from dutchbook.domain.events import Event
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import Intent
from dutchbook.domain.units import MILLISECOND, SECOND, Nanos
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.living.spec import ScenarioSpec
from dutchbook.storage.journal import Journal
from dutchbook.strategies.ports import DeskView, Strategy

VILLAGE = b"""\
name: hamlet
retail: 10
maintenance: false
crowds:
  quick:
    makers:
      - {count: 2, half_spread: 0.006, noise: 0.005, levels: 3, stride: 1, sizes: 30..150..700, requote: 8s, moves: 1}
    noise: {every: 10s, sizes: 5..30..200, resting: 25%, patience: 60s}
    informed: {every: 60s, sizes: 20..100..400}
questions:
  - kind: binary
    name: bridge-opens
    ticker: KXBRIDGE
    title: Does the bridge open?
    category: Politics
    crowd: quick
    venues: [polymarket, kalshi]
    lasts: 5d
    chance: 45%
    beliefs: {news_every: 10m}
    rewards: {max_spread: 0.045, min_size: 20, daily: 100}
  - kind: binary
    name: rain-today
    ticker: KXRAIN
    title: Does it rain?
    category: Weather
    crowd: quick
    lasts: 20m
    settles: 1m
    chance: 60%
"""
STILL = b"""\
name: still
retail: 1
crowds:
  asleep:
    makers:
      - {half_spread: 0.3, noise: 0.0001, levels: 1, sizes: 100..100..100, requote: 30d}
questions:
  - kind: binary
    name: nobody-trades
    ticker: KXSTILL
    title: Does anybody trade?
    category: World
    crowd: asleep
    lasts: 30d
    chance: 50%
    beliefs: {step: 30d, drift: 0.0001%}
"""
"""One market in which nothing happens: a bid at 20 cents, an offer at 80."""


def spec_of(text: bytes) -> ScenarioSpec:
    """The scenario in a text."""
    return document_of(text, "test.yaml", ScenarioSpec)


def stage_of(
    journal: Journal,
    *,
    text: bytes = VILLAGE,
    seed: int = 1,
    latency_ms: int = 40,
    jitter_ms: int = 0,
    more: tuple[Strategy, ...] = (),
    builds: Callable[[Ingredients], Sequence[Strategy]] | None = None,
    plan: FaultPlan = FaultPlan(),  # noqa: B008 - a frozen value
) -> Stage:
    """A stage, its desk begun."""
    ways = Ways.even(Nanos(latency_ms * MILLISECOND), Nanos(jitter_ms * MILLISECOND))
    make = Make(spec=spec_of(text), seed=seed, lasts=Nanos(0), more=more, builds=builds, plan=plan, ways=ways)
    return Stage(make, shipped_settings().in_mode(Mode.BACKTEST), journal)


def gambling(seed: int = 3, every_s: int = 5) -> Callable[[Ingredients], Sequence[Strategy]]:
    """A strategy that orders whatever comes to its mind, about so often."""

    def build(parts: Ingredients) -> Sequence[Strategy]:
        desk = parts.desk
        chance = Random(seed)
        return (
            Gambler(
                list(parts.catalogue.markets()),
                chance,
                Nanos(every_s * SECOND),
                lambda: {outcome: desk.settled(outcome) for outcome in desk.positions()},
            ),
        )

    return build


def after(seconds: float) -> Nanos:
    """So long after the desk came."""
    return Nanos(START + round(seconds * SECOND))


class Scripted:
    """Does at each look at a book what it is told."""

    name = "scripted"

    def __init__(self, act: Callable[[Sequence[OutcomeId], DeskView], Sequence[Intent]]) -> None:
        self._act = act

    def outcomes(self) -> Collection[OutcomeId]:
        """It is told of all books."""
        return ()

    def deep(self) -> Container[OutcomeId]:
        """Tops are enough."""
        return ()

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:
        """What it is told."""
        return self._act(outcomes, desk)

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        """Nothing."""

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Intent]:  # noqa: ARG002
        """Nothing."""
        return ()
