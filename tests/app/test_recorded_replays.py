"""Real captures, imported and replayed through the whole desk: what they hold, and that nothing is made up of them."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from dutchbook.app.importing import capture_formats, import_capture, show_recording, verify_recording
from dutchbook.app.replaying import replay
from dutchbook.config.load import shipped_settings
from dutchbook.domain.errors import RecordingError, UsageError
from dutchbook.evaluation.report import ReplayReport
from tests.conftest import recorded_data


def quiet(_done: int, _total: int | None) -> None:
    """Progress that nobody watches."""


def imported(name: str, folder: Path) -> Path:
    out = folder / name
    import_capture(name, [recorded_data(name)], out, quiet)
    return out


def replayed(name: str, folder: Path) -> ReplayReport:
    return replay(imported(name, folder), settings=shipped_settings(), home=folder / "home")


def test_every_format_of_the_recorded_data_is_known() -> None:
    assert set(capture_formats()) == {
        "polymarket-updown15m-raw",
        "polymarket-btc5m-books",
        "polymarket-mlb-ws",
        "polymarket-gamma-dumps",
        "kalshi-gold15m-ws",
        "kalshi-rest-books",
        "kalshi-events-catalogue",
    }


def test_all_hashes_of_the_raw_capture_verify(tmp_path: Path, tell: Callable[[str], None]) -> None:
    report = replayed("polymarket-updown15m-raw", tmp_path)
    tell(f"updown15m, replayed: {report.snapshots_ok} of {report.snapshots_checked} snapshots verified")
    assert report.snapshots_ok == report.snapshots_checked == 570
    assert report.changes_ok == report.changes_checked == 84
    assert (report.frames, report.gaps, report.malformed, report.crossed, report.intents) == (2_013, 0, 0, 0, 0)


def test_books_that_cross_between_two_messages_are_no_profit(tmp_path: Path, tell: Callable[[str], None]) -> None:
    report = replayed("polymarket-mlb-ws", tmp_path)
    tell(
        f"mlb, replayed: {report.crossed} crossed books at the end of an instant, {report.opportunities} opportunities"
    )
    assert report.frames == 64_768
    assert report.crossed > 0
    assert (report.opportunities, report.intents, report.orders) == (0, 0, 0)


@pytest.mark.parametrize(
    ("name", "questions", "markets"),
    [("polymarket-gamma-dumps", 866, 6_597), ("kalshi-events-catalogue", 7_219, 2_054)],
)
def test_a_catalogue_makes_a_recording_without_frames(name: str, questions: int, markets: int, tmp_path: Path) -> None:
    folder = imported(name, tmp_path)
    manifest = show_recording(folder).manifest
    assert (manifest.frames, manifest.questions, manifest.markets) == (0, questions, markets)
    assert verify_recording(folder).ok
    assert replay(folder, settings=shipped_settings(), home=tmp_path / "home").frames == 0


def test_sweeps_of_rest_books_are_no_resyncs(tmp_path: Path) -> None:
    report = replayed("kalshi-rest-books", tmp_path)
    assert (report.frames, report.resyncs, report.crossed, report.intents) == (3_480, 0, 0, 0)


@pytest.mark.long
def test_sixteen_windows_of_gold_replay_without_a_wrong_book(tmp_path: Path) -> None:
    report = replayed("kalshi-gold15m-ws", tmp_path)
    assert (report.frames, report.resyncs, report.crossed, report.malformed) == (788_128, 17, 0, 0)
    assert (report.opportunities, report.intents) == (0, 0)


@pytest.mark.long
def test_every_book_state_of_five_minute_windows_replays(tmp_path: Path) -> None:
    report = replayed("polymarket-btc5m-books", tmp_path)
    assert (report.crossed, report.opportunities, report.intents) == (0, 0, 0)
    assert report.frames >= 126_450


def test_an_unknown_format_or_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no capture format"):
        import_capture("nonsense", [tmp_path], tmp_path / "out", quiet)
    with pytest.raises(UsageError, match="does not exist"):
        import_capture("polymarket-mlb-ws", [tmp_path / "none"], tmp_path / "out", quiet)


def test_a_folder_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError):
        replay(tmp_path, settings=shipped_settings(), home=tmp_path / "home")


def a_run_with_its_beginning(folder: Path, payload: bytes) -> Path:
    """A capture of one run whose frames are these bytes."""
    folder.mkdir()
    (folder / "x.markets.jsonl.gz").write_bytes(gzip.compress(b""))
    (folder / "x.raw.jsonl.gz").write_bytes(payload)
    return folder


def test_a_truncated_capture_leaves_its_beginning_marked_as_cut_short(tmp_path: Path) -> None:
    line = b'{"source":"polymarket_clob","recv_wall_ts":%d,"payload":"PONG"}\n'
    whole = gzip.compress(b"".join(line % number for number in range(5_000)))
    capture, out = a_run_with_its_beginning(tmp_path / "capture", whole[: len(whole) // 2]), tmp_path / "rec"
    with pytest.raises(RecordingError, match=f"too early - .* what comes before it is in {out}, marked as cut short"):
        import_capture("polymarket-updown15m-raw", [capture], out, quiet)
    check = verify_recording(out)
    assert (check.ok, check.complete) == (True, False)
    assert 0 < check.frames < 5_000
    assert not replay(out, settings=shipped_settings(), home=tmp_path / "home").complete


def test_a_capture_with_a_flipped_bit_leaves_nothing(tmp_path: Path) -> None:
    line = b'{"source":"polymarket_clob","recv_wall_ts":1,"payload":"PONG"}\n'
    stored = bytearray(gzip.compress(line * 100, compresslevel=0))
    stored[stored.index(b"PONG")] ^= 1
    out = tmp_path / "rec"
    with pytest.raises(RecordingError, match="cannot be trusted"):
        import_capture(
            "polymarket-updown15m-raw", [a_run_with_its_beginning(tmp_path / "capture", bytes(stored))], out, quiet
        )
    assert not out.exists()
