"""`dutchbook users`: who may act, made on the desk's machine, with secrets shown once."""

import json
from getpass import getuser
from pathlib import Path

import pytest

from dutchbook.app.accounts.secret import Secret
from dutchbook.domain.errors import ConfigError
from dutchbook.interfaces.cli import users
from dutchbook.interfaces.cli.dashboard import _with_key
from dutchbook.interfaces.web.passwords import fits, key_parts
from dutchbook.storage.database.queries.actions import actions
from dutchbook.storage.database.rows import ActionRecord
from dutchbook.storage.users_file import UsersFile
from dutchbook.storage.users_record import UsersRecord
from tests.interfaces.cli import Terminal
from tests.interfaces.web.rig import Screens, until, until_read


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


def test_every_change_of_users_is_on_record_with_who_made_it_and_without_secrets(
    terminal: Terminal, typed: list[str]
) -> None:
    typed += ["correct horse battery"] * 4
    terminal("users", "add", "ann", "--role", "viewer")
    terminal("users", "add", "ann", "--role", "admin")
    terminal("users", "second", "ann")
    terminal("users", "second", "ann", "--off")
    key = json.loads(terminal("users", "key", "grafana", "--role", "operator", "--live", "--json").out)
    code = json.loads(terminal("users", "code", "--json").out)["code"]
    terminal("users", "remove", key["id"])
    terminal("users", "remove", "ann")
    record = UsersRecord(terminal.home / "users-record.jsonl")
    changes = record.read()
    assert [(change.action, dict(change.detail)) for change in changes] == [
        ("add user", {"name": "ann", "role": "viewer"}),
        ("change user", {"name": "ann", "role": "admin", "was": "viewer"}),
        ("set up second factor", {"name": "ann"}),
        ("take second factor away", {"name": "ann"}),
        ("make key", {"key": key["id"], "name": "grafana", "role": "operator", "real_money": "yes"}),
        ("make sign-in code", {"code": code.partition("-")[0], "role": "operator"}),
        ("remove key", {"key": key["id"], "name": "grafana", "role": "operator"}),
        ("remove user", {"name": "ann", "role": "admin"}),
    ]
    assert {change.by for change in changes} == {f"cli:{getuser()}"}
    assert record.path.stat().st_mode & 0o777 == 0o600
    text = record.path.read_text()
    assert all(secret not in text for secret in ("correct horse", "argon2", key["key"], code))


def test_what_changes_nothing_is_not_on_record(terminal: Terminal, typed: list[str]) -> None:
    typed += ["short"] * 2
    assert [terminal("users", *words).code for words in (("add", "ann"), ("remove", "bob"), ("second", "bob"))] == [
        2
    ] * 3
    assert UsersRecord(terminal.home / "users-record.jsonl").read() == ()


def test_without_a_record_nothing_is_changed(terminal: Terminal, typed: list[str]) -> None:
    typed += ["correct horse battery"] * 2
    (terminal.home / "users-record.jsonl").mkdir(parents=True)
    outcome = terminal("users", "add", "ann")
    assert (outcome.code, outcome.err.count("\n")) == (5, 1)
    assert "nothing was changed" in outcome.err
    assert UsersFile(terminal.home / "users.json").read().users == {}


async def test_changes_of_users_stand_in_the_audit_once_made_while_the_screens_are_up_or_not(
    terminal: Terminal, typed: list[str]
) -> None:
    typed += ["correct horse battery"] * 2
    terminal("users", "add", "ann", "--role", "admin")

    async def told(screens: Screens) -> tuple[ActionRecord, ...]:
        rows = await screens.context.history.read(actions)
        return tuple(row for row in rows if "user" in row.action)

    for changes in (1, 2):  # the second time after a restart of the screens
        screens = Screens(terminal.home)
        async with screens.at_work():
            await until(lambda screens=screens: screens.context.history.models is not None)  # type: ignore[misc]

            async def all_told(screens: Screens = screens, changes: int = changes) -> bool:
                return len(await told(screens)) >= changes

            await until_read(all_told)
            rows = await told(screens)
            terminal("users", "remove", "ann")
    assert [(row.place, row.action, row.by) for row in rows] == [
        ("database", "remove user", f"cli:{getuser()}"),
        ("database", "add user", f"cli:{getuser()}"),
    ]
    assert all('"name":"ann"' in row.detail for row in rows)


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
