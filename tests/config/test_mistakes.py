"""Every mistake in the settings is one line that names file, line and key, without a traceback or a secret."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from dutchbook.config.load import load_settings
from dutchbook.domain.errors import ConfigError

SECRET = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"  # noqa: S105 - a test value


class Mistake(NamedTuple):
    """A settings file, what the message starts with, and what else it must say."""

    text: str
    start: str
    says: str


def at(line: int, key: str = "") -> str:
    return f"dutchbook.yaml:{line} {key}: " if key else f"dutchbook.yaml:{line}: "


TYPOS = [
    Mistake("mod: paper\n", at(1, "mod"), "did you mean mode?"),
    Mistake("Mode: paper\n", at(1, "Mode"), "did you mean mode?"),
    Mistake("risk:\n  dayly_loss: 5%\n", at(2, "risk.dayly_loss"), "did you mean daily_loss?"),
    Mistake("risk:\n\n  position_limits: 5%\n", at(3, "risk.position_limits"), "did you mean position_limit?"),
    Mistake("risk:\n  stale_prices: 5s\n", at(2, "risk.stale_prices"), "did you mean stale_price?"),
    Mistake("risk:\n  slipage: 5%\n", at(2, "risk.slipage"), "did you mean slippage?"),
    Mistake("risk:\n  ratchetting_stop: 5%\n", at(2, "risk.ratchetting_stop"), "did you mean ratcheting_stop?"),
    Mistake("risks:\n  daily_loss: 5%\n", at(1, "risks"), "did you mean risk?"),
    Mistake("daily_loss: 5%\n", at(1, "daily_loss"), "did you mean risk.daily_loss?"),
    Mistake("bankroll: 500\n", at(1, "bankroll"), "did you mean portfolio.bankroll?"),
    Mistake("portfolio:\n  bankrol: 500\n", at(2, "portfolio.bankrol"), "did you mean bankroll?"),
    Mistake("paper:\n  latancy: 5ms\n", at(2, "paper.latancy"), "did you mean latency?"),
    Mistake("bundle:\n  max_leg: 5\n", at(2, "bundle.max_leg"), "did you mean max_legs?"),
    Mistake("bundle:\n  near_miss_til: 5%\n", at(2, "bundle.near_miss_til"), "did you mean near_miss_to?"),
    Mistake("execution:\n  send: together\n", at(2, "execution.send"), "did you mean sending?"),
    Mistake("storage:\n  journal_flsh: each\n", at(2, "storage.journal_flsh"), "did you mean journal_flush?"),
    Mistake("venue:\n  kalshi:\n    account: direct\n", at(1, "venue"), "did you mean venues?"),
    Mistake("venues:\n  kalshy:\n    account: direct\n", at(2, "venues.kalshy"), "did you mean kalshi?"),
    Mistake("venues:\n  kalshi:\n    acount: direct\n", at(3, "venues.kalshi.acount"), "did you mean account?"),
    Mistake("xyzzy: 1\n", at(1, "xyzzy"), "unknown key, did you mean "),
    Mistake("risk:\n  max_ordr_usd: 5\n", at(2, "risk.max_ordr_usd"), "unknown key, did you mean "),
]
UNITS = [
    Mistake("paper:\n  latency: 100\n", at(2, "paper.latency"), "with its unit"),
    Mistake("paper:\n  latency: 100 msec\n", at(2, "paper.latency"), "with its unit"),
    Mistake("paper:\n  latency: 10%\n", at(2, "paper.latency"), "with its unit"),
    Mistake("paper:\n  latency: -5ms\n", at(2, "paper.latency"), "with its unit"),
    Mistake("risk:\n  stale_price: 5 dollars\n", at(2, "risk.stale_price"), "with its unit"),
    Mistake("risk:\n  stale_price: 1:30\n", at(2, "risk.stale_price"), "with its unit"),
    Mistake("risk:\n  daily_loss: 5s\n", at(2, "risk.daily_loss"), "write a share"),
    Mistake("risk:\n  daily_loss: 10 %%\n", at(2, "risk.daily_loss"), "write a share"),
    Mistake("risk:\n  daily_loss: ten percent\n", at(2, "risk.daily_loss"), "write a share"),
    Mistake("risk:\n  daily_loss: 0,1\n", at(2, "risk.daily_loss"), "write a share"),
    Mistake("risk:\n  daily_loss_dollars: 10%\n", at(2, "risk.daily_loss_dollars"), "amount of dollars"),
    Mistake("risk:\n  slippage_floor: 2c\n", at(2, "risk.slippage_floor"), "price in dollars"),
    Mistake("risk:\n  slippage_floor: 2 cents\n", at(2, "risk.slippage_floor"), "price in dollars"),
    Mistake("portfolio:\n  bankroll: 10k\n", at(2, "portfolio.bankroll"), "amount of dollars"),
    Mistake("portfolio:\n  bankroll: 500 EUR\n", at(2, "portfolio.bankroll"), "amount of dollars"),
    Mistake("portfolio:\n  bankroll: 1e4\n", at(2, "portfolio.bankroll"), "amount of dollars"),
    Mistake("portfolio:\n  bankroll: .inf\n", at(2, "portfolio.bankroll"), "amount of dollars"),
    Mistake("portfolio:\n  bankroll: .nan\n", at(2, "portfolio.bankroll"), "amount of dollars"),
    Mistake("portfolio:\n  bankroll: 1_000\n", at(2, "portfolio.bankroll"), "amount of dollars"),
    Mistake("portfolio:\n  bankroll: 0.0000001\n", at(2, "portfolio.bankroll"), "more than 6 decimals"),
    Mistake("execution:\n  unwind_loss: 0.00001\n", at(2, "execution.unwind_loss"), "price in dollars"),
]
TYPES = [
    Mistake("risk: 5\n", at(1, "risk"), "is a section, not a value"),
    Mistake("risk:\n  - daily_loss\n", at(1, "risk"), "is a section, not a value"),
    Mistake("venues:\n  kalshi: direct\n", at(2, "venues.kalshi"), "is a section, not a value"),
    Mistake("risk:\n  daily_loss:\n    share: 5%\n", at(2, "risk.daily_loss"), "write a share"),
    Mistake("risk:\n  daily_loss: [5%]\n", at(2, "risk.daily_loss"), "write a share"),
    Mistake("risk:\n  daily_loss: true\n", at(2, "risk.daily_loss"), "write a share"),
    Mistake("risk:\n  daily_loss:\n", at(2, "risk.daily_loss"), "write a share"),
    Mistake("bundle:\n  max_legs: many\n", at(2, "bundle.max_legs"), "no whole number"),
    Mistake("bundle:\n  max_legs: 3.5\n", at(2, "bundle.max_legs"), "no whole number"),
    Mistake("bundle:\n  near_miss_mirrored: perhaps\n", at(2, "bundle.near_miss_mirrored"), "neither true nor false"),
    Mistake("mode: papre\n", at(1, "mode"), "write one of backtest, replay, paper, sandbox, live"),
    Mistake("mode:\n", at(1, "mode"), "write one of"),
    Mistake("mode: [paper]\n", at(1, "mode"), "write one of"),
    Mistake("storage:\n  journal_flush: off\n", at(2, "storage.journal_flush"), "write one of"),
    Mistake("execution:\n  sending: fast\n", at(2, "execution.sending"), "write one of together"),
    Mistake("venues:\n  kalshi:\n    account: fcm\n", at(3, "venues.kalshi.account"), "direct, broker"),
]
IMPOSSIBLE = [
    Mistake("live:\n  region: Switzerland\n", at(2, "live.region"), "for example CH or CA-ON"),
    Mistake("live:\n  region: C\n", at(2, "live.region"), "for example CH or CA-ON"),
    Mistake("live:\n  order_limit: 0\n", at(2, "live.order_limit"), "must be more than 0"),
    Mistake("live:\n  first_day_exposure: 10%\n", at(2, "live.first_day_exposure"), "amount of dollars"),
    Mistake("accounts:\n  keystore_unlock_file: ''\n", at(2, "accounts.keystore_unlock_file"), "path of a file"),
    Mistake("accounts:\n  keyring: perhaps\n", at(2, "accounts.keyring"), "neither true nor false"),
    Mistake("risk:\n  daily_loss: 150%\n", at(2, "risk.daily_loss"), "up to 100%"),
    Mistake("risk:\n  daily_loss: 1.5\n", at(2, "risk.daily_loss"), "up to 100%"),
    Mistake("risk:\n  daily_loss: -5%\n", at(2, "risk.daily_loss"), "no plain decimal number"),
    Mistake("risk:\n  daily_loss: 0\n", at(2, "risk.daily_loss"), "must be more than 0"),
    Mistake("risk:\n  position_limit_dollars: 0\n", at(2, "risk.position_limit_dollars"), "must be more than 0"),
    Mistake("portfolio:\n  bankroll: 0\n", at(2, "portfolio.bankroll"), "must be more than 0"),
    Mistake("portfolio:\n  bankroll: -500\n", at(2, "portfolio.bankroll"), "no plain decimal number"),
    Mistake("execution:\n  unwind_loss: 1.01\n", at(2, "execution.unwind_loss"), "between 0 and 1"),
    Mistake("execution:\n  ways_home: 99\n", at(2, "execution.ways_home"), "less than or equal to 20"),
    Mistake("execution:\n  ways_home: -1\n", at(2, "execution.ways_home"), "greater than or equal to 0"),
    Mistake("bundle:\n  max_legs: 1\n", at(2, "bundle.max_legs"), "greater than or equal to 2"),
    Mistake("storage:\n  journal_segment_bytes: 1\n", at(2, "storage.journal_segment_bytes"), "4096"),
    Mistake(
        "bundle:\n  near_miss_to: 1%\n  near_miss_from: 2%\n",
        at(3, "bundle.near_miss_from"),
        "must not exceed near_miss_to",
    ),
]
SECRETS = [
    Mistake(f"private_key: '0x{SECRET}'\n", at(1, "private_key"), "secrets do not belong"),
    Mistake(f"venues:\n  kalshi:\n    api_secret: {SECRET}\n", at(3, "venues.kalshi.api_secret"), "secrets do not"),
    Mistake(f"venues:\n  polymarket:\n    passphrase: {SECRET}\n", at(3, "venues.polymarket.passphrase"), "secrets"),
    Mistake(f"apiKey: {SECRET}\n", at(1, "apiKey"), "secrets do not belong"),
    Mistake(f"telegram_token: {SECRET}\n", at(1, "telegram_token"), "secrets do not belong"),
    Mistake(f"accounts:\n  polymarket_passphrase: {SECRET}\n", at(2, "accounts.polymarket_passphrase"), "secrets do"),
    Mistake(f"wallet: {SECRET}\n", at(1, "wallet"), "looks like a private key"),
    Mistake(f"risk:\n  daily_loss: x{SECRET}\n", at(2, "risk.daily_loss"), "(not shown)"),
    Mistake(f"x{SECRET}: 1\n", at(1, "(not shown)"), "unknown key"),
    Mistake(f"mode: *x{SECRET}\n", at(1), "no valid YAML"),
    Mistake(f"mode: !x{SECRET} paper\n", at(1, "mode"), "tags (!name) are not read"),
]
BROKEN = [
    Mistake("risk:\n\tdaily_loss: 5%\n", at(2), "no valid YAML"),
    Mistake("risk: {daily_loss: 5%\n", at(2), "no valid YAML"),
    Mistake("risk:\n   daily_loss: 5%\n  slippage: 5%\n", at(3), "no valid YAML"),
    Mistake("mode: 'paper\n", at(2), "no valid YAML"),
    Mistake("mode paper\n", at(1), "holds no keys"),
    Mistake("- mode: paper\n", at(1), "holds no keys"),
    Mistake("mode: paper\nmode: paper\n", at(2, "mode"), "given twice, first on line 1"),
    Mistake("risk:\n  daily_loss: 5%\nrisk:\n  slippage: 5%\n", at(3, "risk"), "given twice, first on line 1"),
    Mistake("a: &x\n  b: 1\nc: *x\n", at(3, "c"), "aliases"),
    Mistake("risk:\n  <<: {daily_loss: 5%}\n", at(2, "risk"), "merge keys"),
    Mistake("? [a]\n: 1\n", at(1), "a key must be a word"),
    Mistake("mode: paper\n---\nmode: paper\n", at(2), "no valid YAML"),
    Mistake("mode: \x00\n", "dutchbook.yaml: ", "unreadable"),
]
SCREENS = [
    Mistake("port: 2345\n", at(1, "port"), "did you mean web.port?"),
    Mistake("web:\n  prot: 2345\n", at(2, "web.prot"), "did you mean port?"),
    Mistake("web:\n  port: 99999\n", at(2, "web.port"), "less than or equal to 65535"),
    Mistake("web:\n  port: http\n", at(2, "web.port"), "no whole number"),
    Mistake("web:\n  host: http://0.0.0.0:80\n", at(2, "web.host"), "without scheme or port"),
    Mistake("web:\n  session: 12\n", at(2, "web.session"), "with its unit"),
    Mistake("web:\n  behind_proxy: maybe\n", at(2, "web.behind_proxy"), "neither true nor false"),
    Mistake(f"web:\n  password: {SECRET}\n", at(2, "web.password"), "secrets do not belong"),
    Mistake("alerts:\n  occasions:\n    fill: loud\n", at(3, "alerts.occasions.fill"), "'on', 'silent'"),
    Mistake("alerts:\n  daily_summary_hour: 25\n", at(2, "alerts.daily_summary_hour"), "less than or equal to 23"),
    Mistake("alerts:\n  anomalies:\n    flow_imbalance: 2\n", at(3, "alerts.anomalies.flow_imbalance"), "a share"),
    Mistake("telegram:\n  opertors: 7\n", at(2, "telegram.opertors"), "did you mean operators?"),
    Mistake("telegram:\n  operators: alice\n", at(2, "telegram.operators"), "numeric user id"),
    Mistake(f"telegram:\n  bot_token: 123456:{SECRET}\n", at(2, "telegram.bot_token"), "secrets do not belong"),
    Mistake("database:\n  url: mysql://localhost/x\n", at(2, "database.url"), "postgresql://"),
    Mistake(f"database:\n  url: postgresql://u:{SECRET}@h/x\n", at(2, "database.url"), ""),
]
CORPUS = [*TYPOS, *UNITS, *TYPES, *IMPOSSIBLE, *SECRETS, *BROKEN, *SCREENS]


def home_with(folder: Path, text: str) -> Path:
    (folder / "config").mkdir()
    (folder / "config" / "dutchbook.yaml").write_text(text)
    return folder


@pytest.mark.parametrize("mistake", CORPUS, ids=[repr(mistake.text[:40]) for mistake in CORPUS])
def test_a_mistake_is_one_line_with_file_line_key_and_fix(mistake: Mistake, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load_settings(home_with(tmp_path, mistake.text), None, {})
    message = str(raised.value)
    assert message.startswith(mistake.start)
    assert mistake.says in message
    assert " - " in message
    assert "\n" not in message
    assert SECRET not in message


def test_the_corpus_is_large() -> None:
    assert len({mistake.text for mistake in CORPUS}) >= 60


@pytest.mark.parametrize(
    ("name", "text", "start", "says"),
    [
        ("DUTCHBOOK_RISK__DAYLY_LOSS", "5%", "environment DUTCHBOOK_RISK__DAYLY_LOSS: ", "DUTCHBOOK_RISK__DAILY_LOSS?"),
        ("DUTCHBOOK_RISK__DAILY_LOSS", "5s", "environment DUTCHBOOK_RISK__DAILY_LOSS: ", "write a share"),
        ("DUTCHBOOK_RISK", "5s", "environment DUTCHBOOK_RISK: ", "is a section"),
        ("DUTCHBOOK_LIVE__REGION", "Bern", "environment DUTCHBOOK_LIVE__REGION: ", "CH or CA-ON"),
        ("DUTCHBOOK_BANKROLL", "5", "environment DUTCHBOOK_BANKROLL: ", "DUTCHBOOK_PORTFOLIO__BANKROLL?"),
        ("DUTCHBOOK_KALSHI__API_SECRET", SECRET, "environment DUTCHBOOK_KALSHI", "unknown key"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    name: str, text: str, start: str, says: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as raised:
        load_settings(tmp_path, None, {name: text})
    message = str(raised.value)
    assert message.startswith(start)
    assert says in message
    assert SECRET not in message


def test_a_section_cannot_be_a_value_too(tmp_path: Path) -> None:
    environ = {"DUTCHBOOK_RISK": "1", "DUTCHBOOK_RISK__DAILY_LOSS": "5%"}
    with pytest.raises(ConfigError, match="as a value and as a section"):
        load_settings(tmp_path, None, environ)


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"mine\.yaml: cannot be read"):
        load_settings(tmp_path, tmp_path / "mine.yaml", {})
    (tmp_path / "mine.yaml").write_bytes(b"mode: paper\nrisk: \xff\n")
    with pytest.raises(ConfigError, match=r"mine\.yaml:2: not UTF-8"):
        load_settings(tmp_path, tmp_path / "mine.yaml", {})


@pytest.mark.parametrize("mistake", [TYPOS[0], UNITS[0], TYPES[0], IMPOSSIBLE[0], SECRETS[0], BROKEN[0]])
def test_the_program_prints_that_line_and_exits_with_5(mistake: Mistake, tmp_path: Path) -> None:
    environment = {**os.environ, "DUTCHBOOK_HOME": str(home_with(tmp_path, mistake.text))}
    program = str(Path(sys.executable).with_name("dutchbook"))
    done = subprocess.run(
        [program, "config", "show"], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 5
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("error: " + mistake.start)
    assert SECRET not in line
