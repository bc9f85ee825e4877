"""Who is signed in. Sessions live here, a browser only has their number: signing out ends one for good."""

import hashlib
import logging
import secrets
from pathlib import Path

import msgspec

from dutchbook.domain.ports import Clock
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.storage.durable import replace_file
from dutchbook.storage.roles import Role

COOKIE = "dutchbook_session"
SECURE_COOKIE = "__Host-dutchbook_session"
"""Its name where it is sent over TLS: browsers take a cookie of this name from nobody else."""
FRESH = Nanos(300 * SECOND)
"""How long a second factor is good for."""
_MOST = 1_000

log = logging.getLogger(__name__)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in. `role` is set where it was by a code, which belongs to no user; else the role of the user counts."""

    user: str
    until: Nanos
    made: Nanos
    role: Role | None = None
    second: Nanos | None = None
    """When a second factor was last shown."""


class Sessions:
    """All sessions, by the digest of their numbers: who reads the file of them cannot sign in with it."""

    def __init__(self, path: Path, clock: Clock, lasts: Nanos) -> None:
        self._path = path
        self._clock = clock
        self._lasts = lasts
        self._sessions = _kept(path, clock.now())

    def begin(self, user: str, role: Role | None = None, *, second: bool = False) -> tuple[str, Session]:
        """Sign somebody in under a new number, which is returned once."""
        now = self._clock.now()
        number = secrets.token_urlsafe(32)
        session = Session(
            user=user, until=Nanos(now + self._lasts), made=now, role=role, second=now if second else None
        )
        self._sessions[_digest(number)] = session
        self._keep()
        return number, session

    def find(self, number: str | None) -> Session | None:
        """The session of a number, unless it is over."""
        session = None if number is None else self._sessions.get(_digest(number))
        return session if session is not None and session.until > self._clock.now() else None

    def seconded(self, number: str) -> None:
        """A second factor was shown in this session."""
        digest = _digest(number)
        self._sessions[digest] = msgspec.structs.replace(self._sessions[digest], second=self._clock.now())
        self._keep()

    def end(self, number: str | None) -> None:
        """Sign out. A number that is none ends nothing."""
        if number is not None and self._sessions.pop(_digest(number), None) is not None:
            self._keep()

    def end_all(self, user: str) -> None:
        """Sign a user out everywhere."""
        self._sessions = {key: one for key, one in self._sessions.items() if one.user != user}
        self._keep()

    def _keep(self) -> None:
        """So that a restart signs nobody out. A disk that is full must not keep anybody from coming in to halt."""
        now = self._clock.now()
        live = sorted(self._sessions.items(), key=lambda item: item[1].made)[-_MOST:]
        self._sessions = {digest: session for digest, session in live if session.until > now}
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._path, msgspec.json.encode(self._sessions))
        except OSError as error:
            log.warning("%s: %s - a restart of the dashboard will sign everybody out", self._path, error.strerror)


def _kept(path: Path, now: Nanos) -> dict[str, Session]:
    """The sessions of an earlier process. A file that cannot be read signs everybody out."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, Session])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}
    return {digest: session for digest, session in found.items() if session.until > now}


def _digest(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()
