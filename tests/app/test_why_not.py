"""Why a market was not traded: rules, orders that came to nothing, and what its bundles lacked all along."""

from pathlib import Path

import msgspec
import pytest

from dutchbook.app.explaining import explain_market, explain_order
from dutchbook.app.journals import journal_lines
from dutchbook.app.replaying import Options, replay
from dutchbook.app.runs import journal_folder
from dutchbook.config.load import shipped_settings
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import JournalError
from dutchbook.domain.units import Money
from dutchbook.engine.records import VerdictRecord
from dutchbook.evaluation.snapshot import WhyNot


def told(home: Path, recording: Path, settings: Settings, cash: int = 10_000_000_000) -> dict[str, WhyNot]:
    """What is told of each market that a verdict was about."""
    replay(recording, settings=settings, home=home, options=Options(cash=Money(cash)))
    verdicts = [
        msgspec.json.decode(line.body, type=VerdictRecord)
        for line in journal_lines(home, None)
        if line.kind == "verdict"
    ]
    markets = {leg.market for verdict in verdicts for leg in verdict.intent.legs}
    assert markets
    return {market: explain_market(home, market, None, settings) for market in sorted(markets)[:3]}


def test_every_rule_that_refused_is_told_with_its_words(tmp_path: Path, day_recording: Path) -> None:
    settings = shipped_settings()
    tight = settings.model_copy(
        update={"risk": settings.risk.model_copy(update={"position_limit_dollars": Money(1_000_000)})}
    )
    for why in told(tmp_path, day_recording, tight).values():
        reasons = {row.reason: row for row in why.rows}
        assert why.approved == 0
        assert reasons["position_limit"].count > 0
        assert "take less" in reasons["position_limit"].latest


def test_what_bundles_lacked_while_the_desk_ran_is_told_not_only_how_they_ended(
    tmp_path: Path, day_recording: Path
) -> None:
    found = told(tmp_path, day_recording, shipped_settings())
    conditions = {row.reason for why in found.values() for row in why.rows if row.lasted is not None}
    assert "costs more than it pays" in conditions
    assert "fees and the required edge take the profit" in conditions
    for why in found.values():
        above = [row for row in why.rows if row.reason == "costs more than it pays"]
        assert above
        assert all(row.lasted and row.at and row.latest for row in above)


@pytest.mark.long
def test_a_market_that_nobody_wanted_tells_its_nearest_moment(tmp_path: Path, day_recording: Path) -> None:
    settings = shipped_settings()
    greedy = settings.model_copy(
        update={"bundle": settings.bundle.model_copy(update={"edge_all_yes": 9_000, "edge_all_no": 9_000})}
    )
    replay(day_recording, settings=settings, home=tmp_path / "seen")
    [market, *_] = told(tmp_path / "seen", day_recording, settings)
    replay(day_recording, settings=greedy, home=tmp_path)
    why = explain_market(tmp_path, market, None, greedy)
    assert (why.approved, why.opportunities) == (0, 0)
    assert [row for row in why.rows if row.reason == "fees and the required edge take the profit" and row.count]


def test_other_settings_than_the_runs_are_said(tmp_path: Path, day_recording: Path) -> None:
    settings = shipped_settings()
    [market, *_] = told(tmp_path, day_recording, settings)
    other = settings.model_copy(update={"bundle": settings.bundle.model_copy(update={"max_legs": 5})})
    assert any("other settings" in row.latest for row in explain_market(tmp_path, market, None, other).rows)


def test_a_journal_cut_off_while_it_was_written_still_explains_its_orders(tmp_path: Path, day_recording: Path) -> None:
    replay(day_recording, settings=shipped_settings(), home=tmp_path)
    order = next(line for line in journal_lines(tmp_path, None) if line.kind == "order")
    named = msgspec.json.decode(order.body)["id"]
    with (journal_folder(tmp_path, None) / "journal-000001.jsonl").open("ab") as file:
        file.write(b'{"seq":9')
    assert explain_order(tmp_path, named, None)[-1].what == "frame of polymarket/market"
    with pytest.raises(JournalError, match="died while it wrote"):
        explain_order(tmp_path, "i99999-1", None)


def test_a_mark_is_left_every_ten_thousand_frames_and_each_line_names_its_cause(
    tmp_path: Path, day_recording: Path
) -> None:
    replay(day_recording, settings=shipped_settings(), home=tmp_path)
    lines = list(journal_lines(tmp_path, None))
    marks = [msgspec.json.decode(line.body) for line in lines if line.kind == "mark"]
    assert [mark["frames"] for mark in marks] == [10_000]
    assert all(line.cause is not None for line in lines if line.kind not in {"run", "end"})
