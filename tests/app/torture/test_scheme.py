"""What a seed does to a desk: the same again, every kind of fault sooner or later, and peace at the end."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.app.torture.scheme import What, scheme
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.faults.plan import LastingFaultSettings, Restart

HOUR = Nanos(3_600 * SECOND)
KINDS = 25


@given(st.integers(0, 10_000), st.integers(300, 7_200))
def test_the_same_seed_does_the_same_and_nothing_once_it_is_quiet(seed: int, seconds: int) -> None:
    lasts = Nanos(seconds * SECOND)
    found = scheme(seed, lasts)
    assert found == scheme(seed, lasts)
    assert found.quiet < found.calm < found.end == lasts
    assert all(blow.at < found.quiet for blow in found.blows)
    for fault in found.plan.faults:
        assert fault.after < found.quiet
        if isinstance(fault, LastingFaultSettings):
            assert fault.lasts is not None
            assert fault.after + fault.lasts <= found.quiet + SECOND
        else:
            assert isinstance(fault, Restart)


def test_every_kind_of_fault_and_of_blow_comes_sooner_or_later() -> None:
    schemes = [scheme(seed, HOUR) for seed in range(60)]
    assert len({fault.fault for each in schemes for fault in each.plan.faults}) == KINDS
    assert {blow.what for each in schemes for blow in each.blows} == set(What)


def test_some_desks_decide_ahead_some_sign_it_too_and_some_do_neither() -> None:
    kinds = {(each.decides_ahead, each.signs_ahead) for each in (scheme(seed, HOUR) for seed in range(1, 5))}
    assert kinds == {(False, False), (True, False), (True, True)}


def test_a_quiet_one_does_nothing() -> None:
    found = scheme(1, HOUR, quiet=True)
    assert (found.plan.faults, found.blows) == ((), ())
