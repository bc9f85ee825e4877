"""Which strategies run is a setting: words in any of its forms, each once, and none that nobody knows."""

from pathlib import Path

import pytest

from dutchbook.config.load import fingerprint, load_settings, shipped_settings
from dutchbook.domain.errors import ConfigError
from dutchbook.strategies.names import BY_DEFAULT, STRATEGIES, chosen_names


def loaded(home: Path, text: str, environ: dict[str, str] | None = None) -> tuple[str, ...]:
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "dutchbook.yaml").write_text(text)
    return load_settings(home, None, environ or {}).settings.strategies


@pytest.mark.parametrize(
    "text",
    [
        "strategies: [reward-maker, bundle]\n",
        "strategies: reward-maker, bundle\n",
        "strategies:\n- reward-maker\n- bundle\n- reward-maker\n",
    ],
)
def test_names_are_a_list_or_words_with_commas(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, text) == ("reward-maker", "bundle")


def test_the_environment_overrides_the_file_and_nobody_chose_the_default(tmp_path: Path) -> None:
    named = loaded(tmp_path, "strategies: bundle\n", {"DUTCHBOOK_STRATEGIES": "leg-and-hedge,atomic-arb"})
    assert named == ("leg-and-hedge", "atomic-arb")
    assert shipped_settings().strategies == BY_DEFAULT


def test_a_desk_may_run_none(tmp_path: Path) -> None:
    assert loaded(tmp_path, "strategies: []\n") == ()


def test_a_wrong_name_is_refused_with_its_line_and_the_nearest_right_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"dutchbook.yaml:1 strategies: .*'reward-marker', did you mean reward-maker"):
        loaded(tmp_path, "strategies: [reward-marker]\n")


@pytest.mark.parametrize("name", STRATEGIES)
def test_each_name_is_found_when_a_letter_is_missing(name: str) -> None:
    with pytest.raises(ValueError, match=f"did you mean {name}"):
        chosen_names([name[:2] + name[3:]])


def test_what_resembles_nothing_is_told_all_names() -> None:
    with pytest.raises(ValueError, match="no strategy is called 'xyz' - there are: bundle, "):
        chosen_names(["bundle", "xyz"])


def test_other_strategies_are_other_settings() -> None:
    shipped = shipped_settings()
    assert shipped.running(()) is shipped
    assert shipped.running(["bundle"]).strategies == ("bundle",)
    assert shipped.without_strategies().strategies == ()
    assert (
        len({fingerprint(each) for each in (shipped, shipped.running(["bundle"]), shipped.without_strategies())}) == 3
    )
