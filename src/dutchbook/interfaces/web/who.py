"""Who asks: a person by a session, a program by a key, or nobody that is known."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from enum import StrEnum

import msgspec

from dutchbook.domain.errors import ConfigError
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import SECOND
from dutchbook.interfaces.web.passwords import KnownKeys, fits, key_parts
from dutchbook.interfaces.web.second_factor import step_of
from dutchbook.interfaces.web.sessions import FRESH, Sessions
from dutchbook.interfaces.web.throttle import Throttle
from dutchbook.storage.roles import Role
from dutchbook.storage.users_file import ApiKey, User, UsersFile

_AT_ONCE = 2
"""Hashes that are reckoned at a time: each takes 64 MB and most of a core."""
_ENVIRONMENT = "environment"
SHORTEST_KEY = 16
"""Characters of a key that is given by the environment, at least."""


class How(StrEnum):
    """How somebody proved who they are."""

    SESSION = "session"
    KEY = "key"
    NOT = "not"


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. `role` is None where nothing may be seen; `fresh` says that a second factor was shown just now."""

    name: str = ""
    role: Role | None = None
    how: How = How.NOT
    fresh: bool = False
    live: bool = False
    """Whether it may act on real money without a second factor: a key that was made so."""
    second: bool = False
    """Whether a second factor is set up."""
    number: str | None = None
    """Of the session. A secret: never shown."""

    @property
    def by(self) -> str:
        """As it stands in the journal."""
        return f"{'api' if self.how is How.KEY else 'web'}:{self.name or 'nobody'}"

    @property
    def known(self) -> bool:
        """Whether it is somebody in particular: only they may act."""
        return self.how is not How.NOT

    def may(self, needed: Role) -> bool:
        """Whether they may do what needs this role. Looking may be open to all; acting never is."""
        if self.role is None or (needed is not Role.VIEWER and not self.known):
            return False
        return self.role.may(needed)


class Refused(Exception):
    """Not let in. `wait_s` is how long no more tries are taken; 0 if another may be made at once."""

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class Doorman:
    """Finds out who asks, and signs people in."""

    def __init__(
        self,
        users: UsersFile,
        sessions: Sessions,
        clock: Clock,
        monotonic: Callable[[], float],
        environment_key: str = "",
    ) -> None:
        """`environment_key` is a key that the environment gives. Raises ConfigError for one that could be guessed."""
        if environment_key and len(environment_key) < SHORTEST_KEY:
            raise ConfigError(
                f"DASHBOARD_API_KEY: shorter than {SHORTEST_KEY} characters - take a longer one, "
                "or leave it out and make one with `dutchbook users key`"
            )
        self.users = users
        self.sessions = sessions
        self._clock = clock
        self._throttle = Throttle(monotonic)
        self._environment = _digest(environment_key) if environment_key else None
        self._known = KnownKeys()
        self._hashing = asyncio.Semaphore(_AT_ONCE)
        self._used: dict[str, int] = {}
        """The last step of each user's one-time codes that was taken: each is good once."""

    async def by_key(self, key: str, address: str) -> Principal:
        """Who has this key. Raises Refused."""
        whose = (f"address {address}",)
        self._check(whose)
        if self._environment is not None and hmac.compare_digest(self._environment, _digest(key)):
            return Principal(name=_ENVIRONMENT, role=Role.OPERATOR, how=How.KEY)
        found = await self._key(key)
        if found is None:
            self._throttle.failed(whose)
            raise Refused("this key opens nothing - `dutchbook users list` shows those that do")
        return Principal(name=found.name, role=found.role, how=How.KEY, live=found.live)

    def by_session(self, number: str | None, nobody: Role | None) -> Principal:
        """Who is signed in under this number; `nobody` is what everybody may who is not."""
        session = self.sessions.find(number)
        if session is None:
            return Principal(role=nobody)
        user = self.users.read().users.get(session.user)
        role = session.role
        if role is None and user is not None and session.made >= user.made:
            role = user.role
        if role is None:  # The user is gone or has another password, and the session is over with that.
            self.sessions.end(number)
            return Principal(role=nobody)
        fresh = session.second is not None and self._clock.now() - session.second <= FRESH
        second = session.role is None and user is not None and bool(user.second)
        return Principal(name=session.user, role=role, how=How.SESSION, fresh=fresh, second=second, number=number)

    async def sign_in(self, name: str, password: str, code: str, address: str) -> str:
        """The number of a new session. Raises Refused: what was wrong is not told apart."""
        whose = (f"address {address}", f"account {name[:100].casefold()}")
        self._check(whose)
        user = self.users.read().users.get(name)
        right = await self._hash(password, user.password if user is not None else None)
        if user is None or not right or not self._second_fits(user, code):
            self._throttle.failed(whose)
            raise Refused("wrong user, password or one-time code")
        self._throttle.succeeded(whose)
        number, _ = self.sessions.begin(user.name, second=bool(user.second))
        return number

    async def sign_in_by_code(self, code: str, address: str) -> str:
        """The number of a new session for whoever was given a sign-in code; it is used up. Raises Refused."""
        whose = (f"address {address}",)
        self._check(whose)
        id_, _, secret = code.strip().partition("-")
        found = self.users.read().codes.get(id_)
        valid = found is not None and found.until > self._clock.now()
        right = await self._hash(secret, found.secret if found is not None and valid else None)
        if found is None or not right or not self.users.take_code(id_):
            self._throttle.failed(whose)
            raise Refused("wrong code, or used, or too old - `dutchbook users code` makes another")
        self._throttle.succeeded(whose)
        number, _ = self.sessions.begin(f"code-{id_}", found.role)
        return number

    def second(self, principal: Principal, code: str, address: str) -> None:
        """Take a second factor for this session. Raises Refused."""
        whose = (f"address {address}", f"second {principal.name.casefold()}")
        self._check(whose)
        user = self.users.read().users.get(principal.name)
        if principal.number is None or user is None or not user.second:
            raise Refused("no second factor is set up - `dutchbook users second NAME` does, on the desk's machine")
        if not self._second_fits(user, code):
            self._throttle.failed(whose)
            raise Refused("wrong one-time code, or one that was used")
        self._throttle.succeeded(whose)
        self.sessions.seconded(principal.number)

    def _second_fits(self, user: User, code: str) -> bool:
        if not user.second:
            return True
        step = step_of(user.second, code.strip(), self._clock.now() // SECOND)
        if step is None or step <= self._used.get(user.name, -1):
            return False
        self._used[user.name] = step
        return True

    def _check(self, whose: tuple[str, ...]) -> None:
        if wait_s := self._throttle.wait_s(whose):
            raise Refused(f"too many wrong tries - wait {wait_s / 60:.0f} minutes", wait_s)

    async def _key(self, key: str) -> ApiKey | None:
        parts = key_parts(key)
        found = None if parts is None else self.users.read().keys.get(parts[0])
        secret = key if parts is None else parts[1]
        async with self._hashing:
            if found is None:
                await asyncio.to_thread(fits, secret, None)
                return None
            return found if await asyncio.to_thread(self._known.fits, secret, found.secret) else None

    async def _hash(self, secret: str, hash_: str | None) -> bool:
        async with self._hashing:
            return await asyncio.to_thread(fits, secret, hash_)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
