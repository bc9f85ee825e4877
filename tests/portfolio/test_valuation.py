"""What the portfolio is worth, and what a report says of it."""

from dutchbook.domain.book import Book, Level
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Nanos, Price, Size
from dutchbook.portfolio.entries import Deposit, LedgerEntry
from dutchbook.portfolio.ledger import Ledger
from dutchbook.portfolio.profit import profit_and_loss
from dutchbook.portfolio.valuation import CompleteSet, LastBids
from tests.portfolio.entries import bought, no, sold, yes

SUN = MarketId("sun")


def ledger_of(*entries: LedgerEntry) -> Ledger:
    ledger = Ledger()
    ledger.apply(Deposit(Money(100 * DOLLAR)))
    for entry in entries:
        ledger.apply(entry)
    return ledger


def nobody_bids(_: OutcomeId) -> Price | None:
    return None


class TwoBooks:
    """Books that can be lost."""

    def __init__(self, *books: Book) -> None:
        self.books = {book.outcome: book for book in books}

    def view(self, outcome: OutcomeId) -> Book | None:
        return self.books.get(outcome)


def test_longs_are_worth_their_bids() -> None:
    ledger = ledger_of(bought(yes(), 5_000, 10 * CONTRACT, fee=7))
    assert ledger.equity(lambda _: Price(4_800)) == 100 * DOLLAR - 200_000 - 7


def test_a_position_without_a_price_is_worthless_for_risk_at_cost_in_reports_and_named() -> None:
    ledger = ledger_of(bought(yes(), 5_000, 10 * CONTRACT))
    worth = ledger.valuation(nobody_bids)
    assert (worth.low, worth.at_cost, worth.unpriced) == (95 * DOLLAR, 100 * DOLLAR, (yes(),))
    assert ledger.equity(nobody_bids) == 95 * DOLLAR
    assert profit_and_loss(ledger, nobody_bids).equity == 100 * DOLLAR


def test_yes_and_no_of_one_market_are_a_dollar_a_pair_whatever_the_bids() -> None:
    ledger = ledger_of(bought(yes(), 4_600, 10 * CONTRACT), bought(no(), 4_900, 4 * CONTRACT))
    worth = ledger.valuation(lambda _: Price(1_000))
    assert worth.priced == 4 * DOLLAR + 6 * 100_000


def test_only_the_part_that_is_alone_is_unpriced() -> None:
    ledger = ledger_of(bought(yes(), 4_600, 10 * CONTRACT), bought(no(), 4_900, 4 * CONTRACT))
    worth = ledger.valuation(nobody_bids)
    assert (worth.priced, worth.unpriced_cost) == (4 * DOLLAR, 6 * 460_000)


def test_a_complete_set_is_worth_its_payoff_and_the_rest_its_bids() -> None:
    ledger = ledger_of(bought(yes(), 4_000, 10 * CONTRACT), bought(yes(SUN), 5_500, 8 * CONTRACT))
    both = CompleteSet((yes(), yes(SUN)), Price(10_000))
    assert ledger.valuation(lambda _: Price(3_000), [both]).priced == 8 * DOLLAR + 2 * 300_000


def test_a_complete_set_that_the_bids_value_higher_is_worth_its_bids() -> None:
    ledger = ledger_of(bought(yes(), 4_000, CONTRACT), bought(yes(SUN), 5_500, CONTRACT))
    both = CompleteSet((yes(), yes(SUN)), Price(10_000))
    assert ledger.valuation(lambda _: Price(6_000), [both]).priced == 1_200_000


def test_a_lost_book_keeps_its_last_bid_and_one_without_bids_is_worth_nothing() -> None:
    book = Book(yes())
    marks = LastBids(TwoBooks(book))
    assert marks(yes()) is None
    book.replace([Level(Price(4_000), Size(CONTRACT))], [], Nanos(1))
    assert marks(yes()) == 4_000
    book.lose("a message was lost")
    assert marks(yes()) == 4_000
    book.replace([], [], Nanos(2))
    assert marks(yes()) == 0


def test_the_report_adds_up() -> None:
    ledger = ledger_of(
        bought(yes(), 4_000, 10 * CONTRACT, fee=50_000),
        sold(yes(), 5_000, 5 * CONTRACT, fee=60_000),
        bought(no(SUN), 2_000, CONTRACT),
    )
    report = profit_and_loss(ledger, {yes(): Price(4_400)}.get)
    assert (report.realised, report.unrealised, report.fees) == (500_000, 200_000, 110_000)
    assert report.net == 590_000 == report.equity - report.deposits
    assert report.unpriced == (no(SUN),)
