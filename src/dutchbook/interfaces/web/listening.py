"""Where the screens may listen: on this machine; elsewhere only with a password, and over TLS or behind a proxy."""

import ipaddress
import socket

import msgspec

from dutchbook.config.web_settings import WebSettings
from dutchbook.domain.errors import ConfigError, UsageError
from dutchbook.interfaces.web.sessions import COOKIE, SECURE_COOKIE
from dutchbook.storage.users_file import Users

_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, never bound unasked
_BACKLOG = 128


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """Whom it answers: by which `names` it may be called, and whether everybody who reaches it may look."""

    names: frozenset[str]
    open_reading: bool
    tls: bool = False
    """Whether browsers reach it over TLS, its own or that of a proxy."""

    @property
    def cookie(self) -> str:
        """What the cookie of a session is called."""
        return SECURE_COOKIE if self.tls else COOKIE


def door_of(web: WebSettings, users: Users) -> Door:
    """Whom these settings let in. Raises ConfigError for a place that would not be safe."""
    encrypted = _encrypted(web)
    here = is_here(web.host)
    if not here:
        _refuse_open(web, users, encrypted=encrypted)
    names = set(web.names) | ({web.host} - _EVERYWHERE)
    if here or web.host in _EVERYWHERE:
        names |= _HERE
    return Door(
        names=frozenset(name.lower() for name in names),
        open_reading=web.open_reading and here and not web.behind_proxy,
        tls=encrypted or web.behind_proxy,
    )


def is_here(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host in _HERE:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises UsageError if it cannot be had."""
    try:
        [(family, kind, _, _, place), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        listener = socket.socket(family, kind)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{host}:{port}: {reason} - choose another port by --port or web.port") from error
    return listener


def address(web: WebSettings, port: int) -> str:
    """Where a browser finds it."""
    name = web.names[0] if web.names else f"[{web.host}]" if ":" in web.host else web.host
    if web.behind_proxy:
        return f"https://{name} (through your proxy; here port {port})"
    return f"{'https' if web.tls_certificate else 'http'}://{name}:{port}"


def _encrypted(web: WebSettings) -> bool:
    if (web.tls_certificate is None) != (web.tls_key is None):
        raise ConfigError("web.tls_certificate, web.tls_key: one without the other - set both, or neither")
    return web.tls_certificate is not None


def _refuse_open(web: WebSettings, users: Users, *, encrypted: bool) -> None:
    if not encrypted and not web.behind_proxy:
        raise ConfigError(
            f"web.host {web.host}: others on the network could read passwords on their way - set web.tls_certificate "
            "and web.tls_key, or web.behind_proxy if a proxy of yours speaks TLS"
        )
    if not users.protected():
        raise ConfigError(
            f"web.host {web.host}: nobody has a password, so the network could look in - `dutchbook users add NAME` "
            "first"
        )
    if web.host in _EVERYWHERE and not web.names:
        raise ConfigError(
            f"web.host {web.host}: by which name is it reached? - set web.names, for example [desk.example]"
        )
