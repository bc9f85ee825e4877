"""Room for what a venue says is so: a trade of ours is booked even where the ledger has too little for it."""

from dutchbook.domain.book import Side
from dutchbook.domain.identity import Venue, kalshi_no, kalshi_yes, venue_of
from dutchbook.domain.units import Money, Size, notional_down, notional_up
from dutchbook.portfolio.entries import Adopted, CashAdopted, FillBooked, FillUndone, LedgerEntry, Split
from dutchbook.portfolio.ledger import Ledger


def fitted(entry: FillBooked | FillUndone, ledger: Ledger) -> tuple[LedgerEntry, ...]:
    """The entries that book a trade, or undo it: the entry, after what has to be adopted first so that it fits.

    A venue does not ask our ledger: a sale of more than was known to be held, or a payment beyond the cash that was
    known, shows that something was missed. It is adopted by name; the next statement of the account corrects the rest.
    """
    contracts = _contracts(entry, ledger)
    spent = sum(each.size for each in contracts if isinstance(each, Split))
    missing = Money(_paid(entry) + spent - ledger.cash)
    if missing <= 0:
        return (*contracts, entry)
    fill = entry.fill
    cash = CashAdopted(missing, f"order {fill.order} paid more than was known", venue_of(fill.market))
    return (*contracts, cash, entry)


def _contracts(entry: FillBooked | FillUndone, ledger: Ledger) -> tuple[Adopted | Split, ...]:
    """Where the trade takes contracts: what brings those of them that nobody knew."""
    fill, sold = entry.fill, isinstance(entry, FillBooked)
    missing = Size(fill.size - ledger.held(fill.outcome))
    if (fill.side is Side.SELL) is not sold or missing <= 0:
        return ()
    if sold and venue_of(fill.market) is Venue.KALSHI and missing <= ledger.cash:
        # It sells what nobody holds as a purchase of the other outcome: a set is made, and one half of it sold.
        return (Split(fill.market, kalshi_yes(fill.market), kalshi_no(fill.market), missing),)
    cost = notional_down(fill.price, missing)
    return (Adopted(fill.outcome, fill.market, missing, cost, f"order {fill.order} traded more than was known"),)


def _paid(entry: FillBooked | FillUndone) -> int:
    """What the trade takes of the cash, or its undoing; a sale does where the fee is more than it brings."""
    fill = entry.fill
    buys = fill.side is Side.BUY
    paid = fill.fee + (notional_up(fill.price, fill.size) if buys else -notional_down(fill.price, fill.size))
    return paid if isinstance(entry, FillBooked) else -paid
