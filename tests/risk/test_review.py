"""The verdict: what cannot be read is refused, and nothing but the review approves."""

import ast
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.orders import Intent, Leg
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.risk.review import Approved, Refused, confirm, review, still_passes
from dutchbook.risk.rules import guardian_rules, momentary_rules
from dutchbook.risk.settings import RiskSettings
from tests.risk.desk import DEFAULTS, NOW, RAIN, TestDesk, buy, intent, no, sell, yes

SOURCE = Path(__file__).resolve().parents[2] / "src" / "dutchbook"
RULES = guardian_rules(DEFAULTS)


def leg(**changes: object) -> Leg:
    return msgspec.structs.replace(buy(yes(RAIN), 10), **changes)


def changed(**changes: object) -> Intent:
    return msgspec.structs.replace(intent(buy(yes(RAIN), 10)), **changes)


def test_what_no_rule_refuses_is_approved_as_it_is() -> None:
    wanted = intent(buy(yes(RAIN), 10))
    assert review(wanted, TestDesk(), RULES) == Approved(wanted)


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        (changed(legs=()), "no legs"),
        (intent(buy(yes(RAIN), 1), sell(yes(RAIN), 1)), "an outcome twice"),
        (intent(leg(market=MarketId("mars"))), "not in the catalogue"),
        (intent(leg(outcome=yes(MarketId("sun")))), "not an outcome of market rain"),
        (intent(leg(size=0)), "size 0"),
        (intent(leg(size=-1)), "size -1"),
        (intent(leg(size=1.5)), "size 1.5"),
        (intent(leg(size=True)), "size True"),
        (intent(leg(limit=4_950)), "limit 4950 is not on the price grid"),
        (intent(leg(limit=0)), "limit 0"),
        (intent(leg(limit=10_000)), "limit 10000"),
        (intent(leg(limit=float("nan"))), "limit nan"),
        (intent(leg(expected=-1)), "expected price -1"),
        (intent(leg(expected=10_001)), "expected price 10001"),
        (changed(max_loss=-1), "worst loss -1"),
        (changed(max_loss=float("-inf")), "worst loss -inf"),
        (changed(cost=-1), "cost -1"),
        (changed(at=NOW + 1), "it was made at"),
        (changed(at=float("inf")), "it was made at inf"),
    ],
)
def test_an_intent_that_makes_no_sense_is_refused_before_any_rule_counts_it(wanted: Intent, problem: str) -> None:
    verdict = review(wanted, TestDesk(), RULES)
    assert isinstance(verdict, Refused)
    assert {refusal.rule for refusal in verdict.refusals} == {"sound_intent"}
    assert problem in verdict.refusals[0].message


def test_all_flaws_are_reported() -> None:
    verdict = review(intent(leg(size=0), leg(outcome=no(RAIN), limit=1), max_loss=-5), TestDesk(), RULES)
    assert isinstance(verdict, Refused)
    assert len(verdict.refusals) == 3


def test_a_closed_market_takes_nothing() -> None:
    desk = TestDesk()
    desk.markets[RAIN] = msgspec.structs.replace(desk.markets[RAIN], status=MarketStatus.CLOSED)
    verdict = review(intent(buy(yes(RAIN), 1)), desk, RULES)
    assert isinstance(verdict, Refused)
    assert "market rain is closed" in verdict.refusals[0].message


def test_an_intent_is_worked_on_once() -> None:
    desk = TestDesk()
    wanted = intent(buy(yes(RAIN), 1))
    desk.exposure.reserve(wanted)
    verdict = review(wanted, desk, RULES)
    assert isinstance(verdict, Refused)
    assert "being worked on already" in verdict.refusals[0].message


@given(
    closes=st.none() | st.integers(0, 7_200),
    old=st.integers(0, 700),
    until=st.integers(0, 60),
    share=st.integers(0, 100),
)
def test_what_passes_as_of_a_time_passes_until_then(closes: int | None, old: int, until: int, share: int) -> None:
    wanted, desk = Approved(intent(buy(yes(RAIN), 10))), TestDesk()
    rules = momentary_rules(
        RiskSettings.model_validate({"no_opening_before_close": "1h", "unchanged_book": "10m", "stale_price": "10m"})
    )
    ends = None if closes is None else Nanos(NOW + closes * SECOND)
    desk.markets[RAIN] = msgspec.structs.replace(desk.markets[RAIN], closes=ends)
    end, oldest = Nanos(NOW + until * SECOND), Nanos(NOW - old * SECOND)
    between = Nanos(NOW + until * SECOND * share // 100)
    desk.now = end
    passes = still_passes(wanted, end, oldest, desk, rules)
    assert passes == isinstance(confirm(wanted, end, oldest, desk, rules), Approved)
    desk.now = between
    if passes:
        verdict = confirm(wanted, between, oldest, desk, rules)
        assert verdict == Approved(msgspec.structs.replace(wanted.intent, at=between, oldest=oldest))


def test_only_the_review_makes_an_approved_intent() -> None:
    makers = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Approved"
    }
    assert makers == {"risk/review.py"}
