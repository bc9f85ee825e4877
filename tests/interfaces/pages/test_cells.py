"""What cells, charts and depth say, without a browser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import SECOND, Money, Nanos
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.charts import Point, thinned
from dutchbook.interfaces.web.pages.screens import STATIC
from dutchbook.interfaces.web.pages.table import harmless
from tests.interfaces.hostile import PAYLOADS


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "-2+3"),
        ("+$2.50", "+$2.50"),
        ("-", "-"),
        ("Does it rain?", "Does it rain?"),
    ],
)
def test_text_that_a_spreadsheet_would_run_is_made_harmless_and_amounts_stay(text: str, kept: str) -> None:
    assert harmless(text) == kept


def test_no_hostile_text_begins_a_formula_in_an_export() -> None:
    assert not [text for text in PAYLOADS if harmless(text).startswith(("=", "@", "\t", "\r"))]


@given(st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=2_000))
def test_a_thinned_line_keeps_its_ends_and_its_extremes(values: list[int]) -> None:
    points = [Point(Nanos(place), value) for place, value in enumerate(values)]
    kept = thinned(points, 120)
    assert len(kept) <= 124
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert min(p.value for p in kept) == min(values)
    assert max(p.value for p in kept) == max(values)
    assert list(kept) == sorted(kept, key=lambda point: point.at)


@pytest.mark.parametrize(
    ("age", "words", "tone"),
    [
        (None, "no data yet", "old"),
        (Nanos(SECOND), "live", ""),
        (Nanos(4 * SECOND), "4s old", ""),
        (Nanos(6 * SECOND), "6s old", "old"),
        (Nanos(65 * SECOND), "1m 05s old", "old"),
    ],
)
def test_data_is_called_live_while_it_is_fresh_and_red_past_five_seconds(
    age: Nanos | None, words: str, tone: str
) -> None:
    assert (shown.age(age), shown.age_tone(age)) == (words, tone)


def test_profit_and_loss_differ_by_sign_and_arrow_and_not_by_colour_alone() -> None:
    assert shown.gain_words(Money(2_500_000)) == "▲ +$2.50"
    assert shown.gain_words(Money(-2_500_000)) == "▼ -$2.50"
    assert shown.gain_words(Money(0)) == "$0.00"


def test_ids_of_venues_stay_one_part_of_an_address() -> None:
    assert shown.market_path("a/b?c#d e") == "/market/a%2Fb%3Fc%23d%20e"


def test_pages_bring_no_script_or_style_of_anybody_else() -> None:
    assert sorted(path.name for path in STATIC.iterdir()) == ["desk.css", "desk_table.js", "desk_theme.js"]
    for path in STATIC.iterdir():
        text = path.read_text()
        assert "http" not in text.replace("http-equiv", "")
        assert "v-html" not in text
        assert "innerHTML" not in text
