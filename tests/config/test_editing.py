"""Editing the settings file from a screen: the difference first, nothing that opens doors, and nobody's edit lost."""

from pathlib import Path

import pytest

from dutchbook.config.editing import LARGEST, Change, changes, read_own, write_own
from dutchbook.config.load import load_settings, local_file
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.units import SECOND, Nanos

NOW = Nanos(1_800_000_000 * SECOND)


def test_an_edit_is_told_setting_by_setting_and_writes_nothing(tmp_path: Path) -> None:
    found = changes(tmp_path, "risk:\n  daily_loss: 5%\n", {})
    assert found == (Change("risk.daily_loss", "10%", "5%"),)
    assert not local_file(tmp_path).exists()


def test_a_written_text_is_in_force_and_the_old_one_stays_beside_it(tmp_path: Path) -> None:
    write_own(tmp_path, "risk:\n  daily_loss: 5%\n", read_own(tmp_path).version, {}, NOW)
    write_own(tmp_path, "risk:\n  daily_loss: 6%\n", read_own(tmp_path).version, {}, NOW)
    assert load_settings(tmp_path, None, {}).settings.risk.daily_loss == 60_000
    [before] = local_file(tmp_path).parent.glob("*.before-*")
    assert "5%" in before.read_text()
    assert local_file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_a_text_made_from_an_older_one_is_refused(tmp_path: Path) -> None:
    seen = read_own(tmp_path).version
    write_own(tmp_path, "risk:\n  daily_loss: 5%\n", seen, {}, NOW)
    with pytest.raises(ConfigError, match="somebody changed it meanwhile"):
        write_own(tmp_path, "risk:\n  daily_loss: 9%\n", seen, {}, NOW)
    assert "5%" in read_own(tmp_path).text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("risk:\n  daily_los: 5%\n", "dutchbook.yaml:2 risk.daily_los: unknown key, did you mean daily_loss?"),
        ("risk: [\n", "dutchbook.yaml"),
        ("mode: live\n", "mode: not changed from here"),
        ("web:\n  host: 0.0.0.0\n", "web.host: not changed from here"),
        ("# " + "x" * LARGEST, "longer than"),
    ],
)
def test_mistakes_and_what_would_open_a_door_are_refused_in_words_that_name_the_key(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        changes(tmp_path, text, {})
    assert said in str(refused.value)
    assert str(tmp_path) in str(refused.value) or "/tmp" not in str(refused.value)  # noqa: S108 - where drafts are tried


def test_a_file_with_mistakes_can_be_mended_from_a_screen(tmp_path: Path) -> None:
    local_file(tmp_path).parent.mkdir(parents=True)
    local_file(tmp_path).write_text("risk:\n  daily_los: 5%\n")
    write_own(tmp_path, "risk:\n  daily_loss: 5%\n", read_own(tmp_path).version, {}, NOW)
    assert load_settings(tmp_path, None, {}).settings.risk.daily_loss == 50_000
