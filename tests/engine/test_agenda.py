"""What is due later comes in order of time, and of asking."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.events import JournalRef
from dutchbook.domain.units import Nanos
from dutchbook.engine.agenda import Agenda, TimerDue


@given(st.lists(st.integers(0, 5), max_size=30))
def test_ties_keep_the_order_of_asking(times: list[int]) -> None:
    agenda = Agenda()
    for number, at in enumerate(times):
        agenda.add(Nanos(at), TimerDue(str(number)), JournalRef(number))
    popped = []
    while due := agenda.pop_due(Nanos(5)):
        popped.append((due[0], due[2]))
    assert popped == sorted(((Nanos(at), JournalRef(n)) for n, at in enumerate(times)), key=lambda p: (p[0], p[1].seq))


def test_nothing_comes_before_its_time() -> None:
    agenda = Agenda()
    agenda.add(Nanos(7), TimerDue("later"), JournalRef(1))
    assert agenda.pop_due(Nanos(6)) is None
    assert agenda.next_at() == 7
    assert agenda.pop_due(Nanos(7)) == (7, TimerDue("later"), JournalRef(1))
    assert agenda.next_at() is None
