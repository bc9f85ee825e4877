"""The comparison of shapes sees what it must see."""

import pytest

from tests.exchange.servers.shape import differences

CAPTURED = {"id": "0x" + "ab" * 32, "price": "0.53", "bids": [{"price": "0.1", "size": "5"}], "tags": [], "end": None}


def test_other_values_of_the_same_shape_are_equal() -> None:
    ours = {
        "id": "0x" + "01" * 32,
        "price": "1",
        "bids": [{"price": "0.9", "size": "15.25"}],
        "tags": ["a"],
        "end": None,
    }
    assert differences(ours, CAPTURED) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"more": 1}, "$.more: extra"),
        ({"price": 0.53}, "$.price: number 0.53, captured as text number '0.53'"),
        ({"id": "0x12"}, "$.id: text hex '0x12', captured as text hash " + repr(CAPTURED["id"])),
        ({"end": False}, "$.end: truth value False, captured as null None"),
        ({"bids": [{"price": "0.1"}]}, "$.bids[].size: missing"),
    ],
)
def test_a_difference_is_named_by_its_path(change: dict[str, object], line: str) -> None:
    assert differences({**CAPTURED, **change}, CAPTURED) == [line]


def test_a_missing_field_and_a_wrong_order_are_differences() -> None:
    ours = {name: CAPTURED[name] for name in ("price", "id", "bids", "tags")}
    assert differences(ours, CAPTURED)[0] == "$.end: missing"
    assert "in the order" in differences(ours, CAPTURED)[1]
    assert differences(ours, CAPTURED, ordered=False) == ["$.end: missing"]


def test_a_listed_difference_needs_a_reason_and_must_exist() -> None:
    ours = {**CAPTURED, "more": 1}
    assert differences(ours, CAPTURED, {"$.more": "newer than the capture"}) == []
    assert differences(CAPTURED, CAPTURED, {"$.more": "gone"}) == ["$.more: listed as different, but it is not"]
    with pytest.raises(ValueError, match="no reason"):
        differences(ours, CAPTURED, {"$.more": " "})
