"""Keys of every kind are planted everywhere, and show up nowhere: no output, error, log, journal or recording."""

import json
import logging
import resource
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dutchbook.app.accounts.dotenv import write_dotenv
from dutchbook.app.accounts.keystore import write_keystore
from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.private_files import write_private
from dutchbook.app.accounts.secret import Secret
from dutchbook.app.accounts.secret_files import write_secret_files
from dutchbook.storage.home import Home
from tests.app.accounts.keys import CHEAP
from tests.interfaces.cli import Outcome, Terminal

WALLET = "c0ffee" + "a7" * 26
"""64 hex digits are 32 bytes; this is a valid key, and its digits are found by any search."""
PEM = (
    Ed25519PrivateKey.from_private_bytes(b"canary key of a kalshi account!!")
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
PEM_BODY = PEM.splitlines()[1]
API_SECRET = b64encode(b"canary-api-secret-of-32-bytes!!!").decode()
PASSPHRASE = "canary-passphrase-5f1c"  # noqa: S105 - a test value
PASSWORD = "canary-password-88e2"  # noqa: S105 - a test value
CANARIES = (WALLET[6:], WALLET[:20], PEM_BODY[-24:], API_SECRET, PASSPHRASE, PASSWORD)
KEYS = {
    KeyName.POLYMARKET_PRIVATE_KEY: "0x" + WALLET + "0" * (64 - len(WALLET)),
    KeyName.POLYMARKET_API_KEY: "9d1e3c9a-0000-4000-8000-000000000001",
    KeyName.POLYMARKET_API_SECRET: API_SECRET,
    KeyName.POLYMARKET_PASSPHRASE: PASSPHRASE,
    KeyName.KALSHI_API_KEY_ID: "9d1e3c9a-0000-4000-8000-000000000002",
    KeyName.KALSHI_PRIVATE_KEY: PEM,
}
PLACES = ("environment", "dotenv", "files", "keystore")


class Household:
    """A home folder whose keys lie in one place, and everything that was ever printed there."""

    def __init__(self, terminal: Terminal, log: pytest.LogCaptureFixture) -> None:
        self.terminal = terminal
        self.home = Home(terminal.home)
        self.unlock = terminal.home.parent / "unlock"
        self.printed: list[Outcome] = []
        self._log = log

    def plant(self, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
        values = {name: Secret(value) for name, value in KEYS.items()}
        match place:
            case "environment":
                for name, value in KEYS.items():
                    monkeypatch.setenv(name, value)
            case "dotenv":
                write_dotenv(self.home.dotenv, values)
            case "files":
                write_secret_files(self.home.secrets, values)
            case "keystore":
                write_keystore(self.home.keystore, values, Secret(PASSWORD), CHEAP)
                write_private(self.unlock, PASSWORD)
                monkeypatch.setenv("DUTCHBOOK_ACCOUNTS__KEYSTORE_UNLOCK_FILE", str(self.unlock))

    def call(self, *arguments: str) -> Outcome:
        done = self.terminal(*arguments)
        self.printed.append(done)
        return done

    def leaks(self) -> list[str]:
        """Canaries that can be read anywhere but where they were put."""
        texts = {f"output {i}": done.out + done.err for i, done in enumerate(self.printed)}
        texts["log"] = self._log.text
        stores = {self.home.dotenv, self.home.keystore, *self.home.secrets.glob("*")}
        for path in self.home.root.rglob("*"):
            if path.is_file() and path not in stores:
                texts[str(path)] = path.read_bytes().decode(errors="replace")
        texts["keystore"] = self.home.keystore.read_text() if self.home.keystore.exists() else ""
        return [f"{canary} in {where}" for where, text in texts.items() for canary in CANARIES if canary in text]


@pytest.fixture
def household(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Household]:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    with caplog.at_level(logging.DEBUG):
        yield Household(terminal, caplog)


def test_the_search_finds_what_is_there(household: Household, caplog: pytest.LogCaptureFixture) -> None:
    write_private(household.home.runs / "run" / "journal.jsonl", f'{{"key":"{API_SECRET}"}}')
    household.printed.append(Outcome(0, "", f"error: {PASSPHRASE}"))
    logging.getLogger("dutchbook").debug("signing with %s", KEYS[KeyName.POLYMARKET_PRIVATE_KEY])
    assert {leak.partition(" in ")[0] for leak in household.leaks()} >= {API_SECRET, PASSPHRASE, WALLET[6:]}


@pytest.mark.parametrize("place", PLACES)
def test_config_show_names_the_source_of_every_key_and_no_value(
    household: Household, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    household.plant(place, monkeypatch)
    keys = json.loads(household.call("config", "show", "--json").out)["keys"]
    for name in KeyName:
        assert keys[name]["set"] is (name in KEYS)
        if name in KEYS:
            assert {"dotenv": ".env", "files": "secrets"}.get(place, place) in keys[name]["source"]
    table = household.call("config", "show").out
    source = {"environment": "(environment)"}.get(place, "(")
    assert any(line.split()[:2] == ["POLYMARKET_PRIVATE_KEY", "set"] and source in line for line in table.splitlines())
    assert household.leaks() == []


@pytest.mark.parametrize("place", PLACES)
def test_no_command_shows_a_key_or_keeps_one(household: Household, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    household.plant(place, monkeypatch)
    household.call("init", "--yes", "--offline")
    household.call("doctor", "--json")
    if place == "environment":
        household.call("doctor", "--sandbox")
    household.call("config", "check")
    household.call("config", "schema")
    ran = household.call("run", "--walk", "--json", "--duration", "300ms")
    assert ran.code == 0, ran.err
    household.call("journal", "show")
    household.call("status", "--json")
    assert household.call("report", "--html", str(household.home.root / "report.html")).code == 0
    assert household.call("export", "trades").code == 0
    assert any(path.suffix == ".jsonl" or "journal" in str(path) for path in household.home.runs.rglob("*"))
    assert household.leaks() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (KeyName.POLYMARKET_PRIVATE_KEY, WALLET[:-1]),
        (KeyName.POLYMARKET_PRIVATE_KEY, WALLET + "0" * (64 - len(WALLET)) + "g"),
        (KeyName.POLYMARKET_API_SECRET, API_SECRET + "!"),
        (KeyName.POLYMARKET_PASSPHRASE, PASSPHRASE + "\u20ac"),
        (KeyName.POLYMARKET_SIGNATURE_TYPE, PASSPHRASE),
        (KeyName.POLYMARKET_CHAIN_ID, PASSPHRASE),
        (KeyName.KALSHI_PRIVATE_KEY, PEM.replace("BEGIN PRIVATE", "BEGIN PUBLIC")),
        (KeyName.KALSHI_PRIVATE_KEY, PEM[:60]),
    ],
)
def test_a_key_with_a_mistake_in_it_is_not_shown_either(
    household: Household, monkeypatch: pytest.MonkeyPatch, name: KeyName, value: str
) -> None:
    household.plant("environment", monkeypatch)
    monkeypatch.setenv(name, value)
    for command in (["doctor", "--json"], ["config", "show"], ["init", "--yes", "--offline", "--store", "files"]):
        household.call(*command)
    assert all("Traceback" not in done.err for done in household.printed)
    assert household.leaks() == []


def test_a_process_that_may_hold_keys_leaves_no_core(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    household.plant("environment", monkeypatch)
    before = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        household.call("config", "show")
        assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


def test_a_password_that_is_wrong_is_not_shown(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    household.plant("keystore", monkeypatch)
    write_private(household.unlock, PASSWORD + "x")
    done = household.call("doctor", "--json")
    assert done.code == 1
    assert "the password is wrong" in done.out
    assert household.leaks() == []


@pytest.mark.parametrize(
    "line", [f"api_secret: {API_SECRET}", f"accounts:\n  password: {PASSWORD}", f"mode: {WALLET}00000000"]
)
def test_a_key_in_a_settings_file_is_refused_and_not_shown(household: Household, line: str) -> None:
    file = household.home.root / "config" / "dutchbook.yaml"
    write_private(file, line + "\n")
    for command in ("show", "check"):
        assert household.call("config", command).code == 5
    file.unlink()
    assert household.leaks() == []
