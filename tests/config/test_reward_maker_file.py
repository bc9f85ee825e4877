"""The classic reward maker's settings file, in our terms: every key, its defaults, and what it cannot be."""

from pathlib import Path

import pytest

from dutchbook.config.foreign.programs import PROGRAMS, program_named
from dutchbook.config.foreign.reward_maker import REWARD_MAKER_FILE
from dutchbook.config.foreign.translation import MistakenFile, Row, Translation, as_yaml, translate
from dutchbook.config.keys import key_named
from dutchbook.config.load import settings_of, shipped_settings
from dutchbook.domain.errors import ConfigError, UsageError

DOCUMENTED = """\
order_size_multiplier: 1.0
max_exposure_per_market_usdc: 25
max_markets: 10
min_reward_ratio: 0
min_profit_margin_bps: 5
price_cliff_threshold: 0.05
min_protection_size_multiplier: 1.0
min_protection_size_multiplier_hedge: 5.0
hedge_sell:
  max_bid_gap: 0.05
  stop_loss_pct: 0.10
  take_profit_pct: 0.10
  dynamic_follow_enabled: true
spread_range: {min: null, max: 0.05}
volume_24hr_range: {min: null, max: null}
rewards_min_size_range: {min: null, max: 20}
rate_per_day_range: {min: 5, max: null}
min_days_until_end: 7
question_blacklist: ["Trump"]
update_interval_seconds: 1200
order_check_interval_seconds: 0.5
orderbook_update_interval_seconds: 0.5
price_deviation_threshold_bps: 0.0001
orderbook_service:
  enabled: true
  market_scan_interval: 300
  orderbook_update_interval: 3
  redis: {host: localhost, port: 6379}
  volatility_check: {enabled: true, volatility_threshold: 0.03}
"""
"""Every key with its documented default."""
NO_KEY = "reward-maker has no such key, did you mean"


def translated(text: str, folder: Path) -> Translation:
    file = folder / "config.yaml"
    file.write_text(text)
    return translate(REWARD_MAKER_FILE, file)


def row(text: str, folder: Path) -> Row:
    [only] = translated(text, folder).rows
    return only


def problems(text: str, folder: Path) -> tuple[str, ...]:
    with pytest.raises(MistakenFile) as caught:
        translated(text, folder)
    return tuple(line.replace(f"{folder}/", "") for line in caught.value.problems)


def test_the_documented_defaults_are_ours(tmp_path: Path) -> None:
    translation = translated(DOCUMENTED, tmp_path)
    settings = settings_of(as_yaml(translation.settings).encode(), "ours.yaml")
    shipped = shipped_settings().reward_maker
    ranked = shipped.filters.model_copy(update={"rank_by": settings.reward_maker.filters.rank_by})
    assert settings.reward_maker == shipped.model_copy(update={"filters": ranked})
    assert settings.reward_maker.filters.rank_by == "reward_ratio"


def test_every_key_is_told_with_its_unit_and_its_meaning(tmp_path: Path) -> None:
    rows = translated(DOCUMENTED, tmp_path).rows
    assert {each.key for each in rows} == {key.path for key in REWARD_MAKER_FILE.keys}
    assert all(each.unit and each.meaning for each in rows)
    assert all(each.ours is not None or each.note for each in rows)


def test_every_key_of_ours_that_is_named_exists() -> None:
    named = [key.ours for key in REWARD_MAKER_FILE.keys if key.ours is not None]
    assert [name for name in (*named, *REWARD_MAKER_FILE.besides) if key_named(name) is None] == []
    assert len(named) == len(set(named))


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("min_profit_margin_bps: 12.5", "0.125%"),
        ("price_deviation_threshold_bps: 0.0001", "0%"),
        ("price_deviation_threshold_bps: 1e-4", "0%"),
        ("price_deviation_threshold_bps: 50", "0.5%"),
        ("update_interval_seconds: 90.5", "90.5s"),
        ("hedge_sell: {stop_loss_pct: 0.125}", "12.5%"),
        ("hedge_sell: {dynamic_follow_enabled: no}", "false"),
        ("question_blacklist: [Trump, 'be a']", "Trump, be a"),
        ("question_blacklist: []", ""),
        ("min_days_until_end: 7.0", "7"),
        ("spread_range: {max: null}", "null"),
    ],
)
def test_values_are_written_as_they_are_here(text: str, ours: str, tmp_path: Path) -> None:
    assert row(text, tmp_path).value == ours


def test_a_hundredth_of_a_cent_of_deviation_is_any_change_of_a_tick(tmp_path: Path) -> None:
    assert "any change of a tick or more" in row("price_deviation_threshold_bps: 0.0001", tmp_path).note


def test_what_the_desk_does_by_itself_has_no_key_and_a_reason(tmp_path: Path) -> None:
    only = row("orderbook_service: {redis: {port: 6379}}", tmp_path)
    assert (only.ours, only.value) == (None, None)
    assert "no Redis to run" in only.note


def test_unknown_keys_are_refused_with_the_nearest_ones(tmp_path: Path) -> None:
    text = "max_market: 5\nhedge_sell:\n  stop_los: 0.1\norderbook_service:\n  reddis: {host: here}\n"
    assert problems(text, tmp_path) == (
        f"config.yaml:1 max_market: {NO_KEY} max_markets - rename or remove it",
        f"config.yaml:3 hedge_sell.stop_los: {NO_KEY} hedge_sell.stop_loss_pct - rename or remove it",
        f"config.yaml:5 orderbook_service.reddis: {NO_KEY} orderbook_service.redis - rename or remove it",
    )


def test_a_key_in_the_wrong_section_is_found_in_the_right_one(tmp_path: Path) -> None:
    [line] = problems("volatility_threshold: 0.03\n", tmp_path)
    assert "did you mean orderbook_service.volatility_check.volatility_threshold" in line


def test_values_that_cannot_be_are_refused_at_their_places(tmp_path: Path) -> None:
    text = "max_markets: 0\nprice_cliff_threshold: 1.5\n"
    first, second = problems(text, tmp_path)
    assert first == "config.yaml:1 max_markets: must be greater than or equal to 1 - correct the value"
    assert second.startswith("config.yaml:2 price_cliff_threshold: must be a price between 0 and 1 dollar")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_markets: many", r"config.yaml:1 max_markets: 'many' is no number - write a whole number"),
        ("max_markets: -5", "'-5' is no number"),
        ("max_markets: [5]", "write it without brackets"),
        ("hedge_sell: 5", "hedge_sell: reward-maker has no such key"),
        ("hedge_sell: {dynamic_follow_enabled: perhaps}", "'perhaps' is neither true nor false"),
        ("min_days_until_end: 1.5", "1.5 days are no whole number"),
        ("max_markets: {a: 1}", "holds keys - write one value"),
        ("question_blacklist: [[a]]", "write it without brackets"),
        ("max_markets: 1\nmax_markets: 2", "given twice"),
        ("private_key: 5", "secrets do not belong in a settings file"),
        ("max_markets: [1", "no valid YAML"),
    ],
)
def test_what_cannot_be_read_is_told_with_file_line_and_key(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        translated(text, tmp_path)


def test_an_empty_file_and_empty_sections_say_nothing(tmp_path: Path) -> None:
    assert translated("", tmp_path).rows == ()
    assert translated("hedge_sell:\norderbook_service:\n  redis:\n", tmp_path).rows == ()


def test_only_programs_that_are_known_can_be_read() -> None:
    assert program_named("reward-maker") is PROGRAMS["reward-maker"]
    with pytest.raises(UsageError, match="no settings of 'poly-maker' can be read - there are: reward-maker"):
        program_named("poly-maker")
