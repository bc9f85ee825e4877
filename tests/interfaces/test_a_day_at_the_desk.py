"""What a user does in the first minutes, command by command, on a real desk with the simulated market."""

import csv
import json
import shutil
from pathlib import Path

import msgspec
import pytest

from dutchbook.interfaces.cli.main import main
from dutchbook.storage.manifest import encode_manifest
from dutchbook.storage.recording_reader import Recording
from tests.interfaces.cli import Terminal


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder in which a desk has run for three seconds: long enough for a planted opportunity."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DUTCHBOOK_HOME", str(home))
        assert main(["run", "--walk", "--plain", "--duration", "3s", "--picture", str(home / "run.svg")]) == 0
    return home


@pytest.fixture
def desk(worked: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(worked, capsys, monkeypatch)


def paper_run(home: Path) -> str:
    [run] = [path.name for path in (home / "runs").iterdir() if path.name.startswith("paper-")]
    return run


def recording_of(home: Path) -> Path:
    return home / "runs" / paper_run(home) / "recording"


def test_a_run_prints_lines_where_nobody_watches(terminal: Terminal) -> None:
    shown = terminal("run", "--walk", "--duration", "1100ms")
    assert shown.code == 0
    assert shown.err == ""
    assert "planted" in shown.out
    assert any(" PAPER  equity $" in line for line in shown.out.splitlines())
    assert "next: dutchbook report, dutchbook journal verify" in shown.out


def test_a_run_as_json_is_one_document(terminal: Terminal) -> None:
    figures = json.loads(terminal("run", "--walk", "--json", "--duration", "300ms", "--seed", "3").out)
    assert figures["mode"] == "paper"
    assert figures["source"].endswith("seed 3")
    assert figures["bankroll"] == "10000.00"
    assert figures["frames"] > 0


def test_a_run_can_be_printed_once_as_a_screen(terminal: Terminal) -> None:
    shown = terminal("run", "--walk", "--once", "--duration", "300ms")
    assert "Near misses" in shown.out
    assert "Books, latest changes" in shown.out


def test_the_picture_was_written(worked: Path) -> None:
    assert (worked / "run.svg").read_text().startswith("<svg")


def test_the_journal_is_proven_shown_and_exported(desk: Terminal, tmp_path: Path) -> None:
    assert desk("journal", "verify", paper_run(desk.home)).out.startswith("proven: ")
    check = json.loads(desk("journal", "verify", "--json").out)
    assert check["ok"]
    lines = json.loads(desk("journal", "show", "--last", "3", "--json").out)
    assert [line["seq"] for line in lines] == [check["lines"] - 2, check["lines"] - 1, check["lines"]]
    assert lines[-1]["kind"] == "end"
    assert lines[-1]["hash"] == check["head"]
    assert "end" in desk("journal", "show", "--kind", "end").out
    exported = tmp_path / "journal.csv"
    assert desk("journal", "export", "--format", "csv", "--out", exported).code == 0
    with exported.open(newline="") as file:
        assert len(list(csv.reader(file))) == check["lines"] + 1
    assert len(desk("journal", "export").out.splitlines()) == check["lines"]
    assert desk("journal", "export", "--format", "xml").code == 2


def test_a_damaged_anchor_leaves_the_lines_proven_and_a_damaged_line_those_before_it(
    desk: Terminal, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Terminal(Path(shutil.copytree(desk.home, tmp_path / "copy", symlinks=True)), capsys, monkeypatch)
    run = paper_run(copy.home)
    lines = copy.home / "runs" / run / "journal"
    count = json.loads(copy("journal", "verify", run, "--json").out)["lines"]
    anchor = lines / "head.json"
    anchor.write_bytes(anchor.read_bytes().replace(b"0", b"1", 1))
    shown = copy("journal", "verify", run)
    assert (shown.code, f"{count} lines are proven" in shown.out, "None" in shown.out) == (1, True, False)
    segment = lines / "journal-000001.jsonl"
    content = segment.read_bytes()
    segment.write_bytes(content[:-20] + bytes([content[-20] ^ 1]) + content[-19:])
    assert f"from line {count} on" in copy("journal", "verify", run).out


def test_the_recording_of_the_run_is_proven_and_shown(desk: Terminal) -> None:
    recording = recording_of(desk.home)
    assert ": proven - " in desk("data", "verify", recording).out
    shown = json.loads(desk("data", "show", recording, "--json").out)
    assert shown["format"] == "random-walk"
    assert shown["first"].endswith("Z")
    assert "random-walk" in desk("data", "show", recording).out


def test_a_damaged_recording_is_not_proven(desk: Terminal, tmp_path: Path) -> None:
    copy = tmp_path / "rec"
    copy.mkdir()
    for path in recording_of(desk.home).iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    segment = next(copy.glob("frames-*"))
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    shown = desk("data", "verify", copy)
    assert shown.code == 1
    assert "NOT proven" in shown.out
    assert segment.name in shown.out


def test_a_replay_of_the_run_reports(desk: Terminal) -> None:
    recording = recording_of(desk.home)
    report = json.loads(desk("replay", recording, "--json", "--cash", "500").out)
    assert list(report) == [
        "frames", "events", "markets", "snapshots_checked", "snapshots_ok", "changes_checked", "changes_ok", "gaps",
        "resyncs", "crossed", "near_misses", "opportunities", "intents", "refused", "orders", "fills", "fees", "pnl",
        "equity", "journal_head", "seconds", "frames_per_second",
    ]  # fmt: skip
    assert report["snapshots_ok"] == report["snapshots_checked"] > 0
    assert isinstance(report["equity"], str)
    shown = desk("replay", recording, "--strategy", "bundle")
    assert shown.code == 0
    assert "REPLAY" in shown.out
    assert "journal head" in shown.out
    assert desk("replay", recording, "--strategy", "magic").code == 2


def test_figures_of_a_recording_cut_short_come_with_a_warning(desk: Terminal, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(recording_of(desk.home), tmp_path / "rec"))
    manifest = msgspec.structs.replace(Recording.open(copy).manifest, complete=False)
    (copy / "manifest.json").write_bytes(encode_manifest(manifest))
    for command in (("replay", copy, "--json"), ("scan", "--from", copy), ("arbitrage", "--from", copy)):
        shown = desk(*command)
        assert (shown.code, "cut short" in shown.err) == (0, True), command
        assert "cut short" not in desk(*(recording_of(desk.home) if each == copy else each for each in command)).err


def test_bundles_of_a_recording_are_listed_nearest_first(desk: Terminal) -> None:
    recording = recording_of(desk.home)
    rows = json.loads(desk("scan", "--from", recording, "--limit", "5", "--json").out)
    assert len(rows) == 5
    lowest = [float(row["lowest"]) for row in rows]
    assert lowest == sorted(lowest)
    assert "cost/payoff" in desk("scan", "--from", recording).out
    assert desk("arbitrage", "--from", recording).code == 0
    for row in json.loads(desk("arbitrage", "--from", recording, "--json").out):
        assert float(row["edge"]) > 0
        assert row["verdict"]


def test_a_market_tells_why_it_was_not_traded(desk: Terminal) -> None:
    run = paper_run(desk.home)
    [order, *_] = json.loads(desk("journal", "show", run, "--kind", "order", "--last", "1000", "--json").out)
    market = order["body"]["leg"]["market"]
    found = json.loads(desk("explain", "--why-not", market, "--run", run, "--json").out)
    assert found["market"] == market
    assert found["approved"] >= 1
    assert "Why not" in desk("explain", "--why-not", market, "--run", run).out
    assert desk("explain", "--why-not", "no-such-market", "--run", run).code == 2


def test_an_order_is_explained_back_to_its_frame(desk: Terminal) -> None:
    run = paper_run(desk.home)
    [order, *_] = json.loads(desk("journal", "show", run, "--kind", "order", "--last", "1000", "--json").out)
    steps = json.loads(desk("explain", order["body"]["id"], "--run", run, "--json").out)
    assert any(step["what"] == "verdict" for step in steps)
    assert steps[-1]["ref"].startswith("frame:")
    assert steps[-1]["what"].startswith("frame of polymarket/market")
    assert "verdict" in desk("explain", order["body"]["id"], "--run", run).out
    assert desk("explain", "no-such-order", "--run", run).code == 2


def test_halt_stands_until_somebody_has_checked(terminal: Terminal) -> None:
    shown = terminal("halt", "--reason", "looks wrong")
    assert shown.code == 0
    assert "looks wrong" in shown.out
    assert "YES: looks wrong" in terminal("status").out
    assert json.loads(terminal("status", "--json").out)["halted"]["reason"] == "looks wrong"
    refused = terminal("resume")
    assert refused.code == 2
    assert "--i-checked" in refused.err
    assert terminal("resume", "--i-checked").code == 0
    assert json.loads(terminal("status", "--json").out)["halted"] is None


def test_a_halted_desk_sends_nothing(terminal: Terminal) -> None:
    terminal("halt")
    figures = json.loads(terminal("run", "--walk", "--json", "--duration", "1s").out)
    assert figures["halted"]
    assert figures["orders"] == 0


def test_the_status_lists_the_runs(desk: Terminal) -> None:
    shown = json.loads(desk("status", "--json").out)
    assert shown["process"] is None
    paper = next(run for run in shown["runs"] if run["mode"] == "paper")
    assert paper["ended"]
    assert paper["run"] in desk("status").out


def test_the_doctor_examines_settings_and_machine(desk: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = {check["name"]: check for check in json.loads(desk("doctor", "--json").out)}
    assert checks["settings"]["verdict"] == "pass"
    assert checks["journal"]["verdict"] == "pass"
    assert "PASS" in desk("doctor").out
    monkeypatch.setenv("DUTCHBOOK_RISK__DAILY_LOSS", "5s")
    sick = desk("doctor", "--json")
    assert sick.code == 1
    assert json.loads(sick.out)[0]["verdict"] == "fail"


def test_settings_are_shown_with_their_sources(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUTCHBOOK_RISK__DAILY_LOSS", "5%")
    shown = json.loads(terminal("config", "show", "--json").out)["settings"]["risk.daily_loss"]
    assert shown == {"value": "5%", "unit": "share", "source": "environment DUTCHBOOK_RISK__DAILY_LOSS"}
    assert "environment DUTCHBOOK_RISK__DAILY_LOSS" in terminal("config", "show").out
    assert json.loads(terminal("config", "schema").out)["title"] == "dutchbook settings"
    assert "no mistake" in terminal("config", "check").out


def test_config_check_lists_every_mistake_of_a_file(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("mod: paper\nrisk:\n  daily_loss: 5s\n")
    for shown in (terminal("config", "check", file), terminal("--config", file, "config", "check")):
        assert shown.code == 5
        assert len(shown.err.splitlines()) == 2
        assert all(line.startswith(f"error: {file}:") for line in shown.err.splitlines())


def test_limits_that_never_bind_are_warned_of(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUTCHBOOK_RISK__POSITION_LIMIT", "60%")
    shown = terminal("config", "check")
    assert shown.code == 0
    assert shown.err.startswith("warning: risk.position_limit")


def test_an_unknown_capture_format_names_those_there_are(terminal: Terminal, tmp_path: Path) -> None:
    shown = terminal("data", "import", "nonsense", tmp_path, "--out", tmp_path / "rec")
    assert shown.code == 2
    assert "kalshi-gold15m-ws" in shown.err
    assert terminal("data", "show", tmp_path).code == 1
    assert terminal("replay", tmp_path).code == 1


def test_nothing_is_written_outside_the_home_folder(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert terminal("run", "--walk", "--plain", "--duration", "200ms").code == 0
    assert terminal("status").code == 0
    assert list(here.iterdir()) == []
