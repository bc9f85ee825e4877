"""What a person is shown of the limits of each strategy: its own, with their values and who said them."""

from pathlib import Path

from dutchbook.config.load import load_settings
from dutchbook.interfaces.web.pages.rows import Cell
from dutchbook.interfaces.web.pages.terms import limits
from dutchbook.strategies.names import STRATEGIES


def test_each_strategy_shows_its_own_limits_and_nothing_else(tmp_path: Path) -> None:
    own = tmp_path / "dutchbook.yaml"
    own.write_text(f"strategies: [{', '.join(STRATEGIES)}]\nbundle: {{max_basket_cash: 77}}\n")
    rows = list(limits(load_settings(tmp_path, own, {})))
    assert {row["of"].text for row in rows if isinstance(row["of"], Cell)} == set(STRATEGIES)
    found = {str(row["id"]): row for row in rows}
    cash = found["bundle max_basket_cash"]
    assert isinstance(cash["value"], Cell)
    assert cash["value"].text == "77.00"
    assert str(own) in str(cash["source"])
    assert "reward-maker max_exposure_per_market" in found
    assert "leg-and-hedge hedge_edge" in found
    assert "leg-and-hedge hedge_within" not in found
    assert "bundle repeat_after" not in found
