"""Real money needs three acts; the sandbox needs none, and touches nothing real."""

import copy
import pickle
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from dutchbook.app.accounts.in_use import Account, account_in_sandbox, account_in_the_world
from dutchbook.app.arming import Armed, GateClosed, LiveLimits, SandboxArmed, Wish, arm, arm_sandbox, banner, within
from dutchbook.app.live.venues import Where
from dutchbook.app.sandbox.accounts import sandbox_accounts
from dutchbook.config.load import load_settings
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import DOLLAR, SECOND, Money, Nanos
from dutchbook.evaluation.snapshot import CheckResult
from dutchbook.storage.home import Home
from dutchbook.venues.kalshi.hosts import KalshiHosts
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from tests.app.accounts.keys import ADDRESS, KEY_ID, ONE, PEM, chain_of

NOW = Nanos(1_790_000_000 * SECOND)
DAY = 86_400 * SECOND
ENABLED = {"DUTCHBOOK_ENABLE_LIVE_TRADING": "true", "DUTCHBOOK_LIVE_CONFIRM": ADDRESS}
LIVE = {"DUTCHBOOK_MODE": "live", "DUTCHBOOK_LIVE__REGION": "NL"}
SANDBOX = Where(
    polymarket=PolymarketHosts(
        clob="http://127.0.0.1:1",
        gamma="http://127.0.0.1:2",
        data="http://127.0.0.1:3",
        ws="ws://127.0.0.1:4",
        relayer="http://127.0.0.1:7",
        chain="http://127.0.0.1:8",
    ),
    kalshi=KalshiHosts(rest="http://127.0.0.1:5/trade-api/v2", ws="ws://127.0.0.1:6/trade-api/ws/v2"),
    sandbox=True,
)


def real(venue: Venue = Venue.POLYMARKET) -> Account:
    values = {"POLYMARKET_PRIVATE_KEY": ONE, "KALSHI_API_KEY_ID": KEY_ID, "KALSHI_PRIVATE_KEY": PEM}
    return account_in_the_world(venue, chain_of(values))


def wish(home: Path, settings: Mapping[str, str] = LIVE, environ: Mapping[str, str] = ENABLED) -> Wish:
    """One whose gates are all open."""
    return Wish(
        settings=load_settings(home, None, settings).settings,
        environ=environ,
        asked=True,
        accounts=(real(),),
        where=Where(polymarket=PolymarketHosts()),
        home=home,
    )


def nobody(_: str) -> str:
    raise AssertionError("nobody may be asked")


def test_three_acts_arm(tmp_path: Path) -> None:
    armed = arm(wish(tmp_path), nobody, NOW)
    assert [account.name for account in armed.accounts] == [ADDRESS]
    assert armed.where.polymarket == PolymarketHosts()


@pytest.mark.parametrize("mode", ["paper", "sandbox", "backtest", "replay"])
def test_another_mode_does_not_arm(tmp_path: Path, mode: str) -> None:
    with pytest.raises(GateClosed, match=f"mode is {mode} .set `mode: live`"):
        arm(wish(tmp_path, {**LIVE, "DUTCHBOOK_MODE": mode}), nobody, NOW)


@pytest.mark.parametrize("value", ["", "1", "yes", "false", "tru", "truee", "live"])
def test_only_the_word_true_opens_the_second_gate(tmp_path: Path, value: str) -> None:
    with pytest.raises(GateClosed, match="DUTCHBOOK_ENABLE_LIVE_TRADING is not true"):
        arm(wish(tmp_path, environ={**ENABLED, "DUTCHBOOK_ENABLE_LIVE_TRADING": value}), nobody, NOW)


def test_the_old_name_alone_never_arms(tmp_path: Path) -> None:
    environ = {"ENABLE_LIVE_TRADING": "true", "DUTCHBOOK_LIVE_CONFIRM": ADDRESS}
    with pytest.raises(GateClosed, match="ENABLE_LIVE_TRADING alone arms nothing"):
        arm(wish(tmp_path, environ=environ), nobody, NOW)


def test_the_option_has_to_be_given(tmp_path: Path) -> None:
    with pytest.raises(GateClosed, match="--live was not given"):
        arm(replace(wish(tmp_path), asked=False), nobody, NOW)


def test_all_that_stands_in_the_way_is_said_at_once_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(GateClosed) as raised:
        arm(replace(wish(tmp_path, {}, {}), asked=False), nobody, NOW)
    message = str(raised.value)
    for part in ("mode is paper", "DUTCHBOOK_ENABLE_LIVE_TRADING", "--live", "region is not declared"):
        assert part in message
    assert "\n" not in message


# the account, typed back


@pytest.mark.parametrize("typed", [ADDRESS, ADDRESS.lower(), f" {ADDRESS} "])
def test_the_account_typed_back_arms(tmp_path: Path, typed: str) -> None:
    asked: list[str] = []

    def type_it(what: str) -> str:
        asked.append(what)
        return typed

    environ = {"DUTCHBOOK_ENABLE_LIVE_TRADING": "true"}
    assert isinstance(arm(wish(tmp_path, environ=environ), type_it, NOW), Armed)
    assert asked == [ADDRESS]


@pytest.mark.parametrize("typed", ["", "yes", "y", ADDRESS[:-1], ADDRESS + "0", f"{ADDRESS},{KEY_ID}"])
def test_anything_else_typed_does_not(tmp_path: Path, typed: str) -> None:
    with pytest.raises(GateClosed, match="what was typed is not the account"):
        arm(wish(tmp_path, environ={"DUTCHBOOK_ENABLE_LIVE_TRADING": "true"}), lambda _: typed, NOW)


def test_a_wrong_name_in_the_environment_is_no_reason_to_ask(tmp_path: Path) -> None:
    with pytest.raises(GateClosed, match=f"does not name the account - set it to {ADDRESS}"):
        arm(wish(tmp_path, environ={**ENABLED, "DUTCHBOOK_LIVE_CONFIRM": KEY_ID}), nobody, NOW)


def test_where_nobody_can_type_the_environment_has_to_name_it(tmp_path: Path) -> None:
    with pytest.raises(GateClosed, match=f"set DUTCHBOOK_LIVE_CONFIRM={ADDRESS}, or run it in a terminal"):
        arm(wish(tmp_path, environ={"DUTCHBOOK_ENABLE_LIVE_TRADING": "true"}), None, NOW)


def test_two_accounts_are_both_named(tmp_path: Path) -> None:
    both = replace(
        wish(tmp_path, {**LIVE, "DUTCHBOOK_LIVE__REGION": "NL"}),
        accounts=(real(), real(Venue.KALSHI)),
        where=Where(polymarket=PolymarketHosts(), kalshi=KalshiHosts()),
    )
    with pytest.raises(GateClosed, match="does not name the account"):
        arm(both, nobody, NOW)
    named = replace(both, environ={**ENABLED, "DUTCHBOOK_LIVE_CONFIRM": f"{KEY_ID}, {ADDRESS}"})
    assert len(arm(named, nobody, NOW).accounts) == 2


# what forbids it


@pytest.mark.parametrize(
    ("region", "says"),
    [
        ("US", "positions be closed, not opened"),
        ("IR", "takes no orders"),
        ("CA", "from parts of it"),
        ("", "declared"),
    ],
)
def test_a_blocked_region_does_not_arm(tmp_path: Path, region: str, says: str) -> None:
    with pytest.raises(GateClosed, match=says):
        arm(wish(tmp_path, {**LIVE, "DUTCHBOOK_LIVE__REGION": region}), nobody, NOW)


def test_no_account_does_not_arm(tmp_path: Path) -> None:
    with pytest.raises(GateClosed, match="there is no account"):
        arm(replace(wish(tmp_path), accounts=()), nobody, NOW)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "http://clob.polymarket.com", "ws://example.com"])
def test_a_host_that_is_no_venue_does_not_arm(tmp_path: Path, address: str) -> None:
    where = Where(polymarket=PolymarketHosts(clob=address))
    with pytest.raises(GateClosed, match="is no venue"):
        arm(replace(wish(tmp_path), where=where), nobody, NOW)


def test_a_key_of_the_sandbox_does_not_arm(tmp_path: Path) -> None:
    test = account_in_sandbox(Venue.POLYMARKET, sandbox_accounts(tmp_path))
    confirmed = {**ENABLED, "DUTCHBOOK_LIVE_CONFIRM": test.name}
    with pytest.raises(GateClosed, match="is a test account of the sandbox"):
        arm(replace(wish(tmp_path, environ=confirmed), accounts=(test,)), nobody, NOW)


def test_a_failed_check_of_the_account_does_not_arm(tmp_path: Path) -> None:
    bad = CheckResult(name="polymarket approvals", verdict="fail", found="none", fix="approve")
    doubt = CheckResult(name="polymarket balance", verdict="warn", found="no money", fix="pay in")
    with pytest.raises(GateClosed, match=r"polymarket approvals: none \(approve\)"):
        arm(replace(wish(tmp_path), findings=(bad, doubt)), nobody, NOW)
    assert arm(replace(wish(tmp_path), findings=(doubt,)), nobody, NOW).accounts


def test_nothing_is_remembered_of_a_wish_that_was_refused(tmp_path: Path) -> None:
    with pytest.raises(GateClosed):
        arm(wish(tmp_path, environ={}), nobody, NOW)
    assert not Home(tmp_path).live_days.exists()


# nobody else makes one


def test_the_right_to_trade_cannot_be_made_or_copied(tmp_path: Path) -> None:
    armed = arm(wish(tmp_path), nobody, NOW)
    with pytest.raises(TypeError, match="made by `arm`"):
        Armed(object(), armed.accounts, armed.where, armed.limits)
    with pytest.raises(TypeError, match="made by `arm`"):
        SandboxArmed(None, armed.accounts, armed.where)
    for pack in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            pack(armed)


# the first day


def test_the_first_day_has_small_limits_and_is_remembered(tmp_path: Path) -> None:
    first = arm(wish(tmp_path), nobody, NOW).limits
    assert first == LiveLimits(Money(5 * DOLLAR), Money(50 * DOLLAR), Nanos(NOW + DAY))
    assert arm(wish(tmp_path), nobody, Nanos(NOW + DAY - 1)).limits == first
    assert arm(wish(tmp_path), nobody, Nanos(NOW + DAY)).limits == LiveLimits(Money(500 * DOLLAR))


def test_each_account_has_its_own_first_day(tmp_path: Path) -> None:
    arm(wish(tmp_path), nobody, NOW)
    kalshi = replace(
        wish(tmp_path, environ={**ENABLED, "DUTCHBOOK_LIVE_CONFIRM": KEY_ID}),
        accounts=(real(Venue.KALSHI),),
        where=Where(kalshi=KalshiHosts()),
    )
    assert arm(kalshi, nobody, Nanos(NOW + 2 * DAY)).limits.first_day_ends == NOW + 3 * DAY
    both = replace(
        kalshi,
        accounts=(real(), real(Venue.KALSHI)),
        environ={**ENABLED, "DUTCHBOOK_LIVE_CONFIRM": f"{ADDRESS},{KEY_ID}"},
    )
    assert arm(both, nobody, Nanos(NOW + 2 * DAY)).limits.exposure == 50 * DOLLAR


def test_the_small_limits_are_the_user_s_to_set_and_never_above_the_others(tmp_path: Path) -> None:
    settings = {**LIVE, "DUTCHBOOK_LIVE__FIRST_DAY_ORDER": "20", "DUTCHBOOK_LIVE__ORDER_LIMIT": "10"}
    assert arm(wish(tmp_path, settings), nobody, NOW).limits.order == 10 * DOLLAR


def test_the_limits_of_the_first_day_tighten_the_risk_rules(tmp_path: Path) -> None:
    asked = wish(tmp_path, {**LIVE, "DUTCHBOOK_RISK__POSITION_LIMIT_DOLLARS": "3"})
    risk = within(asked.settings, arm(asked, nobody, NOW).limits).risk
    assert risk.deployed_limit_dollars == 50 * DOLLAR
    assert risk.position_limit_dollars == 3 * DOLLAR
    later = arm(asked, nobody, Nanos(NOW + DAY)).limits
    assert within(asked.settings, later) == asked.settings


def test_a_damaged_memory_of_first_days_arms_nothing(tmp_path: Path) -> None:
    path = Home(tmp_path).live_days
    path.parent.mkdir(parents=True)
    path.write_text("{]")
    with pytest.raises(ConfigError, match="damaged - remove it"):
        arm(wish(tmp_path), nobody, NOW)


def test_the_banner_names_account_bankroll_and_limits(tmp_path: Path) -> None:
    asked = wish(tmp_path)
    armed = arm(asked, nobody, NOW)
    text = "\n".join(banner(armed, within(asked.settings, armed.limits)))
    for part in ("LIVE", "polymarket", ADDRESS, "$10000.00", "$5.00", "$50.00", "first day"):
        assert part in text


# the sandbox


def test_the_sandbox_needs_no_gate(tmp_path: Path) -> None:
    accounts = sandbox_accounts(tmp_path)
    mine = [account_in_sandbox(venue, accounts) for venue in Venue]
    assert len(arm_sandbox(mine, SANDBOX, tmp_path).accounts) == 2


def test_a_real_key_is_refused_on_loopback(tmp_path: Path) -> None:
    sandbox_accounts(tmp_path)
    for venue in Venue:
        with pytest.raises(GateClosed, match="is no test account of the sandbox"):
            arm_sandbox([real(venue)], SANDBOX, tmp_path)


@pytest.mark.parametrize("address", ["https://clob.polymarket.com", "http://localhost:1", "http://192.168.0.2:1"])
def test_the_sandbox_is_on_this_machine_or_nowhere(tmp_path: Path, address: str) -> None:
    account = account_in_sandbox(Venue.POLYMARKET, sandbox_accounts(tmp_path))
    assert SANDBOX.polymarket is not None
    where = replace(SANDBOX, polymarket=replace(SANDBOX.polymarket, clob=address))
    with pytest.raises(GateClosed, match="is not on this machine"):
        arm_sandbox([account], where, tmp_path)
