"""What a frame brings is said before it is decoded, if it is plain, and decoding it then says just that."""

from hypothesis import event, given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.events import LevelSet, LevelsSet
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.ports import NewBest
from dutchbook.domain.units import ONE
from dutchbook.venues.polymarket.codec import PolymarketCodec
from tests.venues.polymarket.venue_side import NO, T0, YES, VenueBook, change, frame, market, pair, price_change

EVERYTHING = {OutcomeId(token): range(ONE) for token in (YES, NO)}
CENTS = st.integers(1, 99).map(lambda cents: (f"{cents / 100:g}", f"{1 - cents / 100:.2f}".rstrip("0")))
CHANGES = st.lists(
    st.tuples(
        st.booleans(),
        CENTS,
        st.sampled_from(["0", "5", "7.5", "100"]),
        st.sampled_from(["", "", "", "wrong", "reversed", "first", "second", "book", "unlike"]),
        st.sampled_from([-3_000, -1, 0, 0, 1, 4, 6, 50]),
        st.sampled_from([0, 1, 6]),
    ),
    max_size=8,
)


def told(
    books: tuple[VenueBook, VenueBook], sells: bool, prices: tuple[str, str], size: str, how: str, at: int
) -> object:
    yes, no = books
    side, other = ("SELL", "BUY") if sells else ("BUY", "SELL")
    yes.set(side, prices[0], size)
    no.set(other, prices[1], size if how != "unlike" else "1")
    if how == "book":
        return yes.frame(at)
    rows = [change(yes, side, prices[0], size, yes.hash(at)), change(no, other, prices[1], size, no.hash(at))]
    match how:
        case "wrong":
            rows[1]["hash"] = rows[0]["hash"]
        case "unlike":
            rows[1]["size"] = "1"
        case "reversed":
            rows.reverse()
        case "first" | "second":
            rows = rows[:1] if how == "first" else rows[1:]
    return price_change(rows, at)


@given(CHANGES)
def test_a_glance_changes_nothing_and_says_what_decoding_will_say(
    changes: list[tuple[bool, tuple[str, str], str, str, int, int]],
) -> None:
    glancing, plain, books = PolymarketCodec([market()]), PolymarketCodec([market()]), pair()
    at, now, seen = T0, 0, 0
    for book in books:
        for codec in (glancing, plain):
            codec.decode(frame(book.frame(at), now))
    for sells, prices, size, how, later, waited in changes:
        at, now = at + later, now + waited
        came = frame(told(books, sells, prices, size, how, at), now)
        best = glancing.glance(came, EVERYTHING)
        events = glancing.decode(came)
        assert events == plain.decode(came)
        assert vars(glancing.counters) == vars(plain.counters)
        if best is not None:
            seen += 1
            [only] = events
            assert isinstance(only, LevelsSet)
            assert only.complete
            assert LevelSet(best.outcome, Side.SELL, best.price, best.size) in only.changes
    event(f"{seen} of {len(changes)} at a glance")


def test_only_what_is_awaited_is_told() -> None:
    books, codec = pair(), PolymarketCodec([market()])
    for book in books:
        codec.decode(frame(book.frame(T0)))
    came = frame(told(books, True, ("0.42", "0.58"), "9", "", T0 + 9), 9)
    yes = OutcomeId(YES)
    assert codec.glance(came, {}) is None
    assert codec.glance(came, {yes: (4_100, 4_300)}) is None
    assert codec.glance(came, {OutcomeId(NO): (4_200,)}) is None
    assert codec.glance(came, {yes: (4_200,)}) == NewBest(yes, 4_200, 9_000_000)  # type: ignore[arg-type]


def test_without_hashes_nothing_is_proven() -> None:
    books, codec = pair(), PolymarketCodec([market()], verify=False)
    for book in books:
        codec.decode(frame(book.frame(T0)))
    came = frame(told(books, True, ("0.42", "0.58"), "9", "", T0 + 9), 9)
    assert codec.glance(came, EVERYTHING) is None
