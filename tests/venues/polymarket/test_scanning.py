"""What compiled code reads out of the venue's bytes is what the plain path reads."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Level
from dutchbook.domain.units import ONE, PRICE_DECIMALS, SIZE_DECIMALS, Price, Size, exact

scanning = pytest.importorskip("dutchbook.venues.polymarket.scanning", exc_type=ImportError)
snapshot_scan = pytest.importorskip("dutchbook.venues.polymarket.snapshot_scan", exc_type=ImportError)

SCAN = snapshot_scan.SnapshotScan()
READERS = {decimals: scanning.decimal(decimals) for decimals in (PRICE_DECIMALS, SIZE_DECIMALS)}

digits = st.text("0123456789", max_size=14)
numbers = st.one_of(
    st.builds("{}.{}".format, digits, digits),
    digits,
    st.text("0123456789.+-e ", max_size=16),
    st.sampled_from(["", ".", "1.", ".5", "1..2", "00.5", "99999999", "12345678.123456", "0.0000001", "1.0000000"]),
)
levels = st.lists(
    st.tuples(st.integers(1, ONE - 1), st.integers(1, 10**14)), max_size=60, unique_by=lambda level: level[0]
)


@given(numbers, st.sampled_from(sorted(READERS)), st.binary(max_size=30))
def test_a_number_is_read_as_the_plain_reader_does(text: str, decimals: int, rest: bytes) -> None:
    data = b"##" + text.encode() + b'"' + rest
    value, end = READERS[decimals](data, 2, len(data))
    try:
        expected = exact(text, decimals)
    except ValueError:
        assert value == -1
    else:
        assert (value, end) == (expected, 3 + len(text))


@given(st.text("0123456789.", min_size=1, max_size=20))
def test_a_number_that_nothing_ends_is_none(text: str) -> None:
    assert READERS[SIZE_DECIMALS](text.encode(), 0, len(text))[0] == -1


def _texts(level: tuple[int, int]) -> dict[str, str]:
    price, size = level
    return {
        "price": f"{price // 10**4}.{price % 10**4:04d}",
        "size": f"{size // 10**6}.{size % 10**6:06d}".rstrip("0").rstrip("."),
    }


@given(levels, st.booleans(), st.booleans())
def test_a_sorted_side_is_read_whole(found: list[tuple[int, int]], descending: bool, blanks: bool) -> None:
    rows = sorted(found, reverse=descending)
    text = msgspec.json.encode([_texts(row) for row in rows])
    if blanks:
        text = text.replace(b",", b", ")
    assert SCAN.side(msgspec.Raw(text)) == tuple(Level(Price(price), Size(size)) for price, size in rows)


@pytest.mark.parametrize(
    "rows",
    [
        [("0.5", "1"), ("0.5", "2")],
        [("0.5", "1"), ("0.6", "2"), ("0.4", "2")],
        [("0", "1")],
        [("1", "1")],
        [("0.5", "0")],
        [("0.5", "-1")],
        [("0.55555", "1")],
    ],
)
def test_a_side_out_of_the_ordinary_is_for_the_plain_path(rows: list[tuple[str, str]]) -> None:
    text = msgspec.json.encode([{"price": price, "size": size} for price, size in rows])
    assert SCAN.side(msgspec.Raw(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[",
        b"null",
        b"{}",
        b'[{"price":"0.5","size":"1"}',
        b'[{"price":"0.5","size":"1"},]',
        b'[{"price":"0.5","size":"1"}] ',
        b'[{"size":"1","price":"0.5"}]',
        b'[{"price":"0.5","size":"1","more":"2"}]',
        b'[{"price":0.5,"size":"1"}]',
    ],
)
def test_bytes_of_another_form_are_for_the_plain_path(text: bytes) -> None:
    assert SCAN.side(msgspec.Raw(text)) is None


def test_a_side_longer_than_the_room_is_for_the_plain_path() -> None:
    rows = [_texts((price, 1)) for price in range(1, snapshot_scan.MAX_LEVELS + 2)]
    assert SCAN.side(msgspec.Raw(msgspec.json.encode(rows))) is None
    assert len(SCAN.side(msgspec.Raw(msgspec.json.encode(rows[:-1]))) or ()) == snapshot_scan.MAX_LEVELS


@given(st.binary(max_size=40), st.integers(0, 40))
def test_a_text_that_is_skipped_ends_at_its_quote(data: bytes, at: int) -> None:
    end = scanning.skipped(data, at, len(data))
    text = data[at : end - 1]
    if end < 0:
        return
    assert data[end - 1 : end] == b'"'
    assert all(32 <= byte < 127 and byte not in b'"\\' for byte in text)


def test_a_skipped_text_of_plain_letters_is_skipped_wherever_its_quote_stands() -> None:
    for length in range(50):
        data = b"a" * length + b'","next":"' + b"0" * 8
        assert scanning.skipped(data, 0, len(data)) == length + 1
        for wrong in (b"\\", b"\x1f", b"\x7f", b"\x80", b"\xff"):
            if length:
                assert scanning.skipped(data.replace(b"a", wrong, 1), 0, len(data)) == -1
