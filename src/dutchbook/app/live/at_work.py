"""A source that the desk really trades at: the sandbox with a test account, or the venues once the gates are open."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from dutchbook.app.accounts.chain import KeyChain
from dutchbook.app.accounts.in_use import Account, account_in_sandbox, account_in_the_world, venues_with_keys
from dutchbook.app.arming import Armed, SandboxArmed, Typed, Wish, arm, arm_sandbox, banner, within
from dutchbook.app.live.brokers import KalshiTerms, seats
from dutchbook.app.live.examining import examine_accounts
from dutchbook.app.live.feeds import Tell
from dutchbook.app.live.opening import Choice, places
from dutchbook.app.live.rewards import filters_wanted
from dutchbook.app.live.source import Label, LiveSource
from dutchbook.app.live.venues import Where, connecting
from dutchbook.app.pairing import paired_markets
from dutchbook.app.sandbox.accounts import sandbox_accounts
from dutchbook.config.modes import Mode
from dutchbook.config.settings import Settings
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import Money
from dutchbook.engine.clocks import RealClock


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who wants to trade with real money has said: `--live`, the environment, and who can type."""

    asked: bool
    environ: Mapping[str, str]
    typed: Typed | None = None


class Work(msgspec.Struct, frozen=True):
    """A source to trade at, the settings that hold there, and what a person should read first."""

    source: LiveSource
    settings: Settings
    banner: tuple[str, ...] = ()


@contextmanager
def at_work(choice: Choice, settings: Settings, home: Path, keys: KeyChain, tell: Tell, gate: Gate) -> Iterator[Work]:
    """Open the venues chosen, with the right to trade there; a sandbox started for it ends with the context.

    Raises GateClosed with all that stands in the way, ConfigError for keys, VenueError for a host or an account.
    """
    if settings.mode is Mode.LIVE and not choice.venues:
        choice = Choice(venues_with_keys(keys))
    with places(choice, home, keys) as where:
        if settings.mode is Mode.LIVE:
            armed = arm(_wish(settings, home, keys, where, gate), gate.typed, RealClock().now())
            yield from _opened(armed, within(settings, armed.limits), home, tell, armed.limits.order)
        else:
            known = sandbox_accounts(home)
            accounts = tuple(account_in_sandbox(venue, known) for venue in where.venues)
            yield from _opened(arm_sandbox(accounts, where, home), settings, home, tell, settings.live.order_limit)


def _opened(
    armed: Armed | SandboxArmed, settings: Settings, home: Path, tell: Tell, order_limit: Money
) -> Iterator[Work]:
    clock = RealClock()
    kalshi = _at_kalshi(settings, real=isinstance(armed, Armed))
    execution = settings.execution
    taking = seats(
        armed, order_limit, decide_ahead=execution.decide_ahead, sign_ahead=execution.sign_ahead, kalshi=kalshi
    )
    pairs, rewards = paired_markets(home), filters_wanted(settings)
    connect = connecting(armed.where, settings.venues, clock, pairs, taking, rewards=rewards)
    with closing(LiveSource(_label(armed, kalshi.subaccount), connect, clock, tell)) as source:
        yield Work(source, settings, banner(armed, settings) if isinstance(armed, Armed) else ())


def _wish(settings: Settings, home: Path, keys: KeyChain, where: Where, gate: Gate) -> Wish:
    accounts = tuple(account_in_the_world(venue, keys) for venue in where.venues)
    return Wish(
        settings=settings,
        environ=gate.environ,
        asked=gate.asked,
        accounts=accounts,
        where=where,
        home=home,
        findings=tuple(examine_accounts(where, accounts, settings.venues.kalshi.subaccount)),
    )


def _at_kalshi(settings: Settings, *, real: bool) -> KalshiTerms:
    """The sandbox's test accounts have no subaccounts."""
    chosen = settings.venues.kalshi
    return KalshiTerms(
        group_contracts=chosen.group_contracts,
        cancel_on_pause=chosen.cancel_on_pause,
        subaccount=chosen.subaccount if real else 0,
    )


def _label(armed: Armed | SandboxArmed, subaccount: int) -> Label:
    """What the source is called, with the accounts: another account's journal is nothing to go on with."""
    plain = armed.where.label
    names = ",".join(_name(account, subaccount) for account in armed.accounts)
    notice = (
        "REAL MONEY: orders go to the venues"
        if isinstance(armed, Armed)
        else "the exchange in a box: a simulated market; orders are really sent to it, the money is play money"
    )
    return msgspec.structs.replace(plain, origin=f"{plain.origin} as {names}", notice=notice)


def _name(account: Account, subaccount: int) -> str:
    return f"{account.name}/{subaccount}" if subaccount and account.venue is Venue.KALSHI else account.name
