"""Where the screens may listen: elsewhere than here only with a password, and over TLS or behind a proxy."""

import pytest

from dutchbook.config.load import shipped_settings
from dutchbook.config.web_settings import WebSettings
from dutchbook.domain.errors import ConfigError, UsageError
from dutchbook.domain.units import Nanos
from dutchbook.interfaces.web.listening import address, door_of, is_here, listening
from dutchbook.storage.roles import Role
from dutchbook.storage.users_file import User, Users

NOBODY = Users()
SOMEBODY = Users(users={"ann": User(name="ann", role=Role.ADMIN, password="$argon2id$", made=Nanos(0))})  # noqa: S106
TLS = {"tls_certificate": "cert.pem", "tls_key": "key.pem"}


def web(**changed: object) -> WebSettings:
    return shipped_settings().web.model_copy(update=changed)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.5"])
def test_this_machine_alone_needs_nothing(host: str) -> None:
    door = door_of(web(host=host), NOBODY)
    assert is_here(host)
    assert door.open_reading
    assert {"127.0.0.1", "localhost", "::1"} <= door.names


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "desk.example", "::"])  # noqa: S104
@pytest.mark.parametrize(
    ("changed", "users", "wanted"),
    [
        ({}, NOBODY, "TLS"),
        ({}, SOMEBODY, "TLS"),
        (TLS, NOBODY, "dutchbook users add"),
        ({"behind_proxy": True}, NOBODY, "dutchbook users add"),
        ({"tls_certificate": "cert.pem"}, SOMEBODY, "set both"),
    ],
)
def test_anywhere_else_is_refused_without_a_password_and_tls(
    host: str, changed: dict[str, object], users: Users, wanted: str
) -> None:
    with pytest.raises(ConfigError, match=wanted):
        door_of(web(host=host, names=("desk.example",), **changed), users)


def test_with_both_it_is_served_and_shows_nothing_without_signing_in() -> None:
    for changed in (TLS, {"behind_proxy": True}):
        door = door_of(web(host="0.0.0.0", names=("desk.example",), **changed), SOMEBODY)  # noqa: S104
        assert not door.open_reading
        assert "desk.example" in door.names
        assert "0.0.0.0" not in door.names  # noqa: S104
        assert door.cookie.startswith("__Host-")


def test_all_addresses_need_a_name_to_be_called_by() -> None:
    with pytest.raises(ConfigError, match=r"web\.names"):
        door_of(web(host="0.0.0.0", **TLS), SOMEBODY)  # noqa: S104


def test_a_proxy_on_this_machine_closes_looking_too() -> None:
    assert not door_of(web(behind_proxy=True), NOBODY).open_reading


def test_a_port_that_is_taken_is_said_to_be_so() -> None:
    with listening("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(UsageError, match=rf"127\.0\.0\.1:{port}: Address already in use - choose another port"):
            listening("127.0.0.1", port)


def test_the_address_is_the_one_that_browsers_use() -> None:
    assert address(web(), 2345) == "http://127.0.0.1:2345"
    assert address(web(host="::1"), 1) == "http://[::1]:1"
    assert address(web(names=("desk.example",), **TLS), 443) == "https://desk.example:443"
