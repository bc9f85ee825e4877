"""Passwords, one-time codes, throttles and the users file."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.errors import ConfigError, UsageError
from dutchbook.domain.units import Nanos
from dutchbook.interfaces.web.passwords import KnownKeys, fits, hashed, key_parts, new_key
from dutchbook.interfaces.web.second_factor import STEP_S, address, code_at, new_secret, step_of
from dutchbook.interfaces.web.throttle import MOST, WITHIN_S, Throttle
from dutchbook.storage.roles import Role
from dutchbook.storage.users_file import ApiKey, SignInCode, User, UsersFile

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_one_time_codes_are_those_of_the_standard(at: int, code: str) -> None:
    """RFC 6238, appendix B, the last six of its eight digits."""
    assert code_at(RFC_SECRET, at) == code


@given(st.integers(0, 2**40), st.integers(-3, 3))
def test_a_code_is_good_for_its_step_and_its_neighbours(now: int, steps: int) -> None:
    then = max(0, now + steps * STEP_S)
    taken = step_of(RFC_SECRET, code_at(RFC_SECRET, then), now)
    if abs(then // STEP_S - now // STEP_S) <= 1:
        assert taken is not None


def test_a_secret_is_new_each_time_and_can_be_given_to_a_phone() -> None:
    one, two = new_secret(), new_secret()
    assert one != two
    assert address(one, "ann b") == f"otpauth://totp/dutchbook:ann%20b?secret={one}&issuer=dutchbook"


def test_a_hash_fits_its_secret_alone_and_no_hash_fits_any() -> None:
    hash_ = hashed("open sesame")
    assert hash_.startswith("$argon2id$")
    assert fits("open sesame", hash_)
    assert not fits("open sesam", hash_)
    assert not fits("open sesame", None)
    assert not fits("open sesame", "no hash at all")


def test_a_key_is_known_for_what_it_is_and_checked_once() -> None:
    whole, id_, secret = new_key()
    assert key_parts(whole) == (id_, secret)
    assert key_parts("something else") is None
    known, hash_ = KnownKeys(), hashed(secret)
    assert known.fits(secret, hash_)
    assert known.fits(secret, hash_)
    assert not known.fits(secret, hashed("another"))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 400)), max_size=60))
def test_nobody_fails_more_often_than_allowed_within_the_time(tries: list[tuple[str, float]]) -> None:
    now = 0.0
    throttle = Throttle(lambda: now)
    failures: dict[str, list[float]] = {}
    for name, later in tries:
        now += later
        recent = [at for at in failures.get(name, []) if at + WITHIN_S > now]
        allowed = throttle.wait_s((name,)) == 0
        assert allowed is (len(recent) < MOST)
        if allowed:
            throttle.failed((name,))
            failures.setdefault(name, []).append(now)


def test_a_flood_of_names_fills_no_memory() -> None:
    throttle = Throttle(lambda: 0.0)
    for number in range(20_000):
        throttle.failed((str(number),))
    assert len(throttle._failures) == 10_000


def test_the_users_file_is_private_and_holds_no_secret_in_the_clear(tmp_path: Path) -> None:
    file = UsersFile(tmp_path / "users.json")
    file.put_user(User(name="ann", role=Role.ADMIN, password=hashed("a password of ann"), made=Nanos(1)))
    whole, id_, secret = new_key()
    file.put_key(ApiKey(id=id_, name="bot", role=Role.VIEWER, secret=hashed(secret), made=Nanos(1)))
    assert file.path.stat().st_mode & 0o777 == 0o600
    text = file.path.read_text()
    assert "a password of ann" not in text
    assert secret not in text
    assert UsersFile(file.path).read() == file.read()
    assert whole not in text


def test_what_another_process_changed_is_seen_and_a_code_goes_once(tmp_path: Path) -> None:
    one, two = UsersFile(tmp_path / "users.json"), UsersFile(tmp_path / "users.json")
    one.put_code(SignInCode(id="x", role=Role.OPERATOR, secret="h", until=Nanos(10)), Nanos(0))  # noqa: S106
    assert two.take_code("x")
    assert not one.take_code("x")
    one.put_user(User(name="ann", role=Role.VIEWER, password="h", made=Nanos(1)))  # noqa: S106
    two.remove_user("ann")
    assert one.read().users == {}
    with pytest.raises(UsageError, match="no user 'ann'"):
        one.remove_user("ann")


@pytest.mark.parametrize("content", [b"", b"{", b'{"users": 7}', b"\xff"])
def test_a_damaged_file_lets_nobody_in_and_shows_nothing_of_itself(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "users.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="damaged - restore it") as raised:
        UsersFile(path).read()
    assert raised.value.__cause__ is None
