"""A halt on virtual time, whoever orders it: what opens risk is gone within a second, what gives holdings up stays."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from dutchbook.app.runs import journal_folder
from dutchbook.app.torture import stage as torture_stage
from dutchbook.app.torture.truth import named
from dutchbook.domain.book import Side
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import DAY, SECOND
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.risk.halt import HALT_SIGNAL, Halt, halt_file, write_halt
from dutchbook.storage.journal_reader import read
from tests.stories.test_reward_maker_in_the_sandbox import Quoting


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Quoting]:
    with patch.object(torture_stage, "EVERY", DAY):
        made = Quoting(tmp_path, FaultPlan())
        yield made
    made.stage.close()


def by_file(one: Quoting) -> None:
    desk = one.stage.desk.parts.desk
    write_halt(halt_file(one.stage.home), Halt("a test", "a person", desk.now))


def by_signal(one: Quoting) -> None:
    os.kill(os.getpid(), HALT_SIGNAL)


@pytest.mark.parametrize("order", [by_file, by_signal])
def test_all_purchases_are_gone_within_a_second(one: Quoting, order: Callable[[Quoting], None]) -> None:
    one.until(lambda: len(one.quotes()) > 6)
    quoted = one.quotes()
    order(one)
    taken = len(list(one.truth.orders(Venue.POLYMARKET)))
    one.live(60)
    assert one.quotes() == []
    assert max(quote.updated for quote in quoted) <= halted_at(one) + SECOND
    # By the desk itself, in the same instant: not by a strategy that may look at the halt, or not.
    assert cancelled_at(one, halted_at(one)) >= len(quoted)
    assert len(list(one.truth.orders(Venue.POLYMARKET))) == taken
    assert one.stage.desk.parts.desk.halt_reason is not None
    assert not one.checks.violations


def test_a_sale_that_rests_stays_and_nothing_is_sold_anew(one: Quoting) -> None:
    def offered() -> list[str]:
        return [name for name, order in one.truth.open(Venue.POLYMARKET).items() if order.new.side is Side.SELL]

    one.until(lambda: bool(offered()))
    by_file(one)
    left = offered()
    one.live(5)
    assert one.quotes() == []
    assert set(offered()) <= set(left)
    one.live(15)  # longer than the venue's dead-man switch waits: it is fed on, for the sale's sake
    filled = {name for name, order in _ended(one).items() if order == "filled"}
    assert set(left) <= set(offered()) | filled


def halted_at(one: Quoting) -> int:
    """When the desk took note: at once where somebody asks it to, between two frames on virtual time."""
    journal = journal_folder(one.stage.home, one.stage.desk.run)
    found = [line for line in read(journal) if line.kind == "command" and b'"type":"halt"' in bytes(line.body)]
    return found[0].at


def cancelled_at(one: Quoting, at: int) -> int:
    lines = read(journal_folder(one.stage.home, one.stage.desk.run))
    return sum(line.kind == "cancel" and line.at == at for line in lines)


def _ended(one: Quoting) -> dict[str, str]:
    return {named(Venue.POLYMARKET, order): str(order.state) for order in one.truth.orders(Venue.POLYMARKET)}
