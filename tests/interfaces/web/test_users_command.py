"""`dutchbook users`: who may act, made on the desk's machine, with secrets shown once."""

import json
from pathlib import Path

import pytest

from dutchbook.app.accounts.secret import Secret
from dutchbook.domain.errors import ConfigError
from dutchbook.interfaces.cli import users
from dutchbook.interfaces.cli.dashboard import _with_key
from dutchbook.interfaces.web.passwords import fits, key_parts
from dutchbook.storage.users_file import UsersFile
from tests.interfaces.cli import Terminal
from tests.interfaces.web.rig import Screens


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a person types where a password is asked for, in its order."""
    words: list[str] = []
    monkeypatch.setattr(users, "ask_secret", lambda _: Secret(words.pop(0)))
    return words


def test_a_user_is_added_with_a_password_that_is_kept_as_a_hash_alone(terminal: Terminal, typed: list[str]) -> None:
    typed += ["correct horse battery"] * 2
    assert terminal("users", "add", "ann", "--role", "admin").code == 0
    found = UsersFile(terminal.home / "users.json").read().users["ann"]
    assert found.role == "admin"
    assert fits("correct horse battery", found.password)
    listed = json.loads(terminal("users", "list", "--json").out)
    assert [user["name"] for user in listed["users"]] == ["ann"]
    assert "argon2" not in terminal("users", "list", "--json").out


@pytest.mark.parametrize(
    ("words", "said"), [(["short", "short"], "12 at least"), (["a long password", "another one"], "the two differ")]
)
def test_a_password_that_is_short_or_mistyped_adds_nobody(
    terminal: Terminal, typed: list[str], words: list[str], said: str
) -> None:
    typed += words
    outcome = terminal("users", "add", "ann")
    assert (outcome.code, said in outcome.err, outcome.err.count("\n")) == (2, True, 1)
    assert UsersFile(terminal.home / "users.json").read().users == {}


def test_where_nobody_can_type_a_password_it_is_said(terminal: Terminal) -> None:
    outcome = terminal("users", "add", "ann")
    assert outcome.code == 5
    assert "run it in a terminal" in outcome.err


def test_a_key_is_shown_once_and_opens_until_it_is_removed(terminal: Terminal) -> None:
    made = json.loads(terminal("users", "key", "grafana", "--json").out)
    parts = key_parts(made["key"])
    assert parts is not None
    file = UsersFile(terminal.home / "users.json")
    assert fits(parts[1], file.read().keys[made["id"]].secret)
    assert parts[1] not in terminal("users", "list").out
    assert terminal("users", "remove", made["id"]).code == 0
    assert file.read().keys == {}
    assert terminal("users", "remove", made["id"]).code == 2


def test_a_second_factor_is_set_up_and_taken_away(terminal: Terminal, typed: list[str]) -> None:
    typed += ["correct horse battery"] * 2
    terminal("users", "add", "ann")
    said = terminal("users", "second", "ann").out
    file = UsersFile(terminal.home / "users.json")
    assert file.read().users["ann"].second in said
    terminal("users", "second", "ann", "--off")
    assert file.read().users["ann"].second == ""
    assert terminal("users", "second", "bob").code == 2


def test_the_key_of_the_api_may_stand_in_the_homes_private_env_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('DASHBOARD_API_KEY="a long enough key of mine"\nOTHER=1\n')
    file.chmod(0o600)
    assert _with_key({}, tmp_path) == {"DASHBOARD_API_KEY": "a long enough key of mine"}
    assert _with_key({"DASHBOARD_API_KEY": "said"}, tmp_path) == {"DASHBOARD_API_KEY": "said"}
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        _with_key({}, tmp_path)


def test_a_key_that_could_be_guessed_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="shorter than 16 characters"):
        Screens(tmp_path, environ={"DASHBOARD_API_KEY": "short"})
