"""Room for what a venue says is so: a trade of ours is booked even where the ledger has too little for it."""

from dutchbook.domain.book import Side
from dutchbook.domain.identity import Venue, kalshi_no, kalshi_yes, venue_of
from dutchbook.domain.units import Money, Size, notional_down, notional_up
from dutchbook.portfolio.entries import Adopted, CashAdopted, FillBooked, FillUndone, LedgerEntry, Split
from dutchbook.portfolio.ledger import Ledger


def fitted(entry: FillBooked | FillUndone, ledger: Ledger) -> tuple[LedgerEntry, ...]:
    """The entries that book a trade, or undo it: the entry, after what has to be adopted first so that it fits.

    A venue does not ask our ledger: a sale of more than was known to be held, or a purchase beyond the cash that was
    known, shows that something was missed. It is adopted by name; the next statement of the account corrects the rest.
    """
    fill = entry.fill
    takes_contracts = (fill.side is Side.SELL) is isinstance(entry, FillBooked)
    first = _contracts(entry, ledger) if takes_contracts else _cash(entry, ledger)
    return (entry,) if first is None else (first, entry)


def _contracts(entry: FillBooked | FillUndone, ledger: Ledger) -> LedgerEntry | None:
    fill = entry.fill
    missing = Size(fill.size - ledger.held(fill.outcome))
    if missing <= 0:
        return None
    sold = isinstance(entry, FillBooked)
    if sold and venue_of(fill.market) is Venue.KALSHI and missing <= ledger.cash:
        # It sells what nobody holds as a purchase of the other outcome: a set is made, and one half of it sold.
        return Split(fill.market, kalshi_yes(fill.market), kalshi_no(fill.market), missing)
    cost = notional_down(fill.price, missing)
    return Adopted(fill.outcome, fill.market, missing, cost, f"order {fill.order} traded more than was known")


def _cash(entry: FillBooked | FillUndone, ledger: Ledger) -> LedgerEntry | None:
    fill = entry.fill
    if isinstance(entry, FillBooked):
        needed = notional_up(fill.price, fill.size) + fill.fee
    else:
        needed = notional_down(fill.price, fill.size) - fill.fee
    missing = Money(needed - ledger.cash)
    if missing <= 0:
        return None
    return CashAdopted(missing, f"order {fill.order} paid more than was known", venue_of(fill.market))
