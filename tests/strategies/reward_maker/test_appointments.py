"""Appointments are what a plain table of times would say."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import Nanos
from dutchbook.strategies.reward_maker.appointments import Appointments

markets = st.sampled_from([MarketId(name) for name in "abcd"])
steps = st.lists(st.tuples(markets, st.none() | st.integers(1, 20), st.booleans()), max_size=60)


@given(steps)
def test_what_is_due_and_what_comes_next_are_those_of_a_plain_table(
    wanted: list[tuple[MarketId, int | None, bool]],
) -> None:
    made, plain, now = Appointments(), dict[MarketId, Nanos](), 0
    for market, wait, take in wanted:
        if wait is None:
            made.set(market, None)
            plain.pop(market, None)
        else:
            made.set(market, Nanos(now + wait))
            plain[market] = Nanos(now + wait)
        assert made.soonest() == min(plain.values(), default=None)
        if take:
            now += 5
            due = [each for each, at in plain.items() if at <= now]
            assert made.take(Nanos(now)) == due
            # Whoever took them looks at each, and says when it is due again.
            for number, each in enumerate(due, 1):
                made.set(each, Nanos(now + number))
                plain[each] = Nanos(now + number)
