"""The gates before real money. Only `arm` makes an `Armed`, only `arm_sandbox` a `SandboxArmed`: a broker needs one.

Three acts are wanted, in three places, so that no single slip spends money: `mode: live` in the settings, a variable in
the environment, and `--live` with the account typed back.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from dutchbook.app.accounts.in_use import (
    Account,
    addresses_of,
    is_loopback,
    is_test_account,
    known_test_accounts,
)
from dutchbook.app.accounts.regions import judge_region
from dutchbook.app.live.venues import Where
from dutchbook.app.live_days import began
from dutchbook.config.environment import CONFIRM, ENABLE
from dutchbook.config.keys import Unit, written
from dutchbook.config.modes import Mode
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.units import SECOND, Money, Nanos
from dutchbook.evaluation.snapshot import CheckResult

OLD_ENABLE = "ENABLE_LIVE_TRADING"
"""The name that other programs use. It arms nothing here: it may have been set for one of them."""
FIRST_DAY = Nanos(24 * 3_600 * SECOND)

_SEAL = object()

type Typed = Callable[[str], str]
"""Asks a person to type something, and gives what was typed."""


class GateClosed(ConfigError):
    """Live trading is not armed: nothing can be sent. The message says what stands in the way, and what to do."""


class LiveLimits(msgspec.Struct, frozen=True):
    """What holds beside the risk limits. `exposure` and `first_day_ends` are there on an account's first day only."""

    order: Money
    exposure: Money | None = None
    first_day_ends: Nanos | None = None


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to trade with. `findings` are the checks of the accounts that were made before, if any."""

    settings: Settings
    environ: Mapping[str, str]
    asked: bool
    """Whether the command said `--live`."""
    accounts: tuple[Account, ...]
    where: Where
    home: Path
    findings: tuple[CheckResult, ...] = ()


class Armed:
    """The right to spend real money with these accounts, at these hosts, within these limits."""

    __slots__ = ("accounts", "limits", "where")

    def __init__(self, seal: object, accounts: tuple[Account, ...], where: Where, limits: LiveLimits) -> None:
        """For `arm` alone. Raises TypeError for everybody else."""
        _refuse_forgery(seal)
        self.accounts = accounts
        self.where = where
        self.limits = limits


class SandboxArmed:
    """The right to trade play money with test accounts, at servers on this machine."""

    __slots__ = ("accounts", "where")

    def __init__(self, seal: object, accounts: tuple[Account, ...], where: Where) -> None:
        """For `arm_sandbox` alone. Raises TypeError for everybody else."""
        _refuse_forgery(seal)
        self.accounts = accounts
        self.where = where


def arm(wish: Wish, typed: Typed | None, now: Nanos) -> Armed:
    """Open the three gates, or raise GateClosed with all that stands in the way.

    `typed` asks for the account where a person sits; None where nobody does, and the environment has to name it. The
    account's first live day begins here.
    """
    gates = closed_gates(wish.settings, wish.environ, asked=wish.asked)
    if closed := [*gates, *_obstacles(wish)]:
        raise GateClosed("live trading is not armed: " + "; ".join(closed))
    if refusal := _unconfirmed(wish, typed):
        raise GateClosed(f"live trading is not armed: {refusal}")
    return Armed(_SEAL, wish.accounts, wish.where, limits_of(wish, now))


def arm_sandbox(accounts: Sequence[Account], where: Where, home: Path) -> SandboxArmed:
    """No gates, but nothing real either. Raises GateClosed for a host elsewhere or a key that is none of the sandbox's.

    A real key must not even sign for a server on this machine: what it signs could be sent on.
    """
    known = known_test_accounts(home)
    for address in _addresses(where):
        if not is_loopback(address):
            raise GateClosed(f"mode sandbox: {address} is not on this machine - the sandbox trades at 127.0.0.1 only")
    for account in accounts:
        if not is_test_account(account, known):
            raise GateClosed(
                f"mode sandbox: {account.name} is no test account of the sandbox - real keys stay away from it: use "
                "those of `dutchbook sandbox accounts`"
            )
    return SandboxArmed(_SEAL, tuple(accounts), where)


def limits_of(wish: Wish, now: Nanos) -> LiveLimits:
    """The limits of the moment: the small ones if one of the accounts is in its first day. Begins such a day."""
    live = wish.settings.live
    ends = [Nanos(first + FIRST_DAY) for first in began(wish.home, [account.name for account in wish.accounts], now)]
    if not ends or max(ends) <= now:
        return LiveLimits(live.order_limit)
    return LiveLimits(min(live.first_day_order, live.order_limit), live.first_day_exposure, max(ends))


def within(settings: Settings, limits: LiveLimits) -> Settings:
    """The settings with the limits of a first day in their risk rules. They hold until the desk is started again."""
    if limits.exposure is None:
        return settings
    risk = settings.risk
    tight = {
        "deployed_limit_dollars": _tighter(risk.deployed_limit_dollars, limits.exposure),
        "position_limit_dollars": _tighter(risk.position_limit_dollars, limits.order),
    }
    return settings.model_copy(update={"risk": risk.model_copy(update=tight)})


def banner(armed: Armed, settings: Settings) -> tuple[str, ...]:
    """What a person should read before and while real money is at stake: account, bankroll, limits."""
    limits, risk = armed.limits, settings.risk
    lines = ["LIVE - orders spend real money"]
    lines += [f"{account.venue}: account {account.name}" for account in armed.accounts]
    lines.append(f"bankroll ${_dollars(settings.portfolio.bankroll)}, one order at most ${_dollars(limits.order)}")
    market = _limit(risk.position_limit, risk.position_limit_dollars)
    venue = _limit(risk.venue_limit, risk.venue_limit_dollars)
    lines.append(f"at most {market} in one market, {venue} at one venue")
    loss = _limit(risk.daily_loss, risk.daily_loss_dollars)
    lines.append(f"opening pauses after a day's loss of {loss}; halt {_limit(risk.ratcheting_stop)} below the best")
    if limits.exposure is not None:
        lines.append(f"first day: at most ${_dollars(limits.exposure)} at work, until the desk is started after it")
    return tuple(lines)


def confirmation_of(accounts: Sequence[Account]) -> str:
    """What has to be typed, or put into the environment: the names of the accounts, with commas between them."""
    return ",".join(account.name for account in accounts)


def closed_gates(settings: Settings, environ: Mapping[str, str], *, asked: bool) -> Iterator[str]:
    """The gates that are closed, each with what opens it. `asked`: whether the command said `--live`."""
    if settings.mode is not Mode.LIVE:
        yield f"mode is {settings.mode} (set `mode: live` in the settings)"
    if environ.get(ENABLE, "").strip().lower() != "true":
        old = f"; {OLD_ENABLE} alone arms nothing" if OLD_ENABLE in environ else ""
        yield f"{ENABLE} is not true (set it in the environment{old})"
    if not asked:
        yield "--live was not given (run `dutchbook run --live`)"


def refuse_closed(settings: Settings, environ: Mapping[str, str], *, asked: bool) -> None:
    """Raises GateClosed while a gate is closed, before anybody is asked for keys."""
    if closed := tuple(closed_gates(settings, environ, asked=asked)):
        raise GateClosed("live trading is not armed: " + "; ".join(closed))


def _obstacles(wish: Wish) -> Iterator[str]:
    """What forbids live trading however many gates are open."""
    known = known_test_accounts(wish.home)
    if not wish.accounts:
        yield "there is no account (run `dutchbook init`)"
    for address in _addresses(wish.where):
        if is_loopback(address) or urlsplit(address).scheme not in ("https", "wss"):
            yield f"{address} is no venue (real orders go to the venues' own hosts, encrypted)"
    for account in wish.accounts:
        if is_test_account(account, known):
            yield f"{account.name} is a test account of the sandbox (use your own keys)"
        region = judge_region(account.venue, wish.settings.live.region)
        if not region.may_open:
            yield f"{region.found} ({region.fix})"
    for finding in wish.findings:
        if finding.verdict == "fail":
            yield f"{finding.name}: {finding.found} ({finding.fix})"


def _unconfirmed(wish: Wish, typed: Typed | None) -> str:
    """Why the account was not named back; nothing if it was."""
    wanted = confirmation_of(wish.accounts)
    given = wish.environ.get(CONFIRM, "")
    if given.strip():
        return "" if _same(given, wanted) else f"{CONFIRM} does not name the account - set it to {wanted}"
    if typed is None:
        return f"nobody can type the account here - set {CONFIRM}={wanted}, or run it in a terminal"
    return "" if _same(typed(wanted), wanted) else "what was typed is not the account - start again if you mean it"


def _same(given: str, wanted: str) -> bool:
    """Whether the same accounts are named. Capitals of an address are a checksum, not a part of it."""
    return {name.strip().lower() for name in given.split(",")} == {name.lower() for name in wanted.split(",")}


def _addresses(where: Where) -> Iterator[str]:
    for hosts in (where.polymarket, where.kalshi):
        if hosts is not None:
            yield from addresses_of(hosts)


def _refuse_forgery(seal: object) -> None:
    if seal is not _SEAL:
        raise TypeError("the right to trade is made by `arm` or `arm_sandbox` alone")


def _tighter(first: Money | None, second: Money) -> Money:
    return second if first is None else min(first, second)


def _dollars(amount: Money) -> str:
    return written(Unit.DOLLARS, amount) or ""


def _limit(share: int, amount: Money | None = None) -> str:
    """A limit as people say it: a share of the bankroll, and an amount if one is set."""
    return f"{written(Unit.SHARE, share)}" + ("" if amount is None else f" or ${_dollars(amount)}")
