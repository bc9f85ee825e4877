"""A signer keeps to what the venue says of its rate: the tier it names, and the tokens that it counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.orders import OrderStatus as S
from dutchbook.domain.units import SECOND
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.venues.budget import Budget
from dutchbook.venues.polymarket.order_limits import CANCELS, PLACES, Tier, order_limits
from dutchbook.venues.polymarket.signer_pace import RATE_HEADERS, RateWord, SignerPace, rate_word
from dutchbook.venues.trading import Exchange
from tests.venues.live.virtual_time import VirtualTime
from tests.venues.polymarket.broker.stage import ADDRESS, Stage


def said(tier: str = "Standard", remaining: object = 59, status: int = 200, **more: str) -> Exchange:
    headers = {"poly-ratelimit-tier": tier, "poly-ratelimit-remaining": str(remaining), **more}
    return Exchange(path="/order", status=status, headers=headers)


class Signer:
    """A pace with its budget and its time."""

    def __init__(self) -> None:
        time = VirtualTime()
        self.budget = Budget(order_limits(), time, time.sleep)
        self.pace = SignerPace(self.budget)

    def sends(self, orders: int, bucket: str = PLACES) -> bool:
        return not self.budget.spend_now(((bucket, orders),))

    def at_once(self, bucket: str = PLACES) -> int:
        """How many single requests leave before one has to wait."""
        return next(sent for sent in range(10_000) if not self.sends(1, bucket))


def test_the_words_of_the_venue() -> None:
    headers = {"poly-ratelimit-remaining": "-81", "poly-ratelimit-tier": "Gold", "poly-ratelimit-warning": "true"}
    assert rate_word(headers) == RateWord(Tier.GOLD, -81, warning=True)
    assert {name.encode() for name in headers} == RATE_HEADERS


@pytest.mark.parametrize("remaining", ["", "many", "1.5", "--1", "9" * 10, "\u0663", "+5", "1e3"])
def test_what_cannot_be_read_was_not_said(remaining: str) -> None:
    headers = {"poly-ratelimit-remaining": remaining, "poly-ratelimit-tier": "Obsidian"}
    assert rate_word(headers) == RateWord()


def test_fewer_tokens_than_ours_hold_and_more_do_not() -> None:
    signer = Signer()
    assert signer.sends(30)
    signer.pace.answered(PLACES, said(remaining=60))
    assert not signer.sends(31)
    signer.pace.answered(PLACES, said(remaining=7))
    assert signer.at_once() == 7
    assert signer.at_once(CANCELS) == 120


def test_the_tier_that_is_told_sets_the_pace_of_orders_and_cancels() -> None:
    time = VirtualTime()
    budget = Budget(order_limits(), time, time.sleep)
    assert not budget.spend_now(((PLACES, 60), (CANCELS, 120)))
    SignerPace(budget).answered(PLACES, said("Silver", 0))
    assert budget.spend_now(((PLACES, 1),)) == 10**9 // 200
    assert budget.spend_now(((CANCELS, 1),)) == 10**9 // 400


def test_a_tier_that_nobody_knows_changes_nothing() -> None:
    signer = Signer()
    signer.pace.answered(PLACES, said("Obsidian", 60))
    assert signer.at_once() == 60


def test_an_answer_without_such_headers_changes_nothing() -> None:
    signer = Signer()
    signer.pace.answered(PLACES, Exchange(path="/order", status=200))
    signer.pace.answered(PLACES, Exchange(path="/order", failure="timeout"))
    assert signer.at_once() == 60


@given(st.dictionaries(st.sampled_from(sorted(name.decode() for name in RATE_HEADERS)), st.text(max_size=12)))
def test_no_header_raises_or_lets_more_leave_than_the_highest_tier(headers: dict[str, str]) -> None:
    signer = Signer()
    signer.pace.answered(PLACES, Exchange(path="/order", status=200, headers=headers))
    assert signer.at_once() <= 60


@pytest.mark.parametrize(("tier", "within_s"), [("Standard", 8), ("Silver", 2)])
async def test_the_broker_goes_as_fast_as_the_tier_that_it_is_told_and_no_order_is_refused(
    tier: str, within_s: float
) -> None:
    options = ClobOptions(enforce_signer_limits=True, tiers={ADDRESS.lower(): tier})
    async with Stage(options).playing(cash=1_000_000) as stage:
        await stage.placed(stage.order(Side.BUY, 100, 10))
        began = stage.time.now()
        sent = stage.place(*(stage.order(Side.BUY, 100 + 100 * (n % 40), 10) for n in range(360)))
        await stage.happen(lambda: all(stage.now(order).status is not S.SENDING for order in sent))
        assert [stage.now(order).status for order in sent] == [S.OPEN] * 360
        assert within_s / 2 <= (stage.time.now() - began) / SECOND <= within_s
