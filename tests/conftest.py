"""What every test may rely on: recorded data, protocol samples, the `long` marker, hypothesis profiles.

Recorded data is never copied into the repository. It lives in the folder that `DUTCHBOOK_DATA` names (a relative path
counts from the repository), by default `../shared/data` beside the repository; protocol samples live in
`../protocols/samples` seen from there. Ask for them in any of these ways, in a test or while modules are collected:

    from tests.conftest import protocol_samples, recorded_data

    def test_a_fold() -> None:
        folder = recorded_data("kalshi-gold15m-ws")      # a Path; skips this test if it is absent

    FRAMES = recorded_data("polymarket-mlb-ws").glob("*")  # at module level: skips the module if it is absent

    @pytest.mark.needs_data("polymarket-btc5m-books")    # skips if one of the named folders is absent
    def test_with_a_marker(data_dir: Path) -> None:      # data_dir: the folder with all recordings
        ...

Such skips say "recorded data", are counted and named in the summary, and are failures (like any other skip) where the
environment says `CI=true`. Tests marked `long` run in `make test-long` only, under the hypothesis profile `long`.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
DATA = (ROOT / os.environ.get("DUTCHBOOK_DATA", "../shared/data")).resolve()
SAMPLES = (DATA / "../protocols/samples").resolve()
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
ABSENT = "recorded data"
_TOLD = "counted"

_SLOW_MACHINES = (HealthCheck.too_slow, HealthCheck.data_too_large)
settings.register_profile(
    "default", deadline=None, max_examples=100, derandomize=IN_CI, suppress_health_check=_SLOW_MACHINES
)
settings.register_profile(
    "long", deadline=None, max_examples=2_000, derandomize=IN_CI, suppress_health_check=_SLOW_MACHINES
)
settings.load_profile("default")


def recorded_data(name: str = "") -> Path:
    """The file or folder `name` of the recorded data; skips the calling test or module if it is absent."""
    return _present(DATA / name)


def protocol_samples(name: str = "") -> Path:
    """The file or folder `name` of the protocol samples; skips the calling test or module if it is absent."""
    return _present(SAMPLES / name)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of all recordings."""
    return recorded_data()


@pytest.fixture(scope="session")
def samples_dir() -> Path:
    """The folder of all protocol samples."""
    return protocol_samples()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs_data"):
        for name in marker.args or ("",):
            recorded_data(name)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A skipped test proves nothing: where everything is expected to be present, it fails the run."""
    if IN_CI and _skipped(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    skipped = _skipped(config)
    without_data = [report for report in skipped if ABSENT in _reason(report)]
    if without_data:
        terminalreporter.section(f"{len(without_data)} skipped for want of {ABSENT} (DUTCHBOOK_DATA: {DATA})")
        _name(terminalreporter, without_data)
    if IN_CI and skipped:
        terminalreporter.section(f"CI=true: {len(skipped)} skipped tests are failures", red=True)
        _name(terminalreporter, skipped)

    told = [text for report in terminalreporter.stats.get("passed", []) for text in _told(report)]
    if told:
        terminalreporter.section("counted on recorded data")
        for text in sorted(told):
            terminalreporter.write_line(f"  {text}")


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Puts a line into the summary of the run: what a test counted on recorded data."""
    return lambda text: record_property(_TOLD, text)


def _told(report: pytest.TestReport) -> list[str]:
    return [str(text) for name, text in report.user_properties if name == _TOLD]


def _present(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{ABSENT} absent: {path}", allow_module_level=True)
    return path


def _skipped(config: pytest.Config) -> Sequence[pytest.TestReport]:
    """Reports of skipped tests and modules, empty in an xdist worker: only the controller reports."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return reporter.stats.get("skipped", []) if reporter else []


def _reason(report: pytest.TestReport) -> str:
    # pytest describes a skip as (file, line, reason).
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


def _name(terminal: pytest.TerminalReporter, reports: Sequence[pytest.TestReport]) -> None:
    for report in reports:
        terminal.write_line(f"  {report.nodeid}: {_reason(report)}")
