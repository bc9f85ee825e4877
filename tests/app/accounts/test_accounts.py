"""What the sources hold becomes an account, or one clear line about why it cannot."""

from pathlib import Path

import pytest

from dutchbook.app.accounts.in_use import (
    account_in_sandbox,
    account_in_the_world,
    is_loopback,
    is_test_account,
    known_test_accounts,
)
from dutchbook.app.accounts.kalshi import kalshi_keys
from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.polymarket import PolymarketKeys, polymarket_keys
from dutchbook.app.accounts.private_files import write_private
from dutchbook.app.accounts.wallets import wallets_of
from dutchbook.app.sandbox.accounts import sandbox_accounts
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.identity import Venue
from dutchbook.engine.clocks import RealClock
from dutchbook.venues.polymarket.wallets import SignatureType
from tests.app.accounts.keys import ADDRESS, DEPOSIT, KEY_ID, ONE, PEM, PROXY, SAFE, STRANGER, chain_of

HEX = ONE.removeprefix("0x")


def polymarket(**values: str) -> PolymarketKeys:
    found = polymarket_keys(chain_of({f"POLYMARKET_{name}": value for name, value in values.items()}))
    assert found is not None
    return found


@pytest.mark.parametrize("text", [ONE, HEX, f"  {ONE}\n", ONE.upper().replace("0X", "0x")])
def test_a_private_key_is_taken_as_wallets_write_it(text: str) -> None:
    keys = polymarket(PRIVATE_KEY=text)
    assert keys.account.address == ADDRESS
    assert keys.name == ADDRESS
    assert keys.account.signature_type is SignatureType.EOA
    assert keys.api is None
    assert keys.places == {KeyName.POLYMARKET_PRIVATE_KEY: "environment"}


@pytest.mark.parametrize(
    ("funder", "kind"),
    [
        (ADDRESS, SignatureType.EOA),
        (PROXY, SignatureType.PROXY),
        (SAFE, SignatureType.SAFE),
        (DEPOSIT, SignatureType.DEPOSIT_WALLET),
        (DEPOSIT.lower(), SignatureType.DEPOSIT_WALLET),
    ],
)
def test_the_signature_type_follows_from_the_funder(funder: str, kind: SignatureType) -> None:
    keys = polymarket(PRIVATE_KEY=ONE, FUNDER=funder)
    assert keys.account.signature_type is kind
    assert keys.name.lower() == funder.lower()
    assert keys.name in wallets_of(ADDRESS)[kind]


def test_a_proxy_and_a_safe_follow_from_the_signature_type() -> None:
    assert polymarket(PRIVATE_KEY=ONE, SIGNATURE_TYPE="1").account.funder == PROXY
    assert polymarket(PRIVATE_KEY=ONE, SIGNATURE_TYPE="2").account.funder == SAFE


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"PRIVATE_KEY": "0xdeadbeef"}, "no private key - it has 64 hex digits"),
        ({"PRIVATE_KEY": "your_private_key_here"}, "no private key"),
        ({"PRIVATE_KEY": "0x" + "00" * 32}, "no private key"),
        ({"PRIVATE_KEY": "0x" + "ff" * 32}, "no private key"),
        ({"PRIVATE_KEY": PEM}, "no private key"),
        ({"PRIVATE_KEY": ONE, "FUNDER": STRANGER}, "is no wallet of"),
        ({"PRIVATE_KEY": ONE, "FUNDER": STRANGER, "SIGNATURE_TYPE": "0"}, "check key and funder"),
        ({"PRIVATE_KEY": ONE, "FUNDER": SAFE, "SIGNATURE_TYPE": "1"}, "its signature type is 2, not 1"),
        ({"PRIVATE_KEY": ONE, "FUNDER": "0x123"}, r"POLYMARKET_FUNDER \(.*\): '0x123' is no Ethereum address"),
        ({"PRIVATE_KEY": ONE, "SIGNATURE_TYPE": "3"}, "a deposit wallet needs its address - set POLYMARKET_FUNDER"),
        ({"PRIVATE_KEY": ONE, "SIGNATURE_TYPE": "4"}, "is no signature type"),
        ({"PRIVATE_KEY": ONE, "SIGNATURE_TYPE": "EOA"}, "no number - 0 wallet, 1 proxy"),
        ({"PRIVATE_KEY": ONE, "CHAIN_ID": "80002"}, "chain 80002 is not served"),
        ({"PRIVATE_KEY": ONE, "CHAIN_ID": "polygon"}, "no number - 137"),
        ({"PRIVATE_KEY": ONE, "API_KEY": "k"}, "POLYMARKET_API_SECRET and POLYMARKET_PASSPHRASE not"),
    ],
)
def test_what_cannot_be_an_account_is_one_line_without_the_key(values: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as raised:
        polymarket(**values)
    message = str(raised.value)
    assert "\n" not in message
    assert " - " in message
    assert values["PRIVATE_KEY"] not in message
    assert raised.value.__cause__ is None


def test_the_chain_may_be_named_if_it_is_the_right_one() -> None:
    assert polymarket(PRIVATE_KEY=ONE, CHAIN_ID="137").account.chain == 137


def test_an_api_key_that_is_set_is_used() -> None:
    keys = polymarket(PRIVATE_KEY=ONE, API_KEY="id", API_SECRET="c2VjcmV0", PASSPHRASE="phrase")  # noqa: S106 - a test
    assert keys.api is not None
    assert keys.api.id == keys.account.owner == "id"
    assert keys.api.secret.reveal() == "c2VjcmV0"


# Kalshi


def test_a_kalshi_key_is_text_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "kalshi.pem"
    write_private(path, PEM)
    for values in (
        {"KALSHI_PRIVATE_KEY": PEM},
        {"KALSHI_PRIVATE_KEY": PEM.replace("\n", "\\n")},
        {"KALSHI_PRIVATE_KEY_PATH": str(path)},
    ):
        keys = kalshi_keys(chain_of({"KALSHI_API_KEY_ID": f" {KEY_ID}\n", **values}))
        assert keys is not None
        assert keys.name == KEY_ID
        assert repr(keys.signer(RealClock())) == f"KalshiSigner({KEY_ID!r})"


def test_the_file_of_a_kalshi_key_must_be_private(tmp_path: Path) -> None:
    path = tmp_path / "kalshi.pem"
    path.write_text(PEM)
    path.chmod(0o644)
    values = {"KALSHI_API_KEY_ID": KEY_ID, "KALSHI_PRIVATE_KEY_PATH": str(path)}
    with pytest.raises(ConfigError, match=f"chmod 600 {path}"):
        kalshi_keys(chain_of(values))
    path.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        kalshi_keys(chain_of(values))
    path.mkdir()
    with pytest.raises(ConfigError, match=r"cannot be read|no plain file"):
        kalshi_keys(chain_of(values))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"KALSHI_API_KEY_ID": KEY_ID}, "KALSHI_PRIVATE_KEY_PATH is not set"),
        ({"KALSHI_PRIVATE_KEY": PEM}, "KALSHI_API_KEY_ID is not set"),
        ({"KALSHI_API_KEY_ID": KEY_ID, "KALSHI_PRIVATE_KEY": PEM, "KALSHI_PRIVATE_KEY_PATH": "x"}, "both set"),
    ],
)
def test_half_a_kalshi_key_is_one_line(values: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as raised:
        kalshi_keys(chain_of(values))
    assert "MC4CAQ" not in str(raised.value)


def test_without_keys_there_is_no_account() -> None:
    assert polymarket_keys(chain_of({"POLYMARKET_FUNDER": SAFE})) is None
    assert kalshi_keys(chain_of({})) is None
    for venue, name in ((Venue.POLYMARKET, "POLYMARKET_PRIVATE_KEY"), (Venue.KALSHI, "KALSHI_API_KEY_ID")):
        with pytest.raises(ConfigError, match=f"{name} is not set - run `dutchbook init`"):
            account_in_the_world(venue, chain_of({}))


# the sandbox's accounts


@pytest.mark.parametrize("name", ["alice", "bob"])
@pytest.mark.parametrize("venue", Venue)
def test_the_sandbox_has_accounts_of_its_own(tmp_path: Path, venue: Venue, name: str) -> None:
    accounts = sandbox_accounts(tmp_path)
    account = account_in_sandbox(venue, accounts, name)
    assert is_test_account(account, known_test_accounts(tmp_path))
    assert not is_test_account(account, known_test_accounts(tmp_path / "elsewhere"))
    with pytest.raises(ConfigError, match="no test account 'mallory'"):
        account_in_sandbox(venue, accounts, "mallory")


def test_a_real_account_is_none_of_the_sandbox_s(tmp_path: Path) -> None:
    sandbox_accounts(tmp_path)
    values = {"POLYMARKET_PRIVATE_KEY": ONE, "KALSHI_API_KEY_ID": KEY_ID, "KALSHI_PRIVATE_KEY": PEM}
    for venue in Venue:
        account = account_in_the_world(venue, chain_of(values))
        assert not is_test_account(account, known_test_accounts(tmp_path))


@pytest.mark.parametrize(
    ("address", "is_here"),
    [
        ("http://127.0.0.1:8000", True),
        ("ws://127.0.0.53:1/ws", True),
        ("http://[::1]:8000/trade-api/v2", True),
        ("http://localhost:8000", False),
        ("http://127.0.0.1.example.com", False),
        ("http://127.0.0.1@example.com", False),
        ("https://clob.polymarket.com", False),
        ("http://0.0.0.0:1", False),
        ("", False),
    ],
)
def test_only_numbers_name_this_machine_for_sure(address: str, is_here: bool) -> None:
    assert is_loopback(address) is is_here


def test_an_account_shows_no_secret() -> None:
    shown = repr(polymarket(PRIVATE_KEY=ONE, API_KEY="id", API_SECRET="c2VjcmV0", PASSPHRASE="phrase"))  # noqa: S106
    kalshi = kalshi_keys(chain_of({"KALSHI_API_KEY_ID": KEY_ID, "KALSHI_PRIVATE_KEY": PEM}))
    assert ADDRESS in shown
    for secret in (HEX, "c2VjcmV0", "sesame", "MC4CAQ"):
        assert secret not in shown + repr(kalshi)
