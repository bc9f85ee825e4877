"""One tape on two exchanges, with books in plain Python and with books in machine code: nobody can tell them apart."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Price, Size
from dutchbook.exchange import market_state
from dutchbook.exchange.listing import Listing, RewardProgramme
from dutchbook.exchange.matching.compiled import CompiledBook
from dutchbook.exchange.matching.plain import PlainBook
from dutchbook.exchange.rules import VenueRules
from tests.exchange.matching_stage import VENUES, Player, Stage, tape

MARKETS = 2


def rewarded(listing: Listing) -> Listing:
    """The market with a reward for those whose orders wait."""
    reward = RewardProgramme(max_spread=Price(300), min_size=Size(10 * CONTRACT), daily_rate=Money(50 * DOLLAR))
    return msgspec.structs.replace(listing, rewards=reward)


def staged(rules: VenueRules, book: type[PlainBook] | None) -> tuple[Stage, Player]:
    with pytest.MonkeyPatch.context() as patch:
        if book is not None:
            patch.setattr(market_state, "new_book", book)
        stage = Stage(rules, markets=MARKETS, cash=2_000 * DOLLAR, change=rewarded)
    return stage, Player(stage)


def seen(stage: Stage) -> object:
    """What is to be seen of an exchange after a step, and what it has told since the last one."""
    exchange = stage.exchange
    books = [(exchange.book(name), exchange.top(name)) for name in exchange.listings]
    resting = [[(o.new.id, o.remaining) for o in exchange.resting(name)] for name in exchange.listings]
    ahead = [exchange.ahead(name) for queue in resting for name, _ in queue]
    told = [line_of(event) for event in stage.events]
    stage.events.clear()
    owners = [(owner.cash(), owner.reserved(), dict(owner.holdings)) for owner in exchange.accounts.values()]
    return books, resting, ahead, told, owners


def line_of(event: object) -> str:
    """An event as text, its orders by their names."""
    parts = [type(event).__name__]
    for name in event.__struct_fields__:  # type: ignore[attr-defined]
        value = getattr(event, name)
        if name in ("order", "taker"):
            value = (value.new.id, value.remaining, value.filled, value.paid, value.fees, value.state, value.reason)
        elif name == "pairs":
            value = [
                (
                    pair.number,
                    pair.kind,
                    pair.size,
                    pair.maker.order.new.id,
                    pair.maker.price,
                    pair.maker.fee,
                    pair.taker.fee,
                )
                for pair in value
            ]
        elif name == "match":
            value = value.number
        parts.append(f"{name}={value}")
    return " ".join(parts)


@pytest.mark.parametrize("rules", VENUES, ids=("polymarket", "kalshi"))
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32))
def test_after_every_step_of_a_tape_both_exchanges_show_and_tell_the_same(rules: VenueRules, seed: int) -> None:
    pytest.importorskip("numba")
    (plain, first), (fast, second) = staged(rules, PlainBook), staged(rules, None)
    for stage, kind in ((plain, PlainBook), (fast, CompiledBook)):
        assert all(isinstance(state.book, kind) for state in stage.exchange._floor.markets.values())
    for act in tape(seed, 300):
        first.play(act)
        second.play(act)
        assert seen(plain) == seen(fast), act
    assert first.refusals == second.refusals
    assert plain.exchange.rewards.earnings == fast.exchange.rewards.earnings
