"""What the doctor says of keys, region and gates without asking a venue."""

from pathlib import Path

import pytest

from dutchbook.app.accounts.checks import examine_dotenv, examine_gates, examine_keys
from dutchbook.config.load import load_settings
from dutchbook.config.settings import Settings
from dutchbook.domain.identity import Venue
from dutchbook.engine.clocks import RealClock
from dutchbook.evaluation.snapshot import CheckResult
from tests.app.accounts.keys import ADDRESS, KEY_ID, ONE, PEM, SAFE, chain_of

KEYS = {"POLYMARKET_PRIVATE_KEY": ONE, "KALSHI_API_KEY_ID": KEY_ID, "KALSHI_PRIVATE_KEY": PEM}


def settings(**environ: str) -> Settings:
    return load_settings(
        Path("/nowhere"), None, {f"DUTCHBOOK_{name}": value for name, value in environ.items()}
    ).settings


def examined(values: dict[str, str], chosen: Settings) -> dict[str, CheckResult]:
    found = examine_keys(chain_of(values), chosen, tuple(Venue), RealClock())
    return {result.name: result for result in found.results}


def test_keys_in_order_are_described_by_their_public_side() -> None:
    found = examined({**KEYS, "POLYMARKET_FUNDER": SAFE}, settings(LIVE__REGION="DE"))
    assert found["polymarket keys"].found == f"{ADDRESS} signs for {SAFE}, signature type 2 (environment)"
    assert found["kalshi keys"].found == f"key {KEY_ID} (environment)"
    assert found["polymarket region"].verdict == "fail"
    assert found["kalshi region"].verdict == "pass"


@pytest.mark.parametrize(("mode", "verdict"), [("paper", "pass"), ("sandbox", "pass"), ("live", "warn")])
def test_no_keys_matter_only_where_real_orders_are_wanted(mode: str, verdict: str) -> None:
    found = examined({}, settings(MODE=mode))
    assert {found[f"{venue} keys"].verdict for venue in Venue} == {verdict}
    assert len(found) == 2


@pytest.mark.parametrize(("mode", "verdict"), [("paper", "warn"), ("live", "fail")])
def test_an_undeclared_region_stops_live_trading_alone(mode: str, verdict: str) -> None:
    assert examined(KEYS, settings(MODE=mode))["polymarket region"].verdict == verdict


@pytest.mark.parametrize(
    ("name", "value", "check", "says"),
    [
        ("POLYMARKET_PRIVATE_KEY", "0x12", "polymarket keys", "no private key"),
        ("POLYMARKET_CHAIN_ID", "1", "polymarket keys", "chain 1 is not served"),
        ("KALSHI_PRIVATE_KEY", "-----BEGIN RSA PRIVATE KEY-----", "kalshi keys", "this is no PEM text"),
    ],
)
def test_a_bad_key_is_a_finding_with_its_remedy(name: str, value: str, check: str, says: str) -> None:
    found = examined({**KEYS, name: value}, settings())
    assert found[check].verdict == "fail"
    assert says in found[check].found
    assert found[check].fix
    accounts = examine_keys(chain_of({**KEYS, name: value}), settings(), tuple(Venue), RealClock()).accounts
    assert len(accounts) == 1


def test_open_gates_are_a_warning() -> None:
    assert examine_gates(settings(), {}).verdict == "pass"
    assert "mode is paper" in examine_gates(settings(), {}).found
    one = examine_gates(settings(MODE="live"), {"ENABLE_LIVE_TRADING": "true"})
    assert one.verdict == "pass"
    assert "DUTCHBOOK_ENABLE_LIVE_TRADING is not true" in one.found
    both = examine_gates(settings(MODE="live"), {"DUTCHBOOK_ENABLE_LIVE_TRADING": "true"})
    assert both.verdict == "warn"
    assert "will spend real money" in both.found


def test_settings_in_a_dotenv_do_nothing_and_are_said_to(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DUTCHBOOK_ENABLE_LIVE_TRADING=true\nOTHER=1\n")
    [found] = examine_dotenv(tmp_path / "home", tmp_path)
    assert found.verdict == "warn"
    assert "DUTCHBOOK_ENABLE_LIVE_TRADING is not read from a .env" in found.found
    assert "OTHER" not in found.found
