"""A sandbox tells other commands of its home where it listens, while it lives."""

from pathlib import Path

from dutchbook.app.sandbox.addresses import KalshiAddresses, PolymarketAddresses, SandboxAddresses
from dutchbook.app.sandbox.registry import found, registered
from dutchbook.storage.home import Home


def addresses(world: str) -> SandboxAddresses:
    polymarket = PolymarketAddresses("http://a", "http://b", "http://c", "ws://d", "ws://e", "ws://f", "ws://g")
    return SandboxAddresses(polymarket, KalshiAddresses("http://h", "ws://i"), "http://j", world)


def test_a_sandbox_is_found_while_it_lives(tmp_path: Path) -> None:
    assert found(tmp_path) is None
    with registered(tmp_path, addresses("one")) as first:
        assert first
        assert found(tmp_path) == addresses("one")
    assert found(tmp_path) is None


def test_the_first_sandbox_of_a_home_is_the_one_that_is_found(tmp_path: Path) -> None:
    with registered(tmp_path, addresses("one")):
        with registered(tmp_path, addresses("two")) as second:
            assert not second
        assert found(tmp_path) == addresses("one")


def test_a_sandbox_that_has_not_said_where_it_listens_is_not_found(tmp_path: Path) -> None:
    with registered(tmp_path, addresses("one")):
        Home(tmp_path).sandbox_running.write_bytes(b"12\n{")
        assert found(tmp_path) is None
