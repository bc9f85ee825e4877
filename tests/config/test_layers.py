"""Layers override each other key by key, and each value knows where it was said."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.config.home import home_folder
from dutchbook.config.keys import Unit, all_keys, written
from dutchbook.config.load import Loaded, find_problems, load_settings, shipped_settings
from dutchbook.config.modes import Mode
from dutchbook.config.settings import KalshiAccount
from dutchbook.domain.errors import ConfigError


def write(home: Path, name: str, text: str) -> None:
    path = home / "config" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def source(loaded: Loaded, key: str) -> str:
    return next(value.source for value in loaded.values if value.key == key)


def test_nothing_configured_is_paper_with_the_shipped_values(tmp_path: Path) -> None:
    loaded = load_settings(tmp_path, None, {})
    assert loaded.settings == shipped_settings()
    assert loaded.settings.mode is Mode.PAPER
    assert source(loaded, "mode") == "base.yaml:3"
    assert source(loaded, "risk.daily_loss") == "default"
    assert source(loaded, "venues.kalshi.account") == "venues/kalshi.yaml:2"
    assert loaded.files == ()


def test_a_later_layer_overrides_an_earlier_one_key_by_key(tmp_path: Path) -> None:
    write(tmp_path, "dutchbook.yaml", "risk:\n  daily_loss: 3%\n  slippage: 0.04\n")
    loaded = load_settings(tmp_path, None, {"DUTCHBOOK_RISK__SLIPPAGE": "2.5%"})
    assert loaded.settings.risk.daily_loss == 30_000
    assert loaded.settings.risk.slippage == 25_000
    assert source(loaded, "risk.daily_loss") == "dutchbook.yaml:2"
    assert source(loaded, "risk.slippage") == "environment DUTCHBOOK_RISK__SLIPPAGE"
    assert source(loaded, "risk.venue_limit") == "default"


def test_a_venue_file_of_the_home_folder_overrides_the_shipped_one(tmp_path: Path) -> None:
    write(tmp_path, "venues/kalshi.yaml", "account: broker\n")
    loaded = load_settings(tmp_path, None, {})
    assert loaded.settings.venues.kalshi.account is KalshiAccount.BROKER
    assert loaded.settings.venues.kalshi.account.balance_unit == 10_000
    write(tmp_path, "venues/kalshi.yaml", "acount: broker\n")
    with pytest.raises(ConfigError, match="did you mean account") as raised:
        load_settings(tmp_path, None, {})
    assert str(raised.value).startswith("venues/kalshi.yaml:1 venues.kalshi.acount: unknown key")


def test_a_named_file_replaces_that_of_the_home_folder(tmp_path: Path) -> None:
    write(tmp_path, "dutchbook.yaml", "portfolio:\n  bankroll: 700\n")
    named = tmp_path / "other.yaml"
    named.write_text("risk:\n  stale_price: 2s\n")
    loaded = load_settings(tmp_path, named, {})
    assert loaded.settings.portfolio == shipped_settings().portfolio
    assert loaded.settings.risk.stale_price == 2_000_000_000
    assert source(loaded, "risk.stale_price") == f"{named}:2"


def test_an_empty_section_file_or_variable_says_nothing(tmp_path: Path) -> None:
    write(tmp_path, "dutchbook.yaml", "risk:\n  # daily_loss: 5%\n")
    assert load_settings(tmp_path, None, {"DUTCHBOOK_MODE": " "}).settings == shipped_settings()
    write(tmp_path, "dutchbook.yaml", "# nothing\n")
    assert load_settings(tmp_path, None, {}).settings == shipped_settings()


def test_numbers_keep_the_text_that_was_written(tmp_path: Path) -> None:
    write(tmp_path, "dutchbook.yaml", "portfolio:\n  bankroll: 010\nexecution:\n  unwind_loss: 0.07\n")
    settings = load_settings(tmp_path, None, {}).settings
    assert settings.portfolio.bankroll == 10_000_000
    assert settings.execution.unwind_loss == 700


def test_all_problems_are_found_at_once(tmp_path: Path) -> None:
    write(tmp_path, "dutchbook.yaml", "mod: paper\nrisk:\n  daily_loss: 5s\n")
    problems = find_problems(tmp_path, None, {"DUTCHBOOK_PAPER__LATENCY": "3"})
    assert len(problems) == 3
    with pytest.raises(ConfigError, match=r"\(and 2 more: dutchbook config check\)"):
        load_settings(tmp_path, None, {"DUTCHBOOK_PAPER__LATENCY": "3"})
    assert find_problems(tmp_path / "elsewhere", None, {}) == ()


def test_limits_that_never_bind_are_remarked(tmp_path: Path) -> None:
    loaded = load_settings(tmp_path, None, {"DUTCHBOOK_RISK__POSITION_LIMIT": "60%"})
    assert any("risk.position_limit" in remark for remark in loaded.remarks)


def test_the_fingerprint_depends_on_values_and_not_on_where_they_were_said(tmp_path: Path) -> None:
    plain = load_settings(tmp_path, None, {})
    same = load_settings(tmp_path, None, {"DUTCHBOOK_MODE": "paper"})
    other = load_settings(tmp_path, None, {"DUTCHBOOK_PAPER__JITTER": "1ms"})
    assert plain.fingerprint == same.fingerprint != other.fingerprint


def test_what_is_shown_can_be_written_back(tmp_path: Path) -> None:
    loaded = load_settings(tmp_path, None, {"DUTCHBOOK_RISK__SLIPPAGE": "2.5%", "DUTCHBOOK_PAPER__JITTER": "1.5ms"})
    environ = {
        "DUTCHBOOK_" + value.key.upper().replace(".", "__"): value.value for value in loaded.values if value.value
    }
    assert load_settings(tmp_path, None, environ).settings == loaded.settings


@given(st.integers(0, 10**15))
def test_a_duration_is_written_so_that_it_reads_the_same(nanos: int) -> None:
    text = written(Unit.DURATION, nanos)
    assert text is not None
    settings = shipped_settings().paper.model_validate({"latency": text})
    assert settings.latency == nanos


def test_every_setting_has_a_description_and_advice() -> None:
    for key in all_keys():
        assert key.description.endswith("."), key.path
        assert key.advice


def test_the_home_folder_is_never_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home_folder({"DUTCHBOOK_HOME": str(tmp_path)}) == tmp_path
    monkeypatch.chdir(tmp_path)
    assert home_folder({}).is_absolute()
    assert not home_folder({}).is_relative_to(tmp_path)
    with pytest.raises(ConfigError, match="relative path"):
        home_folder({"DUTCHBOOK_HOME": "state"})
