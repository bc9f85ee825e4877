"""What a doctor can say of accounts without asking anybody: keys, region, gates."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from dutchbook.app.accounts.chain import KeyChain
from dutchbook.app.accounts.dotenv import DotEnv
from dutchbook.app.accounts.in_use import Account
from dutchbook.app.accounts.kalshi import KalshiKeys, kalshi_keys
from dutchbook.app.accounts.polymarket import PolymarketKeys, polymarket_keys
from dutchbook.app.accounts.regions import Standing, judge_region
from dutchbook.app.arming import closed_gates
from dutchbook.app.live.findings import finding_of
from dutchbook.config.modes import Mode
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Clock
from dutchbook.evaluation.snapshot import CheckResult
from dutchbook.storage.home import Home


class Examined(msgspec.Struct, frozen=True):
    """Findings, and the accounts whose keys are in order."""

    results: tuple[CheckResult, ...]
    accounts: tuple[Account, ...]


def examine_keys(chain: KeyChain, settings: Settings, venues: Sequence[Venue], clock: Clock) -> Examined:
    """Whether there are keys, whether they are keys, and whether what belongs together fits. Asks no venue."""
    results: list[CheckResult] = []
    accounts: list[Account] = []
    for venue in venues:
        name = f"{venue} keys"
        try:
            account = _account(venue, chain, clock)
        except ConfigError as error:
            results.append(finding_of(name, error))
            continue
        if account is None:
            results.append(_absent(name, settings))
            continue
        accounts.append(account)
        results.append(CheckResult(name=name, verdict="pass", found=_described(account)))
        results.append(_region(account.venue, settings))
    return Examined(tuple(results), tuple(accounts))


def examine_gates(settings: Settings, environ: Mapping[str, str]) -> CheckResult:
    """Whether real money could be spent by the next command."""
    closed = list(closed_gates(settings, environ, asked=True))
    if closed:
        return CheckResult(name="live trading", verdict="pass", found=f"not armed: {'; '.join(closed)}")
    found = "two of three gates are open: `dutchbook run --live` will spend real money"
    return CheckResult(name="live trading", verdict="warn", found=found, fix="set mode: paper, unless that is meant")


def examine_dotenv(home: Path, folder: Path) -> Iterator[CheckResult]:
    """Lines of `.env` files that do nothing, though they look as if they did."""
    for path in dict.fromkeys((folder / ".env", Home(home).dotenv)):
        try:
            ignored = DotEnv(path).strangers()
        except ConfigError as error:
            yield finding_of(".env", error)
            continue
        if ignored:
            found = f"{path}: {', '.join(ignored)} is not read from a .env: it holds keys only"
            yield CheckResult(name=".env", verdict="warn", found=found, fix="set it in the environment itself")


def _account(venue: Venue, chain: KeyChain, clock: Clock) -> Account | None:
    if venue is Venue.POLYMARKET:
        return polymarket_keys(chain)
    account = kalshi_keys(chain)
    if account is not None:
        account.signer(clock)  # raises ConfigError for what is no key
    return account


def _absent(name: str, settings: Settings) -> CheckResult:
    if settings.mode is Mode.LIVE:
        return CheckResult(name=name, verdict="warn", found="none, and mode is live", fix="dutchbook init")
    return CheckResult(name=name, verdict="pass", found="none: paper trading needs none")


def _described(account: Account) -> str:
    places = ", ".join(dict.fromkeys(account.places.values()))
    if isinstance(account, KalshiKeys):
        return f"key {account.key_id} ({places})"
    return f"{_wallet(account)} ({places})"


def _wallet(account: PolymarketKeys) -> str:
    public = account.account
    if public.funder == public.address:
        return f"{public.address}, signature type {int(public.signature_type)}"
    return f"{public.address} signs for {public.funder}, signature type {int(public.signature_type)}"


def _region(venue: Venue, settings: Settings) -> CheckResult:
    judged = judge_region(venue, settings.live.region)
    if judged.may_open:
        verdict = "pass"
    elif judged.standing is Standing.UNDECLARED and settings.mode is not Mode.LIVE:
        verdict = "warn"
    else:
        verdict = "fail"
    return CheckResult(name=f"{venue} region", verdict=verdict, found=judged.found, fix=judged.fix)
