"""The exchange in a box as a newcomer meets it: two venues on this machine, and a desk that reads them over sockets."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from dutchbook.app.journals import journal_check

PROGRAM = (sys.executable, "-m", "dutchbook.interfaces.cli.main")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def call(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *words], env=environment(home), capture_output=True, text=True, check=False, timeout=90
    )


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "DUTCHBOOK_HOME": str(home)}


@pytest.fixture
def sandbox(home: Path) -> Iterator[subprocess.Popen[str]]:
    command = [*PROGRAM, "sandbox", "--json"]
    with subprocess.Popen(
        command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        yield running
        running.kill()


def processes_of(home: Path) -> list[str]:
    """The command lines of what still runs in a home, where the system tells."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(home).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
        except OSError:
            continue  # gone meanwhile, or not ours to read
    return found


def first_line(running: subprocess.Popen[str]) -> dict[str, dict[str, str]]:
    assert running.stdout is not None
    told: dict[str, dict[str, str]] = json.loads(running.stdout.readline())
    return told


def test_the_first_line_says_where_everything_listens(sandbox: subprocess.Popen[str]) -> None:
    told = first_line(sandbox)
    assert list(told) == ["polymarket", "kalshi", "control"]
    polymarket = ["clob", "gamma", "data", "ws", "prices", "realtime", "sports", "chain", "relayer"]
    assert list(told["polymarket"]) == polymarket
    assert list(told["kalshi"]) == ["rest", "ws"]
    ports = {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", json.dumps(told))}
    assert len(ports) == 12
    for port in ports:
        socket.create_connection(("127.0.0.1", port), timeout=10).close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_when_it_is_told_to(sandbox: subprocess.Popen[str], number: signal.Signals) -> None:
    first_line(sandbox)
    sandbox.send_signal(number)
    _, err = sandbox.communicate(timeout=30)
    assert (sandbox.returncode, err) == (0, "")


def test_a_world_that_is_asked_for_more_than_it_can_still_answers(sandbox: subprocess.Popen[str]) -> None:
    control = HTTPConnection(str(first_line(sandbox)["control"]).removeprefix("http://"), timeout=20)
    times = []
    for speed in (100_000, 100_000, 1):
        control.request("POST", "/clock", json.dumps({"speed": speed}), {"Content-Type": "application/json"})
        assert json.load(control.getresponse())["speed"] == speed
        control.request("GET", "/status")
        times.append(json.load(control.getresponse())["time"])
    control.close()
    assert times == sorted(set(times))


def test_accounts_are_made_once_and_are_the_users_alone(home: Path) -> None:
    first, second = (call(home, "sandbox", "accounts", "--json") for _ in range(2))
    accounts = json.loads(first.stdout)
    assert first.stdout == second.stdout
    assert {account["signature_type"] for account in accounts["polymarket"]} == {0, 1, 3}
    assert {account["kind"] for account in accounts["kalshi"]} == {"ed25519", "rsa"}
    [kept] = (home / "sandbox").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("option", "content", "message"),
    [
        ("--scenario", "name: a\ncrowds: {}\nqestions: []\n", "qestions: unknown key, did you mean questions?"),
        ("--faults", "faults:\n  - fault: drpo_frames\n", "faults.yaml:2"),
    ],
)
def test_a_mistake_in_a_file_is_one_line_with_its_place(home: Path, option: str, content: str, message: str) -> None:
    path = home.parent / f"{option[2:]}.yaml"
    path.write_text(content)
    done = call(home, "sandbox", option, str(path))
    assert done.returncode == 5
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_scenario_that_does_not_exist_names_those_that_do(home: Path) -> None:
    done = call(home, "sandbox", "--scenario", "twon")
    assert done.returncode == 2
    assert "town" in done.stderr


def test_a_port_that_is_taken_is_one_line(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = call(home, "sandbox", "--control-port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "no port to listen on" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_desk_reads_both_venues_over_sockets_and_ends_with_its_sandbox(home: Path) -> None:
    done = call(home, "run", "--json", "--duration", "4s")
    assert done.returncode == 0, done.stderr
    picture = json.loads(done.stdout)
    assert picture["source"] == "sandbox: polymarket and kalshi"
    assert picture["books_usable"] == picture["books_total"] > 50
    assert picture["frames"] > 100
    assert journal_check(home, None).ok
    assert processes_of(home) == []


def test_a_sandbox_records_itself(home: Path) -> None:
    recording = home.parent / "own"
    done = call(home, "sandbox", "--record", str(recording), "--duration", "4s", "--speed", "3", "--json")
    assert done.returncode == 0, done.stderr
    checked = json.loads(call(home, "data", "verify", str(recording), "--json").stdout)
    assert checked["ok"]
    assert checked["complete"]
    assert checked["frames"] > 50


def test_what_a_sandbox_sends_can_be_recorded_and_replayed(home: Path) -> None:
    recording = home.parent / "rec"
    recorded = call(home, "record", "--out", str(recording), "--duration", "3s", "--json")
    assert json.loads(recorded.stdout)["frames"] > 50
    replayed = [json.loads(call(home, "replay", str(recording), "--json").stdout) for _ in range(2)]
    assert replayed[0]["journal_head"] == replayed[1]["journal_head"]


def test_a_venue_that_wants_a_key_says_which_in_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KALSHI_API_KEY_ID", "")
    done = call(home, "run", "--venue", "kalshi", "--once")
    assert done.returncode == 5
    assert "KALSHI_API_KEY_ID is not set" in done.stderr
    assert done.stderr.count("\n") == 1
