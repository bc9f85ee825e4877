"""`dutchbook init` leads from nothing to a desk that the doctor finds in order, and writes over nothing."""

import io
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from dutchbook.app.accounts.private_files import write_private
from dutchbook.domain.errors import VenueUnreachable
from dutchbook.domain.units import Money
from dutchbook.interfaces.cli import asking, init_questions
from dutchbook.venues.polymarket.wallets import SignatureType
from tests.app.accounts.keys import ADDRESS, KEY_ID, ONE, PEM, SAFE, STRANGER
from tests.interfaces.cli import Terminal

PASSWORD = "correct horse battery"  # noqa: S105 - a test value
HEX = ONE.removeprefix("0x")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory without a `.env`, and nobody at the keyboard."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


class Person:
    """Somebody who answers, in this order; what is typed without an echo comes from `secrets`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def types(self, lines: Sequence[str], secrets: Sequence[str] = ()) -> None:
        left = iter(secrets)

        def getpass(_: str) -> str:
            return next(left)

        self._patch.setattr(asking, "somebody_is_there", lambda: True)
        self._patch.setattr("dutchbook.interfaces.cli.init_questions.somebody_is_there", lambda: True)
        self._patch.setattr(asking, "getpass", getpass)
        self._patch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Person:
    return Person(monkeypatch)


def modes(home: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in home.rglob("*") if path.is_file()}


def test_without_questions_it_is_a_paper_desk(terminal: Terminal) -> None:
    done = terminal("init", "--yes", "--offline")
    assert done.code == 0
    assert f"written: {terminal.home / 'config' / 'dutchbook.yaml'}" in done.out
    assert "PASS" in done.out
    assert "next: dutchbook run" in done.out
    assert '"source": "dutchbook.yaml:2"' in terminal("config", "show", "--json").out
    assert "no mistake" in terminal("config", "check").out
    assert modes(terminal.home) == {0o600}


def test_a_second_time_nothing_is_written_over(terminal: Terminal) -> None:
    terminal("init", "--yes", "--offline", "--bankroll", "700")
    before = (terminal.home / "config" / "dutchbook.yaml").read_text()
    again = terminal("init", "--yes", "--offline")
    assert again.code == 5
    assert "is there already - edit it" in again.err
    assert (terminal.home / "config" / "dutchbook.yaml").read_text() == before
    assert "700" in before


def test_where_nobody_can_answer_it_says_how_to_go_on(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    done = terminal("init")
    assert done.code == 2
    assert "with --yes" in done.err
    assert not (terminal.home / "config").exists()


@pytest.mark.parametrize("store", ["dotenv", "files", "keystore"])
def test_keys_of_the_environment_are_stored_where_it_is_said(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    pem, unlock = tmp_path / "kalshi.pem", tmp_path / "unlock"
    write_private(pem, PEM)
    write_private(unlock, PASSWORD)
    environ = {
        "POLYMARKET_PRIVATE_KEY": ONE,
        "POLYMARKET_FUNDER": SAFE,
        "KALSHI_API_KEY_ID": KEY_ID,
        "KALSHI_PRIVATE_KEY_PATH": str(pem),
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    options = ["--store", store, "--mode", "live", "--region", "nl", "--password-file", str(unlock)]
    done = terminal("init", "--yes", "--offline", *options)
    assert done.code == 0, done.err
    for name in environ:
        monkeypatch.delenv(name)
    pem.unlink()

    shown = terminal("config", "show", "--json")
    assert store.replace("dotenv", ".env").replace("files", "secrets") in shown.out
    assert '"source": "environment"' not in shown.out
    examined = terminal("doctor", "--json")
    assert examined.code == 0, examined.out
    assert f"{ADDRESS} signs for {SAFE}, signature type 2" in examined.out
    assert KEY_ID in examined.out
    for printed in (done, shown, examined):
        for secret in (HEX, "MC4CAQ", PASSWORD):
            assert secret not in printed.out + printed.err
    assert modes(terminal.home) == {0o600}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("POLYMARKET_PRIVATE_KEY", "0xdeadbeef", "no private key"),
        ("POLYMARKET_CHAIN_ID", "1", "chain 1 is not served"),
        ("POLYMARKET_FUNDER", STRANGER, "is no wallet of"),
        ("KALSHI_PRIVATE_KEY", "-----BEGIN hunter2", "this is no PEM text"),
        ("KALSHI_PRIVATE_KEY_PATH", "/nowhere.pem", "cannot be read"),
    ],
)
def test_keys_that_are_none_are_one_line_and_nothing_is_written(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    for other, key in (("POLYMARKET_PRIVATE_KEY", ONE), ("KALSHI_API_KEY_ID", KEY_ID), (name, value)):
        monkeypatch.setenv(other, key)
    if not name.startswith("KALSHI"):
        monkeypatch.delenv("KALSHI_API_KEY_ID")
    done = terminal("init", "--yes", "--offline", "--store", "dotenv")
    assert done.code == 5
    assert says in done.err
    assert done.err.count("\n") == 1
    assert "deadbeef" not in done.err
    assert "hunter2" not in done.err
    assert not terminal.home.exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--mode", "papre"], "--mode papre"),
        (["--store", "cloud"], "--store cloud"),
        (["--region", "Atlantis"], "live.region"),
        (["--bankroll", "lots"], "portfolio.bankroll"),
        (["--store", "keystore"], "needs a password"),
    ],
)
def test_answers_that_are_none_are_one_line_and_nothing_is_written(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, options: list[str], says: str
) -> None:
    monkeypatch.setenv("POLYMARKET_PRIVATE_KEY", ONE)
    done = terminal("init", "--yes", "--offline", *options)
    assert done.code in (2, 5)
    assert says in done.err
    assert done.err.count("\n") == 1
    assert not terminal.home.exists()


# with a person


def test_a_newcomer_is_led_through(terminal: Terminal, person: Person) -> None:
    pem = terminal.home.parent / "kalshi.pem"
    pem.write_text(PEM)
    pem.chmod(0o644)
    private = terminal.home.parent / "private.pem"
    write_private(private, PEM)
    answers = ["demo", "live", "yes", "browser", "", "yes", KEY_ID, str(pem), str(private), "", "500", "NL"]
    person.types(answers, ["0xnonsense", ONE, "short", PASSWORD, "typo", PASSWORD, PASSWORD])
    done = terminal("init", "--offline")
    assert done.code == 0, done.err + done.out
    for part in (
        "one of paper, sandbox, live, please",
        "no private key",
        f"its address is {ADDRESS}",
        "signature type",
        f"the factory gives it {SAFE}",
        f"chmod 600 {pem}",
        "at least 8 signs",
        "two different ones",
        f"written: {terminal.home / 'keystore.json'}",
    ):
        assert part in done.out
    for secret in (HEX, "MC4CAQ", PASSWORD):
        assert secret not in done.out + done.err
    text = (terminal.home / "config" / "dutchbook.yaml").read_text()
    assert 'mode: live\nportfolio:\n  bankroll: "500"\nlive:\n  region: "NL"\n' in text
    assert modes(terminal.home) == {0o600}

    person.types([], [PASSWORD])
    assert f"{ADDRESS} signs for" in terminal("doctor", "--json", "--sandbox").out
    person.types([], ["wrong"])
    wrong = terminal("doctor", "--json")
    assert wrong.code == 1
    assert "the password is wrong" in wrong.out


@pytest.mark.parametrize(
    ("funded", "says", "stored"),
    [
        ({SignatureType.SAFE: Money(7_000_000)}, "$7.00 in the wallet of the kind `browser`", "TYPE=2"),
        ({}, "no money in any wallet of this key", "TYPE=3"),
        (VenueUnreachable("clob: no answer - try later"), "could not be asked", "TYPE=3"),
    ],
)
def test_the_venue_s_answer_proposes_the_kind_of_account(
    terminal: Terminal,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
    funded: dict[SignatureType, Money] | VenueUnreachable,
    says: str,
    stored: str,
) -> None:
    def venue(*_: object) -> dict[SignatureType, Money]:
        if isinstance(funded, VenueUnreachable):
            raise funded
        return funded

    monkeypatch.setattr(init_questions, "funded_wallets", venue)
    monkeypatch.setattr("dutchbook.interfaces.cli.init._look_over", lambda *_: None)
    person.types(["", "", "dotenv", "100", ""], [ONE])
    done = terminal("init", "--mode", "paper", "--venue", "polymarket")
    assert done.code == 0, done.err
    assert says in done.out + done.err
    assert stored in (terminal.home / ".env").read_text()


def test_keys_can_be_added_to_a_desk_that_has_settings(terminal: Terminal, person: Person) -> None:
    terminal("init", "--yes", "--offline")
    before = (terminal.home / "config" / "dutchbook.yaml").read_text()
    person.types(["own", "dotenv"], [ONE])
    done = terminal("init", "--offline", "--keys-only", "--venue", "polymarket")
    assert done.code == 0, done.err + done.out
    assert (terminal.home / "config" / "dutchbook.yaml").read_text() == before
    assert "POLYMARKET_SIGNATURE_TYPE=0" in (terminal.home / ".env").read_text()


def test_somebody_who_goes_away_leaves_nothing(terminal: Terminal, person: Person) -> None:
    person.types(["paper", "yes"], [ONE])
    assert terminal("init", "--offline").code == 130
    assert not terminal.home.exists()


def test_the_sandbox_wants_no_keys(terminal: Terminal, person: Person) -> None:
    person.types(["sandbox", "1000"])
    done = terminal("init", "--offline")
    assert done.code == 0, done.err
    assert "dutchbook sandbox accounts" in done.out
