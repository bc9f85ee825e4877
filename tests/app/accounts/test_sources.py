"""Keys are found in the documented order, and never in a place that others can read."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.app.accounts.chain import KeyChain, key_chain
from dutchbook.app.accounts.dotenv import parse, write_dotenv
from dutchbook.app.accounts.keystore import Keystore, write_keystore
from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.private_files import write_private
from dutchbook.app.accounts.secret import Secret
from dutchbook.app.accounts.secret_files import write_secret_files
from dutchbook.app.accounts.system_keyring import SystemKeyring, write_keyring
from dutchbook.config.account_settings import AccountSettings
from dutchbook.domain.errors import ConfigError
from dutchbook.storage.home import Home
from tests.app.accounts.keys import CHEAP

NAME = KeyName.POLYMARKET_PASSPHRASE
PASSWORD = Secret("open sesame")


def nobody(what: str) -> Secret:
    raise ConfigError(f"{what}: nobody is there - come back later")


class Places:
    """All places of one desk; each can be given a value."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.home = Home(folder / "home")
        self.folder.mkdir()
        self.environ: dict[str, str] = {}

    def fill(self, place: str, name: KeyName = NAME) -> None:
        value = {name: Secret(place)}
        match place:
            case "environment":
                self.environ[name] = place
            case "dotenv here":
                write_dotenv(self.folder / ".env", value)
            case "dotenv at home":
                write_dotenv(self.home.dotenv, value)
            case "secret file":
                write_secret_files(self.home.secrets, value)
            case "keystore":
                write_keystore(self.home.keystore, value, PASSWORD, CHEAP)
            case "keyring":
                write_keyring(value)

    def chain(self) -> KeyChain:
        settings = AccountSettings.model_validate({"keyring": "true"})
        return key_chain(self.home.root, settings, self.environ, self.folder, lambda _: PASSWORD)


class FakeKeyring(keyring.backend.KeyringBackend):
    """A keyring in memory."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._refuse_locked()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._refuse_locked()
        self.kept[service, username] = password

    def _refuse_locked(self) -> None:
        if self.locked:
            raise keyring.errors.KeyringLocked("the secret is hunter2")


@pytest.fixture
def ring() -> Iterator[FakeKeyring]:
    before = keyring.get_keyring()
    fake = FakeKeyring()
    keyring.set_keyring(fake)
    yield fake
    keyring.set_keyring(before)


@pytest.fixture
def places(tmp_path: Path, ring: FakeKeyring) -> Places:
    return Places(tmp_path)


ORDER = ("environment", "dotenv here", "dotenv at home", "secret file", "keystore", "keyring")


def test_the_first_place_that_has_a_value_gives_it(places: Places) -> None:
    assert places.chain().find(NAME) is None
    assert places.chain().place(NAME) is None
    for place in reversed(ORDER):
        places.fill(place)
        found = places.chain().find(NAME)
        assert found is not None
        assert found.value.reveal() == place
        assert found.place == places.chain().place(NAME)


def test_each_place_is_named(places: Places) -> None:
    names = list(KeyName)
    for place, name in zip(ORDER, names, strict=False):
        places.fill(place, name)
    chain = places.chain()
    assert [chain.place(name) for name in names[: len(ORDER)]] == [
        "environment",
        str(places.folder / ".env"),
        str(places.home.dotenv),
        str(places.home.secrets / names[3]),
        f"keystore {places.home.keystore}",
        "keyring",
    ]


def test_everything_that_is_written_is_readable_for_its_owner_alone(places: Places) -> None:
    before = os.umask(0)
    try:
        for place in ORDER:
            places.fill(place)
    finally:
        os.umask(before)
    files = [path for path in places.home.root.rglob("*") if path.is_file()] + [places.folder / ".env"]
    assert len(files) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(places.home.secrets.stat().st_mode) == 0o700


@pytest.mark.parametrize("place", ["dotenv here", "dotenv at home", "secret file", "keystore"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o666])
def test_a_file_that_others_may_touch_is_refused_with_the_command_that_mends_it(
    places: Places, place: str, mode: int
) -> None:
    places.fill(place)
    [path] = [one for one in places.folder.parent.rglob("*") if one.is_file()]
    path.chmod(mode)
    with pytest.raises(ConfigError, match=f"chmod 600 {path}") as raised:
        places.chain().find(NAME)
    assert place not in str(raised.value).replace(str(path), "")
    assert "\n" not in str(raised.value)


def test_a_shared_dotenv_without_keys_of_ours_is_nobody_s_business(places: Places) -> None:
    path = places.folder / ".env"
    path.write_text("DJANGO_SECRET=x\n# POLYMARKET_PRIVATE_KEY=\nPOLYMARKET_FUNDER=\nexport PATH=/bin\n")
    path.chmod(0o644)
    assert places.chain().find(KeyName.POLYMARKET_FUNDER) is None


def test_an_empty_variable_counts_as_not_set(places: Places) -> None:
    places.environ[NAME] = "  "
    places.fill("keystore")
    found = places.chain().find(NAME)
    assert found is not None
    assert found.value.reveal() == "keystore"


def test_two_names_of_one_thing_in_one_place_are_a_question(places: Places) -> None:
    names = (KeyName.KALSHI_PRIVATE_KEY, KeyName.KALSHI_PRIVATE_KEY_PATH)
    places.environ[names[0]] = "a"
    write_dotenv(places.home.dotenv, {names[1]: Secret("b")})
    found = places.chain().find(*names)
    assert found is not None
    assert found.name is KeyName.KALSHI_PRIVATE_KEY
    places.environ[names[1]] = "b"
    with pytest.raises(ConfigError, match="are both set - keep one of them"):
        places.chain().find(*names)


# .env files


def test_a_dotenv_is_read_as_people_write_them() -> None:
    text = """
# Polymarket
export POLYMARKET_PRIVATE_KEY=0xabc   # the wallet
POLYMARKET_FUNDER = 0xdef
POLYMARKET_API_SECRET="with # and \\"quotes\\""  # a comment
POLYMARKET_PASSPHRASE='single $quotes'
KALSHI_PRIVATE_KEY="-----BEGIN PRIVATE KEY-----
line
-----END PRIVATE KEY-----"
A="one\\ntwo"
EMPTY=
"""
    assert parse(text, ".env") == {
        "POLYMARKET_PRIVATE_KEY": "0xabc",
        "POLYMARKET_FUNDER": "0xdef",
        "POLYMARKET_API_SECRET": 'with # and "quotes"',
        "POLYMARKET_PASSPHRASE": "single $quotes",
        "KALSHI_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----\nline\n-----END PRIVATE KEY-----",
        "A": "one\ntwo",
        "EMPTY": "",
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("A=1\nhunter2\n", r"\.env:2: no NAME=value"),
        ('A=1\nB="hunter2\nC=3', r"\.env:2 B: the quote is not closed"),
        ("B='hunter2' hunter2\n", r"\.env:1 B: the quote is not closed"),
    ],
)
def test_a_mistake_in_a_dotenv_is_named_by_its_line_and_not_by_its_text(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as raised:
        parse(text, ".env")
    assert "hunter2" not in str(raised.value)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=40))
def test_what_is_written_to_a_dotenv_reads_the_same(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    path = tmp_path_factory.mktemp("env") / ".env"
    write_dotenv(path, {NAME: Secret(value)})
    text = path.read_text()
    # Other line ends of Unicode are line ends for nobody else.
    assert parse(text, ".env")[NAME] == value or len(text.splitlines()) > 1


# the keystore


def test_a_keystore_opens_with_its_password_alone(tmp_path: Path) -> None:
    path = tmp_path / "keystore.json"
    write_keystore(path, {NAME: Secret("väl\nue")}, PASSWORD, CHEAP)
    assert Keystore(path, lambda: PASSWORD).read(NAME).reveal() == "väl\nue"
    with pytest.raises(ConfigError, match="the password is wrong, or the file was changed"):
        Keystore(path, lambda: Secret("open sesami")).read(NAME)


def test_its_names_are_legible_and_its_values_are_not(tmp_path: Path) -> None:
    path = tmp_path / "keystore.json"
    write_keystore(path, {NAME: Secret("plain-to-see")}, PASSWORD, CHEAP)
    store = Keystore(path, lambda: nobody("x"))
    assert store.place(NAME) == f"keystore {path}"
    assert store.place(KeyName.KALSHI_PRIVATE_KEY) is None
    assert "plain-to-see" not in path.read_text()
    assert PASSWORD.reveal() not in path.read_text()


@given(st.integers(0, 999), st.sampled_from([1, 2, 4]))
def test_a_keystore_that_was_changed_anywhere_does_not_open(
    tmp_path_factory: pytest.TempPathFactory, share: int, bit: int
) -> None:
    path = tmp_path_factory.mktemp("store") / "keystore.json"
    write_keystore(path, {NAME: Secret("value")}, PASSWORD, CHEAP)
    text = path.read_bytes()
    place = share * len(text) // 1_000
    path.write_bytes(text[:place] + bytes([text[place] ^ bit]) + text[place + 1 :])
    try:
        found = Keystore(path, lambda: PASSWORD).read(NAME)
    except ConfigError:
        return
    assert found.reveal() == "value"  # the last sign of a base64 text has bits that mean nothing


def test_two_keystores_of_the_same_values_have_nothing_in_common(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_keystore(tmp_path / name, {NAME: Secret("value")}, PASSWORD, CHEAP)
    first, second = ((tmp_path / name).read_text() for name in ("a", "b"))
    assert first != second


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"head":{"version":2,"scrypt":{"n":2,"r":8,"p":1},"salt":"","nonce":"","names":[]},"sealed":""}',
        '{"head":{"version":1,"scrypt":{"n":3,"r":8,"p":1},"salt":"","nonce":"","names":[]},"sealed":""}',
        '{"head":{"version":1,"scrypt":{"n":1073741824,"r":8,"p":1},"salt":"","nonce":"","names":[]},"sealed":""}',
    ],
)
def test_what_is_no_keystore_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keystore.json"
    write_private(path, text)
    with pytest.raises(ConfigError, match=r"keystore"):
        Keystore(path, lambda: PASSWORD).place(NAME)


def test_the_password_is_asked_for_once_and_only_when_a_value_is_wanted(places: Places) -> None:
    places.fill("keystore")
    asked: list[str] = []

    def ask(what: str) -> Secret:
        asked.append(what)
        return PASSWORD

    chain = key_chain(places.home.root, AccountSettings(), {}, places.folder, ask)
    assert chain.place(NAME)
    assert asked == []
    assert chain.find(NAME) == chain.find(NAME)
    assert asked == [f"Password of {places.home.keystore}"]


def test_the_password_can_come_from_a_private_file(places: Places) -> None:
    places.fill("keystore")
    file = places.folder / "unlock"
    write_private(file, PASSWORD.reveal() + "\n")
    settings = AccountSettings.model_validate({"keystore_unlock_file": str(file)})
    chain = key_chain(places.home.root, settings, {}, places.folder, nobody)
    found = chain.find(NAME)
    assert found is not None
    assert found.value.reveal() == "keystore"
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        key_chain(places.home.root, settings, {}, places.folder, nobody).find(NAME)


@pytest.mark.parametrize("place", ORDER[1:])
def test_nothing_is_written_over(places: Places, place: str) -> None:
    places.fill(place)
    with pytest.raises(ConfigError, match="already"):
        places.fill(place)
    found = places.chain().find(NAME)
    assert found is not None
    assert found.value.reveal() == place


# the keyring


def test_a_keyring_that_does_not_answer_is_one_line_without_its_words(ring: FakeKeyring) -> None:
    ring.locked = True
    with pytest.raises(ConfigError, match=r"keyring: it does not answer \(KeyringLocked\)") as raised:
        SystemKeyring().place(NAME)
    assert "hunter2" not in str(raised.value)


def test_without_the_library_the_keyring_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError, match="pip install keyring"):
        SystemKeyring().place(NAME)


def test_the_keyring_is_only_asked_where_the_settings_say_so(places: Places, ring: FakeKeyring) -> None:
    ring.locked = True
    chain = key_chain(places.home.root, AccountSettings(), {}, places.folder, nobody)
    assert chain.find(NAME) is None
